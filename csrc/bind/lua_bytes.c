/*
** lua_bytes.c
** Arrays of bytes: what data sets are kept in. A batch is gathered from them
** straight into reals. They are immutable, and Lua never sees their memory.
*/

#include "bind/lua_teasel.h"
#include "file/gunzip.h"
#include "base/pool.h"

#include <math.h>
#include <string.h>

#define BYTES LT_NAME("bytes")

typedef struct Bytes {
  Shape shape;
  long size;
  unsigned char *block;   /* what to free */
  unsigned char *data;    /* where the items begin */
} Bytes;


static Bytes *check_bytes(lua_State *L, int i, const char *who) {
  Bytes *b = luaL_testudata(L, i, BYTES);
  if (b == NULL) lt_wrong(L, i, who, "bytes", "an array of bytes");
  return b;
}


static void set_empty(Bytes *b) {
  memset(b, 0, sizeof *b);
  b->shape.ndim = 1;
}


static Bytes *push_bytes(lua_State *L) {
  Bytes *b;
  lt_budget(L);
  b = lua_newuserdatauv(L, sizeof *b, 0);
  set_empty(b);
  luaL_setmetatable(L, BYTES);
  return b;
}


unsigned char *lt_newbytes(lua_State *L, const Shape *s) {
  Bytes *b;
  lt_budgetfor(L, (size_t)shape_count(s, 0, s->ndim));
  b = push_bytes(L);
  b->shape = *s;
  b->size = shape_count(s, 0, s->ndim);
  b->block = b->data = mem_alloc((size_t)b->size);
  if (b->block == NULL) set_empty(b);
  return b->block;
}


/* leaves b empty, for what still holds it */
static int l_free(lua_State *L) {
  Bytes *b = check_bytes(L, 1, "free");
  mem_free(b->block);
  set_empty(b);
  return 0;
}


/* bytes(string [, shape]): the bytes of a string */
static int l_bytes(lua_State *L) {
  size_t len;
  const char *s = lua_type(L, 1) == LUA_TSTRING
                  ? lua_tolstring(L, 1, &len) : NULL;
  Shape shape = {1, {0}};
  unsigned char *to;
  if (s == NULL) lt_wrong(L, 1, "bytes", "string", "a string");
  shape.dim[0] = (long)len;
  if (!lua_isnoneornil(L, 2)) lt_shape(L, 2, 0, "bytes", "shape", &shape);
  if (!shape_check(&shape, "bytes")) return lt_raise(L);
  if (shape_count(&shape, 0, shape.ndim) != (long)len)
    lt_wrong(L, 2, "bytes", "shape", "sizes with a product of %ld, the bytes "
             "of the string", (long)len);
  to = lt_newbytes(L, &shape);
  if (to == NULL) return lt_raise(L);
  memcpy(to, s, len);
  return 1;
}


/* gunzip(path, limit) -> the contents of a file, gzip or plain, as bytes;
** or nil and a message */
static int l_gunzip(lua_State *L) {
  const char *path = lua_type(L, 1) == LUA_TSTRING
                     ? lua_tostring(L, 1) : NULL;
  long limit;
  size_t len = 0;
  Bytes *b;
  if (path == NULL) lt_wrong(L, 1, "gunzip", "path", "a string");
  limit = lt_integer(L, 2, "gunzip", "limit", 0, TS_MAXSIZE);
  b = push_bytes(L);
  b->block = gunzip_file(path, (size_t)limit, &len);
  if (b->block == NULL) {
    lua_pushnil(L);
    lua_pushstring(L, ts_error());
    ts_clear();
    return 2;
  }
  b->data = b->block;
  b->size = b->shape.dim[0] = (long)len;
  return 1;
}


/* inflate(string, limit) -> the bytes that a zlib stream holds, as a string;
** nil and a message */
static int l_inflate(lua_State *L) {
  size_t n, len = 0;
  const char *s = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &n)
                                                : NULL;
  long limit;
  Bytes *b;
  if (s == NULL) lt_wrong(L, 1, "inflate", "string", "a string");
  limit = lt_integer(L, 2, "inflate", "limit", 0, TS_MAXSIZE);
  b = push_bytes(L);
  b->block = inflate_bytes(s, n, (size_t)limit, &len);
  if (b->block == NULL) {
    lua_pushnil(L);
    lua_pushstring(L, ts_error());
    ts_clear();
    return 2;
  }
  lua_pushlstring(L, (const char *)b->block, len);
  mem_free(b->block);
  b->block = NULL;
  return 1;
}


/* b:drop(n, shape): the bytes after the first n, under a shape. b gives its
** memory to the result and is empty afterwards. */
static int l_drop(lua_State *L) {
  Bytes *b = check_bytes(L, 1, "drop"), *rest;
  long n = lt_integer(L, 2, "drop", "n", 0, b->size);
  Shape shape;
  if (lt_inuse(L))
    lt_wrong(L, 1, "drop", "bytes", "an array that no call is reading");
  lt_shape(L, 3, 0, "drop", "shape", &shape);
  if (!shape_check(&shape, "drop")) return lt_raise(L);
  if (shape_count(&shape, 0, shape.ndim) != b->size - n)
    lt_wrong(L, 3, "drop", "shape", "sizes with a product of %ld",
             b->size - n);
  rest = push_bytes(L);
  rest->block = b->block;
  rest->data = b->data + n;
  rest->size = b->size - n;
  rest->shape = shape;
  set_empty(b);
  return 1;
}


