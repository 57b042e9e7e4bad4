/*
** op_norm.c
** Fused ops that a network spends its time in: normalisation over axes, and
** the softmax family. Each is one pass where the composed form has five; the
** composed forms are the references in spec/.
*/

#include "op.h"
#include "kern.h"
#include "pool.h"

#include <math.h>

#define PIECE 32768


/* normalize: (x - mean) / sqrt(var + eps) over neighbouring axes */

typedef struct Groups {
  real *y;
  const real *x;
  real *mean, *scale;      /* o x i of each */
  long r, i;
  double eps;
  long rows, pieces;       /* r is cut for the last pass */
} Groups;


static void moments_piece(void *arg, long o) {
  const Groups *g = arg;
  const real *x = g->x + o * g->r * g->i;
  real *mean = g->mean + o * g->i, *scale = g->scale + o * g->i;
  long l;
  kern->fold[K_SUM](g->r, g->i, mean, x);
  for (l = 0; l < g->i; l++) mean[l] /= (real)g->r;
  kern->deviation(g->r, g->i, scale, x, mean);
  for (l = 0; l < g->i; l++)
    scale[l] = (real)(1 / sqrt((double)(scale[l] / (real)g->r) + g->eps));
}


static void standardise_piece(void *arg, long piece) {
  const Groups *g = arg;
  long o = piece / g->pieces, from = piece % g->pieces * g->rows;
  long rows = g->r - from < g->rows ? g->r - from : g->rows;
  long at = (o * g->r + from) * g->i;
  kern->standardise(rows, g->i, g->y + at, g->x + at, g->mean + o * g->i,
                    g->scale + o * g->i);
}


static int normalize_infer(Call *c, Shape *y) {
  long o, r, i;
  if (!(c->attr.a >= 0))
    return ts_fail("normalize: got eps = %g, wanted 0 or more", c->attr.a);
  return op_split(c, c->attr.axes, &o, &r, &i) && op_same(c, y);
}


static int normalize_run(const Call *c, Tensor *y) {
  Groups g;
  long o;
  if (!op_split(c, c->attr.axes, &o, &g.r, &g.i)) return 0;
  g.mean = mem_array((size_t)(2 * o * g.i), sizeof(real));
  if (g.mean == NULL) return 0;
  g.scale = g.mean + o * g.i;
  g.y = y->data;
  g.x = c->in[0]->data;
  g.eps = c->attr.a;
  g.rows = g.i < PIECE ? PIECE / g.i : 1;
  g.pieces = (g.r + g.rows - 1) / g.rows;
  pool_for(o, moments_piece, &g);
  pool_for(o * g.pieces, standardise_piece, &g);
  mem_free(g.mean);
  return 1;
}


/* With s = 1 / sqrt(var + eps), itself made of x so that it can be
** differentiated again:  s (g - mean(g) - y mean(g y))  */
static Tensor *normalize_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  Tensor *x = c->in[0];
  unsigned axes = c->attr.axes;
  Tensor *e = ts_sub(x, ts_mean(x, axes, 1));
  Tensor *var = ts_mean(ts_square(e), axes, 1);
  Tensor *half = tensor_number(-0.5);
  Tensor *s = half ? ts_pow(ts_affine(var, 1, c->attr.a), half) : NULL;
  Tensor *along = ts_mul(y, ts_mean(ts_mul(g, y), axes, 1));
  (void)k;
  return ts_mul(s, ts_sub(ts_sub(g, ts_mean(g, axes, 1)), along));
}


/* the softmax family works on x as [o, r, i], r the axis */

typedef struct Columns {
  void (*f)(long r, long i, real *y, const real *x);
  real *y;
  const real *x;
  long r, i, o, rows;
} Columns;


static void columns_piece(void *arg, long piece) {
  const Columns *k = arg;
  long size = k->r * k->i, o = piece * k->rows;
  long end = o + k->rows < k->o ? o + k->rows : k->o;
  for (; o < end; o++) k->f(k->r, k->i, k->y + o * size, k->x + o * size);
}


static int run_columns(const Call *c, Tensor *y,
                       void (*f)(long, long, real *, const real *)) {
  Columns k;
  if (!op_split(c, 1u << c->attr.axis, &k.o, &k.r, &k.i)) return 0;
  k.f = f;
  k.y = y->data;
  k.x = c->in[0]->data;
  k.rows = k.r * k.i < PIECE ? PIECE / (k.r * k.i) : 1;
  pool_for((k.o + k.rows - 1) / k.rows, columns_piece, &k);
  return 1;
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


static const Arg normalize_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"axes", ARG_AXES, AT(axes), "all"},
  {"eps", ARG_NUMBER, AT(a), "1e-5"}, {NULL, 0, 0, NULL}
};

static const Arg softmax_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"axis", ARG_AXIS, AT(axis), "-1"},
  {NULL, 0, 0, NULL}
};

static const Arg cross_entropy_args[] = {
  {"logits", ARG_TENSOR, 0, NULL}, {"target", ARG_TENSOR, 0, NULL},
  {NULL, 0, 0, NULL}
};

const Op op_normalize = {
  "normalize", "(x - mean) / sqrt(variance + eps) over neighbouring axes",
  normalize_args, normalize_infer, normalize_run, normalize_vjp, 0
};
const Op op_softmax = {
  "softmax", "e^x / sum(e^x) along an axis", softmax_args, op_same,
  softmax_run, softmax_vjp, 0
};
const Op op_log_softmax = {
  "log_softmax", "x - logsumexp(x) along an axis", softmax_args, op_same,
  log_softmax_run, log_softmax_vjp, 0
};
const Op op_cross_entropy = {
  "cross_entropy", "-sum(target log_softmax(logits)) over the last axis",
  cross_entropy_args, cross_entropy_infer, cross_entropy_run,
  cross_entropy_vjp, 0
};
