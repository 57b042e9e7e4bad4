/*
** op_reduce.c
** Reductions. x is taken one group of neighbouring axes at a time, as [o,r,i];
** long columns are folded in pieces of a fixed size and the pieces folded
** again, so the shape of the summation tree depends on the sizes alone.
*/

#include "graph/op_far.h"
#include "kernel/kern.h"
#include "base/pool.h"

#include <math.h>
#include <string.h>


typedef struct Folding {
  Fold f;
  real *y;
  const real *x;
  long r, i;
  long rows, pieces;     /* r is cut into `pieces` of `rows` rows */
} Folding;


static void fold_piece(void *arg, long piece) {
  const Folding *f = arg;
  long o = piece / f->pieces, from = piece % f->pieces * f->rows;
  long rows = f->r - from < f->rows ? f->r - from : f->rows;
  f->f(rows, f->i, f->y + piece * f->i, f->x + (o * f->r + from) * f->i);
}


/* y[o,i] from x[o,r,i], r > 0 */
static int fold(Fold kernel, long o, long r, long i, real *y, const real *x) {
  Folding f;
  int ok = 1;
  f.f = kernel;
  f.x = x;
  f.r = r;
  f.i = i;
  f.rows = pool_rows(i) < 2 ? 2 : pool_rows(i);   /* or nothing gets less */
  f.pieces = (r + f.rows - 1) / f.rows;
  if (f.pieces == 1) {
    f.y = y;
    pool_for(o, fold_piece, &f);
    return 1;
  }
  f.y = mem_array((size_t)(o * f.pieces * i), sizeof(real));
  if (f.y == NULL) return 0;
  pool_for(o * f.pieces, fold_piece, &f);
  ok = fold(kernel, o, f.pieces, i, y, f.y);
  mem_free(f.y);
  return ok;
}


void op_lastgroup(unsigned axes, int *from, int *to) {
  int d = TS_MAXDIM;
  while (!(axes >> (d - 1) & 1)) d--;
  *to = d;
  while (d > 0 && (axes >> (d - 1) & 1)) d--;
  *from = d;
}


/* y[o,i] from x[o,r,i], r > 0 */
typedef int (*Group)(const Call *c, long o, long r, long i, real *y,
                     const real *x);


/* reduces one group of neighbouring axes after the other */
static int run_groups(const Call *c, Tensor *y, Group group) {
  const Tensor *x = c->in[0];
  const real *from = x->data;
  real *held = NULL, *into;
  Shape s = x->shape;
  unsigned axes = c->attr.axes;
  int ok = 1;
  if (x->size == 0) {  /* only a sum gets here: the others have no value */
    memset(y->data, 0, (size_t)y->size * sizeof(real));
    return 1;
  }
  if (axes == 0) {
    memcpy(y->data, x->data, (size_t)y->size * sizeof(real));
    return 1;
  }
  while (ok && axes) {
    int a, b, d;
    long o, r, i;
    op_lastgroup(axes, &a, &b);
    o = shape_count(&s, 0, a);
    r = shape_count(&s, a, b);
    i = shape_count(&s, b, s.ndim);
    for (d = a; d < b; d++) {
      axes &= ~(1u << d);
      s.dim[d] = 1;
    }
    into = axes ? mem_array((size_t)(o * i), sizeof(real)) : y->data;
    ok = into && group(c, o, r, i, into, from);
    mem_free(held);
    held = axes ? into : NULL;
    from = into;
  }
  mem_free(held);
  return ok;
}


static int fold_group(const Call *c, long o, long r, long i, real *y,
                      const real *x) {
  return fold(kern->fold[c->op->kernel], o, r, i, y, x);
}


static int run_fold(const Call *c, Tensor *y) {
  return run_groups(c, y, fold_group);
}


static int sum_infer(Call *c, Shape *y) {
  op_reduced(&c->in[0]->shape, c->attr.axes, c->attr.keep, y);
  return 1;
}


/* for reductions that have no value on an empty set */
static int extreme_infer(Call *c, Shape *y) {
  const Shape *x = &c->in[0]->shape;
  char buf[TS_SHAPETEXT];
  int d;
  for (d = 0; d < x->ndim; d++)
    if ((c->attr.axes >> d & 1) && x->dim[d] == 0)
      return ts_fail("%s: got x of shape %s, wanted at least one item to "
                     "reduce", c->op->name, shape_text(x, buf));
  return sum_infer(c, y);
}


