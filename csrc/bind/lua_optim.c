/*
** lua_optim.c
** The fused updates, as optim.lua and nn.lua call them.
*/

#include "bind/lua_teasel.h"
#include "graph/optim.h"

#include <string.h>

static const char *const rules[] = {
  "sgd", "momentum", "adagrad", "rmsprop", "adam"
};


static OptimRule read_rule(lua_State *L, int i) {
  int r;
  if (lua_type(L, i) == LUA_TSTRING)
    for (r = OPTIM_SGD; r <= OPTIM_ADAM; r++)
      if (strcmp(lua_tostring(L, i), rules[r]) == 0) return (OptimRule)r;
  lt_wrong(L, i, "update", "rule", "sgd, momentum, adagrad, rmsprop or adam");
  return OPTIM_SGD;
}


static double field(lua_State *L, int i, const char *name, double otherwise) {
  double v = otherwise;
  lua_pushstring(L, name);
  if (lua_rawget(L, i) != LUA_TNIL)
    v = lt_number(L, -1, "update", name);
  lua_pop(L, 1);
  return v;
}


/* update(rule, weights, gradient, {slot...}, rates): in place */
static int l_update(lua_State *L) {
  OptimRule rule = read_rule(L, 1);
  Tensor *p = lt_check(L, 2, "update", "weights");
  Tensor *g = lt_check(L, 3, "update", "gradient");
  Tensor *slot[2];
  UpdateRate u;
  int i;
  if (lua_type(L, 4) != LUA_TTABLE)
    lt_wrong(L, 4, "update", "slots", "a list of tensors");
  if (lua_type(L, 5) != LUA_TTABLE)
    lt_wrong(L, 5, "update", "rates", "a table of numbers");
  for (i = 0; i < optim_slots(rule); i++) {
    lua_rawgeti(L, 4, i + 1);
    slot[i] = lt_check(L, -1, "update", "slots");
    lua_pop(L, 1);
  }
  u.lr = field(L, 5, "lr", 0);
  u.b1 = field(L, 5, "b1", 0);
  u.b2 = field(L, 5, "b2", 0);
  u.eps = field(L, 5, "eps", 0);
  u.l2 = field(L, 5, "l2", 0);
  u.keep = field(L, 5, "keep", 1);
  u.fix = field(L, 5, "fix", 1);
  lua_pushliteral(L, "nesterov");
  lua_rawget(L, 5);
  u.nesterov = lua_toboolean(L, -1);
  return optim_update(rule, p, slot, g, &u) ? 0 : lt_raise(L);
}


/* blend(y, x, rate): y = (1 - rate) y + rate x, in place */
static int l_blend(lua_State *L) {
  Tensor *y = lt_check(L, 1, "blend", "y");
  Tensor *x = lt_check(L, 2, "blend", "x");
  return optim_blend(y, x, lt_number(L, 3, "blend", "rate"))
         ? 0 : lt_raise(L);
}


/* track(mean, var, x, rate): see optim_track */
static int l_track(lua_State *L) {
  Tensor *mean = lt_check(L, 1, "track", "mean");
  Tensor *var = lt_check(L, 2, "track", "var");
  Tensor *x = lt_check(L, 3, "track", "x");
  return optim_track(mean, var, x, lt_number(L, 4, "track", "rate"))
         ? 0 : lt_raise(L);
}


static const luaL_Reg functions[] = {
  {"update", l_update}, {"blend", l_blend}, {"track", l_track},
  {NULL, NULL}
};


void lua_openoptim(lua_State *L) {
  lua_newtable(L);
  lt_setfuncs(L, functions);
}
