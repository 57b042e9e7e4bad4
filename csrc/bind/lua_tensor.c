/*
** lua_tensor.c
** Tensors as Lua values: making them from Lua values and reading them back.
*/

#include "bind/lua_teasel.h"
#include "device/far_elem.h"
#include "base/shard.h"
#include "graph/op.h"
#include "base/pool.h"

#include <math.h>
#include <string.h>


/* constructors */

#define PIECE 262144L   /* items to a parallel piece */

typedef struct Fill {
  Tensor *t;
  real value;
} Fill;


static void fill_piece(void *arg, long i, long to) {
  const Fill *f = arg;
  for (; i < to; i++) f->t->data[i] = f->value;
}


static int filled(lua_State *L, const char *who, double value, int value_at) {
  Shape s;
  Tensor **h, *t;
  Fill f;
  FillArgs far;
  long mark;
  lt_shape(L, 1, value_at == 0, who, "shape", &s);
  if (value_at) value = lt_item(L, value_at, who, "value");
  h = lt_handle(L);
  mark = scope_open();
  t = tensor_at(device_default(), &s);
  f.t = t;
  f.value = far.value = (real)value;
  if (t && t->place) {
    far.y = t->data;
    if (!tensor_launch(t, FAR_fill, t->size, &far, sizeof far)) t = NULL;
  }
  else if (t) pool_range(t->size, PIECE, fill_piece, &f);
  return lt_return(L, h, t, mark);
}


/* zeros(shape): a tensor of zeros; the sizes as a list or one by one */
static int l_zeros(lua_State *L) { return filled(L, "zeros", 0, 0); }

/* ones(shape): a tensor of ones; the sizes as a list or one by one */
static int l_ones(lua_State *L) { return filled(L, "ones", 1, 0); }

/* full(shape, value): a tensor of this number; the sizes as a list */
static int l_full(lua_State *L) { return filled(L, "full", 0, 2); }


static int ramp(lua_State *L, double from, double step, double count) {
  Shape s = {1, {0}};
  Tensor **h, *t;
  long i, mark;
  s.dim[0] = (long)count;
  h = lt_handle(L);
  mark = scope_open();
  t = tensor_new(&s);
  if (t)
    for (i = 0; i < t->size; i++)
      t->data[i] = (real)(from + (double)i * step);
  return lt_made(L, h, t, mark);
}


/* fails, for argument i, where reals are further apart than the items; `whole`
** ones have to be exact, too */
static void check_apart(lua_State *L, int i, const char *who, const char *arg,
                        double from, double step, double count, int whole) {
  double most = fmax(fabs(from), fabs(from + step * (count - 1))), at;
  int e, ok;
  if (step == 0 || (whole && most <= (double)TS_EXACT)) return;
  frexp(most, &e);
  ok = count < 2 || fabs(step) >= ldexp(1, e) / (double)TS_EXACT;
  for (at = 0; whole && ok && at < count; at++)
    ok = (double)(real)(from + at * step) == from + at * step;
  if (!ok)
    lt_wrong(L, i, who, arg, "items that numbers of %d bits can tell apart "
             "(all integers up to %ld)", (int)sizeof(real) * 8, TS_EXACT);
}


/* arange(from, to [, step]): from, from + step, ... up to and including to,
** like Lua's own `for` */
static int l_arange(lua_State *L) {
  double from = lt_finite(L, 1, "arange", "from");
  double to = lt_finite(L, 2, "arange", "to");
  double step = lua_isnoneornil(L, 3) ? 1
                : lt_finite(L, 3, "arange", "step");
  double count = floor((to - from) / step + 1e-9) + 1;
  if (step == 0) lt_wrong(L, 3, "arange", "step", "a number other than 0");
  if (!(count <= (double)TS_MAXSIZE))
    lt_wrong(L, 2, "arange", "to", "at most 2^40 items");
  check_apart(L, 2, "arange", "to", from, step, count,
              from == floor(from) && step == floor(step));
  return ramp(L, from, step, count < 0 ? 0 : count);
}


/* linspace(from, to, count): count equally spaced items, both ends included */
static int l_linspace(lua_State *L) {
  double from = lt_finite(L, 1, "linspace", "from");
  double to = lt_beyond(L, 2, "linspace", "to", from, "from");
  long n = lt_integer(L, 3, "linspace", "count", 0, TS_MAXSIZE);
  double step = n > 1 ? (to - from) / (double)(n - 1) : 0;
  check_apart(L, 3, "linspace", "count", from, step, (double)n, 0);
  return ramp(L, from, step, (double)n);
}


