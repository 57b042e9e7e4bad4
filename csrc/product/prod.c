/*
** prod.c
** Matrix times matrix: the product whose operands lie in memory.
*/

#include "product/prod.h"

#include "product/prod_mul.h"


size_t prod_gemmscratch(const Gemm *g) {
  Mul u = { .g = *g };
  return mul_scratch(&u);
}


void prod_gemm(const Gemm *g, void *scratch) {
  Mul u = { .g = *g };
  mul_run(&u, scratch);
}
