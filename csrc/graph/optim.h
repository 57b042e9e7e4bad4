/*
** optim.h
** In-place updates of leaves: the only writes to tensors that Lua can see.
*/

#ifndef optim_h
#define optim_h

#include "graph/tensor.h"
#include "kernel/kern.h"

typedef enum OptimRule {
  OPTIM_SGD, OPTIM_MOMENTUM, OPTIM_ADAGRAD, OPTIM_RMSPROP, OPTIM_ADAM
} OptimRule;

/* number of slots that a rule keeps per weight */
int optim_slots(OptimRule rule);

/* p and the slots, in place, by the gradient g; all of one shape */
int optim_update(OptimRule rule, Tensor *p, Tensor *const *slot,
                 const Tensor *g, const UpdateRate *u);

/* running statistics, in place: blends in x's mean and variance over all axes
** but the last */
int optim_track(Tensor *mean, Tensor *var, const Tensor *x, double rate);

/* y = (1 - rate) y + rate x, in place */
int optim_blend(Tensor *y, const Tensor *x, double rate);

#endif
