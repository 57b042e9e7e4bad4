/*
** prod_conv.c
** Two of the three parts of the convolution as products with the patch
** matrix (prod_patch.h); the third is in prod_convx.c.
**   y  = patches w      [n oh ow, kh kw c] [kh kw c, o]
**   dw = patches' y
*/

#include "product/prod.h"

#include "product/prod_patch.h"


static Patches windows(const Conv *g, const real *x) {
  Patches s = {
    .x = x, .h = g->h, .w = g->w, .c = g->c, .ph = g->oh, .pw = g->ow,
    .sh = g->sh, .sw = g->sw, .top = g->pt, .left = g->pl,
    .kh = g->kh, .kw = g->kw
  };
  return s;
}


static Mul mul_y(const Conv *g, const Patches *s, real *y, const real *w) {
  Mul u = {
    .g = {
      .m = g->n * g->oh * g->ow, .n = g->o, .k = g->kh * g->kw * g->c,
      .b = w, .ldb = g->o, .c = y, .ldc = g->o
    }
  };
  patch_rows(&u, s);
  return u;
}


static Mul mul_w(const Conv *g, const Patches *s, real *w, const real *y) {
  Mul u = {
    .g = {
      .m = g->kh * g->kw * g->c, .n = g->o, .k = g->n * g->oh * g->ow,
      .b = y, .ldb = g->o, .c = w, .ldc = g->o
    }
  };
  patch_columns(&u, s);
  return u;
}


int prod_conv_y(const Conv *g, real *y, const real *x, const real *w) {
  Patches s = windows(g, x);
  Mul u = mul_y(g, &s, y, w);
  return mul_run(&u, 1, NULL, NULL);
}


int prod_conv_w(const Conv *g, real *w, const real *x, const real *y) {
  Patches s = windows(g, x);
  Mul u = mul_w(g, &s, w, y);
  return mul_run(&u, 1, NULL, NULL);
}
