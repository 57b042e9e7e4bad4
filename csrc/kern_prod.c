/*
** kern_prod.c
** The inner loops of every product. A tile of c, `rows` by `vecs` vectors,
** stays in registers while one vector row of b after the other is multiplied
** by the numbers of a column of a:
**
**          b[p]  [ v0 | v1 | v2 ]       panel of b: its columns are a few
**     a_0(p)     [ +=  a_0 * b  ]       vectors wide; row after row, first
**     a_1(p)     [ +=  a_1 * b  ]       the row that the sums start from
**      ...              ...             (zeros, or the bias), then b[0..k-1],
**     a_7(p)     [ +=  a_7 * b  ]       zeros in the columns beyond the last
**
** Numbers of a are broadcast from memory, so a needs no shuffling: its panel
** has the rows side by side (KERN_STEP apart) or the columns (acol apart),
** whichever is a plain copy of where they come from.
** The build compiles this file once per KERN_LEVEL with the level's own
** instructions and with contraction, which makes a * b + c one FMA.
*/

#include "kern_prod.h"

#include "kern_level.h"

#include <string.h>

#if KERN_LEVEL == 4
#define BYTES 64
#elif KERN_LEVEL == 3
#define BYTES 32
#else
#define BYTES 16
#endif

#define LANES ((int)(BYTES / sizeof(real)))
#define inlined static inline __attribute__((always_inline))

typedef real Vec __attribute__((vector_size(BYTES)));
/* the same in memory, at any address of a real */
typedef real Loose __attribute__((vector_size(BYTES), aligned(sizeof(real)),
                                  may_alias));


inlined Vec load(const real *p) {
  return *(const Loose *)p;
}


inlined void store(real *p, Vec v) {
  *(Loose *)p = v;
}


/* a tile at the edge of c leaves its registers through memory */
static void put_part(const TileArg *t, const real *tile, long width) {
  long i, j;
  for (i = 0; i < t->rows; i++, tile += width) {
    real *c = t->c[i] + t->shift;
    if (t->add)
      for (j = 0; j < t->cols; j++) c[j] += tile[j];
    else
      memcpy(c, tile, (size_t)t->cols * sizeof(real));
  }
}


inlined void tile(const TileArg *t, const int rows, const int vecs,
                  const long arow, const long acol) {
  Vec acc[KERN_MAXROWS];
  const real *a = t->a, *b = t->b;
  long p;
  int i, v;
#pragma GCC unroll 24
  for (i = 0; i < rows; i++)
#pragma GCC unroll 3
    for (v = 0; v < vecs; v++)
      acc[i * vecs + v] = load(b + v * LANES);
  for (p = t->depth; p > 0; p--) {
    Vec row[3];
    b += vecs * LANES;
#pragma GCC unroll 3
    for (v = 0; v < vecs; v++) row[v] = load(b + v * LANES);
#pragma GCC unroll 24
    for (i = 0; i < rows; i++)
#pragma GCC unroll 3
      for (v = 0; v < vecs; v++)
        acc[i * vecs + v] += row[v] * a[i * arow];
    a += acol;
  }
  if (t->rows < rows || t->cols < vecs * LANES) {
    real part[KERN_MAXROWS * BYTES / sizeof(real)];
#pragma GCC unroll 24
    for (i = 0; i < rows * vecs; i++) store(part + i * LANES, acc[i]);
    put_part(t, part, vecs * LANES);
    return;
  }
#pragma GCC unroll 24
  for (i = 0; i < rows; i++) {
    real *c = t->c[i] + t->shift;
#pragma GCC unroll 3
    for (v = 0; v < vecs; v++) {
      Vec sum = acc[i * vecs + v];
      if (t->add) sum += load(c + v * LANES);
      store(c + v * LANES, sum);
    }
  }
}


#define TILE(rows, vecs) \
  static void tile_##rows##_##vecs(const TileArg *t) { \
    if (t->acol) tile(t, rows, vecs, 1, t->acol); \
    else tile(t, rows, vecs, KERN_STEP, 1); \
  }

