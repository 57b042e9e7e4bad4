/*
** learn_logistic.c
** Logistic regression by Newton's method with the Hessian of learn_hessian.c.
** Far from the minimum a part of the rows is enough for a direction, and a
** Hessian is kept for as long as the steps are good ones; what they find out
** about the slope corrects it, as BFGS does. With thousands of columns that is
** all there is, beside the diagonal.
** Columns are scaled by powers of 2 to a size of 1 or less, and with them the
** weights and their penalties.
** Invariant: the objective falls with every step, or, where only its last
** digits change, the gradient.
*/

#include "stat/learn_hessian.h"

#include <math.h>
#include <string.h>

#include "base/pool.h"

#define MAXSTEPS 200
#define SLOPE 1e-8       /* the gradient's largest entry at the end, for C = */
#define ITEMS 10000      /* 1 and so many rows; more for more */
#define MANY 3000        /* unknowns; above, the Hessian is too large: */
#define FLAT 1e-10       /* of the loss: a step that gains no more */
#define MANYSTEPS 200
#define MANYSLOPE 1e-3
#define PIECES 64        /* of the rows, at most */
#define MUCH 3e8         /* products that are enough for any Hessian */
#define PAIRS 12         /* steps that a Hessian is corrected by */
#define MAXORDER (1L << 20)
#define SOME 8           /* of so many rows one is enough for a start */
#define START 1e-3       /* its gradient's size, for each row */

/* probabilities, and this piece's share of loss and gradient */
static void slope_piece(void *arg, long piece) {
  const Fit *f = arg;
  long i = piece * f->rows;
  long rows = f->n - i < f->rows ? f->n - i : f->rows;
  double *g = f->part + piece * (f->m + 1);
  memset(g, 0, (size_t)(f->m + 1) * sizeof *g);
  if (rows > 0)
    g[f->m] = (f->many ? soft_many : soft_slope)(
      rows, f->e, f->k, f->x + i * f->e, f->y + i, f->many ? f->w : f->wt,
      f->p + i * f->k, g);
}


