/*
** kern_optim.c
** Loops of optimizers' updates, in one pass over memory. Of the settings each
** loop has a copy of its own, so that nothing it writes can change them.
*/

#include "kernel/kern.h"
#include "kernel/kern_level.h"
#include "kernel/kern_optim.h"


static void sgd(long n, real *restrict p, const real *restrict g,
                const UpdateRate *rates) {
  const UpdateRate u = *rates;
  long i;
  for (i = 0; i < n; i++) k_sgd(p + i, g[i], &u);
}


static void momentum(long n, real *restrict p, real *restrict v,
                     const real *restrict g, const UpdateRate *rates) {
  const UpdateRate u = *rates;
  long i;
  if (u.nesterov)
    for (i = 0; i < n; i++) k_nesterov(p + i, v + i, g[i], &u);
  else
    for (i = 0; i < n; i++) k_momentum(p + i, v + i, g[i], &u);
}


static void adagrad(long n, real *restrict p, real *restrict s,
                    const real *restrict g, const UpdateRate *rates) {
  const UpdateRate u = *rates;
  long i;
  for (i = 0; i < n; i++) k_adagrad(p + i, s + i, g[i], &u);
}


static void rmsprop(long n, real *restrict p, real *restrict s,
                    const real *restrict g, const UpdateRate *rates) {
  const UpdateRate u = *rates;
  long i;
  for (i = 0; i < n; i++) k_rmsprop(p + i, s + i, g[i], &u);
}


static void adam(long n, real *restrict p, real *restrict m,
                 real *restrict v, const real *restrict g,
                 const UpdateRate *rates) {
  const UpdateRate u = *rates;
  long i;
  for (i = 0; i < n; i++) k_adam(p + i, m + i, v + i, g[i], &u);
}


static void blend(long n, real *restrict y, const real *restrict x,
                  double rate) {
  long i;
  for (i = 0; i < n; i++) k_blend(y + i, x[i], rate);
}


void KERN(kern_optim)(Kernels *k);

void KERN(kern_optim)(Kernels *k) {
  k->sgd = sgd;
  k->momentum = momentum;
  k->adagrad = adagrad;
  k->rmsprop = rmsprop;
  k->adam = adam;
  k->blend = blend;
}
