/*
** learn_hessian.h
** What logistic regression (learn_logistic.c), its softmax (learn_soft.c) and
** its second derivative (learn_hessian.c) share.
*/

#ifndef learn_hessian_h
#define learn_hessian_h

#include "stat/learn.h"

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
  double *wt;            /* w, [e, k] */
  double *part;          /* [pieces, m + 1]: losses, and gradients [e, k], of
                         ** many unknowns [k, e] */
  long first, slab;      /* the rows of z */
  long wide;             /* m, rounded up to whole vectors */
  float *z;              /* [SLAB, wide] */
  float *zz;             /* [wide, wide], the lower half: sum z z' */
  double *own;           /* [e (e + 1) / 2, k]: sum p (1 - p) x_j x_l */
  double *h;             /* [m, m], the lower half; with `many` unknowns its
                         ** diagonal alone, [m] */
  int many;
  long stride;           /* the Hessian is made of one row in so many */
} Fit;

/* m rounded up so that whole vectors make z */
long hessian_wide(long m);
/* h becomes the Cholesky factor of the second derivative where f->p was
** taken, of every f->stride-th row; 0 if rounding made it singular. With many
** unknowns it becomes the diagonal. */
int hessian_factorise(Fit *f);
/* s = -h^-1 g, without what is the same for all classes */
void hessian_direction(const Fit *f, const double *g, double *s);

/* out[n,m] from a[m,n] */
void soft_transpose(long m, long n, const double *a, double *out);
/* w[e,k]: p[n,k] becomes softmax(x w) */
void soft_rows(long n, long e, long k, const double *x, const double *w,
               double *p);
/* the same; returns sum_i -log p[i][y_i] and adds its gradient to g[e,k] */
double soft_slope(long n, long e, long k, const double *x, const int *y,
                  const double *w, double *p, double *g);
/* the same for many columns, with w[k,e] and g[k,e] */
double soft_many(long n, long e, long k, const double *x, const int *y,
                 const double *w, double *p, double *g);

#endif
