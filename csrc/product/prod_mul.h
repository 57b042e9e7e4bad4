/*
** prod_mul.h
** What matmul and the convolutions share: a product whose left operand need
** not be a matrix in memory and whose rows may lie anywhere.
*/

#ifndef prod_mul_h
#define prod_mul_h

#include "product/prod.h"

typedef struct Mul Mul;

struct Mul {
  Gemm g;
  /* instead of g.a: brings rows i.. and products p.. of the left operand
  ** within reach, so that its number (i + r, p + q) is
  ** result[row[r] + col[q]]; `room` has as many reals as room() says */
  const real *(*bring)(const Mul *u, real *room, long *row, long *col,
                       long i, long rows, long p, long depth);
  long (*room)(const Mul *u, long rows, long depth);
  long tall, deep;      /* the most rows and products to bring at a time */
  long unit;            /* k is cut at multiples of this, if it is not 0 */
  /* instead of g.c, in mul_rows: where rows i.. of c are */
  void (*place)(const Mul *u, real **c, long i, long rows);
  const void *from;     /* what these functions know */
};

/* `count` products of one form, for each of which at(arg, i, &u->g) says where
** its matrices are, unless `at` is NULL; 0 after ts_fail */
int mul_run(Mul *u, long count, GemmAt at, const void *arg);

/* For products with a parallel loop of their own: rows from..to of c, in
** scratch that belongs to the running thread, and how much that is. */
void mul_rows(const Mul *u, long from, long to, void *scratch);
size_t mul_rowscratch(const Mul *u);

#endif
