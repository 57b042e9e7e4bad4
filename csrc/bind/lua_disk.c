/*
** lua_disk.c
** Files that do not fit into memory, for Lua: written piece by piece, and
** there in one moment or not at all; and rows of bytes that are read as reals
** when they are asked for.
*/

#include "bind/lua_teasel.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/mem.h"
#include "file/disk.h"
#include "file/file.h"

#define WRITER LT_NAME("filewriter")
#define ROWS LT_NAME("diskrows")

typedef struct Writer {
  FileTemp *temp;     /* NULL: ended */
  size_t at;
} Writer;

typedef struct Rows {
  Disk *disk;         /* NULL: closed */
  Shape shape;        /* of all */
} Rows;


static Writer *check_writer(lua_State *L, const char *who) {
  Writer *w = luaL_testudata(L, 1, WRITER);
  if (w == NULL || w->temp == NULL)
    lt_wrong(L, 1, who, "self", "a writer that was not ended");
  return w;
}


/* begin(path) -> a writer of a file that comes to be there when it is
** committed; nil, message where it cannot be written, or another process is
** at it */
static int l_begin(lua_State *L) {
  const char *path = lt_string(L, 1, "begin", "path");
  Writer *w = lua_newuserdatauv(L, sizeof *w, 0);
  w->temp = NULL;
  w->at = 0;
  luaL_setmetatable(L, WRITER);
  w->temp = file_begin(path);
  return w->temp ? 1 : lt_fail(L);
}


/* writer:write(bytes) -> true: the next bytes */
static int l_write(lua_State *L) {
  Writer *w = check_writer(L, "write");
  size_t n;
  const char *s = lua_type(L, 2) == LUA_TSTRING ? lua_tolstring(L, 2, &n)
                                                : NULL;
  if (s == NULL) lt_wrong(L, 2, "write", "bytes", "a string");
  if (!file_write(w->temp, w->at, s, n)) return lt_fail(L);
  w->at += n;
  lua_pushboolean(L, 1);
  return 1;
}


/* writer:commit() -> true: now the file is there */
static int l_commit(lua_State *L) {
  Writer *w = check_writer(L, "commit");
  FileTemp *t = w->temp;
  w->temp = NULL;
  if (!file_commit(t)) return lt_fail(L);
  lua_pushboolean(L, 1);
  return 1;
}


/* writer:abort(): as if it had never begun */
static int l_abort(lua_State *L) {
  Writer *w = lt_self(L, WRITER);
  if (w->temp) file_abort(w->temp);
  w->temp = NULL;
  return 0;
}


static Rows *check_rows(lua_State *L, const char *who) {
  Rows *r = luaL_testudata(L, 1, ROWS);
  if (r == NULL || r->disk == NULL)
    lt_wrong(L, 1, who, "self", "rows of a file that is open");
  return r;
}


/* rows(path, head, shape) -> the bytes behind the first `head` of a file, as
** shape[1] rows; nil, message where the file has not just these */
static int l_rows(lua_State *L) {
  const char *path = lt_string(L, 1, "rows", "path");
  long head = lt_integer(L, 2, "rows", "head", 0, TS_MAXSIZE);
  Rows *r;
  Shape shape;
  lt_shape(L, 3, 0, "rows", "shape", &shape);
  if (shape.ndim < 1) lt_wrong(L, 3, "rows", "shape", "one axis or more");
  if (!shape_check(&shape, "rows")) return lt_raise(L);
  r = lua_newuserdatauv(L, sizeof *r, 0);
  r->disk = NULL;
  r->shape = shape;
  luaL_setmetatable(L, ROWS);
  r->disk = disk_open(path, (size_t)head, shape.dim[0],
                      (size_t)shape_count(&shape, 1, shape.ndim));
  return r->disk ? 1 : lt_fail(L);
}


static int l_close(lua_State *L) {
  Rows *r = lt_self(L, ROWS);
  disk_close(r->disk);
  r->disk = NULL;
  return 0;
}


