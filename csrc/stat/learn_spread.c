/*
** learn_spread.c
** How far values lie from each other: deviations from the means of groups,
** and what a covariance matrix says of the dependence between columns.
*/

#include "stat/learn.h"

#include <math.h>
#include <string.h>

#include "stat/lapack.h"
#include "stat/linalg.h"
#include "base/pool.h"

typedef struct Deviation {
  long n, d, k;
  const real *x;
  const int *order;      /* points by their class */
  const long *start;     /* [k + 1] */
  double quantile;
  double *work;          /* [d, n] */
  double *out;
} Deviation;


/* puts the item of rank r, from 0, to v[r], none larger before it and none
** smaller behind */
static void select_rank(double *v, long n, long r) {
  long lo = 0, hi = n - 1;
  while (lo < hi) {
    double pivot = v[lo + (hi - lo) / 2];
    long i = lo, j = hi;
    while (i <= j) {
      while (v[i] < pivot) i++;
      while (v[j] > pivot) j--;
      if (i <= j) {
        double t = v[i];
        v[i++] = v[j];
        v[j--] = t;
      }
    }
    if (r <= j) hi = j;
    else if (r >= i) lo = i;
    else return;
  }
}


/* with linear interpolation between items; moves them */
static double quantile(double *v, long n, double q) {
  double at = q * (double)(n - 1), next;
  long r = (long)at, i;
  select_rank(v, n, r);
  if (r + 1 >= n) return v[r];
  next = v[r + 1];
  for (i = r + 2; i < n; i++)
    if (v[i] < next) next = v[i];
  return v[r] + (next - v[r]) * (at - (double)r);
}


static void deviation_piece(void *arg, long j) {
  const Deviation *s = arg;
  double *v = s->work + j * s->n, sum = 0;
  long c, i;
  for (c = 0; c < s->k; c++) {
    const int *at = s->order + s->start[c];
    long n = s->start[c + 1] - s->start[c];
    double mean = 0;
    for (i = 0; i < n; i++) mean += v[i] = (double)s->x[at[i] * s->d + j];
    mean /= (double)n;
    for (i = 0; i < n; i++) v[i] = fabs(v[i] - mean);
    sum += quantile(v, n, s->quantile);
  }
  s->out[j] = sum / (double)s->k;
}


int learn_deviation(long n, long d, const real *x, const int *y, long k,
                    double q, double *out) {
  Deviation s = {n, d, k, x, NULL, NULL, q, NULL, out};
  int *order = mem_array((size_t)n, sizeof *order);
  long *start = mem_array((size_t)k + 1, sizeof *start), i;
  int ok = 0;
  s.work = mem_array((size_t)(n * d), sizeof *s.work);
  if (order && start && s.work) {
    memset(start, 0, ((size_t)k + 1) * sizeof *start);
    for (i = 0; i < n; i++) start[y[i] + 1]++;
    for (i = 0; i < k; i++) start[i + 1] += start[i];
    for (i = 0; i < n; i++) order[start[y[i]]++] = (int)i;
    for (i = k; i > 0; i--) start[i] = start[i - 1];
    start[0] = 0;
    s.order = order;
    s.start = start;
    ok = pool_try(d, deviation_piece, &s);
  }
  mem_free(order);
  mem_free(start);
  mem_free(s.work);
  return ok;
}


/* the sum of the logarithms of the eigenvalues; -inf for a singular one.
** Of the correlations, so that the columns' units do not matter. */
static double log_determinant(int d, const double *cov, double *a) {
  double sum = 0;
  int i, j, info;
  for (i = 0; i < d; i++)
    for (j = 0; j < d; j++)
      a[i * d + j] = cov[i * d + j] / sqrt(cov[i * d + i] * cov[j * d + j]);
  dpotrf_("U", &d, a, &d, &info, 1);
  if (info != 0) return -INFINITY;
  for (i = 0; i < d; i++) sum += 2 * log(a[i * d + i]);
  return sum;
}


/* the sum of the roots of the eigenvalues of D^1/2 C D^1/2 */
static int root_sum(int d, const double *cov, double *a, double *sum) {
  int size = 3 * d, info, i, j;
  double *w = a + d * d, *work = w + d;
  for (i = 0; i < d; i++)
    for (j = 0; j < d; j++)
      a[i * d + j] = cov[i * d + j] * sqrt(cov[i * d + i] * cov[j * d + j]);
  dsyev_("N", "U", &d, a, &d, w, work, &size, &info, 1, 1);
  if (info != 0) return ts_fail("gauss: no eigenvalues found");
  for (*sum = 0, i = 0; i < d; i++)
    if (w[i] > 0) *sum += sqrt(w[i]);
  return 1;
}


int learn_gauss(long d, const double *cov, double *tc, double *wasserstein) {
  double *work = mem_array((size_t)(d * d + 4 * d), sizeof *work);
  double trace = 0, sum = 0;
  long i;
  int ok, dead = 0;
  if (work == NULL) return 0;
  if (!linalg_ready("gauss")) {
    mem_free(work);
    return 0;
  }
  for (i = 0; i < d; i++) {
    trace += cov[i * d + i];
    if (!(cov[i * d + i] > 0)) dead = 1;
  }
  *tc = dead ? INFINITY : -log_determinant((int)d, cov, work) / 2;
  ok = root_sum((int)d, cov, work, &sum);
  *wasserstein = 2 * trace - 2 * sum;
  mem_free(work);
  return ok;
}
