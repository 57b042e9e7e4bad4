/*
** rand.c
** Philox and what is made of it. A fill is cut into tiles of NBLOCK blocks;
** the words of a tile stand in four rows, so that every loop below runs over
** blocks and is one the compiler turns into vector code. There is nothing
** but IEEE arithmetic in here, so the bits are the same on every machine.
** Invariant: a draw that has to be repeated moves up in bits 48..63 of its
** own block number, where no other element ever looks.
*/

#include "base/rand.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/pool.h"

#define NBLOCK 64                       /* blocks in a tile */
#define CHUNK (256L * 4 * NBLOCK)       /* elements in a piece of a loop */
#define RETRY ((uint64_t)1 << 48)

#define MUL0 0xD2511F53u
#define MUL1 0xCD9E8D57u
#define WEYL0 0x9E3779B9u
#define WEYL1 0xBB67AE85u

#if defined(TS_DOUBLE)
#define PERUNIFORM 2
#else
#define PERUNIFORM 4
#endif

__extension__ typedef unsigned __int128 Wide;

typedef struct Tile Tile;

typedef struct Fill Fill;

struct Fill {
  Stream s;
  real *out;
  long n;
  int per;                /* elements in a block */
  void (*run)(const Tile *t, real *out);
  void (*move)(const Fill *f, real *x, long n);   /* by a and b, or NULL */
  double a, b;
  long lo;                /* of integers: lo .. lo + span - 1 */
  uint64_t span;
  long k;                 /* of categories */
  const real *weights;
};

struct Tile {
  const Fill *f;
  uint64_t block;         /* the first one */
  uint32_t w[4][NBLOCK];  /* w[i][b]: word i of block b */
};


static inline void philox(uint32_t out[4], const uint32_t ctr[4],
                          const uint32_t key[2]) {
  uint32_t c0 = ctr[0], c1 = ctr[1], c2 = ctr[2], c3 = ctr[3];
  uint32_t k0 = key[0], k1 = key[1];
  int round;
  for (round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)MUL0 * c0;
    uint64_t p1 = (uint64_t)MUL1 * c2;
    c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
    c1 = (uint32_t)p1;
    c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c3 = (uint32_t)p0;
    k0 += WEYL0;
    k1 += WEYL1;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}


void rand_philox(uint32_t out[4], const uint32_t ctr[4],
                 const uint32_t key[2]) {
  philox(out, ctr, key);
}


static inline void block_words(uint32_t out[4], const Stream *s,
                               uint64_t block) {
  uint32_t ctr[4], key[2];
  ctr[0] = (uint32_t)block;
  ctr[1] = (uint32_t)(block >> 32);
  ctr[2] = (uint32_t)s->step;
  ctr[3] = (uint32_t)(s->step >> 32);
  key[0] = (uint32_t)s->key;
  key[1] = (uint32_t)(s->key >> 32);
  philox(out, ctr, key);
}


void rand_block(uint32_t out[4], uint64_t key, uint64_t step,
                uint64_t block) {
  Stream s = { key, step };
  block_words(out, &s, block);
}


/* the finalizer of splitmix64, a bijection */
static uint64_t mix(uint64_t x) {
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  return x ^ x >> 31;
}


static Stream derive(uint64_t key, const char *name, size_t len) {
  uint64_t h = 0xCBF29CE484222325u;  /* FNV-1a */
  size_t i;
  for (i = 0; i < len; i++)
    h = (h ^ (unsigned char)name[i]) * 0x100000001B3u;
  return (Stream){mix(key ^ mix(h)), 0};
}


Stream rand_stream(uint64_t seed, const char *name, size_t len) {
  Stream s = derive(seed, name, len);
  if (len == 0) s.key = seed;
  return s;
}


Stream rand_split(const Stream *s, const char *name, size_t len) {
  return derive(s->key, name, len);
}


static void draw(Tile *t) {
  Stream s = t->f->s;
  int b, i;
  for (b = 0; b < NBLOCK; b++) {
    uint32_t w[4];
    block_words(w, &s, t->block + (uint64_t)b);
    for (i = 0; i < 4; i++) t->w[i][b] = w[i];
  }
}


/* elements from.. of a fill, which is where a tile begins; the last tile goes
** by way of a buffer */
static void piece(void *arg, long from, long end) {
  const Fill *f = arg;
  long size = (long)f->per * NBLOCK, at;
  Tile t;
  t.f = f;
  for (at = from; at < end; at += size) {
    t.block = (uint64_t)(at / f->per);
    draw(&t);
    if (end - at >= size)
      f->run(&t, f->out + at);
    else {
      real last[4 * NBLOCK];
      f->run(&t, last);
      memcpy(f->out + at, last, (size_t)(end - at) * sizeof *last);
    }
  }
  if (f->move) f->move(f, f->out + from, end - from);
}


