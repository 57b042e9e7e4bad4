/*
** peak.c
** What the machine can do: fused multiply-adds in registers, and a triad
** a = b + s c over arrays that no cache holds, on 1..n threads. Compiled for
** the machine it runs on. Prints one line of JSON: best of the rounds.
*/

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 5
#define STEPS 4000000L
#define CHAINS 12
#define LANES 16
#define N (16L << 20)      /* floats in an array of the triad, all threads */

typedef float Vec __attribute__((vector_size(LANES * sizeof(float))));

static float *a, *b, *c;
static int threads;
static volatile float sink;


static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}


static void *multiply(void *arg) {
  Vec acc[CHAINS], x = {0}, y = {0};
  long n;
  int i;
  (void)arg;
  for (i = 0; i < CHAINS; i++) acc[i] = x + (float)i;
  x += 0.999f;
  y += 0.001f;
  for (n = 0; n < STEPS; n++) {
#pragma GCC unroll 12
    for (i = 0; i < CHAINS; i++) acc[i] = acc[i] * x + y;
    __asm__ volatile("" : "+v"(x));
  }
  for (i = 1; i < CHAINS; i++) acc[0] += acc[i];
  sink = acc[0][0];
  return NULL;
}


static void *triad(void *arg) {
  long part = N / threads, i = (long)(size_t)arg * part, end = i + part;
  for (; i < end; i++) a[i] = b[i] + 3.0f * c[i];
  return NULL;
}


/* the shortest of some rounds on all threads */
static double best(void *(*f)(void *)) {
  double least = 1e9;
  int r, t;
  for (r = 0; r < ROUNDS; r++) {
    pthread_t id[64];
    double start = now();
    for (t = 0; t < threads; t++)
      pthread_create(&id[t], NULL, f, (void *)(size_t)t);
    for (t = 0; t < threads; t++) pthread_join(id[t], NULL);
    start = now() - start;
    if (start < least) least = start;
  }
  return least;
}


int main(int argc, char **argv) {
  int most = argc > 1 ? atoi(argv[1]) : 1;
  long i;
  if (most < 1 || most > 64) return 2;
  a = malloc(N * sizeof *a);
  b = malloc(N * sizeof *b);
  c = malloc(N * sizeof *c);
  if (a == NULL || b == NULL || c == NULL) return 1;
  for (i = 0; i < N; i++) a[i] = b[i] = c[i] = (float)i;
  printf("{");
  for (threads = 1; threads <= most; threads++) {
    double flops = 2.0 * CHAINS * LANES * (double)STEPS * threads;
    printf("%s\"fma%d\": %.1f, \"triad%d\": %.1f", threads > 1 ? ", " : "",
           threads, flops / best(multiply) * 1e-9, threads,
           12.0 * (double)N / best(triad) * 1e-9);
  }
  printf("}\n");
  return 0;
}
