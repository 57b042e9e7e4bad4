/*
** learn_logistic.c
** Logistic regression by Newton's method. The Hessian is
**   diag over classes of sum_i p_ic x_i x_i'  -  sum_i z_i z_i',
**   z_i = p_i (x) x_i,   plus 1 for every weight,
** where x_i ends in a 1 for the intercept; the second sum is a product of
** matrices, cut into tiles. It gives a direction only, for which floats and,
** far from the minimum, a part of the rows are enough, and it is kept for as
** long as the steps are good ones. The intercepts' common shift, on which
** nothing depends, is held by one more term, whose gradient is always 0.
** Invariant: the objective falls with every step.
*/

#include "learn.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "pool.h"

#define MAXSTEPS 200
#define SLOPE 1e-8       /* the gradient's largest entry at the end, for */
#define ITEMS 10000      /* so many rows; more for more rows */
#define PIECES 64        /* of the rows, at most */
#define SLAB 1024        /* rows whose z are in memory at a time */
#define MANY 16384       /* rows that are enough for any Hessian */
#define TILE 96          /* of the Hessian */
#define MAXORDER 8192
#define TINY 1e-15       /* floats with smaller products are slow */

void dpotrf_(const char *uplo, const int *n, double *a, const int *lda,
             int *info, size_t);
void dpotrs_(const char *uplo, const int *n, const int *nrhs, const double *a,
             const int *lda, double *b, const int *ldb, int *info, size_t);

typedef struct Fit {
  long n, d, k, e, m;    /* e = d + 1; m = k * e unknowns */
  const double *x;       /* [n, e], the last column 1 */
  const int *y;
  double penalty, C;
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


/* logits -> probabilities in place; returns the logarithm of p[y] */
static double softmax(double *p, long k, long y) {
  double top = p[0], sum = 0, own = p[y];
  long c;
  for (c = 1; c < k; c++)
    if (p[c] > top) top = p[c];
  for (c = 0; c < k; c++) sum += p[c] = exp(p[c] - top);
  for (c = 0; c < k; c++) p[c] /= sum;
  return own - top - log(sum);
}


static void logits(long n, long e, long k, const double *x, const double *w,
                   double *out) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)k, (int)e,
              1, x, (int)e, w, (int)e, 0, out, (int)k);
}


/* probabilities, and this piece's share of loss and gradient */
static void slope_piece(void *arg, long piece) {
  const Fit *f = arg;
  long i = piece * f->rows, c, j;
  long end = f->n - i < f->rows ? f->n : i + f->rows;
  double *g = f->part + piece * (f->m + 1);
  double loss = 0;
  memset(g, 0, (size_t)(f->m + 1) * sizeof *g);
  if (i >= end) return;
  logits(end - i, f->e, f->k, f->x + i * f->e, f->w, f->p + i * f->k);
  for (; i < end; i++) {
    double *p = f->p + i * f->k;
    const double *x = f->x + i * f->e;
    loss -= softmax(p, f->k, f->y[i]);
    for (c = 0; c < f->k; c++) {
      double r = p[c] - (c == f->y[i]);
      for (j = 0; j < f->e; j++) g[c * f->e + j] += r * x[j];
    }
  }
  g[f->m] = loss;
}


/* the objective at f->w; its gradient into g[m] */
static double slope(Fit *f, double *g) {
  double loss = 0, norm = 0;
  long i, j;
  pool_for(f->pieces, slope_piece, f);
  memset(g, 0, (size_t)f->m * sizeof *g);
  for (i = 0; i < f->pieces; i++) {
    const double *part = f->part + i * (f->m + 1);
    for (j = 0; j < f->m; j++) g[j] += f->C * part[j];
    loss += part[f->m];
  }
  for (j = 0; j < f->m; j++)
    if (j % f->e != f->d) {
      g[j] += f->penalty * f->w[j];
      norm += f->w[j] * f->w[j];
    }
  return f->penalty / 2 * norm + f->C * loss;
}


