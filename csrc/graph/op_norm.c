/*
** op_norm.c
** Normalisation over neighbouring axes: x is [o,r,i], and each of the o x i
** groups has r numbers. The derivative of y = (x - mean) / sqrt(var + eps),
**   J(g) = s (g - mean(g) - y mean(g y)),   s = 1 / sqrt(var + eps),
** is symmetric and an op of its own, so it serves as its own adjoint. All
** goes through chunks of rows that stay in the second cache while sums over
** them are made; the chunks' sums are put together in pairs, in a fixed order,
** so the bits do not depend on the threads.
*/

#include "graph/op.h"
#include "kernel/kern.h"
#include "base/pool.h"

#include <math.h>
#include <string.h>

#define CHUNK 16384    /* items, roughly, */
#define LEAST 32       /* but so many rows: each chunk leaves two */

typedef struct Groups {
  long o, r, i;
  long rows, chunks;         /* r is cut into `chunks` of `rows` */
  long several;              /* small chunks are taken at a time */
  const real *x, *g;
  real *y;
  real *sums;                /* [o,chunks,2,i]: what each chunk found */
  real *mean, *scale;        /* [o,i]; the scale is s */
  real *total, *dot;         /* [o,i]: sums of g and of g (x - mean) */
  const real *shift;         /* [i] or NULL */
  real slope;
} Groups;


static void cut(Groups *q, long o, long r, long i) {
  long items;
  memset(q, 0, sizeof *q);
  q->o = o;
  q->r = r;
  q->i = i;
  q->rows = CHUNK / (i > 0 ? i : 1);
  if (q->rows < LEAST) q->rows = LEAST;
  q->chunks = (r + q->rows - 1) / q->rows;
  items = (r < q->rows ? r : q->rows) * i;
  q->several = items > 0 && items < CHUNK ? CHUNK / items : 1;
}


/* `arrays` of [o,i] after the sums; mem_free(q->sums) */
static int make_room(Groups *q, int arrays) {
  long n = q->o * q->i;
  q->sums = mem_array((size_t)(n * (2 * q->chunks + arrays)), sizeof(real));
  if (q->sums == NULL) return 0;
  q->mean = q->sums + 2 * n * q->chunks;
  q->scale = q->mean + n;
  q->total = q->scale + n;
  q->dot = q->total + n;
  return 1;
}


/* chunk number `piece`: where it begins in x, how many rows it has */
static long chunk_at(const Groups *q, long piece, long *rows) {
  long from = piece % q->chunks * q->rows;
  *rows = q->r - from < q->rows ? q->r - from : q->rows;
  return (piece / q->chunks * q->r + from) * q->i;
}


typedef struct Loop {
  const Groups *q;
  void (*body)(const Groups *q, long piece);
} Loop;


static void loop_piece(void *arg, long piece, long end) {
  const Loop *l = arg;
  for (; piece < end; piece++) l->body(l->q, piece);
}


static void for_chunks(const Groups *q, void (*body)(const Groups *, long)) {
  Loop l;
  l.q = q;
  l.body = body;
  pool_range(q->o * q->chunks, q->several, loop_piece, &l);
}


static void moments_piece(const Groups *q, long piece) {
  real *mean = q->sums + piece * 2 * q->i;
  long rows, at = chunk_at(q, piece, &rows), l;
  kern->fold[K_SUM](rows, q->i, mean, q->x + at);
  for (l = 0; l < q->i; l++) mean[l] /= (real)rows;
  kern->deviation(rows, q->i, mean + q->i, q->x + at, mean);
}


typedef void (*Join)(const Groups *q, real *part, const real *next,
                     double before, double rows);

/* The parts [2,i] of all chunks of a group, put together in the first one.
** `next`, of so many rows, joins `part`, of those before it: neighbours, then
** pairs, then pairs of pairs. */
static void join_chunks(const Groups *q, Join join) {
  long o, c, step, n = 2 * q->i;
  for (o = 0; o < q->o; o++) {
    real *part = q->sums + o * q->chunks * n;
    for (step = 1; step < q->chunks; step *= 2)
      for (c = 0; c + step < q->chunks; c += 2 * step) {
        long left = q->r - (c + step) * q->rows, rows = step * q->rows;
        join(q, part + c * n, part + (c + step) * n, (double)rows,
             (double)(left < rows ? left : rows));
      }
  }
}


