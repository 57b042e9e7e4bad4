/*
** lua_file.c
** Files for Lua: digests, safe saves, locks, checkpoints, foreign HDF5.
** Arrays are (type name, shape, string of bytes) here.
** What depends on the world returns nil and a message, as Lua's io does; what
** is wrong with the arguments raises.
** Invariant: what has to be freed is in a box on the stack before anything
** can raise.
*/

#include <errno.h>
#include <string.h>

#include "file/file.h"
#include "file/import.h"
#include "bind/lua_teasel.h"
#include "base/mem.h"
#include "file/sha256.h"
#include "file/store.h"

#define LOCK LT_NAME("lock")
#define OUT LT_NAME("writer")
#define IN LT_NAME("checkpoint")
#define BLOCK LT_NAME("fileblock")

LT_CLOSE(out_close, OUT, store_free)
LT_CLOSE(in_close, IN, store_close)
LT_CLOSE(l_freeblock, BLOCK, mem_free)


static int done(lua_State *L, int ok) {
  if (!ok) return lt_fail(L);
  lua_pushboolean(L, 1);
  return 1;
}


static void *check_open(lua_State *L, const char *kind) {
  return lt_boxed(L, 1, kind, lt_who(), "self");
}


/* the n bytes of a block on top of the stack become a string; frees them */
static void push_block(lua_State *L, void **h, size_t n) {
  lua_pushlstring(L, *h, n);
  mem_free(*h);
  *h = NULL;
}


static StoreType check_type(lua_State *L, int arg) {
  StoreType t = store_typeof(lt_string(L, arg, lt_who(), "type"));
  if (t >= STORE_TEXT)
    lt_wrong(L, arg, lt_who(), "type",
             "float32, float64, float16, uint8 or int64");
  return t;
}


static int check_shape(lua_State *L, int arg, long *dim) {
  int i, n;
  lt_table(L, arg, lt_who(), "shape");
  n = (int)lua_rawlen(L, arg);
  if (n > STORE_MAXDIM)
    lt_error(L, "%s: argument 'shape': got %d sizes, wanted at most %d",
             lt_who(), n, STORE_MAXDIM);
  for (i = 0; i < n; i++) {
    lua_rawgeti(L, arg, i + 1);
    dim[i] = (long)lt_word(L, -1, lt_who(), "shape");
    lua_pop(L, 1);
  }
  return n;
}


static void push_shape(lua_State *L, int ndim, const long *dim) {
  int i;
  lua_createtable(L, ndim, 0);
  for (i = 0; i < ndim; i++) {
    lua_pushinteger(L, dim[i]);
    lua_seti(L, -2, i + 1);
  }
}


/* sha256(bytes) -> 64 hexadecimal digits */
static int l_sha256(lua_State *L) {
  size_t n;
  const char *s = lt_bytes(L, 1, "sha256", "bytes", &n);
  unsigned char d[32];
  char hex[65];
  sha256_of(s, n, d);
  sha256_hex(d, hex);
  lua_pushstring(L, hex);
  return 1;
}


/* base64(bytes) -> text (RFC 4648) */
static int l_base64(lua_State *L) {
  static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
                              "wxyz0123456789+/";
  size_t n, i;
  const unsigned char *s =
    (const unsigned char *)lt_bytes(L, 1, "base64", "bytes", &n);
  luaL_Buffer b;
  char *p = luaL_buffinitsize(L, &b, (n + 2) / 3 * 4);
  for (i = 0; i < n; i += 3) {
    unsigned second = i + 1 < n ? s[i + 1] : 0;
    unsigned third = i + 2 < n ? s[i + 2] : 0;
    unsigned bits = (unsigned)s[i] << 16 | second << 8 | third;
    *p++ = digit[bits >> 18];
    *p++ = digit[bits >> 12 & 63];
    *p++ = i + 1 < n ? digit[bits >> 6 & 63] : '=';
    *p++ = i + 2 < n ? digit[bits & 63] : '=';
  }
  luaL_pushresultsize(&b, (n + 2) / 3 * 4);
  return 1;
}


