/*
** lua_system.c
** The few things of the system that a training run needs and Lua lacks:
** a clock, folders, whether somebody watches, and signals as a question.
** The signal handler does nothing but set a flag.
*/

#include "bind/lua_teasel.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* signals that ask a process to end, and what each did before `catch` */
static const int asking[] = {SIGINT, SIGTERM, SIGHUP};
#define ASKING ((int)(sizeof asking / sizeof *asking))

static struct sigaction before[ASKING];
static int catching[ASKING];
static volatile sig_atomic_t caught;


static int fail(lua_State *L, const char *path) {
  lua_pushnil(L);
  lua_pushfstring(L, "%s: %s", path, strerror(errno));
  return 2;
}


/* now() -> seconds on a clock that never goes back */
static int l_now(lua_State *L) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  lua_pushnumber(L, (lua_Number)t.tv_sec + 1e-9 * (lua_Number)t.tv_nsec);
  return 1;
}


/* sleep(seconds): less where a signal comes */
static int l_sleep(lua_State *L) {
  double s = lt_number(L, 1, "sleep", "seconds");
  struct timespec t;
  if (!(s >= 0 && s <= 3600))
    lt_wrong(L, 1, "sleep", "seconds", "0 to 3600");
  t.tv_sec = (time_t)s;
  t.tv_nsec = (long)((s - (double)t.tv_sec) * 1e9);
  nanosleep(&t, NULL);
  return 0;
}


/* terminal(fd) -> its width in columns, or nil if it is none */
static int l_terminal(lua_State *L) {
  int fd = (int)lt_integer(L, 1, "terminal", "fd", 0, 1024);
  struct winsize w;
  if (!isatty(fd)) return 0;
  memset(&w, 0, sizeof w);
  if (ioctl(fd, TIOCGWINSZ, &w) != 0 || w.ws_col == 0) w.ws_col = 80;
  lua_pushinteger(L, w.ws_col);
  return 1;
}


/* folder(path) -> true: makes the folder and those above it, if need be */
static int l_folder(lua_State *L) {
  const char *path = lt_string(L, 1, "folder", "path");
  struct stat s;
  char *copy, *p;
  size_t n = strlen(path);
  if (n == 0) lt_error(L, "folder: got an empty path");
  copy = lua_newuserdatauv(L, n + 1, 0);
  memcpy(copy, path, n + 1);
  for (p = copy + 1; ; p++) {
    char c = *p;
    if (c != '/' && c != '\0') continue;
    *p = '\0';
    if (mkdir(copy, 0777) != 0 && errno != EEXIST) return fail(L, copy);
    if (c == '\0') break;
    *p = c;
  }
  if (stat(path, &s) != 0) return fail(L, path);
  if (!S_ISDIR(s.st_mode)) {
    errno = ENOTDIR;
    return fail(L, path);
  }
  lua_pushboolean(L, 1);
  return 1;
}


/* list(folder) -> the names in it, sorted; nil, message if there is none */
static int l_list(lua_State *L) {
  const char *path = lt_string(L, 1, "list", "path");
  struct dirent **entry;
  int i, count = 0, n = scandir(path, &entry, NULL, alphasort);
  if (n < 0) return fail(L, path);
  lua_newtable(L);  /* out of memory here would leak `entry`, and end all */
  for (i = 0; i < n; i++) {
    const char *name = entry[i]->d_name;
    if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
      lua_pushstring(L, name);
      lua_rawseti(L, -2, ++count);
    }
  }
  for (i = 0; i < n; i++) free(entry[i]);
  free(entry);
  return 1;
}


/* absolute(path) -> the same from the root, whatever the working folder will
** be; nil, message if there is no working folder */
static int l_absolute(lua_State *L) {
  const char *path = lt_string(L, 1, "absolute", "path");
  luaL_Buffer b;
  char *folder;
  if (*path == '/') {
    lua_settop(L, 1);
    return 1;
  }
  luaL_buffinit(L, &b);
  folder = luaL_prepbuffsize(&b, PATH_MAX);
  if (getcwd(folder, PATH_MAX) == NULL) return fail(L, path);
  luaL_addsize(&b, strlen(folder));
  luaL_addchar(&b, '/');
  luaL_addstring(&b, path);
  luaL_pushresult(&b);
  return 1;
}


/* SIGINT while Lua may be interrupted, see l_interrupt */
static lua_State *interruptible;
static pthread_t owner;
static volatile sig_atomic_t armed, interrupted;


static void clear_interrupt(void) {
  interrupted = 0;
  mem_stop(0);
  ts_clear();
  if (interruptible) lua_sethook(interruptible, NULL, 0, 0);
}


