/*
** lua_place.c
** Tensors that are not in the host's memory, as Lua meets them. Ops run where
** their operands are. All other functions of the binding read numbers on the
** host, by lt_host, which copies what is far; and what they make of numbers
** goes where new tensors stand, by lt_made or lt_place.
*/

#include "bind/lua_teasel.h"
#include "graph/op.h"


Tensor *lt_host(lua_State *L, int i, const char *who, const char *arg) {
  Tensor *t = lt_check(L, i, who, arg);
  long mark;
  if (t->place == NULL) return t;
  lt_budgetfor(L, (size_t)t->size * sizeof(real));
  mark = scope_open();
  t = tensor_moved(t, NULL);
  if (t) lt_hold(L, t);
  scope_close(mark, NULL);
  if (t == NULL) lt_raise(L);
  return t;
}


void lt_send(lua_State *L, Tensor **handle, const Backend *place) {
  Tensor *t;
  long mark;
  if ((*handle)->place == place) return;
  mark = scope_open();
  t = tensor_moved(*handle, place);
  if (t) {
    tensor_drop(*handle);
    *handle = tensor_keep(t);
  }
  scope_close(mark, NULL);
  if (t == NULL) lt_raise(L);
}


void lt_place(lua_State *L, Tensor **handle) {
  if ((*handle)->place == NULL) lt_send(L, handle, device_default());
}


int lt_made(lua_State *L, Tensor **handle, Tensor *t, long scope) {
  lt_return(L, handle, t, scope);
  lt_place(L, handle);
  return 1;
}


/* place(x) -> the name of the memory that x stands in: "host" or another */
static int l_place(lua_State *L) {
  lua_pushstring(L, device_name(lt_check(L, 1, "place", "x")->place));
  return 1;
}


/* device([name]) -> where what is made of no tensor stands: constants, random
** numbers, batches. "host" at first; with a name, "host", "mirror" or "gpu",
** sets it. Ops run where their operands are; x:to(name) moves a tensor. "gpu"
** is the first GPU of NVIDIA's: it needs their driver, and NVRTC of CUDA 11 or
** later, which compiles its kernels at the first use; TEASEL_CUDA is a folder
** to look for both in. "mirror" is memory that the host cannot touch and
** kernels of a GPU's form, which the processor runs, slowly: so scripts are
** tried as a GPU would run them. */
static int l_device(lua_State *L) {
  const Backend *place;
  if (!lua_isnoneornil(L, 1)) {
    if (!device_find(lt_string(L, 1, "device", "name"), "device", "name",
                     &place))
      return lt_raise(L);
    device_use(place);
  }
  lua_pushstring(L, device_name(device_default()));
  return 1;
}


/* devices() -> the names of all places */
static int l_devices(lua_State *L) {
  int i;
  lua_newtable(L);
  lua_pushstring(L, device_name(NULL));
  lua_rawseti(L, -2, 1);
  for (i = 0; device_list[i]; i++) {
    lua_pushstring(L, device_list[i]->name);
    lua_rawseti(L, -2, i + 2);
  }
  return 1;
}


#if defined(TS_DOUBLE)

/* touch(x) -> its first number, read where the host must not: for a spec */
static int l_touch(lua_State *L) {
  lua_pushnumber(L, (lua_Number)*lt_check(L, 1, "touch", "x")->data);
  return 1;
}

#endif


static const luaL_Reg functions[] = {
  {"device", l_device}, {"devices", l_devices},
#if defined(TS_DOUBLE)
  {"touch", l_touch},
#endif
  {NULL, NULL}
};

static const luaL_Reg methods[] = {{"place", l_place}, {NULL, NULL}};


void lua_openplace(lua_State *L) {
  lt_methods(L);
  lt_setfuncs(L, methods);
  lua_pop(L, 1);
  lua_newtable(L);
  lt_setfuncs(L, functions);
}
