/*
** far_optim.h
** Optimizers' updates, in place.
*/

#ifndef far_optim_h
#define far_optim_h

#include "kernel/kern_optim.h"

typedef struct UpdateArgs {
  real *p, *slot[2];
  const real *g;
  UpdateRate u;
} UpdateArgs;

TS_FN void far_sgd(long i, const UpdateArgs *k) {
  k_sgd(k->p + i, k->g[i], &k->u);
}

TS_FN void far_momentum(long i, const UpdateArgs *k) {
  if (k->u.nesterov) k_nesterov(k->p + i, k->slot[0] + i, k->g[i], &k->u);
  else k_momentum(k->p + i, k->slot[0] + i, k->g[i], &k->u);
}

TS_FN void far_adagrad(long i, const UpdateArgs *k) {
  k_adagrad(k->p + i, k->slot[0] + i, k->g[i], &k->u);
}

TS_FN void far_rmsprop(long i, const UpdateArgs *k) {
  k_rmsprop(k->p + i, k->slot[0] + i, k->g[i], &k->u);
}

TS_FN void far_adam(long i, const UpdateArgs *k) {
  k_adam(k->p + i, k->slot[0] + i, k->slot[1] + i, k->g[i], &k->u);
}

typedef struct BlendArgs {
  real *y;
  const real *x;
  double rate;
} BlendArgs;

TS_FN void far_blend(long i, const BlendArgs *k) {
  k_blend(k->y + i, k->x[i], k->rate);
}

#endif
