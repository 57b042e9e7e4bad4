/*
** far_tile.h
** Products by tiles, for CUDA alone: the threads of a block share what they
** read. Each block has TILE rows and columns of a result, every thread
** TILE_EACH of both, and the block reads TILE_DEPTH terms of a sum at a time.
** Convolutions are products, too, whose operand is never written out: rows are
** the pixels of the result, or its weights, and the terms are taps and
** channels, or pixels. What lies outside of the image is 0.
** A long sum may be cut into parts (cuda_tile.c), one behind the other in the
** result, each as large as the whole; who launched adds them up. The order of
** additions depends on sizes alone.
*/

#ifndef far_tile_h
#define far_tile_h

#include "device/far_prod.h"

#define TILE 64
#define TILE_DEPTH 16
#define TILE_THREADS 256
#define TILE_SIDE 16             /* threads to a side: TILE / TILE_EACH */
#define TILE_EACH 4
#define TILE_ROOM (TILE + 4)     /* against conflicts of banks */

/* what a block sees of a product: z tells which one of several */
typedef struct TileView {
  int rows, columns, depth;
  const real *a, *b;
  int i, j, tap_i, tap_j, taps_i, taps_j, h, w;    /* of conv_x alone */
} TileView;

/* a row: where its terms begin, what they are counted from, and its result */
typedef struct TileRow {
  long at, to;
  int i, j;
} TileRow;

TS_FN int tile_within(int i, long n) { return i >= 0 && i < n; }


/* c[m,n] = op(a) op(b), for each index of the axes before */

TS_FN void tile_matmul_view(const MatmulArgs *k, int z, TileView *v) {
  long left = z;
  int d;
  v->rows = (int)k->m;
  v->columns = (int)k->n;
  v->depth = (int)k->k;
  v->a = k->a;
  v->b = k->b;
  for (d = k->ndim - 1; d >= 0; d--) {
    v->a += left % k->dim[d] * k->a_step[d];
    v->b += left % k->dim[d] * k->b_step[d];
    left /= k->dim[d];
  }
}

TS_FN void tile_matmul_row(const MatmulArgs *k, const TileView *v, int z,
                           int row, TileRow *r) {
  (void)v;
  r->at = row * k->a_row;
  r->to = (z * k->m + row) * k->n;
}

TS_FN real tile_matmul_a(const MatmulArgs *k, const TileView *v,
                         const TileRow *r, int p) {
  return v->a[r->at + p * k->a_column];
}

TS_FN real tile_matmul_b(const MatmulArgs *k, const TileView *v, int p,
                         int column) {
  return v->b[p * k->b_row + column * k->b_column];
}


/* y: a row is a pixel of it, a term a tap and a channel of x */

TS_FN void tile_conv_view(const ConvArgs *k, int z, TileView *v) {
  (void)z;
  v->rows = (int)(k->n * k->oh * k->ow);
  v->columns = (int)k->o;
  v->depth = (int)(k->kh * k->kw * k->c);
}

TS_FN void tile_conv_row(const ConvArgs *k, const TileView *v, int z, int row,
                         TileRow *r) {
  const int ow = (int)k->ow, oh = (int)k->oh;
  const int q = row % ow, p = row / ow % oh, n = row / ow / oh;
  (void)v; (void)z;
  r->i = p * (int)k->sh - (int)k->pt;
  r->j = q * (int)k->sw - (int)k->pl;
  r->at = ((n * k->h + r->i) * k->width + r->j) * k->c;
  r->to = row * k->o;
}

TS_FN real tile_conv_a(const ConvArgs *k, const TileView *v, const TileRow *r,
                       int p) {
  const int c = (int)k->c, kw = (int)k->kw, width = (int)k->width;
  const int tap = p / c, i = tap / kw, j = tap % kw;
  (void)v;
  if (!tile_within(r->i + i, k->h) || !tile_within(r->j + j, width)) return 0;
  return k->x[r->at + (i * width + j) * c + p % c];
}

