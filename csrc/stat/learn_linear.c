/*
** learn_linear.c
** Linear models with few unknowns, solved exactly: support vector machines on
** one column, and the lasso.
*/

#include "stat/learn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"

#define STEPS 500
#define SWEEPS 100000
#define LANES 8

/* sums over the points sorted by x: count, x, x^2 of the first i */
typedef struct Sums {
  long n;
  const double *x;       /* ascending, less `shift` */
  double *s1, *s2;       /* [n + 1] */
} Sums;

typedef struct Moments {
  double n, s1, s2;
} Moments;

typedef struct Margin {
  long n, d, k;
  const real *x;
  const int *y;
  double C;
  long *count;           /* [k] */
  double *work;          /* 6 (n + 1) for each column */
  double *w;             /* [d, k, 2] */
} Margin;

/* one class against the others. Its loss for w' = (w, b + w shift):
**   (w^2 + b^2) / 2 + own sum max(0, 1 - f)^2 + other sum max(0, 1 + f)^2 */
typedef struct Svm {
  Sums all, mine;
  double shift, own, other;
} Svm;


static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}


static void add_up(Sums *s) {
  long i;
  s->s1[0] = s->s2[0] = 0;
  for (i = 0; i < s->n; i++) {
    s->s1[i + 1] = s->s1[i] + s->x[i];
    s->s2[i + 1] = s->s2[i] + s->x[i] * s->x[i];
  }
}


/* of the points with w x < v */
static Moments below(const Sums *s, double w, double v) {
  long lo = 0, hi = s->n;
  Moments m = {0, 0, 0};
  while (lo < hi) {
    long mid = (lo + hi) / 2, at = w >= 0 ? mid : s->n - 1 - mid;
    if (w * s->x[at] < v) lo = mid + 1;
    else hi = mid;
  }
  m.n = (double)lo;
  m.s1 = w >= 0 ? s->s1[lo] : s->s1[s->n] - s->s1[s->n - lo];
  m.s2 = w >= 0 ? s->s2[lo] : s->s2[s->n] - s->s2[s->n - lo];
  return m;
}


/* the loss at w[2]; its gradient g[2] and second derivative h[3] */
static double svm_loss(const Svm *u, const double *w, double *g, double *h) {
  double b = w[1] - w[0] * u->shift, loss;
  Moments p = below(&u->mine, w[0], 1 - w[1]);
  Moments a = below(&u->all, -w[0], 1 + w[1]);
  Moments m = below(&u->mine, -w[0], 1 + w[1]);
  double in = 1 - w[1], out = 1 + w[1];
  a.n -= m.n;
  a.s1 -= m.s1;
  a.s2 -= m.s2;
  loss = (w[0] * w[0] + b * b) / 2 +
         u->own * (p.n * in * in - 2 * in * w[0] * p.s1 +
                   w[0] * w[0] * p.s2) +
         u->other * (a.n * out * out + 2 * out * w[0] * a.s1 +
                     w[0] * w[0] * a.s2);
  g[0] = w[0] - b * u->shift + 2 * u->own * (w[0] * p.s2 - in * p.s1) +
         2 * u->other * (w[0] * a.s2 + out * a.s1);
  g[1] = b + 2 * u->own * (w[0] * p.s1 - in * p.n) +
         2 * u->other * (w[0] * a.s1 + out * a.n);
  h[0] = 1 + u->shift * u->shift + 2 * (u->own * p.s2 + u->other * a.s2);
  h[1] = -u->shift + 2 * (u->own * p.s1 + u->other * a.s1);
  h[2] = 1 + 2 * (u->own * p.n + u->other * a.n);
  return loss;
}


