/*
** pool.c
** A pool that sleeps. The caller works too; the others wait on a condition
** variable, because a spinning pool takes the processor from the thread that
** has the work as soon as the machine is shared.
** Invariant: outside pool_for, `next >= count` and no worker holds a piece.
*/

#include "pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define MAXTHREADS 64

static struct {
  pthread_mutex_t lock;
  pthread_cond_t work, done;
  pthread_t thread[MAXTHREADS];
  int wanted;          /* threads asked for, the caller included; 0: unset */
  int started;         /* workers alive */
  int busy;            /* workers inside a loop */
  int quit;
  unsigned long round; /* counts the loops, so that no worker runs one twice */
  PoolBody body;
  void *arg;
  long count;
  atomic_long next;
} pool = {
  .lock = PTHREAD_MUTEX_INITIALIZER,
  .work = PTHREAD_COND_INITIALIZER,
  .done = PTHREAD_COND_INITIALIZER
};

static _Thread_local int self;


static void run_pieces(PoolBody body, void *arg, long count) {
  long i;
  while ((i = atomic_fetch_add(&pool.next, 1)) < count)
    body(arg, i);
}


static void *worker(void *index) {
  unsigned long seen = 0;
  self = (int)(size_t)index;
  pthread_mutex_lock(&pool.lock);
  for (;;) {
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
  }
  pthread_mutex_unlock(&pool.lock);
  return NULL;
}


int pool_threads(void) {
  if (pool.wanted == 0) {
    const char *s = getenv("TEASEL_THREADS");
    long n = s ? strtol(s, NULL, 10) : sysconf(_SC_NPROCESSORS_ONLN);
    pool.wanted = n < 1 ? 1 : n > MAXTHREADS ? MAXTHREADS : (int)n;
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
  if (n <= 1 || pool_threads() == 1) {
    long i;
    for (i = 0; i < n; i++) body(arg, i);
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
  pthread_mutex_lock(&pool.lock);
  while (pool.busy > 0)
    pthread_cond_wait(&pool.done, &pool.lock);
  pool.body = NULL;  /* a worker that wakes only now finds nothing to do */
  pthread_mutex_unlock(&pool.lock);
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
