/*
** far_list.h
** The numbers of all kernels for far memory: the elementwise ones by the lists
** of kern_list.h, as far as they go, then those of FAR_KERNELS.
*/

#ifndef far_list_h
#define far_list_h

#include "kernel/kern_list.h"

/* name, and the type of its arguments */
#define FAR_KERNELS(F) \
  F(fill, FillArgs) \
  F(walk, WalkArgs) F(take, IndexArgs) F(take_along, IndexArgs) \
  F(put, IndexArgs) F(put_along, IndexArgs) F(one_hot, IndexArgs) \
  F(nonzero, NonzeroArgs) F(cumsum, ColumnArgs) F(merge, MergeArgs) \
  F(fold_sum, FoldArgs) F(fold_max, FoldArgs) F(fold_min, FoldArgs) \
  F(fold_count, FoldArgs) F(fold_square, FoldArgs) F(fold_dot, FoldArgs) \
  F(fold_power, FoldArgs) F(bad, BadArgs) F(logsum, FoldArgs) \
  F(argmax, SoftmaxArgs) F(softmax, SoftmaxArgs) \
  F(log_softmax, SoftmaxArgs) F(cross_entropy, SoftmaxArgs) \
  F(norm_scale, NormArgs) F(rescale, NormArgs) F(project, NormArgs) \
  F(finish, NormArgs) F(matmul, MatmulArgs) F(conv, ConvArgs) \
  F(conv_x, ConvArgs) F(conv_w, ConvArgs) F(sum_pool, PoolArgs) \
  F(pool_which, PoolArgs) F(pool_take, PoolArgs) F(spread, PoolArgs) \
  F(sgd, UpdateArgs) F(momentum, UpdateArgs) F(adagrad, UpdateArgs) \
  F(rmsprop, UpdateArgs) F(adam, UpdateArgs) F(blend, BlendArgs) \
  F(uniform, RandArgs) F(normal, RandArgs) F(integers, RandArgs) \
  F(categorical, RandArgs)

/* what CUDA alone has, in the place of kernels of these names: threads that
** work together (far_tile.h, far_team.h) */
#define FAR_TEAMS(F) \
  F(tile_matmul, MatmulArgs) F(tile_conv, ConvArgs) \
  F(tile_conv_x, ConvArgs) F(tile_conv_w, ConvArgs) \
  F(team_fold_sum, FoldArgs) F(team_fold_max, FoldArgs) \
  F(team_fold_min, FoldArgs) F(team_fold_count, FoldArgs) \
  F(team_fold_square, FoldArgs) F(team_fold_dot, FoldArgs) \
  F(team_fold_power, FoldArgs)

#define FAR_UNARY_NUMBER(name, expr) FAR_##name,
#define FAR_NUMBER(name, args) FAR_##name,

typedef enum FarKernel {
  KERN_UNARIES(FAR_UNARY_NUMBER)
  KERN_BINARIES(FAR_UNARY_NUMBER)
  KERN_TERNARIES(FAR_UNARY_NUMBER)
  KERN_PAIRS(FAR_UNARY_NUMBER)
  FAR_KERNELS(FAR_NUMBER)
  FAR_COUNT
} FarKernel;

/* where a list begins, to which a number of kern.h is added */
#define FAR_UNARIES FAR_NEG
#define FAR_BINARIES FAR_ADD
#define FAR_TERNARIES FAR_WHERE
#define FAR_PAIRS FAR_GATE

#endif