static void fill(Fill *f, Stream *s) {
  f->s = *s;
  pool_range(f->n, CHUNK, piece, f);
  s->step++;
}


static inline uint64_t join(uint32_t hi, uint32_t lo) {
  return (uint64_t)hi << 32 | lo;
}


/* the bits of element i of a tile, where two share a block */
static inline uint64_t word64(const Tile *t, int i) {
  int b = i >> 1, w = (i & 1) << 1;
  return join(t->w[w][b], t->w[w + 1][b]);
}


/* the upper 53 bits as a number in [0, 1) */
static inline double fraction(uint64_t x) {
  return (double)(int64_t)(x >> 11) * 0x1p-53;
}


static void run_uniform(const Tile *t, real *out) {
  int i;
#if defined(TS_DOUBLE)
  for (i = 0; i < 2 * NBLOCK; i++)
    out[i] = fraction(word64(t, i));
#else
  int b;
  for (b = 0; b < NBLOCK; b++) {
    for (i = 0; i < 4; i++)
      out[4*b + i] = (float)(int32_t)(t->w[i][b] >> 8) * 0x1p-24f;
  }
#endif
}


static inline double of_bits(uint64_t u) {
  double d;
  memcpy(&d, &u, sizeof d);
  return d;
}


static inline uint64_t to_bits(double d) {
  uint64_t u;
  memcpy(&u, &d, sizeof u);
  return u;
}


#define MANTISSA 0x000FFFFFFFFFFFFFu
#define ONE 0x3FF0000000000000u         /* bits of 1 */
#define SQRTHALF 0x3FE6A09E667F3BCDu    /* bits of the square root of 1/2 */
#define TWO52 0x4330000000000000u       /* bits of 2^52 */

/* -2 log u of u = (x + 1/2) / 2^32 = m 2^e with m from sqrt(1/2) to sqrt(2),
** log m = 2 atanh((m - 1) / (m + 1)) */
static inline double minus_2log(uint32_t x) {
  uint64_t bits = to_bits(of_bits(TWO52 | x) - 0x1p52 + 0.5)
                  + (ONE - SQRTHALF);
  double e = of_bits(TWO52 | bits >> 52) - (0x1p52 + 1023 + 32);
  double m = of_bits((bits & MANTISSA) + SQRTHALF);
  double s = (m - 1) / (m + 1);
  double z = s * s;
  double p = 1.0/11 + z * (1.0/13 + z * (1.0/15));
  p = 1.0/5 + z * (1.0/7 + z * (1.0/9 + z * p));
  p = s + s * z * (1.0/3 + z * p);
  return -2 * 0.69314718055994531 * e - 4 * p;
}


/* r cos and r sin of the angle 2 pi (x + 1/2) / 2^32 = q pi/2 + a */
static inline void polar(double r, uint32_t x, double *rcos, double *rsin) {
  uint32_t q = (x + 0x20000000u) >> 30;
  double a = ((int32_t)(x - (q << 30)) + 0.5)
             * (6.2831853071795865 * 0x1p-32);
  double z = a * a;
  double s = 1.0/362880 + z * (-1.0/39916800 + z * (1.0/6227020800));
  double c = 1.0/40320 + z * (-1.0/3628800 + z * (1.0/479001600));
  uint64_t odd = -(uint64_t)(q & 1), sbits, cbits;
  s = a + a * z * (-1.0/6 + z * (1.0/120 + z * (-1.0/5040 + z * s)));
  c = 1 + z * (-0.5 + z * (1.0/24 + z * (-1.0/720 + z * c)));
  sbits = to_bits(r * s);
  cbits = to_bits(r * c);
  *rcos = of_bits(((cbits & ~odd) | (sbits & odd))
                  ^ (uint64_t)((q + 1) >> 1 & 1) << 63);
  *rsin = of_bits(((sbits & ~odd) | (cbits & odd))
                  ^ (uint64_t)(q >> 1 & 1) << 63);
}


/* Box & Muller: words 0 and 1 make elements 0 and 1, words 2 and 3 the
** others */
static void run_normal(const Tile *t, real *out) {
  int b, i;
  for (i = 0; i < 4; i += 2) {
    for (b = 0; b < NBLOCK; b++) {
      double x, y;
      polar(sqrt(minus_2log(t->w[i][b])), t->w[i + 1][b], &x, &y);
      out[4*b + i] = (real)x;
      out[4*b + i + 1] = (real)y;
    }
  }
}


