/*
** op_prod.c
** The bilinear ops. Each is one trilinear form <f(a, b), g> and its partial
** derivatives, so the set closes at once: matmul with itself; conv, conv_x
** (the transposed convolution) and conv_w among each other.
*/

#include "graph/op_far.h"
#include "product/prod.h"

#include <string.h>

#define WASTE 64.0     /* of a convolution's products, to those with pixels */
#define MANY 0x1p31    /* products: with fewer it does not matter */


/* matmul */

/* rows and columns of the last two axes, transposed or not */
static void matrix_of(const Shape *s, int transposed, long *m, long *n) {
  long rows = s->dim[s->ndim - 2], columns = s->dim[s->ndim - 1];
  *m = transposed ? columns : rows;
  *n = transposed ? rows : columns;
}


static int matmul_infer(Call *c, Shape *y) {
  const Shape *a = &c->in[0]->shape, *b = &c->in[1]->shape;
  const char *who = c->op->name;
  char s[TS_SHAPETEXT], t[TS_SHAPETEXT];
  Shape outer_a, outer_b;
  long m, n, k, k2;
  if (a->ndim < 2 || b->ndim < 2)
    return ts_fail("%s: got %s of shape %s and %s of shape %s, wanted two "
                   "axes or more", who, c->op->args[0].name, shape_text(a, s),
                   c->op->args[1].name, shape_text(b, t));
  matrix_of(a, c->attr.ta, &m, &k);
  matrix_of(b, c->attr.tb, &k2, &n);
  if (k != k2)
    return ts_fail("%s: got %s of shape %s%s and %s of shape %s%s, wanted "
                   "equal inner sizes, not %ld and %ld", who,
                   c->op->args[0].name, shape_text(a, s),
                   c->attr.ta ? " (transposed)" : "", c->op->args[1].name,
                   shape_text(b, t), c->attr.tb ? " (transposed)" : "", k,
                   k2);
  outer_a = *a;
  outer_b = *b;
  outer_a.ndim -= 2;
  outer_b.ndim -= 2;
  if (!op_broadcast(&outer_a, &outer_b, y))
    return ts_fail("%s: got %s of shape %s and %s of shape %s, wanted "
                   "leading sizes that are equal or 1, counted from the last",
                   who, c->op->args[0].name, shape_text(a, s),
                   c->op->args[1].name, shape_text(b, t));
  y->dim[y->ndim++] = m;
  y->dim[y->ndim++] = n;
  return 1;
}


/* offset in t of the matrix that matrix number i of y is made of */
static long matrix_at(const Shape *y, const Shape *t, long i) {
  long at = 0, step = t->dim[t->ndim - 1] * t->dim[t->ndim - 2];
  int d, extra = y->ndim - t->ndim;
  for (d = y->ndim - 3; d >= 0; d--) {
    long index = i % y->dim[d];
    i /= y->dim[d];
    if (d >= extra && t->dim[d - extra] != 1) {
      at += index * step;
      step *= t->dim[d - extra];
    }
  }
  return at;
}


typedef struct Stack {
  const Call *call;
  const Tensor *y;
} Stack;


static void matrices_at(const void *arg, long i, Gemm *g) {
  const Stack *s = arg;
  const Tensor *a = s->call->in[0], *b = s->call->in[1];
  g->a = a->data + matrix_at(&s->y->shape, &a->shape, i);
  g->b = b->data + matrix_at(&s->y->shape, &b->shape, i);
  g->c = s->y->data + i * g->m * g->n;
}


static int matmul_run(const Call *c, Tensor *y) {
  const Tensor *a = c->in[0], *b = c->in[1];
  const Stack stack = { c, y };
  long count = shape_count(&y->shape, 0, y->shape.ndim - 2);
  Gemm g;
  memset(&g, 0, sizeof g);
  matrix_of(&a->shape, c->attr.ta, &g.m, &g.k);
  matrix_of(&b->shape, c->attr.tb, &g.k, &g.n);
  g.lda = a->shape.dim[a->shape.ndim - 1];
  g.ldb = b->shape.dim[b->shape.ndim - 1];
  g.ldc = g.n;
  g.ta = c->attr.ta;
  g.tb = c->attr.tb;
  /* a stack of matrices times one matrix is one tall product */
  if (b->shape.ndim == 2 && !g.ta) {
    g.m *= count;
    count = 1;
  }
  return prod_gemm(&g, count, matrices_at, &stack);
}


static Tensor *matmul_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  Tensor *a = c->in[0], *b = c->in[1];
  int ta = c->attr.ta, tb = c->attr.tb;
  (void)y;
  if (k == 0)
    return ta ? ts_matmul(b, g, tb, 1) : ts_matmul(g, b, 0, !tb);
  return tb ? ts_matmul(g, a, 1, ta) : ts_matmul(a, g, !ta, 0);
}


