/*
** op.c
** Running ops and recording them. A result becomes a node only while
** something asked for derivatives (depth > 0) and an operand is itself
** recorded; everything else is plain arithmetic and leaves no trace.
*/

#include "graph/op.h"
#include "base/flush.h"
#include "base/pool.h"

#include <string.h>
#include <time.h>

const Op *const op_registry[] = {
  &op_neg, &op_exp, &op_log, &op_sqrt, &op_sin, &op_cos, &op_tanh,
  &op_sigmoid, &op_softplus, &op_relu, &op_leaky_relu, &op_elu, &op_abs,
  &op_sign, &op_step, &op_square, &op_floor, &op_ceil, &op_round,
  &op_clip, &op_affine,
  &op_add, &op_sub, &op_mul, &op_div, &op_pow, &op_maximum, &op_minimum,
  &op_eq, &op_ne, &op_lt, &op_le, &op_gt, &op_ge, &op_where,
  &op_bernoulli_nll, &op_gaussian_nll, &op_gaussian_kl,
  &op_sum, &op_max, &op_min, &op_argmax, &op_logsumexp,
  &op_to, &op_identity, &op_reshape, &op_permute, &op_slice, &op_pad,
  &op_concat,
  &op_expand, &op_flip, &op_take, &op_put, &op_one_hot,
  &op_take_along, &op_put_along, &op_nonzero, &op_argsort, &op_cumsum,
  &op_matmul, &op_conv, &op_conv_x, &op_conv_w,
  &op_sum_pool, &op_spread, &op_pool_which, &op_pool_take, &op_pool_put,
  &op_normalize, &op_normalize_x, &op_normalize_dot, &op_batch_norm,
  &op_softmax, &op_log_softmax, &op_cross_entropy,
  &op_gate, &op_lincomb, &op_over_root,
  &op_linear, &op_conv_bias, &op_deconv_bias, &op_shard_sum,
  NULL
};

static int depth;
OpWatch op_watch;
Tensor ts_flat;


int op_record(int change) {
  return depth += change;
}


double op_clock(void) {
  struct timespec t;
  if (op_watch == NULL) return 0;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}


double op_since(double start, const Tensor *result) {
  real first;
  if (result->place && result->size > 0 && !tensor_read(result, 0, 1, &first))
    ts_clear();   /* who reads the result is told again */
  return op_clock() - start;
}


static int run(const Call *c, Tensor *y, int far) {
  double start = op_clock();
  FlushMode mode = flush_begin();
  int ok;
  pool_mayend(1);
  ok = (far ? c->op->far : c->op->run)(c, y) && !mem_stopped();
  pool_mayend(0);
  flush_end(mode);
  if (!ok) return 0;
  if (op_watch) {
    Tensor *t[3];
    int n = 0;
    for (; n < c->nin && n < 2; n++) t[n] = c->in[n];
    t[n] = y;
    op_watch(c->op->name, n + 1, t, op_since(start, y));
  }
  return 1;
}


/* fails only for want of memory */
static int attach(Tensor *y, const Call *c) {
  size_t operands = (size_t)c->nin * sizeof c->in[0];
  Node *node = mem_alloc(sizeof *node + operands + sizeof *node->call);
  if (node == NULL) return 0;
  node->nin = c->nin;
  node->unread = c->op->unread;
  node->call = (Call *)(node->in + c->nin);
  *node->call = *c;
  node->call->in = node->in;
  node_attach(node, y, c->in);
  return 1;
}


static int recorded(const Call *c) {
  int i;
  if (depth > 0 && c->op->vjp)
    for (i = 0; i < c->nin; i++)
      if (c->in[i]->node) return 1;
  return 0;
}


#if defined(TS_DOUBLE)

static struct {
  const Op *op;
  int k, n, mode;
  int inside, count;
} fault;


void op_fault(const Op *op, int k, int n, int mode) {
  memset(&fault, 0, sizeof fault);
  fault.op = op;
  fault.k = k;
  fault.n = n;
  fault.mode = mode;
}


int op_faultcount(void) {
  return fault.count;
}


void op_faultenter(const Op *op, int k) {
  if (fault.op == op && fault.k == k) {
    fault.inside = 1;
    fault.count = 0;
  }
}


void op_faultleave(void) {
  fault.inside = 0;
}


static void spoil(Tensor *y) {
  long i;
  if (y->place) return;
  for (i = 0; i < y->size; i++)
    y->data[i] = fault.mode == 1 ? -y->data[i] : 0;
}


