/*
** stroke.c
** Lines drawn with a round pen, by distance. Across a line of half width r,
** a pixel's centre at distance d sees the part of [-r, r] within half a
** pixel of d: exact for straight lines along the axes, and nearly so for all
** others. Along a line that tapers the half width of the nearest point counts.
** Invariant: a pixel has the cover of the piece that covers most of it, so
** that joints and crossings are not darker than the rest, and a piece drawn
** twice is drawn once.
*/

#include "image/sheet.h"

#include <string.h>
#include <tgmath.h>

#include "base/pool.h"


typedef struct Job {
  Sheet *sheet;
  const Stroke *stroke;
  const Ink *ink;
  real *cover;    /* for each thread [height width] */
} Job;


typedef struct Box { int x0, y0, x1, y1; } Box;


static int within(double v, int size) {
  return v <= 0 ? 0 : v >= size ? size : (int)v;
}


/* the pixels within `far` of a piece */
static Box box_of(const Sheet *s, const real *a, const real *b, double far) {
  Box box;
  box.x0 = within(fmin((double)a[0], (double)b[0]) - far, s->width);
  box.y0 = within(fmin((double)a[1], (double)b[1]) - far, s->height);
  box.x1 = within(fmax((double)a[0], (double)b[0]) + far + 1, s->width);
  box.y1 = within(fmax((double)a[1], (double)b[1]) + far + 1, s->height);
  return box;
}


static real least(real a, real b) { return a < b ? a : b; }


static real most(real a, real b) { return a > b ? a : b; }


/* the cover of one piece from a to b, of half widths ra and rb */
static void draw_piece(const Sheet *s, real *cover, const real *a,
                       const real *b, real ra, real rb, real half) {
  real far = most(ra, rb) + half;
  Box box = box_of(s, a, b, (double)far);
  real ux = b[0] - a[0], uy = b[1] - a[1];
  real length = ux * ux + uy * uy, share = 1 / (2 * half);
  real inverse = length > 0 ? 1 / length : 0;
  int x, y;
  for (y = box.y0; y < box.y1; y++) {
    real py = y + (real).5 - a[1];
    real *row = cover + (long)y * s->width;
    int from = box.x0, to = box.x1;
    if (uy != 0) {    /* the part of the piece that is near this row */
      real t0 = (py - far) / uy, t1 = (py + far) / uy;
      real lo = most(least(t0, t1), 0), hi = least(most(t0, t1), 1);
      real xlo = a[0] + least(lo * ux, hi * ux) - far;
      real xhi = a[0] + most(lo * ux, hi * ux) + far;
      if (lo > hi) continue;
      if (within((double)xlo, s->width) > from)
        from = within((double)xlo, s->width);
      if (within((double)xhi + 1, s->width) < to)
        to = within((double)xhi + 1, s->width);
    }
    for (x = from; x < to; x++) {
      real px = x + (real).5 - a[0];
      real t = least(most((px * ux + py * uy) * inverse, 0), 1);
      real ex = px - t * ux, ey = py - t * uy;
      real d = sqrt(ex * ex + ey * ey), r = ra + t * (rb - ra);
      real c = (least(d + half, r) - most(d - half, -r)) * share;
      row[x] = most(row[x], least(c, 1));
    }
  }
}


static void stroke_one(void *arg, long i) {
  const Job *job = arg;
  const Stroke *k = job->stroke;
  Sheet *s = job->sheet;
  real *cover = job->cover +
    (size_t)pool_self() * (size_t)s->height * (size_t)s->width;
  const real *points = k->points.data + i * k->points.step;
  const real *width = k->width.data + i * k->width.step;
  real half = (real)(k->soft / 2), widest = 0;
  Box box = {s->width, s->height, 0, 0};
  long j, line, all = k->lines * k->k;
  int y;
  if (job->ink->alpha.data[i * job->ink->alpha.step] == 0) return;
  for (j = 0; j < (k->tapered ? all : 1); j++) widest = most(widest, width[j]);
  for (j = 0; j < all; j++) {
    const real *p = points + 2 * j;
    Box own = box_of(s, p, p, (double)(widest / 2 + half));
    if (own.x0 < box.x0) box.x0 = own.x0;
    if (own.y0 < box.y0) box.y0 = own.y0;
    if (own.x1 > box.x1) box.x1 = own.x1;
    if (own.y1 > box.y1) box.y1 = own.y1;
  }
  if (box.x0 >= box.x1) return;
  for (y = box.y0; y < box.y1; y++)
    memset(cover + (long)y * s->width + box.x0, 0,
           (size_t)(box.x1 - box.x0) * sizeof *cover);
  for (line = 0; line < k->lines; line++) {
    const real *p = points + 2 * line * k->k;
    const real *w = width + (k->tapered ? line * k->k : 0);
    for (j = 0; j < (k->k > 1 ? k->k - 1 : 1); j++) {
      long next = j + 1 < k->k ? j + 1 : j;
      if (j > 0 && memcmp(p + 2 * j, p + 2 * next, 2 * sizeof *p) == 0 &&
          (!k->tapered || w[j] == w[next]))
        continue;   /* the end of the piece before covers it */
      draw_piece(s, cover, p + 2 * j, p + 2 * next,
                 w[k->tapered ? j : 0] / 2, w[k->tapered ? next : 0] / 2, half);
    }
  }
  for (y = box.y0; y < box.y1; y++)
    sheet_row(s, job->ink, i, y, box.x0, box.x1,
              cover + (long)y * s->width + box.x0);
}


int sheet_stroke(Sheet *s, const Stroke *stroke, const Ink *ink) {
  Job job = {s, stroke, ink, NULL};
  int ok;
  job.cover = mem_array((size_t)pool_threads() * (size_t)s->height,
                        (size_t)s->width * sizeof *job.cover);
  ok = job.cover != NULL && pool_try(s->n, stroke_one, &job);
  mem_free(job.cover);
  return ok;
}
