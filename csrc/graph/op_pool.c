/*
** op_pool.c
** Pooling over windows of images [n h w c]: sums with their adjoint `spread`
** (which is also nearest-neighbour upsampling), and maxima as a flat choice,
** pool_which, and the linear pair pool_take and pool_put that follow it.
** Average and maximum pooling are put together from these in Lua.
*/

#include "graph/op.h"
#include "base/pool.h"

#include <string.h>

typedef enum Task { TASK_SUM, TASK_SPREAD, TASK_WHICH, TASK_TAKE, TASK_PUT }
  Task;

typedef struct Windows {
  Task task;
  real *out;
  const real *in, *which;
  long h, w, c, oh, ow;      /* of the large and of the small image */
  const Attr *a;
} Windows;


/* rows (or columns) of the large image under window p: [lo, hi) */
static void window(long p, long stride, long pad, long kernel, long size,
                   long *lo, long *hi) {
  *lo = p * stride - pad;
  *hi = *lo + kernel < size ? *lo + kernel : size;
  if (*lo < 0) *lo = 0;
}


static void window_task(const Windows *g, real *out, const real *in,
                        const real *which, const long y[2], const long x[2]) {
  long i, j, l, c = g->c;
  if (g->task == TASK_SUM || g->task == TASK_TAKE)  /* `which` may be amiss */
    memset(out, 0, (size_t)c * sizeof(real));
  for (i = y[0]; i < y[1]; i++)
    for (j = x[0]; j < x[1]; j++) {
      long at = (i * g->w + j) * c;
      real code = (real)((i - y[0]) * (x[1] - x[0]) + (j - x[0]) + 1);
      switch (g->task) {
        case TASK_SUM:
          for (l = 0; l < c; l++) out[l] += in[at + l];
          break;
        case TASK_SPREAD:
          for (l = 0; l < c; l++) out[at + l] += in[l];
          break;
        case TASK_WHICH:  /* compares with the item chosen so far */
          for (l = 0; l < c; l++) {
            long k = code == 1 ? 0 : (long)out[l] - 1;
            long best = ((y[0] + k / (x[1] - x[0])) * g->w +
                         x[0] + k % (x[1] - x[0])) * c + l;
            if (code == 1 || (!(in[at + l] <= in[best]) &&
                              in[best] == in[best]))
              out[l] = code;  /* a NaN is the largest */
          }
          break;
        case TASK_TAKE:
          for (l = 0; l < c; l++)
            if (which[l] == code) out[l] = in[at + l];
          break;
        case TASK_PUT:
          for (l = 0; l < c; l++)
            if (which[l] == code) out[at + l] += in[l];
          break;
      }
    }
}


static void image_piece(void *arg, long n) {
  const Windows *g = arg;
  int widens = g->task == TASK_SPREAD || g->task == TASK_PUT;
  long large = g->h * g->w * g->c, small = g->oh * g->ow * g->c;
  real *out = g->out + n * (widens ? large : small);
  const real *in = g->in + n * (widens ? small : large);
  long p, q, y[2], x[2];
  if (widens) memset(out, 0, (size_t)large * sizeof(real));
  for (p = 0; p < g->oh; p++) {
    window(p, g->a->stride[0], g->a->pad[0], g->a->kernel[0], g->h,
           &y[0], &y[1]);
    for (q = 0; q < g->ow; q++) {
      long at = (p * g->ow + q) * g->c;
      window(q, g->a->stride[1], g->a->pad[2], g->a->kernel[1], g->w,
             &x[0], &x[1]);
      window_task(g, widens ? out : out + at, widens ? in + at : in,
                  g->which ? g->which + n * small + at : NULL, y, x);
    }
  }
}


static int run_windows(const Call *c, Tensor *y, Task task) {
  int widens = task == TASK_SPREAD || task == TASK_PUT;
  const Shape *large = widens ? &y->shape : &c->in[0]->shape;
  const Shape *small = widens ? &c->in[0]->shape : &y->shape;
  Windows g;
  g.task = task;
  g.out = y->data;
  g.in = c->in[0]->data;
  g.which = c->nin == 2 ? c->in[1]->data : NULL;
  g.h = large->dim[1];
  g.w = large->dim[2];
  g.c = large->dim[3];
  g.oh = small->dim[1];
  g.ow = small->dim[2];
  g.a = &c->attr;
  pool_for(large->dim[0], image_piece, &g);
  return 1;
}


static int sum_pool_run(const Call *c, Tensor *y) {
  return run_windows(c, y, TASK_SUM);
}

static int spread_run(const Call *c, Tensor *y) {
  return run_windows(c, y, TASK_SPREAD);
}

static int pool_which_run(const Call *c, Tensor *y) {
  return run_windows(c, y, TASK_WHICH);
}

static int pool_take_run(const Call *c, Tensor *y) {
  return run_windows(c, y, TASK_TAKE);
}

static int pool_put_run(const Call *c, Tensor *y) {
  return run_windows(c, y, TASK_PUT);
}


static int pool_check(const Call *c) {
  const Shape *x = &c->in[0]->shape;
  const Attr *a = &c->attr;
  char buf[TS_SHAPETEXT];
  int d;
  if (x->ndim != 4)
    return ts_fail("%s: got x of shape %s, wanted four axes: images, height, "
                   "width, channels", c->op->name, shape_text(x, buf));
  if (a->pad[0] == PAD_SAME)
    return ts_fail("%s: argument 'pad': got \"same\", wanted numbers",
                   c->op->name);
  for (d = 0; d < 4; d++)
    if (a->pad[d] >= a->kernel[d / 2])
      return ts_fail("%s: argument 'pad': got %ld, wanted less than the "
                     "kernel's %ld", c->op->name, a->pad[d],
                     a->kernel[d / 2]);
  return 1;
}