/* rows:take(index, scale, shift) -> the rows of an index [n] as reals [n ...]:
** byte * scale + shift, default 1/255 and 0 */
static int l_take(lua_State *L) {
  Rows *r = check_rows(L, "take");
  Tensor *index = lt_host(L, 2, "take", "index");
  double scale = lua_isnoneornil(L, 3) ? 1.0 / 255
                 : lt_number(L, 3, "take", "scale");
  double shift = lua_isnoneornil(L, 4) ? 0 : lt_number(L, 4, "take", "shift");
  Shape shape = r->shape;
  Tensor **h, *y;
  long i, mark, *at;
  real value[256];
  int ok;
  if (index->shape.ndim != 1) lt_wrong(L, 2, "take", "index", "one axis");
  at = lt_scratch(L, (size_t)(index->size + 1) * sizeof *at);
  for (i = 0; i < index->size; i++) {
    double v = (double)index->data[i];
    if (!(v >= 1 && v <= (double)shape.dim[0] && v == floor(v)))
      lt_error(L, "take: argument 'index': got %f as item %d, wanted an "
               "integer in 1..%d", v, (int)i + 1, (int)shape.dim[0]);
    at[i] = (long)v - 1;
  }
  for (i = 0; i < 256; i++) value[i] = (real)((double)i * scale + shift);
  shape.dim[0] = index->size;
  h = lt_handle(L);
  mark = scope_open();
  y = tensor_new(&shape);
  ok = y && (y->size == 0 ||
             disk_take(r->disk, at, index->size, value, y->data));
  return lt_made(L, h, ok ? y : NULL, mark);
}


/* rows:string(first, last) -> these rows as they are */
static int l_string(lua_State *L) {
  Rows *r = check_rows(L, "string");
  long n = disk_count(r->disk);
  long first = lt_integer(L, 2, "string", "first", 1, n + 1);
  long last = lt_integer(L, 3, "string", "last", first - 1, n);
  size_t size = (size_t)(last - first + 1) * disk_rowsize(r->disk);
  luaL_Buffer b;
  char *p = luaL_buffinitsize(L, &b, size);
  if (!disk_read(r->disk, first - 1, last - first + 1, (unsigned char *)p))
    return lt_raise(L);
  luaL_pushresultsize(&b, size);
  return 1;
}


static int l_shape(lua_State *L) {
  lt_pushshape(L, &check_rows(L, "shape")->shape);
  return 1;
}


static int l_length(lua_State *L) {
  lua_pushinteger(L, disk_count(check_rows(L, "#")->disk));
  return 1;
}


/* stat(path) -> "file" or "folder" (or "other"), its size in bytes, the time
** of its last change in ns; nil, message where there is none */
static int l_stat(lua_State *L) {
  const char *path = lt_string(L, 1, "stat", "path");
  struct stat st;
  if (stat(path, &st) != 0) {
    luaL_pushfail(L);
    lua_pushfstring(L, "%s: %s", path, strerror(errno));
    return 2;
  }
  lua_pushstring(L, S_ISREG(st.st_mode) ? "file" :
                    S_ISDIR(st.st_mode) ? "folder" : "other");
  lua_pushinteger(L, (lua_Integer)st.st_size);
  lua_pushinteger(L, (lua_Integer)st.st_mtim.tv_sec * 1000000000 +
                     st.st_mtim.tv_nsec);
  return 3;
}


/* sleep(seconds): less where a signal comes */
static int l_sleep(lua_State *L) {
  double s = lt_number(L, 1, "sleep", "seconds");
  struct timespec t;
  if (!(s >= 0 && s <= 3600)) lt_wrong(L, 1, "sleep", "seconds", "0 to 3600");
  t.tv_sec = (time_t)s;
  t.tv_nsec = (long)((s - floor(s)) * 1e9);
  nanosleep(&t, NULL);
  return 0;
}


static const luaL_Reg writer_methods[] = {
  {"write", l_write}, {"commit", l_commit}, {"abort", l_abort},
  {"__gc", l_abort}, {"__close", l_abort}, {NULL, NULL}
};

static const luaL_Reg rows_methods[] = {
  {"take", l_take}, {"string", l_string}, {"shape", l_shape},
  {"__len", l_length}, {"close", l_close}, {"__gc", l_close},
  {"__close", l_close}, {NULL, NULL}
};

static const luaL_Reg functions[] = {
  {"begin", l_begin}, {"rows", l_rows}, {"stat", l_stat}, {"sleep", l_sleep},
  {NULL, NULL}
};


/* pushes the table `disk` of the core */
void lua_opendisk(lua_State *L) {
  lt_kind(L, WRITER, l_abort, writer_methods);
  lt_kind(L, ROWS, l_close, rows_methods);
  lua_newtable(L);
  lt_setfuncs(L, functions);
}
