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

TS_FN long far_least(long a, long b) { return a < b ? a : b; }

TS_FN long far_most(long a, long b) { return a > b ? a : b; }

/* one pixel of y, over what its window has of the image: rows i0..i1 - 1 and
** columns j0..j1 - 1 of the kernel */
TS_FN void far_conv(long at, const ConvArgs *k) {
  const long o = at % k->o, q = at / k->o % k->ow;
  const long p = at / k->o / k->ow % k->oh, n = at / k->o / k->ow / k->oh;
  const long row = p * k->sh - k->pt, column = q * k->sw - k->pl;
  const long i1 = far_least(k->kh, k->h - row);
  const long j0 = far_most(0, -column);
  const long j1 = far_least(k->kw, k->width - column);
  real sum = 0;
  long i, j, c;
  for (i = far_most(0, -row); i < i1; i++)
    for (j = j0; j < j1; j++) {
      const real *x =
        k->x + ((n * k->h + row + i) * k->width + column + j) * k->c;
      const real *w = k->w + (i * k->kw + j) * k->c * k->o + o;
      real part = 0;
      for (c = 0; c < k->c; c++) part = TS_FMA(x[c], w[c * k->o], part);
      sum += part;
    }
  k->to[at] = sum;
}

/* the first tap of a window over pixel `row`, counted with the padding: taps
** that are `stride` apart belong to windows, of which there are `count` */
TS_FN long far_tap(long row, long stride, long count) {
  const long first = row - (count - 1) * stride;
  return first < 0 ? row % stride : first;
}

/* one pixel of x, from the windows over it */
TS_FN void far_conv_x(long at, const ConvArgs *k) {
  const long c = at % k->c, column = at / k->c % k->width + k->pl;
  const long row = at / k->c / k->width % k->h + k->pt;
  const long n = at / k->c / k->width / k->h;
  const long i1 = far_least(k->kh - 1, row);
  const long j0 = far_tap(column, k->sw, k->ow);
  const long j1 = far_least(k->kw - 1, column);
  real sum = 0;
  long i, j, o;
  for (i = far_tap(row, k->sh, k->oh); i <= i1; i += k->sh)
    for (j = j0; j <= j1; j += k->sw) {
      const long p = (row - i) / k->sh, q = (column - j) / k->sw;
      const real *y = k->y + ((n * k->oh + p) * k->ow + q) * k->o;
      const real *w = k->w + ((i * k->kw + j) * k->c + c) * k->o;
      real part = 0;
      for (o = 0; o < k->o; o++) part = TS_FMA(y[o], w[o], part);
      sum += part;
    }
  k->to[at] = sum;
}

/* the first window whose tap i lies in the image, and one past the last */
TS_FN long far_begin(long i, long stride, long pad) {
  return i >= pad ? 0 : (pad - i + stride - 1) / stride;
}

TS_FN long far_stop(long i, long stride, long pad, long size, long count) {
  const long room = size - 1 + pad - i;
  return room < 0 ? 0 : far_least(count, room / stride + 1);
}

/* one weight, over all windows */
TS_FN void far_conv_w(long at, const ConvArgs *k) {
  const long o = at % k->o, c = at / k->o % k->c;
  const long j = at / k->o / k->c % k->kw, i = at / k->o / k->c / k->kw;
  const long p0 = far_begin(i, k->sh, k->pt);
  const long p1 = far_stop(i, k->sh, k->pt, k->h, k->oh);
  const long q0 = far_begin(j, k->sw, k->pl);
  const long q1 = far_stop(j, k->sw, k->pl, k->width, k->ow);
  real sum = 0;
  long n, p, q;
  for (n = 0; n < k->n; n++) {
    real image = 0;
    for (p = p0; p < p1; p++) {
      const real *x = k->x + ((n * k->h + p * k->sh + i - k->pt) * k->width +
                              j - k->pl) * k->c + c;
      const real *y = k->y + (n * k->oh + p) * k->ow * k->o + o;
      real part = 0;
      for (q = q0; q < q1; q++)
        part = TS_FMA(x[q * k->sw * k->c], y[q * k->o], part);
      image += part;
    }
    sum += image;
  }
  k->to[at] = sum;
}

#endif
