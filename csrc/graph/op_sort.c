/*
** op_sort.c
** The order of items along an axis. Each column of x, taken as [o,n,i], is
** sorted by merging; a column's items are copied with their places, so a
** thread needs room for two columns.
*/

#include "graph/op.h"
#include "base/pool.h"

#include <string.h>

typedef struct Item {
  real v;
  long at;               /* 0-based place in the column */
} Item;

typedef struct Sorting {
  const real *x;
  real *y;
  long n, i;
  int descending;
  Item *room;            /* 2 n for each thread */
} Sorting;


/* whether p has to stand before q, which was first; NaN goes last */
static int before(const Item *p, const Item *q, int descending) {
  if (p->v != p->v) return 0;
  if (q->v != q->v) return 1;
  return descending ? p->v > q->v : p->v < q->v;
}


/* merges a[0..m) and a[m..n) into b; equal items keep their order */
static void merge(Item *b, const Item *a, long m, long n, int descending) {
  const Item *p = a, *q = a + m, *p_end = a + m, *q_end = a + n;
  while (p < p_end && q < q_end)
    *b++ = before(q, p, descending) ? *q++ : *p++;
  while (p < p_end) *b++ = *p++;
  while (q < q_end) *b++ = *q++;
}


/* sorts a[n], with b[n] as room; returns which of them holds the result */
static Item *sort_items(Item *a, Item *b, long n, int descending) {
  long run, from;
  for (run = 1; run < n; run *= 2) {
    Item *other = a;
    for (from = 0; from < n; from += 2 * run) {
      long left = n - from;
      merge(b + from, a + from, run < left ? run : left,
            2 * run < left ? 2 * run : left, descending);
    }
    a = b;
    b = other;
  }
  return a;
}


static void sort_column(void *arg, long column) {
  const Sorting *s = arg;
  Item *a = s->room + 2 * s->n * pool_self();
  long at = column / s->i * s->n * s->i + column % s->i, j;
  for (j = 0; j < s->n; j++) {
    a[j].v = s->x[at + j * s->i];
    a[j].at = j;
  }
  a = sort_items(a, a + s->n, s->n, s->descending);
  for (j = 0; j < s->n; j++) s->y[at + j * s->i] = (real)(a[j].at + 1);
}


static int argsort_infer(Call *c, Shape *y) {
  long n = c->in[0]->shape.dim[c->attr.axis];
  if (n > TS_EXACT)
    return ts_fail("argsort: argument 'x': got %ld items along axis %d, "
                   "wanted at most %ld: a real holds no larger index", n,
                   c->attr.axis + 1, TS_EXACT);
  return op_same(c, y);
}


static int argsort_run(const Call *c, Tensor *y) {
  const Shape *s = &y->shape;
  int axis = c->attr.axis;
  long o = shape_count(s, 0, axis);
  Sorting k = {
    .x = c->in[0]->data, .y = y->data, .n = s->dim[axis],
    .i = shape_count(s, axis + 1, s->ndim), .descending = c->attr.descending
  };
  k.room = mem_array((size_t)(2 * k.n * pool_threads()), sizeof *k.room);
  if (k.room == NULL) return 0;
  pool_for(o * k.i, sort_column, &k);
  mem_free(k.room);
  return 1;
}


static const Arg argsort_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"axis", ARG_AXIS, AT(axis), "-1"},
  {"descending", ARG_BOOL, AT(descending), "false"}, {NULL, 0, 0, NULL}
};

const Op op_argsort = {
  "argsort", "1-based places of the sorted items along an axis; NaN goes "
  "last, equal items keep their order; flat", argsort_args, argsort_infer,
  argsort_run, NULL, NULL, 0, 0, op_far_argsort
};
