/*
** kern_half.c
** The inner loops of products whose operands are rounded to bfloat16. Where
** full precision packs a number, this packs a pair of them, for products p
** and p + 1 of a sum: that is what the processor's instructions multiply.
** The sums are float32 from beginning to end.
**
**     a, 16 pairs to a line          b, a panel of columns
**     a_0: | 0 1 | 2 3 | ...         | b_0 b_1 | b_0 b_1 | ...
**     a_1: | 0 1 | 2 3 | ...         | b_2 b_3 | b_2 b_3 | ...
**
** The build compiles this file for KERN_LEVEL 5, the vectors of AVX-512 BF16,
** for 6, the tiles of AMX, and for 1, where a few lines of C stand for the
** tile instructions: the same packers and loops on any processor.
*/

#include "kernel/kern_prod.h"

#include "kernel/kern_level.h"

#if !defined(TS_DOUBLE)

#include <stdint.h>
#include <string.h>

#if KERN_LEVEL > 1
#include <immintrin.h>
#endif

#define LINE 16        /* pairs in a line of a, in a vector, in a tile's row */
#define DEEP 32        /* products in as many pairs */
#define WIDEST 48      /* columns of a panel, at most */

#if KERN_LEVEL == 5
#define UNIT 2
#else
#define UNIT DEEP
#endif

#if KERN_LEVEL == 1
#define FULL kern_prod_v1
#else
#define FULL kern_prod_v4
#endif

#define inlined static inline __attribute__((always_inline))

/* the first one in the lower half; lies where a real would */
typedef uint32_t Pair __attribute__((may_alias));


/* to the nearest bfloat16, of two to the even one; a NaN stays one */
inlined Pair half(float x) {
  uint32_t u;
  memcpy(&u, &x, sizeof u);
  return (u & 0x7fffffff) > 0x7f800000 ? u >> 16 | 0x40
                                       : (u + 0x7fff + (u >> 16 & 1)) >> 16;
}


/* neighbours: a line */
inlined void along(Pair *to, const real *x) {
  int i;
  for (i = 0; i < LINE; i++)
    to[i] = half(x[2 * i]) | half(x[2 * i + 1]) << 16;
}


/* of two rows */
inlined void across(Pair *to, const real *x, const real *y, long n) {
  long i;
  for (i = 0; i < n; i++) to[i] = half(x[i]) | half(y[i]) << 16;
}


static int is_run(const long *place, int n) {
  int i;
  for (i = 1; i < n; i++)
    if (place[i] != place[0] + i) return 0;
  return 1;
}


/* a line filled up with zeros */
static void along_edge(Pair *to, const real *x, long n) {
  real line[DEEP] = { 0 };
  memcpy(line, x, (size_t)n * sizeof(real));
  along(to, line);
}


/* the same of numbers that may lie anywhere */
static void gather(Pair *to, const real *a, const long *col, long n) {
  real line[DEEP] = { 0 };
  long i;
  for (i = 0; i < n; i++) line[i] = a[col[i]];
  along(to, line);
}


/* lines of as many neighbouring rows */
static void turn(real *to, const real *a, const long *col) {
  real room[LINE * LINE];
  int i;
  for (i = 0; i < LINE; i++)
    across((Pair *)(room + i * LINE), a + col[2 * i], a + col[2 * i + 1],
           LINE);
  FULL.packt(to, LINE, room, LINE, LINE, LINE);
}


static void packa(real *to, const real *a, long *row, long *col, long rows,
                  long depth) {
  long p, r, i, pairs = kern_packed(&KERN(kern_half), depth);
  long panel = (rows + LINE - 1) / LINE * LINE * LINE;
  for (p = 0; p < depth; p += DEEP) {
    long n = depth - p < DEEP ? depth - p : DEEP;
    int straight = n == DEEP && is_run(col + p, DEEP);
    for (r = 0; r < rows; r += LINE, to += LINE * LINE) {
      long m = rows - r < LINE ? rows - r : LINE;
      if (!straight && n == DEEP && m == LINE && is_run(row + r, LINE)) {
        turn(to, a + row[r], col + p);
        continue;
      }
      for (i = 0; i < m; i++) {
        const real *from = a + row[r + i];
        Pair *line = (Pair *)(to + i * LINE);
        if (straight) along(line, from + col[p]);
        else gather(line, from, col + p, n);
      }
    }
  }
  for (r = 0; r < rows; r++) row[r] = r * LINE;
  for (p = 0; p < pairs; p++) col[p] = p / LINE * panel + p % LINE;
}


