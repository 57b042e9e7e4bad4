/*
** linalg.h
** Systems of equations, Cholesky factors, eigenvalues, singular values.
** All matrices are row-major. Whatever the build, the work is done in double
** precision and rounded at the end: what these are used for (covariances,
** regressions, distances between distributions) loses half of the digits.
** Each returns 1, or 0 after ts_fail; messages count rows and columns from 1.
** An entry that is infinite or not a number is refused; sizes may be 0.
** OpenBLAS runs on one thread in here, so the bits do not depend on how many
** there are.
*/

#ifndef linalg_h
#define linalg_h

#include "base/mem.h"

/* whether OpenBLAS has the memory that it works in, for those who call LAPACK
** themselves, on Lua's thread; 0 after ts_fail in the name of `who` */
int linalg_ready(const char *who);

/* b[n,nrhs] becomes the solution x of a[n,n] x = b. Singular is a matrix
** that a change within the precision of double makes so, once its rows and
** columns are scaled alike. */
int linalg_solve(long n, long nrhs, const real *a, real *b);

/* a[n,n], symmetric, becomes the lower triangular l of l l' = a, with zeros
** above the diagonal */
int linalg_cholesky(long n, real *a);

/* eigenvalues w[n] of a symmetric a[n,n], ascending, and the eigenvectors as
** columns of v[n,n]; a and v may be the same */
int linalg_eigh(long n, const real *a, real *w, real *v);

/* a[m,n] = u[m,k] diag(s[k]) vt[k,n] with k = min(m, n), s descending */
int linalg_svd(long m, long n, const real *a, real *u, real *s, real *vt);

/*
** Symmetric means up to the square root of the precision of `real`, relative
** to the largest entry; what is used is the mean of a and its transpose.
** Of each eigenvector, and of each row of vt, the first entry of largest
** magnitude (up to 1e-6) is positive.
*/

#endif
