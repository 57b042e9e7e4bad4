/*
** prod.c
** Matrix times matrix: the product whose operands lie in memory.
*/

#include "product/prod.h"

#include "product/prod_mul.h"


int prod_gemm(const Gemm *g, long count, GemmAt at, const void *arg) {
  Mul u = { .g = *g };
  return mul_run(&u, count, at, arg);
}
