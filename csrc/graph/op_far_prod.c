/*
** op_far_prod.c
** Products and convolutions of far operands, and what layers put after them.
*/

#include "graph/op_far.h"
#include "product/prod.h"


/* far kernels know one precision only */
static int check_precision(const Call *c, const Tensor *t) {
  return prod_precision() == NULL ||
         ts_fail("%s: got a precision of bf16 and tensors on '%s', wanted "
                 "fp32: there is no other there yet", c->op->name,
                 device_name(t->place));
}


int op_far_matmul(const Call *c, Tensor *y) {
  const Tensor *in[2];
  MatmulArgs k;
  int d, o;
  if (!check_precision(c, y)) return 0;
  in[0] = c->in[0];
  in[1] = c->in[1];
  k.c = y->data;
  k.a = in[0]->data;
  k.b = in[1]->data;
  k.m = y->shape.dim[y->shape.ndim - 2];
  k.n = y->shape.dim[y->shape.ndim - 1];
  k.k = in[0]->shape.dim[in[0]->shape.ndim - (c->attr.ta ? 2 : 1)];
  k.a_row = c->attr.ta ? 1 : k.k;
  k.a_column = c->attr.ta ? k.m : 1;
  k.b_row = c->attr.tb ? 1 : k.n;
  k.b_column = c->attr.tb ? k.k : 1;
  k.ndim = y->shape.ndim - 2;
  for (d = 0; d < k.ndim; d++) {
    k.dim[d] = y->shape.dim[d];
    for (o = 0; o < 2; o++) {
      const Shape *s = &in[o]->shape;
      const int at = d - (y->shape.ndim - s->ndim);
      (o ? k.b_step : k.a_step)[d] =
        at < 0 || s->dim[at] == 1 ? 0 : shape_count(s, at + 1, s->ndim);
    }
  }
  return FAR_LAUNCH(y, FAR_matmul, y->size, k);
}


int op_far_conv_part(const Call *c, const Conv *g, const Tensor *x,
                  const Tensor *w, const Tensor *y, Tensor *result) {
  ConvArgs k;
  if (!check_precision(c, result)) return 0;
  k.to = result->data;
  k.x = x->data;
  k.w = w->data;
  k.y = y->data;
  k.n = g->n;
  k.h = g->h;
  k.width = g->w;
  k.c = g->c;
  k.kh = g->kh;
  k.kw = g->kw;
  k.o = g->o;
  k.sh = g->sh;
  k.sw = g->sw;
  k.pt = g->pt;
  k.pl = g->pl;
  k.oh = g->oh;
  k.ow = g->ow;
  return FAR_LAUNCH(result, result == y ? FAR_conv
                            : result == x ? FAR_conv_x : FAR_conv_w,
                    result->size, k);
}


int op_far_finish(const Call *c, Tensor *y) {
  NormArgs k = {0};
  k.y = y->data;
  k.shift = c->in[2]->data;
  k.i = y->shape.dim[y->shape.ndim - 1];
  k.slope = (real)c->attr.b;
  return FAR_LAUNCH(y, FAR_finish, y->size, k);
}