/* the hook of the main thread, from the signal on */
static void raise_it(lua_State *L, lua_Debug *at) {
  (void)at;
  clear_interrupt();
  luaL_error(L, "interrupted");
}


/* the hook of a coroutine: it ends, and the main thread's is still to come */
static void look(lua_State *L, lua_Debug *at) {
  (void)at;
  if (interrupted) luaL_error(L, "interrupted");
}


/* one that came to a thread of the core is handed on: the hook is set by the
** thread that runs Lua */
static void interrupt(int signal) {
  if (!armed) return;
  if (!pthread_equal(pthread_self(), owner)) {
    pthread_kill(owner, signal);
    return;
  }
  interrupted = 1;
  mem_stop(1);
  lua_sethook(interruptible, raise_it,
              LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}


/* interrupt(true): from now on Ctrl-C is the error "interrupted" in Lua, at
** its next instruction; what the core is at fails with that message between
** two pieces of its work, or ends first where it has none. interrupt(false):
** from now on Ctrl-C does nothing.
** To be called by the main thread. */
static int l_interrupt(lua_State *L) {
  struct sigaction a;
  int on;
  if (!lua_isboolean(L, 1)) lt_wrong(L, 1, "interrupt", "on", "true or false");
  on = lua_toboolean(L, 1);
  if (!lua_pushthread(L))
    lt_error(L, "interrupt: called in a coroutine, wanted the main thread");
  armed = 0;
  clear_interrupt();
  interruptible = L;
  owner = pthread_self();
  memset(&a, 0, sizeof a);
  a.sa_handler = interrupt;
  sigaction(SIGINT, &a, NULL);
  armed = on;
  return 0;
}


/* follow(coroutine) -> the same, which interrupt ends too */
static int l_follow(lua_State *L) {
  lua_State *other = lua_tothread(L, 1);
  if (other == NULL) lt_wrong(L, 1, "follow", "coroutine", "a coroutine");
  lua_sethook(other, look, LUA_MASKCOUNT, 1000);
  lua_settop(L, 1);
  return 1;
}


/* A second Ctrl-C is for who may be interrupted, if anybody; else the system
** ends the process. */
static void note(int signal) {
  if (caught == SIGINT && signal == SIGINT) interrupt(signal);
  caught = signal;
}


static void catch(int i) {
  struct sigaction a;
  if (catching[i] || sigaction(asking[i], NULL, &before[i]) != 0) return;
  if (before[i].sa_handler == SIG_IGN) return;
  memset(&a, 0, sizeof a);
  a.sa_handler = note;
  a.sa_flags = SA_RESTART;
  if (before[i].sa_handler != interrupt) a.sa_flags |= SA_RESETHAND;
  catching[i] = sigaction(asking[i], &a, NULL) == 0;
}


static void let_go(int i) {
  if (catching[i]) sigaction(asking[i], &before[i], NULL);
  catching[i] = 0;
}


/* catch(true): from now on the first Ctrl-C, SIGTERM or SIGHUP (a closed
** terminal) is only noted, and a second one ends the process; what the parent
** had ignored, as nohup does, stays ignored. Where `interrupt` is on, a second
** Ctrl-C is that error instead. catch(false): each signal does again what it
** did before */
static int l_catch(lua_State *L) {
  int i, on;
  if (!lua_isboolean(L, 1)) lt_wrong(L, 1, "catch", "on", "true or false");
  on = lua_toboolean(L, 1);
  for (i = 0; i < ASKING; i++) {
    if (on) catch(i);
    else let_go(i);
  }
  caught = 0;
  return 0;
}


/* caught() -> the signal that came, or nil */
static int l_caught(lua_State *L) {
  if (caught == 0) return 0;
  lua_pushinteger(L, caught);
  return 1;
}


/* usage() -> processor seconds, largest resident memory in bytes */
static int l_usage(lua_State *L) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  lua_pushnumber(L, (lua_Number)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                 1e-6 * (lua_Number)(u.ru_utime.tv_usec + u.ru_stime.tv_usec));
  lua_pushinteger(L, (lua_Integer)u.ru_maxrss * 1024);
  return 2;
}


static const luaL_Reg functions[] = {
  {"now", l_now}, {"sleep", l_sleep}, {"terminal", l_terminal},
  {"folder", l_folder}, {"list", l_list}, {"absolute", l_absolute},
  {"catch", l_catch}, {"caught", l_caught}, {"usage", l_usage},
  {"interrupt", l_interrupt}, {"follow", l_follow}, {NULL, NULL}
};


void lua_opensystem(lua_State *L) {
  lua_newtable(L);
  lt_setfuncs(L, functions);
}
