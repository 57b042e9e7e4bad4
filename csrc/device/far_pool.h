/*
** far_pool.h
** Pooling over windows, a result for each index: those of a window look
** through it, those of the large image through the windows over them.
*/

#ifndef far_pool_h
#define far_pool_h

#include "base/real.h"

typedef struct PoolArgs {
  real *y;
  const real *x, *which;
  long h, w, c, oh, ow;              /* of the large and of the small image */
  long kh, kw, sh, sw, pt, pl;
} PoolArgs;

/* rows (or columns) of the large image under window p: [lo, hi) */
TS_FN long far_lo(long p, long stride, long pad) {
  return p * stride < pad ? 0 : p * stride - pad;
}

TS_FN long far_hi(long p, long stride, long pad, long kernel, long size) {
  const long hi = p * stride - pad + kernel;
  return hi < size ? hi : size;
}

/* windows over row i: [first, end) */
TS_FN long far_first(long i, long stride, long pad, long kernel) {
  const long p = i + pad - kernel + 1;
  return p <= 0 ? 0 : (p + stride - 1) / stride;
}

TS_FN long far_end(long i, long stride, long pad, long count) {
  const long p = (i + pad) / stride + 1;
  return p < count ? p : count;
}

typedef struct Window {
  long y0, y1, x0, x1, n, l;
} Window;

/* the window of item j of the small image */
TS_FN Window far_window(long j, const PoolArgs *k) {
  const long q = j / k->c % k->ow, p = j / k->c / k->ow % k->oh;
  Window v;
  v.l = j % k->c;
  v.n = j / k->c / k->ow / k->oh;
  v.y0 = far_lo(p, k->sh, k->pt);
  v.y1 = far_hi(p, k->sh, k->pt, k->kh, k->h);
  v.x0 = far_lo(q, k->sw, k->pl);
  v.x1 = far_hi(q, k->sw, k->pl, k->kw, k->w);
  return v;
}

/* an item of the large image */
TS_FN real far_pixel(const PoolArgs *k, const Window *v, long i, long j) {
  return k->x[((v->n * k->h + i) * k->w + j) * k->c + v->l];
}

TS_FN void far_sum_pool(long at, const PoolArgs *k) {
  const Window v = far_window(at, k);
  real sum = 0;
  long i, j;
  for (i = v.y0; i < v.y1; i++)
    for (j = v.x0; j < v.x1; j++) sum += far_pixel(k, &v, i, j);
  k->y[at] = sum;
}

TS_FN void far_pool_which(long at, const PoolArgs *k) {
  const Window v = far_window(at, k);
  real best = 0;
  long i, j, code = 0, chosen = 0;
  for (i = v.y0; i < v.y1; i++)
    for (j = v.x0; j < v.x1; j++) {
      const real u = far_pixel(k, &v, i, j);
      if (++code == 1 || (!(u <= best) && best == best)) {
        best = u;
        chosen = code;
      }
    }
  k->y[at] = (real)chosen;
}

TS_FN void far_pool_take(long at, const PoolArgs *k) {
  const Window v = far_window(at, k);
  real taken = 0;
  long i, j, code = 0;
  for (i = v.y0; i < v.y1; i++)
    for (j = v.x0; j < v.x1; j++)
      if (k->which[at] == (real)++code) taken = far_pixel(k, &v, i, j);
  k->y[at] = taken;
}

/* each item of the large image from the windows over it, all or those that
** chose it */
TS_FN void far_spread(long at, const PoolArgs *k) {
  const long l = at % k->c, j = at / k->c % k->w;
  const long i = at / k->c / k->w % k->h, n = at / k->c / k->w / k->h;
  const long p1 = far_end(i, k->sh, k->pt, k->oh);
  const long q1 = far_end(j, k->sw, k->pl, k->ow);
  real sum = 0;
  long p, q;
  for (p = far_first(i, k->sh, k->pt, k->kh); p < p1; p++)
    for (q = far_first(j, k->sw, k->pl, k->kw); q < q1; q++) {
      const long from = ((n * k->oh + p) * k->ow + q) * k->c + l;
      const long x0 = far_lo(q, k->sw, k->pl);
      const long x1 = far_hi(q, k->sw, k->pl, k->kw, k->w);
      const long row = i - far_lo(p, k->sh, k->pt);
      if (k->which == 0 ||
          k->which[from] == (real)(row * (x1 - x0) + j - x0 + 1))
        sum += k->x[from];
    }
  k->y[at] = sum;
}

#endif
