/*
** op_layer.c
** Products as layers have them: plus a bias, then a (leaky) ReLU, in place,
** so that neither is a pass over memory with a result of its own. Of such a
** rectifier the result tells the derivative: it is positive where its operand
** was. So the gradient first passes the gate, and what is left is linear.
*/

#include "graph/op_far.h"
#include "kernel/kern.h"
#include "base/pool.h"

#define WIDE 64          /* items that rows of few channels are joined to */


int op_check_slope(const Call *c) {
  return c->attr.b >= 0 ? 1 : ts_fail("%s: got slope = %g, wanted 0 or more",
                                      c->op->name, c->attr.b);
}


Tensor *op_gated(const Call *c, Tensor *y, Tensor *g) {
  return c->attr.b == 1 ? g : ts_gate(g, y, c->attr.b);
}


typedef struct Finish {
  real *y;
  const real *bias;
  long n;                /* items of a row */
  long joined;           /* rows that are as one, 1 or more, with this bias: */
  real wide[WIDE];
  real slope;
} Finish;


static void finish_piece(void *arg, long from, long to) {
  const Finish *f = arg;
  long rows = to - from;
  real *y = f->y + from * f->n;
  if (f->joined > 1) {
    long all = rows / f->joined;
    kern->finish(all, f->joined * f->n, y, f->wide, f->slope);
    y += all * f->joined * f->n;
    rows -= all * f->joined;
  }
  kern->finish(rows, f->n, y, f->bias, f->slope);
}


static int finish(const Call *c, Tensor *y) {
  Finish f;
  long i;
  if (y->place) return op_far_finish(c, y);
  f.y = y->data;
  f.bias = c->in[2]->data;
  f.n = y->shape.dim[y->shape.ndim - 1];
  f.joined = f.n < WIDE ? WIDE / f.n : 1;
  for (i = 0; f.joined > 1 && i < f.joined * f.n; i++)
    f.wide[i] = f.bias[i % f.n];
  f.slope = (real)c->attr.b;
  pool_range(y->size / f.n, pool_rows(f.n), finish_piece, &f);
  return 1;
}


static int layer_infer(Call *c, const Op *product, Shape *y) {
  char a[TS_SHAPETEXT], b[TS_SHAPETEXT];
  const Shape *bias = &c->in[2]->shape;
  if (!product->infer(c, y)) return 0;
  if (bias->ndim != 1 || bias->dim[0] != y->dim[y->ndim - 1])
    return ts_fail("%s: got bias of shape %s for a result of shape %s, "
                   "wanted [%ld]", c->op->name, shape_text(bias, a),
                   shape_text(y, b), y->dim[y->ndim - 1]);
  return op_check_slope(c);
}


static int linear_infer(Call *c, Shape *y) {
  return layer_infer(c, &op_matmul, y);
}

static int conv_bias_infer(Call *c, Shape *y) {
  return layer_infer(c, &op_conv, y);
}

static int deconv_bias_infer(Call *c, Shape *y) {
  return layer_infer(c, &op_conv_x, y);
}


static int linear_run(const Call *c, Tensor *y) {
  return (y->place ? op_matmul.far : op_matmul.run)(c, y) && finish(c, y);
}

static int conv_bias_run(const Call *c, Tensor *y) {
  return op_conv.run(c, y) && finish(c, y);
}

static int deconv_bias_run(const Call *c, Tensor *y) {
  return op_conv_x.run(c, y) && finish(c, y);
}


/* of the bias it is g itself, summed over rows as after any broadcast */

static Tensor *linear_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  return k == 2 ? g : op_matmul.vjp(c, y, g, k);
}

static Tensor *conv_bias_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  return k == 2 ? g : op_conv.vjp(c, y, g, k);
}

static Tensor *deconv_bias_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  return k == 2 ? g : op_conv_x.vjp(c, y, g, k);
}


static const Arg linear_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"w", ARG_TENSOR, 0, NULL},
  {"bias", ARG_TENSOR, 0, NULL}, {"slope", ARG_NUMBER, AT(b), "1"},
  {NULL, 0, 0, NULL}
};

static const Arg conv_bias_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"w", ARG_TENSOR, 0, NULL},
  {"bias", ARG_TENSOR, 0, NULL}, {"stride", ARG_PAIR, AT(stride), "1"},
  {"pad", ARG_PAD, AT(pad), "0"}, {"slope", ARG_NUMBER, AT(b), "1"},
  {NULL, 0, 0, NULL}
};

static const Arg deconv_bias_args[] = {
  {"y", ARG_TENSOR, 0, NULL}, {"w", ARG_TENSOR, 0, NULL},
  {"bias", ARG_TENSOR, 0, NULL}, {"stride", ARG_PAIR, AT(stride), "1"},
  {"pad", ARG_PAD, AT(pad), "0"}, {"size", ARG_PAIR, AT(size), "smallest"},
  {"slope", ARG_NUMBER, AT(b), "1"}, {NULL, 0, 0, NULL}
};

const Op op_linear = {
  "linear", "x w + bias; what is negative of it times slope", linear_args,
  linear_infer, linear_run, linear_vjp, op_gated, 0, UNREAD_THIRD, linear_run
};
const Op op_conv_bias = {
  "conv_bias", "conv(x, w) + bias; what is negative of it times slope",
  conv_bias_args, conv_bias_infer, conv_bias_run, conv_bias_vjp, op_gated, 0,
  UNREAD_THIRD, conv_bias_run
};
const Op op_deconv_bias = {
  "deconv_bias", "conv_x(y, w) + bias; what is negative of it times slope",
  deconv_bias_args, deconv_bias_infer, deconv_bias_run, deconv_bias_vjp,
  op_gated, 0, UNREAD_THIRD, deconv_bias_run
};
