/*
** op_elem.c
** Elementwise ops. Broadcasting is settled here: axes are merged wherever all
** operands run through them in step, and what is left are calls of a kernel
** on rows of n items, each operand moving or standing still.
*/

#include "graph/op_far.h"
#include "kernel/kern.h"
#include "base/pool.h"

#include <string.h>


/* axes of y from the outermost, those of size 1 left out and those merged in
** which every operand is contiguous or standing; at least 2 */
void op_merge(BroadcastArgs *b, const Call *c, const Tensor *y) {
  int d, k, n = 1;
  b->y = y->data;
  b->nin = c->nin;
  b->dim[0] = 1;
  for (k = 0; k < c->nin; k++) {
    b->p[k] = c->in[k]->data;
    b->stride[k][0] = 0;
  }
  for (d = 0; d < y->shape.ndim; d++) {
    long size = y->shape.dim[d];
    long stride[FAR_OPERANDS];
    int joins = 1;
    if (size == 1) continue;
    for (k = 0; k < c->nin; k++) {
      const Shape *s = &c->in[k]->shape;
      int at = d - (y->shape.ndim - s->ndim);
      stride[k] = at < 0 || s->dim[at] == 1
                  ? 0 : shape_count(s, at + 1, s->ndim);
      if (b->stride[k][n - 1] != stride[k] * size) joins = 0;
    }
    if (n > 1 && joins) b->dim[n - 1] *= size;
    else b->dim[n++] = size;
    for (k = 0; k < c->nin; k++) b->stride[k][n - 1] = stride[k];
  }
  if (n == 1) {
    b->dim[n] = 1;
    for (k = 0; k < c->nin; k++) b->stride[k][n] = 0;
    n = 2;
  }
  b->ndim = n;
}


typedef struct Pieces {
  BroadcastArgs b;
  int kernel;
  long chunk, chunks;                  /* of the last axis but one, or of the
                                          last where that has one row */
} Pieces;


static void broadcast_piece(void *arg, long piece) {
  const Pieces *p = arg;
  const BroadcastArgs *b = &p->b;
  long rows = b->dim[b->ndim - 2], n = b->dim[b->ndim - 1];
  long outer = piece / p->chunks, part = piece % p->chunks;
  long at[FAR_OPERANDS] = {0, 0, 0};
  long from = part * p->chunk, y = outer * rows * n, left = outer;
  Operand o[FAR_OPERANDS];
  int d, k;
  for (d = b->ndim - 3; d >= 0; d--) {
    for (k = 0; k < b->nin; k++)
      at[k] += left % b->dim[d] * b->stride[k][d];
    left /= b->dim[d];
  }
  for (k = 0; k < b->nin; k++) {
    o[k].row = b->stride[k][b->ndim - 2];
    o[k].step = (int)b->stride[k][b->ndim - 1];
    o[k].p = b->p[k] + at[k] + from * (rows > 1 ? o[k].row : o[k].step);
  }
  if (rows > 1) {
    y += from * n;
    rows = rows - from < p->chunk ? rows - from : p->chunk;
  }
  else {
    y += from;
    n = n - from < p->chunk ? n - from : p->chunk;
  }
  if (b->nin == 2) kern->binary[p->kernel](rows, n, b->y + y, o[0], o[1]);
  else kern->ternary[p->kernel](rows, n, b->y + y, o[0], o[1], o[2]);
}


static int run_broadcast(const Call *c, Tensor *y) {
  Pieces p;
  const BroadcastArgs *b = &p.b;
  long rows, n, outer = 1;
  int d;
  op_merge(&p.b, c, y);
  p.kernel = c->op->kernel;
  rows = b->dim[b->ndim - 2];
  n = b->dim[b->ndim - 1];
  for (d = 0; d < b->ndim - 2; d++) outer *= b->dim[d];
  if (rows > 1) {
    p.chunk = pool_rows(n);
    p.chunks = (rows + p.chunk - 1) / p.chunk;
  }
  else {
    p.chunk = POOL_ITEMS;
    p.chunks = (n + p.chunk - 1) / p.chunk;
  }
  pool_for(outer * p.chunks, broadcast_piece, &p);
  return 1;
}


typedef struct Sum {
  real *y;
  const real *x;
} Sum;


static void accumulate_piece(void *arg, long from, long to) {
  const Sum *s = arg;
  kern->accumulate(to - from, s->y + from, s->x + from);
}


