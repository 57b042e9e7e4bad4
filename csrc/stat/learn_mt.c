/*
** learn_mt.c
** The Mersenne twister MT19937 (Matsumoto & Nishimura 1998) and what numpy's
** RandomState makes of it, for drawing the same points as programs that use
** that. Everything else draws from rand.h.
*/

#include "stat/learn.h"

#define N 624
#define M 397


void learn_mtseed(Mersenne *m, uint32_t seed) {
  int i;
  m->word[0] = seed;
  for (i = 1; i < N; i++)
    m->word[i] = 1812433253u * (m->word[i-1] ^ m->word[i-1] >> 30) +
                 (uint32_t)i;
  m->at = N;
}


static void refill(Mersenne *m) {
  uint32_t *w = m->word;
  int i;
  for (i = 0; i < N; i++) {
    uint32_t y = (w[i] & 0x80000000u) | (w[(i + 1) % N] & 0x7fffffffu);
    w[i] = w[(i + M) % N] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
  }
  m->at = 0;
}


uint32_t learn_mtnext(Mersenne *m) {
  uint32_t y;
  if (m->at == N) refill(m);
  y = m->word[m->at++];
  y ^= y >> 11;
  y ^= y << 7 & 0x9d2c5680u;
  y ^= y << 15 & 0xefc60000u;
  return y ^ y >> 18;
}


/* randint(n): masked, with rejection; one value needs no number */
uint32_t learn_mtbelow(Mersenne *m, uint32_t n) {
  uint32_t last = n - 1, mask = last, v;
  if (last == 0) return 0;
  mask |= mask >> 1;
  mask |= mask >> 2;
  mask |= mask >> 4;
  mask |= mask >> 8;
  mask |= mask >> 16;
  do
    v = learn_mtnext(m) & mask;
  while (v > last);
  return v;
}


void learn_mtpoints(Mersenne *m, long k, const long *size, long n,
                    long *out) {
  long f, i;
  for (i = 0; i < n; i++) out[i] = 0;
  for (f = 0; f < k; f++)
    for (i = 0; i < n; i++)
      out[i] = out[i] * size[f] +
               (long)learn_mtbelow(m, (uint32_t)size[f]);
}


void learn_mtshare(long k, const long *size, long f, long n, const long *from,
                   long step, long *to) {
  long base = 1, i;
  for (i = f + 1; i < k; i++) base *= size[i];
  for (i = 0; i < n; i++) {
    long mine = to[i] / base % size[f], theirs = from[i * step] / base;
    to[i] += (theirs % size[f] - mine) * base;
  }
}
