/*
** kern_norm.c
** The inner loops of normalisation and of what follows a product. Rows have i
** items; where i is 1 there is one group, and its items lie side by side.
*/

#include "kernel/kern.h"
#include "kernel/kern_level.h"

#define LANES 32

/* 0 where slope is 0, even for -infinity; NaN stays NaN */
#define RECTIFIED(u) ((u) < 0 ? (slope == 0 ? 0 : slope * (u)) : (u))


static void rescale(long r, long i, real *restrict y, const real *restrict x,
                    const real *restrict mean, const real *restrict scale,
                    const real *restrict shift, real slope) {
  long j, l;
  if (i == 1) {
    const real m = mean[0], s = scale[0], t = shift ? shift[0] : 0;
    for (j = 0; j < r; j++) {
      const real u = (x[j] - m) * s + t;
      y[j] = RECTIFIED(u);
    }
    return;
  }
  for (j = 0; j < r; j++, x += i, y += i) {
    if (shift == NULL)
      for (l = 0; l < i; l++) y[l] = (x[l] - mean[l]) * scale[l];
    else
      for (l = 0; l < i; l++) {
        const real u = (x[l] - mean[l]) * scale[l] + shift[l];
        y[l] = RECTIFIED(u);
      }
  }
}


/* one group: in lanes, which are combined pairwise */
static void sums_of_one(long r, real *sum, real *dot, const real *restrict g,
                        const real *restrict x, real m) {
  real s[LANES] = {0}, d[LANES] = {0};
  long j, l;
  for (j = 0; j + LANES <= r; j += LANES)
    for (l = 0; l < LANES; l++) {
      s[l] += g[j + l];
      d[l] += g[j + l] * (x[j + l] - m);
    }
  for (l = 0; j + l < r; l++) {
    s[l] += g[j + l];
    d[l] += g[j + l] * (x[j + l] - m);
  }
  for (j = LANES / 2; j > 0; j /= 2)
    for (l = 0; l < j; l++) {
      s[l] += s[l + j];
      d[l] += d[l + j];
    }
  *sum = s[0];
  *dot = d[0];
}


static void sums(long r, long i, real *restrict sum, real *restrict dot,
                 const real *restrict g, const real *restrict x,
                 const real *restrict mean) {
  long j, l;
  if (i == 1) {
    sums_of_one(r, sum, dot, g, x, mean[0]);
    return;
  }
  for (l = 0; l < i; l++) sum[l] = dot[l] = 0;
  for (j = 0; j < r; j++, g += i, x += i)
    for (l = 0; l < i; l++) {
      sum[l] += g[l];
      dot[l] += g[l] * (x[l] - mean[l]);
    }
}


static void project(long r, long i, real *restrict y, const real *restrict g,
                    const real *restrict x, const real *restrict mean,
                    const real *restrict scale, const real *restrict sum,
                    const real *restrict slant) {
  long j, l;
  if (i == 1) {
    const real m = mean[0], s = scale[0], c = sum[0], d = slant[0];
    for (j = 0; j < r; j++) y[j] = s * (g[j] - c - (x[j] - m) * d);
    return;
  }
  for (j = 0; j < r; j++, y += i, g += i, x += i)
    for (l = 0; l < i; l++)
      y[l] = scale[l] * (g[l] - sum[l] - (x[l] - mean[l]) * slant[l]);
}


static void finish(long r, long n, real *restrict y,
                   const real *restrict bias, real slope) {
  long j, l;
  for (j = 0; j < r; j++, y += n)
    for (l = 0; l < n; l++) {
      const real u = y[l] + bias[l];
      y[l] = RECTIFIED(u);
    }
}


void KERN(kern_norm)(Kernels *k);

void KERN(kern_norm)(Kernels *k) {
  k->rescale = rescale;
  k->sums = sums;
  k->project = project;
  k->finish = finish;
}
