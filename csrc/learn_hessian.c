/*
** learn_hessian.c
** The second derivative of logistic regression. Its block of classes a, b is
** sum_i p_ia (1 - p_ia) x_i x_i' for a = b, else -sum_i p_ia p_ib x_i x_i',
** where x_i ends in a 1 for the intercept; all of the latter are a product of
** matrices, cut into tiles. It gives a direction only, for which floats are
** enough. What is the same for all classes is 0 at the minimum (or does not
** matter, of intercepts), and so is its gradient at every step; terms of its
** own hold it, whatever is lost to rounding.
*/

#include "learn_hessian.h"

#include <cblas.h>
#include <string.h>

#include "pool.h"

#define TILE 96          /* of the Hessian */

void dpotrf_(const char *uplo, const int *n, double *a, const int *lda,
             int *info, size_t);
void dpotrs_(const char *uplo, const int *n, const int *nrhs, const double *a,
             const int *lda, double *b, const int *ldb, int *info, size_t);


static void z_piece(void *arg, long r) {
  const Fit *f = arg;
  long i = (f->first + r) * f->stride, c, j;
  const double *x = f->x + i * f->e, *p = f->p + i * f->k;
  float *z = f->z + r * f->m;
  for (c = 0; c < f->k; c++) {
    double weight = p[c] < HESSIAN_TINY ? 0 : p[c];
    for (j = 0; j < f->e; j++) z[c * f->e + j] = (float)(weight * x[j]);
  }
}


/* tile t of the lower half: zz += z'z */
static void tile_piece(void *arg, long t) {
  const Fit *f = arg;
  long i = 0, j, ni, nj;
  while ((i + 1) * (i + 2) / 2 <= t) i++;
  j = (t - i * (i + 1) / 2) * TILE;
  i *= TILE;
  ni = f->m - i < TILE ? f->m - i : TILE;
  nj = f->m - j < TILE ? f->m - j : TILE;
  cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)ni, (int)nj,
              (int)f->slab, 1, f->z + i, (int)f->m, f->z + j, (int)f->m, 1,
              f->zz + i * f->m + j, (int)f->m);
}


/* class c's own block, the lower half */
static void block_piece(void *arg, long c) {
  const Fit *f = arg;
  double *h = f->h + c * f->e * (f->m + 1);
  long i, j, l;
  for (j = 0; j < f->e; j++)
    for (l = 0; l <= j; l++) h[j * f->m + l] = 0;
  for (i = 0; i < f->n; i += f->stride) {
    const double *x = f->x + i * f->e;
    double p = f->p[i * f->k + c];
    if (p < HESSIAN_TINY || p == 1) continue;
    p *= f->C * (double)f->stride * (1 - p);
    for (j = 0; j < f->e; j++) {
      double px = p * x[j];
      for (l = 0; l <= j; l++) h[j * f->m + l] += px * x[l];
    }
  }
}


static void hessian(Fit *f, double ridge) {
  long rows = (f->n + f->stride - 1) / f->stride;
  long side = (f->m + TILE - 1) / TILE, a, b, j;
  memset(f->zz, 0, (size_t)(f->m * f->m) * sizeof *f->zz);
  for (f->first = 0; f->first < rows; f->first += HESSIAN_SLAB) {
    f->slab = rows - f->first < HESSIAN_SLAB ? rows - f->first : HESSIAN_SLAB;
    pool_for(f->slab, z_piece, f);
    pool_for(side * (side + 1) / 2, tile_piece, f);
  }
  for (a = 0; a < f->m * f->m; a++)
    f->h[a] = -f->C * (double)f->stride * (double)f->zz[a];
  pool_for(f->k, block_piece, f);
  for (j = 0; j < f->e; j++) {
    double hold = 0;
    for (a = j; a < f->m; a += f->e) hold += f->h[a * f->m + a];
    hold = hold / (double)(f->k * f->k) + f->penalty[j];
    for (a = j; a < f->m; a += f->e)
      for (b = j; b <= a; b += f->e) f->h[a * f->m + b] += hold;
  }
  for (a = 0; a < f->m; a++)
    f->h[a * f->m + a] = f->h[a * f->m + a] * (1 + ridge) + ridge * f->C +
                         f->penalty[a % f->e];
}


/* h becomes its Cholesky factor, with a larger diagonal where rounding has
** made it indefinite */
int hessian_factorise(Fit *f) {
  int m = (int)f->m, info = 1;
  double ridge;
  for (ridge = 0; info != 0 && ridge < 1; ridge = 10 * ridge + 1e-7) {
    hessian(f, ridge);
    /* by columns, the lower half of ours is the upper one */
    dpotrf_("U", &m, f->h, &m, &info, 1);
  }
  return info == 0;
}


/* s = -h^-1 g, without what is the same for all classes */
void hessian_direction(const Fit *f, const double *g, double *s) {
  int m = (int)f->m, one = 1, info;
  long i, j;
  for (i = 0; i < f->m; i++) s[i] = -g[i];
  dpotrs_("U", &m, &one, f->h, &m, s, &m, &info, 1);
  for (j = 0; j < f->e; j++) {
    double mean = 0;
    for (i = j; i < f->m; i += f->e) mean += s[i] / (double)f->k;
    for (i = j; i < f->m; i += f->e) s[i] -= mean;
  }
}
