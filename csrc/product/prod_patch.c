/*
** prod_patch.c
** Blocks of images with zeros around them. What a run of points sees is
** copied once, row by row; the windows overlap in the copy.
*/

#include "product/prod_patch.h"

#include "product/prod_size.h"

#include <string.h>

#define BAND 65536     /* reals of such a copy, roughly */
#define POINTS 512     /* rows of the patch matrix in a block, at most */
#define TAPS 1024      /* columns in a block, at most */


/* reals in a row of the copy: what the points of an image row see */
static long line(const Patches *s) {
  return ((s->pw - 1) * s->sw + s->kw) * s->c;
}


/* row r of an image with its zeros */
static void copy_row(const Patches *s, real *to, const real *image, long r) {
  long n = line(s), from = 0, end = 0;
  if (r >= 0 && r < s->h) {
    from = size_min(size_max(s->left, 0) * s->c, n);
    end = size_max(from, size_min((s->w + s->left) * s->c, n));
  }
  memset(to, 0, (size_t)from * sizeof(real));
  if (end > from)
    memcpy(to + from, image + ((r * s->w - s->left) * s->c + from),
           (size_t)(end - from) * sizeof(real));
  memset(to + end, 0, (size_t)(n - end) * sizeof(real));
}


/* copies what `count` points from `first` see; place[t] is where the window
** of point first + t begins */
static void copy_band(const Patches *s, real *to, long *place, long first,
                      long count) {
  long q = first % s->pw, p = first / s->pw % s->ph, n = line(s), used = 0;
  const real *image = s->x + first / s->pw / s->ph * s->h * s->w * s->c;
  while (count > 0) {
    long rows = size_min(s->ph - p, (q + count + s->pw - 1) / s->pw), r;
    long height = (rows - 1) * s->sh + s->kh;
    for (r = 0; r < height; r++)
      copy_row(s, to + used + r * n, image, s->sh * p - s->top + r);
    for (r = 0; r < rows; r++) {
      for (; q < s->pw && count > 0; q++, count--)
        *place++ = used + r * s->sh * n + q * s->sw * s->c;
      q = 0;
    }
    used += height * n;
    image += s->h * s->w * s->c;
    p = 0;
  }
}


/* an upper bound of what copy_band copies for any `count` points */
static long band_size(const Patches *s, long count) {
  long rows = (count + s->pw - 2) / s->pw + 1;
  long images = (rows + s->ph - 2) / s->ph + 1;
  return (rows * s->sh + images * size_max(s->kh - s->sh, 0)) * line(s);
}


/* The part of a window in which `count` taps from *first lie: kernel rows, or
** some columns of one. A block's copy holds no more, so that all blocks of a
** large kernel copy little more than a window. *first is then counted in the
** part. */
static Patches part_of(const Patches *s, long *first, long count) {
  long run = s->kw * s->c, i = *first / run, last = (*first + count - 1) / run;
  Patches part = *s;
  part.top -= i;
  part.kh = last - i + 1;
  *first -= i * run;
  if (part.kh == 1) {
    long j = *first / s->c;
    part.left -= j;
    part.kw = (*first + count - 1) / s->c - j + 1;
    *first -= j * s->c;
  }
  return part;
}


/* where the taps are in a window */
static void place_taps(const Patches *s, long *place, long first,
                       long count) {
  long run = s->kw * s->c, i = first / run, j = first % run;
  for (; count > 0; i++, j = 0)
    for (; j < run && count > 0; j++, count--)
      *place++ = i * line(s) + j;
}


/* a block of `points` and `taps`: where each is */
static const real *bring(const Patches *s, real *room, long *point,
                         long first, long points, long *tap, long from,
                         long taps) {
  Patches part = part_of(s, &from, taps);
  copy_band(&part, room, point, first, points);
  place_taps(&part, tap, from, taps);
  return room;
}


static const real *bring_rows(const Mul *u, real *room, long *row, long *col,
                              long i, long rows, long p, long depth) {
  return bring(u->from, room, row, i, rows, col, p, depth);
}


static const real *bring_columns(const Mul *u, real *room, long *row,
                                 long *col, long i, long rows, long p,
                                 long depth) {
  return bring(u->from, room, col, p, depth, row, i, rows);
}


static long room_rows(const Mul *u, long rows, long depth) {
  (void)depth;
  return u->g.k > 0 ? band_size(u->from, rows) : 0;
}


static long room_columns(const Mul *u, long rows, long depth) {
  (void)rows;
  return u->g.k > 0 ? band_size(u->from, depth) : 0;
}


/* some image rows' worth of points, at most `most` */
static long some_points(const Patches *s, long most) {
  long pw = size_max(s->pw, 1);
  long rows = size_min(BAND / size_max(s->sh * line(s), 1), most / pw);
  return size_max(rows, 1) * pw;
}


void patch_rows(Mul *u, const Patches *s) {
  u->from = s;
  u->bring = bring_rows;
  u->room = room_rows;
  u->deep = TAPS;
  u->tall = some_points(s, POINTS);
}


void patch_columns(Mul *u, const Patches *s) {
  u->from = s;
  u->bring = bring_columns;
  u->room = room_columns;
  u->tall = TAPS;
  u->deep = some_points(s, POINTS / 2);
  u->unit = s->pw <= POINTS / 2 ? s->pw : 0;
}
