/*
** pool.c
** A pool that sleeps. The caller works too; the others wait on a condition
** variable, because a spinning pool takes the processor from the thread that
** has the work as soon as the machine is shared. But waking up takes longer
** than many a loop, and one loop follows the other: so a thread looks
** for the next loop, as long as waking up would take, before it sleeps. (Alone
** on 2 cores that is worth 4 to 17 % of a training step, with twice as many
** busy threads as cores it costs up to 13 %.)
** Invariant: outside pool_for, `next >= count` and no worker holds a piece.
*/

#include "base/pool.h"
#include "base/cpus.h"
#include "base/flush.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define MAXTHREADS 64
#define LOOKOUT 50000    /* ns */

static struct {
  pthread_mutex_t lock;
  pthread_cond_t work, done;
  pthread_t thread[MAXTHREADS];
  int wanted;          /* threads asked for, the caller included; 0: unset */
  int started;         /* workers alive */
  atomic_int busy;     /* workers inside a loop */
  int quit;
  atomic_ulong round;  /* counts the loops, so that no worker runs one twice */
  PoolBody body;
  void *arg;
  long count;
  atomic_long next;
  int mayend;          /* written outside of loops */
} pool = {
  .lock = PTHREAD_MUTEX_INITIALIZER,
  .work = PTHREAD_COND_INITIALIZER,
  .done = PTHREAD_COND_INITIALIZER
};

static _Thread_local int self;


void pool_mayend(int on) {
  pool.mayend = on;
}


int pool_ending(void) {
  return pool.mayend && mem_stopping();
}


static void run_pieces(PoolBody body, void *arg, long count) {
  long i;
  while ((i = atomic_fetch_add(&pool.next, 1)) < count) {
    if (pool_ending()) atomic_store(&pool.next, count);
    else body(arg, i);
  }
}


/* whether it is not yet time to sleep; `end` is 0 at first */
static int awake(long *end) {
  struct timespec t;
  long now;
  clock_gettime(CLOCK_MONOTONIC, &t);
  now = t.tv_sec * 1000000000L + t.tv_nsec;
  if (*end == 0) *end = now + LOOKOUT;
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
  return now < *end;
}


static void *worker(void *index) {
  unsigned long seen = 0;
  self = (int)(size_t)index;
  flush_begin();  /* for good: the thread is ours */
  for (;;) {
    long end = 0;
    while (atomic_load(&pool.round) == seen && awake(&end)) {}
    pthread_mutex_lock(&pool.lock);
    while (!pool.quit && (pool.round == seen || pool.body == NULL))
      pthread_cond_wait(&pool.work, &pool.lock);
    if (pool.quit) break;
    seen = pool.round;
    pool.busy++;
    {
      PoolBody body = pool.body;
      void *arg = pool.arg;
      long count = pool.count;
      pthread_mutex_unlock(&pool.lock);
      run_pieces(body, arg, count);
      pthread_mutex_lock(&pool.lock);
    }
    if (--pool.busy == 0)
      pthread_cond_signal(&pool.done);
    pthread_mutex_unlock(&pool.lock);
  }
  pthread_mutex_unlock(&pool.lock);
  return NULL;
}


int pool_threads(void) {
  if (pool.wanted == 0) {
    int n = cpus_usable("");
    pool.wanted = n > MAXTHREADS ? MAXTHREADS : n;
  }
  return pool.wanted;
}


void pool_setthreads(int n) {
  pool_stop();
  pool.wanted = n < 1 ? 1 : n > MAXTHREADS ? MAXTHREADS : n;
}


/* fewer threads than asked for is no failure: the caller does the work */
static void start(void) {
  while (pool.started < pool_threads() - 1) {
    size_t index = (size_t)pool.started + 1;
    if (pthread_create(&pool.thread[pool.started], NULL, worker,
                       (void *)index) != 0)
      break;
    pool.started++;
  }
}


void pool_for(long n, PoolBody body, void *arg) {
  long end = 0;
  FlushMode mode = flush_begin();
  if (n <= 1 || pool_threads() == 1) {
    long i;
    for (i = 0; i < n && !pool_ending(); i++) body(arg, i);
    flush_end(mode);
    return;
  }
  start();
  pthread_mutex_lock(&pool.lock);
  pool.body = body;
  pool.arg = arg;
  pool.count = n;
  atomic_store(&pool.next, 0);
  pool.round++;
  pthread_cond_broadcast(&pool.work);
  pthread_mutex_unlock(&pool.lock);
  run_pieces(body, arg, n);
  while (atomic_load(&pool.busy) > 0 && awake(&end)) {}
  pthread_mutex_lock(&pool.lock);
  while (pool.busy > 0)
    pthread_cond_wait(&pool.done, &pool.lock);
  pool.body = NULL;  /* a worker that wakes only now finds nothing to do */
  pthread_mutex_unlock(&pool.lock);
  flush_end(mode);
}


typedef struct Range {
  RangeBody body;
  void *arg;
  long n, grain;
} Range;


static void range_piece(void *arg, long i) {
  const Range *r = arg;
  long from = i * r->grain;
  r->body(r->arg, from, r->n - from < r->grain ? r->n : from + r->grain);
}


void pool_range(long n, long grain, RangeBody body, void *arg) {
  Range r = { body, arg, n, grain };
  pool_for(n / grain + (n % grain > 0), range_piece, &r);
}


int pool_try(long n, PoolBody body, void *arg) {
  pool_mayend(1);
  pool_for(n, body, arg);
  pool_mayend(0);
  return !mem_stopped();
}


int pool_tryrange(long n, long grain, RangeBody body, void *arg) {
  pool_mayend(1);
  pool_range(n, grain, body, arg);
  pool_mayend(0);
  return !mem_stopped();
}


void pool_stop(void) {
  pthread_mutex_lock(&pool.lock);
  pool.quit = 1;
  pthread_cond_broadcast(&pool.work);
  pthread_mutex_unlock(&pool.lock);
  while (pool.started > 0)
    pthread_join(pool.thread[--pool.started], NULL);
  pool.quit = 0;
}


int pool_self(void) {
  return self;
}
