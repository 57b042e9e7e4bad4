/*
** learn_soft.c
** Rows of a softmax: probabilities, and the gradient of the loss that comes
** from them. It is where logistic regression spends its time, so the inner
** loops run over classes, which are next to each other (weights and gradients
** are [e, k] here), or over columns where there are thousands, and are compiled
** for wider vectors too. The order of additions is that of the text, so all
** versions have the same bits.
*/

#include "stat/learn_hessian.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/pool.h"

#define LOG2E 0x1.71547652b82fep+0
#define LN2HI 0x1.62e42fee00000p-1   /* n * LN2HI is exact */
#define LN2LO 0x1.a39ef35793c76p-33
#define SHIFT 0x1.8p52     /* x + SHIFT has an integer in its last bits */
#define ROWS 32            /* that stay in the nearest cache */
#define PIECE 1024         /* rows that are looked at in one piece */
#define LEAST (-690.0)     /* exp of less would lead to denormal numbers */


/* out[n,m] from a[m,n] */
void soft_transpose(long m, long n, const double *a, double *out) {
  long i, j;
  for (i = 0; i < m; i++)
    for (j = 0; j < n; j++) out[j * m + i] = a[i * n + j];
}


/* exp(x) for LEAST <= x <= 0, to the last bit or two; unlike that of the C
** library it becomes vector instructions */
static inline double power(double x) {
  double shifted = x * LOG2E + SHIFT, n = shifted - SHIFT;
  double r = x - n * LN2HI - n * LN2LO, y;
  uint64_t bits, steps;
  y = 1.0 / 6227020800;
  y = y * r + 1.0 / 479001600;
  y = y * r + 1.0 / 39916800;
  y = y * r + 1.0 / 3628800;
  y = y * r + 1.0 / 362880;
  y = y * r + 1.0 / 40320;
  y = y * r + 1.0 / 5040;
  y = y * r + 1.0 / 720;
  y = y * r + 1.0 / 120;
  y = y * r + 1.0 / 24;
  y = y * r + 1.0 / 6;
  y = y * r + 0.5;
  y = y * r + 1;
  y = y * r + 1;
  memcpy(&bits, &y, sizeof bits);
  memcpy(&steps, &shifted, sizeof steps);
  bits += steps << 52;
  memcpy(&y, &bits, sizeof y);
  return y;
}


/* logits p[k] -> probabilities in place; returns log sum exp. Maximum and sum
** are made of four, which need not wait for each other. */
static inline double soft_row(long k, double *restrict p) {
  double m[4] = {p[0], p[0], p[0], p[0]}, s[4] = {0, 0, 0, 0}, top, sum;
  long c, i;
  for (c = 0; c + 4 <= k; c += 4)
    for (i = 0; i < 4; i++) m[i] = p[c + i] > m[i] ? p[c + i] : m[i];
  for (; c < k; c++) m[0] = p[c] > m[0] ? p[c] : m[0];
  m[0] = m[1] > m[0] ? m[1] : m[0];
  m[2] = m[3] > m[2] ? m[3] : m[2];
  top = m[2] > m[0] ? m[2] : m[0];
  for (c = 0; c < k; c++) {
    double v = p[c] - top;
    p[c] = power(v > LEAST ? v : LEAST);
  }
  for (c = 0; c + 4 <= k; c += 4)
    for (i = 0; i < 4; i++) s[i] += p[c + i];
  for (; c < k; c++) s[0] += p[c];
  sum = s[0] + s[1] + (s[2] + s[3]);
  top += log(sum);
  sum = 1 / sum;
  for (c = 0; c < k; c++) p[c] *= sum;
  return top;
}


/* y[n] += the sum of four x, each times its v; a, b, c, d apart from y */
static inline void add_four(long n, double *restrict y, const double *v,
                            const double *a, const double *b, const double *c,
                            const double *d) {
  double v0 = v[0], v1 = v[1], v2 = v[2], v3 = v[3];
  long i;
  for (i = 0; i < n; i++)
    y[i] += v0 * a[i] + v1 * b[i] + (v2 * c[i] + v3 * d[i]);
}


static inline void add_one(long n, double *restrict y, double v,
                           const double *a) {
  long i;
  for (i = 0; i < n; i++) y[i] += v * a[i];
}


static inline void logit_row(long e, long k, const double *restrict x,
                             const double *restrict w, double *restrict p) {
  long c, j;
  for (c = 0; c < k; c++) p[c] = 0;
  for (j = 0; j + 4 <= e; j += 4)
    add_four(k, p, x + j, w + j * k, w + (j + 1) * k, w + (j + 2) * k,
             w + (j + 3) * k);
  for (; j < e; j++) add_one(k, p, x[j], w + j * k);
}


