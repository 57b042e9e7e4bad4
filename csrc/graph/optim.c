/*
** optim.c
** Cuts the fused updates into parallel pieces.
*/

#include "graph/optim.h"
#include "base/flush.h"
#include "graph/op_far.h"
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


/* all are in one place */
static int check_place(const char *who, const char *arg, const Tensor *p,
                       const Tensor *other) {
  return p->place == other->place ||
         ts_fail("%s: argument '%s': got a tensor on '%s' for one on '%s', "
                 "wanted one place (x:to)", who, arg,
                 device_name(other->place), device_name(p->place));
}


static int check(const char *who, const char *arg, const Tensor *p,
                 const Tensor *other) {
  char a[TS_SHAPETEXT], b[TS_SHAPETEXT];
  if (!shape_equal(&p->shape, &other->shape))
    return ts_fail("%s: argument '%s': got the shape %s, wanted %s, that of "
                   "what is changed", who, arg, shape_text(&other->shape, a),
                   shape_text(&p->shape, b));
  return check_place(who, arg, p, other);
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


static int update_far(const Tensor *p, const Update *w) {
  static const FarKernel kernels[] = {
    FAR_sgd, FAR_momentum, FAR_adagrad, FAR_rmsprop, FAR_adam
  };
  UpdateArgs k;
  k.p = w->p;
  k.slot[0] = w->slot[0];
  k.slot[1] = w->slot[1];
  k.g = w->g;
  k.u = *w->u;
  return tensor_launch(p, kernels[w->rule], p->size, &k, sizeof k);
}


int optim_update(OptimRule rule, Tensor *p, Tensor *const *slot,
                 const Tensor *g, const UpdateRate *u) {
  Update w;
  double start;
  int i, ok = 1;
  w.slot[0] = w.slot[1] = NULL;
  if (!check_leaf("update", "weights", p) ||
      !check("update", "gradient", p, g) ||
      !check_same("update", "gradient", p, g))
    return 0;
  for (i = 0; i < optim_slots(rule); i++) {
    if (!check_leaf("update", "slots", slot[i]) ||
        !check("update", "slots", p, slot[i]))
      return 0;
    w.slot[i] = slot[i]->data;
  }
  w.rule = rule;
  w.p = p->data;
  w.g = g->data;
  w.u = u;
  start = op_clock();
  if (p->place) ok = update_far(p, &w);
  else pool_range(p->size, PIECE, update_piece, &w);
  tensor_written(p);
  for (i = 0; i < optim_slots(rule); i++) tensor_written(slot[i]);
  if (op_watch) op_watch("update", 1, &p, op_since(start, p));
  return ok;
}


static int blend_far(Tensor *y, const real *x, double rate) {
  BlendArgs k;
  k.y = y->data;
  k.x = x;
  k.rate = rate;
  tensor_written(y);
  return tensor_launch(y, FAR_blend, y->size, &k, sizeof k);
}


static int track_far(Tensor *mean, Tensor *var, const Tensor *x, long n,
                     double rate) {
  const long mark = scope_open();
  const real *now_mean, *now_var;
  int ok = op_far_variance(x, x->size / n, n, &now_mean, &now_var) &&
           blend_far(mean, now_mean, rate) && blend_far(var, now_var, rate);
  scope_close(mark, NULL);
  return ok;
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
  if (!check_same("track", "x", mean, x) ||
      !check_place("track", "mean", x, mean) ||
      !check_place("track", "var", x, var))
    return 0;
  if (x->place) return track_far(mean, var, x, n, rate);
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
  if (y->place) return blend_far(y, x->data, rate);
  tensor_written(y);
  mode = flush_begin();
  kern->blend(y->size, y->data, x->data, rate);
  flush_end(mode);
  return 1;
}