/*
** An integer below span from the 64 bits of element i (Lemire, "Fast random
** integer generation in an interval", 2019): of the 2^64 products x * span,
** those with a low half below 2^64 mod span are drawn again.
*/
static uint64_t below(const Tile *t, int i, uint64_t span) {
  uint64_t block = t->block + (uint64_t)(i >> 1);
  uint64_t x = word64(t, i);
  for (;;) {
    Wide p = (Wide)x * span;
    uint32_t w[4];
    if ((uint64_t)p >= span || (uint64_t)p >= -span % span)
      return (uint64_t)(p >> 64);
    block += RETRY;
    block_words(w, &t->f->s, block);
    x = i & 1 ? join(w[2], w[3]) : join(w[0], w[1]);
  }
}


static void run_integers(const Tile *t, real *out) {
  int i;
  for (i = 0; i < 2 * NBLOCK; i++)
    out[i] = (real)(t->f->lo + (long)below(t, i, t->f->span));
}


/* inverse of the cumulated weights at u; -1 when they have none */
static long pick(const real *w, long k, double u) {
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


static void run_categorical(const Tile *t, real *out) {
  const Fill *f = t->f;
  long first = (long)t->block * 2;
  int i;
  for (i = 0; i < 2 * NBLOCK && first + i < f->n; i++)
    out[i] = (real)pick(f->weights + (first + i) * f->k, f->k,
                        fraction(word64(t, i)));
}


static void move_uniform(const Fill *f, real *x, long n) {
  const double lo = f->a, hi = f->b;
  const real top = (real)hi;
  long i;
  for (i = 0; i < n; i++) {
    real y = (real)(lo + (hi - lo) * (double)x[i]);
    x[i] = (lo < hi ? y >= top : y <= top) ? (real)lo : y;
  }
}


void rand_uniform(Stream *s, real *out, long n, double lo, double hi) {
  Fill f = {.out = out, .n = n, .per = PERUNIFORM, .run = run_uniform,
            .a = lo, .b = hi};
  if (lo != 0 || hi != 1) f.move = move_uniform;
  fill(&f, s);
}


static void move_normal(const Fill *f, real *x, long n) {
  long i;
  for (i = 0; i < n; i++) x[i] = (real)(f->a + f->b * (double)x[i]);
}


void rand_normal(Stream *s, real *out, long n, double mean, double sd) {
  Fill f = {.out = out, .n = n, .per = 4, .run = run_normal,
            .a = mean, .b = sd};
  if (mean != 0 || sd != 1) f.move = move_normal;
  fill(&f, s);
}


int rand_integers(Stream *s, real *out, long n, long lo, long hi) {
  Fill f = {.out = out, .n = n, .per = 2, .run = run_integers, .lo = lo};
  if (lo > hi)
    return ts_fail("integers: got the empty range %ld..%ld", lo, hi);
  if (lo < -TS_EXACT || hi > TS_EXACT)
    return ts_fail("integers: got the range %ld..%ld, wanted one in -%ld..%ld, "
                   "where every number is exact", lo, hi, TS_EXACT, TS_EXACT);
  f.span = (uint64_t)(hi - lo) + 1;
  fill(&f, s);
  return 1;
}


/* Fisher & Yates from the front: out[0..i] is in order after i + 1 steps */
void rand_permutation(Stream *s, long *out, long n) {
  Fill f = {.s = *s};
  Tile t;
  long i;
  t.f = &f;
  for (i = 0; i < n; i++) {
    int at = (int)(i % (2 * NBLOCK));
    long j;
    if (at == 0) {
      t.block = (uint64_t)(i / 2);
      draw(&t);
    }
    j = (long)below(&t, at, (uint64_t)i + 1);
    out[i] = out[j];
    out[j] = i;
  }
  s->step++;
}


static int bad_weights(const real *w, long k, long row) {
  double total = 0;
  long j;
  for (j = 0; j < k; j++) {
    if (!(w[j] >= 0 && w[j] <= DBL_MAX))
      return ts_fail("categorical: got %g as weight %ld of row %ld, wanted a "
                     "finite number of 0 or more", (double)w[j], j + 1,
                     row + 1);
    total += w[j];
  }
  return ts_fail("categorical: the weights of row %ld %s", row + 1,
                 total > 0 ? "have no finite sum" : "are all zero");
}


int rand_categorical(Stream *s, real *out, long rows, long k,
                     const real *weights) {
  Fill f = {.out = out, .n = rows, .per = 2, .run = run_categorical,
            .k = k, .weights = weights};
  long r;
  if (k < 1 || k > TS_EXACT)
    return ts_fail("categorical: got rows of %ld weights, wanted 1 to %ld",
                   k, TS_EXACT);
  fill(&f, s);
  for (r = 0; r < rows; r++) {
    if (out[r] < 0) {
      s->step--;
      return bad_weights(weights + r * k, k, r);
    }
  }
  return 1;
}
