/*
** lua_op.c
** One function calls them all: an op's row says how to read its arguments.
** After the operands, attributes come in order or in one table by name:
**   conv(x, w, 2, "same")    conv(x, w, {stride = 2, pad = "same"})
*/

#include "bind/lua_teasel.h"
#include "graph/op.h"

#include <stdlib.h>
#include <string.h>

#define FEW 4      /* operands, but for ops that take a list */

typedef struct Reading {
  lua_State *L;
  const Op *op;
  const char *name;       /* that it was called by */
  Attr attr;
  int nin;
  Tensor **in;            /* NULL where the operand is a number */
  Tensor *few[FEW];
  double number[FEW];
} Reading;


static int rank_of(const Reading *r) {
  return r->nin && r->in[0] ? r->in[0]->shape.ndim : 0;
}


static void read_operand(Reading *r, const Arg *arg, int i) {
  Tensor *t = lt_test(r->L, i);
  if (t == NULL && lua_type(r->L, i) != LUA_TNUMBER)
    lt_wrong(r->L, i, r->name, arg->name, "a tensor or a number");
  r->number[r->nin] = t ? 0 : lt_item(r->L, i, r->name, arg->name);
  r->in[r->nin++] = t;
}


static void read_list(Reading *r, const Arg *arg, int i) {
  lua_State *L = r->L;
  long j, n = lua_type(L, i) == LUA_TTABLE
              ? lt_items(L, i, r->name, arg->name) : 0;
  if (n == 0)
    lt_wrong(L, i, r->name, arg->name, "a list of one or more tensors");
  r->in = lt_scratch(L, (size_t)n * sizeof *r->in);
  for (j = 0; j < n; j++) {
    lua_rawgeti(L, i, j + 1);
    r->in[j] = lt_test(L, -1);
    if (r->in[j] == NULL)
      lt_wrong(L, -1, r->name, arg->name, "a tensor at place %ld",
               j + 1);
    lua_pop(L, 1);  /* the list keeps it */
  }
  r->nin = (int)n;
}


/* an axis, 1..n or -n..-1, as 0..n-1 */
static int read_axis(Reading *r, const Arg *arg, int i) {
  int n = rank_of(r);
  lua_State *L = r->L;
  int ok = 0;
  lua_Integer a = 0;
  if (lua_type(L, i) == LUA_TNUMBER) a = lua_tointegerx(L, i, &ok);
  if (!ok || a == 0 || a > n || a < -n) {
    if (n == 0)
      lt_wrong(L, i, r->name, arg->name, "no axis: %s has none",
               r->op->args[0].name);
    lt_wrong(L, i, r->name, arg->name, "an axis in 1..%d (or -%d..-1, "
             "from the last)", n, n);
  }
  return (int)(a < 0 ? a + n : a - 1);
}


static unsigned read_axes(Reading *r, const Arg *arg, int i) {
  unsigned axes = 0;
  long j, n;
  if (lua_type(r->L, i) != LUA_TTABLE) return 1u << read_axis(r, arg, i);
  n = lt_items(r->L, i, r->name, arg->name);
  for (j = 1; j <= n; j++) {
    unsigned axis;
    lua_rawgeti(r->L, i, j);
    axis = 1u << read_axis(r, arg, -1);
    if (axes & axis)
      lt_wrong(r->L, -1, r->name, arg->name, "each axis once");
    axes |= axis;
    lua_pop(r->L, 1);
  }
  return axes;
}


static void read_perm(Reading *r, const Arg *arg, int i, Shape *s) {
  int d, n = rank_of(r);
  unsigned seen = 0;
  if (lua_type(r->L, i) != LUA_TTABLE ||
      lt_items(r->L, i, r->name, arg->name) != n)
    lt_wrong(r->L, i, r->name, arg->name, "a list of %d axes", n);
  s->ndim = n;
  for (d = 0; d < n; d++) {
    lua_rawgeti(r->L, i, d + 1);
    s->dim[d] = read_axis(r, arg, -1);
    if (seen >> s->dim[d] & 1)
      lt_wrong(r->L, -1, r->name, arg->name, "each axis once");
    seen |= 1u << s->dim[d];
    lua_pop(r->L, 1);
  }
}


