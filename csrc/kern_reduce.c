/*
** kern_reduce.c
** Reductions of x[r,i] over its r rows. Where i is 1 the items of a row lie
** side by side and are folded in LANES independent lanes: a fixed shape, so
** the bits are the same whatever the width of the machine's vectors.
*/

#include "kern.h"
#include "kern_level.h"
#include "kern_math.h"

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

FOLD(fold_sum, u + v)
FOLD(fold_max, u >= v || u != u ? u : v)
FOLD(fold_min, u <= v || u != u ? u : v)


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
      if (x[j * i + l] > x[best * i + l]) best = j;
    y[l] = (real)(best + 1);
  }
}


static void log_softmax(long r, long i, real *restrict y,
                        const real *restrict x) {
  long j, l;
  for (l = 0; l < i; l++) {
    real top = x[l], s = 0;
    for (j = 1; j < r; j++)
      top = x[j * i + l] > top ? x[j * i + l] : top;
    for (j = 0; j < r; j++) s += k_exp(x[j * i + l] - top);
    s = k_log(s);
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
  real lse, mass = 0, dot = 0;
  long j;
  logsumexp(r, 1, &lse, x);
  for (j = 0; j < r; j++) {
    mass += t[j];
    /* a class of no mass costs nothing, even with a logit of -infinity */
    if (t[j] != 0) dot += t[j] * x[j];
  }
  y[0] = lse * mass - dot;
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
