/*
** shard.c
** The processes that share a batch: how they begin, find each other ended, and
** end; those of a rank meet at a barrier in shared memory.
** Invariant: between calls of shard_sum nobody waits, and `arrived` is 0.
*/

#define _GNU_SOURCE

#include "base/shard.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/team.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLOT (1L << 20)        /* bytes of a piece, for one rank */
#define SLOTS 16               /* at most so much longer, for more of them: */
                               /* each has a share, which is one message */
#define LOOK 100000000L        /* ns between looks whether all are alive */

Team team = { .count = 1, .ranks = 1, .own = 1 };

static struct {
  pid_t leader, child[SHARD_MOST];
  long whole, local;
  char lost[500];              /* what shard_lost gives */
} s;


int shard_count(void) {
  return team.count;
}


int shard_index(void) {
  return team.index;
}


int shard_forked(void) {
  return team.count > 1 && team.index != team.first;
}


void shard_setrows(long whole) {
  s.whole = team.count > 1 ? whole : 0;
}


void shard_setlocal(long rows) {
  s.local = rows;
}


long shard_local(void) {
  return s.local;
}


long shard_whole(void) {
  return s.whole;
}


long shard_rows(void) {
  return s.whole / team.count;
}


const char *shard_lost(void) {
  return s.lost[0] ? s.lost : NULL;
}


int team_first(int rank) {
  return (int)((long)rank * team.count / team.ranks);
}


static size_t mapped(void) {
  return sizeof(TeamShared) + 2 * (size_t)team.own * team.slot;
}


static void forget(void) {
  if (team.shared) munmap(team.shared, mapped());
  team_laterend();
  team_sumend();
  team.shared = NULL;
  team.count = team.ranks = team.own = 1;
  team.index = team.rank = team.first = 0;
  s.whole = 0;
  team.free = team.later = 0;
  s.lost[0] = '\0';
  memset(&team.link, 0, sizeof team.link);
}


/* a child dies with its leader, and is silent but for errors */
static int enter(int shard) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  team.index = shard;
  if (getppid() != s.leader) return ts_fail("shards: the first one is gone");
  return freopen("/dev/null", "w", stdout) != NULL;
}


int shard_begin(int count, int rank, int size) {
  int k;
  if (count < size || count > SHARD_MOST || (count & (count - 1)))
    return ts_fail("shards: got %d for %d ranks, wanted a power of two of the "
                   "number of ranks or more, at most %d", count, size,
                   SHARD_MOST);
  pool_stop();
  fflush(NULL);
  team.count = count;
  team.ranks = size;
  team.rank = rank;
  team.first = team_first(rank);
  team.own = team_first(rank + 1) - team.first;
  team.index = team.first;
  team.slot = (size_t)(SLOT * (size < SLOTS ? size : SLOTS));
  s.leader = getpid();
  team.shared = mmap(NULL, mapped(), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (team.shared == MAP_FAILED) {
    team.shared = NULL;
    forget();
    return ts_fail("shards: no shared memory: %s", strerror(errno));
  }
  team.slots = (char *)(team.shared + 1);
  memset(s.child, 0, sizeof s.child);
  for (k = 1; k < team.own; k++) {
    s.child[k] = fork();
    if (s.child[k] == 0) return enter(team.first + k);
    if (s.child[k] < 0) {
      ts_fail("shards: fork: %s", strerror(errno));
      shard_end(1);
      return 0;
    }
  }
  return 1;
}


void shard_connect(const ShardLink *link) {
  team.link = *link;
}


void shard_free(void) {
  team.free = 1;
}


/* notes that a shard has ended and why; the first that is noted stays */
static void note_end(int shard, const char *why) {
  int none = 0;
  if (atomic_compare_exchange_strong(&team.shared->gone, &none, -1)) {
    snprintf(team.shared->why, sizeof team.shared->why, "%s", why);
    atomic_store(&team.shared->gone, 1 + shard);
  }
}


void shard_say(const char *why) {
  if (team.shared) note_end(team.index, why);
}


void shard_end(int kill_them) {
  int k, status;
  if (team.count > 1 && !shard_forked())
    for (k = 1; k < team.own; k++) {
      if (s.child[k] <= 0) continue;
      if (kill_them) kill(s.child[k], SIGKILL);
      while (waitpid(s.child[k], &status, 0) < 0 && errno == EINTR) {}
    }
  forget();
}


/* notes the children that have ended */
static void look(void) {
  char why[80];
  int k, status;
  for (k = 1; k < team.own; k++) {
    if (s.child[k] <= 0 || waitpid(s.child[k], &status, WNOHANG) <= 0)
      continue;
    s.child[k] = 0;
    if (WIFSIGNALED(status))
      snprintf(why, sizeof why, " was ended by signal %d (%s)",
               WTERMSIG(status), strsignal(WTERMSIG(status)));
    else snprintf(why, sizeof why, " ended with status %d",
                  WEXITSTATUS(status));
    note_end(team.first + k, why);
  }
}


int team_lose(const char *form, ...) {
  va_list list;
  va_start(list, form);
  vsnprintf(s.lost, sizeof s.lost, form, list);
  va_end(list);
  return 0;
}


int team_fail(void) {
  if (s.lost[0]) return ts_fail("%s", s.lost);
  mem_stopped();
  return 0;
}


static int alive(void) {
  int gone;
  if (mem_stopping()) return 0;
  if (shard_forked()) {
    if (getppid() != s.leader)
      return team_lose("shards: the first one is gone");
  }
  else look();
  gone = atomic_load(&team.shared->gone);
  if (gone <= 0) return 1;
  return team_lose("shard %d of %d%s", gone, team.count, team.shared->why);
}


int team_meet(void) {
  TeamShared *m = team.shared;
  int round = atomic_load(&m->round);
  if (team.own == 1) return 1;
  if (atomic_fetch_add(&m->arrived, 1) + 1 == team.own) {
    atomic_store(&m->arrived, 0);
    atomic_fetch_add(&m->round, 1);
    syscall(SYS_futex, &m->round, FUTEX_WAKE, team.own, NULL, NULL, 0);
    return 1;
  }
  while (atomic_load(&m->round) == round) {
    struct timespec wait = {0, LOOK};
    long r = syscall(SYS_futex, &m->round, FUTEX_WAIT, round, &wait, NULL, 0);
    if (r < 0 && errno == ETIMEDOUT && !alive()) return 0;
  }
  return 1;
}