/* the objective at f->w; its gradient into g[m] */
static double slope(Fit *f, double *g) {
  double loss, norm = 0;
  double *sum = f->part;
  long i, j;
  if (!f->many) soft_transpose(f->k, f->e, f->w, f->wt);
  pool_for(f->pieces, slope_piece, f);
  for (i = 1; i < f->pieces; i++) {
    const double *part = f->part + i * (f->m + 1);
    for (j = 0; j <= f->m; j++) sum[j] += part[j];
  }
  loss = sum[f->m];
  if (f->many) memcpy(g, sum, (size_t)f->m * sizeof *g);
  else soft_transpose(f->e, f->k, sum, g);
  for (j = 0; j < f->m; j++) g[j] *= f->C;
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


/* steps since the last Hessian, and the changes of the gradient by them */
typedef struct Pairs {
  int count;
  double *s, *y;        /* [PAIRS, m] */
  double over[PAIRS];   /* 1 / s'y */
} Pairs;


/* s becomes minus the gradient times the inverse of the Hessian and of what
** the pairs know; q[m] is scratch */
static void direct(const Fit *f, const Pairs *k, const double *g, double *s,
                   double *q) {
  double part[PAIRS];
  long m = f->m, j;
  int i;
  memcpy(q, g, (size_t)m * sizeof *q);
  for (i = k->count - 1; i >= 0; i--) {
    part[i] = k->over[i] * dot(k->s + i * m, q, m);
    for (j = 0; j < m; j++) q[j] -= part[i] * k->y[i * m + j];
  }
  hessian_direction(f, q, s);
  for (i = 0; i < k->count; i++) {
    double more = part[i] + k->over[i] * dot(k->y + i * m, s, m);
    for (j = 0; j < m; j++) s[j] -= more * k->s[i * m + j];
  }
}


/* the last PAIRS of them */
static void remember(Pairs *k, long m, double t, const double *s,
                     const double *g, const double *next) {
  double *own, *y, product;
  long j;
  if (k->count == PAIRS) {
    k->count--;
    memmove(k->s, k->s + m, (size_t)(k->count * m) * sizeof *s);
    memmove(k->y, k->y + m, (size_t)(k->count * m) * sizeof *s);
    memmove(k->over, k->over + 1, (size_t)k->count * sizeof *s);
  }
  own = k->s + k->count * m;
  y = k->y + k->count * m;
  for (j = 0; j < m; j++) {
    own[j] = t * s[j];
    y[j] = next[j] - g[j];
  }
  product = dot(own, y, m);
  if (product > 0) k->over[k->count++] = 1 / product;
}


/* the objective at w + t s, for the first t of 1, 1/2, 1/4 ... that makes it
** smaller by enough, t = 0 if none does; try and next are that point and the
** gradient there. Near the minimum, where only the last digits of the loss
** change, it is the gradient that has to become smaller. */
static double search(Fit *f, const Logistic *model, const double *g,
                     const double *s, double *try, double *next, double *t) {
  double down = dot(g, s, f->m), value = model->loss;
  int flat = -down < FLAT * model->loss;
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


/* One row in f->stride is enough for the Hessian at first, one in *last at the
** end. */
static void set_strides(Fit *f, long *last) {
  double work = (double)f->n * (double)f->m * (double)f->m;
  *last = f->many ? 1 : (long)(work / MUCH) + 1;
  f->stride = 1;
  if (f->many) return;
  while (f->stride < 32 && f->n > 2 * f->stride * f->m) f->stride *= 2;
  if (f->stride < *last) f->stride = *last;
}


#define WORK (4 + 2 * PAIRS)

/* `work` holds WORK vectors of m; until the gradient is `end` at most. `near`:
** it begins close to the minimum. */
static int descend(Fit *f, Logistic *model, double *work, double end,
                   int near) {
  double *try = work, *g = work + f->m, *s = work + 2 * f->m;
  double *next = work + 3 * f->m;
  Pairs pairs = {0, work + 4 * f->m, work + (4 + PAIRS) * f->m, {0}};
  int keep = 0;    /* whether h is good enough */
  long last, most = f->many ? MANYSTEPS : MAXSTEPS;
  set_strides(f, &last);
  if (near) f->stride = last;
  f->w = model->w;
  model->loss = slope(f, g);
  model->slope = largest(g, f->m);
  while (model->slope > end && model->steps < most) {
    double t, value, top;
    int fresh = !keep;
    if (mem_stopped()) return 0;
    if (fresh && !hessian_factorise(f))
      return !mem_stopped() &&
             ts_fail("logistic: the second derivative of the loss is singular "
                     "(C = %g)", f->C);
    if (fresh) pairs.count = 0;
    direct(f, &pairs, g, s, try);
    if (f->many && -dot(g, s, f->m) < FLAT * model->loss) break;
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
    keep = f->many || (top < 0.7 * model->slope && pairs.count < PAIRS);
    remember(&pairs, f->m, t, s, g, next);
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


/* The rows of `some`, every SOMEth in an order that has nothing to do with
** theirs: a point near their minimum is a better start than 0, and costs
** little. */
static int start(const Fit *f, Fit *some, Logistic *model, double *work) {
  double *x = mem_array((size_t)(some->n * (f->e + 1)), sizeof *x);
  int *y, ok;
  long step = (long)(0.618 * (double)f->n), i, a, b;
  if (x == NULL) return 0;
  y = (int *)(x + some->n * f->e);
  do {   /* until it has no divisor in common with n */
    step++;
    for (a = f->n, b = step; b != 0; i = a % b, a = b, b = i) ;
  } while (a != 1);
  for (i = 0; i < some->n; i++) {
    long from = i * step % f->n;
    memcpy(x + i * f->e, f->x + from * f->e, (size_t)f->e * sizeof *x);
    y[i] = f->y[from];
  }
  some->x = x;
  some->y = y;
  ok = descend(some, model, work, START * f->C * (double)f->n, 0);
  mem_free(x);
  return ok;
}


/* how the rows are cut */
static void cut(Fit *f) {
  f->pieces = f->n / 256 + 1 < PIECES ? f->n / 256 + 1 : PIECES;
  f->rows = (f->n + f->pieces - 1) / f->pieces;
}


static int solve(Fit *f, Logistic *model, double *work) {
  double end = (f->many ? MANYSLOPE : SLOPE) * fmax(1, f->C) *
               fmax(1, (double)f->n / ITEMS);
  Fit some = *f;
  some.n = f->n / SOME;
  some.C = f->C * SOME;
  cut(&some);
  if (some.n <= 2 * f->m) return descend(f, model, work, end, 0);
  return start(f, &some, model, work) && descend(f, model, work, end, 1);
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
  Fit f = {0};
  Logistic *model;
  double *block, *work, *xe, unit = k == 2 ? 2 : 1;
  long full, j;          /* of a Hessian that is whole */
  int ok;
  if (m > MAXORDER) {
    ts_fail("logistic: got %ld classes of %ld columns, wanted at most %ld "
            "weights", k, d, MAXORDER);
    return NULL;
  }
  if (!check_rows(n, d, x) || (model = new_model(d, k)) == NULL) return NULL;
  f.n = n;
  f.d = d;
  f.k = k;
  f.e = e;
  f.m = m;
  f.many = m > MANY;
  f.wide = f.many ? 0 : hessian_wide(m);
  full = f.many ? 0 : m;
  f.y = y;
  f.C = C;
  cut(&f);
  block = mem_array((size_t)(n * e + n * k + f.pieces * (m + 1) +
                             HESSIAN_SLAB * f.wide + f.wide * f.wide +
                             full * m + (WORK + 2) * m + e +
                             full * (e + 1) / 2 + 1),
                    sizeof *block);
  if (block == NULL) {
    learn_droplogistic(model);
    return NULL;
  }
  f.x = xe = block;
  f.p = xe + n * e;
  f.part = f.p + n * k;
  f.h = f.part + f.pieces * (m + 1);
  work = f.h + m + full * m;
  f.wt = work + WORK * m;
  f.penalty = f.wt + m;
  f.own = f.penalty + e;
  f.z = (float *)(f.own + full * (e + 1) / 2 + 1);
  f.zz = f.z + HESSIAN_SLAB * f.wide;
  augment(n, d, x, xe, f.penalty);
  for (j = 0; j < e; j++) f.penalty[j] *= unit;
  pool_mayend(1);
  ok = solve(&f, model, work) && !mem_stopped();
  pool_mayend(0);
  if (ok) restore(model, f.penalty, unit);
  else {
    learn_droplogistic(model);
    model = NULL;
  }
  mem_free(block);
  return model;
}