#define SHAPE(rows, vecs, cost) \
  { rows, (vecs) * LANES, cost, tile_##rows##_##vecs }

#if KERN_LEVEL == 4
TILE(8, 3)
TILE(12, 2)
TILE(8, 2)
TILE(24, 1)
TILE(8, 1)
static const TileShape shapes[] = {
  SHAPE(8, 3, 1), SHAPE(12, 2, 1), SHAPE(8, 2, 1.05), SHAPE(24, 1, 1.1),
  SHAPE(8, 1, 1.2), { 0, 0, 0, NULL }
};
#elif KERN_LEVEL == 3
TILE(4, 3)
TILE(6, 2)
TILE(12, 1)
TILE(6, 1)
static const TileShape shapes[] = {
  SHAPE(4, 3, 1), SHAPE(6, 2, 1), SHAPE(12, 1, 1.1), SHAPE(6, 1, 1.3),
  { 0, 0, 0, NULL }
};
#else
TILE(4, 2)
TILE(8, 1)
static const TileShape shapes[] = {
  SHAPE(4, 2, 1), SHAPE(8, 1, 1.1), { 0, 0, 0, NULL }
};
#endif


/* the start row of a panel, from the columns there are */
static void put_start(real *to, const real *start, long cols, long width) {
  long j;
  for (j = 0; j < width; j++) to[j] = start && j < cols ? start[j] : 0;
}


static void pack(real *to, const real *b, long ldb, long k, long n,
                 const real *start, long width) {
  long full = n / width, size = (k + 1) * width, p, j, v;
  for (j = 0; j * width < n; j++)
    put_start(to + j * size, start ? start + j * width : NULL,
              n - j * width, width);
  for (p = 0; p < k; p++, b += ldb) {
    const real *from = b;
    real *row = to + (p + 1) * width;
    for (j = 0; j < full; j++, row += size)
      for (v = 0; v < width; v += LANES, from += LANES)
        store(row + v, load(from));
    if (full * width < n) {
      long rest = n - full * width;
      for (v = 0; v < width; v++) row[v] = v < rest ? from[v] : 0;
    }
  }
}


/* one round of the transposition of a square of vectors: in each pair of
** rows s apart, the odd blocks of s lanes of the upper one change places
** with the even blocks of the lower one */
inlined void exchange(Vec *row, const int s) {
#if defined(TS_DOUBLE)
  typedef long Index __attribute__((vector_size(BYTES)));
#else
  typedef int Index __attribute__((vector_size(BYTES)));
#endif
  Index upper, lower;
  int i;
#pragma GCC unroll 16
  for (i = 0; i < LANES; i++) {
    upper[i] = i & s ? i - s + LANES : i;
    lower[i] = i & s ? i + LANES : i + s;
  }
#pragma GCC unroll 16
  for (i = 0; i < LANES; i++) {
    if (!(i & s)) {
      Vec x = row[i], y = row[i + s];
      row[i] = __builtin_shuffle(x, y, upper);
      row[i + s] = __builtin_shuffle(x, y, lower);
    }
  }
}


inlined void transpose(real *to, long width, const real *b, long ldb) {
  Vec row[LANES];
  int i;
#pragma GCC unroll 16
  for (i = 0; i < LANES; i++) row[i] = load(b + i * ldb);
  exchange(row, 1);
#if BYTES > 16 || !defined(TS_DOUBLE)
  exchange(row, 2);
#endif
#if BYTES > 32 || (BYTES > 16 && !defined(TS_DOUBLE))
  exchange(row, 4);
#endif
#if BYTES > 32 && !defined(TS_DOUBLE)
  exchange(row, 8);
#endif
#pragma GCC unroll 16
  for (i = 0; i < LANES; i++) store(to + i * width, row[i]);
}


static void packt(real *to, const real *b, long ldb, long k, long n,
                  const real *start, long width) {
  long j, p, i;
  for (; n > 0; n -= width, b += width * ldb) {
    put_start(to, start, n, width);
    to += width;
    for (j = 0; j < width; j += LANES) {
      const real *from = b + j * ldb;
      for (p = 0; p < k && j + LANES <= n; p += LANES) {
        if (p + LANES > k) break;
        transpose(to + p * width + j, width, from + p, ldb);
      }
      if (j + LANES > n) p = 0;
      for (; p < k; p++)
        for (i = 0; i < LANES; i++)
          to[p * width + j + i] = j + i < n ? from[i * ldb + p] : 0;
    }
    to += k * width;
    if (start) start += width;
  }
}


const ProdKern KERN(kern_prod) = { shapes, pack, packt };
