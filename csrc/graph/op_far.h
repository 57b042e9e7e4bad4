/*
** op_far.h
** What the far halves of ops share: op_far*.c put the arguments of kernels
** together (device/far.h) and launch them where the operands are.
*/

#ifndef op_far_h
#define op_far_h

#include "device/far.h"
#include "graph/op.h"

/* kernel for 0..n-1 where t is, with a struct of arguments */
#define FAR_LAUNCH(t, kernel, n, args) \
  tensor_launch(t, (FarKernel)(kernel), n, &(args), sizeof(args))

/* y and operands of a broadcast, on either side */
void op_merge(BroadcastArgs *b, const Call *c, const Tensor *y);

int far_accumulate(Tensor *sum, const Tensor *x);

#endif
