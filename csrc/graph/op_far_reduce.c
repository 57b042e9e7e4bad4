/*
** op_far_reduce.c
** Reductions, softmaxes and normalisation of far operands.
*/

#include "graph/op_far.h"


real *op_far_scratch(const Tensor *t, long n) {
  Shape s = {1, {0}};
  Tensor *u;
  s.dim[0] = n;
  u = tensor_at(t->place, &s);
  return u ? u->data : NULL;
}


int op_far_fold(const Tensor *t, FarKernel kernel, FoldArgs k, long o,
             FarKernel next) {
  const long fan = t->place->fan(k.i);
  const real *from = k.x;
  real *y = k.y;
  long r = k.r;
  if (r == 0)
    return ts_fail("a fold of nothing on '%s'", device_name(t->place));
  do {
    k.x = from;
    k.r = r;
    k.parts = (r + fan - 1) / fan;
    k.y = k.parts > 1 ? op_far_scratch(t, o * k.parts * k.i) : y;
    if (k.y == NULL || !FAR_LAUNCH(t, kernel, o * k.parts * k.i, k)) return 0;
    from = k.y;
    r = k.parts;
    kernel = next;
  } while (r > 1);
  return 1;
}


static int fold_group(const Tensor *t, const Call *c, long o, FoldArgs k) {
  FarKernel kernel = c->op == &op_sum ? FAR_fold_sum
                     : c->op == &op_max ? FAR_fold_max : FAR_fold_min;
  return op_far_fold(t, kernel, k, o, kernel);
}


static int logsumexp_group(const Tensor *t, const Call *c, long o,
                           FoldArgs k) {
  real *top = op_far_scratch(t, o * k.i), *sum = op_far_scratch(t, o * k.i);
  FoldArgs of = k;
  (void)c;
  if (top == NULL || sum == NULL) return 0;
  of.y = top;
  if (!op_far_fold(t, FAR_fold_max, of, o, FAR_fold_max)) return 0;
  of.y = sum;
  of.at = top;
  if (!op_far_fold(t, FAR_fold_power, of, o, FAR_fold_sum)) return 0;
  k.x = sum;
  k.at = top;
  return FAR_LAUNCH(t, FAR_logsum, o * k.i, k);
}


/* y[o,i] of x[o,r,i], one group of neighbouring axes after the other */
static int each_group(const Call *c, Tensor *y,
                      int (*group)(const Tensor *, const Call *, long,
                                   FoldArgs)) {
  const Tensor *x = c->in[0];
  Shape s = x->shape;
  unsigned axes = c->attr.axes;
  FoldArgs k = {0};
  if (x->size == 0) return tensor_clear(y);
  if (axes == 0)
    return y->place->within(y->data, x->data,
                            (size_t)y->size * sizeof(real));
  k.x = x->data;
  while (axes) {
    int a, b, d;
    long o;
    op_lastgroup(axes, &a, &b);
    o = shape_count(&s, 0, a);
    k.r = shape_count(&s, a, b);
    k.i = shape_count(&s, b, s.ndim);
    for (d = a; d < b; d++) {
      axes &= ~(1u << d);
      s.dim[d] = 1;
    }
    k.y = axes ? op_far_scratch(y, o * k.i) : y->data;
    if (k.y == NULL || !group(y, c, o, k)) return 0;
    k.x = k.y;
  }
  return 1;
}


int op_far_reduce(const Call *c, Tensor *y) {
  return each_group(c, y, fold_group);
}


int op_far_logsumexp(const Call *c, Tensor *y) {
  return each_group(c, y, logsumexp_group);
}


static int columns(const Call *c, Tensor *y, FarKernel kernel) {
  SoftmaxArgs k = {0};
  long o;
  if (!op_split(c, 1u << c->attr.axis, &o, &k.r, &k.i)) return 0;
  k.y = y->data;
  k.x = c->in[0]->data;
  return FAR_LAUNCH(y, kernel, o * k.i, k);
}


int op_far_argmax(const Call *c, Tensor *y) {
  return columns(c, y, FAR_argmax);
}


int op_far_softmax(const Call *c, Tensor *y) {
  return columns(c, y, FAR_softmax);
}


int op_far_log_softmax(const Call *c, Tensor *y) {
  return columns(c, y, FAR_log_softmax);
}