/* save(path, bytes, ...) -> true: the strings, one after the other */
static int l_save(lua_State *L) {
  const char *path = lt_string(L, 1, "save", "path");
  int n, i;
  FilePart *part;
  n = lua_gettop(L) - 1;
  part = lua_newuserdatauv(L, (size_t)(n + 1) * sizeof *part, 0);
  for (i = 0; i < n; i++)
    part[i].data = lt_bytes(L, i + 2, "save", "bytes", &part[i].size);
  return done(L, file_save(path, part, n));
}


/* read(path [, limit]) -> bytes */
static int l_read(lua_State *L) {
  const char *path = lt_string(L, 1, "read", "path");
  lua_Integer limit = lua_isnoneornil(L, 2) ? LUA_MAXINTEGER
    : lt_word(L, 2, "read", "limit");
  void **h;
  size_t n;
  if (limit < 0) lt_wrong(L, 2, "read", "limit", "0 or more bytes");
  h = lt_box(L, BLOCK);
  *h = file_read(path, (size_t)limit, &n);
  if (*h == NULL) return lt_fail(L);
  push_block(L, h, n);
  return 1;
}


/* head(path, n) -> the first n bytes of a file, or all where it has fewer. A
** pipe, which would be waited for, is no file here either. */
static int l_head(lua_State *L) {
  const char *path = lt_string(L, 1, "head", "path");
  size_t n = (size_t)lt_integer(L, 2, "head", "n", 0, 1L << 20), size;
  luaL_Buffer b;
  char *to = luaL_buffinitsize(L, &b, n);
  int fd = file_open(path, &size), ok;
  if (fd < 0) return lt_fail(L);
  if (n > size) n = size;
  ok = file_at(fd, path, 0, to, n);
  file_close(fd);
  if (!ok) return lt_fail(L);
  luaL_pushresultsize(&b, n);
  return 1;
}


/* lock(dir) -> a lock; lock:close() gives it back */
static int l_lock(lua_State *L) {
  const char *dir = lt_string(L, 1, "lock", "dir");
  int *fd = lua_newuserdatauv(L, sizeof *fd, 0);
  *fd = -1;
  luaL_setmetatable(L, LOCK);
  *fd = file_lock(dir);
  return *fd < 0 ? lt_fail(L) : 1;
}


static int l_unlock(lua_State *L) {
  int *fd = lt_self(L, LOCK);
  if (*fd >= 0) file_unlock(*fd);
  *fd = -1;
  return 0;
}


/* store() -> an empty checkpoint in the making */
static int l_store(lua_State *L) {
  void **h = lt_box(L, OUT);
  *h = store_new();
  return *h ? 1 : lt_fail(L);
}


/* out:array(name, type, shape, bytes) -> true */
static int out_array(lua_State *L) {
  StoreOut *s = check_open(L, OUT);
  const char *name = lt_string(L, 2, "array", "name");
  StoreType type = check_type(L, 3);
  long dim[STORE_MAXDIM];
  int ndim = check_shape(L, 4, dim);
  size_t have, want;
  const char *data = lt_bytes(L, 5, "array", "bytes", &have);
  if (!store_size(name, type, ndim, dim, &want)) return lt_fail(L);
  if (have != want)
    return lt_error(L, "array: argument 'bytes': got %I bytes for '%s', "
                    "wanted %I, those of its shape", (lua_Integer)have, name,
                    (lua_Integer)want);
  return done(L, store_array(s, name, type, ndim, dim, data));
}


/* out:text(name, text) -> true */
static int out_text(lua_State *L) {
  StoreOut *s = check_open(L, OUT);
  const char *name = lt_string(L, 2, "text", "name");
  size_t n;
  const char *text = lt_bytes(L, 3, "text", "text", &n);
  return done(L, store_text(s, name, text, n));
}


/* out:image() -> the bytes of the file */
static int out_image(lua_State *L) {
  StoreOut *s = check_open(L, OUT);
  void **h = lt_box(L, BLOCK);
  size_t n;
  *h = store_image(s, &n);
  if (*h == NULL) return lt_fail(L);
  push_block(L, h, n);
  return 1;
}


/* out:save(path) -> true */
static int out_save(lua_State *L) {
  StoreOut *s = check_open(L, OUT);
  return done(L, store_save(s, lt_string(L, 2, "save", "path")));
}


/* open(path) -> a checkpoint to read from */
static int l_open(lua_State *L) {
  const char *path = lt_string(L, 1, "open", "path");
  void **h = lt_box(L, IN);
  *h = store_open(path);
  return *h ? 1 : lt_fail(L);
}


