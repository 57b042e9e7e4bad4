/*
** kern_optim.c
** Optimizer updates in one pass over memory: each weight, slot and gradient
** is read once and written once. The formulas are those of the differentiable
** `step` functions in lua/teasel/optim.lua, which a spec compares with these.
*/

#include "kernel/kern.h"
#include "kernel/kern_level.h"
#include "kernel/kern_math.h"


static void sgd(long n, real *restrict p, const real *restrict g,
                const UpdateRate *u) {
  const real lr = (real)u->lr, l2 = (real)u->l2;
  long i;
  for (i = 0; i < n; i++) p[i] -= lr * (g[i] + l2 * p[i]);
}


static void momentum(long n, real *restrict p, real *restrict v,
                     const real *restrict g, const UpdateRate *u) {
  const real lr = (real)u->lr, l2 = (real)u->l2, mu = (real)u->b1;
  long i;
  if (u->nesterov)
    for (i = 0; i < n; i++) {
      const real d = g[i] + l2 * p[i];
      v[i] = mu * v[i] + d;
      p[i] -= lr * (d + mu * v[i]);
    }
  else
    for (i = 0; i < n; i++) {
      v[i] = mu * v[i] + (g[i] + l2 * p[i]);
      p[i] -= lr * v[i];
    }
}


static void adagrad(long n, real *restrict p, real *restrict s,
                    const real *restrict g, const UpdateRate *u) {
  const real lr = (real)u->lr, l2 = (real)u->l2, eps = (real)u->eps;
  long i;
  for (i = 0; i < n; i++) {
    const real d = g[i] + l2 * p[i];
    s[i] = s[i] + d * d;
    p[i] -= lr * (d / (k_sqrt(s[i]) + eps));
  }
}


static void rmsprop(long n, real *restrict p, real *restrict s,
                    const real *restrict g, const UpdateRate *u) {
  const real lr = (real)u->lr, l2 = (real)u->l2, eps = (real)u->eps;
  const real rho = (real)u->b1, rest = (real)(1 - u->b1);
  long i;
  for (i = 0; i < n; i++) {
    const real d = g[i] + l2 * p[i];
    s[i] = rho * s[i] + rest * (d * d);
    p[i] -= lr * (d / (k_sqrt(s[i]) + eps));
  }
}


static void adam(long n, real *restrict p, real *restrict m,
                 real *restrict v, const real *restrict g,
                 const UpdateRate *u) {
  const real l2 = (real)u->l2, eps = (real)u->eps, keep = (real)u->keep;
  const real b1 = (real)u->b1, rest1 = (real)(1 - u->b1);
  const real b2 = (real)u->b2, rest2 = (real)(1 - u->b2);
  const real rate = (real)u->lr, fix = (real)u->fix;
  long i;
  for (i = 0; i < n; i++) {
    const real d = g[i] + l2 * p[i];
    m[i] = b1 * m[i] + rest1 * d;
    v[i] = b2 * v[i] + rest2 * (d * d);
    p[i] = keep * p[i] - rate * (m[i] / (k_sqrt(fix * v[i]) + eps));
  }
}


static void blend(long n, real *restrict y, const real *restrict x,
                  double rate) {
  const real keep = (real)(1 - rate), take = (real)rate;
  long i;
  for (i = 0; i < n; i++) y[i] = keep * y[i] + take * x[i];
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
