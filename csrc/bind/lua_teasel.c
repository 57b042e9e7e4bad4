/*
** lua_teasel.c
** What the parts of the binding share: handles, arguments, errors, and the
** budget that makes Lua's collector see the core's memory.
*/

#include "bind/lua_teasel.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BUDGET ((size_t)32 << 20)

static const char tensor_key;   /* its address names the metatable, so that
                                   two builds can live in one process */
static const char method_key;
static const char library_key;
static const char context_key;
static size_t limit = BUDGET;
static int stress;


/* pushes the table of the registry whose name is the address `key` */
static void push_table(lua_State *L, const void *key) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
  }
}


void lt_metatable(lua_State *L) {
  push_table(L, &tensor_key);
}


void lt_methods(lua_State *L) {
  push_table(L, &method_key);
}


/* A quarter as much garbage as there is live data, and with mem.c's free
** lists no more than half of both beside them: 1.9 times the live data.
** A collection takes about a millisecond, as few objects are Lua's. */
void lt_budgetfor(lua_State *L, size_t n) {
  if (stress) lua_gc(L, LUA_GCCOLLECT);
  else if (mem_live() + n > limit) {
    lua_gc(L, LUA_GCCOLLECT);
    limit = mem_live() + n;
    limit += limit / 4;
    if (limit < BUDGET) limit = BUDGET;
  }
}


void lt_budget(lua_State *L) {
  lt_budgetfor(L, 0);
}


void *lt_scratch(lua_State *L, size_t n) {
  return lua_newuserdatauv(L, n, 0);
}


void lt_stress(int on) {
  stress = on;
}


Tensor **lt_slot(lua_State *L, int i) {
  Tensor **h = lua_touserdata(L, i);
  int same;
  if (h == NULL || !lua_getmetatable(L, i)) return NULL;
  lt_metatable(L);
  same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same ? h : NULL;
}


Tensor *lt_test(lua_State *L, int i) {
  Tensor **h = lt_slot(L, i);
  if (h == NULL || *h == NULL) return NULL;
  lt_hold(L, *h);
  return *h;
}


void lt_library(lua_State *L) {
  lua_rawsetp(L, LUA_REGISTRYINDEX, &library_key);
}


/* Pushes "file:line: " of the innermost function that is neither C nor in a
** file of the library; "" where there is none, as on the command line. A Lua
** function that called by a tail call has left the stack: then it is the line
** that called that one. */
static void push_caller(lua_State *L) {
  lua_Debug at;
  const char *library;
  size_t n;
  int level;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &library_key);
  library = lua_tolstring(L, -1, &n);
  for (level = 1; lua_getstack(L, level, &at); level++) {
    lua_getinfo(L, "Sl", &at);
    if (at.currentline > 0 &&
        (library == NULL || strncmp(at.source, library, n) != 0)) {
      lua_pop(L, 1);
      lua_pushfstring(L, "%s:%d: ", at.short_src, at.currentline);
      return;
    }
  }
  lua_pop(L, 1);
  lua_pushliteral(L, "");
}


void lt_context(lua_State *L) {
  lua_rawsetp(L, LUA_REGISTRYINDEX, &context_key);
}


/* pushes what the function of lt_context adds to a message, or "" */
static void push_context(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &context_key) != LUA_TNIL &&
      lua_pcall(L, 0, 1, 0) == LUA_OK && lua_type(L, -1) == LUA_TSTRING)
    return;
  lua_pop(L, 1);
  lua_pushliteral(L, "");
}


int lt_error(lua_State *L, const char *format, ...) {
  va_list ap;
  push_caller(L);
  va_start(ap, format);
  lua_pushvfstring(L, format, ap);
  va_end(ap);
  push_context(L);
  lua_concat(L, 3);
  lt_endcall();
  return lua_error(L);
}


/* "a writer" of "teasel.writer" */
static const char *pushkind(lua_State *L, const char *kind) {
  const char *dot = strrchr(kind, '.'), *name = dot ? dot + 1 : kind;
  return lua_pushfstring(L, "%s %s", strchr("aeiou", *name) ? "an" : "a",
                         name);
}