/* a window's items are numbered by reals where one of them is chosen */
static int codes_check(const Call *c, const Shape *x) {
  long n = 1;
  int d;
  if (c->op == &op_sum_pool || c->op == &op_spread) return 1;
  for (d = 0; d < 2; d++)
    n *= c->attr.kernel[d] < x->dim[d + 1] ? c->attr.kernel[d]
                                           : x->dim[d + 1];
  return n <= TS_EXACT ||
         ts_fail("%s: got windows of %ld items, wanted at most %ld: a real "
                 "holds no larger number of one", c->op->name, n, TS_EXACT);
}


/* windows that lie wholly in the padding at the end hold nothing */
static int narrow(const Call *c, const Shape *x, Shape *y) {
  int d;
  *y = *x;
  for (d = 0; d < 2; d++) {
    y->dim[d + 1] = op_windows(&c->attr, d, x->dim[d + 1],
                               c->attr.kernel[d]);
    if (x->dim[d + 1] == 0 && y->dim[d + 1] > 0)
      return ts_fail("%s: got x without items, wanted one or more under "
                     "each window", c->op->name);
  }
  return codes_check(c, x);
}


static int which_check(const Call *c, const Shape *y) {
  char a[TS_SHAPETEXT], b[TS_SHAPETEXT];
  if (!shape_equal(&c->in[1]->shape, y))
    return ts_fail("%s: got `which` of shape %s, wanted %s", c->op->name,
                   shape_text(&c->in[1]->shape, a), shape_text(y, b));
  return 1;
}


static int narrow_infer(Call *c, Shape *y) {
  return pool_check(c) && narrow(c, &c->in[0]->shape, y) &&
         (c->nin == 1 || which_check(c, y));
}


static int widen_infer(Call *c, Shape *x) {
  const Shape *y = &c->in[0]->shape;
  Attr *a = &c->attr;
  Shape back;
  int d;
  if (!pool_check(c)) return 0;
  *x = *y;
  for (d = 0; d < 2; d++) {
    if (a->size[d] == 0)
      a->size[d] = op_extent(a, d, y->dim[d + 1], a->kernel[d]);
    x->dim[d + 1] = a->size[d];
  }
  if (!narrow(c, x, &back)) return 0;
  if (!shape_equal(&back, y))
    return ts_fail("%s: got the size %ld x %ld, wanted one with %ld x %ld "
                   "windows", c->op->name, a->size[0], a->size[1],
                   y->dim[1], y->dim[2]);
  return c->nin == 1 || which_check(c, y);
}


/* the adjoint: the same windows, with the height and width of operand 0 */
static Tensor *adjoint(const Op *op, const Call *c, Tensor *g, int k) {
  Attr a = c->attr;
  Tensor *in[2];
  if (k == 1) return tensor_zeros_like(c->in[1]);
  in[0] = g;
  in[1] = c->nin == 2 ? c->in[1] : NULL;
  a.size[0] = c->in[0]->shape.dim[1];
  a.size[1] = c->in[0]->shape.dim[2];
  return op_apply(op, c->nin, in, &a);
}


static Tensor *sum_pool_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  (void)y;
  return adjoint(&op_spread, c, g, k);
}

static Tensor *spread_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  (void)y;
  return adjoint(&op_sum_pool, c, g, k);
}

static Tensor *pool_take_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  (void)y;
  return adjoint(&op_pool_put, c, g, k);
}

static Tensor *pool_put_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  (void)y;
  return adjoint(&op_pool_take, c, g, k);
}


#define WINDOW_ARGS \
  {"kernel", ARG_PAIR, AT(kernel), NULL}, \
  {"stride", ARG_PAIR, AT(stride), "1"}, {"pad", ARG_PAD, AT(pad), "0"}

static const Arg narrow_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, WINDOW_ARGS, {NULL, 0, 0, NULL}
};

static const Arg widen_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, WINDOW_ARGS,
  {"size", ARG_PAIR, AT(size), "smallest"}, {NULL, 0, 0, NULL}
};

static const Arg take_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"which", ARG_TENSOR, 0, NULL}, WINDOW_ARGS,
  {NULL, 0, 0, NULL}
};

static const Arg put_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"which", ARG_TENSOR, 0, NULL}, WINDOW_ARGS,
  {"size", ARG_PAIR, AT(size), "smallest"}, {NULL, 0, 0, NULL}
};

const Op op_sum_pool = {
  "sum_pool", "sum over each window of images x [n h w c]", narrow_args,
  narrow_infer, sum_pool_run, sum_pool_vjp, NULL, 0, UNREAD_ALL, op_far_pool
};
const Op op_spread = {
  "spread", "each item of x added to all items of its window: the adjoint of "
  "sum_pool", widen_args, widen_infer, spread_run, spread_vjp, NULL, 0,
  UNREAD_ALL, op_far_pool
};
const Op op_pool_which = {
  "pool_which", "1-based position of the first largest item in each window, "
  "padding left out; flat", narrow_args, narrow_infer, pool_which_run, NULL,
  NULL, 0, 0, op_far_pool
};
const Op op_pool_take = {
  "pool_take", "the item at position `which` of each window", take_args,
  narrow_infer, pool_take_run, pool_take_vjp, NULL, 0, 0, op_far_pool
};
const Op op_pool_put = {
  "pool_put", "each item of x added at position `which` of its window: the "
  "adjoint of pool_take", put_args, widen_infer, pool_put_run, pool_put_vjp,
  NULL, 0, 0, op_far_pool
};
