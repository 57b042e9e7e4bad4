/*
** learn_logistic.c
** Logistic regression by Newton's method with the Hessian of learn_hessian.c.
** Far from the minimum a part of the rows is enough for a direction, and a
** Hessian is kept for as long as the steps are good ones.
** Columns are scaled by powers of 2 to a size of 1 or less, and with them the
** weights and their penalties.
** Invariant: the objective falls with every step, or, where only its last
** digits change, the gradient.
*/

#include "learn_hessian.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "pool.h"

#define MAXSTEPS 200
#define SLOPE 1e-8       /* the gradient's largest entry at the end, for C = */
#define ITEMS 10000      /* 1 and so many rows; more for more */
#define ROWS 1024        /* that are looked at in one piece */
#define PIECES 64        /* of the rows, at most */
#define MUCH 1e9         /* products that are enough for any Hessian */
#define MAXORDER 8192

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
      if (fabs(r) < HESSIAN_TINY) continue;
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
  for (j = 0; j < f->m; j++) {
    double pull = f->penalty[j % f->e] * f->w[j];
    g[j] += pull;
    norm += pull * f->w[j];
  }
  return norm / 2 + f->C * loss;
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
** smaller by enough, t = 0 if none does; try and next are that point and the
** gradient there. Near the minimum, where only the last digits of the loss
** change, it is the gradient that has to become smaller. */
static double search(Fit *f, const Logistic *model, const double *g,
                     const double *s, double *try, double *next, double *t) {
  double down = dot(g, s, f->m), value = model->loss;
  int flat = -down < 1e-10 * model->loss;
  long i;
  f->w = try;
  for (*t = 1; *t > 1e-9; *t /= 2) {
    for (i = 0; i < f->m; i++) try[i] = model->w[i] + *t * s[i];
    value = slope(f, next);
    if (flat ? largest(next, f->m) < model->slope
             : value <= model->loss + 1e-4 * *t * down) return value;
  }
  *t = 0;
  return value;
}


/* every how manyeth row is enough at first, and at the end */
static void set_strides(Fit *f, long *last) {
  double work = (double)f->n * (double)f->m * (double)f->m;
  *last = (long)(work / MUCH) + 1;
  f->stride = 1;
  while (f->stride < 32 && f->n > 2 * f->stride * f->m) f->stride *= 2;
  if (f->stride < *last) f->stride = *last;
}


/* `work` holds four vectors of m */
static int descend(Fit *f, Logistic *model, double *work) {
  double *try = work, *g = work + f->m, *s = work + 2 * f->m;
  double *next = work + 3 * f->m;
  double end = SLOPE * fmax(1, f->C) * fmax(1, (double)f->n / ITEMS);
  int keep = 0;    /* whether h is good enough */
  long last;
  set_strides(f, &last);
  f->w = model->w;
  model->loss = slope(f, g);
  model->slope = largest(g, f->m);
  while (model->slope > end && model->steps < MAXSTEPS) {
    double t, value, top;
    int fresh = !keep;
    if (fresh && !hessian_factorise(f))
      return ts_fail("logistic: the second derivative of the loss is singular "
                     "(C = %g)", f->C);
    hessian_direction(f, g, s);
    value = search(f, model, g, s, try, next, &t);
    top = largest(next, f->m);
    if (t == 0) {
      if (fresh && f->stride == 1) break;   /* rounding allows no better one */
      if (fresh) f->stride = last = 1;
      keep = 0;
      f->w = model->w;
      slope(f, g);   /* brings the probabilities back */
      continue;
    }
    keep = f->stride == last && top < model->slope / 3;
    if (fresh && !keep && f->stride == last && last > 1) last /= 2;
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


/* columns of a size up to 1 and one of 1; penalty[j] becomes the square of
** the factor of column j, for weights of the original ones */
static void augment(long n, long d, const real *x, double *out,
                    double *penalty) {
  long i, j;
  for (j = 0; j <= d; j++) {
    double top = 0, scale;
    int exponent = 0;
    for (i = 0; i < n && j < d; i++) top = fmax(top, fabs((double)x[i*d + j]));
    if (top > 0) frexp(top, &exponent);
    if (exponent < -100) exponent = -100;
    scale = ldexp(1, -exponent);
    for (i = 0; i < n; i++)
      out[i * (d + 1) + j] = j < d ? (double)x[i * d + j] * scale : 1;
    penalty[j] = j < d ? scale * scale : 0;
  }
}


/* scales the weights back; the penalty knows the factors */
static void restore(Logistic *m, const double *penalty, double unit) {
  long c, j;
  for (c = 0; c < m->k; c++)
    for (j = 0; j < m->d; j++)
      m->w[c * (m->d + 1) + j] *= sqrt(penalty[j] / unit);
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
  Fit f = {n, d, k, e, m, NULL, y, C, NULL, NULL, NULL, 0, 0, NULL, 0, 0,
           NULL, NULL, NULL, 1};
  Logistic *model;
  double *block, *xe, unit = k == 2 ? 2 : 1;
  long j;
  if (m > MAXORDER) {
    ts_fail("logistic: got %ld classes of %ld columns, wanted at most %d "
            "weights", k, d, MAXORDER);
    return NULL;
  }
  if (!check_rows(n, d, x) || (model = new_model(d, k)) == NULL) return NULL;
  f.pieces = n / 256 + 1 < PIECES ? n / 256 + 1 : PIECES;
  f.rows = (n + f.pieces - 1) / f.pieces;
  block = mem_array((size_t)(n * e + n * k + f.pieces * (m + 1) +
                             HESSIAN_SLAB * m + 2 * m * m + 4 * m + e),
                    sizeof *block);
  if (block == NULL) {
    learn_droplogistic(model);
    return NULL;
  }
  f.x = xe = block;
  f.p = xe + n * e;
  f.part = f.p + n * k;
  f.h = f.part + f.pieces * (m + 1);
  f.penalty = f.h + m * m + 4 * m;
  f.z = (float *)(f.penalty + e);
  f.zz = f.z + HESSIAN_SLAB * m;
  augment(n, d, x, xe, f.penalty);
  for (j = 0; j < e; j++) f.penalty[j] *= unit;
  if (descend(&f, model, f.h + m * m)) restore(model, f.penalty, unit);
  else {
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
  long d = l->m->d, k = l->m->k, i = piece * ROWS, c, j;
  long end = l->n - i < ROWS ? l->n : i + ROWS;
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
  pool_for((n + ROWS - 1) / ROWS, look_piece, &l);
}
