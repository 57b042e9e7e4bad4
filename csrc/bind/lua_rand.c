/*
** lua_rand.c
** Streams of random numbers as Lua values. Randomness is always an argument:
** there is no global generator.
*/

#include "bind/lua_teasel.h"
#include "base/pool.h"
#include "base/shard.h"
#include "graph/draw.h"

#include <string.h>

#define STREAM LT_NAME("stream")
#define MOST (1L << 53)         /* beyond it not even a double is exact */


static Stream *check_stream(lua_State *L, const char *who) {
  Stream *s = luaL_testudata(L, 1, STREAM);
  if (s == NULL) lt_wrong(L, 1, who, "stream", "a stream");
  return s;
}


static void push_stream(lua_State *L, Stream s) {
  Stream *u = lua_newuserdatauv(L, sizeof s, 0);
  *u = s;
  luaL_setmetatable(L, STREAM);
}


/* stream(seed [, name]): the stream of that name, at its beginning */
static int l_stream(lua_State *L) {
  size_t len = 0;
  lua_Integer seed = lt_word(L, 1, "stream", "seed");
  const char *name = "";
  if (!lua_isnoneornil(L, 2)) name = lt_bytes(L, 2, "stream", "name", &len);
  if (lua_gettop(L) > 2)
    lt_error(L, "stream: got %d arguments, wanted a seed and a name: its "
             "split(name) is the way to further names", lua_gettop(L));
  push_stream(L, rand_stream((uint64_t)seed, name, len));
  return 1;
}


/* s:split(name): another stream, whatever was drawn from s */
static int l_split(lua_State *L) {
  size_t len;
  Stream *s = check_stream(L, "split");
  const char *name = lt_bytes(L, 2, "split", "name", &len);
  push_stream(L, rand_split(s, name, len));
  return 1;
}


/* s:state() -> key, step: two integers that stream_at takes back */
static int l_state(lua_State *L) {
  Stream *s = check_stream(L, "state");
  lua_pushinteger(L, (lua_Integer)s->key);
  lua_pushinteger(L, (lua_Integer)s->step);
  return 2;
}


/* s:assign(key, step): what s:state() gave of another, put into this one */
static int l_assign(lua_State *L) {
  Stream *s = check_stream(L, "assign");
  lua_Integer key = lt_word(L, 2, "assign", "key");
  s->step = (uint64_t)lt_word(L, 3, "assign", "step");
  s->key = (uint64_t)key;
  lua_settop(L, 1);
  return 1;
}


static int l_stream_at(lua_State *L) {
  Stream s;
  s.key = (uint64_t)lt_word(L, 1, "stream_at", "key");
  s.step = (uint64_t)lt_word(L, 2, "stream_at", "step");
  push_stream(L, s);
  return 1;
}


/* s:seek(step): goes to a step, for resuming */
static int l_seek(lua_State *L) {
  Stream *s = check_stream(L, "seek");
  s->step = (uint64_t)lt_integer(L, 2, "seek", "step", 0, TS_MAXSIZE);
  lua_settop(L, 1);
  return 1;
}


/* In a step whose batch is cut, what has a row for each image is drawn for the
** whole batch, wherever it is drawn, and each shard takes its rows: so all that
** is drawn is what one process alone would draw. */
typedef struct Cut {
  long blocks;       /* that each hold the rows of a batch; 0: nothing is cut */
  long rows;         /* of a shard, in a block */
} Cut;


/* How a shape is to be cut; then it becomes that of the whole. A shape of a
** shard's or a whole batch's rows is; for others shard_local tells. */
static Cut widen(Shape *s) {
  Cut cut = {0, 0};
  long n = s->ndim ? s->dim[0] : 0, local = shard_local();
  if (shard_whole() == 0 || n == 0) return cut;
  if (local && n % local == 0 && local % shard_rows() == 0) {
    cut.blocks = local / shard_rows();
    cut.rows = n / cut.blocks;
  }
  else if (!local && (n == shard_whole() || n == shard_rows())) {
    cut.blocks = 1;
    cut.rows = shard_rows();
  }
  if (cut.blocks) s->dim[0] = cut.blocks * cut.rows * shard_count();
  return cut;
}


/* what is cut is so on the host */
static const Backend *place_of(Cut cut) {
  return cut.blocks ? NULL : device_default();
}


static Tensor *own_rows(Tensor *whole, Cut cut) {
  Shape s;
  Tensor *t;
  long i, n;
  if (whole == NULL || cut.blocks == 0) return whole;
  s = whole->shape;
  s.dim[0] = cut.blocks * cut.rows;
  t = tensor_new(&s);
  if (t == NULL) return NULL;
  n = t->size / cut.blocks;
  for (i = 0; i < cut.blocks; i++)
    memcpy(t->data + i * n,
           whole->data + (i * shard_count() + shard_index()) * n,
           (size_t)n * sizeof(real));
  t->varies = 1;
  return t;
}


/* a fill of a shape and two numbers of these names, a and b by default */
static int two_numbers(lua_State *L, const char *who, const char *first,
                       const char *second, double a, double b,
                       int (*fill)(Stream *, Tensor *, double, double)) {
  Stream *s = check_stream(L, who);
  Tensor **h, *t;
  Shape shape;
  long mark;
  Cut cut;
  lt_shape(L, 2, 0, who, "shape", &shape);
  cut = widen(&shape);
  if (!lua_isnoneornil(L, 3)) a = lt_finite(L, 3, who, first);
  if (!lua_isnoneornil(L, 4)) b = lt_beyond(L, 4, who, second, a, first);
  h = lt_handle(L);
  mark = scope_open();
  t = tensor_at(place_of(cut), &shape);
  pool_mayend(1);
  if (t && !fill(s, t, a, b)) t = NULL;
  pool_mayend(0);
  if (mem_stopped()) t = NULL;
  return lt_made(L, h, own_rows(t, cut), mark);
}


