/*
** lua_learn_line.c
** Linear models and spread as Lua values.
*/

#include "bind/lua_learn.h"


/* margin(x [n d], y [n], x2 [m d], y2 [m], C) -> a list: of each column alone
** the accuracy on x2, y2 of support vector machines for x, y; and their w, b,
** a list of 2 k numbers for each column. y2 may have -1, an unknown class. */
static int l_margin(lua_State *L) {
  Tensor *x = ll_finite(L, 1, "margin", "x");
  Tensor *x2 = ll_finite(L, 3, "margin", "x2");
  double C = lt_number(L, 5, "margin", "C");
  long n = x->shape.dim[0], d = x->shape.dim[1], m = x2->shape.dim[0], k, top;
  int *y, *y2;
  double *w, *out;
  if (x2->shape.dim[1] != d) lt_wrong(L, 3, "margin", "x2", "%ld columns", d);
  if (!(C > 0 && C <= 1e12))
    lt_wrong(L, 5, "margin", "C", "a number above 0, up to 1e12");
  y = ll_labels(L, 2, "margin", n, 0, 1 << 20, &k);
  ll_checkall(L, "margin", n, y, k);
  y2 = ll_labels(L, 4, "margin", m, -1, 1 << 20, &top);
  lt_budget(L);
  w = ll_scratch(L, d * k * 2, sizeof *w);
  out = ll_scratch(L, d, sizeof *out);
  if (!learn_margin(n, d, x->data, y, k, C, w)) return lt_raise(L);
  learn_marginscore(m, d, x2->data, y2, k, w, out);
  ll_pushlist(L, d, out);
  ll_pushmatrix(L, d, 2 * k, w);
  return 2;
}


/* lasso(x [n d], y [n t], alpha) -> t lists of d coefficients */
static int l_lasso(lua_State *L) {
  Tensor *x = ll_finite(L, 1, "lasso", "x");
  Tensor *y = ll_finite(L, 2, "lasso", "y");
  double alpha = lt_number(L, 3, "lasso", "alpha"), *out;
  long n = x->shape.dim[0], d = x->shape.dim[1], t = y->shape.dim[1];
  if (y->shape.dim[0] != n) lt_wrong(L, 2, "lasso", "y", "%ld rows", n);
  if (!(alpha >= 0)) lt_wrong(L, 3, "lasso", "alpha", "0 or more");
  lt_budget(L);
  out = ll_scratch(L, d * t, sizeof *out);
  if (!learn_lasso(n, d, x->data, t, y->data, alpha, out)) return lt_raise(L);
  ll_pushmatrix(L, t, d, out);
  return 1;
}


/* covariance(a [n p], b [n q]) -> p lists of q, divided by n - 1, and the
** variances of a's columns and of b's */
static int l_covariance(lua_State *L) {
  Tensor *a = ll_finite(L, 1, "covariance", "a");
  Tensor *b = ll_finite(L, 2, "covariance", "b");
  long n = a->shape.dim[0], p = a->shape.dim[1], q = b->shape.dim[1];
  double *out;
  if (n < 2) lt_wrong(L, 1, "covariance", "a", "two rows or more");
  if (b->shape.dim[0] != n) lt_wrong(L, 2, "covariance", "b", "%ld rows", n);
  lt_budget(L);
  out = ll_scratch(L, p * q + p + q, sizeof *out);
  if (!learn_covariance(n, p, a->data, q, b->data, out, out + p * q,
                        out + p * q + p))
    return lt_raise(L);
  ll_pushmatrix(L, p, q, out);
  ll_pushlist(L, p, out + p * q);
  ll_pushlist(L, q, out + p * q + p);
  return 3;
}


/* deviation(x [n d], y [n], quantile) -> a list: for each column this quantile
** of |x - mean of its class|, averaged over the classes 0..max of y */
static int l_deviation(lua_State *L) {
  Tensor *x = ll_finite(L, 1, "deviation", "x");
  double q = lt_number(L, 3, "deviation", "quantile"), *out;
  long n = x->shape.dim[0], d = x->shape.dim[1], k;
  int *y;
  if (!(q >= 0 && q <= 1))
    lt_wrong(L, 3, "deviation", "quantile", "a number in 0..1");
  y = ll_labels(L, 2, "deviation", n, 0, 1 << 20, &k);
  ll_countall(L, "deviation", n, y, k);
  lt_budget(L);
  out = ll_scratch(L, d, sizeof *out);
  if (!learn_deviation(n, d, x->data, y, k, q, out)) return lt_raise(L);
  ll_pushlist(L, d, out);
  return 1;
}


/* gauss(covariance, a list of lists) -> total correlation in nats, squared
** Wasserstein distance to independent columns (see learn_gauss) */
static int l_gauss(lua_State *L) {
  long d, i, j;
  double *cov, tc, distance;
  lt_table(L, 1, "gauss", "covariance");
  d = (long)lua_rawlen(L, 1);
  if (d < 1 || d > 8192)
    lt_wrong(L, 1, "gauss", "covariance", "a list of 1..8192 lists");
  cov = ll_scratch(L, d * d, sizeof *cov);
  for (i = 0; i < d; i++) {
    if (lua_rawgeti(L, 1, i + 1) != LUA_TTABLE)
      lt_wrong(L, 1, "gauss", "covariance", "a list of lists");
    for (j = 0; j < d; j++) {
      lua_rawgeti(L, -1, j + 1);
      cov[i * d + j] = lt_finite(L, -1, "gauss", "covariance");
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  }
  if (!learn_gauss(d, cov, &tc, &distance)) return lt_raise(L);
  lua_pushnumber(L, tc);
  lua_pushnumber(L, distance);
  return 2;
}


/* ranks(x [n d]) -> [n d], of each column from 1, equal items sharing theirs */
static int l_ranks(lua_State *L) {
  Tensor *x = ll_finite(L, 1, "ranks", "x"), **h, *t;
  long mark;
  h = lt_handle(L);
  mark = scope_open();
  t = tensor_new(&x->shape);
  if (t && !learn_ranks(x->shape.dim[0], x->shape.dim[1], x->data, t->data))
    t = NULL;
  return lt_made(L, h, t, mark);
}


static const luaL_Reg functions[] = {
  {"margin", l_margin}, {"lasso", l_lasso}, {"covariance", l_covariance},
  {"deviation", l_deviation}, {"gauss", l_gauss}, {"ranks", l_ranks},
  {NULL, NULL}
};


void ll_openline(lua_State *L) {
  lt_setfuncs(L, functions);
}
