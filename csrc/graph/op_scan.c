/*
** op_scan.c
** Running sums along an axis, forwards or backwards: one is the adjoint of
** the other. x is taken as [o,n,i]; a few columns at a time are summed in
** double precision.
*/

#include "graph/op.h"
#include "base/pool.h"

#include <string.h>

#define COLUMNS 16       /* side by side in a row of memory */

typedef struct Scan {
  const real *x;
  real *y;
  long n, i;
  long parts;            /* of COLUMNS, in i */
  int backwards;
} Scan;


static void scan_part(void *arg, long part) {
  const Scan *s = arg;
  double sum[COLUMNS] = {0};
  long from = part % s->parts * COLUMNS, j, k;
  long at = part / s->parts * s->n * s->i + from;
  long columns = s->i - from < COLUMNS ? s->i - from : COLUMNS;
  for (j = 0; j < s->n; j++) {
    long row = at + (s->backwards ? s->n - 1 - j : j) * s->i;
    for (k = 0; k < columns; k++) {
      sum[k] += s->x[row + k];
      s->y[row + k] = (real)sum[k];
    }
  }
}


static int cumsum_run(const Call *c, Tensor *y) {
  const Shape *s = &y->shape;
  int axis = c->attr.axis;
  Scan k = {
    .x = c->in[0]->data, .y = y->data, .n = s->dim[axis],
    .i = shape_count(s, axis + 1, s->ndim), .backwards = c->attr.backwards
  };
  k.parts = (k.i + COLUMNS - 1) / COLUMNS;
  pool_for(shape_count(s, 0, axis) * k.parts, scan_part, &k);
  return 1;
}


static Tensor *cumsum_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  Attr a = c->attr;
  (void)y; (void)k;
  a.backwards = !a.backwards;
  return op_apply(&op_cumsum, 1, &g, &a);
}


static const Arg cumsum_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"axis", ARG_AXIS, AT(axis), "-1"},
  {"backwards", ARG_BOOL, AT(backwards), "false"}, {NULL, 0, 0, NULL}
};

const Op op_cumsum = {
  "cumsum", "sums of the items up to each one along an axis, or from each "
  "one on", cumsum_args, op_same, cumsum_run, cumsum_vjp, NULL, 0, UNREAD_ALL,
  op_far_cumsum
};