static int l_shape(lua_State *L) {
  lt_pushshape(L, &check_bytes(L, 1, "shape")->shape);
  return 1;
}


static int l_length(lua_State *L) {
  Bytes *b = check_bytes(L, 1, "#");
  lua_pushinteger(L, b->shape.ndim ? b->shape.dim[0] : 0);
  return 1;
}


/* b:string([first, last]): bytes in order, 1-based, as a Lua string */
static int l_string(lua_State *L) {
  Bytes *b = check_bytes(L, 1, "string");
  long first = lua_isnoneornil(L, 2) ? 1
               : lt_integer(L, 2, "string", "first", 1, b->size + 1);
  long last = lua_isnoneornil(L, 3) ? b->size
              : lt_integer(L, 3, "string", "last", first - 1, b->size);
  if (b->size == 0) lua_pushliteral(L, "");
  else
    lua_pushlstring(L, (const char *)b->data + first - 1,
                    (size_t)(last - first + 1));
  return 1;
}


typedef struct Gather {
  const Bytes *b;
  const Tensor *index;   /* NULL: all in order */
  real *y;
  long inner;
  real value[256];       /* what each byte becomes */
} Gather;


static void gather_piece(void *arg, long i) {
  const Gather *g = arg;
  long at = g->index ? (long)g->index->data[i] - 1 : i, j;
  const unsigned char *from = g->b->data + at * g->inner;
  real *to = g->y + i * g->inner;
  for (j = 0; j < g->inner; j++) to[j] = g->value[from[j]];
}


/* b:take(index, scale, shift): the items at the indices of a tensor [n]
** (nil: all) along the first axis, as reals: byte * scale + shift,
** default 1/255 and 0 */
static int l_take(lua_State *L) {
  Bytes *b = check_bytes(L, 1, "take");
  Tensor *index = lua_isnoneornil(L, 2) ? NULL
                  : lt_host(L, 2, "take", "index");
  double scale = lua_isnoneornil(L, 3) ? 1.0 / 255
                 : lt_number(L, 3, "take", "scale");
  double shift = lua_isnoneornil(L, 4) ? 0 : lt_number(L, 4, "take", "shift");
  Shape shape = b->shape;
  Tensor **h, *y;
  Gather g;
  long i, mark;
  if (shape.ndim == 0) lt_wrong(L, 1, "take", "bytes", "one axis or more");
  if (index && index->shape.ndim != 1)
    lt_wrong(L, 2, "take", "index", "one axis");
  for (i = 0; index && i < index->size; i++) {
    double v = (double)index->data[i];
    if (!(v >= 1 && v <= (double)shape.dim[0] && v == floor(v)))
      lt_error(L, "take: argument 'index': got %f as item %d, wanted an "
               "integer in 1..%d", v, (int)i + 1, (int)shape.dim[0]);
  }
  if (index) shape.dim[0] = index->size;
  h = lt_handle(L);
  mark = scope_open();
  y = tensor_new(&shape);
  if (y && y->size) {
    g.b = b;
    g.index = index;
    g.y = y->data;
    g.inner = shape_count(&shape, 1, shape.ndim);
    for (i = 0; i < 256; i++)
      g.value[i] = (real)((double)i * scale + shift);
    if (!pool_try(shape.dim[0], gather_piece, &g)) y = NULL;
  }
  return lt_made(L, h, y, mark);
}


/* x:bytes([lo, hi]): a tensor as bytes, lo (default 0) becoming 0 and hi
** (default 1) 255, what lies beyond cut off, NaN as 0 */
static int l_quantise(lua_State *L) {
  Tensor *t = lt_host(L, 1, "bytes", "x");
  double lo = lua_isnoneornil(L, 2) ? 0 : lt_finite(L, 2, "bytes", "lo");
  double hi = lua_isnoneornil(L, 3) ? 1
              : lt_beyond(L, 3, "bytes", "hi", lo, "lo");
  double scale = 255 / (hi - lo);
  long i;
  unsigned char *to;
  if (!(lo < hi)) lt_wrong(L, 3, "bytes", "hi", "more than lo = %g", lo);
  to = lt_newbytes(L, &t->shape);
  if (to == NULL) return lt_raise(L);
  for (i = 0; i < t->size; i++) {
    double v = ((double)t->data[i] - lo) * scale + 0.5;
    to[i] = (unsigned char)(v >= 255 ? 255 : v > 0 ? v : 0);
  }
  return 1;
}


static int l_tostring(lua_State *L) {
  char buf[TS_SHAPETEXT];
  Bytes *b = check_bytes(L, 1, "tostring");
  lua_pushfstring(L, "bytes %s", shape_text(&b->shape, buf));
  return 1;
}


static const luaL_Reg functions[] = {
  {"bytes", l_bytes}, {"gunzip", l_gunzip}, {"inflate", l_inflate},
  {NULL, NULL}
};

static const luaL_Reg methods[] = {
  {"shape", l_shape}, {"string", l_string}, {"take", l_take},
  {"drop", l_drop}, {"__len", l_length}, {"__tostring", l_tostring},
  {"__gc", l_free}, {"__close", l_free}, {NULL, NULL}
};


void lua_openbytes(lua_State *L) {
  lt_kind(L, BYTES, l_free, methods);
  lt_methods(L);
  lt_function(L, "bytes", l_quantise);
  lua_setfield(L, -2, "bytes");
  lua_pop(L, 1);
  lua_newtable(L);
  lt_setfuncs(L, functions);
}