/* Chan, Golub and LeVeque (1979): no difference of large sums is taken */
static void join_moments(const Groups *q, real *part, const real *next,
                         double before, double rows) {
  const real share = (real)(rows / (before + rows));
  long l;
  for (l = 0; l < q->i; l++) {
    const real d = next[l] - part[l];
    part[l] += d * share;
    part[q->i + l] += next[q->i + l] + d * d * share * (real)before;
  }
}


/* mean and variance of each group */
static void moments(const Groups *q, real *mean, real *var) {
  long o, l;
  for_chunks(q, moments_piece);
  join_chunks(q, join_moments);
  for (o = 0; o < q->o; o++, mean += q->i, var += q->i) {
    const real *part = q->sums + o * q->chunks * 2 * q->i;
    memcpy(mean, part, (size_t)q->i * sizeof(real));
    for (l = 0; l < q->i; l++) var[l] = part[q->i + l] / (real)q->r;
  }
}


static void find_scale(const Groups *q, double eps) {
  long l;
  moments(q, q->mean, q->scale);
  for (l = 0; l < q->o * q->i; l++)
    q->scale[l] = (real)(1 / sqrt((double)q->scale[l] + eps));
}


static void sums_piece(const Groups *q, long piece) {
  real *sum = q->sums + piece * 2 * q->i;
  long rows, at = chunk_at(q, piece, &rows);
  kern->sums(rows, q->i, sum, sum + q->i, q->g + at, q->x + at,
             q->mean + piece / q->chunks * q->i);
}


static void join_sums(const Groups *q, real *part, const real *next,
                      double before, double rows) {
  long l;
  (void)before; (void)rows;
  for (l = 0; l < 2 * q->i; l++) part[l] += next[l];
}


/* total = sum(g), dot = sum(g (x - mean)) of each group */
static void find_sums(const Groups *q) {
  const size_t bytes = (size_t)q->i * sizeof(real);
  long o;
  for_chunks(q, sums_piece);
  join_chunks(q, join_sums);
  for (o = 0; o < q->o; o++) {
    const real *part = q->sums + o * q->chunks * 2 * q->i;
    memcpy(q->total + o * q->i, part, bytes);
    memcpy(q->dot + o * q->i, part + q->i, bytes);
  }
}


static void rescale_piece(const Groups *q, long piece) {
  long o = piece / q->chunks, rows, at = chunk_at(q, piece, &rows);
  kern->rescale(rows, q->i, q->y + at, q->x + at, q->mean + o * q->i,
                q->scale + o * q->i, q->shift, q->slope);
}


static void project_piece(const Groups *q, long piece) {
  long o = piece / q->chunks, rows, at = chunk_at(q, piece, &rows);
  kern->project(rows, q->i, q->y + at, q->g + at, q->x + at,
                q->mean + o * q->i, q->scale + o * q->i,
                q->total + o * q->i, q->dot + o * q->i);
}


int op_moments(long o, long r, long i, const real *x, real *mean,
               real *var) {
  Groups q;
  cut(&q, o, r, i);
  q.x = x;
  if (!make_room(&q, 0)) return 0;
  moments(&q, mean, var);
  mem_free(q.sums);
  return 1;
}


static int check_eps(const Call *c) {
  return c->attr.a >= 0 ? 1 : ts_fail("%s: got eps = %g, wanted 0 or more",
                                      c->op->name, c->attr.a);
}


static int open_groups(Groups *q, const Call *c, int arrays) {
  long o, r, i;
  if (!op_split(c, c->attr.axes, &o, &r, &i)) return 0;
  cut(q, o, r, i);
  q->x = c->in[0]->data;
  q->slope = 1;
  return make_room(q, arrays);
}


/* normalize */

static int normalize_infer(Call *c, Shape *y) {
  long o, r, i;
  return check_eps(c) && op_split(c, c->attr.axes, &o, &r, &i) &&
         op_same(c, y);
}


static int normalize_run(const Call *c, Tensor *y) {
  Groups q;
  if (!open_groups(&q, c, 2)) return 0;
  q.y = y->data;
  find_scale(&q, c->attr.a);
  for_chunks(&q, rescale_piece);
  mem_free(q.sums);
  return 1;
}


