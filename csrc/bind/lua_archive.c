/*
** lua_archive.c
** Files of other programs for Lua: archives and plain files, read in places,
** and numbers of any type as strings of bytes. What depends on the world
** returns nil and a message, what is wrong with the arguments raises.
** Invariant: an archive that Lua loses is closed by the collector.
*/

#include <string.h>

#include "bind/lua_teasel.h"
#include "file/archive.h"
#include "file/archive_array.h"
#include "file/deflate.h"
#include "file/number.h"

#define ARCHIVE LT_NAME("archive")

static const NumberType reals = {'f', sizeof(real), 0};
static const NumberType uint8 = {'u', 1, 0};


static Archive *check_open(lua_State *L) {
  return lt_boxed(L, 1, ARCHIVE, lt_who(), "self");
}


static long check_entry(lua_State *L, Archive *a, const char *who) {
  return lt_integer(L, 2, who, "i", 1, archive_count(a)) - 1;
}


static NumberType check_type(lua_State *L, int i, const char *who,
                             const char *arg) {
  NumberType t;
  const char *text = lt_string(L, i, who, arg);
  if (!number_type(text, &t))
    lt_wrong(L, i, who, arg, "a type of numbers, as \"<f4\" or \"|u1\"");
  return t;
}


/* archive(path [, plain]) -> a zip archive, or a plain file as the only one
** of its archive, which with `plain` a zip archive is too; nil and a message
** where there is none */
static int l_archive(lua_State *L) {
  const char *path = lt_string(L, 1, "archive", "path");
  int plain = lua_toboolean(L, 2);
  void **p = lt_box(L, ARCHIVE);
  *p = archive_open(path, plain);
  return *p ? 1 : lt_fail(L);
}


LT_CLOSE(a_close, ARCHIVE, archive_close)


/* a:is_zip() -> whether it is a zip archive, not a plain file */
static int a_is_zip(lua_State *L) {
  lua_pushboolean(L, archive_iszip(check_open(L)));
  return 1;
}