int op_accumulate(Tensor *sum, Tensor *x) {
  Tensor *const watched[3] = { sum, x, sum };
  Sum s = { .y = sum->data, .x = x->data };
  double start = op_clock();
  int ok = 1;
  tensor_setmask(sum, 0);
  sum->varies |= x->varies;
  if (sum->place) ok = op_far_accumulate(sum, x);
  else pool_range(sum->size, POOL_ITEMS, accumulate_piece, &s);
  if (op_watch) op_watch("accumulate", 3, watched, op_since(start, sum));
  return ok;
}


typedef struct Map {
  Unary f;
  real *y;
  const real *x;
  real a, b;
} Map;


static void map_piece(void *arg, long from, long to) {
  const Map *m = arg;
  m->f(to - from, m->y + from, m->x + from, m->a, m->b);
}


static int run_unary(const Call *c, Tensor *y) {
  Map m;
  m.f = kern->unary[c->op->kernel];
  m.y = y->data;
  m.x = c->in[0]->data;
  m.a = (real)c->attr.a;
  m.b = (real)c->attr.b;
  pool_range(y->size, POOL_ITEMS, map_piece, &m);
  return 1;
}


#define X (c->in[0])
#define VJP(name) \
  static Tensor *name(const Call *c, Tensor *y, Tensor *g, int k)
#define UNUSED ((void)c, (void)y, (void)k)

VJP(neg_vjp) { UNUSED; return ts_neg(g); }
VJP(exp_vjp) { UNUSED; return ts_mul(g, y); }
VJP(log_vjp) { UNUSED; return ts_div(g, X); }
VJP(sqrt_vjp) { UNUSED; return ts_div(g, ts_affine(y, 2, 0)); }
VJP(sin_vjp) { UNUSED; return ts_mul(g, ts_cos(X)); }
VJP(cos_vjp) { UNUSED; return ts_neg(ts_mul(g, ts_sin(X))); }
VJP(tanh_vjp) { UNUSED; return ts_mul(g, ts_affine(ts_square(y), -1, 1)); }
VJP(sigmoid_vjp) { UNUSED; return ts_mul(g, ts_sub(y, ts_square(y))); }
VJP(softplus_vjp) { UNUSED; return ts_mul(g, ts_sigmoid(X)); }
VJP(relu_vjp) { UNUSED; return ts_gate(g, X, 0); }
VJP(abs_vjp) { UNUSED; return ts_mul(g, ts_sign(X)); }
VJP(square_vjp) { UNUSED; return ts_mul(g, ts_affine(X, 2, 0)); }
VJP(clip_vjp) { UNUSED; return ts_gate(g, ts_eq(X, y), 0); }
VJP(affine_vjp) { UNUSED; return ts_affine(g, c->attr.a, 0); }

VJP(leaky_relu_vjp) { UNUSED; return ts_gate(g, X, c->attr.a); }

/* 1 above zero, y + a below */
VJP(elu_vjp) {
  Tensor *above = ts_step(X);
  Tensor *below = ts_mul(ts_affine(above, -1, 1), ts_affine(y, 1, c->attr.a));
  UNUSED;
  return ts_mul(g, ts_add(above, below));
}

VJP(add_vjp) { UNUSED; return g; }
VJP(sub_vjp) { UNUSED; return k == 0 ? g : ts_neg(g); }
VJP(mul_vjp) { UNUSED; return ts_mul(g, c->in[1 - k]); }

VJP(div_vjp) {
  Tensor *q = ts_div(g, c->in[1]);
  return k == 0 ? q : ts_neg(ts_mul(q, y));
}

/* The additions of (a = b = 0) and (a = 0) keep 0 * infinity away from
** d/da a^0 = 0 and d/db 0^b = 0. */
VJP(pow_vjp) {
  Tensor *a = c->in[0], *b = c->in[1], *zero = tensor_number(0);
  if (zero == NULL) return NULL;
  if (k == 0) {
    Tensor *both = ts_mul(ts_eq(a, zero), ts_eq(b, zero));
    Tensor *less = ts_add(ts_affine(b, 1, -1), both);
    return ts_mul(g, ts_mul(b, ts_pow(a, less)));
  }
  return ts_mul(g, ts_mul(y, ts_log(ts_add(a, ts_eq(a, zero)))));
}

/* at a tie the first operand has it all */
VJP(maximum_vjp) {
  Tensor *a = c->in[0], *b = c->in[1];
  (void)y;
  return ts_gate(g, k == 0 ? ts_ge(a, b) : ts_lt(a, b), 0);
}

VJP(minimum_vjp) {
  Tensor *a = c->in[0], *b = c->in[1];
  (void)y;
  return ts_gate(g, k == 0 ? ts_ge(b, a) : ts_lt(b, a), 0);
}

