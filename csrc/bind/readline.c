/*
** readline.c
** A line from a terminal, edited with GNU readline: a module of its own,
** teasel.readline, which is built where readline is and not missed where it
** is not. readline asks for one character at a time here, so that Ctrl-C ends
** the line and nothing is ever left by a jump.
*/

#include <lua.h>
#include <lauxlib.h>

#include <stdio.h>
#include <readline/history.h>
#include <readline/readline.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#define FILE_LINES 5000   /* of the history that a file keeps */
#define SHOWN 200         /* completions */

static lua_State *state;          /* while a line is read */
static int completer = LUA_NOREF;
static char *line;
static int ended;
static volatile sig_atomic_t interrupted, resized;
static pthread_t reader;


/* one that came to a thread of the core is handed on, so that it ends the
** waiting */
static void note(int signal) {
  if (!pthread_equal(pthread_self(), reader)) pthread_kill(reader, signal);
  else if (signal == SIGINT) interrupted = 1;
  else resized = 1;
}


static void got(char *s) {
  line = s;
  ended = 1;
  rl_callback_handler_remove();
}


/* waits for a character; signals come in here alone */
static void step(const sigset_t *outside) {
  fd_set in;
  FD_ZERO(&in);
  FD_SET(STDIN_FILENO, &in);
  if (pselect(STDIN_FILENO + 1, &in, NULL, NULL, NULL, outside) > 0)
    rl_callback_read_char();
  else if (resized) {
    resized = 0;
    rl_resize_terminal();
  }
}


static void edit(const char *prompt) {
  struct sigaction a, before_int, before_winch;
  sigset_t blocked, outside;
  reader = pthread_self();
  memset(&a, 0, sizeof a);
  a.sa_handler = note;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGINT);
  sigaddset(&blocked, SIGWINCH);
  sigprocmask(SIG_BLOCK, &blocked, &outside);
  sigaction(SIGINT, &a, &before_int);
  sigaction(SIGWINCH, &a, &before_winch);
  rl_callback_handler_install(prompt, got);
  while (!ended && !interrupted) step(&outside);
  if (!ended) {
    rl_callback_sigcleanup();
    rl_free_line_state();
    rl_callback_handler_remove();
    fputs("^C\n", stdout);
    fflush(stdout);
  }
  sigaction(SIGINT, &before_int, NULL);
  sigaction(SIGWINCH, &before_winch, NULL);
  sigprocmask(SIG_SETMASK, &outside, NULL);
}


/* read(prompt) -> the line; nil, "end" at Ctrl-D, nil, "interrupt" at Ctrl-C.
** What of the prompt takes no room stands between \1 and \2. */
static int l_read(lua_State *L) {
  const char *prompt = luaL_checkstring(L, 1);
  ended = 0;
  interrupted = resized = 0;
  line = NULL;
  state = L;
  fflush(stdout);
  edit(prompt);
  state = NULL;
  lua_pushstring(L, line);   /* nil where it is NULL */
  free(line);
  line = NULL;
  if (!lua_isnil(L, -1)) return 1;
  lua_pushstring(L, ended ? "end" : "interrupt");
  return 2;
}


/* complete(f): f(text, cursor) -> list, first is asked at each tab */
static int l_complete(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  luaL_unref(L, LUA_REGISTRYINDEX, completer);
  lua_settop(L, 1);
  completer = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}


/* the list at index `at` as readline wants it: what all begin with, then all
** of them, then NULL; in a block that is left on the stack */
static char **matches(lua_State *L, int at, int n, size_t *same) {
  char **all = lua_newuserdatauv(L, ((size_t)n + 2) * sizeof *all, 0);
  int i;
  for (i = 1; i <= n; i++) {
    size_t k = 0;
    lua_rawgeti(L, at, i);
    all[i] = (char *)luaL_checkstring(L, -1);   /* the list holds it */
    lua_pop(L, 1);
    while (i > 1 && k < *same && all[i][k] == all[1][k]) k++;
    *same = i > 1 ? k : strlen(all[1]);
  }
  lua_pushlstring(L, all[1], *same);
  all[0] = (char *)lua_tostring(L, -1);
  all[n + 1] = NULL;
  return all;
}


/* the arguments: list, first. Puts what all have in common into the line. */
static int l_insert(lua_State *L) {
  int n = (int)luaL_len(L, 1), first = (int)luaL_checkinteger(L, 2) - 1;
  size_t same = 0;
  char **all;
  luaL_checkstack(L, LUA_MINSTACK, NULL);
  if (n == 0 || first < 0 || first > rl_point) {
    rl_ding();
    return 0;
  }
  all = matches(L, 1, n, &same);
  if (same > (size_t)(rl_point - first)) {
    rl_begin_undo_group();
    rl_delete_text(first, rl_point);
    rl_point = first;
    rl_insert_text(all[0]);
    rl_end_undo_group();
  }
  else if (n > 1) {
    int i, longest = 0, shown = n < SHOWN ? n : SHOWN;
    for (i = 1; i <= shown; i++)
      if ((int)strlen(all[i]) > longest) longest = (int)strlen(all[i]);
    all[shown + 1] = NULL;
    rl_display_match_list(all, shown, longest);
    if (shown < n) fprintf(rl_outstream, "... (%d in all)\n", n);
    rl_forced_update_display();
  }
  return 0;
}


static int at_tab(int count, int key) {
  lua_State *L = state;
  int top;
  (void)count;
  (void)key;
  if (L == NULL || completer == LUA_NOREF) return 0;
  top = lua_gettop(L);
  lua_pushcfunction(L, l_insert);
  lua_rawgeti(L, LUA_REGISTRYINDEX, completer);
  lua_pushstring(L, rl_line_buffer);
  lua_pushinteger(L, rl_point);
  if (lua_pcall(L, 2, 2, 0) != LUA_OK || lua_pcall(L, 2, 0, 0) != LUA_OK)
    rl_ding();
  lua_settop(L, top);
  return 0;
}


/* history(path): the lines of earlier sessions, where there is such a file */
static int l_history(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  if (read_history(path) == 0) history_truncate_file(path, FILE_LINES);
  return 0;
}


/* add(line [, path]): to the history, and to its file; true where that took
** it */
static int l_add(lua_State *L) {
  const char *s = luaL_checkstring(L, 1), *path = luaL_optstring(L, 2, NULL);
  int ok = 1;
  add_history(s);
  if (path) {
    FILE *f = fopen(path, "a");   /* append_history wants one that is there */
    ok = f != NULL && fclose(f) == 0 && append_history(1, path) == 0;
  }
  lua_pushboolean(L, ok);
  return 1;
}


static const luaL_Reg functions[] = {
  {"read", l_read}, {"complete", l_complete}, {"history", l_history},
  {"add", l_add}, {NULL, NULL}
};


int luaopen_teasel_readline(lua_State *L);

int luaopen_teasel_readline(lua_State *L) {
  rl_readline_name = "teasel";
  rl_catch_signals = 0;
  rl_catch_sigwinch = 0;
  rl_initialize();
  rl_bind_key('\t', at_tab);
  using_history();
  luaL_newlib(L, functions);
  return 1;
}