/* a:list() -> {{name =, size =, packed =, refused = a reason or nil}, ...} */
static int a_list(lua_State *L) {
  Archive *a = check_open(L);
  long i;
  lua_createtable(L, (int)archive_count(a), 0);
  for (i = 0; i < archive_count(a); i++) {
    const ArchiveEntry *e = archive_entry(a, i);
    lua_createtable(L, 0, 4);
    lua_pushlstring(L, e->name, e->namelen);
    lua_setfield(L, -2, "name");
    lua_pushinteger(L, (lua_Integer)e->size);
    lua_setfield(L, -2, "size");
    lua_pushinteger(L, (lua_Integer)e->packed);
    lua_setfield(L, -2, "packed");
    if (e->refused) {
      lua_pushstring(L, e->refused);
      lua_setfield(L, -2, "refused");
    }
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}


/* a:string(i, at, n) -> n bytes of file i from the one at `at` on (the first
** is 0), or nil and a message */
static int a_string(lua_State *L) {
  Archive *a = check_open(L);
  long i = check_entry(L, a, "string");
  long at = lt_integer(L, 3, "string", "at", 0, TS_MAXSIZE);
  long n = lt_integer(L, 4, "string", "n", 0, 1L << 31);
  luaL_Buffer b;
  char *p;
  if ((size_t)n > archive_entry(a, i)->size) {
    archive_read(a, i, (size_t)at, NULL, (size_t)n);
    return lt_fail(L);
  }
  p = luaL_buffinitsize(L, &b, (size_t)n);
  if (!archive_read(a, i, (size_t)at, p, (size_t)n)) return lt_fail(L);
  luaL_pushresultsize(&b, (size_t)n);
  return 1;
}


static void check_array(lua_State *L, int i, ArchiveArray *x, Shape *shape) {
  int d;
  if (lua_type(L, i) != LUA_TTABLE)
    lt_wrong(L, i, "numbers", "array", "a table");
  lua_getfield(L, i, "at");
  x->at = (size_t)lt_integer(L, -1, "numbers", "array.at", 0, TS_MAXSIZE);
  lua_getfield(L, i, "type");
  x->type = check_type(L, -1, "numbers", "array.type");
  lua_getfield(L, i, "shape");
  lt_shape(L, lua_gettop(L), 0, "numbers", "array.shape", shape);
  x->ndim = shape->ndim;
  for (d = 0; d < shape->ndim; d++) x->dim[d] = shape->dim[d];
  lua_getfield(L, i, "fortran");
  archive_steps(x, lua_toboolean(L, -1));
  lua_getfield(L, i, "steps");
  if (!lua_isnil(L, -1)) {
    lt_table(L, lua_gettop(L), "numbers", "array.steps");
    for (d = 0; d < x->ndim; d++) {
      lua_rawgeti(L, -1, d + 1);
      x->step[d] = lt_integer(L, -1, "numbers", "array.steps", 0, TS_MAXSIZE);
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 5);
}


/* a:numbers(i, {at =, type =, shape =, fortran =, steps =}, first, count, as)
** -> rows of an array in file i, from number `first` on (without an axis: the
** first and only one), as a "tensor", as "bytes" or, where `as` is a type of
** numbers, as a string of these; nil and a message where they cannot be read or
** held. steps: of each axis, the items from one index to the next; else the
** last index runs fastest, or with `fortran` the first. */
static int a_numbers(lua_State *L) {
  Archive *a = check_open(L);
  long i = check_entry(L, a, "numbers"), first, count, rows, mark;
  ArchiveArray x;
  Shape shape;
  const char *as = lt_string(L, 6, "numbers", "as");
  check_array(L, 3, &x, &shape);
  rows = shape.ndim ? shape.dim[0] : 1;
  first = lt_integer(L, 4, "numbers", "first", 1, rows + 1) - 1;
  count = lt_integer(L, 5, "numbers", "count", 0, rows - first);
  if (shape.ndim) shape.dim[0] = count;
  if (strcmp(as, "tensor") == 0) {
    Tensor **h = lt_handle(L), *t;
    if (!archive_fits(a, i, &x)) return lt_fail(L);
    mark = scope_open();
    t = tensor_new(&shape);
    if (t && !archive_rows(a, i, &x, (size_t)first, (size_t)count, &reals,
                           t->data))
      t = NULL;
    if (t) return lt_made(L, h, t, mark);
    scope_close(mark, NULL);
  }
  else if (strcmp(as, "bytes") == 0) {
    unsigned char *to;
    if (!archive_fits(a, i, &x)) return lt_fail(L);
    to = lt_newbytes(L, &shape);
    if (to && archive_rows(a, i, &x, (size_t)first, (size_t)count, &uint8, to))
      return 1;
  }
  else {
    NumberType type = check_type(L, 6, "numbers", "as");
    luaL_Buffer b;
    size_t n = (size_t)shape_count(&shape, 0, shape.ndim) * (size_t)type.size;
    char *to;
    if (!archive_fits(a, i, &x)) return lt_fail(L);
    to = luaL_buffinitsize(L, &b, n);
    if (archive_rows(a, i, &x, (size_t)first, (size_t)count, &type, to)) {
      luaL_pushresultsize(&b, n);
      return 1;
    }
  }
  return lt_fail(L);
}


static int cannot_hold(lua_State *L, const NumberType *from, const void *data,
                       size_t i, const NumberType *to) {
  char buf[NUMBER_TEXT];
  luaL_pushfail(L);
  lua_pushfstring(L, "item %I is %s, which %s cannot hold", (lua_Integer)i + 1,
                  number_text(from, (const char *)data
                              + i * (size_t)from->size, buf),
                  number_name(to));
  return 2;
}


/* pack(x, type) -> the items of a tensor as a string of numbers of this type;
** nil and a message where one cannot be held */
static int l_pack(lua_State *L) {
  Tensor *t = lt_host(L, 1, "pack", "x");
  NumberType type = check_type(L, 2, "pack", "type");
  size_t n = (size_t)t->size, done;
  luaL_Buffer b;
  char *to = luaL_buffinitsize(L, &b, n * (size_t)type.size);
  done = number_convert(&reals, t->data, n, &type, to);
  if (done < n) return cannot_hold(L, &reals, t->data, done, &type);
  luaL_pushresultsize(&b, n * (size_t)type.size);
  return 1;
}


/* unpack(string, type, shape) -> a tensor of the numbers in a string; nil and a
** message where it cannot hold one */
static int l_unpack(lua_State *L) {
  size_t len = 0, done;
  const char *data = lua_type(L, 1) == LUA_TSTRING
                     ? lua_tolstring(L, 1, &len) : NULL;
  NumberType type = check_type(L, 2, "unpack", "type");
  Shape shape;
  Tensor **h, *t;
  long mark, n;
  if (data == NULL) lt_wrong(L, 1, "unpack", "string", "a string");
  lt_shape(L, 3, 0, "unpack", "shape", &shape);
  n = shape_count(&shape, 0, shape.ndim);
  if ((size_t)n * (size_t)type.size != len)
    lt_wrong(L, 1, "unpack", "string", "%ld numbers of %d bytes", n, type.size);
  h = lt_handle(L);
  mark = scope_open();
  t = tensor_new(&shape);
  if (t) {
    done = number_convert(&type, data, (size_t)n, &reals, t->data);
    if (done < (size_t)n) {
      scope_close(mark, NULL);
      return cannot_hold(L, &type, data, done, &reals);
    }
  }
  return lt_made(L, h, t, mark);
}


/* crc32(string) -> its CRC, as zip archives have it */
static int l_crc32(lua_State *L) {
  size_t n;
  const char *s = lt_bytes(L, 1, "crc32", "string", &n);
  lua_pushinteger(L, (lua_Integer)deflate_crc(s, n));
  return 1;
}


/* deflate(string) -> the string packed, as zip archives have it */
static int l_deflate(lua_State *L) {
  size_t n, len;
  const char *s = lt_bytes(L, 1, "deflate", "string", &n);
  void *packed;
  luaL_Buffer b;
  char *to;
  to = luaL_buffinitsize(L, &b, deflate_bound(n));
  packed = to;
  if (!deflate_string(s, n, packed, &len)) return lt_raise(L);
  luaL_pushresultsize(&b, len);
  return 1;
}


static const luaL_Reg methods[] = {
  {"is_zip", a_is_zip}, {"list", a_list}, {"string", a_string},
  {"numbers", a_numbers}, {"close", a_close}, {"__gc", a_close},
  {"__close", a_close}, {NULL, NULL}
};

static const luaL_Reg functions[] = {
  {"archive", l_archive}, {"pack", l_pack}, {"unpack", l_unpack},
  {"crc32", l_crc32}, {"deflate", l_deflate}, {NULL, NULL}
};


/* pushes a table of functions */
void lua_openarchive(lua_State *L) {
  lt_kind(L, ARCHIVE, a_close, methods);
  lua_newtable(L);
  lt_setfuncs(L, functions);
}
