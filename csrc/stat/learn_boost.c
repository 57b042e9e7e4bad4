/*
** learn_boost.c
** Gradient boosting for classification (Friedman 2001), as scikit-learn does
** it by default: every stage, one tree for each class on the residuals
** y_c - p_c; of two classes one tree in all. The trees of a stage do not
** depend on each other and are grown in parallel.
*/

#include "stat/learn_tree.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"

#define ROWS 256
#define RARE 1.1920929e-7   /* no class is taken for rarer than this */


/* residuals of some rows: y_c - softmax_c, or of two classes y - logistic */
static void residual_piece(void *arg, long first, long to) {
  Boost *b = arg;
  long m = to - first, i, c;
  const int *y = b->y + first;
  double top[ROWS], sum[ROWS];
  if (b->columns == 1) {
    for (i = 0; i < m; i++)
      b->residual[first + i] = y[i] - 1 / (1 + exp(-b->raw[first + i]));
    return;
  }
  for (i = 0; i < m; i++) {
    top[i] = -DBL_MAX;
    sum[i] = 0;
  }
  for (c = 0; c < b->k; c++) {
    const double *raw = b->raw + c * b->n + first;
    for (i = 0; i < m; i++)
      if (raw[i] > top[i]) top[i] = raw[i];
  }
  for (c = 0; c < b->k; c++) {
    const double *raw = b->raw + c * b->n + first;
    double *p = b->residual + c * b->n + first;
    for (i = 0; i < m; i++) sum[i] += p[i] = exp(raw[i] - top[i]);
  }
  for (c = 0; c < b->k; c++) {
    double *p = b->residual + c * b->n + first;
    for (i = 0; i < m; i++) p[i] = (y[i] == c) - p[i] / sum[i];
  }
}


typedef struct Item {
  float v;
  int at;
} Item;


static int by_value(const void *a, const void *b) {
  const Item *x = a, *y = b;
  if (x->v != y->v) return x->v < y->v ? -1 : 1;
  return (x->at > y->at) - (x->at < y->at);
}


/* FNV-1a of the sorted values, and of the number of equal columns before */
static void set_name(Boost *b, long j, const Item *item) {
  uint64_t h = 0xCBF29CE484222325u;
  long i;
  for (i = 0; i < b->n; i++) {
    uint32_t bits;
    memcpy(&bits, &item[i].v, sizeof bits);
    h = (h ^ bits) * 0x100000001B3u;
  }
  for (i = 0; i < j; i++)
    if (b->name[i] == h) h = (h ^ 1) * 0x100000001B3u;
  b->name[j] = h;
}


static int sort_columns(Boost *b) {
  Item *item = mem_array((size_t)b->n, sizeof *item);
  long i, j;
  if (item == NULL) return 0;
  for (j = 0; j < b->d; j++) {
    for (i = 0; i < b->n; i++) {
      item[i].v = tree_value(b, i, j);
      item[i].at = (int)i;
    }
    qsort(item, (size_t)b->n, sizeof *item, by_value);
    for (i = 0; i < b->n; i++) b->order[j * b->n + i] = item[i].at;
    set_name(b, j, item);
  }
  mem_free(item);
  return 1;
}


static void tree_piece(void *arg, long c) {
  tree_grow(arg, c);
}


/* the scores before the first stage: logarithms of frequencies */
static void start_scores(Boost *b, double *start) {
  long i, c;
  for (c = 0; c < b->columns; c++) start[c] = 0;
  for (i = 0; i < b->n; i++)
    if (b->columns > 1) start[b->y[i]]++;
    else start[0] += b->y[i];
  for (c = 0; c < b->columns; c++) {
    double p = start[c] / (double)b->n;
    if (p < RARE) p = RARE;
    if (p > 1 - RARE) p = 1 - RARE;
    start[c] = b->columns > 1 ? log(p) : log(p / (1 - p));
    for (i = 0; i < b->n; i++) b->raw[c * b->n + i] = start[c];
  }
}


/* adds up what a stage's trees gained by each column */
static void add_gains(const Boost *b, Boosted *m) {
  long c, j;
  for (c = 0; c < b->columns; c++) {
    const double *gain = b->gain + c * b->d;
    double sum = 0;
    for (j = 0; j < b->d; j++) sum += gain[j];
    for (j = 0; j < b->d; j++) {
      m->importance[j] += gain[j];
      if (sum > 0)
        m->share[j] += gain[j] / sum / (double)(b->columns * m->stages);
    }
  }
}


/* the share of items whose own class has the largest score, of equals the
** first */
static double share_right(const Boost *b) {
  long right = 0, i, c;
  for (i = 0; i < b->n; i++) {
    const double *raw = b->raw + i;
    long best = b->columns == 1 && raw[0] > 0;
    for (c = 1; c < b->columns; c++)
      if (raw[c * b->n] > raw[best * b->n]) best = c;
    right += best == b->y[i];
  }
  return (double)right / (double)b->n;
}


