/*
** lua_learn_draw.c
** Points that share the value of a factor, as Lua values.
*/

#include "bind/lua_learn.h"

#define GROUPS LT_NAME("grouping")


/* groups(factors [n K]): the points by the values of each factor */
static int l_groups(lua_State *L) {
  Tensor *f = ll_matrix(L, 1, "groups", "factors");
  void **g = lt_box(L, GROUPS);
  *g = learn_groups(f->shape.dim[0], f->shape.dim[1], f->data);
  return *g ? 1 : lt_raise(L);
}


static Groups *check_groups(lua_State *L, const char *who) {
  return lt_boxed(L, 1, GROUPS, who, "groups");
}


/* g:sizes() -> two lists: the number of values of each factor, and of points
** whose value another point has too */
static int groups_sizes(lua_State *L) {
  Groups *g = check_groups(L, "sizes");
  long f;
  lua_createtable(L, (int)g->k, 0);
  lua_createtable(L, (int)g->k, 0);
  for (f = 0; f < g->k; f++) {
    lua_pushinteger(L, g->first[f + 1] - g->first[f]);
    lua_rawseti(L, -3, f + 1);
    lua_pushinteger(L, g->used[f]);
    lua_rawseti(L, -2, f + 1);
  }
  return 2;
}


/* codes, key, step, m and size at stack indices 2 to 6 */
static Tensor *check_draw(lua_State *L, const char *who, const Groups *g,
                          Draw *draw) {
  Tensor *codes = ll_finite(L, 2, who, "codes");
  long f;
  if (codes->shape.dim[0] != g->n) lt_wrong(L, 2, who, "codes", "%ld rows",
                                            g->n);
  if (codes->shape.dim[1] > LEARN_MAXCODES)
    lt_wrong(L, 2, who, "codes", "at most %d columns", LEARN_MAXCODES);
  draw->key = (uint64_t)lt_word(L, 3, who, "key");
  draw->step = (uint64_t)lt_word(L, 4, who, "step");
  draw->m = lt_integer(L, 5, who, "m", 1, 1L << 32);
  draw->size = lt_integer(L, 6, who, "size", 1, 1L << 20);
  for (f = 0; f < g->k; f++)
    if (g->used[f] == 0)
      lt_error(L, "%s: no two points share a value of factor %d", who,
               (int)f + 1);
  return codes;
}


/* g:pairs(codes [n d], key, step, m, size) -> features [m d], y [m], the
** factor that each item's pairs share, from 0 (see learn_pairs) */
static int groups_pairs(lua_State *L) {
  Groups *g = check_groups(L, "pairs");
  Draw draw;
  Tensor *codes = check_draw(L, "pairs", g, &draw), **hx, **hy, *x, *y;
  Shape sx = codes->shape, sy = {1, {0}};
  long mark;
  sx.dim[0] = sy.dim[0] = draw.m;
  hx = lt_handle(L);
  hy = lt_handle(L);
  mark = scope_open();
  x = tensor_new(&sx);
  y = x ? tensor_new(&sy) : NULL;
  if (y) {
    learn_pairs(g, sx.dim[1], codes->data, &draw, x->data, y->data);
    *hx = tensor_keep(x);
  }
  lt_made(L, hy, y, mark);
  lt_place(L, hx);
  return 2;
}


/* g:votes(codes [n d], key, step, m, size, scale, largest) -> columns [m],
** from 0, -1 for none, y [m], the factor that is shared; scale is a list of d
** numbers (see learn_votes) */
static int groups_votes(lua_State *L) {
  Groups *g = check_groups(L, "votes");
  Draw draw;
  Tensor *codes = check_draw(L, "votes", g, &draw), **hx, **hy, *x, *y;
  Shape s = {1, {0}};
  double *scale;
  long d = codes->shape.dim[1], j, mark;
  lua_settop(L, 8);
  if (draw.size < 2) lt_wrong(L, 6, "votes", "size", "2 or more");
  lt_table(L, 7, "votes", "scale");
  scale = ll_scratch(L, d, sizeof *scale);
  for (j = 0; j < d; j++) {
    lua_rawgeti(L, 7, j + 1);
    scale[j] = lt_number(L, -1, "votes", "scale");
    lua_pop(L, 1);
  }
  s.dim[0] = draw.m;
  hx = lt_handle(L);
  hy = lt_handle(L);
  mark = scope_open();
  x = tensor_new(&s);
  y = x ? tensor_new(&s) : NULL;
  if (y) {
    learn_votes(g, d, codes->data, scale, lua_toboolean(L, 8), &draw, x->data,
                y->data);
    *hx = tensor_keep(x);
  }
  lt_made(L, hy, y, mark);
  lt_place(L, hx);
  return 2;
}


LT_CLOSE(groups_gc, GROUPS, learn_dropgroups)


static const luaL_Reg methods[] = {
  {"sizes", groups_sizes}, {"pairs", groups_pairs}, {"votes", groups_votes},
  {"__gc", groups_gc}, {"__close", groups_gc}, {NULL, NULL}
};

static const luaL_Reg functions[] = {
  {"groups", l_groups}, {NULL, NULL}
};


void ll_opendraw(lua_State *L) {
  lt_kind(L, GROUPS, groups_gc, methods);
  lt_setfuncs(L, functions);
}
