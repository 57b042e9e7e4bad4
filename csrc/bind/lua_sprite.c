/*
** lua_sprite.c
** The images of dSprites for Lua: drawn by their numbers, 1 to 737,280 in the
** order of the release, or kept as they came from a file, a bit for a pixel.
** Images are [n 64 64 1], of 0 and 1; the numbers that ask for them are [n].
*/

#include "bind/lua_teasel.h"
#include "base/pool.h"
#include "image/sprite.h"

#include <math.h>
#include <string.h>

#define BITS LT_NAME("bits")
#define PACKED (SPRITE_PIXELS / 8)     /* bytes of an image */

/* n images; bit j of a byte is its pixel j */
typedef struct Bits {
  long n;
  unsigned char *data;
  real pixels[256][8];   /* of every byte */
} Bits;


/* numbers in 1..limit: a tensor [n] */
static Tensor *check_index(lua_State *L, int i, const char *who, long limit) {
  Tensor *t = lt_host(L, i, who, "index");
  long k;
  if (t->shape.ndim != 1) lt_wrong(L, i, who, "index", "one axis");
  for (k = 0; k < t->size; k++) {
    double v = (double)t->data[k];
    if (!(v >= 1 && v <= (double)limit && v == floor(v)))
      lt_error(L, "%s: item %d of the indices is %f, wanted an integer in "
               "1..%d", who, (int)k + 1, v, (int)limit);
  }
  return t;
}


static void fill_index(long *at, const Tensor *index) {
  long i;
  for (i = 0; i < index->size; i++) at[i] = (long)index->data[i] - 1;
}


static Shape image_shape(long n) {
  Shape s = {4, {n, SPRITE_SIDE, SPRITE_SIDE, 1}};
  return s;
}


/* reals(index) -> images */
static int l_reals(lua_State *L) {
  Tensor *index = check_index(L, 1, "reals", SPRITE_COUNT);
  Shape shape = image_shape(index->size);
  Tensor **h = lt_handle(L), *t;
  long mark = scope_open();
  long *at;
  t = tensor_new(&shape);
  at = t ? mem_array((size_t)index->size, sizeof *at) : NULL;
  if (at) {
    fill_index(at, index);
    pool_mayend(1);
    sprite_reals(t->data, index->size, at);
    pool_mayend(0);
    mem_free(at);
  }
  return lt_made(L, h, at && !mem_stopped() ? t : NULL, mark);
}


/* bytes(index) -> the same as a string of n * 4096 bytes */
static int l_bytes(lua_State *L) {
  Tensor *index = check_index(L, 1, "bytes", SPRITE_COUNT);
  size_t n = (size_t)index->size;
  long *at = lua_newuserdatauv(L, (n + 1) * sizeof *at, 0);
  luaL_Buffer b;
  unsigned char *out;
  fill_index(at, index);
  out = (unsigned char *)luaL_buffinitsize(L, &b, n * SPRITE_PIXELS);
  sprite_bytes(out, index->size, at);
  luaL_pushresultsize(&b, n * SPRITE_PIXELS);
  return 1;
}


static Bits *check_bits(lua_State *L, const char *who) {
  Bits *b = luaL_testudata(L, 1, BITS);
  if (b == NULL) lt_wrong(L, 1, who, "bits", "an array of bits");
  return b;
}


/* bits(n) -> room for n images, black as yet */
static int l_bits(lua_State *L) {
  long n = lt_integer(L, 1, "bits", "n", 0, SPRITE_COUNT);
  Bits *b;
  int i, j;
  lt_budget(L);
  b = lua_newuserdatauv(L, sizeof *b, 0);
  b->n = 0;
  b->data = NULL;
  luaL_setmetatable(L, BITS);
  b->data = mem_array((size_t)n, PACKED);
  if (b->data == NULL) return lt_raise(L);
  memset(b->data, 0, (size_t)n * PACKED);
  b->n = n;
  for (i = 0; i < 256; i++)
    for (j = 0; j < 8; j++) b->pixels[i][j] = (real)(i >> j & 1);
  return 1;
}


static int b_free(lua_State *L) {
  Bits *b = check_bits(L, "free");
  mem_free(b->data);
  b->data = NULL;
  b->n = 0;
  return 0;
}


static int b_length(lua_State *L) {
  lua_pushinteger(L, check_bits(L, "#")->n);
  return 1;
}


/* b:put(first, string) -> true: images from number `first` on, 4096 bytes
** each; or false when there are other bytes than 0 and 1 */
static int b_put(lua_State *L) {
  Bits *b = check_bits(L, "put");
  long first = lt_integer(L, 2, "put", "first", 1, b->n + 1);
  size_t len, i;
  const unsigned char *p = (const unsigned char *)
    (lua_type(L, 3) == LUA_TSTRING ? lua_tolstring(L, 3, &len) : NULL);
  unsigned char *out = b->data + (first - 1) * PACKED;
  unsigned all = 0;
  if (p == NULL || len % SPRITE_PIXELS != 0 ||
      len / SPRITE_PIXELS > (size_t)(b->n - first + 1))
    lt_wrong(L, 3, "put", "string", "%d bytes for each of at most %ld images",
             SPRITE_PIXELS, b->n - first + 1);
  for (i = 0; i < len; i += 8, p += 8) {
    unsigned x = 0;
    int j;
    for (j = 0; j < 8; j++) {
      all |= p[j];
      x |= (unsigned)(p[j] & 1) << j;
    }
    *out++ = (unsigned char)x;
  }
  lua_pushboolean(L, all <= 1);
  return 1;
}


/* b:string() -> the images as they are kept, for hashing */
static int b_string(lua_State *L) {
  Bits *b = check_bits(L, "string");
  if (b->n == 0) lua_pushliteral(L, "");
  else lua_pushlstring(L, (const char *)b->data, (size_t)b->n * PACKED);
  return 1;
}


typedef struct Gather {
  const Bits *b;
  const Tensor *index;
  real *out;
} Gather;


static void gather_piece(void *arg, long i) {
  const Gather *g = arg;
  const unsigned char *p = g->b->data + ((long)g->index->data[i] - 1) * PACKED;
  real *out = g->out + i * SPRITE_PIXELS;
  int j;
  for (j = 0; j < PACKED; j++, out += 8)
    memcpy(out, g->b->pixels[p[j]], sizeof g->b->pixels[0]);
}


/* b:reals(index) -> images */
static int b_reals(lua_State *L) {
  Bits *b = check_bits(L, "reals");
  Tensor *index = check_index(L, 2, "reals", b->n);
  Shape shape = image_shape(index->size);
  Tensor **h = lt_handle(L), *t;
  long mark = scope_open();
  Gather g = {b, index, NULL};
  t = tensor_new(&shape);
  if (t) {
    g.out = t->data;
    if (!pool_try(index->size, gather_piece, &g)) t = NULL;
  }
  return lt_made(L, h, t, mark);
}


static const luaL_Reg functions[] = {
  {"reals", l_reals}, {"bytes", l_bytes}, {"bits", l_bits}, {NULL, NULL}
};

static const luaL_Reg methods[] = {
  {"put", b_put}, {"reals", b_reals}, {"string", b_string},
  {"__len", b_length}, {"__gc", b_free}, {"__close", b_free}, {NULL, NULL}
};


void lua_opensprite(lua_State *L) {
  lt_kind(L, BITS, b_free, methods);
  lua_newtable(L);
  lt_setfuncs(L, functions);
}
