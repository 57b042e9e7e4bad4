/*
** rand_item.h
** What random numbers are made of, element by element: the words of Philox and
** the arithmetic on them. Every fill is made of these functions, so that an
** element is the same whatever computes it. There is nothing but IEEE
** arithmetic in here, so the bits are the same on every machine.
** Invariant: a draw that has to be repeated moves up in bits 48..63 of its
** own block number, where no other element ever looks.
*/

#ifndef rand_item_h
#define rand_item_h

#include "base/real.h"

#define RAND_RETRY ((uint64_t)1 << 48)

#define RAND_MUL0 0xD2511F53u
#define RAND_MUL1 0xCD9E8D57u
#define RAND_WEYL0 0x9E3779B9u
#define RAND_WEYL1 0xBB67AE85u

/* elements of a uniform fill that share a block */
#if defined(TS_DOUBLE)
#define RAND_UNIFORMS 2
#else
#define RAND_UNIFORMS 4
#endif


TS_FN void rand_rounds(uint32_t out[4], const uint32_t ctr[4],
                       const uint32_t key[2]) {
  uint32_t c0 = ctr[0], c1 = ctr[1], c2 = ctr[2], c3 = ctr[3];
  uint32_t k0 = key[0], k1 = key[1];
  int round;
  for (round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)RAND_MUL0 * c0;
    uint64_t p1 = (uint64_t)RAND_MUL1 * c2;
    c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
    c1 = (uint32_t)p1;
    c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c3 = (uint32_t)p0;
    k0 += RAND_WEYL0;
    k1 += RAND_WEYL1;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}


/* the words of one block */
TS_FN void rand_words(uint32_t out[4], uint64_t key, uint64_t step,
                      uint64_t block) {
  uint32_t c[4], k[2];
  c[0] = (uint32_t)block;
  c[1] = (uint32_t)(block >> 32);
  c[2] = (uint32_t)step;
  c[3] = (uint32_t)(step >> 32);
  k[0] = (uint32_t)key;
  k[1] = (uint32_t)(key >> 32);
  rand_rounds(out, c, k);
}


/* the upper half of a product */
#if defined(__CUDACC__)
TS_FN uint64_t rand_high(uint64_t a, uint64_t b) { return __umul64hi(a, b); }
#else
__extension__ typedef unsigned __int128 Wide;
TS_FN uint64_t rand_high(uint64_t a, uint64_t b) {
  return (uint64_t)((Wide)a * b >> 64);
}
#endif


TS_FN uint64_t rand_join(uint32_t hi, uint32_t lo) {
  return (uint64_t)hi << 32 | lo;
}


/* the upper 53 bits as a number in [0, 1) */
TS_FN double rand_fraction(uint64_t x) {
  return (double)(int64_t)(x >> 11) * 0x1p-53;
}


/* 24 bits as a number in [0, 1) */
TS_FN float rand_short(uint32_t x) {
  return (float)(int32_t)(x >> 8) * 0x1p-24f;
}


/* lo + (hi - lo) u; what rounding carries up to hi becomes lo */
TS_FN real rand_between(real u, double lo, double hi) {
  const real top = (real)hi;
  const real y = (real)(lo + (hi - lo) * (double)u);
  return (lo < hi ? y >= top : y <= top) ? (real)lo : y;
}


TS_FN double rand_ofbits(uint64_t u) {
  double d;
  memcpy(&d, &u, sizeof d);
  return d;
}


TS_FN uint64_t rand_tobits(double d) {
  uint64_t u;
  memcpy(&u, &d, sizeof u);
  return u;
}


#define RAND_MANTISSA 0x000FFFFFFFFFFFFFu
#define RAND_ONE 0x3FF0000000000000u         /* the bits of 1, */
#define RAND_SQRTHALF 0x3FE6A09E667F3BCDu    /* of the square root of 1/2 */
#define RAND_TWO52 0x4330000000000000u       /* and of 2^52 */

/* -2 log u of u = (x + 1/2) / 2^32 = m 2^e with m from sqrt(1/2) to sqrt(2),
** log m = 2 atanh((m - 1) / (m + 1)) */
TS_FN double rand_minus2log(uint32_t x) {
  uint64_t bits = rand_tobits(rand_ofbits(RAND_TWO52 | x) - 0x1p52 + 0.5)
                  + (RAND_ONE - RAND_SQRTHALF);
  double e = rand_ofbits(RAND_TWO52 | bits >> 52) - (0x1p52 + 1023 + 32);
  double m = rand_ofbits((bits & RAND_MANTISSA) + RAND_SQRTHALF);
  double s = (m - 1) / (m + 1);
  double z = s * s;
  double p = 1.0/11 + z * (1.0/13 + z * (1.0/15));
  p = 1.0/5 + z * (1.0/7 + z * (1.0/9 + z * p));
  p = s + s * z * (1.0/3 + z * p);
  return -2 * 0.69314718055994531 * e - 4 * p;
}


/* r cos and r sin of the angle 2 pi (x + 1/2) / 2^32 = q pi/2 + a */
TS_FN void rand_polar(double r, uint32_t x, double *rcos, double *rsin) {
  uint32_t q = (x + 0x20000000u) >> 30;
  double a = ((int32_t)(x - (q << 30)) + 0.5)
             * (6.2831853071795865 * 0x1p-32);
  double z = a * a;
  double s = 1.0/362880 + z * (-1.0/39916800 + z * (1.0/6227020800));
  double c = 1.0/40320 + z * (-1.0/3628800 + z * (1.0/479001600));
  uint64_t odd = -(uint64_t)(q & 1), sbits, cbits;
  s = a + a * z * (-1.0/6 + z * (1.0/120 + z * (-1.0/5040 + z * s)));
  c = 1 + z * (-0.5 + z * (1.0/24 + z * (-1.0/720 + z * c)));
  sbits = rand_tobits(r * s);
  cbits = rand_tobits(r * c);
  *rcos = rand_ofbits(((cbits & ~odd) | (sbits & odd))
                      ^ (uint64_t)((q + 1) >> 1 & 1) << 63);
  *rsin = rand_ofbits(((sbits & ~odd) | (cbits & odd))
                      ^ (uint64_t)(q >> 1 & 1) << 63);
}


/*
** An integer below span from the 64 bits x, the first or the second half of
** a block (Lemire, "Fast random integer generation in an interval", 2019): of
** the 2^64 products x * span, those with a low half below 2^64 mod span are
** drawn again.
*/
TS_FN uint64_t rand_below(uint64_t x, int second, uint64_t span, uint64_t key,
                          uint64_t step, uint64_t block) {
  for (;;) {
    const uint64_t low = x * span;
    uint32_t w[4];
    if (low >= span || low >= (0 - span) % span)
      return rand_high(x, span);
    block += RAND_RETRY;
    rand_words(w, key, step, block);
    x = second ? rand_join(w[2], w[3]) : rand_join(w[0], w[1]);
  }
}


/* inverse of the cumulated weights at u; -1 when they have none */
TS_FN long rand_pick(const real *w, long k, double u) {
  double total = 0, sum = 0;
  long j;
  for (j = 0; j < k; j++) {
    if (!(w[j] >= 0)) return -1;
    total += w[j];
  }
  if (!(total > 0 && total <= DBL_MAX)) return -1;
  u *= total;
  for (j = 0; ; j++) {
    sum += w[j];
    if (sum > u || sum == total) return j;
  }
}

#endif