/* a row of a panel where b has fewer than two rows or `width` columns left */
static void pack_edge(Pair *to, long width, const real *b, long ldb, long k,
                      long n) {
  real row[2][WIDEST] = { { 0 } };
  long i;
  for (i = 0; i < k && i < 2; i++)
    memcpy(row[i], b + i * ldb, (size_t)n * sizeof(real));
  across(to, row[0], row[1], width);
}


static void pack(real *to, long width, const real *b, long ldb, long k,
                 long n) {
  long pairs = kern_packed(&KERN(kern_half), k), p, j;
  for (p = 0; p < pairs; p++, to += width, k -= 2) {
    for (j = 0; j < n; j += width) {
      Pair *row = (Pair *)(to + j * pairs);
      if (k < 2 || n - j < width)
        pack_edge(row, width, k > 0 ? b + j : b, ldb, k,
                  n - j < width ? n - j : width);
      else across(row, b + j, b + j + ldb, width);
    }
    if (k > 2) b += 2 * ldb;
  }
}


static void packt(real *to, long width, const real *b, long ldb, long k,
                  long n) {
  long pairs = kern_packed(&KERN(kern_half), k), p, j;
  for (; n > 0; n -= width, b += width * ldb) {
    for (p = 0; p < pairs; p += LINE) {
      real room[WIDEST * LINE];
      long count = pairs - p < LINE ? pairs - p : LINE, rest = k - 2 * p;
      for (j = 0; j < width; j++) {
        Pair *line = (Pair *)(room + j * LINE);
        if (j >= n) memset(line, 0, LINE * sizeof(real));
        else if (rest >= DEEP) along(line, b + j * ldb + 2 * p);
        else along_edge(line, b + j * ldb + 2 * p, rest);
      }
      FULL.packt(to, width, room, LINE, count, width);
      to += count * width;
    }
  }
}


/* tiles leave their registers through memory */
inlined void put(const TileArg *t, const real *tile, const int width) {
  long i, j;
  for (i = 0; i < t->rows; i++, tile += width) {
    real *c = t->c[i] + t->shift;
    if (t->cols == width && t->add)
      for (j = 0; j < width; j++) c[j] += tile[j];
    else if (t->cols == width)
      for (j = 0; j < width; j++) c[j] = tile[j];
    else
      for (j = 0; j < t->cols; j++) c[j] = t->add ? c[j] + tile[j] : tile[j];
  }
}

#if KERN_LEVEL == 5

inlined void tile(const TileArg *t, const int rows, const int vecs) {
  __m512 acc[TILE_MAXROWS * 3];
  const real *a[TILE_MAXROWS], *b = t->b;
  const long *col = t->col, *end = col + t->depth;
  real part[TILE_MAXROWS * WIDEST];
  int i, v;
#pragma GCC unroll 8
  for (i = 0; i < rows; i++) {
    a[i] = t->a + t->row[i];
#pragma GCC unroll 3
    for (v = 0; v < vecs; v++) acc[i * vecs + v] = _mm512_setzero_ps();
  }
  for (; col < end; col++, b += t->bstep) {
    __m512bh row[3];
#pragma GCC unroll 3
    for (v = 0; v < vecs; v++)
      row[v] = (__m512bh)_mm512_loadu_si512(b + v * LINE);
#pragma GCC unroll 8
    for (i = 0; i < rows; i++) {
      int pair = (int)*(const Pair *)(a[i] + *col);
#pragma GCC unroll 3
      for (v = 0; v < vecs; v++)
        acc[i * vecs + v] = _mm512_dpbf16_ps(
          acc[i * vecs + v], row[v], (__m512bh)_mm512_set1_epi32(pair));
    }
  }
#pragma GCC unroll 24
  for (i = 0; i < rows * vecs; i++)
    _mm512_storeu_ps(part + i * LINE, acc[i]);
  put(t, part, vecs * LINE);
}


static void tile_3(const TileArg *t) {
  tile(t, 8, 3);
}


static void tile_2(const TileArg *t) {
  tile(t, 8, 2);
}


static void tile_1(const TileArg *t) {
  tile(t, 8, 1);
}


