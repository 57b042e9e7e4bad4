/*
** lua_shard.c
** Batches that processes share (base/shard.h), as lua/teasel/lib/shard.lua and
** lua/teasel/run/ranks.lua call it.
*/

#include "bind/lua_teasel.h"
#include "base/shard.h"
#include "graph/op.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>


/* begin(count [, rank, size]): forks; returns in every process */
static int l_begin(lua_State *L) {
  int count = (int)lt_integer(L, 1, "begin", "count", 2, SHARD_MOST);
  int rank = 0, size = 1;
  if (!lua_isnoneornil(L, 2)) {
    size = (int)lt_integer(L, 3, "begin", "size", 1, SHARD_MOST);
    rank = (int)lt_integer(L, 2, "begin", "rank", 0, size - 1);
  }
  if (shard_count() > 1) lt_error(L, "begin: the shards have begun before");
  return shard_begin(count, rank, size) ? 0 : lt_raise(L);
}


/* connect(link): a light userdata, a ShardLink */
static int l_connect(lua_State *L) {
  if (lua_type(L, 1) != LUA_TLIGHTUSERDATA)
    lt_wrong(L, 1, "connect", "link", "a link between ranks");
  shard_connect(lua_touserdata(L, 1));
  return 0;
}


/* later(on): see shard_setlater */
static int l_later(lua_State *L) {
  shard_setlater(lua_toboolean(L, 1));
  return 0;
}


/* free(): see shard_free */
static int l_free(lua_State *L) {
  (void)L;
  shard_free();
  return 0;
}


/* finish([kill]): the end of the shards; a process that was forked ends here,
** silently or, with the text `kill`, as one that failed */
static int l_finish(lua_State *L) {
  const char *why = NULL;
  if (lua_type(L, 1) == LUA_TSTRING) why = lua_tostring(L, 1);
  if (shard_forked()) {
    if (why) shard_say(why);
    _exit(why ? 1 : 0);
  }
  shard_end(why != NULL);
  return 0;
}


/* quiet(): what this process prints goes nowhere from now on, but for errors */
static int l_quiet(lua_State *L) {
  (void)L;
  return freopen("/dev/null", "w", stdout) ? 0
         : lt_error(L, "quiet: cannot open /dev/null");
}


/* place() -> index, from 0, how many, whether this process was forked */
static int l_place(lua_State *L) {
  lua_pushinteger(L, shard_index());
  lua_pushinteger(L, shard_count());
  lua_pushboolean(L, shard_forked());
  return 3;
}


/* lost() -> see shard_lost, or nil */
static int l_lost(lua_State *L) {
  lua_pushstring(L, shard_lost());
  return 1;
}


/* cut(rows): batches of so many rows are cut from now on; 0: none are */
static int l_cut(lua_State *L) {
  long rows = lt_integer(L, 1, "cut", "rows", 0, TS_MAXSIZE);
  if (rows % shard_count() != 0)
    lt_wrong(L, 1, "cut", "rows", "a multiple of %d shards", shard_count());
  shard_setrows(rows);
  return 0;
}


/* locally(rows): see shard_setlocal */
static int l_locally(lua_State *L) {
  shard_setlocal(lt_integer(L, 1, "locally", "rows", 0, TS_MAXSIZE));
  return 0;
}


/* rows() -> of the whole batch and of a shard; 0, 0: nothing is cut */
static int l_rows(lua_State *L) {
  lua_pushinteger(L, shard_whole());
  lua_pushinteger(L, shard_rows());
  return 2;
}


static int l_varies(lua_State *L) {
  lua_pushboolean(L, lt_check(L, 1, "varies", "x")->varies);
  return 1;
}


/* vary(x) -> x, which from now on counts as differing between shards */
static int l_vary(lua_State *L) {
  lt_check(L, 1, "vary", "x")->varies = shard_whole() > 0;
  lua_settop(L, 1);
  return 1;
}