VJP(where_vjp) {
  Tensor *chosen, *zero;
  UNUSED;
  if (k == 0) return &ts_flat;
  zero = tensor_number(0);
  if (zero == NULL) return NULL;
  chosen = k == 1 ? ts_ne(c->in[0], zero) : ts_eq(c->in[0], zero);
  return ts_gate(g, ts_expand(chosen, &g->shape), 0);
}

VJP(bernoulli_nll_vjp) {
  Tensor *x = c->in[0], *logits = c->in[1];
  (void)y;
  if (k == 0) return ts_neg(ts_mul(g, logits));
  return ts_mul(g, ts_sub(ts_sigmoid(logits), x));
}

/* with d = (x - mean) / variance:  d, -d  and  (1 - (x - mean) d) / 2 */
VJP(gaussian_nll_vjp) {
  Tensor *e = ts_sub(c->in[0], c->in[1]);
  Tensor *d = ts_mul(e, ts_exp(ts_neg(c->in[2])));
  (void)y;
  if (k == 0) return ts_mul(g, d);
  if (k == 1) return ts_neg(ts_mul(g, d));
  return ts_mul(g, ts_affine(ts_mul(e, d), -0.5, 0.5));
}

VJP(gaussian_kl_vjp) {
  (void)y;
  if (k == 0) return ts_mul(g, c->in[0]);
  return ts_mul(g, ts_affine(ts_exp(c->in[1]), 0.5, -0.5));
}


static const Arg x_args[] = {{"x", ARG_TENSOR, 0, NULL}, {NULL, 0, 0, NULL}};

static const Arg slope_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"slope", ARG_NUMBER, AT(a), "0.01"},
  {NULL, 0, 0, NULL}
};

static const Arg alpha_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"alpha", ARG_NUMBER, AT(a), "1"},
  {NULL, 0, 0, NULL}
};

static const Arg clip_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"lo", ARG_NUMBER, AT(a), NULL},
  {"hi", ARG_NUMBER, AT(b), NULL}, {NULL, 0, 0, NULL}
};

static const Arg affine_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"a", ARG_NUMBER, AT(a), NULL},
  {"b", ARG_NUMBER, AT(b), NULL}, {NULL, 0, 0, NULL}
};

static const Arg ab_args[] = {
  {"a", ARG_TENSOR, 0, NULL}, {"b", ARG_TENSOR, 0, NULL},
  {NULL, 0, 0, NULL}
};

static const Arg where_args[] = {
  {"condition", ARG_TENSOR, 0, NULL}, {"a", ARG_TENSOR, 0, NULL},
  {"b", ARG_TENSOR, 0, NULL}, {NULL, 0, 0, NULL}
};

static const Arg bernoulli_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"logits", ARG_TENSOR, 0, NULL},
  {NULL, 0, 0, NULL}
};

static const Arg gaussian_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"mean", ARG_TENSOR, 0, NULL},
  {"logvar", ARG_TENSOR, 0, NULL}, {NULL, 0, 0, NULL}
};

static const Arg kl_args[] = {
  {"mean", ARG_TENSOR, 0, NULL}, {"logvar", ARG_TENSOR, 0, NULL},
  {NULL, 0, 0, NULL}
};


static int clip_infer(Call *c, Shape *y) {
  if (!(c->attr.a <= c->attr.b))
    return ts_fail("clip: got lo = %g and hi = %g, wanted lo <= hi",
                   c->attr.a, c->attr.b);
  return op_same(c, y);
}


#define UNARY_ROW(id, doc, args, vjp, kernel, unread) \
  const Op op_##id = { \
    #id, doc, args, op_same, run_unary, vjp, NULL, kernel, unread, \
    op_far_unary \
  };

UNARY_ROW(neg, "-x", x_args, neg_vjp, K_NEG, UNREAD_ALL)
UNARY_ROW(exp, "e^x", x_args, exp_vjp, K_EXP, UNREAD_FIRST)
UNARY_ROW(log, "natural logarithm of x", x_args, log_vjp, K_LOG, UNREAD_RESULT)
UNARY_ROW(sqrt, "square root of x", x_args, sqrt_vjp, K_SQRT, UNREAD_FIRST)
UNARY_ROW(sin, "sine of x (radians)", x_args, sin_vjp, K_SIN, UNREAD_RESULT)
UNARY_ROW(cos, "cosine of x (radians)", x_args, cos_vjp, K_COS, UNREAD_RESULT)
UNARY_ROW(tanh, "hyperbolic tangent of x", x_args, tanh_vjp, K_TANH,
          UNREAD_FIRST)
