/*
** kern_optim.h
** Optimizers' updates of one weight in place, each slot and gradient read once
** and written once. The formulas are those of the differentiable `step`
** functions in lua/teasel/optim.lua, which a spec compares with these. Every
** loop over weights is made of them.
*/

#ifndef kern_optim_h
#define kern_optim_h

#include "base/real.h"
#include "kernel/kern_math.h"

/* the settings of an optimizer's update; `b1` is also momentum, or rmsprop's
** decay */
typedef struct UpdateRate {
  double lr;           /* adam: lr / (1 - b1^t) */
  double b1, b2, eps;
  double l2;           /* added to the gradient, times the weight */
  double keep;         /* adam: what is left of the weight, 1 - lr decay */
  double fix;          /* adam: 1 / (1 - b2^t) */
  int nesterov;
} UpdateRate;

TS_FN void k_sgd(real *p, real g, const UpdateRate *u) {
  *p -= (real)u->lr * (g + (real)u->l2 * *p);
}

TS_FN void k_momentum(real *p, real *v, real g, const UpdateRate *u) {
  *v = (real)u->b1 * *v + (g + (real)u->l2 * *p);
  *p -= (real)u->lr * *v;
}

TS_FN void k_nesterov(real *p, real *v, real g, const UpdateRate *u) {
  const real d = g + (real)u->l2 * *p;
  *v = (real)u->b1 * *v + d;
  *p -= (real)u->lr * (d + (real)u->b1 * *v);
}

TS_FN void k_adagrad(real *p, real *s, real g, const UpdateRate *u) {
  const real d = g + (real)u->l2 * *p;
  *s = *s + d * d;
  *p -= (real)u->lr * (d / (k_sqrt(*s) + (real)u->eps));
}

TS_FN void k_rmsprop(real *p, real *s, real g, const UpdateRate *u) {
  const real d = g + (real)u->l2 * *p;
  *s = (real)u->b1 * *s + (real)(1 - u->b1) * (d * d);
  *p -= (real)u->lr * (d / (k_sqrt(*s) + (real)u->eps));
}

TS_FN void k_adam(real *p, real *m, real *v, real g, const UpdateRate *u) {
  const real d = g + (real)u->l2 * *p;
  *m = (real)u->b1 * *m + (real)(1 - u->b1) * d;
  *v = (real)u->b2 * *v + (real)(1 - u->b2) * (d * d);
  *p = (real)u->keep * *p -
       (real)u->lr * (*m / (k_sqrt((real)u->fix * *v) + (real)u->eps));
}

/* y = (1 - rate) y + rate x */
TS_FN void k_blend(real *y, real x, double rate) {
  *y = (real)(1 - rate) * *y + (real)rate * x;
}

#endif