/* one integer per axis. Starts and stops count from 1, or from -1 for the
** last; a start becomes 0-based, and so does the item after a stop. */
static void read_corner(Reading *r, const Arg *arg, int i, Shape *s) {
  lua_State *L = r->L;
  int d, n = rank_of(r);
  if (lua_type(L, i) != LUA_TTABLE ||
      lt_items(L, i, r->name, arg->name) != n)
    lt_wrong(L, i, r->name, arg->name, "a list of %d integers, one for "
             "each axis of %s", n, r->op->args[0].name);
  s->ndim = n;
  for (d = 0; d < n; d++) {
    long size = r->in[0]->shape.dim[d], v;
    lua_rawgeti(L, i, d + 1);
    if (arg->kind == ARG_AMOUNTS)
      v = lt_integer(L, -1, r->name, arg->name, 0, TS_MAXSIZE);
    else {
      v = lt_integer(L, -1, r->name, arg->name, -size,
                     arg->kind == ARG_STARTS ? size + 1 : size);
      if (v < 0) v += size + 1;
      if (arg->kind == ARG_STARTS) {
        if (v == 0)
          lt_wrong(L, -1, r->name, arg->name, "an index in 1..%ld",
                   size);
        v--;
      }
    }
    s->dim[d] = v;
    lua_pop(L, 1);
  }
}


/* sizes, of which one may be -1: then it is what the items of x are enough
** for */
static void read_sizes(Reading *r, const Arg *arg, int i, Shape *s) {
  lua_State *L = r->L;
  long size = r->in[0] ? r->in[0]->size : 1, others = 1;
  int d, n, open = -1;
  if (lua_type(L, i) != LUA_TTABLE)
    lt_wrong(L, i, r->name, arg->name, "a list of sizes");
  n = (int)lt_items(L, i, r->name, arg->name);
  for (d = 0; d < n && open < 0; d++) {
    int whole;
    lua_rawgeti(L, i, d + 1);
    if (lua_type(L, -1) == LUA_TNUMBER &&
        lua_tointegerx(L, -1, &whole) == -1 && whole)
      open = d;
    lua_pop(L, 1);
  }
  if (open < 0) {
    lt_shape(L, i, 0, r->name, arg->name, s);
    return;
  }
  if (n > TS_MAXDIM)
    lt_wrong(L, i, r->name, arg->name, "at most %d sizes", TS_MAXDIM);
  s->ndim = n;
  for (d = 0; d < n; d++) {
    if (d == open) continue;
    lua_rawgeti(L, i, d + 1);
    s->dim[d] = lt_integer(L, -1, r->name, arg->name, 0, TS_MAXSIZE);
    lua_pop(L, 1);
    others = others > TS_MAXSIZE / (s->dim[d] + 1) ? TS_MAXSIZE
                                                   : others * s->dim[d];
  }
  if (others == 0 || size % others != 0)
    lt_error(L, "%s: argument '%s': got -1 beside sizes of %I items, wanted "
             "sizes that divide the %I items of %s", r->name, arg->name,
             (LUAI_UACINT)others, (LUAI_UACINT)size, r->op->args[0].name);
  s->dim[open] = size / others;
}


static void read_pair(Reading *r, const Arg *arg, int i, long *v) {
  lua_State *L = r->L;
  int d;
  if (lua_type(L, i) != LUA_TTABLE)
    v[0] = v[1] = lt_integer(L, i, r->name, arg->name, 1, TS_MAXSIZE);
  else if (lt_items(L, i, r->name, arg->name) != 2)
    lt_wrong(L, i, r->name, arg->name, "an integer or a list of two");
  else
    for (d = 0; d < 2; d++) {
      lua_rawgeti(L, i, d + 1);
      v[d] = lt_integer(L, -1, r->name, arg->name, 1, TS_MAXSIZE);
      lua_pop(L, 1);
    }
}


static void read_pad(Reading *r, const Arg *arg, int i, long *v) {
  lua_State *L = r->L;
  const char *wanted = "an integer, {y, x}, {top, bottom, left, right} or "
                       "\"same\"";
  int d, n;
  if (lua_type(L, i) == LUA_TSTRING &&
      strcmp(lua_tostring(L, i), "same") == 0)
    for (d = 0; d < 4; d++) v[d] = PAD_SAME;
  else if (lua_type(L, i) == LUA_TNUMBER)
    for (d = 0; d < 4; d++)
      v[d] = lt_integer(L, i, r->name, arg->name, 0, TS_MAXSIZE);
  else if (lua_type(L, i) == LUA_TTABLE &&
           ((n = (int)lt_items(L, i, r->name, arg->name)) == 2 || n == 4))
    for (d = 0; d < 4; d++) {
      lua_rawgeti(L, i, n == 4 ? d + 1 : d / 2 + 1);
      v[d] = lt_integer(L, -1, r->name, arg->name, 0, TS_MAXSIZE);
      lua_pop(L, 1);
    }
  else lt_wrong(L, i, r->name, arg->name, "%s", wanted);
}