/* parse(bytes) -> the same from what image() gave */
static int l_parse(lua_State *L) {
  size_t n;
  const char *image = lt_bytes(L, 1, "parse", "bytes", &n);
  void **h = lt_box(L, IN);
  *h = store_parse("image", image, n);
  return *h ? 1 : lt_fail(L);
}


/* input:list() -> {{name =, type =, shape =}, ...} */
static int in_list(lua_State *L) {
  StoreIn *s = check_open(L, IN);
  int i, n = store_count(s);
  lua_createtable(L, n, 0);
  for (i = 0; i < n; i++) {
    const StoreEntry *e = store_entry(s, i);
    lua_createtable(L, 0, 3);
    lua_pushstring(L, e->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, store_typename(e->type));
    lua_setfield(L, -2, "type");
    push_shape(L, e->ndim, e->dim);
    lua_setfield(L, -2, "shape");
    lua_seti(L, -2, i + 1);
  }
  return 1;
}


/* input:read(name) -> bytes, type, shape */
static int in_read(lua_State *L) {
  StoreIn *s = check_open(L, IN);
  const char *name = lt_string(L, 2, "read", "name");
  int i = store_find(s, name);
  const StoreEntry *e;
  if (i < 0) {
    luaL_pushfail(L);
    lua_pushfstring(L, "the checkpoint has no '%s'", name);
    return 2;
  }
  e = store_entry(s, i);
  lua_pushlstring(L, store_data(s, i), e->size);
  lua_pushstring(L, store_typename(e->type));
  push_shape(L, e->ndim, e->dim);
  return 3;
}


/* import_list(path) -> {{name =, kind =, shape =, type = or refused =}, ...} */
static int l_importlist(lua_State *L) {
  const char *path = lt_string(L, 1, "import_list", "path");
  void **h = lt_box(L, BLOCK);
  const ImportEntry *e;
  int i, n;
  *h = import_list(path, &n);
  if (*h == NULL) return lt_fail(L);
  lua_createtable(L, n, 0);
  for (i = 0, e = *h; i < n; i++, e++) {
    int fine = e->refused[0] == '\0';
    lua_createtable(L, 0, 4);
    lua_pushstring(L, e->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, e->kind);
    lua_setfield(L, -2, "kind");
    lua_pushstring(L, fine ? store_typename(e->type) : e->refused);
    lua_setfield(L, -2, fine ? "type" : "refused");
    push_shape(L, e->ndim, e->dim);
    lua_setfield(L, -2, "shape");
    lua_seti(L, -2, i + 1);
  }
  mem_free(*h);
  *h = NULL;
  return 1;
}


/* import_references(path, name) -> {name, ...}: what a dataset of references
** refers to, in order */
static int l_references(lua_State *L) {
  const char *path = lt_string(L, 1, "import_references", "path");
  const char *name = lt_string(L, 2, "import_references", "name");
  void **h = lt_box(L, BLOCK);
  const ImportEntry *e;
  int i, n;
  *h = import_references(path, name, &n);
  if (*h == NULL) return lt_fail(L);
  lua_createtable(L, n, 0);
  for (i = 0, e = *h; i < n; i++, e++) {
    lua_pushstring(L, e->name);
    lua_seti(L, -2, i + 1);
  }
  mem_free(*h);
  *h = NULL;
  return 1;
}


static lua_Integer option(lua_State *L, const char *name, lua_Integer other,
                          lua_Integer least) {
  lua_Integer n = other;
  if (lua_getfield(L, 3, name) != LUA_TNIL) {
    int isint, at = lua_gettop(L);
    n = lua_tointegerx(L, at, &isint);
    if (!isint || n < least)
      lt_got(L, at, "import_read", lua_pushfstring(L, "option '%s'", name),
             lua_pushfstring(L, "an integer of %I or more", least));
  }
  lua_pop(L, 1);
  return n;
}


static void check_options(lua_State *L) {
  static const char *const known[] = {"type", "first", "count", "limit", NULL};
  lua_settop(L, 3);
  if (lua_isnil(L, 3)) {
    lua_newtable(L);
    lua_replace(L, 3);
  }
  lt_table(L, 3, "import_read", "options");
  for (lua_pushnil(L); lua_next(L, 3); lua_pop(L, 1)) {
    int i = 0;
    const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2)
                                                     : luaL_typename(L, -2);
    while (known[i] && strcmp(known[i], key) != 0) i++;
    if (known[i] == NULL)
      lt_error(L, "import_read: got the option '%s', wanted one of: count, "
               "first, limit, type", key);
  }
}


