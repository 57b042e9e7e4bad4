/*
** far_prod.h
** Products, one sum for each index: the plain form, which tiles may replace.
** Long sums are cut into parts of FAR_PART terms for the error's sake.
*/

#ifndef far_prod_h
#define far_prod_h

#include "base/real.h"

#define FAR_PART 64

/* c[m,n] = op(a) op(b) for each index of the axes before; a and b begin by
** their strides there */
typedef struct MatmulArgs {
  real *c;
  const real *a, *b;
  long m, n, k;
  long a_row, a_column, b_row, b_column;    /* steps in op(a), op(b) */
  int ndim;
  long dim[8], a_step[8], b_step[8];
} MatmulArgs;

TS_FN void far_matmul(long j, const MatmulArgs *k) {
  const long column = j % k->n, row = j / k->n % k->m;
  const real *a = k->a + row * k->a_row, *b = k->b + column * k->b_column;
  long left = j / k->n / k->m, p, q;
  real sum = 0;
  int d;
  for (d = k->ndim - 1; d >= 0; d--) {
    a += left % k->dim[d] * k->a_step[d];
    b += left % k->dim[d] * k->b_step[d];
    left /= k->dim[d];
  }
  for (p = 0; p < k->k; p += FAR_PART) {
    real part = 0;
    for (q = p; q < k->k && q < p + FAR_PART; q++)
      part = TS_FMA(a[q * k->a_column], b[q * k->b_row], part);
    sum += part;
  }
  k->c[j] = sum;
}


/* x[n,h,w,c], kernels [kh,kw,c,o], y[n,oh,ow,o]; see product/prod.h */
typedef struct ConvArgs {
  real *to;
  const real *x, *w, *y;       /* two of them */
  long n, h, width, c, kh, kw, o, sh, sw, pt, pl, oh, ow;
} ConvArgs;

TS_FN void far_conv(long at, const ConvArgs *k) {
  const long o = at % k->o, q = at / k->o % k->ow;
  const long p = at / k->o / k->ow % k->oh, n = at / k->o / k->ow / k->oh;
  real sum = 0;
  long i, j, c;
  for (i = 0; i < k->kh; i++) {
    const long row = p * k->sh + i - k->pt;
    if (row < 0 || row >= k->h) continue;
    for (j = 0; j < k->kw; j++) {
      const long column = q * k->sw + j - k->pl;
      const real *x = k->x + ((n * k->h + row) * k->width + column) * k->c;
      const real *w = k->w + (i * k->kw + j) * k->c * k->o + o;
      real part = 0;
      if (column < 0 || column >= k->width) continue;
      for (c = 0; c < k->c; c++) part = TS_FMA(x[c], w[c * k->o], part);
      sum += part;
    }
  }
  k->to[at] = sum;
}

/* each pixel from the windows over it */
TS_FN void far_conv_x(long at, const ConvArgs *k) {
  const long c = at % k->c, column = at / k->c % k->width;
  const long row = at / k->c / k->width % k->h;
  const long n = at / k->c / k->width / k->h;
  real sum = 0;
  long i, j, o;
  for (i = 0; i < k->kh; i++) {
    const long p = row + k->pt - i;
    if (p < 0 || p % k->sh != 0 || p / k->sh >= k->oh) continue;
    for (j = 0; j < k->kw; j++) {
      const long q = column + k->pl - j;
      const real *y, *w;
      real part = 0;
      if (q < 0 || q % k->sw != 0 || q / k->sw >= k->ow) continue;
      y = k->y + ((n * k->oh + p / k->sh) * k->ow + q / k->sw) * k->o;
      w = k->w + ((i * k->kw + j) * k->c + c) * k->o;
      for (o = 0; o < k->o; o++) part = TS_FMA(y[o], w[o], part);
      sum += part;
    }
  }
  k->to[at] = sum;
}

/* one weight, over all windows */
TS_FN void far_conv_w(long at, const ConvArgs *k) {
  const long o = at % k->o, c = at / k->o % k->c;
  const long j = at / k->o / k->c % k->kw, i = at / k->o / k->c / k->kw;
  real sum = 0;
  long n, p, q;
  for (n = 0; n < k->n; n++) {
    real image = 0;
    for (p = 0; p < k->oh; p++) {
      const long row = p * k->sh + i - k->pt;
      real part = 0;
      if (row < 0 || row >= k->h) continue;
      for (q = 0; q < k->ow; q++) {
        const long column = q * k->sw + j - k->pl;
        if (column < 0 || column >= k->width) continue;
        part = TS_FMA(
          k->x[((n * k->h + row) * k->width + column) * k->c + c],
          k->y[((n * k->oh + p) * k->ow + q) * k->o + o], part);
      }
      image += part;
    }
    sum += image;
  }
  k->to[at] = sum;
}

#endif