/* Newton's method with halved steps; the loss is piecewise a parabola */
static void svm_fit(const Svm *u, double *w) {
  double g[2], h[3], next[2], s[2], loss;
  int step;
  w[0] = w[1] = 0;
  loss = svm_loss(u, w, g, h);
  for (step = 0; step < STEPS; step++) {
    double det = h[0] * h[2] - h[1] * h[1], t, value, down;
    s[0] = -(h[2] * g[0] - h[1] * g[1]) / det;
    s[1] = -(h[0] * g[1] - h[1] * g[0]) / det;
    down = s[0] * g[0] + s[1] * g[1];
    for (t = 1; t > 1e-9; t /= 2) {
      next[0] = w[0] + t * s[0];
      next[1] = w[1] + t * s[1];
      value = svm_loss(u, next, g, h);
      if (value <= loss + 1e-4 * t * down) break;
    }
    if (!(value < loss)) break;
    w[0] = next[0];
    w[1] = next[1];
    if (loss - value <= 1e-15 * loss) break;
    loss = value;
  }
  w[1] -= w[0] * u->shift;
}


static void margin_piece(void *arg, long j) {
  const Margin *m = arg;
  double *x = m->work + j * 6 * (m->n + 1), *own = x + m->n + 1;
  Svm u;
  double sum = 0;
  long i, c;
  for (i = 0; i < m->n; i++) sum += (double)m->x[i * m->d + j];
  u.shift = sum / (double)m->n;
  u.all.n = m->n;
  u.all.x = x;
  u.mine.x = own;
  u.all.s1 = own + m->n + 1;
  u.all.s2 = u.all.s1 + m->n + 1;
  u.mine.s1 = u.all.s2 + m->n + 1;
  u.mine.s2 = u.mine.s1 + m->n + 1;
  for (i = 0; i < m->n; i++) x[i] = (double)m->x[i * m->d + j] - u.shift;
  for (c = 0; c < m->k; c++) {
    double balance = (double)m->n / (double)(m->k * m->count[c]);
    u.mine.n = 0;
    for (i = 0; i < m->n; i++)
      if (m->y[i] == c)
        own[u.mine.n++] = (double)m->x[i * m->d + j] - u.shift;
    qsort(own, (size_t)u.mine.n, sizeof *own, by_size);
    add_up(&u.mine);
    if (c == 0) {
      qsort(x, (size_t)m->n, sizeof *x, by_size);
      add_up(&u.all);
    }
    u.own = m->C * balance;
    u.other = m->k > 2 ? m->C
              : m->C * (double)m->n / (double)(2 * (m->n - m->count[c]));
    svm_fit(&u, m->w + (j * m->k + c) * 2);
  }
}


int learn_margin(long n, long d, const real *x, const int *y, long k,
                 double C, double *w) {
  Margin m = {n, d, k, x, y, C, NULL, NULL, w};
  long i;
  int ok = 0;
  m.count = mem_array((size_t)k, sizeof *m.count);
  m.work = m.count ? mem_array((size_t)(d * 6) * (size_t)(n + 1),
                               sizeof *m.work) : NULL;
  if (m.work) {
    memset(m.count, 0, (size_t)k * sizeof *m.count);
    for (i = 0; i < n; i++) m.count[y[i]]++;
    ok = pool_try(d, margin_piece, &m);
  }
  mem_free(m.count);
  mem_free(m.work);
  return ok;
}


typedef struct Count {
  long n, d, k;
  const double *w;
  const real *x;
  const int *y;
  double *out;
} Count;


static void count_piece(void *arg, long j) {
  const Count *t = arg;
  const double *w = t->w + j * t->k * 2;
  long i, c, right = 0;
  for (i = 0; i < t->n; i++) {
    double x = (double)t->x[i * t->d + j];
    long best = 0;
    for (c = 1; c < t->k; c++)
      if (w[2*c] * x + w[2*c + 1] > w[2*best] * x + w[2*best + 1]) best = c;
    right += best == t->y[i];
  }
  t->out[j] = (double)right / (double)t->n;
}


void learn_marginscore(long n, long d, const real *x, const int *y, long k,
                       const double *w, double *out) {
  Count t = {n, d, k, w, x, y, out};
  pool_for(d, count_piece, &t);
}