static const TileShape shapes[] = {
  { 8, 48, 1, tile_3 }, { 8, 32, 1.01, tile_2 }, { 8, 16, 1.25, tile_1 },
  { 0, 0, 0, NULL }
};

const ProdKern KERN(kern_half) = {
  16, shapes, pack, packt, UNIT, packa, NULL, NULL
};

#else

#if KERN_LEVEL == 6

#define EIGHT(x) { x, x, x, x, x, x, x, x }

/* all eight tiles have 16 rows of 64 bytes */
static const struct {
  uint8_t palette, start, zero[14];
  uint16_t bytes[16];
  uint8_t rows[16];
} config = { .palette = 1, .bytes = EIGHT(64), .rows = EIGHT(LINE) };


static void begin(void) {
  _tile_loadconfig(&config);
}


static void end(void) {
  _tile_release();
}

#define tile_load(t, from, step) \
  _tile_loadd(t, from, (step) * (long)sizeof(real))
#define tile_store(t, to, step) \
  _tile_stored(t, to, (step) * (long)sizeof(real))
#define tile_dot(t, a, b) _tile_dpbf16ps(t, a, b)

#else

#define begin NULL
#define end NULL

/* the registers: 16 rows of 16 pairs or sums */
static _Thread_local real tiles[8][LINE][LINE];


static void tile_load(int t, const real *from, long step) {
  int i;
  for (i = 0; i < LINE; i++, from += step)
    memcpy(tiles[t][i], from, sizeof tiles[t][i]);
}


static void tile_store(int t, real *to, long step) {
  int i;
  for (i = 0; i < LINE; i++, to += step)
    memcpy(to, tiles[t][i], sizeof tiles[t][i]);
}


static float widen(Pair half) {
  uint32_t u = half << 16;
  float x;
  memcpy(&x, &u, sizeof x);
  return x;
}


/* t += a b; the sums of first and of second products meet at the end. The
** processor, unlike this, takes numbers below 2^-126 for zeros. */
static void tile_dot(int t, int a, int b) {
  int i, j, p;
  for (i = 0; i < LINE; i++) {
    const Pair *left = (const Pair *)tiles[a][i];
    float first[LINE] = { 0 }, second[LINE] = { 0 };
    for (p = 0; p < LINE; p++) {
      const Pair *right = (const Pair *)tiles[b][p];
      float x = widen(left[p]), y = widen(left[p] >> 16);
      for (j = 0; j < LINE; j++) {
        first[j] += x * widen(right[j]);
        second[j] += y * widen(right[j] >> 16);
      }
    }
    for (j = 0; j < LINE; j++) tiles[t][i][j] += first[j] + second[j];
  }
}

#endif


/* 32 rows by one or two tiles: 0 and 1 above 2 and 3 */
inlined void tile(const TileArg *t, const int two) {
  static const real zeros[LINE];
  real part[2 * LINE * 2 * LINE];
  const int width = two ? 2 * LINE : LINE;
  const long bstep = t->bstep;
  const real *b = t->b;
  long p;
  tile_load(0, zeros, 0);
  tile_load(2, zeros, 0);
  if (two) {
    tile_load(1, zeros, 0);
    tile_load(3, zeros, 0);
  }
  for (p = 0; p < t->depth; p += LINE, b += LINE * bstep) {
    const real *a = t->a + t->row[0] + t->col[p];
    tile_load(6, b, bstep);
    tile_load(4, a, LINE);
    tile_load(5, a + LINE * LINE, LINE);
    tile_dot(0, 4, 6);
    tile_dot(2, 5, 6);
    if (two) {
      tile_load(7, b + LINE, bstep);
      tile_dot(1, 4, 7);
      tile_dot(3, 5, 7);
    }
  }
  tile_store(0, part, width);
  tile_store(2, part + LINE * width, width);
  if (two) {
    tile_store(1, part + LINE, width);
    tile_store(3, part + LINE * width + LINE, width);
  }
  put(t, part, width);
}


static void tile_2(const TileArg *t) {
  tile(t, 1);
}


static void tile_1(const TileArg *t) {
  tile(t, 0);
}


static const TileShape shapes[] = {
  { 32, 32, 1, tile_2 }, { 32, 16, 1.25, tile_1 }, { 0, 0, 0, NULL }
};

const ProdKern KERN(kern_half) = {
  64, shapes, pack, packt, UNIT, packa, begin, end
};

#endif

#endif
