/*
** far_reduce.h
** Reductions. A fold of r items is a tree: each launch leaves one of so many
** (`fan` of the backend, FAR_FAN where each index has a result of its own),
** that are far apart, so that neighbouring indices read neighbouring items.
** Softmaxes take a column at a time.
*/

#ifndef far_reduce_h
#define far_reduce_h

#include "base/real.h"
#include "kernel/kern_math.h"

#define FAR_FAN 32

/* y[o,parts,i] of x[o,r,i]; `at` is [o,i], g like x */
typedef struct FoldArgs {
  real *y;
  const real *x, *g, *at;
  long r, i, parts;
} FoldArgs;

/* `term` of item p of x (u), in group c; `fold` puts v to u */
#define FAR_FOLD(name, term, fold) \
  TS_FN real far_##name##_term(const FoldArgs *k, long p, long c) { \
    const real x = k->x[p]; \
    (void)c; \
    return (term); \
  } \
  TS_FN void far_##name(long j, const FoldArgs *k) { \
    const long l = j % k->i, o = j / k->i / k->parts, c = o * k->i + l; \
    long q = j / k->i % k->parts; \
    real u = far_##name##_term(k, (o * k->r + q) * k->i + l, c); \
    for (q += k->parts; q < k->r; q += k->parts) { \
      const real v = far_##name##_term(k, (o * k->r + q) * k->i + l, c); \
      u = (fold); \
    } \
    k->y[j] = u; \
  }

TS_FN real far_square_of(real d) { return d * d; }

/* in the order of far_list.h */
#define FAR_FOLDS(F) \
  F(fold_sum, x, u + v) \
  F(fold_max, x, u >= v || u != u ? u : v) \
  F(fold_min, x, u <= v || u != u ? u : v) \
  F(fold_count, x != 0 ? (real)1 : (real)0, u + v) \
  F(fold_square, far_square_of(x - k->at[c]), u + v) \
  F(fold_dot, k->g[p] * (x - k->at[c]), u + v) \
  F(fold_power, k_exp(x - k->at[c]), u + v)

FAR_FOLDS(FAR_FOLD)

/* size - j where item j is no index in 1..n, else 0: so the largest tells the
** first of them */
typedef struct BadArgs {
  real *y;
  const real *index;
  long size, n;
} BadArgs;

TS_FN void far_bad(long j, const BadArgs *k) {
  const real v = k->index[j];
  const int fine = v >= 1 && v <= (real)k->n && v == k_floor(v);
  k->y[j] = fine ? 0 : (real)(k->size - j);
}

/* y = top + log(sum), items of [o,i]; top where that is infinite or a NaN */
TS_FN void far_logsum(long j, const FoldArgs *k) {
  const real top = k->at[j];
  k->y[j] = top > -HUGE_VAL && top < HUGE_VAL ? top + k_log(k->x[j]) : top;
}


/* columns of x[o,r,i], one for each index */

typedef struct SoftmaxArgs {
  real *y;
  const real *x, *t;     /* t: targets */
  long r, i;
} SoftmaxArgs;

/* the first of the largest items, a NaN if there is one */
TS_FN long far_largest(long r, long i, const real *x) {
  long j, best = 0;
  for (j = 1; j < r; j++)
    if (!(x[j * i] <= x[best * i]) && x[best * i] == x[best * i]) best = j;
  return best;
}

/* A sum whose parts are added in pairs, the pairs in pairs and so on, as a
** counter carries: so its error grows with the logarithm of their number. */
typedef struct Carry {
  real level[32];
  unsigned long parts;
} Carry;

TS_FN void far_carry(Carry *s, real part) {
  int l = 0;
  for (; s->parts >> l & 1; l++) part = s->level[l] + part;
  s->level[l] = part;
  s->parts++;
}

TS_FN real far_total(const Carry *s) {
  real sum = 0;
  int l;
  for (l = 0; s->parts >> l; l++)
    if (s->parts >> l & 1) sum = s->level[l] + sum;
  return sum;
}

/* sum of e^(x - top) but for the row `but` */
TS_FN real far_powers(long r, long i, const real *x, real top, long but) {
  Carry sum;
  long j, l;
  sum.parts = 0;
  for (j = 0; j < r; j += FAR_FAN) {
    real part = 0;
    for (l = j; l < r && l < j + FAR_FAN; l++)
      if (l != but) part += k_exp(x[l * i] - top);
    far_carry(&sum, part);
  }
  return far_total(&sum);
}

