/*
** far_move.h
** Kernels that only move items, by strides and by indices, which are items
** from 1 on. Those that add items up where several meet ask, for each result,
** who comes there: slower than adding where they go, but without atomics and
** so with one order. Indices are checked before (far_bad).
*/

#ifndef far_move_h
#define far_move_h

#include "base/real.h"

/* y[j to] = x[j from] for each index j below dim */
typedef struct WalkArgs {
  real *y;
  const real *x;
  int ndim;
  long dim[8], to[8], from[8];
} WalkArgs;

TS_FN void far_walk(long i, const WalkArgs *k) {
  long to = 0, from = 0;
  int d;
  for (d = k->ndim - 1; d >= 0; d--) {
    const long j = i % k->dim[d];
    i /= k->dim[d];
    to += j * k->to[d];
    from += j * k->from[d];
  }
  k->y[to] = k->x[from];
}


/* x is [o,n,i]; the index [m], or [o,m,i] where each column has its own */
typedef struct IndexArgs {
  real *y;
  const real *x, *index;
  long n, m, i;
} IndexArgs;

/* y [o,m,i] */
TS_FN void far_take(long j, const IndexArgs *k) {
  const long l = j % k->i, p = j / k->i % k->m, o = j / k->i / k->m;
  k->y[j] = k->x[(o * k->n + (long)k->index[p] - 1) * k->i + l];
}

/* y [o,m,i] */
TS_FN void far_take_along(long j, const IndexArgs *k) {
  const long l = j % k->i, o = j / k->i / k->m;
  k->y[j] = k->x[(o * k->n + (long)k->index[j] - 1) * k->i + l];
}

/* y [o,n,i] of x [o,m,i] */
TS_FN void far_put(long j, const IndexArgs *k) {
  const long l = j % k->i, p = j / k->i % k->n, o = j / k->i / k->n;
  const real at = (real)(p + 1);
  real sum = 0;
  long q;
  for (q = 0; q < k->m; q++)
    if (k->index[q] == at) sum += k->x[(o * k->m + q) * k->i + l];
  k->y[j] = sum;
}

/* y [o,n,i] of x and index [o,m,i] */
TS_FN void far_put_along(long j, const IndexArgs *k) {
  const long l = j % k->i, p = j / k->i % k->n, o = j / k->i / k->n;
  const real at = (real)(p + 1);
  real sum = 0;
  long q;
  for (q = 0; q < k->m; q++) {
    const long from = (o * k->m + q) * k->i + l;
    if (k->index[from] == at) sum += k->x[from];
  }
  k->y[j] = sum;
}

/* y [m,n] */
TS_FN void far_one_hot(long j, const IndexArgs *k) {
  k->y[j] = k->index[j / k->n] == (real)(j % k->n + 1) ? 1 : 0;
}


/* the indices of x's items that are not 0, a row of one for each axis; by one
** alone, since each has to know how many come before it */
typedef struct NonzeroArgs {
  real *y;
  const real *x;
  long size;
  int ndim;
  long dim[8];
} NonzeroArgs;

TS_FN void far_nonzero(long i, const NonzeroArgs *k) {
  real *to = k->y + i;
  long j;
  int d;
  for (j = 0; j < k->size; j++) {
    long left = j;
    if (k->x[j] == 0) continue;
    for (d = k->ndim - 1; d >= 0; d--) {
      to[d] = (real)(left % k->dim[d] + 1);
      left /= k->dim[d];
    }
    to += k->ndim;
  }
}


/* x [o,n,i]; the sums of items up to each one, in double precision; for each
** of o i columns */
typedef struct ColumnArgs {
  real *y;
  const real *x;
  long n, i;
  int backwards;         /* argsort: descending */
} ColumnArgs;

TS_FN void far_cumsum(long c, const ColumnArgs *k) {
  const long at = c / k->i * k->n * k->i + c % k->i;
  double sum = 0;
  long j;
  for (j = 0; j < k->n; j++) {
    const long p = at + (k->backwards ? k->n - 1 - j : j) * k->i;
    sum += k->x[p];
    k->y[p] = (real)sum;
  }
}


/* whether item u at place p has to stand before v at q; NaN goes last, equal
** ones keep their order */
TS_FN int far_before(real u, long p, real v, long q, int descending) {
  if (u != u) return v != v && p < q;
  if (v != v) return 1;
  if (u == v) return p < q;
  return descending ? u > v : u < v;
}

/* for each item: how many stand before it is its place */
TS_FN void far_argsort(long j, const ColumnArgs *k) {
  const long row = k->n * k->i, at = j / row * row + j % k->i;
  const long p = j / k->i % k->n;
  const real v = k->x[j];
  long q, place = 0;
  for (q = 0; q < k->n; q++)
    if (q != p && far_before(k->x[at + q * k->i], q, v, p, k->backwards))
      place++;
  k->y[at + place * k->i] = (real)(p + 1);
}

#endif
