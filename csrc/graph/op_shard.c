/*
** op_shard.c
** The sum over shards, by which processes that share a batch meet (base/
** shard.h). It is its own adjoint: the sum of all shards' losses depends on
** what one of them adds through every one of them. Nobody has to be asked
** about what does not differ between shards.
*/

#include "graph/op.h"
#include "base/shard.h"

#include <string.h>


int op_rowsapart(const Call *c, int recorded) {
  static const Op *const of_axes[] = {&op_logsumexp, &op_normalize, &op_flip,
                                      NULL};
  static const Op *const of_axis[] = {&op_softmax, &op_log_softmax,
                                      &op_cumsum, &op_argsort, &op_argmax,
                                      NULL};
  static const Op *const looks[] = {&op_max, &op_min, NULL};
  const Tensor *x = c->in[0];
  int joins;
  if (!x->varies || shard_whole() == 0 || x->shape.ndim == 0 ||
      x->shape.dim[0] != shard_rows())
    return 1;
  joins = c->op == &op_batch_norm ||
          (c->attr.axes & 1 && (op_among(c->op, of_axes) ||
                                (recorded && op_among(c->op, looks)))) ||
          (op_among(c->op, of_axis) && c->attr.axis == 0);
  return !joins || ts_fail("%s: got the rows of a shard of the batch, wanted "
                           "those of the whole (teasel.lib.shard's gather)",
                           c->op->name);
}


int op_later(void) {
  return shard_later() && op_record(0) == 0;
}


/* sums are made in place, so that g has to be the walk's alone */
int op_send(const Tensor *x, Tensor **g) {
  Tensor *own;
  if (x->varies || !(*g)->varies || (*g)->node || x->place) return 1;
  if (!tensor_sole(*g)) {
    own = tensor_new(&(*g)->shape);
    if (own == NULL) return 0;
    memcpy(own->data, (*g)->data, (size_t)own->size * sizeof(real));
    tensor_keep(own);
    tensor_drop(*g);
    *g = own;
  }
  (*g)->varies = 0;
  return shard_send((*g)->data, (*g)->size);
}


int op_sent(void) {
  return shard_wait();
}


/* what goes to other processes goes by way of the host */
static int far_shard_sum(const Call *c, Tensor *y) {
  Tensor *x = tensor_moved(c->in[0], NULL), *sum;
  Call here = *c;
  sum = x ? tensor_new(&y->shape) : NULL;
  if (sum == NULL) return 0;
  here.in = &x;
  return op_shard_sum.run(&here, sum) && tensor_write(y, sum->data);
}


static int shard_sum_run(const Call *c, Tensor *y) {
  const Tensor *x = c->in[0];
  ShardArray a;
  long i, count = shard_count();
  memcpy(y->data, x->data, (size_t)x->size * sizeof(real));
  if (count == 1) return 1;
  if (!x->varies) {
    for (i = 0; i < y->size; i++) y->data[i] *= (real)count;
    return 1;
  }
  a.data = y->data;
  a.size = y->size;
  return shard_sum(&a, 1, (int)sizeof(real));
}


static Tensor *shard_sum_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  (void)c; (void)y; (void)k;
  return op_call1(&op_shard_sum, g);
}


static const Arg args[] = {{"x", ARG_TENSOR, 0, NULL}, {NULL, 0, 0, NULL}};

const Op op_shard_sum = {
  "shard_sum", "sum of x over the shards of a batch; x where it is not cut",
  args, op_same, shard_sum_run, shard_sum_vjp, NULL, 0, UNREAD_ALL,
  far_shard_sum
};
