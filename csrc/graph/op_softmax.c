/*
** op_softmax.c
** The softmax family: fused, because the composed forms read their operand
** five times and lose the large and the small. They are the references in
** spec/.
*/

#include "graph/op.h"
#include "kernel/kern.h"


static int run_columns(const Call *c, Tensor *y, ColumnKernel f) {
  long o, r, i;
  return op_split(c, 1u << c->attr.axis, &o, &r, &i) &&
         op_columns(f, o, r, i, r, y->data, c->in[0]->data);
}


static int softmax_run(const Call *c, Tensor *y) {
  return run_columns(c, y, kern->softmax);
}


static int log_softmax_run(const Call *c, Tensor *y) {
  return run_columns(c, y, kern->log_softmax);
}


static Tensor *softmax_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  Tensor *gy = ts_mul(g, y);
  (void)k;
  return ts_sub(gy, ts_mul(y, ts_sum(gy, 1u << c->attr.axis, 1)));
}


static Tensor *log_softmax_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  (void)k;
  return ts_sub(g, ts_mul(ts_exp(y), ts_sum(g, 1u << c->attr.axis, 1)));
}


/* cross_entropy(logits, target) = -sum target log_softmax(logits) */

static int cross_entropy_infer(Call *c, Shape *y) {
  const Shape *x = &c->in[0]->shape, *t = &c->in[1]->shape;
  char a[TS_SHAPETEXT], b[TS_SHAPETEXT];
  if (!shape_equal(x, t) || x->ndim == 0 || x->dim[x->ndim - 1] == 0)
    return ts_fail("cross_entropy: got logits of shape %s and a target of "
                   "shape %s, wanted equal shapes whose last axis is the "
                   "classes", shape_text(x, a), shape_text(t, b));
  *y = *x;
  y->ndim--;
  return 1;
}


static int cross_entropy_run(const Call *c, Tensor *y) {
  const real *x = c->in[0]->data, *t = c->in[1]->data;
  const Shape *s = &c->in[0]->shape;
  long r = s->dim[s->ndim - 1], o;
  for (o = 0; o < y->size; o++)
    kern->cross_entropy(r, y->data + o, x + o * r, t + o * r);
  return 1;
}


static Tensor *cross_entropy_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  Tensor *x = c->in[0], *t = c->in[1];
  int last = x->shape.ndim - 1;
  Attr a = {0};
  (void)y;
  a.axis = last;
  g = ts_unreduce(g, 1u << last, &x->shape);
  if (k == 1)
    return ts_neg(ts_mul(g, op_apply(&op_log_softmax, 1, &x, &a)));
  return ts_mul(g, ts_sub(ts_mul(op_apply(&op_softmax, 1, &x, &a),
                                 ts_sum(t, 1u << last, 1)), t));
}


static const Arg softmax_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"axis", ARG_AXIS, AT(axis), "-1"},
  {NULL, 0, 0, NULL}
};

static const Arg cross_entropy_args[] = {
  {"logits", ARG_TENSOR, 0, NULL}, {"target", ARG_TENSOR, 0, NULL},
  {NULL, 0, 0, NULL}
};

const Op op_softmax = {
  "softmax", "e^x / sum(e^x) along an axis", softmax_args, op_same,
  softmax_run, softmax_vjp, NULL, 0, UNREAD_FIRST, op_far_softmax
};
const Op op_log_softmax = {
  "log_softmax", "x - logsumexp(x) along an axis", softmax_args, op_same,
  log_softmax_run, log_softmax_vjp, NULL, 0, UNREAD_FIRST, op_far_log_softmax
};
const Op op_cross_entropy = {
  "cross_entropy",
  "-sum(target log_softmax(logits)) over the last axis; the target is "
  "probabilities, or one_hot of classes",
  cross_entropy_args, cross_entropy_infer, cross_entropy_run,
  cross_entropy_vjp, NULL, 0, 0, op_far_cross_entropy
};
