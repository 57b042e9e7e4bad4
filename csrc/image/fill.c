/*
** fill.c
** Polygons by the area that they cover. An edge is cut where it crosses the
** lines between pixels. A piece of height d, at the mean distance m from the
** left side of its pixel, has the share 1 - m of d to its right in this pixel
** and all of d in those further right: so it adds d (1 - m) to its place and
** d m to the next, downwards with a plus, upwards with a minus sign.
** Invariant: after the last edge the sum of a row up to a pixel is the area
** of this pixel that the outline goes round, counted as often as it does.
*/

#include "image/sheet.h"

#include <math.h>
#include <string.h>

#include "base/pool.h"

#define NOTHING 1e-9    /* what is left by rounding where nothing is */


/* a piece inside of one row of pixels, 0 <= x0 <= x1 <= width */
static void add_piece(double *row, double x0, double x1, double d) {
  int c = (int)x0;
  double slope = x1 > x0 ? d / (x1 - x0) : 0;
  while (x1 > c + 1) {
    double part = (c + 1 - x0) * slope, m = (x0 + c + 1) / 2 - c;
    row[c] += part * (1 - m);
    row[c + 1] += part * m;
    d -= part;
    x0 = ++c;
  }
  {
    double m = (x0 + x1) / 2 - c;
    row[c] += d * (1 - m);
    row[c + 1] += d * m;
  }
}


/* the same with any x: what lies left of the picture covers its row from the
** first pixel on, what lies right of it covers nothing */
static void add_clipped(double *row, int width, double x0, double x1,
                        double d) {
  double slope;
  if (x0 > x1) {
    double t = x0;
    x0 = x1;
    x1 = t;
  }
  if (x0 >= width) return;
  if (x1 <= 0) {
    row[0] += d;
    return;
  }
  slope = x1 > x0 ? d / (x1 - x0) : 0;
  if (x0 < 0) {
    row[0] += -x0 * slope;
    d += x0 * slope;
    x0 = 0;
  }
  if (x1 > width) {
    d -= (x1 - width) * slope;
    x1 = width;
  }
  add_piece(row, x0, x1, d);
}


static void add_edge(double *sum, const Sheet *s, const real *a,
                     const real *b) {
  double sign = 1, slope, y, end;
  int r;
  if (a[1] > b[1]) {
    const real *t = a;
    a = b;
    b = t;
    sign = -1;
  }
  y = a[1] > 0 ? (double)a[1] : 0;
  end = b[1] < s->height ? (double)b[1] : s->height;
  if (y >= end) return;
  slope = ((double)b[0] - (double)a[0]) / ((double)b[1] - (double)a[1]);
  for (r = (int)y; y < end; r++) {
    double next = r + 1 < end ? r + 1 : end;
    add_clipped(sum + (size_t)r * ((size_t)s->width + 2), s->width,
                (double)a[0] + (y - (double)a[1]) * slope,
                (double)a[0] + (next - (double)a[1]) * slope,
                sign * (next - y));
    y = next;
  }
}


typedef struct Job {
  Sheet *sheet;
  Each points;
  long k;
  const Ink *ink;
  double *sum;    /* for each thread [height width+2] */
  real *cover;    /* for each thread [width] */
} Job;


static void fill_one(void *arg, long i) {
  const Job *job = arg;
  Sheet *s = job->sheet;
  size_t room = (size_t)s->width + 2;
  double *sum = job->sum + (size_t)pool_self() * room * (size_t)s->height;
  real *cover = job->cover + (size_t)pool_self() * (size_t)s->width;
  const real *p = job->points.data + i * job->points.step;
  double low = s->height, high = 0, left = s->width, right = 0;
  int x, y, top, bottom, first, end;
  long j;
  if (job->ink->alpha.data[i * job->ink->alpha.step] == 0) return;
  for (j = 0; j < job->k; j++) {
    left = fmin(left, (double)p[2 * j]);
    right = fmax(right, (double)p[2 * j]);
    low = fmin(low, (double)p[2 * j + 1]);
    high = fmax(high, (double)p[2 * j + 1]);
  }
  top = low > 0 ? (int)low : 0;
  bottom = high < s->height ? (int)ceil(high) : s->height;
  first = left > 0 ? (int)left : 0;
  end = right < s->width ? (int)ceil(right) : s->width;
  if (top >= bottom || first >= end) return;
  memset(sum + (size_t)top * room, 0,
         (size_t)(bottom - top) * room * sizeof *sum);
  for (j = 0; j < job->k; j++)
    add_edge(sum, s, p + 2 * j, p + 2 * (j + 1 < job->k ? j + 1 : 0));
  for (y = top; y < bottom; y++) {
    const double *row = sum + (size_t)y * room;
    double area = 0;
    for (x = first; x < end; x++) {
      double a;
      area += row[x];
      a = fabs(area);
      cover[x] = (real)(a < NOTHING ? 0 : a < 1 ? a : 1);
    }
    sheet_row(s, job->ink, i, y, first, end, cover + first);
  }
}


int sheet_fill(Sheet *s, Each points, long k, const Ink *ink) {
  size_t threads = (size_t)pool_threads(), width = (size_t)s->width;
  Job job = {s, points, k, ink, NULL, NULL};
  int ok;
  job.sum = mem_array(threads * (size_t)s->height * (width + 2),
                      sizeof *job.sum);
  job.cover = job.sum ? mem_array(threads * width, sizeof *job.cover) : NULL;
  ok = job.cover != NULL && pool_try(s->n, fill_one, &job);
  mem_free(job.sum);
  mem_free(job.cover);
  return ok;
}
