/*
** lua_learn.c
** Estimators for metrics. Tensors go in; small results come out as tables of
** numbers in full precision, because what a metric compares differs by less
** than a float holds.
*/

#include "bind/lua_learn.h"

#include <math.h>
#include <string.h>


void *ll_scratch(lua_State *L, long count, size_t size) {
  return lua_newuserdatauv(L, (size_t)(count + 1) * size, 0);
}


Tensor *ll_matrix(lua_State *L, int i, const char *who, const char *arg) {
  Tensor *t = lt_host(L, i, who, arg);
  if (t->shape.ndim != 2 || t->size == 0)
    lt_wrong(L, i, who, arg, "a matrix with rows and columns");
  return t;
}


Tensor *ll_finite(lua_State *L, int i, const char *who, const char *arg) {
  Tensor *t = ll_matrix(L, i, who, arg);
  long k, d = t->shape.dim[1];
  for (k = 0; k < t->size; k++)
    if (!isfinite(t->data[k]))
      lt_error(L, "%s: argument '%s': got %f in row %d, column %d, wanted "
               "finite numbers", who, arg, (lua_Number)t->data[k],
               (int)(k / d) + 1, (int)(k % d) + 1);
  return t;
}


void ll_pushmatrix(lua_State *L, long rows, long cols, const double *items) {
  long i, j;
  lua_createtable(L, (int)rows, 0);
  for (i = 0; i < rows; i++) {
    lua_createtable(L, (int)cols, 0);
    for (j = 0; j < cols; j++) {
      lua_pushnumber(L, items[i * cols + j]);
      lua_rawseti(L, -2, j + 1);
    }
    lua_rawseti(L, -2, i + 1);
  }
}


void ll_pushlist(lua_State *L, long n, const double *items) {
  long i;
  lua_createtable(L, (int)n, 0);
  for (i = 0; i < n; i++) {
    lua_pushnumber(L, items[i]);
    lua_rawseti(L, -2, i + 1);
  }
}


int *ll_labels(lua_State *L, int i, const char *who, long rows, long least,
               long most, long *top) {
  Tensor *t = lt_host(L, i, who, "y");
  int *y;
  long r;
  *top = 0;
  if (t->shape.ndim != 1 || t->size != rows)
    lt_wrong(L, i, who, "y", "one axis of %ld items", rows);
  y = ll_scratch(L, rows, sizeof *y);
  for (r = 0; r < rows; r++) {
    double v = (double)t->data[r];
    if (!(v >= (double)least && v <= (double)most && v == floor(v)))
      lt_error(L, "%s: item %d of y is %f, wanted an integer in %d..%d", who,
               (int)r + 1, v, (int)least, (int)most);
    y[r] = (int)v;
    if (y[r] >= *top) *top = y[r] + 1;
  }
  return y;
}


void ll_countall(lua_State *L, const char *who, long n, const int *y,
                 long k) {
  long *count = ll_scratch(L, k, sizeof *count), i;
  memset(count, 0, (size_t)k * sizeof *count);
  for (i = 0; i < n; i++) count[y[i]]++;
  for (i = 0; i < k; i++)
    if (count[i] == 0)
      lt_error(L, "%s: no item is of class %d, of %d classes", who, (int)i,
               (int)k);
}


void ll_checkall(lua_State *L, const char *who, long n, const int *y,
                 long k) {
  ll_countall(L, who, n, y, k);
  if (k < 2)
    lt_error(L, "%s: all items are of one class, wanted two or more", who);
}


/* bins(x [n d], count [, wide]) -> [n d], the bin of each item, from 0 */
static int l_bins(lua_State *L) {
  Tensor *x = ll_matrix(L, 1, "bins", "x"), **h, *t;
  int count = (int)lt_integer(L, 2, "bins", "count", 1, 1 << 20);
  int wide = lua_toboolean(L, 3);
  long mark;
  h = lt_handle(L);
  mark = scope_open();
  t = tensor_new(&x->shape);
  if (t && !learn_bins(x->shape.dim[0], x->shape.dim[1], x->data, count, wide,
                       t->data))
    t = NULL;
  return lt_made(L, h, t, mark);
}


/* the columns of t as classes[d, n] and how many each has; leaves scratch on
** the stack, and with `lists` pushes a list of lists of their values */
static int *classes_of(lua_State *L, const Tensor *t, long **count,
                       int lists) {
  long n = t->shape.dim[0], d = t->shape.dim[1], i, j;
  int *code = ll_scratch(L, n * d, sizeof *code);
  real *values = ll_scratch(L, n, sizeof *values);
  *count = ll_scratch(L, d, sizeof **count);
  if (lists) lua_createtable(L, (int)d, 0);
  for (j = 0; j < d; j++) {
    long k = learn_classes(n, t->data + j, d, code + j * n, values);
    if (k == 0) lt_raise(L);
    (*count)[j] = k;
    if (lists) {
      lua_createtable(L, (int)k, 0);
      for (i = 0; i < k; i++) {
        lua_pushnumber(L, (lua_Number)values[i]);
        lua_rawseti(L, -2, i + 1);
      }
      lua_rawseti(L, -2, j + 1);
    }
  }
  return code;
}


