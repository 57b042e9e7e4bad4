/*
** launcher.c
** build/teasel: Lua with teasel in its search path, so that a script finds
** the module from any folder. A word that names a file of lua/teasel/tool/
** runs that file: what the project does from the command line is written
** there, the reading of lines too.
*/

#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_ROOM 4096


/* the folder of this program, without the last slash, and the one that it is
** in; 0 if unknown */
static int own_folder(char *folder, char *above) {
  ssize_t n = readlink("/proc/self/exe", folder, PATH_ROOM - 1);
  char *slash;
  if (n <= 0) return 0;
  folder[n] = '\0';
  if ((slash = strrchr(folder, '/')) == NULL) return 0;
  *slash = '\0';
  strcpy(above, folder);
  if ((slash = strrchr(above, '/')) == NULL) return 0;
  *slash = '\0';
  return 1;
}


/* Puts `lua` of a source tree and `lib` of its build before the usual
** places; an installed launcher finds the module in those. */
static void set_path(lua_State *L) {
  char folder[PATH_ROOM], above[PATH_ROOM];
  if (!own_folder(folder, above)) return;
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "path");
  lua_pushfstring(L, "%s/lua/?.lua;%s/lua/?/init.lua;"
                  "%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua;"
                  "%s", above, above, above, above, lua_tostring(L, -1));
  lua_setfield(L, -3, "path");
  lua_pop(L, 1);
  lua_getfield(L, -1, "cpath");
  lua_pushfstring(L, "%s/lib/?.so;%s/lib/lua/5.4/?.so;%s", folder, above,
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


/* the level of the function whose line a message begins with, "file:line: ";
** 0: there is none. *last: no function of Lua's has called it */
static int place_of(lua_State *L, const char *message, int *last) {
  lua_Debug at;
  int level, found = 0;
  *last = 1;
  for (level = 1; lua_getstack(L, level, &at); level++) {
    lua_getinfo(L, "Sl", &at);
    if (at.currentline < 0) continue;
    if (found) *last = 0;
    else {
      const char *place = lua_pushfstring(L, "%s:%d: ", at.short_src,
                                          at.currentline);
      if (strncmp(message, place, strlen(place)) == 0) found = level;
      lua_pop(L, 1);
    }
  }
  return found;
}


/* A value that knows its text is about what the user typed (teasel.command
** raises such), and a traceback would only hide what it says. Others come with
** one, as from Lua's own interpreter, but from the place on that the message
** names, and without one where that is all the way. */
static int traceback(lua_State *L) {
  const char *message = lua_tostring(L, 1);
  int level = 1, last = 0;
  if (message == NULL && luaL_callmeta(L, 1, "__tostring")) return 1;
  if (message) level = place_of(L, message, &last);
  if (level && last) {
    lua_settop(L, 1);
    return 1;
  }
  if (message == NULL) message = luaL_tolstring(L, 1, NULL);
  luaL_traceback(L, L, message, level ? level : 1);
  return 1;
}


static const char usage[] =
  "usage: teasel                        lines that are typed, one by one\n"
  "       teasel script.lua [options]   a script; --help lists its options\n"
  "       teasel -i script.lua [...]    the same, then lines that are typed\n"
  "       teasel -e 'code'              a chunk of Lua, with T at hand\n"
  "       teasel -                      the same from standard input\n"
  "       teasel repl RUN               lines that are typed about a run\n"
  "       teasel help [NAME]            the reference\n"
  "       teasel explore RUN [RUN ...]  trained models, in the browser\n"
  "       teasel watch RUN              a training in another process\n"
  "       teasel score RUN [options]    the metrics of a run\n"
  "       teasel sweep SCRIPT --a 1,2   the script with each of the values\n"
  "       teasel pack RUN [--half]      a run as one file\n"
  "       teasel unpack FILE [DIR]      the run in it\n"
  "       teasel pretrained             the runs that come with teasel\n"
  "       teasel tensorboard RUNS       their logs for TensorBoard\n"
  "       teasel summary RUNS [options] what many runs tell\n"
  "       teasel choose RUNS [options]  the best of them without labels\n"
  "       teasel beside RUNS            their latents for each factor\n"
  "       teasel adopt FILE             weights of other programs\n"
  "       teasel doc [FOLDER]           the reference as a page\n"
  "       teasel contact_sheet SET FILE a data set in one picture\n"
  "       teasel kernel FILE            the kernel of a notebook\n"
  "       teasel --version\n"
  "teasel COMMAND --help tells the options of each.\n";


static int may_be_command(const char *name) {
  return strspn(name, "abcdefghijklmnopqrstuvwxyz_") == strlen(name);
}


/* pushes the path of a command, a file of lua/teasel/tool/; 0: it is none */
static int find_command(lua_State *L, const char *name) {
  if (!may_be_command(name)) return 0;
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "searchpath");
  lua_pushfstring(L, "teasel.tool.%s", name);
  lua_getfield(L, -3, "path");
  lua_call(L, 2, 1);
  lua_remove(L, -2);
  if (lua_type(L, -1) == LUA_TSTRING) return 1;
  lua_pop(L, 1);
  return 0;
}


