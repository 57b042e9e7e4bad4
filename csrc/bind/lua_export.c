/*
** lua_export.c
** Writing plain HDF5 files from Lua, rows at a time.
** Invariant: an export that Lua loses is aborted by the collector.
*/

#include <string.h>


#include "file/export.h"
#include "bind/lua_teasel.h"
#include "base/mem.h"

#define EXPORT LT_NAME("export")

typedef struct Handle {
  Export *x;     /* NULL: closed */
} Handle;

void lua_openexport(lua_State *L);


/* a failure ends the export: nothing else could be done with it */
static int failed(lua_State *L, Handle *h) {
  const char *s = ts_error();
  export_abort(h->x);
  h->x = NULL;
  luaL_pushfail(L);
  lua_pushstring(L, s ? s : "failed for no known reason");
  ts_clear();
  return 2;
}


static Handle *check_open(lua_State *L) {
  Handle *h = luaL_checkudata(L, 1, EXPORT);
  if (h->x == NULL) luaL_argerror(L, 1, "it is closed");
  return h;
}


/* export(path) -> an export */
static int l_export(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  Handle *h = lua_newuserdatauv(L, sizeof *h, 0);
  h->x = NULL;
  luaL_setmetatable(L, EXPORT);
  h->x = export_open(path);
  return h->x ? 1 : failed(L, h);
}


/* export:dataset(name, type, shape [, gzip = 0 [, chunk]]) -> its number */
static int x_dataset(lua_State *L) {
  Handle *h = check_open(L);
  const char *name = luaL_checkstring(L, 2);
  StoreType type = store_typeof(luaL_checkstring(L, 3));
  lua_Integer level = luaL_optinteger(L, 5, 0);
  lua_Integer chunk = luaL_optinteger(L, 6, 0);
  long dim[STORE_MAXDIM];
  lua_Integer ndim, i;
  int number;
  luaL_argcheck(L, type < STORE_TEXT, 3,
                "float32, float64, uint8 or int64 expected");
  luaL_checktype(L, 4, LUA_TTABLE);
  ndim = luaL_len(L, 4);
  luaL_argcheck(L, ndim <= STORE_MAXDIM, 4, "too many dimensions");
  luaL_argcheck(L, level >= 0 && level <= 9, 5, "0 to 9 expected");
  luaL_argcheck(L, chunk >= 0, 6, "a number of rows expected");
  for (i = 0; i < ndim; i++) {
    int isint;
    lua_geti(L, 4, i + 1);
    dim[i] = (long)lua_tointegerx(L, -1, &isint);
    luaL_argcheck(L, isint && dim[i] >= 0, 4, "sizes expected");
    lua_pop(L, 1);
  }
  number = export_dataset(h->x, name, type, (int)ndim, dim, (long)chunk,
                          (int)level);
  if (number < 0) return failed(L, h);
  lua_pushinteger(L, number + 1);
  return 1;
}


/* export:rows(number, bytes) -> true: the next rows of that dataset */
static int x_rows(lua_State *L) {
  Handle *h = check_open(L);
  lua_Integer i = luaL_checkinteger(L, 2) - 1;
  size_t n, size;
  const char *data = luaL_checklstring(L, 3, &n);
  luaL_argcheck(L, i >= 0 && i < export_count(h->x), 2, "no such dataset");
  size = export_rowsize(h->x, (int)i);
  if (size == 0 ? n > 0 : n % size > 0)
    return luaL_argerror(L, 3, "not a whole number of rows");
  if (!export_rows(h->x, (int)i, size ? (long)(n / size) : 0, data))
    return failed(L, h);
  lua_pushboolean(L, 1);
  return 1;
}


/* export:close() -> true: now the file is there */
static int x_close(lua_State *L) {
  Handle *h = check_open(L);
  Export *x = h->x;
  h->x = NULL;
  if (!export_close(x)) return failed(L, h);
  lua_pushboolean(L, 1);
  return 1;
}


/* export:abort(): as if it had never begun */
static int x_abort(lua_State *L) {
  Handle *h = luaL_checkudata(L, 1, EXPORT);
  export_abort(h->x);
  h->x = NULL;
  return 0;
}


static const luaL_Reg methods[] = {
  {"dataset", x_dataset}, {"rows", x_rows}, {"close", x_close},
  {"abort", x_abort},
  {"__gc", x_abort}, {"__close", x_abort}, {NULL, NULL}
};


/* pushes the function `export` */
void lua_openexport(lua_State *L) {
  lt_kind(L, EXPORT, x_abort, methods);
  lt_function(L, "export", l_export);
}
