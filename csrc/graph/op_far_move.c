/*
** op_far_move.c
** Ops with indices, sorting, running sums and pooling of far operands.
*/

#include "graph/op_far.h"


/* Whether all of a tensor's items are indices from 1 to n: the first that is
** none is looked for where they are, and its place read. So these ops wait. */
static int check_indices(const Call *c, const Tensor *index, long n) {
  BadArgs k = {NULL, index->data, index->size, n};
  FoldArgs f = {0};
  const long mark = scope_open();
  real worst = 0, v;
  int ok = 1;
  if (index->size > 0) {
    k.y = op_far_scratch(index, index->size);
    f.y = k.y ? op_far_scratch(index, 1) : NULL;
    f.x = k.y;
    f.r = index->size;
    f.i = 1;
    ok = f.y && FAR_LAUNCH(index, FAR_bad, index->size, k) &&
         op_far_fold(index, FAR_fold_max, f, 1, FAR_fold_max) &&
         index->place->out(&worst, f.y, sizeof worst);
  }
  scope_close(mark, NULL);
  if (ok && worst > 0) {
    const long j = index->size - (long)worst;
    ok = tensor_read(index, j, 1, &v) && op_badindex(c, (double)v, j, n);
  }
  return ok;
}


/* places of the sorted items of k.x [o,k.n,k.i], from 1, to y */
static int sort(const Tensor *t, MergeArgs k, long o, real *y) {
  const long size = o * k.n * k.i, mark = scope_open();
  real *spare = op_far_scratch(t, size), *to = y;
  long run;
  int ok = spare != NULL;
  for (run = 2; run < k.n; run *= 2) to = to == y ? spare : y;
  k.from = NULL;
  k.run = 1;
  do {                     /* so that the last pass writes to y */
    k.y = to;
    ok = ok && FAR_LAUNCH(t, FAR_merge, size, k);
    k.from = to;
    to = to == y ? spare : y;
    k.run *= 2;
  } while (ok && k.run < k.n);
  scope_close(mark, NULL);
  return ok;
}


/* the order of the indices [o,m,i], in the scope */
static real *sorted(const Tensor *index, long m, long i) {
  MergeArgs k = {0};
  real *order = op_far_scratch(index, index->size);
  k.x = index->data;
  k.n = m;
  k.i = i;
  if (order == NULL || m == 0 || index->size == 0) return order;
  return sort(index, k, index->size / (m * i), order) ? order : NULL;
}


/* n: what indices are of; m: how many there are along the axis */
static int by_index(const Call *c, Tensor *y, FarKernel kernel, long n,
                    long m) {
  const Shape *s = &y->shape;
  IndexArgs k;
  if (!check_indices(c, c->in[c->nin - 1], n)) return 0;
  k.y = y->data;
  k.x = c->in[0]->data;
  k.index = c->in[c->nin - 1]->data;
  k.n = n;
  k.m = m;
  k.i = c->nin == 1 ? 1 : shape_count(s, c->attr.axis + 1, s->ndim);
  k.order = NULL;
  if (kernel == FAR_put || kernel == FAR_put_along) {
    k.order = sorted(c->in[1], m, kernel == FAR_put ? 1 : k.i);
    if (k.order == NULL) return 0;
  }
  return FAR_LAUNCH(y, kernel, y->size, k);
}


int op_far_take(const Call *c, Tensor *y) {
  const int axis = c->attr.axis;
  return by_index(c, y, c->op == &op_take ? FAR_take : FAR_take_along,
                  c->in[0]->shape.dim[axis], y->shape.dim[axis]);
}


int op_far_put(const Call *c, Tensor *y) {
  return by_index(c, y, c->op == &op_put ? FAR_put : FAR_put_along,
                  c->attr.count, c->in[0]->shape.dim[c->attr.axis]);
}


int op_far_one_hot(const Call *c, Tensor *y) {
  return by_index(c, y, FAR_one_hot, c->attr.count, 0);
}


/* the only shape that depends on numbers, so this op waits, too */
int op_far_count(const Tensor *x, long *count) {
  FoldArgs k = {0};
  const long mark = scope_open();
  real n = 0;
  int ok = 1;
  if (x->size > TS_EXACT)
    return ts_fail("nonzero: argument 'x': got %ld items on '%s', wanted at "
                   "most %ld: a real holds no larger number of them",
                   x->size, device_name(x->place), TS_EXACT);
  if (x->size > 0) {
    k.x = x->data;
    k.r = x->size;
    k.i = 1;
    k.y = op_far_scratch(x, 1);
    ok = k.y && op_far_fold(x, FAR_fold_count, k, 1, FAR_fold_sum) &&
         x->place->out(&n, k.y, sizeof n);
  }
  scope_close(mark, NULL);
  *count = (long)n;
  return ok;
}


int op_far_nonzero(const Call *c, Tensor *y) {
  const Tensor *x = c->in[0];
  NonzeroArgs k;
  int d;
  k.y = y->data;
  k.x = x->data;
  k.size = x->size;
  k.ndim = x->shape.ndim;
  for (d = 0; d < k.ndim; d++) k.dim[d] = x->shape.dim[d];
  return FAR_LAUNCH(y, FAR_nonzero, 1, k);
}


int op_far_cumsum(const Call *c, Tensor *y) {
  const Shape *s = &y->shape;
  ColumnArgs k;
  k.y = y->data;
  k.x = c->in[0]->data;
  k.n = s->dim[c->attr.axis];
  k.i = shape_count(s, c->attr.axis + 1, s->ndim);
  k.backwards = c->attr.backwards;
  return FAR_LAUNCH(y, FAR_cumsum, y->size / k.n, k);
}


int op_far_argsort(const Call *c, Tensor *y) {
  const Shape *s = &y->shape;
  MergeArgs k = {0};
  k.x = c->in[0]->data;
  k.n = s->dim[c->attr.axis];
  k.i = shape_count(s, c->attr.axis + 1, s->ndim);
  k.descending = c->attr.descending;
  return sort(y, k, y->size / (k.n * k.i), y->data);
}


int op_far_pool(const Call *c, Tensor *y) {
  const int widens = c->op == &op_spread || c->op == &op_pool_put;
  const Shape *large = widens ? &y->shape : &c->in[0]->shape;
  const Shape *small = widens ? &c->in[0]->shape : &y->shape;
  const Attr *a = &c->attr;
  PoolArgs k;
  k.y = y->data;
  k.x = c->in[0]->data;
  k.which = c->nin == 2 ? c->in[1]->data : NULL;
  k.h = large->dim[1];
  k.w = large->dim[2];
  k.c = large->dim[3];
  k.oh = small->dim[1];
  k.ow = small->dim[2];
  k.kh = a->kernel[0];
  k.kw = a->kernel[1];
  k.sh = a->stride[0];
  k.sw = a->stride[1];
  k.pt = a->pad[0];
  k.pl = a->pad[2];
  return FAR_LAUNCH(y, widens ? FAR_spread
                       : c->op == &op_sum_pool ? FAR_sum_pool
                       : c->op == &op_pool_which ? FAR_pool_which
                       : FAR_pool_take, y->size, k);
}
