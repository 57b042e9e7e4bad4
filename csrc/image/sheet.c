/*
** sheet.c
** How colours meet: shapes, pixel art and layers laid over images.
** Invariant: the colours of a layer are kept times their alpha, so that one
** formula, old + share * (new - old), serves the colours and alpha of layers
** and the colours of what is opaque.
*/

#include "image/sheet.h"

#include <math.h>

#include "base/pool.h"


static const real *of(const Each *e, long i) {
  return e->data + i * e->step;
}


void sheet_row(Sheet *s, const Ink *ink, long i, int y, int x0, int x1,
               const real *cover) {
  const real *colour = of(&ink->colour, i);
  real alpha = *of(&ink->alpha, i);
  long at = (i * s->height + y) * s->width + x0;
  real *p = s->pixel + at * s->channels;
  int x, c;
  for (x = x0; x < x1; x++, at++, p += s->channels) {
    real a = *cover++;
    if (ink->hard) a = a >= (real).5;
    a *= alpha;
    if (a <= 0) continue;
    for (c = 0; c < s->channels; c++) p[c] += a * (colour[c] - p[c]);
    if (s->alpha) s->alpha[at] += a * (1 - s->alpha[at]);
  }
}


typedef struct Job {
  Sheet *sheet;
  const Blit *blit;
  const Sheet *over;
  Each alpha;
} Job;


static void blit_one(void *arg, long i) {
  const Job *job = arg;
  const Blit *b = job->blit;
  Sheet *s = job->sheet;
  const real *map = b->map +
    ((long)*of(&b->frame, i) - 1) * b->height * b->width;
  const real *palette = of(&b->palette, i), *at = of(&b->at, i);
  int left = (int)floor((double)at[0] + .5);
  int top = (int)floor((double)at[1] + .5);
  int mirrored = *of(&b->mirror, i) != 0;
  int u, v, c;
  real alpha = *of(&b->alpha, i);
  for (v = 0; v < b->height; v++) {
    int y = top + v;
    if (y < 0 || y >= s->height) continue;
    for (u = 0; u < b->width; u++) {
      int x = left + u;
      long index = (long)map[v * b->width + (mirrored ? b->width - 1 - u : u)];
      long place = (i * s->height + y) * s->width + x;
      real *p = s->pixel + place * s->channels;
      const real *colour = palette + (index - 1) * s->channels;
      if (index == 0 || x < 0 || x >= s->width) continue;
      for (c = 0; c < s->channels; c++) p[c] += alpha * (colour[c] - p[c]);
      if (s->alpha) s->alpha[place] += alpha * (1 - s->alpha[place]);
    }
  }
}


void sheet_blit(Sheet *s, const Blit *blit) {
  Job job = {s, blit, NULL, {NULL, 0}};
  pool_for(s->n, blit_one, &job);
}


static void put_one(void *arg, long i) {
  const Job *job = arg;
  Sheet *s = job->sheet;
  const Sheet *over = job->over;
  long size = (long)s->height * s->width, k;
  real *p = s->pixel + i * size * s->channels;
  const real *q = over->pixel + i * size * s->channels;
  real alpha = *of(&job->alpha, i);
  int c;
  for (k = i * size; k < (i + 1) * size; k++) {
    real a = over->alpha ? alpha * over->alpha[k] : alpha;
    for (c = 0; c < s->channels; c++, p++, q++)
      *p += alpha * *q - a * *p;
    if (s->alpha) s->alpha[k] += a * (1 - s->alpha[k]);
  }
}


void sheet_put(Sheet *s, const Sheet *over, Each alpha) {
  Job job = {s, NULL, over, {NULL, 0}};
  job.alpha = alpha;
  pool_for(s->n, put_one, &job);
}