/* pushes what the value at i is by its metatable's __name; 0: it has none */
static int pushnamed(lua_State *L, int i) {
  int kind = luaL_getmetafield(L, i, "__name");
  if (kind == LUA_TSTRING) {
    pushkind(L, lua_tostring(L, -1));
    return 1;
  }
  if (kind != LUA_TNIL) lua_pop(L, 1);
  return 0;
}


/* pushes the least of the table's short names that is behind that on top of
** the stack, or nil; its keys have no order */
static void pushnext(lua_State *L, int i) {
  int after = lua_gettop(L), best;
  lua_pushnil(L);
  best = lua_gettop(L);
  lua_pushnil(L);
  while (lua_next(L, i)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) == LUA_TSTRING && lua_rawlen(L, -1) <= 40
        && (lua_isnil(L, after) || lua_compare(L, after, -1, LUA_OPLT))
        && (lua_isnil(L, best) || lua_compare(L, -1, best, LUA_OPLT))) {
      lua_pushvalue(L, -1);
      lua_replace(L, best);
    }
  }
}


/* pushes what the table at i is: how many items, or its names, a few */
static void pushtable(lua_State *L, int i) {
  int n = 0, base = lua_gettop(L);
  i = lua_absindex(L, i);
  luaL_checkstack(L, 12, NULL);
  lua_pushnil(L);
  if (lua_rawlen(L, i) == 0) {
    do pushnext(L, i); while (!lua_isnil(L, -1) && ++n < 4);
  }
  switch (n) {
    case 0:
      lua_pushfstring(L, "a table of %d items", (int)lua_rawlen(L, i));
      break;
    case 1:
      lua_pushfstring(L, "a table with %s alone", lua_tostring(L, base + 2));
      break;
    default:
      lua_pushfstring(L, "a table with %s, %s%s%s%s",
                      lua_tostring(L, base + 2), lua_tostring(L, base + 3),
                      n > 2 ? ", " : "",
                      n > 2 ? lua_tostring(L, base + 4) : "",
                      n > 3 ? " ..." : "");
  }
  lua_replace(L, base + 1);
  lua_settop(L, base + 1);
}


/* pushes a short description of the value at i */
static void describe(lua_State *L, int i) {
  char buf[TS_SHAPETEXT];
  Tensor **h = lt_slot(L, i);
  size_t len;
  if (h) {
    if (*h) lua_pushfstring(L, "a tensor %s", shape_text(&(*h)->shape, buf));
    else lua_pushliteral(L, "a released tensor");
    return;
  }
  switch (lua_type(L, i)) {
    case LUA_TNONE: lua_pushliteral(L, "nothing"); break;
    case LUA_TNIL: lua_pushliteral(L, "nil"); break;
    case LUA_TBOOLEAN:
      lua_pushstring(L, lua_toboolean(L, i) ? "true" : "false");
      break;
    case LUA_TNUMBER:
      lua_pushvalue(L, i);
      lua_tostring(L, -1);
      break;
    case LUA_TSTRING: {
      const char *s = lua_tolstring(L, i, &len);
      if (len > 40) lua_pushfstring(L, "a string of %d bytes", (int)len);
      else lua_pushfstring(L, "\"%s\"", s);
      break;
    }
    case LUA_TTABLE:
      if (!pushnamed(L, i)) pushtable(L, i);
      break;
    default:
      if (!pushnamed(L, i)) lua_pushfstring(L, "a %s", luaL_typename(L, i));
  }
}


int lt_got(lua_State *L, int i, const char *who, const char *what,
           const char *wanted) {
  describe(L, i);
  return lt_error(L, "%s: %s: got %s, wanted %s", who, what,
                  lua_tostring(L, -1), wanted);
}


int lt_wrong(lua_State *L, int i, const char *who, const char *arg,
             const char *wanted, ...) {
  char text[512], what[64];
  va_list ap;
  va_start(ap, wanted);
  vsnprintf(text, sizeof text, wanted, ap);
  va_end(ap);
  snprintf(what, sizeof what, "argument '%s'", arg);
  return lt_got(L, i, who, what, text);
}


Tensor *lt_check(lua_State *L, int i, const char *who, const char *arg) {
  Tensor *t = lt_test(L, i);
  if (t == NULL) lt_wrong(L, i, who, arg, "a tensor");
  return t;
}


