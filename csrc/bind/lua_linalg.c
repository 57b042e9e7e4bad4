/*
** lua_linalg.c
** Linear algebra for metrics. None of it is differentiated: a recorded
** operand is an error rather than a silent zero.
*/

#include "bind/lua_teasel.h"
#include "stat/linalg.h"

#include <string.h>


static Tensor *check_matrix(lua_State *L, int i, const char *who,
                            const char *arg, int square) {
  Tensor *t = lt_check(L, i, who, arg);
  if (t->shape.ndim != 2 || (square && t->shape.dim[0] != t->shape.dim[1]))
    lt_wrong(L, i, who, arg, square ? "a square matrix" : "a matrix");
  if (t->node)
    lt_error(L, "%s: argument '%s': got a recorded tensor, wanted a "
             "constant: %s has no derivative (see stop_gradient)", who, arg,
             who);
  return lt_host(L, i, who, arg);
}


static Tensor *copy_of(const Tensor *t) {
  Tensor *u = tensor_new(&t->shape);
  if (u) memcpy(u->data, t->data, (size_t)t->size * sizeof(real));
  return u;
}


/* solve(a [n n], b [n k]) -> x with a x = b */
static int l_solve(lua_State *L) {
  Tensor *a = check_matrix(L, 1, "solve", "a", 1);
  Tensor *b = check_matrix(L, 2, "solve", "b", 0);
  Tensor **h, *x;
  long mark;
  if (b->shape.dim[0] != a->shape.dim[0])
    lt_wrong(L, 2, "solve", "b", "%ld rows", a->shape.dim[0]);
  h = lt_handle(L);
  mark = scope_open();
  x = copy_of(b);
  if (x && !linalg_solve(a->shape.dim[0], b->shape.dim[1], a->data, x->data))
    x = NULL;
  return lt_made(L, h, x, mark);
}


/* cholesky(a [n n]) -> lower triangular l with l l' = a */
static int l_cholesky(lua_State *L) {
  Tensor *a = check_matrix(L, 1, "cholesky", "a", 1);
  Tensor **h = lt_handle(L), *l;
  long mark = scope_open();
  l = copy_of(a);
  if (l && !linalg_cholesky(a->shape.dim[0], l->data)) l = NULL;
  return lt_made(L, h, l, mark);
}


/* eigh(a [n n], symmetric) -> values [n] ascending, vectors [n n] as columns */
static int l_eigh(lua_State *L) {
  Tensor *a = check_matrix(L, 1, "eigh", "a", 1);
  Tensor **hw = lt_handle(L), **hv = lt_handle(L), *w, *v;
  Shape s = {1, {0}};
  long mark = scope_open();
  s.dim[0] = a->shape.dim[0];
  w = tensor_new(&s);
  v = tensor_new(&a->shape);
  if (w && v && linalg_eigh(s.dim[0], a->data, w->data, v->data))
    *hw = tensor_keep(w);
  else v = NULL;
  lt_made(L, hv, v, mark);
  lt_place(L, hw);
  return 2;
}


/* svd(a [m n]) -> u [m k], s [k] descending, vt [k n], k = min(m, n) */
static int l_svd(lua_State *L) {
  Tensor *a = check_matrix(L, 1, "svd", "a", 0);
  Tensor **hu = lt_handle(L), **hs = lt_handle(L), **hv = lt_handle(L);
  Tensor *u, *s, *v;
  Shape su = a->shape, ss = {1, {0}}, sv = a->shape;
  long m = a->shape.dim[0], n = a->shape.dim[1], k = m < n ? m : n;
  long mark = scope_open();
  su.dim[1] = ss.dim[0] = sv.dim[0] = k;
  u = tensor_new(&su);
  s = tensor_new(&ss);
  v = tensor_new(&sv);
  if (u && s && v &&
      linalg_svd(m, n, a->data, u->data, s->data, v->data)) {
    *hu = tensor_keep(u);
    *hs = tensor_keep(s);
  }
  else v = NULL;
  lt_made(L, hv, v, mark);
  lt_place(L, hu);
  lt_place(L, hs);
  return 3;
}


static const luaL_Reg functions[] = {
  {"solve", l_solve}, {"cholesky", l_cholesky}, {"eigh", l_eigh},
  {"svd", l_svd}, {NULL, NULL}
};


void lua_openlinalg(lua_State *L) {
  lua_newtable(L);
  lt_setfuncs(L, functions);
}
