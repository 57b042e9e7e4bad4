/*
** op_far.c
** Ops over items, on far operands.
*/

#include "graph/op_far.h"


static int map(const Call *c, Tensor *y, int kernel) {
  MapArgs k;
  k.y = y->data;
  k.u = c->in[0]->data;
  k.v = c->nin > 1 ? c->in[1]->data : NULL;
  k.a = (real)c->attr.a;
  k.b = (real)c->attr.b;
  return FAR_LAUNCH(y, kernel, y->size, k);
}


int op_far_unary(const Call *c, Tensor *y) {
  return map(c, y, FAR_UNARIES + c->op->kernel);
}


int op_far_pair(const Call *c, Tensor *y) {
  return map(c, y, FAR_PAIRS + c->op->kernel);
}


int op_far_broadcast(const Call *c, Tensor *y) {
  BroadcastArgs k;
  op_merge(&k, c, y);
  return FAR_LAUNCH(y, c->op->kernel + (c->nin == 2 ? FAR_BINARIES
                                                    : FAR_TERNARIES),
                    y->size, k);
}


int op_far_accumulate(Tensor *sum, const Tensor *x) {
  MapArgs k = {sum->data, sum->data, x->data, 1, 1};
  return FAR_LAUNCH(sum, FAR_LINCOMB, sum->size, k);
}
