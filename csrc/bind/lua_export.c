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
  Handle *h = lt_self(L, EXPORT);
  if (h->x == NULL) lt_closed(L, EXPORT);
  return h;
}


/* export(path) -> an export */
static int l_export(lua_State *L) {
  const char *path = lt_string(L, 1, "export", "path");
  Handle *h = lua_newuserdatauv(L, sizeof *h, 0);
  h->x = NULL;
  luaL_setmetatable(L, EXPORT);
  h->x = export_open(path);
  return h->x ? 1 : failed(L, h);
}


/* the optional integer at i, 0..most */
static long optional(lua_State *L, int i, const char *arg, long most) {
  return lua_isnoneornil(L, i) ? 0 : lt_integer(L, i, "dataset", arg, 0, most);
}


/* export:dataset(name, type, shape [, gzip = 0 [, chunk]]) -> its number */
static int x_dataset(lua_State *L) {
  Handle *h = check_open(L);
  const char *name = lt_string(L, 2, "dataset", "name");
  StoreType type = store_typeof(lt_string(L, 3, "dataset", "type"));
  long dim[STORE_MAXDIM], level, chunk;
  int ndim, i, number;
  if (type >= STORE_TEXT)
    lt_wrong(L, 3, "dataset", "type", "float32, float64, uint8 or int64");
  lt_table(L, 4, "dataset", "shape");
  level = optional(L, 5, "gzip", 9);
  chunk = optional(L, 6, "chunk", TS_MAXSIZE);
  ndim = (int)lua_rawlen(L, 4);
  if (ndim > STORE_MAXDIM)
    lt_error(L, "dataset: argument 'shape': got %d sizes, wanted at most %d",
             ndim, STORE_MAXDIM);
  for (i = 0; i < ndim; i++) {
    lua_rawgeti(L, 4, i + 1);
    dim[i] = lt_integer(L, -1, "dataset", "shape", 0, TS_MAXSIZE);
    lua_pop(L, 1);
  }
  number = export_dataset(h->x, name, type, ndim, dim, chunk, (int)level);
  if (number < 0) return failed(L, h);
  lua_pushinteger(L, number + 1);
  return 1;
}


/* export:rows(number, bytes) -> true: the next rows of that dataset */
static int x_rows(lua_State *L) {
  Handle *h = check_open(L);
  size_t n, size;
  const char *data = lt_bytes(L, 3, "rows", "bytes", &n);
  int count = export_count(h->x), i;
  if (count == 0) lt_wrong(L, 2, "rows", "number", "that of a dataset");
  i = (int)lt_integer(L, 2, "rows", "number", 1, count) - 1;
  size = export_rowsize(h->x, i);
  if (size == 0 ? n > 0 : n % size > 0)
    lt_error(L, "rows: argument 'bytes': got %I bytes, wanted whole rows of "
             "%I", (lua_Integer)n, (lua_Integer)size);
  if (!export_rows(h->x, i, size ? (long)(n / size) : 0, data))
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
  Handle *h = lt_self(L, EXPORT);
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
