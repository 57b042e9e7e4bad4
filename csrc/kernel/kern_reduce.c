/*
** kern_reduce.c
** Reductions of x[r,i] over its r rows. Where i is 1 the items of a row lie
** side by side and are folded in LANES independent lanes: a fixed shape, so
** the bits are the same whatever the width of the machine's vectors.
*/

#include "kernel/kern.h"
#include "kernel/kern_block.h"
#include "kernel/kern_level.h"
#include "kernel/kern_math.h"

/* `op` folds v into u; lanes are combined pairwise */
#define FOLD(name, op) \
  static void name(long r, long i, real *restrict y, \
                   const real *restrict x) { \
    long j, l; \
    if (i == 1 && r >= LANES) { \
      real lane[LANES]; \
      for (l = 0; l < LANES; l++) lane[l] = x[l]; \
      for (j = LANES; j + LANES <= r; j += LANES) \
        for (l = 0; l < LANES; l++) { \
          const real u = lane[l], v = x[j + l]; \
          lane[l] = (op); \
        } \
      for (l = 0; j + l < r; l++) { \
        const real u = lane[l], v = x[j + l]; \
        lane[l] = (op); \
      } \
      for (j = LANES / 2; j > 0; j /= 2) \
        for (l = 0; l < j; l++) { \
          const real u = lane[l], v = lane[l + j]; \
          lane[l] = (op); \
        } \
      y[0] = lane[0]; \
      return; \
    } \
    for (l = 0; l < i; l++) y[l] = x[l]; \
    for (j = 1; j < r; j++) { \
      const real *restrict row = x + j * i; \
      for (l = 0; l < i; l++) { \
        const real u = y[l], v = row[l]; \
        y[l] = (op); \
      } \
    } \
  }

FOLD(sum_in_order, u + v)
FOLD(fold_max, u >= v || u != u ? u : v)
FOLD(fold_min, u <= v || u != u ? u : v)


/* x[r,i] */
typedef struct Matrix {
  const real *x, *mean;
  long i;
} Matrix;


/* y[i] over all rows, by one of two blocks: for a single column, or several */
static inline void of_columns(long r, long i, real *restrict y, Block single,
                              Block several, const Matrix *m) {
  long l;
  if (i == 1) in_blocks(r, BLOCK * LANES, 0, 1, y, single, m);
  else
    for (l = 0; l < i; l += WIDE)
      in_blocks(r, BLOCK, l, i - l < WIDE ? i - l : WIDE, y + l, several, m);
}


static void rows_sum(const void *arg, long row, long rows, long from, long n,
                     real *restrict sum) {
  const Matrix *m = arg;
  const real *restrict x = m->x + row * m->i + from;
  long j, l;
  memcpy(sum, x, (size_t)n * sizeof(real));
  for (j = 1; j < rows; j++) {
    x += m->i;
    for (l = 0; l < n; l++) sum[l] += x[l];
  }
}


static void column_sum(const void *arg, long row, long rows, long from,
                       long n, real *restrict sum) {
  (void)from; (void)n;
  sum_in_order(rows, 1, sum, ((const Matrix *)arg)->x + row);
}


static void fold_sum(long r, long i, real *restrict y,
                     const real *restrict x) {
  const Matrix m = {x, NULL, i};
  of_columns(r, i, y, column_sum, rows_sum, &m);
}


/* the terms of a softmax: e^(x - top) of one column of x[r,i], but 0 in the
** row `best`; they go to y, too, which is NULL or [r,i] */
typedef struct Powers {
  real *y;
  const real *x;
  long i, best;
  real top;
} Powers;


static void powers_block(const void *arg, long row, long rows, long from,
                         long n, real *restrict sum) {
  const Powers *p = arg;
  const real *x = p->x + row * p->i;
  const real top = p->top;
  real e[BLOCK * LANES];
  long j;
  (void)from; (void)n;
  if (p->i == 1) for (j = 0; j < rows; j++) e[j] = x[j] - top;
  else for (j = 0; j < rows; j++) e[j] = x[j * p->i] - top;
  for (j = 0; j < rows; j++) e[j] = k_exp(e[j]);
  if (p->best >= row && p->best < row + rows) e[p->best - row] = 0;
  if (p->y)
    for (j = 0; j < rows; j++) p->y[(row + j) * p->i] = e[j];
  sum_in_order(rows, 1, sum, e);
}


static real sum_of_powers(long r, long i, real *y, const real *x, real top,
                          long best) {
  const Powers p = {y, x, i, best, top};
  real sum;
  in_blocks(r, BLOCK * LANES, 0, 1, &sum, powers_block, &p);
  return sum;
}


static void logsumexp(long r, long i, real *restrict y,
                      const real *restrict x) {
  long l;
  fold_max(r, i, y, x);
  for (l = 0; l < i; l++)
    if (y[l] > -HUGE_VAL && y[l] < HUGE_VAL)
      y[l] += k_log(sum_of_powers(r, i, NULL, x + l, y[l], -1));
}


