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

#define FAR 1e6f         /* what is drawn further out is left out */


void field_clear(Field *f) {
  long i, n = (long)f->side * f->side;
  for (i = 0; i < n; i++) f->depth[i] = -FLT_MAX;
  if (f->triangle)
    for (i = 0; i < n; i++) f->triangle[i] = -1;
}


/* false for what is not a number, too */
static int drawable(const Spot *a) {
  return fabsf(a->x) < FAR && fabsf(a->y) < FAR && fabsf(a->depth) < FAR;
}


/* the first cell whose centre is not before v, in 0..side */
static int first_cell(float v, int side) {
  if (!(v > .5f)) return 0;
  if (v >= (float)side) return side;
  return (int)(v + .5f);
}


/* whether the centres of a column of cells may lie inside */
static int crosses_column(const Spot *a, const Spot *b, const Spot *c,
                          int side) {
  float least = a->x < b->x ? a->x : b->x, most = a->x < b->x ? b->x : a->x;
  least = c->x < least ? c->x : least;
  most = c->x > most ? c->x : most;
  return first_cell(least, side) < first_cell(most, side);
}


/* cells x..last-1 of a row, where the depth is base + gx x, `most` at most */
static inline void fill_row(Field *f, int row, int x, int last, int t,
                            float gx, float most, float base) {
  float *depth = f->depth + (long)row * f->side;
  if (f->triangle == NULL) {
    for (; x < last; x++) {
      float d = base + gx * (float)x;
      d = d > most ? most : d;
      depth[x] = d > depth[x] ? d : depth[x];
    }
  }
  else {
    int *triangle = f->triangle + (long)row * f->side;
    for (; x < last; x++) {
      float d = base + gx * (float)x;
      d = d > most ? most : d;
      if (d > depth[x]) {
        depth[x] = d;
        triangle[x] = t;
      }
    }
  }
}


static const Spot *upper(const Spot *a, const Spot *b) {
  return b->y < a->y ? b : a;
}


static const Spot *lower(const Spot *a, const Spot *b) {
  return b->y < a->y ? a : b;
}


void field_fill(Field *f, const Spot *a, const Spot *b, const Spot *c,
                int t) {
  const Spot *p = upper(a, b), *r = lower(a, b), *q;
  float det, gx, gy, most, edge[3];
  int row, end;
  q = lower(p, c);       /* p, q, r from the top to the bottom */
  p = upper(p, c);
  { const Spot *m = upper(q, r); r = lower(q, r); q = m; }
  row = first_cell(p->y, f->side);
  end = first_cell(r->y, f->side);
  if (row >= end || !crosses_column(p, q, r, f->side)) return;
  if (!drawable(a) || !drawable(b) || !drawable(c)) return;
  det = spot_area(p, q, r);
  if (det == 0) return;
  det = 1 / det;
  gx = ((q->depth - p->depth) * (r->y - p->y) -
        (r->depth - p->depth) * (q->y - p->y)) * det;
  gy = ((r->depth - p->depth) * (q->x - p->x) -
        (q->depth - p->depth) * (r->x - p->x)) * det;
  most = q->depth > r->depth ? q->depth : r->depth;
  most = p->depth > most ? p->depth : most;
  edge[0] = (r->x - p->x) / (r->y - p->y);
  edge[1] = q->y > p->y ? (q->x - p->x) / (q->y - p->y) : 0;
  edge[2] = r->y > q->y ? (r->x - q->x) / (r->y - q->y) : 0;
  for (; row < end; row++) {
    float y = (float)row + .5f;
    float one = p->x + (y - p->y) * edge[0];
    float two = y < q->y ? p->x + (y - p->y) * edge[1]
                         : q->x + (y - q->y) * edge[2];
    int x = first_cell(one < two ? one : two, f->side);
    int last = first_cell(one < two ? two : one, f->side);
    fill_row(f, row, x, last, t, gx, most,
             p->depth + gy * (y - p->y) + gx * (.5f - p->x));
  }
}
