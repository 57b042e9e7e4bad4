/*
** kern_norm.c
** The inner loops of normalisation and of what follows a product. Rows have i
** items; where i is 1 there is one group, and its items lie side by side.
*/

#include "kernel/kern.h"
#include "kernel/kern_block.h"
#include "kernel/kern_level.h"

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


/* what is summed: g, and g (x - mean) */
typedef struct Terms {
  const real *g, *x, *mean;
  long i;
} Terms;


static void column_sums(const void *arg, long row, long rows, long from,
                        long n, real *restrict sum) {
  const Terms *t = arg;
  const real *restrict g = t->g + row, *restrict x = t->x + row;
  const real m = t->mean[0];
  real s[LANES] = {0}, d[LANES] = {0};
  long j, l;
  (void)from; (void)n;
  for (j = 0; j + LANES <= rows; j += LANES)
    for (l = 0; l < LANES; l++) {
      s[l] += g[j + l];
      d[l] += g[j + l] * (x[j + l] - m);
    }
  for (l = 0; j + l < rows; l++) {
    s[l] += g[j + l];
    d[l] += g[j + l] * (x[j + l] - m);
  }
  sum[0] = sum_of_lanes(s);
  sum[1] = sum_of_lanes(d);
}


/* sum[2,n/2] */
static void rows_sums(const void *arg, long row, long rows, long from, long n,
                      real *restrict sum) {
  const Terms *t = arg;
  const real *restrict g = t->g + row * t->i + from;
  const real *restrict x = t->x + row * t->i + from;
  const real *restrict mean = t->mean + from;
  real *restrict dot = sum + n / 2;
  long j, l;
  memset(sum, 0, (size_t)n * sizeof(real));
  for (j = 0; j < rows; j++, g += t->i, x += t->i)
    for (l = 0; l < n / 2; l++) {
      sum[l] += g[l];
      dot[l] += g[l] * (x[l] - mean[l]);
    }
}


static void sums(long r, long i, real *restrict sum, real *restrict dot,
                 const real *restrict g, const real *restrict x,
                 const real *restrict mean) {
  const Terms t = {g, x, mean, i};
  real both[WIDE];
  long l, n;
  if (i == 1) {
    in_blocks(r, BLOCK * LANES, 0, 2, both, column_sums, &t);
    sum[0] = both[0];
    dot[0] = both[1];
    return;
  }
  for (l = 0; l < i; l += n) {
    n = i - l < WIDE / 2 ? i - l : WIDE / 2;
    in_blocks(r, BLOCK, l, 2 * n, both, rows_sums, &t);
    memcpy(sum + l, both, (size_t)n * sizeof(real));
    memcpy(dot + l, both + n, (size_t)n * sizeof(real));
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
