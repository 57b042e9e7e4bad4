/*
** op_move.c
** Ops that only move items. All of them are linear and come in adjoint pairs:
** slice and pad, take and put, expand and sum, concat and slices, permute and
** its inverse, flip and itself. One loop serves them: a copy between two
** arrays with a stride for every axis.
** Indices that are items of a tensor are 1-based, as the user wrote them:
** shifting them would cost a pass over the data.
*/

#include "graph/op_far.h"
#include "base/pool.h"

#include <string.h>


static void walk_axis(const WalkArgs *w, int d, real *y, const real *x) {
  long n = w->dim[d], s = w->to[d], t = w->from[d], i;
  if (d < w->ndim - 1)
    for (i = 0; i < n; i++) walk_axis(w, d + 1, y + i * s, x + i * t);
  else if (s == 1 && t == 1)
    memcpy(y, x, (size_t)n * sizeof(real));
  else
    for (i = 0; i < n; i++) y[i * s] = x[i * t];
}


static void walk_piece(void *arg, long i) {
  const WalkArgs *w = arg;
  real *y = w->y + i * w->to[0];
  const real *x = w->x + i * w->from[0];
  if (w->ndim == 1) *y = *x;
  else walk_axis(w, 1, y, x);
}


/* y[i * to] = x[i * from] for every index i below dim, where t is; 1, or 0
** after ts_fail */
static int copy(const Tensor *t, const Shape *dim, real *y, const long *to,
                const real *x, const long *from) {
  WalkArgs w;
  int d, n = 0;
  long size = shape_count(dim, 0, dim->ndim);
  if (size == 0) return 1;
  for (d = 0; d < dim->ndim; d++) {
    if (dim->dim[d] == 1) continue;
    if (n && w.to[n - 1] == to[d] * dim->dim[d] &&
        w.from[n - 1] == from[d] * dim->dim[d])
      w.dim[n - 1] *= dim->dim[d];
    else w.dim[n++] = dim->dim[d];
    w.to[n - 1] = to[d];
    w.from[n - 1] = from[d];
  }
  w.ndim = n;
  w.y = y;
  w.x = x;
  if (t->place) return FAR_LAUNCH(t, FAR_walk, size, w);
  if (n == 0) *y = *x;
  else if (n > 1 && size >= 2 * POOL_ITEMS) pool_for(w.dim[0], walk_piece, &w);
  else walk_axis(&w, 0, y, x);
  return 1;
}


static void strides_of(const Shape *s, long *stride) {
  int d;
  for (d = 0; d < s->ndim; d++) stride[d] = shape_count(s, d + 1, s->ndim);
}


/* reshape and identity */

static int reshape_infer(Call *c, Shape *y) {
  const Shape *x = &c->in[0]->shape;
  char a[TS_SHAPETEXT], b[TS_SHAPETEXT];
  *y = c->attr.shape;
  if (!shape_check(y, "reshape")) return 0;
  if (shape_count(y, 0, y->ndim) != c->in[0]->size)
    return ts_fail("reshape: got the shape %s for x of shape %s, wanted the "
                   "same number of items", shape_text(y, a),
                   shape_text(x, b));
  return 1;
}


static Tensor *reshape_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  (void)y; (void)k;
  return ts_reshape(g, &c->in[0]->shape);
}


static Tensor *identity_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  (void)c; (void)y; (void)k;
  return g;
}


/* permute */

static int permute_infer(Call *c, Shape *y) {
  const Shape *x = &c->in[0]->shape;
  int d;
  y->ndim = x->ndim;
  for (d = 0; d < x->ndim; d++)
    y->dim[d] = x->dim[c->attr.shape.dim[d]];
  return 1;
}


static int permute_run(const Call *c, Tensor *y) {
  const Tensor *x = c->in[0];
  long to[TS_MAXDIM], all[TS_MAXDIM], from[TS_MAXDIM];
  int d;
  strides_of(&y->shape, to);
  strides_of(&x->shape, all);
  for (d = 0; d < y->shape.ndim; d++) from[d] = all[c->attr.shape.dim[d]];
  return copy(y, &y->shape, y->data, to, x->data, from);
}


static Tensor *permute_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  Attr inverse = c->attr;
  int d;
  (void)y; (void)k;
  for (d = 0; d < c->attr.shape.ndim; d++)
    inverse.shape.dim[c->attr.shape.dim[d]] = d;
  return op_apply(&op_permute, 1, &g, &inverse);
}


/* slice and pad */

