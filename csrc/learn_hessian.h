/*
** learn_hessian.h
** What logistic regression (learn_logistic.c) and its second derivative
** (learn_hessian.c) share.
*/

#ifndef learn_hessian_h
#define learn_hessian_h

#include "learn.h"

#define HESSIAN_SLAB 1024    /* rows whose z are in memory at a time */
#define HESSIAN_TINY 1e-15   /* products of smaller numbers are slow in floats
                             ** and without effect */

typedef struct Fit {
  long n, d, k, e, m;    /* e = d + 1; m = k * e unknowns */
  const double *x;       /* [n, e], the last column 1 */
  const int *y;
  double C;
  double *penalty;       /* [e], 0 for the intercept */
  const double *w;       /* where to look, [k, e] */
  double *p;             /* probabilities there, [n, k] */
  long rows, pieces;     /* of one piece of the rows */
  double *part;          /* [pieces, m + 1]: gradients and losses */
  long first, slab;      /* the rows of z */
  float *z;              /* [SLAB, m] */
  float *zz;             /* [m, m], the lower half: sum z z' */
  double *h;             /* [m, m], the lower half */
  long stride;           /* every how manyeth row the Hessian is made of */
} Fit;

/* h becomes the Cholesky factor of the second derivative where f->p was
** taken, of every f->stride-th row; 0 if rounding made it singular */
int hessian_factorise(Fit *f);
/* s = -h^-1 g, without what is the same for all classes */
void hessian_direction(const Fit *f, const double *g, double *s);

#endif
