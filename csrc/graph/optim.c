/*
** optim.c
** Cuts the fused updates into parallel pieces.
*/

#include "graph/optim.h"
#include "base/flush.h"
#include "graph/op.h"
#include "base/pool.h"

#define PIECE 65536


typedef struct Update {
  OptimRule rule;
  real *p, *slot[2];
  const real *g;
  const UpdateRate *u;
} Update;


int optim_slots(OptimRule rule) {
  return rule == OPTIM_SGD ? 0 : rule == OPTIM_ADAM ? 2 : 1;
}


static int check(const char *who, const char *arg, const Tensor *p,
                 const Tensor *other) {
  char a[TS_SHAPETEXT], b[TS_SHAPETEXT];
  if (!shape_equal(&p->shape, &other->shape))
    return ts_fail("%s: argument '%s': got the shape %s, wanted %s, that of "
                   "what is changed", who, arg, shape_text(&other->shape, a),
                   shape_text(&p->shape, b));
  return 1;
}


/* what all shards share stays the same in all */
static int check_same(const char *who, const char *arg, const Tensor *p,
                      const Tensor *x) {
  if (x->varies && !p->varies)
    return ts_fail("%s: argument '%s': got what differs between the shards of "
                   "a batch, wanted their sum", who, arg);
  return 1;
}


/* a recorded tensor is part of a graph that still may be walked */
static int check_leaf(const char *who, const char *arg, const Tensor *p) {
  if (p->node)
    return ts_fail("%s: argument '%s': got a recorded tensor, wanted a leaf: "
                   "inside of grad use `step`, which returns new weights",
                   who, arg);
  return 1;
}


static void update_piece(void *arg, long i, long to) {
  const Update *w = arg;
  long n = to - i;
  switch (w->rule) {
    case OPTIM_SGD: kern->sgd(n, w->p + i, w->g + i, w->u); break;
    case OPTIM_MOMENTUM:
      kern->momentum(n, w->p + i, w->slot[0] + i, w->g + i, w->u);
      break;
    case OPTIM_ADAGRAD:
      kern->adagrad(n, w->p + i, w->slot[0] + i, w->g + i, w->u);
      break;
    case OPTIM_RMSPROP:
      kern->rmsprop(n, w->p + i, w->slot[0] + i, w->g + i, w->u);
      break;
    case OPTIM_ADAM:
      kern->adam(n, w->p + i, w->slot[0] + i, w->slot[1] + i, w->g + i,
                 w->u);
      break;
  }
}


int optim_update(OptimRule rule, Tensor *p, Tensor *const *slot,
                 const Tensor *g, const UpdateRate *u) {
  Update w;
  double start;
  int i;
  if (!check_leaf("update", "weights", p) ||
      !check("update", "gradient", p, g) ||
      !check_same("update", "gradient", p, g))
    return 0;
  for (i = 0; i < optim_slots(rule); i++) {
    if (!check("update", "slots", p, slot[i])) return 0;
    w.slot[i] = slot[i]->data;
  }
  w.rule = rule;
  w.p = p->data;
  w.g = g->data;
  w.u = u;
  start = op_clock();
  pool_range(p->size, PIECE, update_piece, &w);
  tensor_written(p);
  if (op_watch) op_watch("update", 1, &p, op_clock() - start);
  return 1;
}


int optim_track(Tensor *mean, Tensor *var, const Tensor *x, double rate) {
  const Shape *s = &x->shape;
  long n = s->ndim > 0 ? s->dim[s->ndim - 1] : 0;
  Shape want = {1, {n}};
  char a[TS_SHAPETEXT];
  real *now;
  FlushMode mode;
  if (!check_leaf("track", "mean", mean) || !check_leaf("track", "var", var))
    return 0;
  if (x->size == 0)
    return ts_fail("track: got x of shape %s, wanted items",
                   shape_text(s, a));
  if (!shape_equal(&mean->shape, &want) || !shape_equal(&var->shape, &want))
    return ts_fail("track: got a mean or var of another shape than [%ld], "
                   "that of x's last axis", n);
  if (!check_same("track", "x", mean, x)) return 0;
  now = mem_array((size_t)(2 * n), sizeof(real));
  if (now == NULL) return 0;
  if (!op_moments(1, x->size / n, n, x->data, now, now + n)) {
    mem_free(now);
    return 0;
  }
  mode = flush_begin();
  kern->blend(n, mean->data, now, rate);
  kern->blend(n, var->data, now + n, rate);
  flush_end(mode);
  tensor_written(mean);
  tensor_written(var);
  mem_free(now);
  return 1;
}


int optim_blend(Tensor *y, const Tensor *x, double rate) {
  FlushMode mode;
  if (!check_leaf("blend", "y", y) || !check("blend", "x", y, x) ||
      !check_same("blend", "x", y, x))
    return 0;
  tensor_written(y);
  mode = flush_begin();
  kern->blend(y->size, y->data, x->data, rate);
  flush_end(mode);
  return 1;
}
