/*
** far_rand.h
** Random numbers, an element for each index: the host's bits (base/rand.h).
*/

#ifndef far_rand_h
#define far_rand_h

#include "base/rand_item.h"

typedef struct RandArgs {
  real *y;
  uint64_t key, step;
  double a, b;           /* normal: mean and deviation; uniform: the ends */
  int moved;             /* whether by a and b */
  long lo;               /* of integers: lo .. lo + span - 1 */
  uint64_t span;
  long k;                /* of categories */
  const real *weights;
} RandArgs;

/* the 64 bits of element i, where two share a block */
TS_FN uint64_t far_word64(long i, const RandArgs *k) {
  uint32_t w[4];
  rand_words(w, k->key, k->step, (uint64_t)i >> 1);
  return i & 1 ? rand_join(w[2], w[3]) : rand_join(w[0], w[1]);
}

TS_FN void far_uniform(long i, const RandArgs *k) {
  real u;
#if defined(TS_DOUBLE)
  u = rand_fraction(far_word64(i, k));
#else
  uint32_t w[4];
  rand_words(w, k->key, k->step, (uint64_t)i >> 2);
  u = rand_short(w[i & 3]);
#endif
  k->y[i] = k->moved ? rand_between(u, k->a, k->b) : u;
}

TS_FN void far_normal(long i, const RandArgs *k) {
  const int pair = (int)(i & 2);
  uint32_t w[4];
  double x, y;
  real z;
  rand_words(w, k->key, k->step, (uint64_t)i >> 2);
  rand_polar(sqrt(rand_minus2log(w[pair])), w[pair + 1], &x, &y);
  z = (real)(i & 1 ? y : x);
  k->y[i] = k->moved ? (real)(k->a + k->b * (double)z) : z;
}

TS_FN void far_integers(long i, const RandArgs *k) {
  k->y[i] = (real)(k->lo + (long)rand_below(far_word64(i, k), (int)(i & 1),
                                            k->span, k->key, k->step,
                                            (uint64_t)i >> 1));
}

/* -1 where the weights of the row have none; counted from 0 */
TS_FN void far_categorical(long i, const RandArgs *k) {
  k->y[i] = (real)rand_pick(k->weights + i * k->k, k->k,
                            rand_fraction(far_word64(i, k)));
}

#endif