TS_FN real tile_conv_b(const ConvArgs *k, const TileView *v, int p,
                       int column) {
  (void)v;
  return k->w[p * k->o + column];
}


/* x: pixels whose rows and columns have the same remainders, z's, have the
** same taps: TAP_I, TAP_I + sh, ... A row is one of them, a term a tap and a
** channel of y. */

TS_FN void tile_conv_x_view(const ConvArgs *k, int z, TileView *v) {
  const int sh = (int)k->sh, sw = (int)k->sw;
  v->i = z / sw;
  v->j = z % sw;
  v->tap_i = (v->i + (int)k->pt) % sh;
  v->tap_j = (v->j + (int)k->pl) % sw;
  v->taps_i = ((int)k->kh - v->tap_i + sh - 1) / sh;
  v->taps_j = ((int)k->kw - v->tap_j + sw - 1) / sw;
  v->h = ((int)k->h - v->i + sh - 1) / sh;
  v->w = ((int)k->width - v->j + sw - 1) / sw;
  v->rows = (int)k->n * v->h * v->w;
  v->columns = (int)k->c;
  v->depth = v->taps_i * v->taps_j * (int)k->o;
}

TS_FN void tile_conv_x_row(const ConvArgs *k, const TileView *v, int z,
                           int row, TileRow *r) {
  const int n = row / v->w / v->h;
  const int i = row / v->w % v->h * (int)k->sh + v->i;
  const int j = row % v->w * (int)k->sw + v->j;
  (void)z;
  r->i = (i + (int)k->pt - v->tap_i) / (int)k->sh;
  r->j = (j + (int)k->pl - v->tap_j) / (int)k->sw;
  r->at = ((n * k->oh + r->i) * k->ow + r->j) * k->o;
  r->to = ((n * k->h + i) * k->width + j) * k->c;
}

TS_FN real tile_conv_x_a(const ConvArgs *k, const TileView *v,
                         const TileRow *r, int p) {
  const int o = (int)k->o, tap = p / o;
  const int i = tap / v->taps_j, j = tap % v->taps_j;
  if (!tile_within(r->i - i, k->oh) || !tile_within(r->j - j, k->ow)) return 0;
  return k->y[r->at - (i * k->ow + j) * o + p % o];
}

TS_FN real tile_conv_x_b(const ConvArgs *k, const TileView *v, int p,
                         int column) {
  const int o = (int)k->o, tap = p / o;
  const int i = v->tap_i + tap / v->taps_j * (int)k->sh;
  const int j = v->tap_j + tap % v->taps_j * (int)k->sw;
  return k->w[((i * k->kw + j) * k->c + column) * o + p % o];
}


/* w: a row is a tap and a channel of x, a term a pixel of y */

TS_FN void tile_conv_w_view(const ConvArgs *k, int z, TileView *v) {
  (void)z;
  v->rows = (int)(k->kh * k->kw * k->c);
  v->columns = (int)k->o;
  v->depth = (int)(k->n * k->oh * k->ow);
}

TS_FN void tile_conv_w_row(const ConvArgs *k, const TileView *v, int z,
                           int row, TileRow *r) {
  const int c = (int)k->c, kw = (int)k->kw;
  (void)v; (void)z;
  r->i = row / c / kw - (int)k->pt;
  r->j = row / c % kw - (int)k->pl;
  r->at = (r->i * k->width + r->j) * c + row % c;
  r->to = row * k->o;
}

TS_FN real tile_conv_w_a(const ConvArgs *k, const TileView *v,
                         const TileRow *r, int p) {
  const int ow = (int)k->ow, oh = (int)k->oh;
  const int j = p % ow * (int)k->sw, i = p / ow % oh * (int)k->sh;
  const int n = p / ow / oh;
  (void)v;
  if (!tile_within(r->i + i, k->h) || !tile_within(r->j + j, k->width))
    return 0;
  return k->x[r->at + ((n * k->h + i) * k->width + j) * k->c];
}

