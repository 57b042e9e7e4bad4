/*
** far_move.h
** Kernels that only move items, by strides and by indices, which are items
** from 1 on and have been checked (far_bad). Where several meet, each result
** looks for those that come there, among the sorted indices: without atomics,
** and so in one order.
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
    const long left = d > 0 ? i / k->dim[d] : 0;
    const long j = i - left * k->dim[d];
    i = left;
    to += j * k->to[d];
    from += j * k->from[d];
  }
  k->y[to] = k->x[from];
}


/* x is [o,n,i]; the index [m], or [o,m,i] where each column has its own */
typedef struct IndexArgs {
  real *y;
  const real *x, *index, *order;
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

/* Adding up: `order` is that of the indices, sorted (far_merge), so that those
** which are the same stand together, in the order of their places. */

/* where in order[m], steps of `step`, the indices of at least v begin */
TS_FN long far_from(const real *index, const real *order, long m, long step,
                    real v) {
  long lo = 0, hi = m;
  while (lo < hi) {
    const long at = (lo + hi) / 2;
    if (index[((long)order[at * step] - 1) * step] < v) lo = at + 1;
    else hi = at;
  }
  return lo;
}

/* y [o,n,i] of x [o,m,i], the index [m] */
TS_FN void far_put(long j, const IndexArgs *k) {
  const long l = j % k->i, o = j / k->i / k->n;
  const real v = (real)(j / k->i % k->n + 1);
  real sum = 0;
  long q;
  for (q = far_from(k->index, k->order, k->m, 1, v);
       q < k->m && k->index[(long)k->order[q] - 1] == v; q++)
    sum += k->x[(o * k->m + (long)k->order[q] - 1) * k->i + l];
  k->y[j] = sum;
}

/* y [o,n,i] of x and index [o,m,i] */
TS_FN void far_put_along(long j, const IndexArgs *k) {
  const long column = j / k->i / k->n * k->m * k->i + j % k->i;
  const real *index = k->index + column, *order = k->order + column;
  const real v = (real)(j / k->i % k->n + 1);
  real sum = 0;
  long q;
  for (q = far_from(index, order, k->m, k->i, v); q < k->m; q++) {
    const long at = ((long)order[q * k->i] - 1) * k->i;
    if (index[at] != v) break;
    sum += k->x[column + at];
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
  int backwards;
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

/* One pass of a merge sort: y [o,n,i] are places, from 1, sorted in runs of
** 2 `run`, of those in x's order `from` that are in runs of `run` (NULL: as
** they stand). Each item's place is its own in its run and the number of those
** before it in the other. */
typedef struct MergeArgs {
  real *y;
  const real *x, *from;
  long n, i, run;
  int descending;
} MergeArgs;

/* the place, from 0, of the item that stands at p of a column */
TS_FN long far_at(const MergeArgs *k, long column, long p) {
  return k->from ? (long)k->from[column + p * k->i] - 1 : p;
}

TS_FN void far_merge(long j, const MergeArgs *k) {
  const long column = j / (k->n * k->i) * k->n * k->i + j % k->i;
  const long p = j / k->i % k->n, begin = p / (2 * k->run) * 2 * k->run;
  const long middle = begin + k->run < k->n ? begin + k->run : k->n;
  const long end = begin + 2 * k->run < k->n ? begin + 2 * k->run : k->n;
  const long place = far_at(k, column, p), own = p < middle ? begin : middle;
  const real v = k->x[column + place * k->i];
  const long other = p < middle ? middle : begin;
  long lo = other, hi = p < middle ? end : middle;
  while (lo < hi) {
    const long at = (lo + hi) / 2, q = far_at(k, column, at);
    if (far_before(k->x[column + q * k->i], q, v, place, k->descending))
      lo = at + 1;
    else hi = at;
  }
  k->y[column + (begin + (p - own) + (lo - other)) * k->i] =
    (real)(place + 1);
}

#endif