/* log(1 + s), s the sum of all but the largest term */
TS_FN real far_log_of_rest(real s) {
  return s <= 1 ? k_log1p(s) : k_log(1 + s);
}

TS_FN void far_argmax(long c, const SoftmaxArgs *k) {
  const real *x = k->x + c / k->i * k->r * k->i + c % k->i;
  k->y[c] = (real)(far_largest(k->r, k->i, x) + 1);
}

TS_FN void far_softmax(long c, const SoftmaxArgs *k) {
  const long at = c / k->i * k->r * k->i + c % k->i;
  const real *x = k->x + at;
  const real top = x[far_largest(k->r, k->i, x) * k->i];
  const real s = 1 / far_powers(k->r, k->i, x, top, -1);
  long j;
  for (j = 0; j < k->r; j++)
    k->y[at + j * k->i] = k_exp(x[j * k->i] - top) * s;
}

TS_FN void far_log_softmax(long c, const SoftmaxArgs *k) {
  const long at = c / k->i * k->r * k->i + c % k->i;
  const real *x = k->x + at;
  const long best = far_largest(k->r, k->i, x);
  const real top = x[best * k->i];
  const real s = far_log_of_rest(far_powers(k->r, k->i, x, top, best));
  long j;
  for (j = 0; j < k->r; j++) k->y[at + j * k->i] = x[j * k->i] - top - s;
}

/* sum(t) logsumexp(x) - sum(t x) of a row, without the difference of large
** numbers; a class of no mass costs nothing, even with a logit of -infinity */
TS_FN void far_cross_entropy(long c, const SoftmaxArgs *k) {
  const real *x = k->x + c * k->r, *t = k->t + c * k->r;
  const long best = far_largest(k->r, 1, x);
  const real top = x[best];
  Carry costs, masses;
  real cost, mass;
  long j, l;
  costs.parts = masses.parts = 0;
  for (j = 0; j < k->r; j += FAR_FAN) {
    real some = 0, part = 0;
    for (l = j; l < k->r && l < j + FAR_FAN; l++) {
      some += t[l];
      if (t[l] != 0) part += t[l] * (top - x[l]);
    }
    far_carry(&masses, some);
    far_carry(&costs, part);
  }
  mass = far_total(&masses);
  cost = far_total(&costs);
  if (top > -HUGE_VAL && top < HUGE_VAL)
    cost += mass * far_log_of_rest(far_powers(k->r, 1, x, top, best));
  else cost += top != top ? top : 0;
  k->y[c] = cost;
}


/* normalisation: x is [o,r,i], one group for each of [o,i] */

typedef struct NormArgs {
  real *y;
  const real *x, *g;
  const real *mean, *scale, *sum, *dot;   /* [o,i] */
  const real *weight, *shift;             /* [i], or NULL */
  long r, i;
  double eps;
  real slope;
} NormArgs;

/* 1 / sqrt(variance + eps) of the squares' sum, [o,i] */
TS_FN void far_norm_scale(long c, const NormArgs *k) {
  const real variance = k->sum[c] / (real)k->r;
  k->y[c] = (real)(1 / sqrt((double)variance + k->eps));
}

/* a layer's rectifier; 0 where slope is 0, even for -infinity */
TS_FN real far_rectified(real u, real slope) {
  return u < 0 ? (slope == 0 ? 0 : slope * u) : u;
}

TS_FN void far_rescale(long j, const NormArgs *k) {
  const long l = j % k->i, c = j / (k->r * k->i) * k->i + l;
  real u = (k->x[j] - k->mean[c]) *
           (k->weight ? k->scale[c] * k->weight[l] : k->scale[c]);
  if (k->shift) u = far_rectified(u + k->shift[l], k->slope);
  k->y[j] = u;
}

/* scale (g - mean(g) - y mean(g y)) of y = (x - mean) scale */
TS_FN void far_project(long j, const NormArgs *k) {
  const long c = j / (k->r * k->i) * k->i + j % k->i;
  const real s = k->scale[c], r = (real)k->r;
  k->y[j] = s * (k->g[j] - k->sum[c] / r -
                 (k->x[j] - k->mean[c]) * (k->dot[c] * s * s / r));
}

/* y += bias, in place; y [rows,i] */
TS_FN void far_finish(long j, const NormArgs *k) {
  k->y[j] = far_rectified(k->y[j] + k->shift[j % k->i], k->slope);
}

#endif