/* the shape of nested lists: lengths along the first items */
static void nested_shape(lua_State *L, int i, Shape *s) {
  int top = lua_gettop(L);
  memset(s, 0, sizeof *s);
  lua_pushvalue(L, i);
  while (lua_type(L, -1) == LUA_TTABLE) {
    if (s->ndim == TS_MAXDIM)
      lt_error(L, "tensor: argument 'value': got lists nested more than %d "
               "deep, wanted at most that", TS_MAXDIM);
    s->dim[s->ndim++] = (long)lua_rawlen(L, -1);
    lua_rawgeti(L, -1, 1);
  }
  lua_settop(L, top);
}


static real *nested_fill(lua_State *L, const Shape *s, int d, int exact,
                         real *to) {
  long i;
  if (d == s->ndim) {
    *to = (real)(exact ? lt_item(L, -1, "tensor", "value")
                       : lt_number(L, -1, "tensor", "value"));
    return to + 1;
  }
  if (lua_type(L, -1) != LUA_TTABLE)
    lt_wrong(L, -1, "tensor", "value", "a list of %ld items at depth %d, as "
             "beside it", s->dim[d], d + 1);
  if (lt_items(L, -1, "tensor", "value") != s->dim[d])
    lt_wrong(L, -1, "tensor", "value", "%ld at depth %d, as beside it",
             s->dim[d], d + 1);
  for (i = 0; i < s->dim[d]; i++) {
    lua_rawgeti(L, -1, i + 1);
    to = nested_fill(L, s, d + 1, exact, to);
    lua_pop(L, 1);
  }
  return to;
}


/* tensor(value [, exact]): from a number, from nested lists of numbers, or
** itself; with `exact`, an integer that an item cannot hold is an error, else
** it is rounded */
static int l_tensor(lua_State *L) {
  Tensor **h, *t;
  Shape s;
  long mark;
  int exact = lua_toboolean(L, 2);
  if (lt_test(L, 1)) {
    lua_settop(L, 1);
    return 1;
  }
  if (lua_type(L, 1) != LUA_TNUMBER && lua_type(L, 1) != LUA_TTABLE)
    lt_wrong(L, 1, "tensor", "value", "a number or nested lists of numbers");
  nested_shape(L, 1, &s);
  h = lt_handle(L);
  mark = scope_open();
  t = tensor_new(&s);
  lt_return(L, h, t, mark);
  lua_pushvalue(L, 1);
  nested_fill(L, &s, 0, exact, (*h)->data);  /* may raise: the handle owns it */
  if (s.ndim > 0 && s.dim[0] == shard_rows()) (*h)->varies = shard_whole() > 0;
  lua_pop(L, 1);
  lt_place(L, h);
  return 1;
}


/* shape(x) -> the sizes of its axes, a list */
static int l_shape(lua_State *L) {
  lt_pushshape(L, &lt_check(L, 1, "shape", "x")->shape);
  return 1;
}


/* size(x): the number of items; size(x, axis): along one axis */
static int l_size(lua_State *L) {
  Tensor *t = lt_check(L, 1, "size", "x");
  long axis, n = t->shape.ndim;
  if (lua_isnoneornil(L, 2)) lua_pushinteger(L, t->size);
  else {
    axis = lt_integer(L, 2, "size", "axis", -n, n);
    if (axis == 0)
      lt_wrong(L, 2, "size", "axis", "an axis in 1..%ld (or -%ld..-1, from "
               "the last)", n, n);
    lua_pushinteger(L, t->shape.dim[axis < 0 ? axis + n : axis - 1]);
  }
  return 1;
}


/* numel(x): the number of items */
static int l_numel(lua_State *L) {
  lua_pushinteger(L, lt_check(L, 1, "numel", "x")->size);
  return 1;
}


/* is_mask(x): whether each item is 0 or 1 by what made it, as in the result of
** a comparison; x[m] with such an m selects items */
static int l_is_mask(lua_State *L) {
  lua_pushboolean(L, tensor_mask(lt_check(L, 1, "is_mask", "x")));
  return 1;
}


/* rank(x) -> the number of its axes */
static int l_rank(lua_State *L) {
  lua_pushinteger(L, lt_check(L, 1, "rank", "x")->shape.ndim);
  return 1;
}


/* item(x) -> the number in a tensor of one item */
static int l_item(lua_State *L) {
  Tensor *t = lt_check(L, 1, "item", "x");
  real v;
  if (t->size != 1) lt_wrong(L, 1, "item", "x", "a tensor of one item");
  if (!tensor_read(t, 0, 1, &v)) return lt_raise(L);
  lua_pushnumber(L, (lua_Number)v);
  return 1;
}