/* convolutions: x [n h w c], w [kh kw c o], y [n oh ow o] */

static int conv_rank(const Call *c, int k, const char *axes) {
  char buf[TS_SHAPETEXT];
  const Shape *s = &c->in[k]->shape;
  if (s->ndim != 4)
    return ts_fail("%s: got %s of shape %s, wanted four axes: %s",
                   c->op->name, c->op->args[k].name, shape_text(s, buf),
                   axes);
  return 1;
}


/* "same" padding: as many outputs as there are strides in n, the odd zero
** after */
static void same_padding(Attr *a, long h, long w) {
  long in[2], d;
  if (a->pad[0] != PAD_SAME) return;
  in[0] = h;
  in[1] = w;
  for (d = 0; d < 2; d++) {
    long out = (in[d] + a->stride[d] - 1) / a->stride[d];
    long total = (out - 1) * a->stride[d] + a->size[d] - in[d];
    if (total < 0) total = 0;
    a->pad[2 * d] = total / 2;
    a->pad[2 * d + 1] = total - total / 2;
  }
}


/* The image with its padding is what all work and memory is in proportion to,
** and what every product of sizes stays below: so it is bounded, and not only
** each number that makes it. Padding beyond the image and the kernel together
** would only add windows that see nothing. Of strides, those with which a
** second window does not fit give the same one window: the least of them
** stands for all. */
static int conv_bound(Call *c, long n, long h, long w, long channels) {
  Attr *a = &c->attr;
  const long size[2] = { h, w };
  Shape padded = { 4, { n, h, w, channels } };
  char buf[TS_SHAPETEXT];
  int d;
  for (d = 0; d < 4; d++) {
    long most = size[d / 2] + a->size[d / 2];
    if (a->pad[d] > most)
      return ts_fail("%s: argument 'pad': got %ld, wanted at most %ld, the "
                     "image's and the kernel's size together", c->op->name,
                     a->pad[d], most);
    padded.dim[d / 2 + 1] += a->pad[d];
  }
  if (padded.dim[1] > TS_MAXSIZE || padded.dim[2] > TS_MAXSIZE ||
      !shape_fits(&padded))
    return ts_fail("%s: argument '%s': got images of shape %s with their "
                   "padding, wanted at most 2^40 elements", c->op->name,
                   c->op->args[0].name[0] == 'x' ? "pad" : "size",
                   shape_text(&padded, buf));
  for (d = 0; d < 2; d++) {
    long room = padded.dim[d + 1] - a->size[d];
    if (a->stride[d] > room) a->stride[d] = room < 0 ? 1 : room + 1;
  }
  return 1;
}


static void conv_geometry(Conv *g, const Attr *a, const Shape *x,
                          const Shape *w, const Shape *y) {
  g->n = x->dim[0];
  g->h = x->dim[1];
  g->w = x->dim[2];
  g->c = x->dim[3];
  g->kh = w->dim[0];
  g->kw = w->dim[1];
  g->o = y->dim[3];
  g->sh = a->stride[0];
  g->sw = a->stride[1];
  g->pt = a->pad[0];
  g->pl = a->pad[2];
  g->oh = y->dim[1];
  g->ow = y->dim[2];
}


static int conv_infer(Call *c, Shape *y) {
  const Shape *x = &c->in[0]->shape, *w = &c->in[1]->shape;
  Attr *a = &c->attr;
  char s[TS_SHAPETEXT], t[TS_SHAPETEXT];
  if (!conv_rank(c, 0, "images, height, width, channels") ||
      !conv_rank(c, 1, "height, width, channels in, channels out"))
    return 0;
  if (x->dim[3] != w->dim[2])
    return ts_fail("%s: got x of shape %s and w of shape %s, wanted equal "
                   "channels, not %ld and %ld", c->op->name, shape_text(x, s),
                   shape_text(w, t), x->dim[3], w->dim[2]);
  a->size[0] = w->dim[0];
  a->size[1] = w->dim[1];
  if (a->size[0] < 1 || a->size[1] < 1)
    return ts_fail("%s: got w of shape %s, wanted a kernel of 1 x 1 or "
                   "more", c->op->name, shape_text(w, t));
  same_padding(a, x->dim[1], x->dim[2]);
  if (!conv_bound(c, x->dim[0], x->dim[1], x->dim[2], x->dim[3])) return 0;
  y->ndim = 4;
  y->dim[0] = x->dim[0];
  y->dim[1] = op_windows(a, 0, x->dim[1], w->dim[0]);
  y->dim[2] = op_windows(a, 1, x->dim[2], w->dim[1]);
  y->dim[3] = w->dim[3];
  return 1;
}