static void z_piece(void *arg, long r) {
  const Fit *f = arg;
  long i = (f->first + r) * f->stride, c, j;
  const double *x = f->x + i * f->e, *p = f->p + i * f->k;
  float *z = f->z + r * f->m;
  for (c = 0; c < f->k; c++) {
    double weight = p[c] < TINY ? 0 : p[c];
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


/* class c's own block: h += C sum_i p_ic x_i x_i' */
static void block_piece(void *arg, long c) {
  const Fit *f = arg;
  double *h = f->h + c * f->e * (f->m + 1);
  long i, j, l;
  for (i = 0; i < f->n; i += f->stride) {
    const double *x = f->x + i * f->e;
    double p = f->C * (double)f->stride * f->p[i * f->k + c];
    for (j = 0; j < f->e; j++) {
      double px = p * x[j];
      for (l = 0; l <= j; l++) h[j * f->m + l] += px * x[l];
    }
  }
}


static void hessian(Fit *f, double ridge) {
  long rows = (f->n + f->stride - 1) / f->stride;
  long side = (f->m + TILE - 1) / TILE, a, b;
  memset(f->zz, 0, (size_t)(f->m * f->m) * sizeof *f->zz);
  for (f->first = 0; f->first < rows; f->first += SLAB) {
    f->slab = rows - f->first < SLAB ? rows - f->first : SLAB;
    pool_for(f->slab, z_piece, f);
    pool_for(side * (side + 1) / 2, tile_piece, f);
  }
  for (a = 0; a < f->m * f->m; a++)
    f->h[a] = -f->C * (double)f->stride * (double)f->zz[a];
  pool_for(f->k, block_piece, f);
  for (a = 0; a < f->m; a++) {
    f->h[a * f->m + a] *= 1 + ridge;
    if (a % f->e != f->d) f->h[a * f->m + a] += f->penalty;
  }
  for (a = f->d; a < f->m; a += f->e)
    for (b = f->d; b <= a; b += f->e) f->h[a * f->m + b] += f->C;
}


/* h becomes its Cholesky factor, with a larger diagonal where rounding has
** made it indefinite */
static int factorise(Fit *f) {
  int m = (int)f->m, info = 1;
  double ridge;
  for (ridge = 0; info != 0 && ridge < 1; ridge = 10 * ridge + 1e-7) {
    hessian(f, ridge);
    /* by columns, the lower half of ours is the upper one */
    dpotrf_("U", &m, f->h, &m, &info, 1);
  }
  return info == 0;
}


/* s = -h^-1 g */
static void direction(const Fit *f, const double *g, double *s) {
  int m = (int)f->m, one = 1, info;
  long i;
  for (i = 0; i < f->m; i++) s[i] = -g[i];
  dpotrs_("U", &m, &one, f->h, &m, s, &m, &info, 1);
}


static double dot(const double *a, const double *b, long n) {
  double s = 0;
  long i;
  for (i = 0; i < n; i++) s += a[i] * b[i];
  return s;
}


static double largest(const double *x, long n) {
  double m = 0;
  long i;
  for (i = 0; i < n; i++)
    if (fabs(x[i]) > m) m = fabs(x[i]);
  return m;
}


/* the objective at w + t s, for the first t of 1, 1/2, 1/4 ... that makes it
** smaller by enough; try and next are that point and the gradient there */
static double search(Fit *f, const Logistic *model, const double *g,
                     const double *s, double *try, double *next, double *t) {
  double down = dot(g, s, f->m), value;
  long i;
  for (*t = 1; ; *t /= 2) {
    for (i = 0; i < f->m; i++) try[i] = model->w[i] + *t * s[i];
    f->w = try;
    value = slope(f, next);
    if (value <= model->loss + 1e-4 * *t * down || *t < 1e-10) return value;
    /* the last digits of the loss are noise, those of the slope are not */
    if (*t == 1 && down > -1e-9 * model->loss &&
        largest(next, f->m) < model->slope) return value;
  }
}


/* every how manyeth row is enough at first, and at the end */
static void set_strides(Fit *f, long *last) {
  *last = f->n / MANY + 1;
  f->stride = f->n > 8 * f->m ? 8 : f->n > 2 * f->m ? 2 : 1;
  if (f->stride < *last) f->stride = *last;
}


/* `work` holds four vectors of m */
static int descend(Fit *f, Logistic *model, double *work) {
  double *try = work, *g = work + f->m, *s = work + 2 * f->m;
  double *next = work + 3 * f->m;
  double end = f->n > ITEMS ? SLOPE * (double)f->n / ITEMS : SLOPE;
  int fresh = 0;   /* whether h is of this very place */
  int keep = 0;    /* whether it is good enough */
  long last;
  set_strides(f, &last);
  f->w = model->w;
  model->loss = slope(f, g);
  model->slope = largest(g, f->m);
  while (model->slope > end && model->steps < MAXSTEPS) {
    double t, value, top;
    if (!keep && !factorise(f))
      return ts_fail("logistic: the second derivative of the loss is singular "
                     "(columns of very different size; C = %g)", f->C);
    fresh = !keep;
    direction(f, g, s);
    value = search(f, model, g, s, try, next, &t);
    top = largest(next, f->m);
    if (!(value < model->loss) && !(top < model->slope)) {
      if (fresh && f->stride == last) break;   /* no better one is there */
      f->stride = last;
      keep = 0;
      f->w = model->w;
      slope(f, g);   /* brings the probabilities back */
      continue;
    }
    keep = f->stride == last && top < model->slope / 8;
    if (t < 1 || model->loss - value < 1e-3 * fabs(value)) f->stride = last;
    memcpy(model->w, try, (size_t)f->m * sizeof *try);
    memcpy(g, next, (size_t)f->m * sizeof *g);
    model->loss = value;
    model->slope = top;
    model->steps++;
  }
  return 1;
}


void learn_droplogistic(Logistic *m) {
  if (m) mem_free(m->w);
  mem_free(m);
}


static Logistic *new_model(long d, long k) {
  Logistic *m = mem_array(1, sizeof *m);
  if (m == NULL) return NULL;
  memset(m, 0, sizeof *m);
  m->d = d;
  m->k = k;
  m->w = mem_array((size_t)(k * (d + 1)), sizeof *m->w);
  if (m->w == NULL) {
    mem_free(m);
    return NULL;
  }
  memset(m->w, 0, (size_t)(k * (d + 1)) * sizeof *m->w);
  return m;
}


static void augment(long n, long d, const real *x, double *out) {
  long i, j;
  for (i = 0; i < n; i++) {
    for (j = 0; j < d; j++) out[i * (d + 1) + j] = (double)x[i * d + j];
    out[i * (d + 1) + d] = 1;
  }
}


static int check_rows(long n, long d, const real *x) {
  long i;
  for (i = 0; i < n * d; i++)
    if (!isfinite(x[i]))
      return ts_fail("logistic: row %ld, column %ld is %g, wanted a finite "
                     "number", i / d + 1, i % d + 1, (double)x[i]);
  return 1;
}


Logistic *learn_logistic(long n, long d, const real *x, const int *y, long k,
                         double C) {
  long e = d + 1, m = k * e;
  Fit f = {n, d, k, e, m, NULL, y, k == 2 ? 2 : 1, C, NULL, NULL, 0, 0, NULL,
           0, 0, NULL, NULL, NULL, 1};
  Logistic *model;
  double *block, *xe;
  if (m > MAXORDER) {
    ts_fail("logistic: got %ld classes of %ld columns, wanted at most %d "
            "weights", k, d, MAXORDER);
    return NULL;
  }
  if (!check_rows(n, d, x) || (model = new_model(d, k)) == NULL) return NULL;
  f.pieces = n / 256 + 1 < PIECES ? n / 256 + 1 : PIECES;
  f.rows = (n + f.pieces - 1) / f.pieces;
  block = mem_array((size_t)(n * e + n * k + f.pieces * (m + 1) + SLAB * m +
                             2 * m * m + 4 * m), sizeof *block);
  if (block == NULL) {
    learn_droplogistic(model);
    return NULL;
  }
  f.x = xe = block;
  f.p = xe + n * e;
  f.part = f.p + n * k;
  f.h = f.part + f.pieces * (m + 1);
  f.z = (float *)(f.h + m * m + 4 * m);
  f.zz = f.z + SLAB * m;
  augment(n, d, x, xe);
  if (!descend(&f, model, f.h + m * m)) {
    learn_droplogistic(model);
    model = NULL;
  }
  mem_free(block);
  return model;
}


typedef struct Look {
  const Logistic *m;
  long n;
  const real *x;
  double *p;
} Look;


static void look_piece(void *arg, long piece) {
  const Look *l = arg;
  long d = l->m->d, k = l->m->k, i = piece * SLAB, c, j;
  long end = l->n - i < SLAB ? l->n : i + SLAB;
  for (; i < end; i++) {
    double *p = l->p + i * k;
    for (c = 0; c < k; c++) {
      const double *w = l->m->w + c * (d + 1);
      p[c] = w[d];
      for (j = 0; j < d; j++) p[c] += w[j] * (double)l->x[i * d + j];
    }
    softmax(p, k, 0);
  }
}


void learn_proba(const Logistic *m, long n, const real *x, double *p) {
  Look l = {m, n, x, p};
  pool_for((n + SLAB - 1) / SLAB, look_piece, &l);
}
