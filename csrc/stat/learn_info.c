/*
** learn_info.c
** Columns of classes and the information between them.
*/

#include "stat/learn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"

#define MAXRANGE (1L << 20)  /* of integers that are counted, not sorted */
#define ROWS 8192            /* in a piece of a loop */


/* whether all items are integers that lie closer together than MAXRANGE */
static int small_integers(long n, const real *y, long stride, real *least,
                          long *range) {
  real lo = y[0], hi = y[0];
  long i;
  for (i = 0; i < n; i++) {
    real v = y[i * stride];
    if (v < lo) lo = v;
    if (v > hi) hi = v;
  }
  if (!(hi - lo < MAXRANGE && lo > -(real)(1L << 23) && hi < (real)(1L << 23)))
    return 0;
  for (i = 0; i < n; i++)
    if (y[i * stride] != (real)(long)y[i * stride]) return 0;
  *least = lo;
  *range = (long)(hi - lo) + 1;
  return 1;
}


static long count_classes(long n, const real *y, long stride, real least,
                          long range, int *code, real *values) {
  int *place = mem_array((size_t)range, sizeof *place);
  long i, k = 0;
  if (place == NULL) return 0;
  memset(place, 0, (size_t)range * sizeof *place);
  for (i = 0; i < n; i++) place[(long)(y[i * stride] - least)] = 1;
  for (i = 0; i < range; i++)
    if (place[i]) {
      values[k] = least + (real)i;
      place[i] = (int)k++;
    }
  for (i = 0; i < n; i++) code[i] = place[(long)(y[i * stride] - least)];
  mem_free(place);
  return k;
}


static int by_value(const void *a, const void *b) {
  real x = *(const real *)a, y = *(const real *)b;
  return (x > y) - (x < y);
}


int learn_place(long k, const real *values, real v) {
  long lo = 0, hi = k - 1;
  if (k == 0) return -1;
  while (lo < hi) {
    long mid = (lo + hi) / 2;
    if (values[mid] < v) lo = mid + 1;
    else hi = mid;
  }
  return values[lo] == v ? (int)lo : -1;
}


long learn_classes(long n, const real *y, long stride, int *code,
                   real *values) {
  long i, k = 0, range;
  real least;
  if (n == 0) return ts_fail("classes: got no items");
  for (i = 0; i < n; i++)
    if (!isfinite(y[i * stride]))
      return ts_fail("classes: item %ld is %g, wanted a finite number", i + 1,
                     (double)y[i * stride]);
  if (small_integers(n, y, stride, &least, &range))
    return count_classes(n, y, stride, least, range, code, values);
  for (i = 0; i < n; i++) values[i] = y[i * stride];
  qsort(values, (size_t)n, sizeof *values, by_value);
  for (i = 0; i < n; i++)
    if (k == 0 || values[i] != values[k - 1]) values[k++] = values[i];
  for (i = 0; i < n; i++) code[i] = learn_place(k, values, y[i * stride]);
  return k;
}


typedef struct Bins {
  long n, d;
  const real *x;
  int bins, wide;
  double *edge;      /* [d, bins], all but the last of each column */
  double *low;       /* [d], and what one bin is divided by */
  double *scale;
  real *out;
} Bins;


static void set_edges(Bins *b, long j) {
  double lo = 0, hi = 0, step;
  long i;
  for (i = 0; i < b->n; i++) {
    real r = b->x[i * b->d + j];
    double v = b->wide ? (double)r : (double)(float)r;
    if (i == 0 || v < lo) lo = v;
    if (i == 0 || v > hi) hi = v;
  }
  if (lo == hi) {
    lo -= 0.5;
    hi += 0.5;
  }
  step = (hi - lo) / b->bins;
  b->low[j] = lo;
  b->scale[j] = step > 0 ? 1 / step : 0;
  for (i = 0; i < b->bins; i++) {
    double e = (double)i * step + lo;
    b->edge[j * b->bins + i] = b->wide ? e : (double)(float)e;
  }
}


static void edges_piece(void *arg, long j) {
  set_edges(arg, j);
}


/* the number of edges up to v, less one: from a guess, to the exact place */
static int bin_of(const Bins *b, long j, double v) {
  const double *edge = b->edge + j * b->bins;
  double guess = (v - b->low[j]) * b->scale[j];
  int i = guess >= b->bins - 1 ? b->bins - 1 : guess > 0 ? (int)guess : 0;
  while (i > 0 && edge[i] > v) i--;
  while (i + 1 < b->bins && edge[i + 1] <= v) i++;
  return i;
}


