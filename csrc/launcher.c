/*
** launcher.c
** build/teasel: Lua with teasel in its search path, so that a script finds
** the module from any folder.
**   teasel script.lua [options]
*/

#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_ROOM 4096


/* the folder of this program, without the last slash; 0 if unknown */
static int own_folder(char *buf) {
  ssize_t n = readlink("/proc/self/exe", buf, PATH_ROOM - 1);
  char *slash;
  if (n <= 0) return 0;
  buf[n] = '\0';
  slash = strrchr(buf, '/');
  if (slash) *slash = '\0';
  return slash != NULL;
}


/* Puts `lua` of a source tree and `lib` of its build before the standard
** places; an installed launcher finds the module in those. */
static void set_path(lua_State *L) {
  char folder[PATH_ROOM];
  if (!own_folder(folder)) return;
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "path");
  lua_pushfstring(L, "%s/../lua/?.lua;%s/../lua/?/init.lua;"
                  "%s/../share/lua/5.4/?.lua;%s/../share/lua/5.4/?/init.lua;"
                  "%s", folder, folder, folder, folder,
                  lua_tostring(L, -1));
  lua_setfield(L, -3, "path");
  lua_pop(L, 1);
  lua_getfield(L, -1, "cpath");
  lua_pushfstring(L, "%s/lib/?.so;%s/../lib/lua/5.4/?.so;%s", folder, folder,
                  lua_tostring(L, -1));
  lua_setfield(L, -3, "cpath");
  lua_pop(L, 2);
}


static void set_arguments(lua_State *L, int argc, char **argv) {
  int i;
  lua_createtable(L, argc, 1);
  for (i = 0; i < argc; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i - 1);
  }
  lua_setglobal(L, "arg");
}


/* whether a message begins with "file:line:" */
static int has_position(const char *message) {
  const char *p = strchr(message, ':');
  for (; p; p = strchr(p + 1, ':')) {
    size_t digits = strspn(p + 1, "0123456789");
    if (digits && p[1 + digits] == ':') return 1;
  }
  return 0;
}


/* An error without a position was raised for the user of a script, as a wrong
** option is: the way there would only hide what it says. */
static int traceback(lua_State *L) {
  const char *message = lua_tostring(L, 1);
  if (message == NULL) message = luaL_tolstring(L, 1, NULL);
  if (has_position(message)) luaL_traceback(L, L, message, 1);
  else lua_pushstring(L, message);
  return 1;
}


static int run(lua_State *L) {
  char **argv = lua_touserdata(L, 2);
  int argc = (int)lua_tointeger(L, 1), i;
  luaL_checkstack(L, argc + LUA_MINSTACK, "too many arguments");
  luaL_openlibs(L);
  set_path(L);
  set_arguments(L, argc, argv);
  lua_pushcfunction(L, traceback);
  if (luaL_loadfilex(L, argv[1], "t") != LUA_OK) return lua_error(L);
  for (i = 2; i < argc; i++) lua_pushstring(L, argv[i]);
  if (lua_pcall(L, argc - 2, 0, -argc) != LUA_OK) return lua_error(L);
  return 0;
}


int main(int argc, char **argv) {
  lua_State *L;
  int status;
  if (argc < 2) {
    fprintf(stderr, "usage: %s script.lua [options]\n", argv[0]);
    return 2;
  }
  L = luaL_newstate();
  if (L == NULL) {
    fprintf(stderr, "teasel: out of memory\n");
    return 1;
  }
  lua_pushcfunction(L, run);
  lua_pushinteger(L, argc);
  lua_pushlightuserdata(L, argv);
  status = lua_pcall(L, 2, 0, 0);
  if (status != LUA_OK)
    fprintf(stderr, "teasel: %s\n", lua_tostring(L, -1));
  lua_close(L);
  return status == LUA_OK ? 0 : 1;
}
