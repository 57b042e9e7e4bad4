/*
** scene_fill.c
** Which triangle is nearest at each cell of a square. A triangle is filled
** row by row, as its edges say at the rows' centres. Invariant: an edge is
** followed from its upper end, with the same arithmetic in both triangles
** that share it, and a row owns the centres from its left end on but not
** those from its right end; so neighbours leave no cell out between them.
*/

#include "image/scene_pixel.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const Choice counts = {0, 1, 2, 3};


void field_clear(Field *f) {
  long i, n = (long)f->side * f->side;
  for (i = 0; i < n; i++) f->depth[i] = -FLT_MAX;
  if (f->triangle)
    for (i = 0; i < n; i++) f->triangle[i] = -1;
}


/* the first cells whose centres lie behind v, in 0..side */
static Choice first_cells(Four v, int side) {
  v = lesser(greater(v, all(0)), all((float)side));
  return __builtin_convertvector(v + all(.5f), Choice);
}


/* Cells x..last-1 of a row, where the depth is base + gx x, `most` at most.
** Up to four cells behind them are read and written as they were, even if
** there is none of them. */
static inline void fill_row(float *depth, int *triangle, int x, int last,
                            int t, float gx, float most, float base) {
  Choice own = {t, t, t, t}, end = {last, last, last, last};
  do {
    Choice at = counts + (Choice){x, x, x, x}, nearer, seen;
    Four d = all(base) + all(gx) * __builtin_convertvector(at, Four), old;
    memcpy(&old, depth + x, sizeof old);
    d = lesser(all(most), d);
    nearer = (d > old) & (at < end);
    d = pick(nearer, d, old);
    memcpy(depth + x, &d, sizeof d);
    if (triangle) {
      memcpy(&seen, triangle + x, sizeof seen);
      seen = choose(nearer, own, seen);
      memcpy(triangle + x, &seen, sizeof seen);
    }
    x += 4;
  } while (x < last);
}


/* Rows and cells are taken by fours, with a choice for each and no branch:
** most triangles cover a few, and a processor cannot foresee how many. */
void field_fill(Field *f, Four a, Four b, Four c, int t) {
  Four order[3], p, q, r, least, most, slope;
  Choice first, end;
  int ab = b[1] < a[1], ac = c[1] < a[1], bc = c[1] < b[1], row, i;
  float gx, gy;
  least = lesser(lesser(a, b), c);
  most = greater(greater(a, b), c);
  first = first_cells(least, f->side);
  end = first_cells(most, f->side);
  if ((first[0] >= end[0]) | (first[1] >= end[1])) return;
  order[ab + ac] = a;
  order[1 - ab + bc] = b;
  order[2 - ac - bc] = c;
  p = order[0]; q = order[1]; r = order[2];    /* from the top down */
  slope = four(r[0] - p[0], q[0] - p[0], r[0] - q[0], 1) /
          four(r[1] - p[1], q[1] - p[1], r[1] - q[1], spot_area(p, q, r));
  gx = ((q[2] - p[2]) * (r[1] - p[1]) - (r[2] - p[2]) * (q[1] - p[1])) *
       slope[3];
  gy = ((r[2] - p[2]) * (q[0] - p[0]) - (q[2] - p[2]) * (r[0] - p[0])) *
       slope[3];
  for (row = first[1]; row < end[1]; row += 4) {
    Four y = all((float)row + .5f) + four(0, 1, 2, 3), from = y - all(p[1]);
    Four one = all(p[0]) + from * all(slope[0]);
    Four two = pick(y < all(q[1]), all(p[0]) + from * all(slope[1]),
                    all(q[0]) + (y - all(q[1])) * all(slope[2]));
    Four base = all(p[2]) + all(gy) * from + all(gx * (.5f - p[0]));
    Choice x = first_cells(lesser(one, two), f->side);
    Choice last = first_cells(greater(one, two), f->side);
    Choice rows = counts + (Choice){row, row, row, row};
    long at = (long)row * f->side;
    last &= rows < (Choice){end[1], end[1], end[1], end[1]};
    for (i = 0; i < 4; i++, at += f->side)
      fill_row(f->depth + at, f->triangle ? f->triangle + at : NULL, x[i],
               last[i], t, gx, most[2], base[i]);
  }
}