/* s:uniform(shape [, lo, hi]): lo <= x < hi, default 0 and 1 */
static int l_uniform(lua_State *L) {
  return two_numbers(L, "uniform", "lo", "hi", 0, 1, draw_uniform);
}


/* s:normal(shape [, mean, sd]): numbers from N(mean, sd^2), default N(0, 1) */
static int l_normal(lua_State *L) {
  return two_numbers(L, "normal", "mean", "sd", 0, 1, draw_normal);
}


/* s:integers(shape, lo, hi): both ends included */
static int l_integers(lua_State *L) {
  Stream *s = check_stream(L, "integers");
  Tensor **h, *t;
  Shape shape;
  long lo, hi, mark;
  Cut cut;
  lt_shape(L, 2, 0, "integers", "shape", &shape);
  cut = widen(&shape);
  lo = lt_integer(L, 3, "integers", "lo", -MOST, MOST);
  hi = lt_integer(L, 4, "integers", "hi", lo, MOST);
  h = lt_handle(L);
  mark = scope_open();
  t = tensor_at(place_of(cut), &shape);
  if (t && !draw_integers(s, t, lo, hi)) t = NULL;
  return lt_made(L, h, own_rows(t, cut), mark);
}


/* s:permutation(n): 1..n in random order */
static int l_permutation(lua_State *L) {
  Stream *s = check_stream(L, "permutation");
  Tensor **h, *t;
  Shape shape = {1, {0}};
  long *order;
  long i, mark;
  shape.dim[0] = lt_integer(L, 2, "permutation", "n", 0, 1L << 24);
  if (shard_whole() && shape.dim[0] == shard_rows())
    lt_wrong(L, 2, "permutation", "n", "not the rows of a shard: those of the "
             "whole batch are to be gathered first");
  h = lt_handle(L);
  mark = scope_open();
  t = tensor_new(&shape);
  order = t ? mem_array((size_t)t->size, sizeof *order) : NULL;
  if (order) {
    rand_permutation(s, order, t->size);
    for (i = 0; i < t->size; i++) t->data[i] = (real)(order[i] + 1);
    mem_free(order);
  }
  return lt_made(L, h, order ? t : NULL, mark);
}


/* the weights of a shard's rows in the place of all shards' */
static Tensor *tiled(Tensor *w, Cut cut) {
  Shape s = w->shape;
  Tensor *t;
  long i, n = w->size / cut.blocks, all = n * shard_count();
  s.dim[0] *= shard_count();
  t = tensor_new(&s);
  for (i = 0; t && i < t->size; i += n)
    memcpy(t->data + i, w->data + i / all * n, (size_t)n * sizeof(real));
  return t;
}


/* s:categorical(weights [n k]): for each row an index in 1..k, drawn with a
** probability proportional to its weight */
static int l_categorical(lua_State *L) {
  Stream *s = check_stream(L, "categorical");
  Tensor *w = lt_check(L, 2, "categorical", "weights");
  Tensor **h, *t;
  Shape shape = {1, {0}};
  long mark;
  Cut cut;
  if (w->shape.ndim != 2 || w->shape.dim[1] == 0)
    lt_wrong(L, 2, "categorical", "weights", "two axes: rows, classes");
  shape.dim[0] = w->shape.dim[0];
  cut = widen(&shape);
  h = lt_handle(L);
  mark = scope_open();
  w = tensor_moved(w, place_of(cut));
  if (w && cut.blocks && w->shape.dim[0] != shape.dim[0]) w = tiled(w, cut);
  t = w ? tensor_at(w->place, &shape) : NULL;
  if (t && !draw_categorical(s, t, w)) t = NULL;
  return lt_made(L, h, own_rows(t, cut), mark);
}


/* philox(c0, c1, c2, c3, k0, k1) -> four 32-bit words, as published */
static int l_philox(lua_State *L) {
  uint32_t in[6], out[4];
  int i;
  for (i = 0; i < 6; i++)
    in[i] = (uint32_t)lt_integer(L, i + 1, "philox", "word", 0, 0xffffffffL);
  rand_philox(out, in, in + 4);
  for (i = 0; i < 4; i++) lua_pushinteger(L, out[i]);
  return 4;
}


static int l_tostring(lua_State *L) {
  Stream *s = check_stream(L, "tostring");
  lua_pushfstring(L, "stream at step %I", (lua_Integer)s->step);
  return 1;
}


static const luaL_Reg functions[] = {
  {"stream", l_stream}, {"stream_at", l_stream_at}, {"philox", l_philox},
  {NULL, NULL}
};

static const luaL_Reg methods[] = {
  {"split", l_split}, {"state", l_state}, {"seek", l_seek},
  {"assign", l_assign},
  {"uniform", l_uniform}, {"normal", l_normal}, {"integers", l_integers},
  {"permutation", l_permutation}, {"categorical", l_categorical},
  {"__tostring", l_tostring}, {NULL, NULL}
};


void lua_openrand(lua_State *L) {
  lt_kind(L, STREAM, NULL, methods);
  lua_newtable(L);
  lt_setfuncs(L, functions);
}