static void argmax(long r, long i, real *restrict y, const real *restrict x) {
  long j, l;
  for (l = 0; l < i; l++) {
    long best = 0;
    for (j = 1; j < r; j++)
      if (!(x[j * i + l] <= x[best * i + l]) &&
          x[best * i + l] == x[best * i + l])
        best = j;  /* a NaN is the largest, as for max */
    y[l] = (real)(best + 1);
  }
}


/* log(1 + s): the largest of the terms is 1 and the others' sum s */
static real log_of_rest(real s) {
  return s <= 1 ? k_log1p(s) : k_log(1 + s);
}


static void log_softmax(long r, long i, real *restrict y,
                        const real *restrict x) {
  long j, l;
  for (l = 0; l < i; l++) {
    real top = x[l], s;
    long best = 0;
    for (j = 1; j < r; j++)
      if (x[j * i + l] > top) top = x[(best = j) * i + l];
    s = log_of_rest(sum_of_powers(r, i, NULL, x + l, top, best));
    for (j = 0; j < r; j++) y[j * i + l] = x[j * i + l] - top - s;
  }
}


static void softmax(long r, long i, real *restrict y,
                    const real *restrict x) {
  long j, l;
  for (l = 0; l < i; l++) {
    real top = x[l], s;
    for (j = 1; j < r; j++)
      top = x[j * i + l] > top ? x[j * i + l] : top;
    s = 1 / sum_of_powers(r, i, y + l, x + l, top, -1);
    for (j = 0; j < r; j++) y[j * i + l] *= s;
  }
}


/* targets t, and logits x, the largest of which is `top` */
typedef struct Costs {
  const real *x, *t;
  real top;
} Costs;


/* sum t (top - x) */
static void costs_block(const void *arg, long row, long rows, long from,
                        long n, real *restrict sum) {
  const Costs *c = arg;
  real e[BLOCK * LANES];
  long j;
  (void)from; (void)n;
  for (j = 0; j < rows; j++) {
    const real t = c->t[row + j];
    /* a class of no mass costs nothing, even with a logit of -infinity */
    e[j] = t != 0 ? t * (c->top - c->x[row + j]) : 0;
  }
  sum_in_order(rows, 1, sum, e);
}


static void cross_entropy(long r, real *y, const real *x, const real *t) {
  Costs c = {x, t, 0};
  real s, mass;
  long best = 0;
  fold_max(r, 1, &c.top, x);
  while (best < r - 1 && x[best] != c.top) best++;
  in_blocks(r, BLOCK * LANES, 0, 1, y, costs_block, &c);
  fold_sum(r, 1, &mass, t);
  /* not lse mass - sum t x: that is a difference of large numbers */
  if (c.top > -HUGE_VAL && c.top < HUGE_VAL)
    s = mass * log_of_rest(sum_of_powers(r, 1, NULL, x, c.top, best));
  else
    s = c.top != c.top ? c.top : 0;
  y[0] += s;
}


static void column_deviation(const void *arg, long row, long rows, long from,
                             long n, real *restrict sum) {
  const Matrix *m = arg;
  const real *restrict x = m->x + row;
  const real mean = m->mean[0];
  real lane[LANES] = {0};
  long j, l;
  (void)from; (void)n;
  for (j = 0; j + LANES <= rows; j += LANES)
    for (l = 0; l < LANES; l++) {
      const real d = x[j + l] - mean;
      lane[l] += d * d;
    }
  for (l = 0; j + l < rows; l++) {
    const real d = x[j + l] - mean;
    lane[l] += d * d;
  }
  sum[0] = sum_of_lanes(lane);
}


static void rows_deviation(const void *arg, long row, long rows, long from,
                           long n, real *restrict sum) {
  const Matrix *m = arg;
  const real *restrict x = m->x + row * m->i + from;
  const real *restrict mean = m->mean + from;
  long j, l;
  memset(sum, 0, (size_t)n * sizeof(real));
  for (j = 0; j < rows; j++, x += m->i)
    for (l = 0; l < n; l++) {
      const real d = x[l] - mean[l];
      sum[l] += d * d;
    }
}


static void deviation(long r, long i, real *restrict y,
                      const real *restrict x, const real *restrict mean) {
  const Matrix m = {x, mean, i};
  of_columns(r, i, y, column_deviation, rows_deviation, &m);
}


void KERN(kern_reduce)(Kernels *k);

void KERN(kern_reduce)(Kernels *k) {
  k->fold[K_SUM] = fold_sum;
  k->fold[K_MAX] = fold_max;
  k->fold[K_MIN] = fold_min;
  k->logsumexp = logsumexp;
  k->argmax = argmax;
  k->softmax = softmax;
  k->log_softmax = log_softmax;
  k->cross_entropy = cross_entropy;
  k->deviation = deviation;
}