static Tensor *same_groups(const Op *op, const Call *c, Tensor *g) {
  Attr a = {0};
  Tensor *in[2];
  in[0] = c->in[0];
  in[1] = g;
  a.axes = c->attr.axes;
  a.a = c->attr.a;
  return op_apply(op, op == &op_normalize ? 1 : 2, in, &a);
}


static Tensor *normalize_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  (void)y;
  (void)k;
  return same_groups(&op_normalize_x, c, g);
}


/* normalize_x: J(g) at x */

static int same_shapes(const Call *c) {
  char a[TS_SHAPETEXT], b[TS_SHAPETEXT];
  const Shape *x = &c->in[0]->shape, *g = &c->in[1]->shape;
  if (shape_equal(x, g)) return 1;
  return ts_fail("%s: got %s of shape %s and %s of shape %s, wanted equal "
                 "shapes", c->op->name, c->op->args[0].name,
                 shape_text(x, a), c->op->args[1].name, shape_text(g, b));
}


static int normalize_x_infer(Call *c, Shape *y) {
  return same_shapes(c) && normalize_infer(c, y);
}


static int normalize_x_run(const Call *c, Tensor *y) {
  Groups q;
  long l;
  if (!open_groups(&q, c, 4)) return 0;
  q.g = c->in[1]->data;
  q.y = y->data;
  find_scale(&q, c->attr.a);
  find_sums(&q);
  for (l = 0; l < q.o * q.i; l++) {
    q.total[l] /= (real)q.r;
    q.dot[l] *= q.scale[l] * q.scale[l] / (real)q.r;
  }
  for_chunks(&q, project_piece);
  mem_free(q.sums);
  return 1;
}


/* s, made of x, so that it can be differentiated again */
static Tensor *scale_of(const Call *c) {
  Tensor *x = c->in[0], *half = tensor_number(-0.5);
  Tensor *e = ts_sub(x, ts_mean(x, c->attr.axes, 1));
  Tensor *var = ts_mean(ts_square(e), c->attr.axes, 1);
  return half ? ts_pow(ts_affine(var, 1, c->attr.a), half) : NULL;
}


/* <h, J(g)> = s A with A = sum(g h) - sum(g) sum(h) / n - a b / n, where
** a = sum(g y) and b = sum(h y). In g it is J(h). In x, since the gradient
** of y's every use goes through J again and that of s is -s^2 y / n:
**   -(A s^2 y + s J(b g + a h)) / n  */
static Tensor *normalize_x_vjp(const Call *c, Tensor *y, Tensor *h, int k) {
  unsigned axes = c->attr.axes;
  Tensor *g = c->in[1], *a, *b, *s, *all, *first, *second;
  double n;
  (void)y;
  if (k == 1) return same_groups(&op_normalize_x, c, h);
  a = same_groups(&op_normalize_dot, c, g);
  b = same_groups(&op_normalize_dot, c, h);
  s = scale_of(c);
  if (a == NULL || b == NULL || s == NULL) return NULL;
  n = (double)g->size / (double)a->size;
  all = ts_add(ts_mul(ts_sum(g, axes, 1), ts_sum(h, axes, 1)), ts_mul(a, b));
  all = ts_sub(ts_sum(ts_mul(g, h), axes, 1), ts_affine(all, 1 / n, 0));
  first = ts_mul(ts_mul(all, ts_square(s)),
                 same_groups(&op_normalize, c, NULL));
  second = ts_add(ts_mul(g, b), ts_mul(h, a));
  second = ts_mul(s, same_groups(&op_normalize_x, c, second));
  return ts_affine(ts_add(first, second), -1 / n, 0);
}


/* normalize_dot: sum(g y) of each group, the axes kept with size 1 */

static int normalize_dot_infer(Call *c, Shape *y) {
  if (!normalize_x_infer(c, y)) return 0;
  op_reduced(&c->in[0]->shape, c->attr.axes, 1, y);
  return 1;
}


static int normalize_dot_run(const Call *c, Tensor *y) {
  Groups q;
  long l;
  if (!open_groups(&q, c, 4)) return 0;
  q.g = c->in[1]->data;
  memset(y->data, 0, (size_t)y->size * sizeof(real));
  if (q.r > 0) {
    find_scale(&q, c->attr.a);
    find_sums(&q);
    for (l = 0; l < y->size; l++) y->data[l] = q.dot[l] * q.scale[l];
  }
  mem_free(q.sums);
  return 1;
}