static int slice_infer(Call *c, Shape *y) {
  const Shape *x = &c->in[0]->shape;
  int d;
  y->ndim = x->ndim;
  for (d = 0; d < x->ndim; d++) {
    long lo = c->attr.lo.dim[d], hi = c->attr.hi.dim[d];
    if (lo < 0 || hi > x->dim[d] || lo > hi)
      return ts_fail("slice: got first = %ld and last = %ld for axis %d, "
                     "wanted a range in 1..%ld", lo + 1, hi, d + 1,
                     x->dim[d]);
    y->dim[d] = hi - lo;
  }
  return 1;
}


/* the offset of the corner lo in an array of shape s */
static long corner(const Shape *s, const Shape *lo) {
  long stride[TS_MAXDIM], at = 0;
  int d;
  strides_of(s, stride);
  for (d = 0; d < s->ndim; d++) at += stride[d] * lo->dim[d];
  return at;
}


static int slice_run(const Call *c, Tensor *y) {
  const Tensor *x = c->in[0];
  long to[TS_MAXDIM], from[TS_MAXDIM];
  strides_of(&y->shape, to);
  strides_of(&x->shape, from);
  return copy(y, &y->shape, y->data, to,
       x->data + corner(&x->shape, &c->attr.lo), from);
}


static Tensor *slice_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  const Shape *x = &c->in[0]->shape;
  Attr pad = {0};
  int d;
  (void)y; (void)k;
  pad.lo = c->attr.lo;
  pad.hi.ndim = x->ndim;
  for (d = 0; d < x->ndim; d++)
    pad.hi.dim[d] = x->dim[d] - c->attr.hi.dim[d];
  return op_apply(&op_pad, 1, &g, &pad);
}


static int pad_infer(Call *c, Shape *y) {
  const Shape *x = &c->in[0]->shape;
  int d;
  y->ndim = x->ndim;
  for (d = 0; d < x->ndim; d++)
    y->dim[d] = c->attr.lo.dim[d] + x->dim[d] + c->attr.hi.dim[d];
  return 1;
}


static int pad_run(const Call *c, Tensor *y) {
  const Tensor *x = c->in[0];
  long to[TS_MAXDIM], from[TS_MAXDIM];
  if (!tensor_clear(y)) return 0;
  if (x->size == 0) return 1;
  strides_of(&y->shape, to);
  strides_of(&x->shape, from);
  return copy(y, &x->shape, y->data + corner(&y->shape, &c->attr.lo), to,
       x->data, from);
}


static Tensor *pad_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  const Shape *x = &c->in[0]->shape;
  Attr slice = {0};
  int d;
  (void)y; (void)k;
  slice.lo = slice.hi = c->attr.lo;
  for (d = 0; d < x->ndim; d++) slice.hi.dim[d] += x->dim[d];
  return op_apply(&op_slice, 1, &g, &slice);
}


/* concat */

static int concat_infer(Call *c, Shape *y) {
  char a[TS_SHAPETEXT], b[TS_SHAPETEXT];
  int k, d, axis = c->attr.axis;
  *y = c->in[0]->shape;
  y->dim[axis] = 0;
  for (k = 0; k < c->nin; k++) {
    const Shape *s = &c->in[k]->shape;
    int same = s->ndim == y->ndim;
    for (d = 0; same && d < s->ndim; d++)
      same = d == axis || s->dim[d] == y->dim[d];
    if (!same)
      return ts_fail("concat: argument 'list': got the shapes %s and %s, "
                     "wanted shapes that differ in axis %d only",
                     shape_text(&c->in[0]->shape, a), shape_text(s, b),
                     axis + 1);
    y->dim[axis] += s->dim[axis];
    if (y->dim[axis] > TS_MAXSIZE) return shape_check(y, "concat");
  }
  return 1;
}


static int concat_run(const Call *c, Tensor *y) {
  long to[TS_MAXDIM], from[TS_MAXDIM];
  real *at = y->data;
  int k, axis = c->attr.axis;
  strides_of(&y->shape, to);
  for (k = 0; k < c->nin; k++) {
    const Tensor *x = c->in[k];
    strides_of(&x->shape, from);
    if (!copy(y, &x->shape, at, to, x->data, from)) return 0;
    at += to[axis] * x->shape.dim[axis];
  }
  return 1;
}


static Tensor *concat_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  const Shape *x = &c->in[k]->shape;
  Attr slice = {0};
  int j, axis = c->attr.axis;
  slice.lo.ndim = x->ndim;
  slice.hi = y->shape;
  for (j = 0; j < k; j++)
    slice.lo.dim[axis] += c->in[j]->shape.dim[axis];
  slice.hi.dim[axis] = slice.lo.dim[axis] + x->dim[axis];
  return op_apply(&op_slice, 1, &g, &slice);
}


/* expand */

