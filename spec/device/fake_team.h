/*
** fake_team.h
** A block of threads that wait for one another, for fake_driver.c: contexts,
** each of which runs until the next barrier.
*/

#ifndef fake_team_h
#define fake_team_h

#include <stddef.h>
#include <stdlib.h>
#include <ucontext.h>

typedef struct Index {
  unsigned x, y, z;
} Index;

typedef struct Kernel {
  void (*call)(void **params);
  size_t size;                   /* of its arguments */
  Index *block, *thread, *block_size, *grid_size;
  int team;                      /* whether threads wait for one another */
} Kernel;

#define THREADS 1024
#define STACK 65536

static struct {
  ucontext_t home, of[THREADS];
  char *stack;
  unsigned now;
  int ended[THREADS];
  const Kernel *kernel;
  void **params;
} team;


static void barrier(void) {
  swapcontext(&team.of[team.now], &team.home);
}


static void member(void) {
  team.kernel->call(team.params);
  team.ended[team.now] = 1;
}


static void run_team(const Kernel *k, unsigned n, void **params) {
  unsigned t, left = n;
  if (team.stack == NULL) team.stack = malloc(THREADS * STACK);
  if (team.stack == NULL) abort();
  team.kernel = k;
  team.params = params;
  for (t = 0; t < n; t++) {
    getcontext(&team.of[t]);
    team.of[t].uc_link = &team.home;
    team.of[t].uc_stack.ss_sp = team.stack + t * STACK;
    team.of[t].uc_stack.ss_size = STACK;
    makecontext(&team.of[t], member, 0);
    team.ended[t] = 0;
  }
  while (left > 0)
    for (t = 0; t < n; t++) {
      if (team.ended[t]) continue;
      team.now = k->thread->x = t;
      swapcontext(&team.home, &team.of[t]);
      left -= (unsigned)team.ended[t];
    }
}

#endif
