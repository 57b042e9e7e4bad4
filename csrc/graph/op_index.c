/*
** op_index.c
** Ops that look items up by index: take and its adjoint put, and one_hot.
** Indices are items of a tensor, 1-based; they have no derivative.
*/

#include "graph/op.h"

#include <math.h>
#include <string.h>


int op_badindex(const Call *c, double v, long j, long n) {
  return ts_fail("%s: argument 'index': got %g as item %ld, wanted an integer "
                 "in 1..%ld", c->op->name, v, j + 1, n);
}


long op_index(const Call *c, const Tensor *idx, long j, long n) {
  double v = idx->data[j];
  if (v >= 1 && v <= (double)n && v == floor(v)) return (long)v - 1;
  op_badindex(c, v, j, n);
  return -1;
}


Tensor *op_put_back(const Call *c, Tensor *g, int k, const Op *put) {
  Attr a = {0};
  Tensor *in[2];
  if (k == 1) return tensor_zeros_like(c->in[1]);
  in[0] = g;
  in[1] = c->in[1];
  a.axis = c->attr.axis;
  a.count = c->in[0]->shape.dim[a.axis];
  return op_apply(put, 2, in, &a);
}


Tensor *op_take_back(const Call *c, Tensor *g, int k, const Op *take) {
  Tensor *in[2];
  if (k == 1) return tensor_zeros_like(c->in[1]);
  in[0] = g;
  in[1] = c->in[1];
  return op_apply(take, 2, in, &c->attr);
}


static int vector_check(const Call *c, const Tensor *idx) {
  char buf[TS_SHAPETEXT];
  if (idx->shape.ndim != 1)
    return ts_fail("%s: argument 'index': got the shape %s, wanted one axis",
                   c->op->name, shape_text(&idx->shape, buf));
  return 1;
}


static int take_infer(Call *c, Shape *y) {
  if (!vector_check(c, c->in[1])) return 0;
  *y = c->in[0]->shape;
  y->dim[c->attr.axis] = c->in[1]->size;
  return 1;
}


static int take_run(const Call *c, Tensor *y) {
  const Tensor *x = c->in[0], *idx = c->in[1];
  int axis = c->attr.axis;
  long n = x->shape.dim[axis], m = idx->size, o, j;
  long outer = shape_count(&x->shape, 0, axis);
  long inner = shape_count(&x->shape, axis + 1, x->shape.ndim);
  for (j = 0; j < m; j++) {
    long i = op_index(c, idx, j, n);
    if (i < 0) return 0;
    for (o = 0; o < outer; o++)
      memcpy(y->data + (o * m + j) * inner, x->data + (o * n + i) * inner,
             (size_t)inner * sizeof(real));
  }
  return 1;
}


static Tensor *take_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  (void)y;
  return op_put_back(c, g, k, &op_put);
}


static int put_infer(Call *c, Shape *y) {
  const Shape *x = &c->in[0]->shape;
  if (!vector_check(c, c->in[1])) return 0;
  if (c->in[1]->size != x->dim[c->attr.axis])
    return ts_fail("put: argument 'index': got %ld items, wanted %ld, the "
                   "size of axis %d of x", c->in[1]->size, x->dim[c->attr.axis],
                   c->attr.axis + 1);
  *y = *x;
  y->dim[c->attr.axis] = c->attr.count;
  return 1;
}


static int put_run(const Call *c, Tensor *y) {
  const Tensor *x = c->in[0], *idx = c->in[1];
  int axis = c->attr.axis;
  long n = c->attr.count, m = idx->size, o, j, l;
  long outer = shape_count(&x->shape, 0, axis);
  long inner = shape_count(&x->shape, axis + 1, x->shape.ndim);
  memset(y->data, 0, (size_t)y->size * sizeof(real));
  for (j = 0; j < m; j++) {
    long i = op_index(c, idx, j, n);
    if (i < 0) return 0;
    for (o = 0; o < outer; o++) {
      real *to = y->data + (o * n + i) * inner;
      const real *from = x->data + (o * m + j) * inner;
      for (l = 0; l < inner; l++) to[l] += from[l];
    }
  }
  return 1;
}


static Tensor *put_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  (void)y;
  return op_take_back(c, g, k, &op_take);
}


static int one_hot_infer(Call *c, Shape *y) {
  const Shape *x = &c->in[0]->shape;
  if (x->ndim == TS_MAXDIM)
    return ts_fail("one_hot: argument 'index': got %d axes, wanted at most %d",
                   x->ndim, TS_MAXDIM - 1);
  *y = *x;
  y->dim[y->ndim++] = c->attr.count;
  return 1;
}


static int one_hot_run(const Call *c, Tensor *y) {
  long j;
  memset(y->data, 0, (size_t)y->size * sizeof(real));
  for (j = 0; j < c->in[0]->size; j++) {
    long i = op_index(c, c->in[0], j, c->attr.count);
    if (i < 0) return 0;
    y->data[j * c->attr.count + i] = 1;
  }
  return 1;
}


static const Arg take_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"index", ARG_TENSOR, 0, NULL},
  {"axis", ARG_AXIS, AT(axis), "1"}, {NULL, 0, 0, NULL}
};

static const Arg put_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"index", ARG_TENSOR, 0, NULL},
  {"count", ARG_COUNT, AT(count), NULL}, {"axis", ARG_AXIS, AT(axis), "1"},
  {NULL, 0, 0, NULL}
};

static const Arg one_hot_args[] = {
  {"index", ARG_TENSOR, 0, NULL}, {"count", ARG_COUNT, AT(count), NULL},
  {NULL, 0, 0, NULL}
};

const Op op_take = {
  "take", "the slices of x at the given indices along an axis", take_args,
  take_infer, take_run, take_vjp, NULL, 0, 0, op_far_take
};
const Op op_put = {
  "put", "zeros of `count` slices along an axis, with x's slices added at the "
  "given indices", put_args, put_infer, put_run, put_vjp, NULL, 0, 0,
  op_far_put
};
const Op op_one_hot = {
  "one_hot", "a new last axis of `count` items: 1 at the index (from 1, "
  "of labels from 0: labels + 1), else 0; flat",
  one_hot_args, one_hot_infer, one_hot_run, NULL, NULL, 0, 0, op_far_one_hot
};