static int expand_infer(Call *c, Shape *y) {
  char a[TS_SHAPETEXT], b[TS_SHAPETEXT];
  const Shape *x = &c->in[0]->shape, *s = &c->attr.shape;
  int d, extra = s->ndim - x->ndim;
  int ok = extra >= 0 && shape_check(s, "expand");
  for (d = 0; ok && d < x->ndim; d++)
    ok = x->dim[d] == 1 || x->dim[d] == s->dim[d + extra];
  if (!ok)
    return ts_fail("expand: got the shape %s for x of shape %s, wanted sizes "
                   "equal to x's where those are not 1", shape_text(s, a),
                   shape_text(x, b));
  *y = *s;
  return 1;
}


static int expand_run(const Call *c, Tensor *y) {
  const Tensor *x = c->in[0];
  long to[TS_MAXDIM], from[TS_MAXDIM] = {0};
  int d, extra = y->shape.ndim - x->shape.ndim;
  strides_of(&y->shape, to);
  for (d = 0; d < x->shape.ndim; d++)
    if (x->shape.dim[d] != 1)
      from[d + extra] = shape_count(&x->shape, d + 1, x->shape.ndim);
  return copy(y, &y->shape, y->data, to, x->data, from);
}


static Tensor *expand_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  (void)y; (void)k;
  return ts_sumto(g, &c->in[0]->shape);
}


/* flip */

static int flip_run(const Call *c, Tensor *y) {
  const Tensor *x = c->in[0];
  long to[TS_MAXDIM], from[TS_MAXDIM];
  const real *at = x->data;
  int d;
  strides_of(&y->shape, to);
  strides_of(&x->shape, from);
  for (d = 0; d < x->shape.ndim; d++)
    if (c->attr.axes >> d & 1) {
      at += (x->shape.dim[d] - 1) * from[d];
      from[d] = -from[d];
    }
  return copy(y, &y->shape, y->data, to, at, from);
}


static Tensor *flip_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  (void)y; (void)k;
  return op_apply(&op_flip, 1, &g, &c->attr);
}


static const Arg reshape_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"shape", ARG_SIZES, AT(shape), NULL},
  {NULL, 0, 0, NULL}
};

static const Arg expand_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"shape", ARG_SHAPE, AT(shape), NULL},
  {NULL, 0, 0, NULL}
};

static const Arg identity_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {NULL, 0, 0, NULL}
};

static const Arg permute_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"order", ARG_PERM, AT(shape), "reversed"},
  {NULL, 0, 0, NULL}
};

static const Arg slice_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"first", ARG_STARTS, AT(lo), NULL},
  {"last", ARG_STOPS, AT(hi), NULL}, {NULL, 0, 0, NULL}
};

static const Arg pad_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"before", ARG_AMOUNTS, AT(lo), NULL},
  {"after", ARG_AMOUNTS, AT(hi), NULL}, {NULL, 0, 0, NULL}
};

static const Arg concat_args[] = {
  {"list", ARG_TENSORS, 0, NULL}, {"axis", ARG_AXIS, AT(axis), "1"},
  {NULL, 0, 0, NULL}
};

static const Arg flip_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"axes", ARG_AXES, AT(axes), "all"},
  {NULL, 0, 0, NULL}
};

const Op op_reshape = {
  "reshape", "x under another shape of as many items; a size of -1 fits",
  reshape_args, reshape_infer, NULL, reshape_vjp, NULL, 0, UNREAD_ALL, NULL
};
const Op op_identity = {
  "identity", "x", identity_args, op_same, NULL, identity_vjp, NULL, 0,
  UNREAD_ALL, NULL
};
const Op op_permute = {
  "permute", "x with its axes in another order", permute_args,
  permute_infer, permute_run, permute_vjp, NULL, 0, UNREAD_ALL,
  permute_run
};
const Op op_slice = {
  "slice", "the box from index `first` to `last` on every axis, inclusive",
  slice_args, slice_infer, slice_run, slice_vjp, NULL, 0, UNREAD_ALL,
  slice_run
};
const Op op_pad = {
  "pad", "x with zeros before and after on every axis", pad_args,
  pad_infer, pad_run, pad_vjp, NULL, 0, UNREAD_ALL,
  pad_run
};
const Op op_concat = {
  "concat", "a list of tensors one after the other along an axis",
  concat_args, concat_infer, concat_run, concat_vjp, NULL, 0, UNREAD_ALL,
  concat_run
};
const Op op_expand = {
  "expand", "x repeated along its axes of size 1 and along new first axes",
  expand_args, expand_infer, expand_run, expand_vjp, NULL, 0, UNREAD_ALL,
  expand_run
};
const Op op_flip = {
  "flip", "x with the order of items reversed along axes", flip_args,
  op_same, flip_run, flip_vjp, NULL, 0, UNREAD_ALL,
  flip_run
};