int op_far_cross_entropy(const Call *c, Tensor *y) {
  const Shape *s = &c->in[0]->shape;
  SoftmaxArgs k = {0};
  k.y = y->data;
  k.x = c->in[0]->data;
  k.t = c->in[1]->data;
  k.r = s->dim[s->ndim - 1];
  k.i = 1;
  return FAR_LAUNCH(y, FAR_cross_entropy, y->size, k);
}


/* normalisation */

/* sum over the rows of x[o,r,i], divided by r where `mean` */
static real *fold_rows(const Tensor *t, FarKernel kernel, FoldArgs k, long o,
                       int mean) {
  MapArgs map = {0};
  map.y = k.y = op_far_scratch(t, o * k.i);
  if (k.y == NULL || !op_far_fold(t, kernel, k, o, FAR_fold_sum)) return NULL;
  map.u = map.y;
  map.a = mean ? 1 / (real)k.r : 1;
  if (mean && !FAR_LAUNCH(t, FAR_AFFINE, o * k.i, map)) return NULL;
  return map.y;
}


/* mean and 1 / sqrt(variance + eps), where t is; in the scope */
static int moments(const Tensor *t, FoldArgs k, long o, double eps,
                   NormArgs *n) {
  real *squares, *scale;
  k.at = n->mean = fold_rows(t, FAR_fold_sum, k, o, 1);
  if (k.at == NULL) return 0;
  squares = fold_rows(t, FAR_fold_square, k, o, 0);
  scale = op_far_scratch(t, o * k.i);
  if (squares == NULL || scale == NULL) return 0;
  n->y = scale;
  n->x = k.x;
  n->sum = squares;
  n->scale = scale;
  n->r = k.r;
  n->i = k.i;
  n->eps = eps;
  return FAR_LAUNCH(t, FAR_norm_scale, o * k.i, *n);
}


int op_far_variance(const Tensor *x, long r, long i, const real **mean,
                 const real **var) {
  FoldArgs k = {0};
  k.x = x->data;
  k.r = r;
  k.i = i;
  k.at = *mean = fold_rows(x, FAR_fold_sum, k, 1, 1);
  *var = *mean ? fold_rows(x, FAR_fold_square, k, 1, 1) : NULL;
  return *var != NULL;
}


int op_far_normalize(const Call *c, Tensor *y) {
  FoldArgs k = {0};
  NormArgs n = {0};
  const long mark = scope_open();
  long o;
  int ok;
  if (!op_split(c, c->attr.axes, &o, &k.r, &k.i)) return 0;
  k.x = c->in[0]->data;
  ok = moments(y, k, o, c->attr.a, &n);
  if (ok) {
    n.y = y->data;
    if (c->op == &op_batch_norm) {
      n.weight = c->in[1]->data;
      n.shift = c->in[2]->data;
      n.slope = (real)c->attr.b;
    }
    ok = FAR_LAUNCH(y, FAR_rescale, y->size, n);
  }
  scope_close(mark, NULL);
  return ok;
}


/* normalize_x, and normalize_dot: of the sums that it needs one times scale */
int op_far_normalize_back(const Call *c, Tensor *y) {
  FoldArgs k = {0};
  NormArgs n = {0};
  const long mark = scope_open();
  long o;
  int ok;
  if (!op_split(c, c->attr.axes, &o, &k.r, &k.i)) return 0;
  if (k.r == 0) return tensor_clear(y);
  k.x = c->in[0]->data;
  k.g = c->in[1]->data;
  ok = moments(y, k, o, c->attr.a, &n);
  if (ok) {
    k.at = n.mean;
    n.dot = fold_rows(y, FAR_fold_dot, k, o, 0);
    n.g = k.x = k.g;
    n.sum = fold_rows(y, FAR_fold_sum, k, o, 0);
    ok = n.dot && n.sum;
  }
  if (ok && c->op == &op_normalize_dot) {
    BroadcastArgs b = {0};
    b.y = y->data;
    b.p[0] = n.dot;
    b.p[1] = n.scale;
    b.nin = 2;
    b.ndim = 1;
    b.dim[0] = y->size;
    b.stride[0][0] = b.stride[1][0] = 1;
    ok = FAR_LAUNCH(y, FAR_MUL, y->size, b);
  }
  else if (ok) {
    n.y = y->data;
    ok = FAR_LAUNCH(y, FAR_project, y->size, n);
  }
  scope_close(mark, NULL);
  return ok;
}