#define MAXITEMS (1L << 28)   /* of a Lua table: 4 GB */

static const real *push_nested(lua_State *L, const Shape *s, int d,
                               const real *from) {
  long i;
  if (d == s->ndim) {
    lua_pushnumber(L, (lua_Number)*from);
    return from + 1;
  }
  lua_createtable(L, (int)s->dim[d], 0);
  for (i = 0; i < s->dim[d]; i++) {
    from = push_nested(L, s, d + 1, from);
    lua_rawseti(L, -2, i + 1);
  }
  return from;
}


/* lists and items are bounded: sizes before a 0 make lists that cost no
** tensor's memory */
static int l_table(lua_State *L) {
  Tensor *t = lt_host(L, 1, "table", "x");
  long lists = 1;
  int d;
  for (d = 0; d < t->shape.ndim; d++) {
    lists *= t->shape.dim[d];
    if (lists > MAXITEMS)
      lt_wrong(L, 1, "table", "x", "at most 2^28 lists and items");
  }
  push_nested(L, &t->shape, 0, t->data);
  return 1;
}


/* head(x, n) -> the first n items in row-major order, for printing */
static int l_head(lua_State *L) {
  Tensor *t = lt_host(L, 1, "head", "x");
  long i, n = lt_integer(L, 2, "head", "count", 0, MAXITEMS);
  if (n > t->size) n = t->size;
  lua_createtable(L, (int)n, 0);
  for (i = 0; i < n; i++) {
    lua_pushnumber(L, (lua_Number)t->data[i]);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}


/* data(x) -> the items as the machine has them: for hashing and for files */
static int l_data(lua_State *L) {
  Tensor *t = lt_host(L, 1, "data", "x");
  lua_pushlstring(L, (const char *)t->data, (size_t)t->size * sizeof(real));
  return 1;
}


/* assign(x, data): puts what x:data() gave into a leaf, in place */
static int l_assign(lua_State *L) {
  Tensor *t = lt_check(L, 1, "assign", "x");
  size_t n;
  const char *data = lua_type(L, 2) == LUA_TSTRING
                     ? lua_tolstring(L, 2, &n) : NULL;
  if (data == NULL) lt_wrong(L, 2, "assign", "data", "a string");
  if (t->node)
    lt_wrong(L, 1, "assign", "x", "a leaf, not a recorded tensor");
  if (n != (size_t)t->size * sizeof(real))
    lt_wrong(L, 2, "assign", "data", "%zu bytes, as x has",
             (size_t)t->size * sizeof(real));
  if (!tensor_write(t, (const real *)(const void *)data)) return lt_raise(L);
  tensor_written(t);
  return 0;
}


static int l_length(lua_State *L) {
  Tensor *t = lt_check(L, 1, "#", "x");
  lua_pushinteger(L, t->shape.ndim ? t->shape.dim[0] : 0);
  return 1;
}


/* release(x): gives its memory back at once; x is not to be used again */
static int l_release(lua_State *L) {
  Tensor **h = lt_slot(L, 1);
  if (h == NULL) lt_wrong(L, 1, "release", "x", "a tensor");
  tensor_drop(*h);
  *h = NULL;
  return 0;
}


/* reading a part */

static lua_CFunction ipairs_next;   /* what ipairs calls for each item */


/* whether it is ipairs that reads an index: it goes on until it finds nil */
static int in_ipairs(lua_State *L) {
  lua_Debug caller;
  int yes;
  if (!lua_getstack(L, 1, &caller) || !lua_getinfo(L, "f", &caller)) return 0;
  yes = ipairs_next && lua_tocfunction(L, -1) == ipairs_next;
  lua_pop(L, 1);
  return yes;
}


static void find_ipairs(lua_State *L) {
  if (lua_getglobal(L, "ipairs") == LUA_TFUNCTION) {
    lua_newtable(L);
    lua_call(L, 1, 1);
    ipairs_next = lua_tocfunction(L, -1);
  }
  lua_pop(L, 1);
}


/* x[i]: the i-th item along the first axis; -1 is the last */
static Tensor *row(Tensor *t, long i) {
  Attr a = {0};
  Shape s = t->shape;
  int d;
  a.lo.ndim = s.ndim;
  a.hi = s;
  a.lo.dim[0] = i;
  a.hi.dim[0] = i + 1;
  for (d = 1; d < s.ndim; d++) s.dim[d - 1] = s.dim[d];
  s.ndim--;
  return ts_reshape(op_apply(&op_slice, 1, &t, &a), &s);
}


/* x[key] of a list or a tensor: the metatable's __part, which is written in
** Lua, is called with x, the key and whether that is a mask */
static int part(lua_State *L) {
  Tensor *key = lt_test(L, 2);
  lt_metatable(L);
  lua_pushliteral(L, "__part");
  if (lua_rawget(L, -2) != LUA_TFUNCTION)
    lt_wrong(L, 2, "index", "i", "an integer");
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_pushboolean(L, key && tensor_mask(key));
  lua_call(L, 3, 1);
  return 1;
}


/* x.name where no method has that name: the metatable's __missing is called
** with x and the name; without one it is nil, and an error below */
static int missing(lua_State *L) {
  lt_metatable(L);
  lua_pushliteral(L, "__missing");
  if (lua_rawget(L, -2) != LUA_TFUNCTION) return 0;
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_call(L, 2, 1);
  return 1;
}


static int l_index(lua_State *L) {
  Tensor *t, **h;
  long mark;
  lua_Integer i;
  if (lua_type(L, 2) == LUA_TSTRING) {
    lt_methods(L);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, -2) != LUA_TNIL || missing(L)) return 1;
  }
  t = lt_test(L, 1);
  if (t == NULL) lt_wrong(L, 1, "index", "x", "a tensor");
  if (lua_type(L, 2) == LUA_TTABLE || lt_test(L, 2)) return part(L);
  if (lua_type(L, 2) != LUA_TNUMBER)
    lt_wrong(L, 2, "index", "i", "an integer, a list of them or of ranges "
             "{from, to}, a tensor of indices, a mask or a method's name");
  if (t->shape.ndim == 0)
    lt_wrong(L, 1, "index", "x", "one axis or more");
  if (lua_tointeger(L, 2) == t->shape.dim[0] + 1 && in_ipairs(L)) {
    lua_pushnil(L);
    return 1;
  }
  i = lt_integer(L, 2, "index", "i", -t->shape.dim[0], t->shape.dim[0]);
  if (i == 0)
    lt_wrong(L, 2, "index", "i", "an integer in 1..%ld", t->shape.dim[0]);
  h = lt_handle(L);
  mark = scope_open();
  return lt_return(L, h, row(t, i < 0 ? i + t->shape.dim[0] : i - 1), mark);
}