/* `size` is the height and width of x: 0 means that of the smallest x, or,
** with "same", a stride for each item of y */
static int conv_x_infer(Call *c, Shape *x) {
  const Shape *y = &c->in[0]->shape, *w = &c->in[1]->shape;
  Attr *a = &c->attr;
  char s[TS_SHAPETEXT], t[TS_SHAPETEXT];
  long size[2];
  int d;
  if (!conv_rank(c, 0, "images, height, width, channels") ||
      !conv_rank(c, 1, "height, width, channels of x, channels of y"))
    return 0;
  if (y->dim[3] != w->dim[3])
    return ts_fail("%s: got y of shape %s and w of shape %s, wanted "
                   "equal last sizes, not %ld and %ld", c->op->name,
                   shape_text(y, s), shape_text(w, t), y->dim[3], w->dim[3]);
  if (w->dim[0] < 1 || w->dim[1] < 1)
    return ts_fail("%s: got w of shape %s, wanted a kernel of 1 x 1 or "
                   "more", c->op->name, shape_text(w, t));
  for (d = 0; d < 2; d++) {
    long m = y->dim[d + 1];
    size[d] = a->size[d];
    if (size[d] == 0)
      size[d] = a->pad[0] != PAD_SAME ? op_extent(a, d, m, w->dim[d])
                : m > TS_MAXSIZE / a->stride[d] ? TS_MAXSIZE + 1
                : m * a->stride[d];
    a->size[d] = w->dim[d];  /* what same_padding reads */
  }
  same_padding(a, size[0], size[1]);
  if (!conv_bound(c, y->dim[0], size[0], size[1], w->dim[2])) return 0;
  for (d = 0; d < 2; d++) {
    a->size[d] = size[d];
    if (op_windows(a, d, size[d], w->dim[d]) != y->dim[d + 1])
      return ts_fail("%s: got the size %ld x %ld, wanted one whose "
                     "convolution has y's %ld x %ld outputs", c->op->name,
                     size[0], size[1], y->dim[1], y->dim[2]);
  }
  x->ndim = 4;
  x->dim[0] = y->dim[0];
  x->dim[1] = size[0];
  x->dim[2] = size[1];
  x->dim[3] = w->dim[2];
  return 1;
}


static int conv_w_infer(Call *c, Shape *w) {
  const Shape *x = &c->in[0]->shape, *y = &c->in[1]->shape;
  Attr *a = &c->attr;
  char s[TS_SHAPETEXT], t[TS_SHAPETEXT];
  if (!conv_rank(c, 0, "images, height, width, channels") ||
      !conv_rank(c, 1, "images, height, width, channels"))
    return 0;
  same_padding(a, x->dim[1], x->dim[2]);
  if (!conv_bound(c, x->dim[0], x->dim[1], x->dim[2], x->dim[3])) return 0;
  if (x->dim[0] != y->dim[0] ||
      op_windows(a, 0, x->dim[1], a->size[0]) != y->dim[1] ||
      op_windows(a, 1, x->dim[2], a->size[1]) != y->dim[2])
    return ts_fail("conv_w: got x of shape %s and y of shape %s, wanted y to "
                   "be the size of x's convolution with a %ld x %ld kernel",
                   shape_text(x, s), shape_text(y, t), a->size[0],
                   a->size[1]);
  w->ndim = 4;
  w->dim[0] = a->size[0];
  w->dim[1] = a->size[1];
  w->dim[2] = x->dim[3];
  w->dim[3] = y->dim[3];
  return 1;
}


/* Whether the products are worth their time. Pixels are seen by at most as
** many windows as fit over them; all other products of rows, and of columns,
** are with padding, and of large kernels with padding as large these are as
** many as the kernel's taps squared. */
static int conv_worth(const Call *c, const Conv *g) {
  const double rows = (double)g->oh * (double)g->kh;
  const double columns = (double)g->ow * (double)g->kw;
  const double seen = (double)g->h * (double)((g->kh - 1) / g->sh + 1);
  const double beside = (double)g->w * (double)((g->kw - 1) / g->sw + 1);
  const double waste = (rows > seen ? rows / seen : 1) *
                       (columns > beside ? columns / beside : 1);
  if (waste <= WASTE || rows * columns * (double)g->n * (double)g->c *
                        (double)g->o <= MANY)
    return 1;
  return ts_fail("%s: argument 'pad': got %ld x %ld windows of %ld x %ld "
                 "pixels on images of %ld x %ld, wanted padding with which "
                 "at least one product in %.0f is not of zeros", c->op->name,
                 g->oh, g->ow, g->kh, g->kw, g->h, g->w, WASTE);
}


typedef enum ConvPart { CONV_Y, CONV_X, CONV_W } ConvPart;


