/*
** shard_later.c
** Means over the shards that are made while the walk back goes on. A thread
** takes the arrays that were sent, in the order in which they were, some at a
** time: a bucket is closed when it has enough bytes, so that its bounds are
** the same in all processes however fast they are. The bits are those of
** shard_mean, as each item is a sum for itself.
** Invariant: the thread is the only one that adds up while it has a bucket.
*/

#include "base/team.h"

#include <pthread.h>
#include <signal.h>

#define MOST 1024              /* arrays of a walk that can be waiting */

static struct {
  pthread_mutex_t lock;
  pthread_cond_t change;
  pthread_t thread;
  int started, quit, failed;
  ShardArray array[MOST];
  int n;                       /* of `array` */
  int end[MOST];               /* of each bucket that is closed, in `array` */
  int closed, made;            /* buckets */
  size_t open;                 /* bytes behind the last one */
} s = { .lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER };


void shard_setlater(int on) {
  team.later = on && team.ranks > 1;
}


int shard_later(void) {
  return team.later;
}


static void *work(void *arg) {
  (void)arg;
  pthread_mutex_lock(&s.lock);
  for (;;) {
    while (s.made == s.closed && !s.quit)
      pthread_cond_wait(&s.change, &s.lock);
    if (s.made == s.closed) break;
    {
      int from = s.made ? s.end[s.made - 1] : 0, n = s.end[s.made] - from;
      int ok = !s.failed;
      pthread_mutex_unlock(&s.lock);
      ok = ok && team_sum(s.array + from, n, (int)sizeof(real), 1);
      pthread_mutex_lock(&s.lock);
      if (!ok) s.failed = 1;
    }
    s.made++;
    pthread_cond_broadcast(&s.change);
  }
  pthread_mutex_unlock(&s.lock);
  return NULL;
}


/* signals are for the thread that runs Lua */
static int start(void) {
  sigset_t all, before;
  if (s.started) return 1;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  s.started = pthread_create(&s.thread, NULL, work, NULL) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return s.started || team_lose("shards: no thread for sums");
}


static int close_bucket(void) {
  if (s.open == 0) return 1;
  if (!start()) return 0;
  pthread_mutex_lock(&s.lock);
  s.end[s.closed++] = s.n;
  pthread_cond_broadcast(&s.change);
  pthread_mutex_unlock(&s.lock);
  s.open = 0;
  return 1;
}


int team_wait(void) {
  int ok;
  pthread_mutex_lock(&s.lock);
  while (s.made < s.closed) pthread_cond_wait(&s.change, &s.lock);
  ok = !s.failed;
  pthread_mutex_unlock(&s.lock);
  return ok;
}


int shard_wait(void) {
  int ok = close_bucket();
  ok = team_wait() && ok;
  s.n = s.closed = s.made = s.failed = 0;
  s.open = 0;
  return ok || team_fail();
}


int shard_send(void *data, long size) {
  if (s.n == MOST && !shard_wait()) return 0;
  s.array[s.n].data = data;
  s.array[s.n++].size = size;
  s.open += (size_t)size * sizeof(real);
  return s.open < team.slot || close_bucket() || team_fail();
}


void team_laterend(void) {
  if (!s.started) return;
  pthread_mutex_lock(&s.lock);
  s.quit = 1;
  pthread_cond_broadcast(&s.change);
  pthread_mutex_unlock(&s.lock);
  pthread_join(s.thread, NULL);
  s.started = s.quit = 0;
}
