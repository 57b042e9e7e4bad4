/*
** lua_export.c
** Writing plain HDF5 files from Lua, rows at a time.
** Invariant: an export that Lua loses is aborted by the collector.
*/

#include "file/export.h"
#include "bind/lua_teasel.h"
#include "base/mem.h"

#define EXPORT LT_NAME("export")

void lua_openexport(lua_State *L);


/* a failure ends the export: nothing else could be done with it */
static int failed(lua_State *L, void **p) {
  export_abort(*p);
  *p = NULL;
  return lt_fail(L);
}


static Export *check_open(lua_State *L) {
  return lt_boxed(L, 1, EXPORT, lt_who(), "self");
}


/* export(path) -> an export */
static int l_export(lua_State *L) {
  const char *path = lt_string(L, 1, "export", "path");
  void **p = lt_box(L, EXPORT);
  *p = export_open(path);
  return *p ? 1 : lt_fail(L);
}


/* the optional integer at i, 0..most */
static long optional(lua_State *L, int i, const char *arg, long most) {
  return lua_isnoneornil(L, i) ? 0 : lt_integer(L, i, "dataset", arg, 0, most);
}


/* export:dataset(name, type, shape [, gzip = 0 [, chunk]]) -> its number */
static int x_dataset(lua_State *L) {
  Export *x = check_open(L);
  const char *name = lt_string(L, 2, "dataset", "name");
  StoreType type = store_typeof(lt_string(L, 3, "dataset", "type"));
  long dim[STORE_MAXDIM], level, chunk;
  int ndim, i, number;
  if (type >= STORE_TEXT)
    lt_wrong(L, 3, "dataset", "type",
             "float32, float64, float16, uint8 or int64");
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
  number = export_dataset(x, name, type, ndim, dim, chunk, (int)level);
  if (number < 0) return failed(L, lua_touserdata(L, 1));
  lua_pushinteger(L, number + 1);
  return 1;
}


/* export:rows(number, bytes) -> true: the next rows of that dataset */
static int x_rows(lua_State *L) {
  Export *x = check_open(L);
  size_t n, size;
  const char *data = lt_bytes(L, 3, "rows", "bytes", &n);
  int count = export_count(x), i;
  if (count == 0) lt_wrong(L, 2, "rows", "number", "that of a dataset");
  i = (int)lt_integer(L, 2, "rows", "number", 1, count) - 1;
  size = export_rowsize(x, i);
  if (size == 0 ? n > 0 : n % size > 0)
    lt_error(L, "rows: argument 'bytes': got %I bytes, wanted whole rows of "
             "%I", (lua_Integer)n, (lua_Integer)size);
  if (!export_rows(x, i, size ? (long)(n / size) : 0, data))
    return failed(L, lua_touserdata(L, 1));
  lua_pushboolean(L, 1);
  return 1;
}


/* export:close() -> true: now the file is there */
static int x_close(lua_State *L) {
  Export *x = check_open(L);
  *(void **)lua_touserdata(L, 1) = NULL;
  if (!export_close(x)) return lt_fail(L);
  lua_pushboolean(L, 1);
  return 1;
}


/* export:abort(): as if it had never begun */
LT_CLOSE(x_abort, EXPORT, export_abort)


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
