/*
** kern_reduce.c
** Reductions of x[r,i] over its r rows. Where i is 1 the items of a row lie
** side by side and are folded in LANES independent lanes: a fixed shape, so
** the bits are the same whatever the width of the machine's vectors.
*/

#include "kernel/kern.h"
#include "kernel/kern_level.h"
#include "kernel/kern_math.h"

#define LANES 32

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


#define BLOCK 32      /* rows that are added one after another */
#define WIDE 512      /* columns at a time */
#define LEVELS 32     /* enough for 2^37 rows */

/* the same for one column: blocks of BLOCK rows of LANES */
static real sum_of_one(long r, const real *x) {
  real level[LEVELS], sum = 0;
  unsigned long blocks = 0;
  long j;
  int k = 0;
  for (j = 0; j < r; j += BLOCK * LANES, blocks++) {
    sum_in_order(r - j < BLOCK * LANES ? r - j : BLOCK * LANES, 1, &sum, x + j);
    for (k = 0; blocks >> k & 1; k++) sum = level[k] + sum;
    level[k] = sum;
  }
  for (k++; blocks >> k; k++)
    if (blocks >> k & 1) sum = level[k] + sum;
  return sum;
}


/* Columns of many rows: sums of BLOCK rows are added in pairs, those of pairs
** in pairs, and so on, as a counter carries. The error grows with the
** logarithm of r and not with r. */
static void fold_sum(long r, long i, real *restrict y,
                     const real *restrict x) {
  real level[LEVELS][WIDE];
  long from, j, l;
  if (i == 1) {
    y[0] = sum_of_one(r, x);
    return;
  }
  if (r <= BLOCK) {
    sum_in_order(r, i, y, x);
    return;
  }
  for (from = 0; from < i; from += WIDE) {
    const long n = i - from < WIDE ? i - from : WIDE;
    unsigned long blocks = 0;
    int k = 0;
    for (j = 0; j < r; j += BLOCK, blocks++) {
      const long end = r - j < BLOCK ? r : j + BLOCK;
      const real *restrict row = x + j * i + from;
      real *restrict sum = y + from;
      long q;
      for (l = 0; l < n; l++) sum[l] = row[l];
      for (q = j + 1; q < end; q++) {
        row += i;
        for (l = 0; l < n; l++) sum[l] += row[l];
      }
      for (k = 0; blocks >> k & 1; k++)
        for (l = 0; l < n; l++) sum[l] = level[k][l] + sum[l];
      for (l = 0; l < n; l++) level[k][l] = sum[l];
    }
    /* the levels that are left, from the smallest: the last is in y */
    for (k++; blocks >> k; k++)
      if (blocks >> k & 1)
        for (l = 0; l < n; l++) y[from + l] = level[k][l] + y[from + l];
  }
}


static void logsumexp(long r, long i, real *restrict y,
                      const real *restrict x) {
  long j, l;
  fold_max(r, i, y, x);
  for (l = 0; l < i; l++) {
    const real top = y[l];
    real s = 0;
    if (top > -HUGE_VAL && top < HUGE_VAL) {
      for (j = 0; j < r; j++) s += k_exp(x[j * i + l] - top);
      y[l] = top + k_log(s);
    }
  }
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
    real top = x[l], s = 0;
    long best = 0;
    for (j = 1; j < r; j++)
      if (x[j * i + l] > top) top = x[(best = j) * i + l];
    for (j = 0; j < r; j++)
      if (j != best) s += k_exp(x[j * i + l] - top);
    s = log_of_rest(s);
    for (j = 0; j < r; j++) y[j * i + l] = x[j * i + l] - top - s;
  }
}


static void softmax(long r, long i, real *restrict y,
                    const real *restrict x) {
  long j, l;
  for (l = 0; l < i; l++) {
    real top = x[l], s = 0;
    for (j = 1; j < r; j++)
      top = x[j * i + l] > top ? x[j * i + l] : top;
    for (j = 0; j < r; j++) s += y[j * i + l] = k_exp(x[j * i + l] - top);
    s = 1 / s;
    for (j = 0; j < r; j++) y[j * i + l] *= s;
  }
}


static void cross_entropy(long r, real *y, const real *x, const real *t) {
  real top, s = 0, mass = 0, below = 0;
  long j, best = 0;
  fold_max(r, 1, &top, x);
  while (best < r - 1 && x[best] != top) best++;
  for (j = 0; j < r; j++) {
    if (j != best) s += k_exp(x[j] - top);
    mass += t[j];
    /* a class of no mass costs nothing, even with a logit of -infinity */
    if (t[j] != 0) below += t[j] * (top - x[j]);
  }
  /* not lse mass - sum t x: that is a difference of large numbers */
  if (top > -HUGE_VAL && top < HUGE_VAL) s = mass * log_of_rest(s);
  else s = top != top ? top : 0;
  y[0] = below + s;
}


static void deviation(long r, long i, real *restrict y,
                      const real *restrict x, const real *restrict mean) {
  long j, l;
  if (i == 1) {
    real lane[LANES] = {0};
    const real m = mean[0];
    for (j = 0; j + LANES <= r; j += LANES)
      for (l = 0; l < LANES; l++) {
        const real d = x[j + l] - m;
        lane[l] += d * d;
      }
    for (l = 0; j + l < r; l++) {
      const real d = x[j + l] - m;
      lane[l] += d * d;
    }
    for (j = LANES / 2; j > 0; j /= 2)
      for (l = 0; l < j; l++) lane[l] += lane[l + j];
    y[0] = lane[0];
    return;
  }
  for (l = 0; l < i; l++) y[l] = 0;
  for (j = 0; j < r; j++) {
    const real *restrict row = x + j * i;
    for (l = 0; l < i; l++) {
      const real d = row[l] - mean[l];
      y[l] += d * d;
    }
  }
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
