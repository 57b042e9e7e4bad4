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
  F(fill, FillArgs)

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
