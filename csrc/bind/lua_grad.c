/*
** lua_grad.c
** What lua/teasel/grad.lua is made of: recording, variables, the walk back.
*/

#include "bind/lua_teasel.h"
#include "graph/grad.h"
#include "graph/op.h"

#include <string.h>


/* record(true) begins to record, record(false) ends it; they nest */
static int l_record(lua_State *L) {
  int begins;
  if (lua_type(L, 1) != LUA_TBOOLEAN)
    lt_wrong(L, 1, "record", "on", "true or false");
  begins = lua_toboolean(L, 1);
  if (!begins && op_record(0) == 0)
    lt_wrong(L, 1, "record", "on", "true before it: nothing is recorded");
  op_record(begins ? 1 : -1);
  return 0;
}


static int l_recording(lua_State *L) {
  lua_pushboolean(L, op_record(0) > 0);
  return 1;
}


/* leaf(t): a fresh variable equal to t */
static int l_leaf(lua_State *L) {
  Tensor *t = lt_check(L, 1, "leaf", "x");
  Tensor **h = lt_handle(L);
  long mark = scope_open();
  return lt_return(L, h, op_leaf(t), mark);
}


/* constant(t): t without its history */
static int l_constant(lua_State *L) {
  Tensor *t = lt_check(L, 1, "stop_gradient", "x");
  Tensor **h;
  long mark;
  lua_settop(L, 1);
  if (t->node == NULL) return 1;
  h = lt_handle(L);
  mark = scope_open();
  return lt_return(L, h, op_constant(t), mark);
}


static int l_recorded(lua_State *L) {
  lua_pushboolean(L, lt_check(L, 1, "recorded", "x")->node != NULL);
  return 1;
}


/* pointers to the tensors of the list at i; the list keeps them alive */
static Tensor **read_list(lua_State *L, int i, const char *arg, int *n) {
  Tensor **t;
  int j;
  if (lua_type(L, i) != LUA_TTABLE)
    lt_wrong(L, i, "backward", arg, "a list of tensors");
  *n = (int)lua_rawlen(L, i);
  t = lt_scratch(L, (size_t)(*n + 1) * sizeof *t);
  for (j = 0; j < *n; j++) {
    lua_rawgeti(L, i, j + 1);
    t[j] = lt_check(L, -1, "backward", arg);
    lua_pop(L, 1);
  }
  return t;
}


/* backward({y...}, {seed...}, {x...} [, part]) -> list of gradients in the x of
** sum <seed, y>; part: false for an x that no y depends on, see ts_backward */
static int l_backward(lua_State *L) {
  Tensor **y, **seed, **x, **dx, ***h;
  int ny, nseed, nx, i, ok, part;
  size_t bytes = 0;
  long mark;
  lua_settop(L, 4);
  part = lua_toboolean(L, 4);
  y = read_list(L, 1, "y", &ny);
  seed = read_list(L, 2, "seed", &nseed);
  x = read_list(L, 3, "x", &nx);
  if (ny != nseed)
    lt_error(L, "backward: argument 'seed': got %d tensors, wanted %d, one "
             "for each y", nseed, ny);
  for (i = 0; i < ny; i++)
    if (!shape_equal(&y[i]->shape, &seed[i]->shape)) {
      lua_rawgeti(L, 2, i + 1);
      lt_wrong(L, -1, "backward", "seed", "the shape of y[%d]", i + 1);
    }
  for (i = 0; i < nx; i++) {
    if (x[i]->node == NULL) {
      lua_rawgeti(L, 3, i + 1);
      lt_wrong(L, -1, "backward", "x", "a variable (see leaf)");
    }
    bytes += sizeof(real) * (size_t)x[i]->size;
  }
  /* those of the step before are likely to be garbage by now */
  lt_budgetfor(L, bytes);
  dx = lt_scratch(L, (size_t)(nx + 1) * sizeof *dx);
  h = lt_scratch(L, (size_t)(nx + 1) * sizeof *h);
  lua_createtable(L, nx, 0);
  for (i = 0; i < nx; i++) {
    h[i] = lt_handle(L);
    lua_rawseti(L, -2, i + 1);
  }
  mark = scope_open();
  ok = ts_backward(ny, y, seed, nx, x, dx, part);
  for (i = 0; ok && i < nx; i++)
    if (dx[i]) *h[i] = tensor_keep(dx[i]);
  scope_close(mark, NULL);
  if (!ok) return lt_raise(L);
  for (i = 0; i < nx; i++)
    if (dx[i] == NULL) {
      lua_pushboolean(L, 0);
      lua_rawseti(L, -2, i + 1);
    }
  return 1;
}


/* whole(f, ...) -> what f(...) gives. It is called from C, so that it cannot
** yield: nobody else runs before it has ended. */
static int l_whole(lua_State *L) {
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}


static const luaL_Reg functions[] = {
  {"record", l_record}, {"recording", l_recording}, {"leaf", l_leaf},
  {"constant", l_constant}, {"recorded", l_recorded},
  {"backward", l_backward}, {NULL, NULL}
};


void lua_opengrad(lua_State *L) {
  lua_newtable(L);
  lt_setfuncs(L, functions);
  lua_pushcfunction(L, l_whole);   /* reads nothing that is to be held */
  lua_setfield(L, -2, "whole");
}
