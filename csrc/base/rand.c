/*
** rand.c
** Philox and what is made of it. A fill is cut into tiles of NBLOCK blocks;
** the words of a tile stand in four rows, so that every loop below runs over
** blocks and is one the compiler turns into vector code.
*/

#include "base/rand.h"

#include "base/pool.h"
#include "base/rand_item.h"

#define NBLOCK 64                       /* blocks in a tile */
#define CHUNK (256L * 4 * NBLOCK)       /* elements in a piece of a loop */

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


void rand_philox(uint32_t out[4], const uint32_t ctr[4],
                 const uint32_t key[2]) {
  rand_rounds(out, ctr, key);
}


void rand_block(uint32_t out[4], uint64_t key, uint64_t step,
                uint64_t block) {
  rand_words(out, key, step, block);
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
    rand_words(w, s.key, s.step, t->block + (uint64_t)b);
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


/* the bits of element i of a tile, where two share a block */
static inline uint64_t word64(const Tile *t, int i) {
  int b = i >> 1, w = (i & 1) << 1;
  return rand_join(t->w[w][b], t->w[w + 1][b]);
}


static void run_uniform(const Tile *t, real *out) {
  int i;
#if defined(TS_DOUBLE)
  for (i = 0; i < 2 * NBLOCK; i++)
    out[i] = rand_fraction(word64(t, i));
#else
  int b;
  for (b = 0; b < NBLOCK; b++) {
    for (i = 0; i < 4; i++)
      out[4*b + i] = rand_short(t->w[i][b]);
  }
#endif
}


/* Box & Muller: words 0 and 1 make elements 0 and 1, words 2 and 3 the
** others */
static void run_normal(const Tile *t, real *out) {
  int b, i;
  for (i = 0; i < 4; i += 2) {
    for (b = 0; b < NBLOCK; b++) {
      double x, y;
      rand_polar(sqrt(rand_minus2log(t->w[i][b])), t->w[i + 1][b], &x, &y);
      out[4*b + i] = (real)x;
      out[4*b + i + 1] = (real)y;
    }
  }
}


/* element i of a tile as an integer below span */
static uint64_t below(const Tile *t, int i, uint64_t span) {
  return rand_below(word64(t, i), i & 1, span, t->f->s.key, t->f->s.step,
                    t->block + (uint64_t)(i >> 1));
}


static void run_integers(const Tile *t, real *out) {
  int i;
  for (i = 0; i < 2 * NBLOCK; i++)
    out[i] = (real)(t->f->lo + (long)below(t, i, t->f->span));
}


static void run_categorical(const Tile *t, real *out) {
  const Fill *f = t->f;
  long first = (long)t->block * 2;
  int i;
  for (i = 0; i < 2 * NBLOCK && first + i < f->n; i++)
    out[i] = (real)rand_pick(f->weights + (first + i) * f->k, f->k,
                        rand_fraction(word64(t, i)));
}


static void move_uniform(const Fill *f, real *x, long n) {
  long i;
  for (i = 0; i < n; i++) x[i] = rand_between(x[i], f->a, f->b);
}


void rand_uniform(Stream *s, real *out, long n, double lo, double hi) {
  Fill f = {.out = out, .n = n, .per = RAND_UNIFORMS, .run = run_uniform,
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


int rand_fit(long lo, long hi) {
  if (lo > hi)
    return ts_fail("integers: got the empty range %ld..%ld", lo, hi);
  if (lo < -TS_EXACT || hi > TS_EXACT)
    return ts_fail("integers: got the range %ld..%ld, wanted one in -%ld..%ld, "
                   "where every number is exact", lo, hi, TS_EXACT, TS_EXACT);
  return 1;
}


int rand_integers(Stream *s, real *out, long n, long lo, long hi) {
  Fill f = {.out = out, .n = n, .per = 2, .run = run_integers, .lo = lo};
  if (!rand_fit(lo, hi)) return 0;
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


int rand_badweights(const real *w, long k, long row) {
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


int rand_classes(long k) {
  return (k >= 1 && k <= TS_EXACT) ||
         ts_fail("categorical: got rows of %ld weights, wanted 1 to %ld", k,
                 TS_EXACT);
}


int rand_categorical(Stream *s, real *out, long rows, long k,
                     const real *weights) {
  Fill f = {.out = out, .n = rows, .per = 2, .run = run_categorical,
            .k = k, .weights = weights};
  long r;
  if (!rand_classes(k)) return 0;
  fill(&f, s);
  for (r = 0; r < rows; r++) {
    if (out[r] < 0) {
      s->step--;
      return rand_badweights(weights + r * k, k, r);
    }
  }
  return 1;
}