long lt_integer(lua_State *L, int i, const char *who, const char *arg,
                long lo, long hi) {
  int ok = 0;
  lua_Integer v = 0;
  if (lua_type(L, i) == LUA_TNUMBER) v = lua_tointegerx(L, i, &ok);
  if (!ok || v < lo || v > hi) {
    if (hi == TS_MAXSIZE)
      lt_wrong(L, i, who, arg, "an integer in %ld..2^40", lo);
    lt_wrong(L, i, who, arg, "an integer in %ld..%ld", lo, hi);
  }
  return (long)v;
}


const char *lt_string(lua_State *L, int i, const char *who, const char *arg) {
  const char *s;
  if (lua_type(L, i) != LUA_TSTRING) lt_wrong(L, i, who, arg, "a string");
  s = lua_tostring(L, i);
  if (strlen(s) != lua_rawlen(L, i))  /* C would read another one */
    lt_wrong(L, i, who, arg, "a string without a byte of 0");
  return s;
}


const char *lt_bytes(lua_State *L, int i, const char *who, const char *arg,
                     size_t *n) {
  if (lua_type(L, i) != LUA_TSTRING) lt_wrong(L, i, who, arg, "a string");
  return lua_tolstring(L, i, n);
}


lua_Integer lt_word(lua_State *L, int i, const char *who, const char *arg) {
  int ok = 0;
  lua_Integer v = 0;
  if (lua_type(L, i) == LUA_TNUMBER) v = lua_tointegerx(L, i, &ok);
  if (!ok) lt_wrong(L, i, who, arg, "an integer");
  return v;
}


void lt_table(lua_State *L, int i, const char *who, const char *arg) {
  if (lua_type(L, i) != LUA_TTABLE) lt_wrong(L, i, who, arg, "a table");
}


void *lt_self(lua_State *L, const char *kind) {
  void *p = luaL_testudata(L, 1, kind);
  if (p == NULL)
    lt_wrong(L, 1, lt_who(), "self", "%s", pushkind(L, kind));
  return p;
}


void **lt_box(lua_State *L, const char *kind) {
  void **p;
  lt_budget(L);
  p = lt_scratch(L, sizeof *p);
  *p = NULL;
  luaL_setmetatable(L, kind);
  return p;
}


void *lt_boxed(lua_State *L, int i, const char *kind, const char *who,
               const char *arg) {
  void **p = luaL_testudata(L, i, kind);
  if (p == NULL) lt_wrong(L, i, who, arg, "%s", pushkind(L, kind));
  if (*p == NULL)
    lt_error(L, "%s: argument '%s': got %s that is closed, wanted an open one",
             who, arg, pushkind(L, kind));
  return *p;
}


int lt_fail(lua_State *L) {
  const char *s = ts_error();
  luaL_pushfail(L);
  lua_pushstring(L, s ? s : "failed for no known reason");
  ts_clear();
  return 2;
}


Tensor **lt_handle(lua_State *L) {
  Tensor **h;
  lt_budget(L);
  h = lt_scratch(L, sizeof *h);
  *h = NULL;
  lt_metatable(L);
  lua_setmetatable(L, -2);
  return h;
}


void lt_rename(const char *from, const char *to) {
  const char *said = ts_error();
  char text[1024];
  size_t n = strlen(from);
  if (said == NULL || strcmp(from, to) == 0 || strncmp(said, from, n) != 0 ||
      said[n] != ':')
    return;
  snprintf(text, sizeof text, "%s%s", to, said + n);
  ts_clear();
  ts_fail("%s", text);
}


int lt_raise(lua_State *L) {
  const char *message = ts_error(), *who = lt_who();
  if (message == NULL) message = "the core failed without a message";
  if (who && strncmp(message, "out of memory", 13) == 0)
    lua_pushfstring(L, "%s: %s", who, message);
  else lua_pushstring(L, message);
  ts_clear();
  return lt_error(L, "%s", lua_tostring(L, -1));
}


int lt_return(lua_State *L, Tensor **handle, Tensor *t, long scope) {
  if (t) *handle = tensor_keep(t);
  scope_close(scope, NULL);
  if (t == NULL) return lt_raise(L);
  return 1;
}
