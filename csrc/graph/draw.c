/*
** draw.c
** Fills on the host, or kernels that compute the same elements.
*/

#include "graph/draw.h"
#include "graph/op_far.h"


static int far(Stream *s, Tensor *t, FarKernel kernel, RandArgs k) {
  k.y = t->data;
  k.key = s->key;
  k.step = s->step;
  if (!FAR_LAUNCH(t, kernel, t->size, k)) return 0;
  s->step++;
  return 1;
}


int draw_uniform(Stream *s, Tensor *t, double lo, double hi) {
  RandArgs k = {0};
  k.a = lo;
  k.b = hi;
  k.moved = lo != 0 || hi != 1;
  if (t->place) return far(s, t, FAR_uniform, k);
  rand_uniform(s, t->data, t->size, lo, hi);
  return 1;
}


int draw_normal(Stream *s, Tensor *t, double mean, double sd) {
  RandArgs k = {0};
  k.a = mean;
  k.b = sd;
  k.moved = mean != 0 || sd != 1;
  if (t->place) return far(s, t, FAR_normal, k);
  rand_normal(s, t->data, t->size, mean, sd);
  return 1;
}


int draw_integers(Stream *s, Tensor *t, long lo, long hi) {
  RandArgs k = {0};
  if (t->place == NULL) return rand_integers(s, t->data, t->size, lo, hi);
  if (!rand_fit(lo, hi)) return 0;
  k.lo = lo;
  k.span = (uint64_t)(hi - lo) + 1;
  return far(s, t, FAR_integers, k);
}


/* how far back the one is that was drawn from no weights; 0: there is none */
static int without_weights(const Tensor *t, real *least) {
  FoldArgs f = {0};
  f.y = op_far_scratch(t, 1);
  f.x = t->data;
  f.r = t->size;
  f.i = 1;
  return f.y && op_far_fold(t, FAR_fold_min, f, 1, FAR_fold_min) &&
         t->place->out(least, f.y, sizeof *least);
}


/* says what is wrong on the host; the draw is no success */
static int complain(Stream *s, Tensor *t, const Tensor *weights) {
  Tensor *y = tensor_moved(t, NULL), *w = tensor_moved((Tensor *)weights, NULL);
  const long k = weights->shape.dim[1];
  long r = 0;
  s->step--;
  if (y == NULL || w == NULL) return 0;
  while (y->data[r] >= 0) r++;
  return rand_badweights(w->data + r * k, k, r);
}


static int far_categorical_draw(Stream *s, Tensor *t, const Tensor *weights) {
  RandArgs k = {0};
  real least = 0;
  k.k = weights->shape.dim[1];
  k.weights = weights->data;
  if (!rand_classes(k.k) || !far(s, t, FAR_categorical, k)) return 0;
  if (t->size > 0 && !without_weights(t, &least)) return 0;
  return least < 0 ? complain(s, t, weights) : 1;
}


int draw_categorical(Stream *s, Tensor *t, const Tensor *weights) {
  MapArgs one = {0};
  long i;
  if (t->place) {
    if (!far_categorical_draw(s, t, weights)) return 0;
    one.y = t->data;
    one.u = t->data;
    one.a = one.b = 1;
    return FAR_LAUNCH(t, FAR_AFFINE, t->size, one);
  }
  if (!rand_categorical(s, t->data, t->size, weights->shape.dim[1],
                        weights->data))
    return 0;
  for (i = 0; i < t->size; i++) t->data[i] += 1;
  return 1;
}