UNARY_ROW(sigmoid, "1 / (1 + e^-x)", x_args, sigmoid_vjp, K_SIGMOID,
          UNREAD_FIRST)
UNARY_ROW(softplus, "log(1 + e^x)", x_args, softplus_vjp, K_SOFTPLUS,
          UNREAD_RESULT)
UNARY_ROW(relu, "max(x, 0)", x_args, relu_vjp, K_RELU, UNREAD_RESULT)
UNARY_ROW(leaky_relu, "x above 0, slope x below", slope_args,
          leaky_relu_vjp, K_LEAKY_RELU, UNREAD_RESULT)
UNARY_ROW(elu, "x above 0, alpha (e^x - 1) below", alpha_args, elu_vjp,
          K_ELU, 0)
UNARY_ROW(abs, "|x|", x_args, abs_vjp, K_ABS, UNREAD_RESULT)
UNARY_ROW(sign, "-1, 0 or 1; flat", x_args, NULL, K_SIGN, 0)
UNARY_ROW(step, "1 where x > 0, else 0; flat", x_args, NULL, K_STEP, 0)
UNARY_ROW(square, "x x", x_args, square_vjp, K_SQUARE, UNREAD_RESULT)
UNARY_ROW(floor, "the largest integer not above x; flat", x_args, NULL,
          K_FLOOR, 0)
UNARY_ROW(ceil, "the smallest integer not below x; flat", x_args, NULL,
          K_CEIL, 0)
UNARY_ROW(round, "the nearest integer, the even one of two; flat", x_args,
          NULL, K_ROUND, 0)
UNARY_ROW(affine, "a x + b with numbers a and b", affine_args, affine_vjp,
          K_AFFINE, UNREAD_ALL)

const Op op_clip = {
  "clip", "x, but at least lo and at most hi", clip_args, clip_infer,
  run_unary, clip_vjp, NULL, K_CLIP, 0, op_far_unary
};

#define BROADCAST_ROW(id, doc, args, vjp, kernel, unread) \
  const Op op_##id = { \
    #id, doc, args, op_elementwise, run_broadcast, vjp, NULL, kernel, unread, \
    op_far_broadcast \
  };

BROADCAST_ROW(add, "a + b", ab_args, add_vjp, K_ADD, UNREAD_ALL)
BROADCAST_ROW(sub, "a - b", ab_args, sub_vjp, K_SUB, UNREAD_ALL)
BROADCAST_ROW(mul, "a b, item by item", ab_args, mul_vjp, K_MUL, UNREAD_RESULT)
BROADCAST_ROW(div, "a / b, item by item", ab_args, div_vjp, K_DIV, UNREAD_FIRST)
BROADCAST_ROW(pow, "a to the power of b", ab_args, pow_vjp, K_POW, 0)
BROADCAST_ROW(maximum, "the larger of a and b", ab_args, maximum_vjp,
              K_MAXIMUM, UNREAD_RESULT)
BROADCAST_ROW(minimum, "the smaller of a and b", ab_args, minimum_vjp,
              K_MINIMUM, UNREAD_RESULT)
BROADCAST_ROW(eq, "1 where a = b, else 0; flat", ab_args, NULL, K_EQ, 0)
BROADCAST_ROW(ne, "1 where a and b differ, else 0; flat", ab_args, NULL,
              K_NE, 0)
BROADCAST_ROW(lt, "1 where a < b, else 0; flat", ab_args, NULL, K_LT, 0)
BROADCAST_ROW(le, "1 where a <= b, else 0; flat", ab_args, NULL, K_LE, 0)
BROADCAST_ROW(gt, "1 where a > b, else 0; flat", ab_args, NULL, K_GT, 0)
BROADCAST_ROW(ge, "1 where a >= b, else 0; flat", ab_args, NULL, K_GE, 0)
BROADCAST_ROW(where, "a where the condition is not 0, else b", where_args,
              where_vjp, K_WHERE, 0)
BROADCAST_ROW(bernoulli_nll,
              "-log Bernoulli(x; sigmoid(logits)), item by item",
              bernoulli_args, bernoulli_nll_vjp, K_BERNOULLI, UNREAD_RESULT)
BROADCAST_ROW(gaussian_nll, "-log N(x; mean, e^logvar), item by item",
              gaussian_args, gaussian_nll_vjp, K_GAUSSNLL, 0)
BROADCAST_ROW(gaussian_kl, "KL(N(mean, e^logvar) || N(0, 1)), item by item",
              kl_args, gaussian_kl_vjp, K_GAUSSKL, 0)
