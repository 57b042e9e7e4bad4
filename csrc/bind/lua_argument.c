/*
** lua_argument.c
** Arguments that are numbers, lists or sizes, of which some are refused that
** are of the right type.
*/

#include "bind/lua_teasel.h"

#include <math.h>
#include <string.h>

#define SHORT 64        /* items of a list */


/* whether the key below the value on top is the n of table.pack */
static int is_count(lua_State *L, long n) {
  return lua_type(L, -2) == LUA_TSTRING &&
         strcmp(lua_tostring(L, -2), "n") == 0 && lua_isinteger(L, -1) &&
         lua_tointeger(L, -1) == n;
}


/* of a long list only what Lua keeps behind its last item is looked at */
long lt_items(lua_State *L, int i, const char *who, const char *arg) {
  long n = (long)lua_rawlen(L, i);
  i = lua_absindex(L, i);
  luaL_checkstack(L, 4, NULL);
  if (n == 0 && (luaL_getmetafield(L, i, "__index") != LUA_TNIL ||
                 luaL_getmetafield(L, i, "__len") != LUA_TNIL))
    lt_wrong(L, i, who, arg, "a list with items of its own, none that its "
             "metatable gives");
  if (n > SHORT) lua_pushinteger(L, n);
  else lua_pushnil(L);
  while (lua_next(L, i)) {
    lua_Integer at = lua_isinteger(L, -2) ? lua_tointeger(L, -2) : 0;
    if ((at < 1 || at > n) && !is_count(L, n)) {
      if (n == 0) lt_wrong(L, i, who, arg, "a list");
      lt_error(L, "%s: argument '%s': got a list of %d items with the key "
               "'%s' too, wanted its items alone", who, arg, (int)n,
               luaL_tolstring(L, -2, NULL));
    }
    lua_pop(L, 1);
  }
  return n;
}


double lt_number(lua_State *L, int i, const char *who, const char *arg) {
  if (lua_type(L, i) != LUA_TNUMBER) lt_wrong(L, i, who, arg, "a number");
  return (double)lua_tonumber(L, i);
}


double lt_finite(lua_State *L, int i, const char *who, const char *arg) {
  double v = lt_number(L, i, who, arg);
  if (!isfinite(v)) lt_wrong(L, i, who, arg, "a finite number");
  return v;
}


double lt_beyond(lua_State *L, int i, const char *who, const char *arg,
                 double v, const char *other) {
  double w = lt_finite(L, i, who, arg);
  if (!isfinite(w - v))
    lt_wrong(L, i, who, arg, "a number less than 2^1024 from %s = %g", other,
             v);
  return w;
}


double lt_item(lua_State *L, int i, const char *who, const char *arg) {
  double v = lt_number(L, i, who, arg);
  lua_Integer whole = lua_isinteger(L, i) ? lua_tointeger(L, i) : 0;
  if ((long double)(real)whole != (long double)whole)
    lt_wrong(L, i, who, arg, "an integer that an item holds (all up to 2^%d "
             "are)", sizeof(real) == sizeof(double) ? 53 : 24);
  return v;
}


void lt_shape(lua_State *L, int i, int rest, const char *who,
              const char *arg, Shape *s) {
  int n, d, list = lua_type(L, i) == LUA_TTABLE;
  memset(s, 0, sizeof *s);
  if (!list && !rest) lt_wrong(L, i, who, arg, "a list of sizes");
  n = list ? (int)lt_items(L, i, who, arg) : lua_gettop(L) - i + 1;
  if (n > TS_MAXDIM)
    lt_error(L, "%s: argument '%s': got %d sizes, wanted at most %d", who,
             arg, n, TS_MAXDIM);
  for (d = 0; d < n; d++) {
    if (list) lua_rawgeti(L, i, d + 1);
    else lua_pushvalue(L, i + d);
    s->dim[d] = lt_integer(L, -1, who, arg, 0, TS_MAXSIZE);
    lua_pop(L, 1);
  }
  s->ndim = n;
  if (!shape_check(s, who)) lt_raise(L);
}


void lt_pushshape(lua_State *L, const Shape *s) {
  int d;
  lua_createtable(L, s->ndim, 0);
  for (d = 0; d < s->ndim; d++) {
    lua_pushinteger(L, s->dim[d]);
    lua_rawseti(L, -2, d + 1);
  }
}