static void plant(Tensor *y) {
  if (fault.inside && ++fault.count == fault.n && fault.mode) spoil(y);
}


Tensor *op_faultresult(Tensor *g) {
  long i = 0;
  if (g == NULL || g->place || !fault.inside || fault.count > 0) return g;
  while (i < g->size && g->data[i] == 0) i++;
  if (i == g->size) return g;  /* of an index: 0 by nature */
  fault.inside = 0;   /* the copy is none of its ops */
  fault.count = 1;
  if (fault.n == 1 && fault.mode)
    return ts_affine(g, fault.mode == 1 ? -1 : 0, 0);
  return g;
}

#endif


int op_among(const Op *op, const Op *const *list) {
  while (*list && *list != op) list++;
  return *list != NULL;
}


/* Whether the result is a mask: what a comparison gives is, and so is what
** only moves, picks or multiplies items of masks. */
static int gives_mask(const Call *c) {
  static const Op *const makes[] = {
    &op_eq, &op_ne, &op_lt, &op_le, &op_gt, &op_ge, &op_step, NULL
  };
  static const Op *const keeps[] = {
    &op_mul, &op_maximum, &op_minimum, &op_max, &op_min, &op_permute,
    &op_slice, &op_to, &op_concat, &op_expand, &op_flip, &op_take, NULL
  };
  int i, n = c->op == &op_take ? 1 : c->nin;
  if (c->op->vjp == NULL) return op_among(c->op, makes);
  for (i = 0; i < n; i++)
    if (!tensor_mask(c->in[i])) return 0;
  return op_among(c->op, keeps);
}


Tensor *op_apply(const Op *op, int nin, Tensor **in, const Attr *attr) {
  const Backend *place = NULL;
  Call c;
  Shape s;
  Tensor *y;
  int i, varies = 0, far = 0, shares = op->run == NULL, records;
  for (i = 0; i < nin; i++) {
    if (in[i] == NULL) return NULL;
    varies |= in[i]->varies;
    far |= in[i]->place != NULL;
  }
  if (far && !op_settle(op, nin, in, &place)) return NULL;
  c.op = op;
  c.nin = nin;
  c.in = in;
  c.attr = *attr;
  records = recorded(&c);
  if (!op->infer(&c, &s) || !shape_check(&s, op->name) ||
      (varies && !op_rowsapart(&c, records)))
    return NULL;
  if (op == &op_to) {
    shares = in[0]->place == attr->place;
    place = attr->place;
  }
  if (shares)
    y = tensor_share(in[0], &s);
  else {
    y = tensor_at(place, &s);
    if (y && y->size && !run(&c, y, far)) return NULL;
  }
  if (y == NULL) return NULL;
  if (!shares) tensor_setmask(y, gives_mask(&c));
  y->varies = varies && op != &op_shard_sum;
#if defined(TS_DOUBLE)
  if (!shares) plant(y);  /* a shared block is not ours to spoil */
#endif
  if (records && !attach(y, &c)) return NULL;
  return y;
}


Tensor *op_leaf(Tensor *t) {
  Call c;
  Tensor *y = tensor_share(t, &t->shape);
  if (y == NULL) return NULL;
  memset(&c, 0, sizeof c);
  c.op = &op_identity;
  c.nin = 1;
  c.in = &t;
  return attach(y, &c) ? y : NULL;
}


Tensor *op_constant(Tensor *t) {
  return t->node ? tensor_share(t, &t->shape) : t;
}


Tensor *op_call1(const Op *op, Tensor *x) {
  static const Attr none;
  return op_apply(op, 1, &x, &none);
}


Tensor *op_call2(const Op *op, Tensor *a, Tensor *b) {
  static const Attr none;
  Tensor *in[2];
  in[0] = a;
  in[1] = b;
  return op_apply(op, 2, in, &none);
}


Tensor *ts_affine(Tensor *x, double a, double b) {
  Attr attr = {0};
  attr.a = a;
  attr.b = b;
  return op_apply(&op_affine, 1, &x, &attr);
}


Tensor *ts_sum(Tensor *x, unsigned axes, int keep) {
  Attr attr = {0};
  attr.axes = axes;
  attr.keep = keep;
  return op_apply(&op_sum, 1, &x, &attr);
}


Tensor *ts_mean(Tensor *x, unsigned axes, int keep) {
  Tensor *s = ts_sum(x, axes, keep);
  return s ? ts_affine(s, (double)s->size / (double)x->size, 0) : NULL;
}