static Tensor *normalize_dot_vjp(const Call *c, Tensor *y, Tensor *h,
                                 int k) {
  (void)y;
  if (k == 0)
    return same_groups(&op_normalize_x, c, ts_mul(c->in[1], h));
  return ts_mul(same_groups(&op_normalize, c, NULL), h);
}


/* batch_norm: leaky_relu(normalize(x) scale + shift) over all axes but the
** last, in one op */

static int batch_norm_infer(Call *c, Shape *y) {
  const Shape *x = &c->in[0]->shape;
  char a[TS_SHAPETEXT], b[TS_SHAPETEXT];
  int k;
  if (x->ndim < 2)
    return ts_fail("batch_norm: got x of shape %s, wanted two axes or more",
                   shape_text(x, a));
  for (k = 1; k <= 2; k++) {
    const Shape *s = &c->in[k]->shape;
    if (s->ndim != 1 || s->dim[0] != x->dim[x->ndim - 1])
      return ts_fail("batch_norm: got %s of shape %s for x of shape %s, "
                     "wanted [%ld]", c->op->args[k].name, shape_text(s, a),
                     shape_text(x, b), x->dim[x->ndim - 1]);
  }
  c->attr.axes = (1u << (x->ndim - 1)) - 1;
  return check_eps(c) && op_check_slope(c) && op_same(c, y);
}


static int batch_norm_run(const Call *c, Tensor *y) {
  Groups q;
  long l;
  if (!open_groups(&q, c, 2)) return 0;
  q.y = y->data;
  q.shift = c->in[2]->data;
  q.slope = (real)c->attr.b;
  find_scale(&q, c->attr.a);
  for (l = 0; l < q.i; l++) q.scale[l] *= c->in[1]->data[l];
  for_chunks(&q, rescale_piece);
  mem_free(q.sums);
  return 1;
}


static Tensor *batch_norm_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  (void)y;
  if (k == 2) return g;
  if (k == 1) return same_groups(&op_normalize_dot, c, g);
  return ts_mul(same_groups(&op_normalize_x, c, g), c->in[1]);
}


static const Arg normalize_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"axes", ARG_AXES, AT(axes), "all"},
  {"eps", ARG_NUMBER, AT(a), "1e-5"}, {NULL, 0, 0, NULL}
};

static const Arg normalize_x_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"g", ARG_TENSOR, 0, NULL},
  {"axes", ARG_AXES, AT(axes), "all"}, {"eps", ARG_NUMBER, AT(a), "1e-5"},
  {NULL, 0, 0, NULL}
};

static const Arg batch_norm_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"scale", ARG_TENSOR, 0, NULL},
  {"shift", ARG_TENSOR, 0, NULL}, {"eps", ARG_NUMBER, AT(a), "1e-5"},
  {"slope", ARG_NUMBER, AT(b), "1"}, {NULL, 0, 0, NULL}
};

const Op op_normalize = {
  "normalize", "(x - mean) / sqrt(variance + eps) over neighbouring axes",
  normalize_args, normalize_infer, normalize_run, normalize_vjp, NULL, 0,
  UNREAD_RESULT, op_far_normalize
};
const Op op_normalize_x = {
  "normalize_x", "the derivative of normalize at x, applied to g",
  normalize_x_args, normalize_x_infer, normalize_x_run, normalize_x_vjp,
  NULL, 0, UNREAD_RESULT, op_far_normalize_back
};
const Op op_normalize_dot = {
  "normalize_dot", "sum of g normalize(x) over the axes, which are kept",
  normalize_x_args, normalize_dot_infer, normalize_dot_run,
  normalize_dot_vjp, NULL, 0, UNREAD_RESULT, op_far_normalize_back
};
const Op op_batch_norm = {
  "batch_norm", "normalize(x) scale + shift over all axes but the last; "
  "what is negative of it times slope", batch_norm_args, batch_norm_infer,
  batch_norm_run, batch_norm_vjp, op_gated, 0, UNREAD_THIRD, op_far_normalize
};