/* Sums over rows are made of LANES, of every LANESth row each: they become
** vector instructions, and are the same with and without them. */

static double total(const double *lane) {
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
         ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}


/* the columns of x[n,d] less their means as rows of out[d,n] */
LEARN_CLONES
static void center(long n, long d, const real *x, double *restrict out) {
  long i, j, l;
  for (j = 0; j < d; j++, out += n) {
    double lane[LANES] = {0}, mean;
    for (i = 0; i < n; i++) out[i] = (double)x[i * d + j];
    for (i = 0; i + LANES <= n; i += LANES)
      for (l = 0; l < LANES; l++) lane[l] += out[i + l];
    for (l = 0; i < n; i++, l++) lane[l] += out[i];
    mean = total(lane) / (double)n;
    for (i = 0; i < n; i++) out[i] -= mean;
  }
}


LEARN_CLONES
static double dot(long n, const double *a, const double *b) {
  double lane[LANES] = {0};
  long i, l;
  for (i = 0; i + LANES <= n; i += LANES)
    for (l = 0; l < LANES; l++) lane[l] += a[i + l] * b[i + l];
  for (l = 0; i < n; i++, l++) lane[l] += a[i] * b[i];
  return total(lane);
}


/* coordinate descent: gram[d,d] and moment[d] are means of products */
static void descend(long d, const double *gram, const double *moment,
                    double alpha, double *w) {
  long sweep, i, j;
  for (j = 0; j < d; j++) w[j] = 0;
  for (sweep = 0; sweep < SWEEPS; sweep++) {
    double moved = 0, size = 0;
    for (j = 0; j < d; j++) {
      double r = moment[j], old = w[j];
      for (i = 0; i < d; i++)
        if (i != j) r -= gram[j * d + i] * w[i];
      w[j] = !(gram[j * d + j] > 0) ? 0
             : (r > alpha ? r - alpha : r < -alpha ? r + alpha : 0)
               / gram[j * d + j];
      moved = fmax(moved, fabs(w[j] - old));
      size = fmax(size, fabs(w[j]));
    }
    if (moved <= 1e-13 * size) break;
  }
}


int learn_lasso(long n, long d, const real *x, long t, const real *y,
                double alpha, double *out) {
  double *cx = mem_array((size_t)(n * (d + t) + d * d + d), sizeof *cx);
  double *cy, *gram, *moment;
  long i, j;
  if (cx == NULL) return 0;
  cy = cx + n * d;
  gram = cy + n * t;
  moment = gram + d * d;
  center(n, d, x, cx);
  center(n, t, y, cy);
  for (i = 0; i < d; i++)
    for (j = 0; j <= i; j++)
      gram[i * d + j] = gram[j * d + i] =
        dot(n, cx + i * n, cx + j * n) / (double)n;
  for (i = 0; i < t; i++) {
    for (j = 0; j < d; j++)
      moment[j] = dot(n, cx + j * n, cy + i * n) / (double)n;
    descend(d, gram, moment, alpha, out + i * d);
  }
  mem_free(cx);
  return 1;
}


int learn_covariance(long n, long p, const real *a, long q, const real *b,
                     double *out, double *own, double *their) {
  double *ca = mem_array((size_t)(n * (p + q)), sizeof *ca), *cb;
  long i, j;
  if (ca == NULL) return 0;
  cb = ca + n * p;
  center(n, p, a, ca);
  center(n, q, b, cb);
  for (i = 0; i < p; i++)
    for (j = 0; j < q; j++)
      out[i * q + j] = dot(n, ca + i * n, cb + j * n) / (double)(n - 1);
  for (i = 0; i < p; i++)
    own[i] = dot(n, ca + i * n, ca + i * n) / (double)(n - 1);
  for (j = 0; j < q; j++)
    their[j] = dot(n, cb + j * n, cb + j * n) / (double)(n - 1);
  mem_free(ca);
  return 1;
}
