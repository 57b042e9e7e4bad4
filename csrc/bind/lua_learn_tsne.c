/*
** lua_learn_tsne.c
** The affinities of t-SNE as a Lua value. lua/teasel/plot/tsne.lua goes down
** their gradient.
*/

#include "bind/lua_learn.h"

#define AFFINITY LT_NAME("affinity graph")
#define MOST (1L << 26)      /* neighbours of all points */


/* affinity(x [n d], neighbours, perplexity) -> the affinities of the points */
static int l_affinity(lua_State *L) {
  Tensor *x = ll_finite(L, 1, "affinity", "x");
  long n = x->shape.dim[0], k;
  double perplexity = lt_number(L, 3, "affinity", "perplexity");
  void **a;
  if (n < 2) lt_wrong(L, 1, "affinity", "x", "two rows or more");
  k = lt_integer(L, 2, "affinity", "neighbours", 1, n - 1);
  if (k > MOST / n)
    lt_wrong(L, 2, "affinity", "neighbours", "at most %ld for %ld points",
             MOST / n, n);
  if (!(perplexity >= 1 && perplexity <= (double)k))
    lt_wrong(L, 3, "affinity", "perplexity",
             "a number from 1 to the %ld neighbours", k);
  a = lt_box(L, AFFINITY);
  *a = learn_affinity(n, x->shape.dim[1], x->data, k, perplexity);
  return *a ? 1 : lt_raise(L);
}


static Affinity *check(lua_State *L, const char *who) {
  return lt_boxed(L, 1, AFFINITY, who, "p");
}


/* p:gradient(y [n 2], theta, exaggeration) -> [n 2], and the divergence of the
** map from p in nats (see learn_tsne) */
static int affinity_gradient(lua_State *L) {
  Affinity *a = check(L, "gradient");
  Tensor *y = ll_matrix(L, 2, "gradient", "y"), **h, *t;
  double theta = lt_number(L, 3, "gradient", "theta");
  double exaggeration = lt_number(L, 4, "gradient", "exaggeration"), kl = 0;
  long mark;
  if (y->shape.dim[0] != a->n || y->shape.dim[1] != 2)
    lt_wrong(L, 2, "gradient", "y", "%ld rows of 2", a->n);
  if (!(theta >= 0 && theta <= 0.7))
    lt_wrong(L, 3, "gradient", "theta", "a number in 0..0.7");
  lt_budget(L);
  h = lt_handle(L);
  mark = scope_open();
  t = tensor_new(&y->shape);
  if (t && !learn_tsne(a, y->data, theta, exaggeration, t->data, &kl))
    t = NULL;
  lt_made(L, h, t, mark);
  lua_pushnumber(L, kl);
  return 2;
}


/* p:table() -> for each point a table from the others, 1..n, to p(i,j) */
static int affinity_table(lua_State *L) {
  Affinity *a = check(L, "table");
  long i, j;
  lua_createtable(L, (int)a->n, 0);
  for (i = 0; i < a->n; i++) {
    lua_newtable(L);
    for (j = a->start[i]; j < a->start[i + 1]; j++) {
      lua_pushnumber(L, a->p[j]);
      lua_rawseti(L, -2, a->to[j] + 1);
    }
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}


LT_CLOSE(affinity_gc, AFFINITY, learn_dropaffinity)


static const luaL_Reg methods[] = {
  {"gradient", affinity_gradient}, {"table", affinity_table},
  {"__gc", affinity_gc}, {"__close", affinity_gc}, {NULL, NULL}
};

static const luaL_Reg functions[] = {{"affinity", l_affinity}, {NULL, NULL}};


void ll_opentsne(lua_State *L) {
  lt_kind(L, AFFINITY, affinity_gc, methods);
  lt_setfuncs(L, functions);
}
