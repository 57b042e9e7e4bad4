/*
** child.c
** The child shares nothing with its parent but a pipe and ends with _exit, so
** that what the parent has open in HDF5 is neither flushed nor closed twice;
** what the child opened it need not close. It sends frames: a head that says
** either that so many bytes follow, or why it gives up.
** Invariant: a child that was started has been waited for when child_finish
** returns.
*/

#define _GNU_SOURCE   /* close_range */

#include "file/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMORY ((size_t)2 << 30)       /* what the child may add to itself */
#define SECONDS 30                     /* processor time for small things */
#define RATE ((size_t)8 << 20)         /* bytes for every second more */
#define STALL 60000                    /* ms without a byte: it hangs */

typedef struct Frame {
  int ok;
  size_t size;       /* of what follows */
  char why[512];
} Frame;


static void send_all(int fd, const void *data, size_t n) {
  const char *p = data;
  while (n > 0) {
    ssize_t m = write(fd, p, n);
    if (m < 0 && errno != EINTR) _exit(1);
    if (m > 0) {
      p += m;
      n -= (size_t)m;
    }
  }
}


/* why == NULL: n bytes of data */
static void send_frame(int fd, const char *why, const void *data, size_t n) {
  Frame f;
  memset(&f, 0, sizeof f);
  f.ok = why == NULL;
  f.size = why ? 0 : n;
  if (why) snprintf(f.why, sizeof f.why, "%s", why);
  send_all(fd, &f, sizeof f);
  send_all(fd, data, f.size);
}


void child_send(Child *c, const void *data, size_t n) {
  send_frame(c->fd, NULL, data, n);
}


static void allow_seconds(size_t n) {
  struct rlimit r;
  getrlimit(RLIMIT_CPU, &r);
  r.rlim_cur = n;
  setrlimit(RLIMIT_CPU, &r);
}


void child_allow(size_t bytes) {
  allow_seconds(SECONDS + bytes / RATE);
}


/* what is mapped now and MEMORY more; sanitizers map beyond all limits */
static void limit_memory(void) {
#if !defined(TS_SANITIZE)
  FILE *f = fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  struct rlimit r;
  if (f && fscanf(f, "%lu", &pages) == 1) {
    r.rlim_cur = pages * (unsigned long)sysconf(_SC_PAGESIZE) + MEMORY;
    r.rlim_max = r.rlim_cur;
    setrlimit(RLIMIT_AS, &r);
  }
#endif
}


/* leaves the child a pipe to write into, and time and memory. It keeps no
** lock of its parent's, dies with it, and leaves Ctrl-C to it. */
static void confine(Child *c, pid_t parent) {
  static const struct rlimit none = {0, 0};
  int i, null;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  signal(SIGINT, SIG_IGN);
  signal(SIGPIPE, SIG_DFL);
  if (dup2(c->fd, 3) < 0) _exit(1);
  c->fd = 3;
  close_range(4, ~0u, 0);
  null = open("/dev/null", O_RDWR);
  for (i = 0; i < 3; i++) dup2(null, i);
  setrlimit(RLIMIT_CORE, &none);
  setrlimit(RLIMIT_FSIZE, &none);
  allow_seconds(SECONDS);
  limit_memory();
}


int child_start(Child *c, int (*work)(Child *c, void *arg), void *arg) {
  pid_t parent = getpid();
  int fd[2];
  if (pipe2(fd, O_CLOEXEC) < 0)
    return ts_fail("cannot %s '%s': pipe: %s", c->verb, c->what,
                   strerror(errno));
  c->pid = fork();
  if (c->pid == 0) {
    c->fd = fd[1];
    confine(c, parent);
    ts_clear();
    if (!work(c, arg)) send_frame(c->fd, ts_error(), NULL, 0);
    _exit(0);
  }
  close(fd[1]);
  c->fd = fd[0];
  if (c->pid > 0) return 1;
  close(fd[0]);
  return ts_fail("cannot %s '%s': fork: %s", c->verb, c->what, strerror(errno));
}


/* 0 without a message when the child is gone: finish knows why */
int child_receive(Child *c, void *data, size_t n) {
  char *p = data;
  while (n > 0) {
    struct pollfd wait = {c->fd, POLLIN, 0};
    int ready = poll(&wait, 1, STALL);
    ssize_t m;
    if (mem_stopped()) return 0;
    if (ready == 0)
      return ts_fail("cannot %s '%s': nothing came for %d s", c->verb,
                     c->what, STALL / 1000);
    m = ready < 0 ? -1 : read(c->fd, p, n);
    if (m == 0 || (m < 0 && errno != EINTR)) return 0;
    if (m > 0) {
      p += m;
      n -= (size_t)m;
    }
  }
  return 1;
}


int child_head(Child *c, size_t *n) {
  Frame f;
  *n = 0;
  if (!child_receive(c, &f, sizeof f)) return 0;
  f.why[sizeof f.why - 1] = '\0';
  *n = f.size;
  return f.ok || ts_fail("cannot %s '%s': %s", c->verb, c->what, f.why);
}


/* waits for the end of a child, which comes at once when !ok */
static pid_t await(Child *c, int ok, int *status) {
  pid_t pid;
  close(c->fd);
  if (!ok) kill(c->pid, SIGKILL);   /* one that has ended does not notice */
  do pid = waitpid(c->pid, status, 0); while (pid < 0 && errno == EINTR);
  return pid;
}


void child_stop(Child *c) {
  int status;
  await(c, 0, &status);
}


void child_finish(Child *c, int ok) {
  const char *by = c->by ? c->by : "HDF5";
  int status = 0;
  pid_t pid = await(c, ok, &status);
  if (ok) return;
  if (pid > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
    ts_fail("cannot %s '%s': it takes too long to read", c->verb, c->what);
  else if (pid > 0 && WIFSIGNALED(status))
    ts_fail("cannot %s '%s': %s crashed on it (%s)", c->verb, c->what, by,
            strsignal(WTERMSIG(status)));
  else ts_fail("cannot %s '%s': %s gave up on it", c->verb, c->what, by);
}
