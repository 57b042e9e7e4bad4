/*
** op_far.h
** What the far halves of ops share: op_far*.c put the arguments of kernels
** together (device/far.h) and launch them where the operands are.
*/

#ifndef op_far_h
#define op_far_h

#include "device/far.h"
#include "graph/op.h"
#include "product/prod.h"

/* kernel for 0..n-1 where t is, with a struct of arguments */
#define FAR_LAUNCH(t, kernel, n, args) \
  tensor_launch(t, (FarKernel)(kernel), n, &(args), sizeof(args))

/* y and operands of a broadcast, on either side */
void op_merge(BroadcastArgs *b, const Call *c, const Tensor *y);

int op_far_accumulate(Tensor *sum, const Tensor *x);

/* n numbers where t is, of the scope; NULL after ts_fail */
real *op_far_scratch(const Tensor *t, long n);
/* k.y[o,i] from k.x[o,k.r,i], r > 0: one kernel over the items, the next over
** what it leaves. Scratch of the scope. */
int op_far_fold(const Tensor *t, FarKernel kernel, FoldArgs k, long o,
                FarKernel next);
/* mean and variance [i] over the rows of x [r,i], in the scope */
int op_far_variance(const Tensor *x, long r, long i, const real **mean,
                    const real **var);
/* the last group of neighbouring axes in the set: [from, to) */
void op_lastgroup(unsigned axes, int *from, int *to);
/* how many items of x are not 0 */
int op_far_count(const Tensor *x, long *count);
/* result is one of x, w, y, the other two of which make it */
int op_far_conv_part(const Call *c, const Conv *g, const Tensor *x,
                     const Tensor *w, const Tensor *y, Tensor *result);
/* y + bias, the third operand, and the rectifier, in place */
int op_far_finish(const Call *c, Tensor *y);

#endif
