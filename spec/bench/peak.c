/*
** peak.c
** What the machine can do: fused multiply-adds in registers, and a triad
** a = b + s c over arrays that no cache holds. Compiled for the machine it
** runs on.
**   peak [threads]
** prints one line of JSON: GFLOP/s and GB/s of all threads together, the best
** of some rounds.
** The bytes of the triad are those that the program names: 12 to an item. A
** store makes most processors read the line of `a` first, which would make
** 16; it is not counted, as in the bytes of every op of the bench.
*/

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 20
#define STEPS 1000000L   /* 3 ms: some rounds have a busy core for themselves */
#define MOST 64          /* threads */

/* Floats in a vector register, and sums that do not wait for each other: as
** many as hide how long a multiply-add takes (4 cycles on 2 ports; some ARM
** have 4 ports), and with the factor no more than there are registers. */
#if defined(__AVX512F__)
#define LANES 16
#define CHAINS 16
#elif defined(__AVX__)
#define LANES 8
#define CHAINS 12
#elif defined(__aarch64__)
#define LANES 4
#define CHAINS 16
#else
#define LANES 4
#define CHAINS 12
#endif

/* bytes of an array of the triad; caches of 256 MB exist */
#define ARRAY (256L << 20)

typedef float Vec __attribute__((vector_size(LANES * sizeof(float))));

static float *a, *b, *c;
static long n;           /* items of each */
static int threads = 1;
/* volatile, so that no compiler knows the sums without making them */
static volatile float factor = 1e-9f, sink;


static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}


/* each sum is added to by its neighbour: a product of two constants would be
** taken out of the loop */
static void *multiply(void *arg) {
  Vec sum[CHAINS], x = {0};
  long step;
  int i;
  (void)arg;
  for (i = 0; i < CHAINS; i++) sum[i] = x + (float)i;
  x += factor;
  for (step = 0; step < STEPS; step++) {
#pragma GCC unroll 16
    for (i = 0; i < CHAINS; i++) sum[i] += x * sum[(i + 1) % CHAINS];
  }
  for (i = 1; i < CHAINS; i++) sum[0] += sum[i];
  for (i = 0; i < LANES; i++) sink = sum[0][i];
  return NULL;
}


static void *triad(void *arg) {
  long i = (long)arg * n / threads, end = ((long)arg + 1) * n / threads;
  for (; i < end; i++) a[i] = b[i] + 3.0f * c[i];
  return NULL;
}


/* the shortest of some rounds on all threads */
static double best(void *(*f)(void *)) {
  double least = 1e9;
  int r;
  for (r = 0; r < ROUNDS; r++) {
    pthread_t id[MOST];
    double start = now();
    long t;
    for (t = 0; t < threads; t++)
      pthread_create(&id[t], NULL, f, (void *)t);
    for (t = 0; t < threads; t++) pthread_join(id[t], NULL);
    start = now() - start;
    if (start < least) least = start;
  }
  return least;
}


/* bytes of an array: less where all three would be a quarter of the memory */
static long array_size(void) {
  long share = sysconf(_SC_PHYS_PAGES) / 12 * sysconf(_SC_PAGESIZE);
  return share > 0 && share < ARRAY ? share : ARRAY;
}


int main(int argc, char **argv) {
  long i, size = array_size();
  if (argc > 1) threads = atoi(argv[1]);
  if (threads < 1 || threads > MOST) return 2;
  a = malloc((size_t)size);
  b = malloc((size_t)size);
  c = malloc((size_t)size);
  if (a == NULL || b == NULL || c == NULL) return 1;
  n = size / (long)sizeof *a;
  for (i = 0; i < n; i++) a[i] = b[i] = c[i] = (float)i;
  printf("{\"fma\": %.1f, \"triad\": %.1f}\n",
         2.0 * CHAINS * LANES * STEPS * threads / best(multiply) * 1e-9,
         12.0 * (double)n / best(triad) * 1e-9);
  return 0;
}