LEARN_CLONES
void soft_rows(long n, long e, long k, const double *x, const double *w,
               double *p) {
  long i;
  for (i = 0; i < n; i++) {
    logit_row(e, k, x + i * e, w, p + i * k);
    soft_row(k, p + i * k);
  }
}


/* g[e,k] += x[n,e]' p[n,k] */
static inline void slope_rows(long n, long e, long k, const double *x,
                              const double *p, double *g) {
  long i, j;
  for (i = 0; i + 4 <= n; i += 4, x += 4 * e, p += 4 * k)
    for (j = 0; j < e; j++) {
      double v[4] = {x[j], x[e + j], x[2 * e + j], x[3 * e + j]};
      add_four(k, g + j * k, v, p, p + k, p + 2 * k, p + 3 * k);
    }
  for (; i < n; i++, x += e, p += k)
    for (j = 0; j < e; j++) add_one(k, g + j * k, x[j], p);
}


LEARN_CLONES
double soft_slope(long n, long e, long k, const double *x, const int *y,
                  const double *w, double *p, double *g) {
  double loss = 0, own;
  long i, first;
  for (first = 0; first < n; first += ROWS, x += ROWS * e, p += ROWS * k) {
    long rows = n - first < ROWS ? n - first : ROWS;
    const int *label = y + first;
    for (i = 0; i < rows; i++) {
      double *q = p + i * k;
      logit_row(e, k, x + i * e, w, q);
      own = q[label[i]];
      loss += soft_row(k, q) - own;
      q[label[i]] -= 1;
    }
    slope_rows(rows, e, k, x, p, g);
    for (i = 0; i < rows; i++) p[i * k + label[i]] += 1;
  }
  return loss;
}


static inline double inner(long n, const double *a, const double *b) {
  double lane[8] = {0};
  long i, l;
  for (i = 0; i + 8 <= n; i += 8)
    for (l = 0; l < 8; l++) lane[l] += a[i + l] * b[i + l];
  for (l = 0; i < n; i++, l++) lane[l] += a[i] * b[i];
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
         ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}


LEARN_CLONES
double soft_many(long n, long e, long k, const double *x, const int *y,
                 const double *w, double *p, double *g) {
  double loss = 0;
  long i, j, c;
  for (i = 0; i < n; i += j, x += j * e, p += j * k) {
    const double *x1 = x + e, *x2 = x + 2 * e, *x3 = x + 3 * e;
    long rows = n - i < 4 ? 1 : 4;
    for (j = 0; j < rows; j++) {
      double *q = p + j * k, own;
      for (c = 0; c < k; c++) q[c] = inner(e, w + c * e, x + j * e);
      own = q[y[i + j]];
      loss += soft_row(k, q) - own;
      q[y[i + j]] -= 1;
    }
    for (c = 0; c < k; c++) {
      double v[4] = {p[c], 0, 0, 0};
      if (rows == 1) add_one(e, g + c * e, v[0], x);
      else {
        for (j = 1; j < 4; j++) v[j] = p[j * k + c];
        add_four(e, g + c * e, v, x, x1, x2, x3);
      }
    }
    for (j = 0; j < rows; j++) p[j * k + y[i + j]] += 1;
  }
  return loss;
}


typedef struct Look {
  const Logistic *m;
  const real *x;
  const double *wt;   /* [d + 1, k] */
  double *xe;         /* [n, d + 1] */
  double *p;
} Look;


static void look_piece(void *arg, long first, long to) {
  const Look *l = arg;
  long d = l->m->d, k = l->m->k, rows = to - first, i, j;
  double *xe = l->xe + first * (d + 1);
  for (i = 0; i < rows; i++) {
    for (j = 0; j < d; j++)
      xe[i * (d + 1) + j] = (double)l->x[(first + i) * d + j];
    xe[i * (d + 1) + d] = 1;
  }
  soft_rows(rows, d + 1, k, xe, l->wt, l->p + first * k);
}


int learn_proba(const Logistic *m, long n, const real *x, double *p) {
  long e = m->d + 1;
  double *wt = mem_array((size_t)(e * (m->k + n)), sizeof *wt);
  Look l = {m, x, wt, NULL, p};
  int ok;
  if (wt == NULL) return 0;
  l.xe = wt + e * m->k;
  soft_transpose(m->k, e, m->w, wt);
  ok = pool_tryrange(n, PIECE, look_piece, &l);
  mem_free(wt);
  return ok;
}
