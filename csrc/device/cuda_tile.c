/*
** cuda_tile.c
** How a product is cut into tiles (far_tile.h), and whether: small ones, and
** those with a few rows or columns whose sums are short, are left to the
** kernels that have a sum for each index. By sizes alone, whatever the device:
** so bits are the same on all.
*/

#include "device/cuda.h"
#include "device/far_tile.h"

#include <stdlib.h>

#define WORTH (1L << 17)         /* multiplications that pay for tiles */
#define NARROW 16                /* rows, columns: a quarter of a tile */
#define FEW (1L << 16)           /* results, which leave most cores idle */
#define LONG 1024                /* terms */
#define BLOCKS 264               /* that a device wants, to be busy */
#define PART 256                 /* terms to a part, at least */
#define ITEMS 0x7fffffffL        /* what an int counts */
#define GRID 65535


/* the largest view of all z, or 0 rows where ints do not count its items */

static TileView view_matmul(const MatmulArgs *k, long *z) {
  TileView v = {0};
  int d;
  *z = 1;
  for (d = 0; d < k->ndim; d++) *z *= k->dim[d];
  if (k->m * k->k <= ITEMS && k->k * k->n <= ITEMS && k->m * k->n <= ITEMS)
    tile_matmul_view(k, 0, &v);
  return v;
}


static TileView view_conv(FarKernel kernel, const ConvArgs *k, long *z) {
  TileView v = {0};
  *z = 1;
  if (k->n * k->h * k->width * k->c > ITEMS ||
      k->n * k->oh * k->ow * k->o > ITEMS ||
      k->kh * k->kw * k->c * k->o > ITEMS) return v;
  if (kernel == FAR_conv) tile_conv_view(k, 0, &v);
  else if (kernel == FAR_conv_w) tile_conv_w_view(k, 0, &v);
  else {
    *z = k->sh * k->sw;
    tile_conv_x_view(k, 0, &v);
    /* the first of them has the most rows; others may have more taps */
    v.depth = (int)(((k->kh - 1) / k->sh + 1) * ((k->kw - 1) / k->sw + 1) *
                    k->o);
  }
  return v;
}


int cuda_plain(void) {
  static int known, plain;
  const char *s = known ? NULL : getenv("TEASEL_PLAIN");
  if (s) plain = strcmp(s, "1") == 0;
  known = 1;
  return plain;
}


int cuda_tiles(FarKernel kernel, const void *args, CudaTiles *t) {
  TileView v;
  long z, work, blocks;
  if (cuda_plain()) return 0;
  switch (kernel) {
    case FAR_matmul: v = view_matmul(args, &z); break;
    case FAR_conv: case FAR_conv_x: case FAR_conv_w:
      v = view_conv(kernel, args, &z); break;
    default: return 0;
  }
  work = (long)v.rows * v.columns;
  if ((double)work * (double)v.depth * (double)z < WORTH ||
      v.depth < TILE_DEPTH) return 0;
  if ((v.rows < NARROW || v.columns < NARROW) &&
      (v.depth < LONG || work * z > FEW)) return 0;
  t->rows = (v.rows - 1) / TILE + 1;
  t->columns = (v.columns - 1) / TILE + 1;
  blocks = (long)t->rows * t->columns * z;
  t->parts = blocks < BLOCKS ? (int)((BLOCKS - 1) / blocks + 1) : 1;
  if (t->parts > v.depth / PART) t->parts = v.depth / PART;
  if (t->parts < 1) t->parts = 1;
  if (z * t->parts > GRID || t->columns > GRID) return 0;
  t->z = (int)z;
  t->kernel = kernel == FAR_matmul ? CUDA_tile_matmul
            : kernel == FAR_conv ? CUDA_tile_conv
            : kernel == FAR_conv_x ? CUDA_tile_conv_x : CUDA_tile_conv_w;
  return 1;
}