/* classes(x [n d]) -> [n d], the place of each item among the distinct values
** of its column, from 0; and these values, ascending, a list per column */
static int l_classes(lua_State *L) {
  Tensor *x = ll_matrix(L, 1, "classes", "x"), **h, *t;
  long n = x->shape.dim[0], d = x->shape.dim[1], i, mark, *count;
  int *code = classes_of(L, x, &count, 1);
  h = lt_handle(L);
  mark = scope_open();
  t = tensor_new(&x->shape);
  if (t)
    for (i = 0; i < n * d; i++)
      t->data[i] = (real)code[i % d * n + i / d];
  lt_made(L, h, t, mark);
  lua_rotate(L, -2, 1);
  return 2;
}


/* recode(x [n d], values) -> [n d], as classes does it, with values that were
** found before; -1 for an item that is none of them */
static int l_recode(lua_State *L) {
  Tensor *x = ll_matrix(L, 1, "recode", "x"), **h, *t;
  long n = x->shape.dim[0], d = x->shape.dim[1], i, j, mark;
  lt_table(L, 2, "recode", "values");
  h = lt_handle(L);
  mark = scope_open();
  t = tensor_new(&x->shape);
  if (t == NULL) return lt_made(L, h, t, mark);
  *h = tensor_keep(t);
  scope_close(mark, NULL);
  for (j = 0; j < d; j++) {
    long k, c;
    real *value;
    if (lua_rawgeti(L, 2, j + 1) != LUA_TTABLE)
      lt_wrong(L, 2, "recode", "values", "a list for each of %ld columns", d);
    k = (long)lua_rawlen(L, -1);
    value = ll_scratch(L, k, sizeof *value);
    for (c = 0; c < k; c++) {
      lua_rawgeti(L, -2, c + 1);
      value[c] = (real)lt_number(L, -1, "recode", "values");
      lua_pop(L, 1);
    }
    for (i = 0; i < n; i++)
      t->data[i * d + j] = (real)learn_place(k, value, x->data[i * d + j]);
    lua_pop(L, 2);
  }
  lt_place(L, h);
  return 1;
}


/* mutual(a [n p], b [n q]) -> p lists of q: the information in nats between
** the columns, each distinct value a class */
static int l_mutual(lua_State *L) {
  Tensor *a = ll_matrix(L, 1, "mutual", "a");
  Tensor *b = ll_matrix(L, 2, "mutual", "b");
  long n = a->shape.dim[0], p = a->shape.dim[1], q = b->shape.dim[1];
  long *na, *nb;
  int *ca, *cb;
  double *out;
  if (b->shape.dim[0] != n) lt_wrong(L, 2, "mutual", "b", "%ld rows", n);
  lt_budget(L);
  out = ll_scratch(L, p * q, sizeof *out);
  ca = classes_of(L, a, &na, 0);
  cb = classes_of(L, b, &nb, 0);
  if (!learn_mutual(n, p, ca, na, q, cb, nb, out)) return lt_raise(L);
  ll_pushmatrix(L, p, q, out);
  return 1;
}


/* entropy(a [n p]) -> a list of p: the entropies in nats of the columns */
static int l_entropy(lua_State *L) {
  Tensor *a = ll_matrix(L, 1, "entropy", "a");
  long n = a->shape.dim[0], p = a->shape.dim[1], j, *count;
  double *out;
  int *code;
  lt_budget(L);
  out = ll_scratch(L, p, sizeof *out);
  code = classes_of(L, a, &count, 0);
  for (j = 0; j < p; j++)
    if (!learn_entropy(n, code + j * n, count[j], out + j)) return lt_raise(L);
  ll_pushlist(L, p, out);
  return 1;
}


static const luaL_Reg functions[] = {
  {"bins", l_bins}, {"classes", l_classes}, {"recode", l_recode},
  {"mutual", l_mutual}, {"entropy", l_entropy}, {NULL, NULL}
};


void lua_openlearn(lua_State *L) {
  lua_newtable(L);
  lt_setfuncs(L, functions);
  ll_opendraw(L);
  ll_openfit(L);
  ll_openline(L);
  ll_openmt(L);
  ll_opentsne(L);
}
