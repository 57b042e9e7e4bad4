/*
** learn_pairs.c
** Points that share the value of a factor, and what is drawn from them.
*/

#include "stat/learn.h"

#include <math.h>
#include <string.h>

#include "base/pool.h"
#include "base/rand.h"

#define ITEMS 64     /* in a piece of a loop */

__extension__ typedef unsigned __int128 Wide;


/* code, order, used and first[f + 1] of factor f, and a new `start` */
static long *group(Groups *g, long f, const real *factors, real *values) {
  int *code = g->code + f * g->n, *order = g->order + f * g->n;
  long k = learn_classes(g->n, factors + f, g->k, code, values);
  long *start = k ? mem_array((size_t)k, 2 * sizeof *start) : NULL;
  long *count, i, at = 0, rest;
  if (start == NULL) return NULL;
  count = start + k;
  memset(count, 0, (size_t)k * sizeof *count);
  for (i = 0; i < g->n; i++) count[code[i]]++;
  for (i = 0; i < k; i++) {
    start[i] = at;
    if (count[i] > 1) at += count[i];
  }
  g->used[f] = rest = at;
  for (i = 0; i < g->n; i++) {
    int c = code[i];
    if (count[c] > 1) order[start[c]++] = (int)i;
    else order[rest++] = (int)i;
  }
  for (i = 0; i < k; i++)
    if (count[i] > 1) start[i] -= count[i];
  g->first[f + 1] = g->first[f] + k;
  return start;
}


static int group_all(Groups *g, const real *factors) {
  real *values = mem_array((size_t)g->n, sizeof *values);
  long f;
  int ok = values != NULL;
  g->first[0] = 0;
  for (f = 0; ok && f < g->k; f++) {
    long *start = group(g, f, factors, values), *all;
    long old = g->first[f], new = g->first[f + 1];
    all = start ? mem_array((size_t)new, sizeof *all) : NULL;
    ok = all != NULL;
    if (ok) {
      if (old > 0) memcpy(all, g->start, (size_t)old * sizeof *all);
      memcpy(all + old, start, (size_t)(new - old) * sizeof *all);
      mem_free(g->start);
      g->start = all;
    }
    mem_free(start);
  }
  mem_free(values);
  return ok;
}


void learn_dropgroups(Groups *g) {
  if (g) {
    mem_free(g->code);
    mem_free(g->order);
    mem_free(g->used);
    mem_free(g->start);
    mem_free(g->first);
  }
  mem_free(g);
}


Groups *learn_groups(long n, long k, const real *factors) {
  Groups *g = mem_array(1, sizeof *g);
  if (g == NULL) return NULL;
  memset(g, 0, sizeof *g);
  g->n = n;
  g->k = k;
  if (n > INT32_MAX)
    ts_fail("groups: got %ld points, wanted at most %d", n, INT32_MAX);
  else if ((g->code = mem_array((size_t)(n * k), sizeof *g->code)) &&
           (g->order = mem_array((size_t)(n * k), sizeof *g->order)) &&
           (g->used = mem_array((size_t)k, sizeof *g->used)) &&
           (g->first = mem_array((size_t)k + 1, sizeof *g->first)) &&
           group_all(g, factors))
    return g;
  learn_dropgroups(g);
  return NULL;
}


typedef struct Run {
  const Groups *g;
  long d;
  const real *codes;
  const double *scale;
  int largest;
  const Draw *draw;
  real *out, *y;
} Run;


static void block_of(const Draw *draw, long block, uint64_t word[2]) {
  uint32_t w[4];
  rand_block(w, draw->key, draw->step, (uint64_t)block);
  word[0] = (uint64_t)w[0] << 32 | w[1];
  word[1] = (uint64_t)w[2] << 32 | w[3];
}


/* 0..n-1 of 64 bits; uneven by n / 2^64 */
static long below(uint64_t word, long n) {
  return (long)(uint64_t)((Wide)word * (uint64_t)n >> 64);
}


/* where the points that share factor f with point a begin in its order */
static long companions(const Groups *g, long f, long a, long *count) {
  long at = g->first[f] + g->code[f * g->n + a];
  long end = at + 1 < g->first[f + 1] ? g->start[at + 1] : g->used[f];
  *count = end - g->start[at];
  return g->start[at];
}


static void pair_item(const Run *run, long i) {
  const Groups *g = run->g;
  const Draw *draw = run->draw;
  uint64_t word[2];
  real *out = run->out + i * run->d;
  long block = i * (draw->size + 1), f, l, j;
  double sum[LEARN_MAXCODES];
  block_of(draw, block, word);
  f = below(word[0], g->k);
  for (j = 0; j < run->d; j++) sum[j] = 0;
  for (l = 1; l <= draw->size; l++) {
    const int *order = g->order + f * g->n;
    const real *a, *b;
    long first, at, count;
    block_of(draw, block + l, word);
    at = order[below(word[0], g->used[f])];
    first = companions(g, f, at, &count);
    a = run->codes + at * run->d;
    b = run->codes + order[first + below(word[1], count)] * run->d;
    for (j = 0; j < run->d; j++) sum[j] += fabs((double)a[j] - (double)b[j]);
  }
  for (j = 0; j < run->d; j++) out[j] = (real)(sum[j] / (double)draw->size);
  run->y[i] = (real)f;
}


static void pair_piece(void *run, long i, long to) {
  for (; i < to; i++) pair_item(run, i);
}


void learn_pairs(const Groups *g, long d, const real *codes, const Draw *draw,
                 real *out, real *y) {
  Run run = {g, d, codes, NULL, 0, draw, out, y};
  pool_range(draw->m, ITEMS, pair_piece, &run);
}


/* sums are of differences from the first point: no digits are lost */
static void vote_item(const Run *run, long i) {
  const Groups *g = run->g;
  const Draw *draw = run->draw;
  uint64_t word[2];
  long block = i * (draw->size + 1), f, l, j, first, count, best = -1;
  double sum[LEARN_MAXCODES], square[LEARN_MAXCODES], least = 0;
  const real *base;
  const int *order;
  block_of(draw, block, word);
  f = below(word[0], g->k);
  order = g->order + f * g->n;
  first = companions(g, f, order[below(word[1], g->used[f])], &count);
  base = run->codes + order[first] * run->d;
  for (j = 0; j < run->d; j++) sum[j] = square[j] = 0;
  for (l = 1; l <= draw->size; l++) {
    const real *z;
    block_of(draw, block + l, word);
    z = run->codes + order[first + below(word[0], count)] * run->d;
    for (j = 0; j < run->d; j++) {
      double v = (double)z[j] - (double)base[j];
      sum[j] += v;
      square[j] += v * v;
    }
  }
  for (j = 0; j < run->d; j++)
    if (run->scale[j] > 0) {
      double v = square[j] - sum[j] * sum[j] / (double)draw->size;
      v /= (double)(draw->size - 1) * run->scale[j];
      if (run->largest) v = -v;
      if (best < 0 || v < least) {
        best = j;
        least = v;
      }
    }
  run->out[i] = (real)best;
  run->y[i] = (real)f;
}


static void vote_piece(void *run, long i, long to) {
  for (; i < to; i++) vote_item(run, i);
}


void learn_votes(const Groups *g, long d, const real *codes,
                 const double *scale, int largest, const Draw *draw,
                 real *out, real *y) {
  Run run = {g, d, codes, scale, largest, draw, out, y};
  pool_range(draw->m, ITEMS, vote_piece, &run);
}
