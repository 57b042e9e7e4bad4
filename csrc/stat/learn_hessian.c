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

#include "stat/learn_hessian.h"

#include <string.h>

#include "stat/lapack.h"
#include "stat/linalg.h"
#include "base/pool.h"

#define TILE 96          /* of the Hessian: whole vectors */
#define HIGH 4           /* of what is in registers at a time */
#define WIDTH 32
#define ROWS 64          /* of z that stay in the nearest cache */


long hessian_wide(long m) { return (m + WIDTH - 1) / WIDTH * WIDTH; }


static void z_piece(void *arg, long r) {
  const Fit *f = arg;
  long i = (f->first + r) * f->stride, c, j;
  const double *x = f->x + i * f->e, *p = f->p + i * f->k;
  float *z = f->z + r * f->wide;
  for (c = 0; c < f->k; c++) {
    double weight = p[c] < HESSIAN_TINY ? 0 : p[c];
    for (j = 0; j < f->e; j++) z[c * f->e + j] = (float)(weight * x[j]);
  }
  for (j = f->m; j < f->wide; j++) z[j] = 0;
}


/* out[4,32] += a[n,4]' b[n,32], all of them in rows of `wide` */
LEARN_CLONES
static void corner(long n, long wide, const float *restrict a,
                   const float *restrict b, float *restrict out) {
  float sum[HIGH][WIDTH];
  long r;
  int i, j;
  for (i = 0; i < HIGH; i++)
    for (j = 0; j < WIDTH; j++) sum[i][j] = out[i * wide + j];
  for (r = 0; r < n; r++)
    for (i = 0; i < HIGH; i++)
      for (j = 0; j < WIDTH; j++)
        sum[i][j] += a[r * wide + i] * b[r * wide + j];
  for (i = 0; i < HIGH; i++)
    for (j = 0; j < WIDTH; j++) out[i * wide + j] = sum[i][j];
}


/* rows i .. of the square at i, j: zz += z'z, as far as the diagonal */
static void tile(const Fit *f, long i, long j) {
  long ni = f->wide - i < TILE ? f->wide - i : TILE;
  long nj = f->wide - j < TILE ? f->wide - j : TILE, first, a, b;
  for (first = 0; first < f->slab; first += ROWS) {
    long rows = f->slab - first < ROWS ? f->slab - first : ROWS;
    const float *z = f->z + first * f->wide;
    for (a = i; a < i + ni; a += HIGH)
      for (b = j; b < j + nj && b < a + HIGH; b += WIDTH)
        corner(rows, f->wide, z + a, z + b, f->zz + a * f->wide + b);
  }
}


static void tile_piece(void *arg, long t) {
  long i = 0;
  while ((i + 1) * (i + 2) / 2 <= t) i++;
  tile(arg, i * TILE, (t - i * (i + 1) / 2) * TILE);
}


/* own[0..j, k] = sum p (1 - p) x_j x_l over the rows */
LEARN_CLONES
static void blocks(const Fit *f, long j, double *restrict own) {
  long k = f->k, i, l, c;
  for (i = 0; i < (j + 1) * k; i++) own[i] = 0;
  for (i = 0; i < f->n; i += f->stride) {
    const double *x = f->x + i * f->e, *restrict p = f->p + i * k;
    for (l = 0; l <= j; l++) {
      double v = x[j] * x[l];
      for (c = 0; c < k; c++) own[l * k + c] += v * (p[c] * (1 - p[c]));
    }
  }
}


/* line j of each class's own block, the lower half */
static void block_piece(void *arg, long j) {
  const Fit *f = arg;
  double *own = f->own + j * (j + 1) / 2 * f->k;
  double scale = f->C * (double)f->stride;
  long c, l;
  blocks(f, j, own);
  for (c = 0; c < f->k; c++)
    for (l = 0; l <= j; l++)
      f->h[(c * f->e + j) * f->m + c * f->e + l] = scale * own[l * f->k + c];
}


static void hessian(Fit *f, double ridge) {
  long rows = (f->n + f->stride - 1) / f->stride;
  long side = (f->m + TILE - 1) / TILE, a, b, j;
  memset(f->zz, 0, (size_t)(f->wide * f->wide) * sizeof *f->zz);
  for (f->first = 0; f->first < rows; f->first += HESSIAN_SLAB) {
    f->slab = rows - f->first < HESSIAN_SLAB ? rows - f->first : HESSIAN_SLAB;
    pool_for(f->slab, z_piece, f);
    pool_for(side * (side + 1) / 2, tile_piece, f);
  }
  for (a = 0; a < f->m; a++)
    for (b = 0; b <= a; b++)
      f->h[a * f->m + b] =
        -f->C * (double)f->stride * (double)f->zz[a * f->wide + b];
  pool_for(f->e, block_piece, f);
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


static void diagonal(Fit *f) {
  long i, c, j;
  for (c = 0; c < f->m; c++) f->h[c] = f->penalty[c % f->e];
  for (i = 0; i < f->n; i++)
    for (c = 0; c < f->k; c++) {
      double p = f->p[i * f->k + c], weight = f->C * p * (1 - p);
      const double *x = f->x + i * f->e;
      for (j = 0; j < f->e; j++) f->h[c * f->e + j] += weight * x[j] * x[j];
    }
}


/* h becomes its Cholesky factor, with a larger diagonal where rounding has
** made it indefinite */
int hessian_factorise(Fit *f) {
  int m = (int)f->m, info = 1;
  double ridge;
  if (f->many) {
    diagonal(f);
    return 1;
  }
  if (!linalg_ready("logistic")) return 0;
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
  for (i = 0; i < f->m; i++) s[i] = f->many ? -g[i] / f->h[i] : -g[i];
  if (!f->many) dpotrs_("U", &m, &one, f->h, &m, s, &m, &info, 1);
  for (j = 0; j < f->e; j++) {
    double mean = 0;
    for (i = j; i < f->m; i += f->e) mean += s[i] / (double)f->k;
    for (i = j; i < f->m; i += f->e) s[i] -= mean;
  }
}