typedef struct Columns {
  ColumnKernel f;
  real *y;
  const real *x;
  long r, i, m;
} Columns;


static void column_piece(void *arg, long o, long to) {
  const Columns *k = arg;
  for (; o < to; o++)
    k->f(k->r, k->i, k->y + o * k->m * k->i, k->x + o * k->r * k->i);
}


int op_columns(ColumnKernel f, long o, long r, long i, long m, real *y,
               const real *x) {
  Columns k = { f, y, x, r, i, m };
  pool_range(o, pool_rows(r * i), column_piece, &k);
  return 1;
}


/* the log-sum-exp of log-sum-exps is that of all */
static int logsumexp_group(const Call *c, long o, long r, long i, real *y,
                           const real *x) {
  (void)c;
  return op_columns(kern->logsumexp, o, r, i, 1, y, x);
}


static int run_logsumexp(const Call *c, Tensor *y) {
  return run_groups(c, y, logsumexp_group);
}


static int run_argmax(const Call *c, Tensor *y) {
  long o, r, i;
  return op_split(c, 1u << c->attr.axis, &o, &r, &i) &&
         op_columns(kern->argmax, o, r, i, 1, y->data, c->in[0]->data);
}


static int argmax_infer(Call *c, Shape *y) {
  long n = c->in[0]->shape.dim[c->attr.axis];
  c->attr.axes = 1u << c->attr.axis;
  if (n > TS_EXACT)
    return ts_fail("argmax: argument 'axis': got axis %d of %ld items, wanted "
                   "at most %ld, the largest index that is exact",
                   c->attr.axis + 1, n, TS_EXACT);
  return extreme_infer(c, y);
}


static Tensor *sum_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  (void)y; (void)k;
  return ts_unreduce(g, c->attr.axes, &c->in[0]->shape);
}


/* t, of the result's shape, with the reduced axes as 1: so it broadcasts */
static Tensor *kept(const Call *c, Tensor *t) {
  Shape s;
  op_reduced(&c->in[0]->shape, c->attr.axes, 1, &s);
  return ts_reshape(t, &s);
}


/* equal largest items share the gradient equally */
static Tensor *extreme_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  static const Attr none;
  Tensor *in[3];
  (void)k;
  in[0] = ts_eq(c->in[0], kept(c, y));
  in[1] = ts_div(kept(c, g), ts_sum(in[0], c->attr.axes, 1));
  in[2] = tensor_number(0);
  return op_apply(&op_where, 3, in, &none);
}


static Tensor *logsumexp_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  (void)k;
  return ts_mul(kept(c, g), ts_exp(ts_sub(c->in[0], kept(c, y))));
}


static const Arg reduce_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"axes", ARG_AXES, AT(axes), "all"},
  {"keep", ARG_BOOL, AT(keep), "false"}, {NULL, 0, 0, NULL}
};

static const Arg argmax_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"axis", ARG_AXIS, AT(axis), "-1"},
  {"keep", ARG_BOOL, AT(keep), "false"}, {NULL, 0, 0, NULL}
};

const Op op_sum = {
  "sum", "sum over axes", reduce_args, sum_infer, run_fold, sum_vjp, NULL,
  K_SUM,
  UNREAD_ALL, op_far_reduce
};
const Op op_max = {
  "max", "largest item over axes", reduce_args, extreme_infer, run_fold,
  extreme_vjp, NULL, K_MAX, 0, op_far_reduce
};
const Op op_min = {
  "min", "smallest item over axes", reduce_args, extreme_infer, run_fold,
  extreme_vjp, NULL, K_MIN, 0, op_far_reduce
};
const Op op_argmax = {
  "argmax", "1-based index of the first largest item along an axis; flat",
  argmax_args, argmax_infer, run_argmax, NULL, NULL, 0, 0, op_far_argmax
};
const Op op_logsumexp = {
  "logsumexp", "log(sum(e^x)) over axes", reduce_args, extreme_infer,
  run_logsumexp, logsumexp_vjp, NULL, 0, 0, op_far_logsumexp
};