/* has_shape(x, shape) -> whether x is a tensor of these sizes: a list, or
** another tensor's; a tensor that was released has none */
static int l_has_shape(lua_State *L) {
  Tensor *x = lt_test(L, 1), *like = lt_test(L, 2);
  int d, list = lua_type(L, 2) == LUA_TTABLE, same = x && (like || list);
  if (!list && lt_slot(L, 2) == NULL)
    lt_wrong(L, 2, "has_shape", "shape", "a list of sizes or a tensor");
  if (same && like) same = shape_equal(&x->shape, &like->shape);
  else if (same) {
    same = x->shape.ndim == (long)lua_rawlen(L, 2);
    for (d = 0; same && d < x->shape.ndim; d++) {
      same = lua_rawgeti(L, 2, d + 1) == LUA_TNUMBER &&
             lua_tonumber(L, -1) == (lua_Number)x->shape.dim[d];
      lua_pop(L, 1);
    }
  }
  lua_pushboolean(L, same);
  return 1;
}


static const luaL_Reg constructors[] = {
  {"tensor", l_tensor}, {"zeros", l_zeros}, {"ones", l_ones},
  {"full", l_full}, {"arange", l_arange}, {"linspace", l_linspace},
  {"assign", l_assign}, {"has_shape", l_has_shape}, {NULL, NULL}
};

static const luaL_Reg methods[] = {
  {"shape", l_shape}, {"size", l_size}, {"numel", l_numel},
  {"rank", l_rank}, {"item", l_item}, {"table", l_table}, {"head", l_head},
  {"data", l_data}, {"is_mask", l_is_mask}, {"release", l_release}, {NULL, NULL}
};

static const luaL_Reg metamethods[] = {
  {"__gc", l_release}, {"__close", l_release}, {"__len", l_length},
  {"__index", l_index}, {NULL, NULL}
};


void lua_opentensor(lua_State *L) {
  find_ipairs(L);
  lt_methods(L);
  lt_setfuncs(L, methods);
  lt_metatable(L);
  lt_setfuncs(L, metamethods);
  lua_pushliteral(L, "tensor");
  lua_setfield(L, -2, "__name");
  lua_newtable(L);
  lt_setfuncs(L, constructors);
  lua_insert(L, -3);
  lua_setfield(L, -3, "metatable");
  lua_setfield(L, -2, "methods");
}
