/*
** far_elem.h
** Kernels over items: those of kern_list.h, constants, sums in place.
*/

#ifndef far_elem_h
#define far_elem_h

#include "base/real.h"
#include "kernel/kern_list.h"
#include "kernel/kern_math.h"

typedef struct MapArgs {
  real *y;
  const real *u, *v;
  real a, b;
} MapArgs;

#define FAR_UNARY(name, expr) \
  TS_FN void far_##name(long i, const MapArgs *k) { \
    const real u = k->u[i], a = k->a, b = k->b; \
    (void)a; (void)b; \
    k->y[i] = (expr); \
  }

#define FAR_PAIR(name, expr) \
  TS_FN void far_##name(long i, const MapArgs *k) { \
    const real u = k->u[i], v = k->v[i], a = k->a, b = k->b; \
    (void)a; (void)b; \
    k->y[i] = (expr); \
  }

KERN_UNARIES(FAR_UNARY)
KERN_PAIRS(FAR_PAIR)


#define FAR_OPERANDS 3
#define FAR_AXES 10

/* y of these sizes; operands with a stride for each axis, 0 where they stand
** still */
typedef struct BroadcastArgs {
  real *y;
  const real *p[FAR_OPERANDS];
  int ndim, nin;
  long dim[FAR_AXES];
  long stride[FAR_OPERANDS][FAR_AXES];
} BroadcastArgs;


/* where item i of y has its operands; what is left for the first axis is its
** index, so that items in a row need no division, which is slow on a GPU */
TS_FN void far_places(long i, const BroadcastArgs *k, long *at) {
  int d, o;
  for (o = 0; o < FAR_OPERANDS; o++) at[o] = 0;
  for (d = k->ndim - 1; d >= 0; d--) {
    const long left = d > 0 ? i / k->dim[d] : 0;
    const long j = i - left * k->dim[d];
    i = left;
    for (o = 0; o < k->nin; o++) at[o] += j * k->stride[o][d];
  }
}


#define FAR_BINARY(name, expr) \
  TS_FN void far_##name(long i, const BroadcastArgs *k) { \
    long at[FAR_OPERANDS]; \
    real u, v; \
    far_places(i, k, at); \
    u = k->p[0][at[0]]; \
    v = k->p[1][at[1]]; \
    k->y[i] = (expr); \
  }

#define FAR_TERNARY(name, expr) \
  TS_FN void far_##name(long i, const BroadcastArgs *k) { \
    long at[FAR_OPERANDS]; \
    real u, v, w; \
    far_places(i, k, at); \
    u = k->p[0][at[0]]; \
    v = k->p[1][at[1]]; \
    w = k->p[2][at[2]]; \
    k->y[i] = (expr); \
  }

KERN_BINARIES(FAR_BINARY)
KERN_TERNARIES(FAR_TERNARY)


typedef struct FillArgs {
  real *y;
  real value;
} FillArgs;

TS_FN void far_fill(long i, const FillArgs *k) {
  k->y[i] = k->value;
}

#endif
