/*
** op_place.c
** Where the numbers of operands stand: ops run there, and `to` moves tensors.
** Its derivative goes back to where its operand is.
*/

#include "graph/op.h"


int op_settle(const Op *op, int nin, Tensor **in, const Backend **place) {
  char a[TS_SHAPETEXT], b[TS_SHAPETEXT];
  int i, k = 0;
  while (in[k]->place == NULL) k++;
  *place = in[k]->place;
  for (i = 0; i < nin; i++) {
    if (in[i]->place == *place) continue;
    if (in[i]->place || in[i]->shape.ndim > 0) {
      const char *name = op->args[0].kind == ARG_TENSORS ? "an item"
                                                         : op->args[i].name;
      return ts_fail("%s: got %s %s on '%s' beside %s on '%s', wanted one "
                     "place: x:to \"%s\" or x:to \"%s\" moves a tensor",
                     op->name, name, shape_text(&in[i]->shape, a),
                     device_name(in[i]->place),
                     shape_text(&in[k]->shape, b), device_name(*place),
                     device_name(*place), device_name(in[i]->place));
    }
    in[i] = ts_to(in[i], *place);
    if (in[i] == NULL) return 0;
  }
  return op->far || op->run == NULL ||
         ts_fail("%s: got tensors on '%s', where there is no kernel for it "
                 "yet, wanted them on the host: x:to \"host\" moves them",
                 op->name, device_name(*place));
}


Tensor *ts_to(Tensor *x, const Backend *place) {
  Attr attr = {0};
  if (x == NULL || x->place == place) return x;
  attr.place = place;
  return op_apply(&op_to, 1, &x, &attr);
}


/* to another place, which the result is made in; from it back to x's */

static int to_run(const Call *c, Tensor *y) {
  Tensor *x = c->in[0];
  if (y->place && x->place) x = tensor_moved(x, NULL);
  if (x == NULL) return 0;
  return y->place ? tensor_write(y, x->data)
                  : tensor_read(x, 0, x->size, y->data);
}


static Tensor *to_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  (void)y; (void)k;
  return ts_to(g, c->in[0]->place);
}


static const Arg to_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"place", ARG_PLACE, AT(place), NULL},
  {NULL, 0, 0, NULL}
};

const Op op_to = {
  "to", "x in the memory of a place, \"host\" or another: ops run where their "
  "operands are", to_args, op_same, to_run, to_vjp, NULL, 0, UNREAD_ALL, to_run
};
