/*
** lua_call.c
** What a running call of the binding has read stays alive until it ends. Lua
** may collect whenever it allocates, so in the middle of a function; then
** finalizers run, and they may release a tensor, empty a list of them, close
** an array of bytes. So every function of the binding is registered by
** lt_setfuncs or lt_kind and runs inside of a frame: tensors that it reads
** (lt_test) are counted references of the frame, and what it is a method of
** cannot be closed by others, nor give its memory away (lt_inuse).
** An error jumps out of frames without a word. Those lie deeper in the C
** stack than whatever runs next, at the same depth or above, which takes them
** off; until then they only keep their tensors longer than necessary.
*/

#include "bind/lua_teasel.h"

#include <string.h>

#define FRAMES 512      /* Lua allows 200 C calls inside one another */

static struct {
  char *at;             /* in the C stack, which grows downwards */
  const void *self;     /* the userdata that is the first argument */
  const char *name;     /* of the function */
  long held;            /* items that are not its own */
} frame[FRAMES];

static int frames;

static Tensor *few[256];

static struct {
  Tensor **item;        /* `few`, or what a long list needed */
  long n, room;
} held = {few, 0, 256};


static void drop_to(long n) {
  while (held.n > n) tensor_drop(held.item[--held.n]);
  if (held.n == 0 && held.item != few) {
    mem_free(held.item);
    held.item = few;
    held.room = 256;
  }
}


/* ends all frames from the n-th on */
static void leave(int n) {
  if (frames <= n) return;
  frames = n;
  drop_to(frame[n].held);
}


void lt_hold(lua_State *L, Tensor *t) {
  if (held.n == held.room) {
    Tensor **item = mem_array(2 * (size_t)held.room, sizeof *item);
    if (item == NULL) lt_raise(L);
    memcpy(item, held.item, (size_t)held.n * sizeof *item);
    if (held.item != few) mem_free(held.item);
    held.item = item;
    held.room *= 2;
  }
  held.item[held.n++] = tensor_keep(t);
}


/* begins a frame; returns how many there are below */
static int enter(lua_State *L, char *at) {
  int n = frames;
  while (n > 0 && frame[n - 1].at <= at) n--;
  leave(n);
  if (n == 0) drop_to(0);
  if (n < FRAMES) {     /* beyond, the frame below holds what is read */
    frame[n].at = at;
    frame[n].self = lua_touserdata(L, 1);
    frame[n].name = lua_tostring(L, lua_upvalueindex(2));
    frame[n].held = held.n;
    frames = n + 1;
  }
  return n;
}


static int call(lua_State *L) {
  int n = enter(L, __builtin_frame_address(0));
  int results = lua_tocfunction(L, lua_upvalueindex(1))(L);
  leave(n);
  return results;
}


int lt_inuse(lua_State *L) {
  const void *self = lua_touserdata(L, 1);
  int i;
  for (i = 0; i + 1 < frames; i++)
    if (frame[i].self == self) return 1;
  return 0;
}


/* closing leaves what is in use to the collector */
static int call_close(lua_State *L) {
  int n = enter(L, __builtin_frame_address(0)), results = 0;
  if (!lt_inuse(L)) results = lua_tocfunction(L, lua_upvalueindex(1))(L);
  leave(n);
  return results;
}


const char *lt_who(void) {
  return frames > 0 ? frame[frames - 1].name : NULL;
}


void lt_endcall(void) {
  if (frames > 0) leave(frames - 1);
}


void lt_endcalls(void) {
  frames = 0;
  drop_to(0);
}


void lt_bound(lua_State *L, const char *name, lua_CFunction f,
              const void *bound) {
  lua_pushcfunction(L, f);
  lua_pushstring(L, name);
  lua_pushlightuserdata(L, (void *)bound);
  lua_pushcclosure(L, call, 3);
}


void lt_function(lua_State *L, const char *name, lua_CFunction f) {
  lt_bound(L, name, f, NULL);
}


void lt_setfuncs(lua_State *L, const luaL_Reg *list) {
  for (; list->name; list++) {
    lt_function(L, list->name, list->func);
    lua_setfield(L, -2, list->name);
  }
}


void lt_kind(lua_State *L, const char *kind, lua_CFunction close,
             const luaL_Reg *list) {
  if (luaL_newmetatable(L, kind)) {
    lt_setfuncs(L, list);
    for (; close && list->name; list++)
      if (list->func == close) {
        lua_pushcfunction(L, close);
        lua_pushstring(L, list->name);
        lua_pushcclosure(L, call_close, 2);
        lua_setfield(L, -2, list->name);
      }
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
  }
  lua_pop(L, 1);
}