Tensor *ts_unreduce(Tensor *x, unsigned axes, const Shape *to) {
  Shape s;
  op_reduced(to, axes, 1, &s);
  return ts_expand(ts_reshape(x, &s), to);
}


Tensor *ts_reshape(Tensor *x, const Shape *s) {
  Attr attr = {0};
  if (x && shape_equal(&x->shape, s)) return x;
  attr.shape = *s;
  return op_apply(&op_reshape, 1, &x, &attr);
}


Tensor *ts_expand(Tensor *x, const Shape *s) {
  Attr attr = {0};
  if (x && shape_equal(&x->shape, s)) return x;
  attr.shape = *s;
  return op_apply(&op_expand, 1, &x, &attr);
}


Tensor *ts_sumto(Tensor *x, const Shape *s) {
  unsigned axes = 0;
  int i, extra;
  if (x == NULL) return NULL;
  extra = x->shape.ndim - s->ndim;
  for (i = 0; i < x->shape.ndim; i++)
    if (i < extra || (s->dim[i - extra] == 1 && x->shape.dim[i] != 1))
      axes |= 1u << i;
  if (axes) x = ts_sum(x, axes, 1);
  return ts_reshape(x, s);
}


Tensor *ts_matmul(Tensor *a, Tensor *b, int ta, int tb) {
  Attr attr = {0};
  Tensor *in[2];
  in[0] = a;
  in[1] = b;
  attr.ta = ta;
  attr.tb = tb;
  return op_apply(&op_matmul, 2, in, &attr);
}


int op_broadcast(const Shape *a, const Shape *b, Shape *y) {
  int i, n = a->ndim > b->ndim ? a->ndim : b->ndim;
  Shape s;  /* y may be one of a and b */
  memset(&s, 0, sizeof s);
  s.ndim = n;
  for (i = 0; i < n; i++) {
    long da = i < n - a->ndim ? 1 : a->dim[i - (n - a->ndim)];
    long db = i < n - b->ndim ? 1 : b->dim[i - (n - b->ndim)];
    if (da != db && da != 1 && db != 1) return 0;
    s.dim[i] = da == 1 ? db : da;
  }
  *y = s;
  return 1;
}


int op_elementwise(Call *c, Shape *y) {
  char s[TS_SHAPETEXT], t[TS_SHAPETEXT];
  int i;
  *y = c->in[0]->shape;
  for (i = 1; i < c->nin; i++) {
    const Shape *x = &c->in[i]->shape;
    if (!op_broadcast(y, x, y))
      return ts_fail("%s: argument '%s': got the shape %s beside %s, wanted "
                     "sizes that are equal or 1, counted from the last axis",
                     c->op->name, c->op->args[i].name, shape_text(x, s),
                     shape_text(y, t));
  }
  return 1;
}


int op_same(Call *c, Shape *y) {
  *y = c->in[0]->shape;
  return 1;
}


void op_reduced(const Shape *x, unsigned axes, int keep, Shape *y) {
  int i, n = 0;
  Shape s;
  memset(&s, 0, sizeof s);
  for (i = 0; i < x->ndim; i++) {
    if (!(axes >> i & 1)) s.dim[n++] = x->dim[i];
    else if (keep) s.dim[n++] = 1;
  }
  s.ndim = n;
  *y = s;
}


int op_split(const Call *c, unsigned axes, long *o, long *r, long *i) {
  const Shape *x = &c->in[0]->shape;
  int from = 0, to;
  while (from < x->ndim && !(axes >> from & 1)) from++;
  to = from;
  while (to < x->ndim && (axes >> to & 1)) to++;
  if (axes >> to)
    return ts_fail("%s: got axes that are apart, wanted neighbouring ones",
                   c->op->name);
  *o = shape_count(x, 0, from);
  *r = shape_count(x, from, to);
  *i = shape_count(x, to, x->ndim);
  return 1;
}


long op_windows(const Attr *a, int d, long n, long kernel) {
  long room = n + a->pad[2 * d] + a->pad[2 * d + 1] - kernel;
  return room < 0 ? 0 : room / a->stride[d] + 1;
}


long op_extent(const Attr *a, int d, long m, long kernel) {
  long n;
  if (m == 0) return 0;
  if (m > TS_MAXSIZE / a->stride[d]) return TS_MAXSIZE + 1;
  n = (m - 1) * a->stride[d] + kernel - a->pad[2 * d] - a->pad[2 * d + 1];
  return n < 0 ? 0 : n;
}