static void bins_piece(void *arg, long i, long to) {
  const Bins *b = arg;
  long j;
  for (; i < to; i++)
    for (j = 0; j < b->d; j++) {
      real r = b->x[i * b->d + j];
      double v = b->wide ? (double)r : (double)(float)r;
      b->out[i * b->d + j] = (real)bin_of(b, j, v);
    }
}


static int all_finite(long n, long d, const real *x, const char *who) {
  long i;
  for (i = 0; i < n * d; i++)
    if (!isfinite(x[i]))
      return ts_fail("%s: row %ld, column %ld is %g, wanted a finite number",
                     who, i / d + 1, i % d + 1, (double)x[i]);
  return 1;
}


int learn_bins(long n, long d, const real *x, int bins, int wide, real *out) {
  Bins b = {n, d, x, bins, wide, NULL, NULL, NULL, out};
  int ok;
  if (!all_finite(n, d, x, "bins")) return 0;
  b.edge = mem_array((size_t)d * ((size_t)bins + 2), sizeof *b.edge);
  if (b.edge == NULL) return 0;
  b.low = b.edge + d * bins;
  b.scale = b.low + d;
  ok = pool_try(d, edges_piece, &b) &&
       pool_tryrange(n, ROWS, bins_piece, &b);
  mem_free(b.edge);
  return ok;
}


typedef struct Mutual {
  long n, p, q;
  const int *a, *b;
  const long *na, *nb;
  long *cells;       /* one table and its two margins for every pair */
  long size;         /* of that */
  double *out;
} Mutual;


static void mutual_piece(void *arg, long at) {
  const Mutual *m = arg;
  long i = at / m->q, j = at % m->q, ka = m->na[i], kb = m->nb[j], u, v, r;
  const int *a = m->a + i * m->n, *b = m->b + j * m->n;
  long *cell = m->cells + at * m->size, *row = cell + ka * kb, *col = row + ka;
  double n = (double)m->n, sum = 0;
  memset(cell, 0, (size_t)(ka * kb + ka + kb) * sizeof *cell);
  for (r = 0; r < m->n; r++) cell[a[r] * kb + b[r]]++;
  for (u = 0; u < ka; u++)
    for (v = 0; v < kb; v++) {
      row[u] += cell[u * kb + v];
      col[v] += cell[u * kb + v];
    }
  for (u = 0; u < ka; u++)
    for (v = 0; v < kb; v++) {
      double c = (double)cell[u * kb + v];
      if (c > 0)
        sum += c / n * log(c * n / ((double)row[u] * (double)col[v]));
    }
  m->out[at] = sum > 0 ? sum : 0;
}


static long most(const long *x, long n) {
  long i, m = 0;
  for (i = 0; i < n; i++)
    if (x[i] > m) m = x[i];
  return m;
}


/* as many pairs at a time as the tables' limit allows */
int learn_mutual(long n, long p, const int *a, const long *na, long q,
                 const int *b, const long *nb, double *out) {
  Mutual m = {n, p, q, a, b, na, nb, NULL, 0, out};
  long ka = most(na, p), kb = most(nb, q), i;
  int ok = 1;
  if (p == 0 || q == 0) return 1;
  if (ka > LEARN_MAXCELLS / kb)
    return ts_fail("mutual: got columns of %ld and %ld distinct values, "
                   "wanted at most %ld combinations (continuous values have "
                   "to be binned first)", ka, kb, LEARN_MAXCELLS);
  m.size = ka * kb + ka + kb;
  m.cells = mem_array((size_t)(m.size * q), sizeof *m.cells);
  if (m.cells == NULL) return 0;
  m.p = 1;
  for (i = 0; i < p && ok; i++) {
    m.a = a + i * n;
    m.na = na + i;
    m.out = out + i * q;
    ok = pool_try(q, mutual_piece, &m);
  }
  mem_free(m.cells);
  return ok;
}


int learn_entropy(long n, const int *a, long k, double *out) {
  long *count = mem_array((size_t)k, sizeof *count), i;
  double sum = 0;
  if (count == NULL) return 0;
  memset(count, 0, (size_t)k * sizeof *count);
  for (i = 0; i < n; i++) count[a[i]]++;
  for (i = 0; i < k; i++)
    if (count[i] > 0)
      sum -= (double)count[i] / (double)n
             * log((double)count[i] / (double)n);
  *out = sum;
  mem_free(count);
  return 1;
}