/* add_up(list of numbers) -> their sums over the shards, in double precision */
static int l_addup(lua_State *L) {
  ShardArray a;
  double *v;
  long i;
  lt_table(L, 1, "add_up", "list");
  a.size = (long)lua_rawlen(L, 1);
  a.data = v = lt_scratch(L, (size_t)(a.size + 1) * sizeof *v);
  for (i = 0; i < a.size; i++) {
    lua_rawgeti(L, 1, i + 1);
    v[i] = lt_number(L, -1, "add_up", "list");
    lua_pop(L, 1);
  }
  if (!shard_sum(&a, 1, (int)sizeof *v)) return lt_raise(L);
  lua_createtable(L, (int)a.size, 0);
  for (i = 0; i < a.size; i++) {
    lua_pushnumber(L, v[i]);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}


/* unite(x [m D], first, n) -> [n D], the rows of all processes, of which this
** one has m from number `first` on: sums of them and of -0, which changes no
** number */
static int l_unite(lua_State *L) {
  Tensor *x = lt_host(L, 1, "unite", "x"), **h, *all;
  long first = lt_integer(L, 2, "unite", "first", 1, TS_MAXSIZE), mark, i;
  long n = lt_integer(L, 3, "unite", "n", 1, TS_MAXSIZE);
  Shape s = x->shape;
  ShardArray a;
  if (s.ndim != 2 || first - 1 + s.dim[0] > n)
    lt_wrong(L, 1, "unite", "x", "rows [m D], up to number %ld", n);
  s.dim[0] = n;
  h = lt_handle(L);
  mark = scope_open();
  all = tensor_new(&s);
  lt_return(L, h, all, mark);
  for (i = 0; i < all->size; i++) all->data[i] = (real)-0.0;
  memcpy(all->data + (first - 1) * s.dim[1], x->data,
         (size_t)x->size * sizeof(real));
  a.data = all->data;
  a.size = all->size;
  if (!shard_sum(&a, 1, (int)sizeof(real))) return lt_raise(L);
  lt_place(L, h);
  return 1;
}


/* a tensor whose numbers nobody else has: t itself, or a copy */
static Tensor *own(Tensor *t) {
  Tensor *y;
  if (tensor_sole(t) && t->node == NULL) return t;
  y = tensor_new(&t->shape);
  if (y) memcpy(y->data, t->data, (size_t)t->size * sizeof(real));
  return y;
}


/* a mean, and where it goes */
typedef struct Sent {
  Tensor **h;            /* in the list, which keeps it */
  const Backend *place;
} Sent;


/* average(list of tensors): puts in the place of each that differs between
** shards its mean over them; all go together. Nothing is recorded. */
static int l_average(lua_State *L) {
  ShardArray *a;
  Sent *sent;
  Tensor **h, *t;
  int n, i, m = 0;
  long mark;
  lt_table(L, 1, "average", "list");
  n = (int)lua_rawlen(L, 1);
  a = lt_scratch(L, (size_t)(n + 1) * sizeof *a);
  sent = lt_scratch(L, (size_t)(n + 1) * sizeof *sent);
  for (i = 1; i <= n; i++) {
    lua_rawgeti(L, 1, i);
    sent[m].place = lt_check(L, -1, "average", "list")->place;
    t = lt_host(L, -1, "average", "list");
    if (t->varies) {
      h = lt_handle(L);
      mark = scope_open();
      lt_return(L, h, own(t), mark);
      (*h)->varies = 0;
      sent[m].h = h;
      a[m].data = (*h)->data;
      a[m++].size = (*h)->size;
      lua_rawseti(L, 1, i);
    }
    lua_pop(L, 1);
  }
  if (!shard_mean(a, m, (int)sizeof(real))) return lt_raise(L);
  for (i = 0; i < m; i++) lt_send(L, sent[i].h, sent[i].place);
  return 0;
}


static const luaL_Reg functions[] = {
  {"begin", l_begin}, {"connect", l_connect}, {"free", l_free},
  {"later", l_later},
  {"finish", l_finish}, {"place", l_place}, {"lost", l_lost}, {"cut", l_cut},
  {"locally", l_locally}, {"rows", l_rows}, {"varies", l_varies},
  {"vary", l_vary}, {"quiet", l_quiet},
  {"add_up", l_addup}, {"average", l_average},
  {"unite", l_unite}, {NULL, NULL}
};


void lua_openshard(lua_State *L) {
  lua_newtable(L);
  lt_setfuncs(L, functions);
}
