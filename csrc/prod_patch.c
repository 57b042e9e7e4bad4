/*
** prod_patch.c
** The patch matrix never exists: panels of it are filled from the images. In
** one kernel row the kw c numbers lie side by side, so a row of the panel is
** kh copies, cut where the image ends.
*/

#include "prod_patch.h"

#include <string.h>


static long min(long a, long b) {
  return a < b ? a : b;
}


static long max(long a, long b) {
  return a > b ? a : b;
}


static void copy(real *to, const real *from, long n) {
  if (n >= 16)
    memcpy(to, from, (size_t)n * sizeof(real));
  else
    for (; n > 0; n--) *to++ = *from++;
}


static void clear(real *to, long n) {
  for (; n > 0; n--) *to++ = 0;
}


/* numbers f..t of the patch whose window has its corner at (r, s) of image
** x, numbered along the kernel */
static void one_patch(const Patches *g, const real *x, real *to, long r,
                      long s, long f, long t) {
  long run = g->kw * g->c;
  long in0 = max(0, -s) * g->c, in1 = min(g->kw, g->w - s) * g->c;
  long i;
  for (i = f / run; f < t; i++) {
    const real *row = x + ((r + i) * g->w + s) * g->c - i * run;
    long end = min(t, (i + 1) * run), lo = end, hi = end;
    if (r + i >= 0 && r + i < g->h && in1 > in0) {
      lo = max(f, min(end, i * run + in0));
      hi = max(lo, min(end, i * run + in1));
    }
    clear(to, lo - f);
    if (hi > lo) copy(to + (lo - f), row + lo, hi - lo);
    clear(to + (hi - f), end - hi);
    to += end - f;
    f = end;
  }
}


static void patches(const Patches *g, real *to, long step, long point,
                    long points, long f, long t) {
  long q = point % g->pw, p = point / g->pw % g->ph;
  long size = g->h * g->w * g->c;
  const real *x = g->x + point / g->pw / g->ph * size;
  for (; points > 0; points--, to += step) {
    one_patch(g, x, to, g->sh * p - g->top, g->sw * q - g->left, f, t);
    if (++q == g->pw) {
      q = 0;
      if (++p == g->ph) {
        p = 0;
        x += size;
      }
    }
  }
}


void patch_rows(const Mul *u, real *to, long step, long i, long rows,
                long p, long depth) {
  patches(u->from, to, step, i, rows, p, p + depth);
}


void patch_columns(const Mul *u, real *to, long step, long i, long rows,
                   long p, long depth) {
  patches(u->from, to, step, p, depth, i, i + rows);
}
