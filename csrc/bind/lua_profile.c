/*
** lua_profile.c
** Where the time of a step goes: a record for every op that ran and every
** update in place, kept outside of Lua so that watching costs next to nothing.
*/

#include "bind/lua_teasel.h"
#include "graph/op.h"

#include <string.h>

#define MOST 1000000    /* records; what comes later is not watched */
#define OPERANDS 3
#define RECORDS LT_NAME("records")

typedef struct Record {
  const char *who;
  int n;
  Shape shape[OPERANDS];
  double seconds;
} Record;

typedef struct List {
  Record *record;
  long n, room;
} List;

static List list;


void lt_endprofile(void) {
  op_watch = NULL;
  mem_free(list.record);
  memset(&list, 0, sizeof list);
}


static int grow(void) {
  long room = list.room ? 2 * list.room : 256;
  Record *record;
  if (list.room == MOST) return 0;
  if (room > MOST) room = MOST;
  record = mem_array((size_t)room, sizeof *record);
  if (record == NULL) {
    ts_clear();  /* a gap in the profile is no failure of what is watched */
    return 0;
  }
  if (list.n) memcpy(record, list.record, (size_t)list.n * sizeof *record);
  mem_free(list.record);
  list.record = record;
  list.room = room;
  return 1;
}


static void add(const char *who, int n, Tensor *const *t, double seconds) {
  Record *r;
  int i;
  if (list.n == list.room && !grow()) return;
  r = &list.record[list.n++];
  r->who = who;
  r->n = n;
  for (i = 0; i < n; i++) r->shape[i] = t[i]->shape;
  r->seconds = seconds;
}


LT_CLOSE(l_free, RECORDS, mem_free)


/* profile(true) starts one; profile(false) ends it and returns what ran, in
** order: {op =, seconds =, shapes = {operand ..., result}}. An op of more
** than two operands shows the first two. */
static int l_profile(lua_State *L) {
  void **own;
  List all;
  long i;
  int k;
  if (lua_type(L, 1) != LUA_TBOOLEAN)
    lt_wrong(L, 1, "profile", "on", "true or false");
  op_watch = NULL;
  if (lua_toboolean(L, 1)) {
    lt_endprofile();
    op_watch = add;
    return 0;
  }
  /* from here on it is not that of finalizers, which may begin another one */
  own = lt_box(L, RECORDS);
  all = list;
  *own = all.record;
  memset(&list, 0, sizeof list);
  lua_createtable(L, (int)all.n, 0);
  for (i = 0; i < all.n; i++) {
    const Record *r = &all.record[i];
    lua_createtable(L, 0, 3);
    lua_pushstring(L, r->who);
    lua_setfield(L, -2, "op");
    lua_pushnumber(L, r->seconds);
    lua_setfield(L, -2, "seconds");
    lua_createtable(L, r->n, 0);
    for (k = 0; k < r->n; k++) {
      lt_pushshape(L, &r->shape[k]);
      lua_rawseti(L, -2, k + 1);
    }
    lua_setfield(L, -2, "shapes");
    lua_rawseti(L, -2, i + 1);
  }
  mem_free(*own);
  *own = NULL;
  return 1;
}


static const luaL_Reg methods[] = {{"__gc", l_free}, {NULL, NULL}};


void lua_openprofile(lua_State *L) {
  lt_kind(L, RECORDS, l_free, methods);
  lt_function(L, "profile", l_profile);
}
