/*
** kern_prod.c
** The inner loops of every product. A tile of c, some rows by a few vectors,
** stays in registers while row after row of b is multiplied by the numbers
** of a column of a:
**
**                b_p  [ v0 | v1 | v2 ]
**     a_0(p)  c_0  += [ a_0(p) * b_p ]
**      ...              ...
**     a_7(p)  c_7  += [ a_7(p) * b_p ]
**
** The numbers of a are broadcast straight from memory, each found as the sum
** of a place that belongs to its row and one that belongs to its column. A
** matrix is such an operand and so is its transpose, and so are the patches
** of a convolution: nothing is rearranged for the sake of a. The rows of b
** are read as vectors; panels, one tile wide, make them neighbours.
** The build compiles this file once per KERN_LEVEL with the level's own
** instructions and with contraction, which makes a * b + c one FMA.
*/

#include "kernel/kern_prod.h"

#include "kernel/kern_level.h"

#include <string.h>

#if KERN_LEVEL == 4
#define BYTES 64
#elif KERN_LEVEL == 3
#define BYTES 32
#else
#define BYTES 16
#endif

#define LANES ((int)(BYTES / sizeof(real)))
#define ABREAST 8   /* rows of b that are packed at a time */

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
    for (j = 0; j < t->cols; j++) c[j] = t->add ? c[j] + tile[j] : tile[j];
  }
}


inlined void tile(const TileArg *t, const int rows, const int vecs) {
  Vec acc[TILE_MAXROWS * 3];
  const real *a[TILE_MAXROWS];
  const real *b = t->b;
  const long *col = t->col, *end = col + t->depth;
  const long bstep = t->bstep;
  int i, v;
#pragma GCC unroll 8
  for (i = 0; i < rows; i++) {
    a[i] = t->a + t->row[i];
#pragma GCC unroll 3
    for (v = 0; v < vecs; v++) acc[i * vecs + v] = (Vec){ 0 };
  }
  for (; col < end; col++, b += bstep) {
    Vec row[3];
#pragma GCC unroll 3
    for (v = 0; v < vecs; v++) row[v] = load(b + v * LANES);
#pragma GCC unroll 8
    for (i = 0; i < rows; i++)
#pragma GCC unroll 3
      for (v = 0; v < vecs; v++)
        acc[i * vecs + v] += row[v] * a[i][*col];
  }
  if (t->rows < rows || t->cols < vecs * LANES) {
    real part[TILE_MAXROWS * 3 * LANES];
#pragma GCC unroll 24
    for (i = 0; i < rows * vecs; i++) store(part + i * LANES, acc[i]);
    put_part(t, part, vecs * LANES);
    return;
  }
#pragma GCC unroll 8
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
  static void tile_##rows##_##vecs(const TileArg *t) { tile(t, rows, vecs); }

#define SHAPE(rows, vecs, cost) \
  { rows, (vecs) * LANES, cost, tile_##rows##_##vecs }

#if KERN_LEVEL == 4
TILE(8, 3)
TILE(8, 2)
TILE(8, 1)
static const TileShape shapes[] = {
  SHAPE(8, 3, 1), SHAPE(8, 2, 1.01), SHAPE(8, 1, 1.25), { 0, 0, 0, NULL }
};
#elif KERN_LEVEL == 3
TILE(4, 3)
TILE(6, 2)
TILE(8, 1)
static const TileShape shapes[] = {
  SHAPE(4, 3, 1), SHAPE(6, 2, 1), SHAPE(8, 1, 1.25), { 0, 0, 0, NULL }
};
#else
TILE(4, 2)
TILE(8, 1)
static const TileShape shapes[] = {
  SHAPE(4, 2, 1), SHAPE(8, 1, 1.1), { 0, 0, 0, NULL }
};
#endif


/* Some rows abreast: the processor reads ahead in all of them at once, while
** a single row would end before that has begun. */
static void pack(real *to, long width, const real *b, long ldb, long k,
                 long n) {
  long full = n / width, rest = n % width, p, j, v, r;
  for (p = 0; p < k; p += ABREAST, b += ABREAST * ldb) {
    long rows = k - p < ABREAST ? k - p : ABREAST;
    real *panel = to + p * width;
    const real *from = b;
    for (j = 0; j < full; j++, panel += k * width)
      for (v = 0; v < width; v += LANES, from += LANES)
        for (r = 0; r < rows; r++)
          store(panel + r * width + v, load(from + r * ldb));
    for (r = 0; r < rows && rest; r++)
      for (v = 0; v < width; v++)
        panel[r * width + v] = v < rest ? from[r * ldb + v] : 0;
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


static void packt(real *to, long width, const real *b, long ldb, long k,
                  long n) {
  long j, p, i;
  for (; n > 0; n -= width, b += width * ldb, to += k * width) {
    for (j = 0; j < width; j += LANES) {
      const real *from = b + j * ldb;
      p = 0;
      if (j + LANES <= n)
        for (; p + LANES <= k; p += LANES)
          transpose(to + p * width + j, width, from + p, ldb);
      for (; p < k; p++)
        for (i = 0; i < LANES; i++)
          to[p * width + j + i] = j + i < n ? from[i * ldb + p] : 0;
    }
  }
}


const ProdKern KERN(kern_prod) = {
  .lanes = LANES, .shapes = shapes, .pack = pack, .packt = packt
};