static void read_standard(Reading *r, const Arg *arg) {
  char *field = (char *)&r->attr + arg->at;
  long *v = (long *)field;
  int d, n = rank_of(r);
  switch (arg->kind) {
    case ARG_AXES: *(unsigned *)field = (1u << n) - 1; break;
    case ARG_AXIS:
      if (n == 0)
        lt_error(r->L, "%s: argument '%s': got nothing, wanted no axis: "
                   "%s has none", r->name, arg->name,
                   r->op->args[0].name);
      *(int *)field = atoi(arg->default_text) < 0 ? n - 1 : 0;
      break;
    case ARG_PERM:
      ((Shape *)field)->ndim = n;
      for (d = 0; d < n; d++) ((Shape *)field)->dim[d] = n - 1 - d;
      break;
    case ARG_PAIR: v[0] = v[1] = atol(arg->default_text); break;
    case ARG_PAD: break;
    case ARG_BOOL: break;
    default: *(double *)field = strtod(arg->default_text, NULL);
  }
}


/* the attribute `arg` from the value at i */
static void read_attribute(Reading *r, const Arg *arg, int i) {
  char *field = (char *)&r->attr + arg->at;
  lua_State *L = r->L;
  if (lua_isnoneornil(L, i)) {
    if (arg->default_text == NULL)
      lt_wrong(L, i, r->name, arg->name, "a value: it has no default");
    read_standard(r, arg);
    return;
  }
  switch (arg->kind) {
    case ARG_AXIS: *(int *)field = read_axis(r, arg, i); break;
    case ARG_AXES: *(unsigned *)field = read_axes(r, arg, i); break;
    case ARG_PERM: read_perm(r, arg, i, (Shape *)field); break;
    case ARG_SHAPE:
      lt_shape(L, i, 0, r->name, arg->name, (Shape *)field);
      break;
    case ARG_SIZES: read_sizes(r, arg, i, (Shape *)field); break;
    case ARG_STARTS: case ARG_STOPS: case ARG_AMOUNTS:
      read_corner(r, arg, i, (Shape *)field);
      break;
    case ARG_COUNT:
      *(long *)field = lt_integer(L, i, r->name, arg->name, 0,
                                  TS_MAXSIZE);
      break;
    case ARG_PAIR: read_pair(r, arg, i, (long *)field); break;
    case ARG_PAD: read_pad(r, arg, i, (long *)field); break;
    case ARG_PLACE:
      if (!device_find(lt_string(L, i, r->name, arg->name), r->name,
                       arg->name, (const Backend **)(void *)field))
        lt_raise(L);
      break;
    case ARG_BOOL:
      if (lua_type(L, i) != LUA_TBOOLEAN)
        lt_wrong(L, i, r->name, arg->name, "true or false");
      *(int *)field = lua_toboolean(L, i);
      break;
    default:
      *(double *)field = lt_number(L, i, r->name, arg->name);
  }
}


/* whether the value at i, where `arg` stands, is a table of options. An empty
** one is, unless `arg` is itself a list. */
static int by_name(lua_State *L, int i, const Arg *arg) {
  int named = 0;
  if (lua_type(L, i) == LUA_TTABLE) {
    lua_pushnil(L);
    if (lua_next(L, i)) {
      named = lua_type(L, -2) == LUA_TSTRING;
      lua_pop(L, 2);
    }
    else named = arg->kind < ARG_AXES || arg->kind > ARG_AMOUNTS;
  }
  return named;
}


/* pushes the names of arguments, with commas between them */
static const char *push_names(lua_State *L, const Arg *args) {
  const Arg *a;
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (a = args; a->name; a++) {
    luaL_addstring(&b, a == args ? "" : ", ");
    luaL_addstring(&b, a->name);
  }
  luaL_pushresult(&b);
  return lua_tostring(L, -1);
}


