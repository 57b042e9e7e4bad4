/*
** lua_learn_mt.c
** The points of a grid as programs on numpy's RandomState draw them. Points
** are numbered from 1 with the last factor running fastest.
*/

#include "bind/lua_learn.h"

#define MERSENNE LT_NAME("mersenne")
#define MAXFACTORS 64

typedef struct Grid {
  long k;
  long size[MAXFACTORS];
} Grid;


/* mersenne(seed): as numpy.random.RandomState(seed) */
static int l_mersenne(lua_State *L) {
  long seed = lt_integer(L, 1, "mersenne", "seed", 0, 0xffffffffL);
  Mersenne *m = lua_newuserdatauv(L, sizeof *m, 0);
  learn_mtseed(m, (uint32_t)seed);
  luaL_setmetatable(L, MERSENNE);
  return 1;
}


static Mersenne *check_mersenne(lua_State *L, const char *who) {
  Mersenne *m = luaL_testudata(L, 1, MERSENNE);
  if (m == NULL) lt_wrong(L, 1, who, "mersenne", "a mersenne");
  return m;
}


/* the sizes of the factors, a list at stack index 2 */
static void check_grid(lua_State *L, const char *who, Grid *g) {
  long i, all = 1;
  lt_table(L, 2, who, "sizes");
  g->k = (long)lua_rawlen(L, 2);
  if (g->k < 1 || g->k > MAXFACTORS)
    lt_wrong(L, 2, who, "sizes", "a list of 1..%d sizes", MAXFACTORS);
  for (i = 0; i < g->k; i++) {
    lua_rawgeti(L, 2, i + 1);
    g->size[i] = lt_integer(L, -1, who, "sizes", 1, 1L << 24);
    lua_pop(L, 1);
    all *= g->size[i];
    if (all > 1L << 24) lt_wrong(L, 2, who, "sizes", "2^24 points at most");
  }
}


/* pushes numbers[n] as a tensor, counted from `first` */
static void push_numbers(lua_State *L, long n, const long *number,
                         long first) {
  Shape s = {1, {0}};
  Tensor **h = lt_handle(L), *t;
  long mark = scope_open(), i;
  s.dim[0] = n;
  t = tensor_new(&s);
  if (t)
    for (i = 0; i < n; i++) t->data[i] = (real)(number[i] + first);
  lt_made(L, h, t, mark);
}


/* m:below(n) -> 0..n-1 */
static int mersenne_below(lua_State *L) {
  Mersenne *m = check_mersenne(L, "below");
  long n = lt_integer(L, 2, "below", "n", 1, 1L << 31);
  lua_pushinteger(L, learn_mtbelow(m, (uint32_t)n));
  return 1;
}


/* m:points(sizes, n, chunk) -> [n], drawn `chunk` at a time */
static int mersenne_points(lua_State *L) {
  Mersenne *m = check_mersenne(L, "points");
  Grid g;
  long n, chunk, i, *number;
  check_grid(L, "points", &g);
  n = lt_integer(L, 3, "points", "n", 1, 1L << 32);
  chunk = lt_integer(L, 4, "points", "chunk", 1, 1L << 32);
  number = ll_scratch(L, n, sizeof *number);
  for (i = 0; i < n; i += chunk)
    learn_mtpoints(m, g.k, g.size, n - i < chunk ? n - i : chunk, number + i);
  push_numbers(L, n, number, 1);
  return 1;
}


/* m:pairs(sizes, items, size) -> a, b [items * size], y [items]: the pairs of
** each item share factor y, from 0 */
static int mersenne_pairs(lua_State *L) {
  Mersenne *m = check_mersenne(L, "pairs");
  Grid g;
  long items, size, i, *a, *b, *y;
  check_grid(L, "pairs", &g);
  items = lt_integer(L, 3, "pairs", "items", 1, 1L << 32);
  size = lt_integer(L, 4, "pairs", "size", 1, 1L << 20);
  a = ll_scratch(L, items * size, sizeof *a);
  b = ll_scratch(L, items * size, sizeof *b);
  y = ll_scratch(L, items, sizeof *y);
  for (i = 0; i < items; i++) {
    y[i] = (long)learn_mtbelow(m, (uint32_t)g.k);
    learn_mtpoints(m, g.k, g.size, size, a + i * size);
    learn_mtpoints(m, g.k, g.size, size, b + i * size);
    learn_mtshare(g.k, g.size, y[i], size, a + i * size, 1, b + i * size);
  }
  push_numbers(L, items * size, a, 1);
  push_numbers(L, items * size, b, 1);
  push_numbers(L, items, y, 0);
  return 3;
}


/* m:votes(sizes, items, size) -> a [items * size], y [items]: the points of
** each item share factor y, from 0 */
static int mersenne_votes(lua_State *L) {
  Mersenne *m = check_mersenne(L, "votes");
  Grid g;
  long items, size, i, *a, *y;
  check_grid(L, "votes", &g);
  items = lt_integer(L, 3, "votes", "items", 1, 1L << 32);
  size = lt_integer(L, 4, "votes", "size", 1, 1L << 20);
  a = ll_scratch(L, items * size, sizeof *a);
  y = ll_scratch(L, items, sizeof *y);
  for (i = 0; i < items; i++) {
    y[i] = (long)learn_mtbelow(m, (uint32_t)g.k);
    learn_mtpoints(m, g.k, g.size, size, a + i * size);
    learn_mtshare(g.k, g.size, y[i], size, a + i * size, 0, a + i * size);
  }
  push_numbers(L, items * size, a, 1);
  push_numbers(L, items, y, 0);
  return 2;
}


static const luaL_Reg methods[] = {
  {"below", mersenne_below}, {"points", mersenne_points},
  {"pairs", mersenne_pairs}, {"votes", mersenne_votes}, {NULL, NULL}
};

static const luaL_Reg functions[] = {
  {"mersenne", l_mersenne}, {NULL, NULL}
};


void ll_openmt(lua_State *L) {
  lt_kind(L, MERSENNE, NULL, methods);
  lt_setfuncs(L, functions);
}
