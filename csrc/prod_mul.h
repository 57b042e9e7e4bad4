/*
** prod_mul.h
** What matmul and the convolutions share: a product whose left operand may
** come through a function, a panel at a time, and whose rows may lie
** anywhere.
*/

#ifndef prod_mul_h
#define prod_mul_h

#include "prod.h"

typedef struct Mul Mul;

struct Mul {
  Gemm g;
  /* instead of g.a: rows i.. of op(a), their numbers p.., as
  ** to[r * step + q], or to[q * step + r] when g.ta */
  void (*pack)(const Mul *u, real *to, long step, long i, long rows,
               long p, long depth);
  /* instead of g.c, in mul_rows: where rows i.. of c are */
  void (*place)(const Mul *u, real **c, long i, long rows);
  const void *from;     /* what these two know */
};

size_t mul_scratch(const Mul *u);
void mul_run(const Mul *u, void *scratch);

/* For products with a parallel loop of their own: rows from..to of c, in
** panels that belong to the running thread, and how many bytes these take. */
void mul_rows(const Mul *u, long from, long to, void *panels);
size_t mul_panels(const Mul *u);

#endif
