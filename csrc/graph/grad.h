/*
** grad.h
** Reverse-mode differentiation of recorded tensors.
*/

#ifndef grad_h
#define grad_h

#include "graph/tensor.h"

/* For results y[0..ny-1] with gradients seed[] (of the same shapes) fills
** dx[i] with the gradient of sum_j <seed[j], y[j]> in x[i], owned by the open
** scope: zeros where y does not depend on x[i]. The x are recorded tensors
** (see op_leaf). While recording, the gradients are recorded too.
** `part`: the walk is one of several, whose gradients are to be added up: NULL
** in the place of zeros, and nothing is sent to other ranks.
** Returns 0 after ts_fail. */
int ts_backward(int ny, Tensor **y, Tensor **seed, int nx, Tensor **x,
                Tensor **dx, int part);

#endif
