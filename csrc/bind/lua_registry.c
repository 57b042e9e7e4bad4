/*
** lua_registry.c
** The rows of all ops as Lua reads them: for the reference and for specs.
*/

#include "bind/lua_teasel.h"
#include "graph/op.h"

#include <string.h>


static const char *const kind_names[] = {
  "tensor", "tensors", "axis", "axes", "permutation", "shape", "sizes",
  "starts", "stops", "amounts", "count", "pair", "pad", "boolean", "place",
  "number"
};


/* registry() -> list of {name, doc, flat, far, args}, args a list of {name,
** kind, default}; far: there is a kernel for far memory */
static int l_registry(lua_State *L) {
  int i, k;
  lua_newtable(L);
  for (i = 0; op_registry[i]; i++) {
    const Op *op = op_registry[i];
    lua_newtable(L);
    lua_pushstring(L, op->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, op->doc);
    lua_setfield(L, -2, "doc");
    lua_pushboolean(L, op->vjp == NULL);
    lua_setfield(L, -2, "flat");
    lua_pushboolean(L, op->far != NULL || op->run == NULL);
    lua_setfield(L, -2, "far");
    lua_newtable(L);
    for (k = 0; op->args[k].name; k++) {
      lua_newtable(L);
      lua_pushstring(L, op->args[k].name);
      lua_setfield(L, -2, "name");
      lua_pushstring(L, kind_names[op->args[k].kind]);
      lua_setfield(L, -2, "kind");
      lua_pushstring(L, op->args[k].default_text);
      lua_setfield(L, -2, "default");
      lua_rawseti(L, -2, k + 1);
    }
    lua_setfield(L, -2, "args");
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}


#if defined(TS_DOUBLE)

/* fault(name, operand, n, mode): see op_fault; fault() turns it off and
** returns how many ops the last run of that vjp called */
static int l_fault(lua_State *L) {
  int i, count = op_faultcount();
  const char *name = lua_isnoneornil(L, 1) ? NULL
    : lt_string(L, 1, "fault", "name");
  op_fault(NULL, 0, 0, 0);
  for (i = 0; name && op_registry[i]; i++)
    if (strcmp(op_registry[i]->name, name) == 0)
      op_fault(op_registry[i], (int)lt_word(L, 2, "fault", "operand") - 1,
               (int)lt_word(L, 3, "fault", "n"),
               (int)lt_word(L, 4, "fault", "mode"));
  lua_pushinteger(L, count);
  return 1;
}

#endif


static const luaL_Reg functions[] = {
  {"registry", l_registry},
#if defined(TS_DOUBLE)
  {"fault", l_fault},
#endif
  {NULL, NULL}
};


void lua_openregistry(lua_State *L) {
  lt_setfuncs(L, functions);
}