static int run_stages(Boost *b, Boosted *m) {
  double sum = 0;
  long j;
  start_scores(b, m->start);
  for (b->stage = 0; b->stage < m->stages; b->stage++) {
    b->tree = m->tree + b->stage * b->columns;
    if (!pool_tryrange(b->n, ROWS, residual_piece, b) ||
        !pool_try(b->columns, tree_piece, b))
      return 0;
    add_gains(b, m);
  }
  m->accuracy = share_right(b);
  for (j = 0; j < b->d; j++) sum += m->importance[j];
  for (j = 0; j < b->d; j++)
    if (sum > 0) m->importance[j] /= sum;
  return 1;
}


void learn_dropboost(Boosted *m) {
  if (m) {
    mem_free(m->start);
    mem_free(m->tree);
  }
  mem_free(m);
}


static Boosted *new_model(const Boost *b, long stages) {
  Boosted *m = mem_array(1, sizeof *m);
  size_t size = (size_t)(b->columns + 2 * b->d);
  if (m == NULL) return NULL;
  m->d = b->d;
  m->k = b->k;
  m->columns = b->columns;
  m->stages = stages;
  m->start = mem_array(size, sizeof *m->start);
  m->tree = mem_array((size_t)(stages * b->columns), sizeof *m->tree);
  if (m->start == NULL || m->tree == NULL) {
    learn_dropboost(m);
    return NULL;
  }
  memset(m->start, 0, size * sizeof *m->start);
  m->importance = m->start + b->columns;
  m->share = m->importance + b->d;
  return m;
}


/* memory for everything, and the scratch of `threads` */
static void *new_work(Boost *b, int threads) {
  size_t n = (size_t)b->n, d = (size_t)b->d, c = (size_t)b->columns;
  size_t lists = (TREE_DEPTH - 1) * d * n + n + 1 + d;
  size_t each = d + n + (lists + 1) / 2 + (n + 7) / 8;
  double *p = mem_array(2 * c * n + c * d + d + (d * n + 1) / 2 +
                        (size_t)threads * each, sizeof *p), *at = p;
  int i;
  if (p == NULL) return NULL;
  b->scratch = mem_array((size_t)threads, sizeof *b->scratch);
  if (b->scratch == NULL) {
    mem_free(p);
    return NULL;
  }
  b->raw = at;
  b->residual = at += c * n;
  b->gain = at += c * n;
  b->name = (uint64_t *)(at += c * d);
  b->order = (int *)(at += d);
  at += (d * n + 1) / 2;
  for (i = 0; i < threads; i++, at += each) {
    Scratch *s = b->scratch + i;
    s->drawn = (uint64_t *)at;
    s->weight = at + d;
    s->list = (int *)(s->weight + n);
    s->rest = s->list + (TREE_DEPTH - 1) * d * n;
    s->visit = s->rest + n + 1;
    s->left = (unsigned char *)(s->weight + n + (lists + 1) / 2);
  }
  return p;
}


Boosted *learn_boost(long n, long d, const real *x, const int *y, long k,
                     long stages, uint64_t seed) {
  Boost b = {n, d, k, k == 2 ? 1 : k, x, y, NULL, NULL, NULL, NULL, NULL,
             NULL, seed, 0, NULL};
  Boosted *m = NULL;
  void *work;
  long i;
  for (i = 0; i < n * d; i++)
    if (!isfinite((float)x[i])) {
      ts_fail("boost: row %ld, column %ld is %g, wanted a finite float",
              i / d + 1, i % d + 1, (double)x[i]);
      return NULL;
    }
  work = new_work(&b, pool_threads());
  if (work && sort_columns(&b) && (m = new_model(&b, stages)) != NULL &&
      !run_stages(&b, m)) {
    learn_dropboost(m);
    m = NULL;
  }
  mem_free(b.scratch);
  mem_free(work);
  return m;
}


typedef struct Look {
  const Boosted *m;
  const real *x;
  double *out;
} Look;


static double follow(const Tree *t, const real *x) {
  int at = 0, level;
  for (level = 0; level < TREE_DEPTH; level++)
    at = 2 * at + 1 + ((double)(float)x[t->feature[at]] > t->threshold[at]);
  return t->value[at - 7];
}


static void look_piece(void *arg, long first, long end) {
  const Look *l = arg;
  const Boosted *m = l->m;
  long i, c, s;
  for (i = first; i < end; i++)
    for (c = 0; c < m->columns; c++) l->out[i * m->columns + c] = m->start[c];
  for (s = 0; s < m->stages; s++)
    for (c = 0; c < m->columns; c++)
      for (i = first; i < end; i++)
        l->out[i * m->columns + c] +=
          follow(m->tree + s * m->columns + c, l->x + i * m->d);
}


void learn_scores(const Boosted *m, long n, const real *x, double *out) {
  Look l = {m, x, out};
  pool_range(n, ROWS, look_piece, &l);
}