/* pushes what is to be said of a word that is neither file nor command: the
** command that is most like it, or where they are listed */
static void push_hint(lua_State *L, const char *name) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "teasel.lib.names");
  if (lua_pcall(L, 1, 1, 0) == LUA_OK) {
    lua_getfield(L, -1, "near_module");
    lua_pushstring(L, name);
    lua_pushliteral(L, "tool.");
    if (lua_pcall(L, 2, 1, 0) == LUA_OK && lua_isstring(L, -1)) {
      lua_pushfstring(L, "did you mean '%s'?", lua_tostring(L, -1));
      return;
    }
  }
  lua_pushliteral(L, "--help lists them");
}


/* modules that lie beside a script are found, behind all others */
static void add_folder(lua_State *L, const char *script) {
  const char *slash = strrchr(script, '/');
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "path");
  if (slash) lua_pushlstring(L, script, (size_t)(slash - script + 1));
  else lua_pushliteral(L, "./");
  lua_pushfstring(L, "%s;%s?.lua;%s?/init.lua", lua_tostring(L, -2),
                  lua_tostring(L, -1), lua_tostring(L, -1));
  lua_setfield(L, -4, "path");
  lua_pop(L, 3);
}


/* what is typed and not kept in a file has the module as T, as in the REPL */
static void hand_module(lua_State *L) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "teasel");
  lua_call(L, 1, 1);
  lua_setglobal(L, "T");
}


/* pushes what the arguments ask for as a function; returns its status, and in
** *first the first of the arguments that are its own */
static int load(lua_State *L, int argc, char **argv, int *first) {
  const char *name = argc > 1 ? argv[1] : "-i";
  int status;
  *first = argc > 1 ? 2 : 1;
  if (strcmp(name, "-i") == 0) name = "repl";
  if (strcmp(name, "-e") == 0 && argc > 2) {
    *first = 3;
    hand_module(L);
    return luaL_loadbufferx(L, argv[2], strlen(argv[2]), "=-e", "t");
  }
  if (strcmp(name, "-") == 0) {
    name = NULL;
    hand_module(L);
  }
  else if (find_command(L, name)) name = lua_tostring(L, -1);
  else add_folder(L, name);
  status = luaL_loadfilex(L, name, "t");
  if (status == LUA_ERRFILE && name && may_be_command(name)) {
    const char *message = lua_tostring(L, -1);
    push_hint(L, name);
    lua_pushfstring(L, "%s, nor is it a command (%s)", message,
                    lua_tostring(L, -1));
  }
  return status;
}


static int run(lua_State *L) {
  char **argv = lua_touserdata(L, 2);
  int argc = (int)lua_tointeger(L, 1), i, first, handler;
  luaL_checkstack(L, argc + LUA_MINSTACK, "too many arguments");
  luaL_openlibs(L);
  set_path(L);
  set_arguments(L, argc, argv);
  lua_pushcfunction(L, traceback);
  handler = lua_gettop(L);
  if (load(L, argc, argv, &first) != LUA_OK) return lua_error(L);
  for (i = first; i < argc; i++) lua_pushstring(L, argv[i]);
  if (lua_pcall(L, argc - first, 0, handler) != LUA_OK) return lua_error(L);
  return 0;
}


/* answers what needs no Lua; -1: nothing was asked */
static int answer(int argc, char **argv) {
  if (argc < 2) {
    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) return -1;
    fputs(usage, stderr);
    return 2;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    fputs(usage, stdout);
    return 0;
  }
  if (strcmp(argv[1], "--version") == 0) {
    puts("teasel " TEASEL_VERSION ", " LUA_RELEASE);
    return 0;
  }
  if (argv[1][0] == '-' && argv[1][1] != '\0' && strcmp(argv[1], "-i") != 0 &&
      (strcmp(argv[1], "-e") != 0 || argc < 3)) {
    fprintf(stderr, "teasel: got the option '%s'\n%s", argv[1], usage);
    return 2;
  }
  return -1;
}


int main(int argc, char **argv) {
  lua_State *L;
  int status = answer(argc, argv);
  if (status >= 0) return status;
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