/* import_read(path, name [, {type =, first = 1, count = all, limit = 8 GB}])
** -> bytes, type, shape */
static int l_importread(lua_State *L) {
  ImportWant want;
  ImportEntry e;
  void **h;
  size_t n;
  const char *path = lt_string(L, 1, "import_read", "path");
  want.name = lt_string(L, 2, "import_read", "name");
  check_options(L);
  want.first = (long)option(L, "first", 1, 1) - 1;
  want.count = (long)option(L, "count", -1, 0);
  want.limit = (size_t)option(L, "limit", (lua_Integer)1 << 33, 0);
  lua_getfield(L, 3, "type");
  want.type = lua_isnil(L, -1) ? -1 : (int)check_type(L, lua_gettop(L));
  h = lt_box(L, BLOCK);
  *h = import_read(path, &want, &e);
  if (*h == NULL || !store_size(e.name, e.type, e.ndim, e.dim, &n))
    return lt_fail(L);
  push_block(L, h, n);
  lua_pushstring(L, store_typename(e.type));
  push_shape(L, e.ndim, e.dim);
  return 3;
}


/* fault(n [, what [, lasting]]): the n-th operation from now on fails with
** what = "ENOSPC" (as it does by itself), "EIO" or "EINTR", or is "short" */
static int l_fault(lua_State *L) {
  static const struct {
    const char *name;
    int code;
  } kind[] = {
    {"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EINTR", EINTR}, {"short", 0}
  };
  lua_Integer n = lt_word(L, 1, "fault", "n");
  int i = 0;
  if (!lua_isnoneornil(L, 2)) {
    const char *what = lt_string(L, 2, "fault", "what");
    while (i < 4 && strcmp(kind[i].name, what) != 0) i++;
    if (i == 4) lt_wrong(L, 2, "fault", "what", "ENOSPC, EIO, EINTR or short");
  }
  file_fault((long)n, kind[i].code, lua_toboolean(L, 3));
  return 0;
}


/* calls() -> the number of operations since fault was called */
static int l_calls(lua_State *L) {
  lua_pushinteger(L, file_calls());
  return 1;
}


/* record(true) starts the log of operations, record(false) ends it;
** both return what there is so far (file.h says how it looks) */
static int l_record(lua_State *L) {
  int on = lua_toboolean(L, 1);
  lua_pushstring(L, file_log());
  file_record(on);
  return 1;
}


static const luaL_Reg lock_methods[] = {
  {"close", l_unlock}, {"__gc", l_unlock}, {"__close", l_unlock}, {NULL, NULL}
};

static const luaL_Reg out_methods[] = {
  {"array", out_array}, {"text", out_text}, {"image", out_image},
  {"save", out_save}, {"close", out_close}, {"__gc", out_close},
  {"__close", out_close}, {NULL, NULL}
};

static const luaL_Reg in_methods[] = {
  {"list", in_list}, {"read", in_read}, {"close", in_close},
  {"__gc", in_close}, {"__close", in_close}, {NULL, NULL}
};

static const luaL_Reg block_methods[] = {
  {"__gc", l_freeblock}, {"__close", l_freeblock}, {NULL, NULL}
};

static const luaL_Reg functions[] = {
  {"sha256", l_sha256}, {"base64", l_base64}, {"save", l_save},
  {"read", l_read}, {"head", l_head}, {"lock", l_lock},
  {"store", l_store}, {"open", l_open}, {"parse", l_parse},
  {"import_list", l_importlist}, {"import_references", l_references},
  {"import_read", l_importread},
  {"fault", l_fault}, {"calls", l_calls}, {"record", l_record}, {NULL, NULL}
};


/* pushes the table of functions */
void lua_openfile(lua_State *L) {
  lt_kind(L, LOCK, l_unlock, lock_methods);
  lt_kind(L, OUT, out_close, out_methods);
  lt_kind(L, IN, in_close, in_methods);
  lt_kind(L, BLOCK, l_freeblock, block_methods);
  lua_newtable(L);
  lt_setfuncs(L, functions);
}