TS_FN real tile_conv_w_b(const ConvArgs *k, const TileView *v, int p,
                         int column) {
  (void)v;
  return k->y[p * k->o + column];
}


/* Which item of a's (b's) part is load s of thread t: those of one row
** (column) beside one another where its terms are neighbours in memory
** (`deep`), or those of one term */
TS_FN int tile_place(int t, int s, int deep) {
  return deep ? t / TILE_DEPTH + s * (TILE_THREADS / TILE_DEPTH) : t % TILE;
}

TS_FN int tile_term(int t, int s, int deep) {
  return deep ? t % TILE_DEPTH : t / TILE + s * (TILE_THREADS / TILE);
}

#define TILE_LOADS (TILE * TILE_DEPTH / TILE_THREADS)

/* `result` and `size` of it: of the arguments *k */
#define TILE_KERNEL(name, Args, a_deep, b_deep, result, size) \
  extern "C" __global__ void __launch_bounds__(TILE_THREADS) \
  kernel_tile_##name(long parts, Args args) { \
    __shared__ real a[TILE_DEPTH][TILE_ROOM], b[TILE_DEPTH][TILE_ROOM]; \
    const Args *k = &args; \
    const int t = (int)threadIdx.x; \
    const int part = (int)(blockIdx.z % parts); \
    const int z = (int)(blockIdx.z / parts); \
    const int row0 = (int)blockIdx.x * TILE; \
    const int column0 = (int)blockIdx.y * TILE; \
    TileView v; \
    TileRow row[TILE_LOADS]; \
    real sum[TILE_EACH][TILE_EACH]; \
    int p, s, i, j, chunk, end; \
    tile_##name##_view(k, z, &v); \
    for (i = 0; i < TILE_EACH; i++) \
      for (j = 0; j < TILE_EACH; j++) sum[i][j] = 0; \
    for (s = 0; s < TILE_LOADS; s++) { \
      const int at = row0 + tile_place(t, s, a_deep); \
      if (at < v.rows) tile_##name##_row(k, &v, z, at, &row[s]); \
    } \
    chunk = ((v.depth - 1) / (int)parts / TILE_DEPTH + 1) * TILE_DEPTH; \
    end = v.depth < (part + 1) * chunk ? v.depth : (part + 1) * chunk; \
    for (p = part * chunk; p < end; p += TILE_DEPTH) { \
      for (s = 0; s < TILE_LOADS; s++) { \
        const int at = tile_place(t, s, a_deep); \
        const int d = tile_term(t, s, a_deep); \
        a[d][at] = p + d < end && row0 + at < v.rows \
                     ? tile_##name##_a(k, &v, &row[s], p + d) : 0; \
      } \
      for (s = 0; s < TILE_LOADS; s++) { \
        const int at = tile_place(t, s, b_deep); \
        const int d = tile_term(t, s, b_deep); \
        b[d][at] = p + d < end && column0 + at < v.columns \
                     ? tile_##name##_b(k, &v, p + d, column0 + at) : 0; \
      } \
      __syncthreads(); \
      for (s = 0; s < TILE_DEPTH; s++) \
        for (i = 0; i < TILE_EACH; i++) \
          for (j = 0; j < TILE_EACH; j++) \
            sum[i][j] = TS_FMA(a[s][t / TILE_SIDE * TILE_EACH + i], \
                               b[s][t % TILE_SIDE * TILE_EACH + j], \
                               sum[i][j]); \
      __syncthreads(); \
    } \
    for (i = 0; i < TILE_EACH; i++) { \
      const int at = row0 + t / TILE_SIDE * TILE_EACH + i; \
      if (at >= v.rows) break; \
      tile_##name##_row(k, &v, z, at, &row[0]); \
      for (j = 0; j < TILE_EACH; j++) { \
        const int column = column0 + t % TILE_SIDE * TILE_EACH + j; \
        if (column < v.columns) \
          (result)[part * (size) + row[0].to + column] = sum[i][j]; \
      } \
    } \
  }

#endif