/* raises if the table at i has a key that is no attribute, or gets some from
** its metatable, where they would be overlooked */
static void check_names(Reading *r, const Arg *args, int i) {
  lua_State *L = r->L;
  if (luaL_getmetafield(L, i, "__index") != LUA_TNIL)
    lt_error(L, "%s: got options with a metatable's __index, wanted all of "
             "them in the table itself", r->name);
  lua_pushnil(L);
  while (lua_next(L, i)) {
    const Arg *a = args;
    lua_pop(L, 1);
    while (a->name && (lua_type(L, -1) != LUA_TSTRING ||
                       strcmp(a->name, lua_tostring(L, -1)) != 0))
      a++;
    if (a->name == NULL) {
      const char *got = luaL_tolstring(L, -1, NULL);
      lt_error(L, "%s: got the option '%s', wanted one of: %s",
               r->name, got, push_names(L, args));
    }
  }
}


static void read_arguments(Reading *r) {
  lua_State *L = r->L;
  const Arg *arg = r->op->args, *rest;
  int i = 1, n, top = lua_gettop(L);
  for (n = 0; arg[n].name; n++) {}
  if (top > n)   /* named, since reshape(x, 3, 2) is to be a list */
    lt_error(L, "%s: got %d arguments, wanted at most %d: %s(%s)", r->name,
             top, n, r->name, push_names(L, r->op->args));
  lua_settop(L, n);
  for (; arg->kind <= ARG_TENSORS && arg->name; arg++, i++) {
    if (arg->kind == ARG_TENSORS) read_list(r, arg, i);
    else read_operand(r, arg, i);
  }
  rest = arg;
  if (i == top && rest->name && by_name(L, i, rest)) {
    check_names(r, rest, i);
    for (; arg->name; arg++) {
      lua_pushstring(L, arg->name);
      lua_rawget(L, i);
      read_attribute(r, arg, lua_gettop(L));
      lua_pop(L, 1);
    }
  }
  else
    for (; arg->name; arg++, i++)
      read_attribute(r, arg, i);
}


static int l_call(lua_State *L) {
  Reading r;
  Tensor **h, *y;
  long mark;
  int k, tensors = 0;
  memset(&r, 0, sizeof r);
  r.L = L;
  r.op = lua_touserdata(L, lua_upvalueindex(3));
  r.name = lt_who();
  r.in = r.few;
  read_arguments(&r);
  h = lt_handle(L);
  mark = scope_open();
  for (k = 0; k < r.nin; k++) {
    tensors |= r.in[k] != NULL;
    if (r.in[k] == NULL) r.in[k] = tensor_number(r.number[k]);
  }
  if (!tensors && device_default())  /* made of no tensor */
    for (k = 0; k < r.nin; k++)
      r.in[k] = tensor_moved(r.in[k], device_default());
  y = op_apply(r.op, r.nin, r.in, &r.attr);
  if (y == NULL) lt_rename(r.op->name, r.name);
  return lt_return(L, h, y, mark);
}


/* named(op, name) -> the op as a function whose errors say `name` */
static int l_named(lua_State *L) {
  const char *op = lt_string(L, 1, "named", "op");
  const char *name = lt_string(L, 2, "named", "name");
  int i = 0;
  while (op_registry[i] && strcmp(op_registry[i]->name, op) != 0) i++;
  if (op_registry[i] == NULL) lt_wrong(L, 1, "named", "op", "an op's name");
  lt_bound(L, name, l_call, op_registry[i]);
  return 1;
}


static const struct { const char *event, *op; } operators[] = {
  {"__add", "add"}, {"__sub", "sub"}, {"__mul", "mul"}, {"__div", "div"},
  {"__pow", "pow"}
};


/* Lua passes the operand of a unary operator twice */
static int l_unm(lua_State *L) {
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 1, 1);
  return 1;
}


void lua_openops(lua_State *L) {
  size_t i;
  int ops;
  lua_newtable(L);
  ops = lua_gettop(L);
  lt_methods(L);
  for (i = 0; op_registry[i]; i++) {
    lt_bound(L, op_registry[i]->name, l_call, op_registry[i]);
    lua_pushvalue(L, -1);
    lua_setfield(L, ops, op_registry[i]->name);
    lua_setfield(L, -2, op_registry[i]->name);
  }
  lua_pop(L, 1);
  lt_metatable(L);
  for (i = 0; i < sizeof operators / sizeof operators[0]; i++) {
    lua_getfield(L, ops, operators[i].op);
    lua_setfield(L, -2, operators[i].event);
  }
  lua_getfield(L, ops, "neg");
  lua_pushcclosure(L, l_unm, 1);
  lua_setfield(L, -2, "__unm");
  lua_pop(L, 1);
  lua_pushvalue(L, ops);
  lua_openregistry(L);
  lua_pop(L, 1);
  lt_function(L, "named", l_named);
  lua_setfield(L, ops, "named");
}