static int conv_part(const Call *c, ConvPart part, Tensor *x, Tensor *w,
                     Tensor *y) {
  Tensor *result = part == CONV_Y ? y : part == CONV_X ? x : w;
  Conv g;
  if (x->size == 0 || w->size == 0 || y->size == 0)
    return tensor_clear(result);  /* sums of nothing */
  conv_geometry(&g, &c->attr, &x->shape, &w->shape, &y->shape);
  if (!conv_worth(c, &g)) return 0;
  if (result->place) return op_far_conv_part(c, &g, x, w, y, result);
  switch (part) {
    case CONV_Y: return prod_conv_y(&g, y->data, x->data, w->data);
    case CONV_X: return prod_conv_x(&g, x->data, y->data, w->data);
    default: return prod_conv_w(&g, w->data, x->data, y->data);
  }
}


static int conv_run(const Call *c, Tensor *y) {
  return conv_part(c, CONV_Y, c->in[0], c->in[1], y);
}


static int conv_x_run(const Call *c, Tensor *x) {
  return conv_part(c, CONV_X, x, c->in[1], c->in[0]);
}


static int conv_w_run(const Call *c, Tensor *w) {
  return conv_part(c, CONV_W, c->in[0], w, c->in[1]);
}


/* the same geometry with another of the three as the result; only the height
** and width of x, or of w, are lost from its operands and given in `size` */
static Tensor *conv_as(const Op *op, const Call *c, Tensor *first,
                       Tensor *second, const Shape *result) {
  Attr a = c->attr;
  Tensor *in[2];
  in[0] = first;
  in[1] = second;
  a.size[0] = result->dim[op == &op_conv_w ? 0 : 1];
  a.size[1] = result->dim[op == &op_conv_w ? 1 : 2];
  return op_apply(op, 2, in, &a);
}


static Tensor *conv_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  const Shape *s = &c->in[k]->shape;
  (void)y;
  if (k == 0) return conv_as(&op_conv_x, c, g, c->in[1], s);
  return conv_as(&op_conv_w, c, c->in[0], g, s);
}


static Tensor *conv_x_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  const Shape *s = &c->in[k]->shape;
  (void)y;
  if (k == 0) return conv_as(&op_conv, c, g, c->in[1], s);
  return conv_as(&op_conv_w, c, g, c->in[0], s);
}


static Tensor *conv_w_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  const Shape *s = &c->in[k]->shape;
  (void)y;
  if (k == 0) return conv_as(&op_conv_x, c, c->in[1], g, s);
  return conv_as(&op_conv, c, c->in[0], g, s);
}


static const Arg matmul_args[] = {
  {"a", ARG_TENSOR, 0, NULL}, {"b", ARG_TENSOR, 0, NULL},
  {"ta", ARG_BOOL, AT(ta), "false"}, {"tb", ARG_BOOL, AT(tb), "false"},
  {NULL, 0, 0, NULL}
};

static const Arg conv_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"w", ARG_TENSOR, 0, NULL},
  {"stride", ARG_PAIR, AT(stride), "1"}, {"pad", ARG_PAD, AT(pad), "0"},
  {NULL, 0, 0, NULL}
};

static const Arg conv_x_args[] = {
  {"y", ARG_TENSOR, 0, NULL}, {"w", ARG_TENSOR, 0, NULL},
  {"stride", ARG_PAIR, AT(stride), "1"}, {"pad", ARG_PAD, AT(pad), "0"},
  {"size", ARG_PAIR, AT(size), "smallest"}, {NULL, 0, 0, NULL}
};

static const Arg conv_w_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"y", ARG_TENSOR, 0, NULL},
  {"size", ARG_PAIR, AT(size), NULL},
  {"stride", ARG_PAIR, AT(stride), "1"}, {"pad", ARG_PAD, AT(pad), "0"},
  {NULL, 0, 0, NULL}
};

const Op op_matmul = {
  "matmul", "matrix product over the last two axes", matmul_args,
  matmul_infer, matmul_run, matmul_vjp, NULL, 0, UNREAD_RESULT, op_far_matmul
};
const Op op_conv = {
  "conv", "convolution (cross-correlation) of images x [n h w c] with "
  "kernels w [kh kw c o]", conv_args, conv_infer, conv_run, conv_vjp, NULL, 0,
  UNREAD_RESULT, conv_run
};
const Op op_conv_x = {
  "conv_x", "transposed convolution of y [n oh ow o] with kernels "
  "w [kh kw c o]: the derivative of conv in x", conv_x_args, conv_x_infer,
  conv_x_run, conv_x_vjp, NULL, 0, UNREAD_RESULT, conv_x_run
};
const Op op_conv_w = {
  "conv_w", "the derivative of conv in w, for images x and outputs y",
  conv_w_args, conv_w_infer, conv_w_run, conv_w_vjp, NULL, 0, UNREAD_RESULT,
  conv_w_run
};
