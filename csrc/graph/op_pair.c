/*
** op_pair.c
** Ops on two tensors of one shape and two numbers: the parts of optimizers'
** steps and of rectifiers' derivatives that would be several ops each, and,
** where a step is differentiated, several results that must be kept.
*/

#include "graph/op.h"
#include "kernel/kern.h"
#include "base/pool.h"

typedef struct Run {
  Pair f;
  real *y;
  const real *u, *v;
  real a, b;
} Run;


static void pair_piece(void *arg, long from, long to) {
  const Run *r = arg;
  r->f(to - from, r->y + from, r->u + from, r->v + from, r->a, r->b);
}


static int run_pair(const Call *c, Tensor *y) {
  Run r;
  r.f = kern->pair[c->op->kernel];
  r.y = y->data;
  r.u = c->in[0]->data;
  r.v = c->in[1]->data;
  r.a = (real)c->attr.a;
  r.b = (real)c->attr.b;
  pool_range(y->size, POOL_ITEMS, pair_piece, &r);
  return 1;
}


static int pair_infer(Call *c, Shape *y) {
  char a[TS_SHAPETEXT], b[TS_SHAPETEXT];
  const Shape *u = &c->in[0]->shape, *v = &c->in[1]->shape;
  if (!shape_equal(u, v))
    return ts_fail("%s: got %s of shape %s and %s of shape %s, wanted equal "
                   "shapes", c->op->name, c->op->args[0].name,
                   shape_text(u, a), c->op->args[1].name, shape_text(v, b));
  return op_same(c, y);
}


static Tensor *pair(const Op *op, Tensor *u, Tensor *v, double a, double b) {
  Attr attr = {0};
  Tensor *in[2];
  in[0] = u;
  in[1] = v;
  attr.a = a;
  attr.b = b;
  return op_apply(op, 2, in, &attr);
}


Tensor *ts_gate(Tensor *g, Tensor *y, double slope) {
  return pair(&op_gate, g, y, slope, 0);
}


static Tensor *gate_vjp(const Call *c, Tensor *z, Tensor *g, int k) {
  (void)z;
  return k == 0 ? ts_gate(g, c->in[1], c->attr.a) : &ts_flat;
}


static Tensor *lincomb_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  double a = k == 0 ? c->attr.a : c->attr.b;
  (void)y;
  return a == 1 ? g : ts_affine(g, a, 0);
}


/* With s = sqrt(a v): u / (s + b) is linear in u, and in v its derivative is
** -y / (s + b) a / (2 s), taken for 0 where s is: v is then a mean of squares
** that were all 0, and has nothing to pass on. */
static Tensor *over_root_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  double a = c->attr.a, b = c->attr.b;
  Tensor *v = c->in[1], *zero, *s;
  if (k == 0) return pair(&op_over_root, g, v, a, b);
  zero = tensor_number(0);
  if (zero == NULL) return NULL;
  zero = ts_eq(v, zero);
  s = op_call1(&op_sqrt, ts_affine(ts_add(v, zero), a, 0));
  g = ts_mul(g, ts_div(pair(&op_over_root, y, v, a, b), s));
  return ts_mul(g, ts_affine(zero, a / 2, -a / 2));
}


static int over_root_infer(Call *c, Shape *y) {
  if (!(c->attr.a > 0) || !(c->attr.b >= 0))
    return ts_fail("over_root: got a = %g and b = %g, wanted a above 0 and b "
                   "of 0 or more", c->attr.a, c->attr.b);
  return pair_infer(c, y);
}


static const Arg gate_args[] = {
  {"g", ARG_TENSOR, 0, NULL}, {"y", ARG_TENSOR, 0, NULL},
  {"slope", ARG_NUMBER, AT(a), "0"}, {NULL, 0, 0, NULL}
};

static const Arg lincomb_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"y", ARG_TENSOR, 0, NULL},
  {"a", ARG_NUMBER, AT(a), NULL}, {"b", ARG_NUMBER, AT(b), NULL},
  {NULL, 0, 0, NULL}
};

static const Arg over_root_args[] = {
  {"u", ARG_TENSOR, 0, NULL}, {"v", ARG_TENSOR, 0, NULL},
  {"a", ARG_NUMBER, AT(a), "1"}, {"b", ARG_NUMBER, AT(b), "0"},
  {NULL, 0, 0, NULL}
};

const Op op_gate = {
  "gate", "g where y > 0, else slope g; flat in y", gate_args, pair_infer,
  run_pair, gate_vjp, NULL, K_GATE, UNREAD_FIRST | UNREAD_RESULT,
  op_far_pair
};
const Op op_lincomb = {
  "lincomb", "a x + b y with numbers a and b", lincomb_args, pair_infer,
  run_pair, lincomb_vjp, NULL, K_LINCOMB, UNREAD_ALL, op_far_pair
};
const Op op_over_root = {
  "over_root", "u / (sqrt(a v) + b) with numbers a and b; in v its "
  "derivative at 0 is 0, if b is not", over_root_args, over_root_infer,
  run_pair, over_root_vjp, NULL, K_OVER_ROOT, UNREAD_FIRST, op_far_pair
};
