/*
** lua_process.c
** Other processes, for what starts many runs: a process is a handle that is
** asked whether it has ended, and is never waited for. It depends on this one:
** it is asked to end (SIGTERM) when this one dies, even by kill -9, and Ctrl-C
** reaches this one alone, which passes it on.
*/

#define _GNU_SOURCE   /* pipe2 */

#include "bind/lua_teasel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESS LT_NAME("process")
#define MAX_ARGUMENTS 4096

typedef struct Process {
  pid_t pid;   /* 0: none, or it was seen to end */
  int status;  /* as waitpid gives it */
} Process;


/* in the child, between fork and exec: nothing here may allocate */
static void begin(char *const *argv, const char *output, int report,
                  pid_t parent) {
  static const int usual[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
  size_t i;
  int in, out, problem;
  sigset_t none;
  for (i = 0; i < sizeof usual / sizeof *usual; i++)
    signal(usual[i], SIG_DFL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(1);
  setpgid(0, 0);
  in = open("/dev/null", O_RDONLY);
  out = open(output, O_WRONLY | O_CREAT | O_APPEND, 0666);
  if (in >= 0 && out >= 0 && dup2(in, 0) >= 0 && dup2(out, 1) >= 0 &&
      dup2(out, 2) >= 0)
    execvp(argv[0], argv);
  problem = errno;
  if (write(report, &problem, sizeof problem) < 0) _exit(126);
  _exit(127);
}


/* 0, or the errno of what went wrong */
static int start(Process *p, char *const *argv, const char *output) {
  pid_t parent = getpid();
  int fd[2], problem = 0;
  ssize_t n;
  if (pipe2(fd, O_CLOEXEC) < 0) return errno;
  p->pid = fork();
  if (p->pid == 0) begin(argv, output, fd[1], parent);
  if (p->pid < 0) problem = errno;
  close(fd[1]);
  if (p->pid > 0) {
    do n = read(fd[0], &problem, sizeof problem);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)sizeof problem) waitpid(p->pid, &p->status, 0);
    else problem = 0;   /* the pipe was closed by exec */
  }
  if (problem) p->pid = 0;
  close(fd[0]);
  return problem;
}


/* start(arguments, output) -> a process that runs the program arguments[1],
** looked for as a shell does; what it writes is added to the file `output`.
** nil, message where it cannot be started. */
static int l_start(lua_State *L) {
  const char *output = lt_string(L, 2, "start", "output");
  Process *p;
  char **argv;
  int i, n, problem;
  if (!lua_istable(L, 1))
    lt_wrong(L, 1, "start", "arguments", "a list of strings");
  n = (int)lua_rawlen(L, 1);
  if (n < 1 || n > MAX_ARGUMENTS)
    lt_error(L, "start: argument 'arguments': got %d strings, wanted 1 to %d",
             n, MAX_ARGUMENTS);
  luaL_checkstack(L, n + LUA_MINSTACK, "too many arguments");
  argv = lua_newuserdatauv(L, ((size_t)n + 1) * sizeof *argv, 0);
  for (i = 0; i < n; i++) {
    if (lua_rawgeti(L, 1, i + 1) != LUA_TSTRING)
      lt_error(L, "start: argument 'arguments': got a %s as item %d, "
               "wanted a string", luaL_typename(L, -1), i + 1);
    argv[i] = (char *)lt_string(L, -1, "start", "arguments");
  }
  argv[n] = NULL;
  p = lua_newuserdatauv(L, sizeof *p, 0);
  memset(p, 0, sizeof *p);
  luaL_setmetatable(L, PROCESS);
  problem = start(p, argv, output);
  if (problem == 0) return 1;
  lua_pushnil(L);
  lua_pushfstring(L, "%s: %s", argv[0], strerror(problem));
  return 2;
}


/* process:ended() -> nil while it runs; then its exit status, or nothing for
** that and the signal that ended it: status, signal */
static int l_ended(lua_State *L) {
  Process *p = lt_self(L, PROCESS);
  if (p->pid > 0 && waitpid(p->pid, &p->status, WNOHANG) == p->pid)
    p->pid = 0;
  if (p->pid > 0) return 0;
  if (WIFEXITED(p->status)) {
    lua_pushinteger(L, WEXITSTATUS(p->status));
    return 1;
  }
  lua_pushboolean(L, 0);
  lua_pushinteger(L, WTERMSIG(p->status));
  return 2;
}


/* process:signal(number): sends it, unless the process was seen to end */
static int l_signal(lua_State *L) {
  Process *p = lt_self(L, PROCESS);
  int number = (int)lt_integer(L, 2, "signal", "number", 1, 64);
  if (p->pid > 0) kill(p->pid, number);
  return 0;
}


/* program() -> the path of the program that runs; nil, message */
static int l_program(lua_State *L) {
  luaL_Buffer b;
  ssize_t n;
  luaL_buffinit(L, &b);
  n = readlink("/proc/self/exe", luaL_prepbuffsize(&b, 4096), 4096);
  if (n < 0) {
    lua_pushnil(L);
    lua_pushfstring(L, "/proc/self/exe: %s", strerror(errno));
    return 2;
  }
  luaL_pushresultsize(&b, (size_t)n);
  return 1;
}


static const luaL_Reg methods[] = {
  {"ended", l_ended}, {"signal", l_signal}, {NULL, NULL}
};

static const luaL_Reg functions[] = {
  {"start", l_start}, {"program", l_program}, {NULL, NULL}
};


/* A parent may have the end of its children ignored, which its children begin
** with; then nobody can wait for one, neither `ended` nor io.popen. */
static void heed_children(void) {
  struct sigaction a;
  if (sigaction(SIGCHLD, NULL, &a) == 0 && a.sa_handler == SIG_IGN)
    signal(SIGCHLD, SIG_DFL);
}


void lua_openprocess(lua_State *L) {
  heed_children();
  lt_kind(L, PROCESS, NULL, methods);
  lua_newtable(L);
  lt_setfuncs(L, functions);
}
