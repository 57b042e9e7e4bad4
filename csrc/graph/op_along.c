/*
** op_along.c
** Ops with an index of its own for every column along an axis: take_along and
** its adjoint put_along; and nonzero, which makes indices. x is taken as
** [o,n,i] and the index as [o,m,i]. Indices are 1-based items of a tensor and
** have no derivative.
*/

#include "graph/op_far.h"
#include "base/flush.h"

#include <string.h>


/* whether x and the index agree everywhere, or everywhere but on the axis */
static int shapes_check(const Call *c, int apart) {
  const Shape *x = &c->in[0]->shape, *idx = &c->in[1]->shape;
  char s[TS_SHAPETEXT], t[TS_SHAPETEXT];
  int d, same = x->ndim == idx->ndim;
  for (d = 0; same && d < x->ndim; d++)
    same = x->dim[d] == idx->dim[d] || (apart && d == c->attr.axis);
  if (!same)
    return ts_fail("%s: argument 'index': got the shape %s for x of shape %s, "
                   "wanted the same shape%s", c->op->name, shape_text(idx, s),
                   shape_text(x, t), apart ? " but for the axis" : "");
  return 1;
}


static int take_along_infer(Call *c, Shape *y) {
  *y = c->in[1]->shape;
  return shapes_check(c, 1);
}


/* item j of [o,m,i] and index `at` along the axis: the place in [o,n,i] */
static long place(long j, long m, long n, long i, long at) {
  return (j / (m * i) * n + at) * i + j % i;
}


static int take_along_run(const Call *c, Tensor *y) {
  const Tensor *x = c->in[0];
  int axis = c->attr.axis;
  long n = x->shape.dim[axis], m = y->shape.dim[axis], j;
  long i = shape_count(&x->shape, axis + 1, x->shape.ndim);
  for (j = 0; j < y->size; j++) {
    long at = op_index(c, c->in[1], j, n);
    if (at < 0) return 0;
    y->data[j] = x->data[place(j, m, n, i, at)];
  }
  return 1;
}


static Tensor *take_along_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  (void)y;
  return op_put_back(c, g, k, &op_put_along);
}


static int put_along_infer(Call *c, Shape *y) {
  if (!shapes_check(c, 0)) return 0;
  *y = c->in[0]->shape;
  y->dim[c->attr.axis] = c->attr.count;
  return 1;
}


static int put_along_run(const Call *c, Tensor *y) {
  const Tensor *x = c->in[0];
  int axis = c->attr.axis;
  long n = c->attr.count, m = x->shape.dim[axis], j;
  long i = shape_count(&x->shape, axis + 1, x->shape.ndim);
  memset(y->data, 0, (size_t)y->size * sizeof(real));
  for (j = 0; j < x->size; j++) {
    long at = op_index(c, c->in[1], j, n);
    if (at < 0) return 0;
    y->data[place(j, m, n, i, at)] += x->data[j];
  }
  return 1;
}


static Tensor *put_along_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  (void)y;
  return op_take_back(c, g, k, &op_take_along);
}


/* the only shape that depends on numbers: they are counted here */
static int nonzero_infer(Call *c, Shape *y) {
  const Tensor *x = c->in[0];
  FlushMode mode;
  long j;
  int d;
  for (d = 0; d < x->shape.ndim; d++)
    if (x->shape.dim[d] > TS_EXACT)
      return ts_fail("nonzero: argument 'x': got %ld items along axis %d, "
                     "wanted at most %ld: a real holds no larger index",
                     x->shape.dim[d], d + 1, TS_EXACT);
  y->ndim = 2;
  y->dim[0] = 0;
  y->dim[1] = x->shape.ndim;
  if (x->place) return op_far_count(x, &y->dim[0]);
  mode = flush_begin();   /* the numbers as nonzero_run sees them */
  for (j = 0; j < x->size; j++) y->dim[0] += x->data[j] != 0;
  flush_end(mode);
  return 1;
}


static int nonzero_run(const Call *c, Tensor *y) {
  const Tensor *x = c->in[0];
  real *to = y->data;
  long j;
  int d, rank = x->shape.ndim;
  for (j = 0; j < x->size; j++) {
    long left = j;
    if (x->data[j] == 0) continue;
    for (d = rank - 1; d >= 0; d--) {
      to[d] = (real)(left % x->shape.dim[d] + 1);
      left /= x->shape.dim[d];
    }
    to += rank;
  }
  return 1;
}


static const Arg take_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"index", ARG_TENSOR, 0, NULL},
  {"axis", ARG_AXIS, AT(axis), "-1"}, {NULL, 0, 0, NULL}
};

static const Arg put_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"index", ARG_TENSOR, 0, NULL},
  {"count", ARG_COUNT, AT(count), NULL}, {"axis", ARG_AXIS, AT(axis), "-1"},
  {NULL, 0, 0, NULL}
};

static const Arg nonzero_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {NULL, 0, 0, NULL}
};

const Op op_take_along = {
  "take_along", "items of x along an axis, by an index of its own for each "
  "of them", take_args, take_along_infer, take_along_run, take_along_vjp,
  NULL, 0, UNREAD_FIRST | UNREAD_RESULT, op_far_take
};
const Op op_put_along = {
  "put_along", "zeros of `count` items along an axis, with each item of x "
  "added at its own index", put_args, put_along_infer, put_along_run,
  put_along_vjp, NULL, 0, UNREAD_FIRST | UNREAD_RESULT, op_far_put
};
const Op op_nonzero = {
  "nonzero", "1-based indices of the items that are not 0, a row of one per "
  "axis for each; flat", nonzero_args, nonzero_infer, nonzero_run, NULL, NULL,
  0, 0, op_far_nonzero
};
