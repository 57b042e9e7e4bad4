/*
** grad.c
** A backward walk: list the nodes between the y and the x in post-order, then
** go through the list from its end, handing each node's gradient to those of
** its operands that lead to an x. Only they are asked for, so nobody computes
** a gradient that is not used; a gradient is dropped once it was handed on.
** `slot` of a listed tensor is its place in the list, `walk` says which walk
** it belongs to. Both are meaningless outside of ts_backward.
*/

#include "graph/grad.h"
#include "graph/op.h"

#include <string.h>

typedef struct Entry {
  Tensor *t;
  Tensor *g;         /* its gradient so far, kept; NULL: none yet */
  int leads;         /* to an x */
  int next;          /* operand to visit next, while listing; later, of an x:
                        how often it is still to be visited */
} Entry;

typedef struct List {
  Entry *e;
  long n, room;
} List;

static unsigned long walks;


static int grow(List *l) {
  if (l->n == l->room) {
    long room = l->room ? 2 * l->room : 64;
    Entry *e = mem_array((size_t)room, sizeof *e);
    if (e == NULL) return 0;
    if (l->n) memcpy(e, l->e, (size_t)l->n * sizeof *e);
    mem_free(l->e);
    l->e = e;
    l->room = room;
  }
  return 1;
}


static int push(List *l, Tensor *t) {
  if (!grow(l)) return 0;
  memset(&l->e[l->n], 0, sizeof l->e[l->n]);
  l->e[l->n++].t = t;
  return 1;
}


/* listed, or on the stack below: not to be visited again */
static int seen(const Tensor *t) {
  return t->walk == walks;
}


/* appends to `done` every node above t that is not there yet, operands first;
** `stack` is empty before and after */
static int list_nodes(List *done, List *stack, Tensor *t) {
  if (t->node == NULL || seen(t)) return 1;
  t->walk = walks;
  t->slot = -1;
  if (!push(stack, t)) return 0;
  while (stack->n > 0) {
    Entry *top = &stack->e[stack->n - 1];
    const Call *c = top->t->node->call;
    if (top->next < c->nin) {
      Tensor *in = c->in[top->next++];
      if (in->node && !seen(in)) {
        in->walk = walks;
        in->slot = -1;
        if (!push(stack, in)) return 0;
      }
      else if (seen(in) && in->slot >= 0 && done->e[in->slot].leads)
        top->leads = 1;
    }
    else {
      int leads = top->leads;
      top->t->slot = done->n;
      if (!push(done, top->t)) return 0;
      done->e[done->n - 1].leads = leads;
      if (--stack->n > 0 && leads) stack->e[stack->n - 1].leads = 1;
    }
  }
  return 1;
}


static int leads(const List *l, const Tensor *t) {
  return seen(t) && t->slot >= 0 && l->e[t->slot].leads;
}


/* Adds g to what t has; g belongs to the scope. A sum that only this walk
** knows grows where it is: that of a large weight is most of a step's memory,
** and there would be three of it. */
static int add_gradient(List *l, Tensor *t, Tensor *g) {
  Entry *e = &l->e[t->slot];
  Tensor *sum;
  if (e->g && tensor_sole(e->g) && !e->g->node && !g->node)
    return op_accumulate(e->g, g);
  sum = e->g ? ts_add(e->g, g) : g;
  if (sum == NULL) return 0;
  tensor_keep(sum);
  tensor_drop(e->g);
  e->g = sum;
  return 1;
}


/* g on its way into operand k: ready is made of it for the first operand and
** serves them all */
static Tensor *pull(const Entry *e, Tensor **ready, int k) {
  const Call *c = e->t->node->call;
  Tensor *g;
#if defined(TS_DOUBLE)
  op_faultenter(c->op, k);
#endif
  if (*ready == NULL)
    *ready = c->op->ready ? c->op->ready(c, e->t, e->g) : e->g;
  g = *ready ? c->op->vjp(c, e->t, *ready, k) : NULL;
#if defined(TS_DOUBLE)
  if (g != &ts_flat) g = op_faultresult(g);
  op_faultleave();
#endif
  return g;
}


static int visit(List *l, Entry *e) {
  const Node *node = e->t->node;
  const Call *c = node->call;
  Tensor *ready = NULL;
  long mark;
  int k, ok = 1;
  if (node_versions(node, e->t) != node->versions)
    return ts_fail("backward: an operand or the result of '%s' was changed "
                   "in place since it was recorded; walk back before the "
                   "update, or use `step`", c->op->name);
  mark = scope_open();
  for (k = 0; ok && k < c->nin; k++) {
    Tensor *in = c->in[k], *g;
    if (!leads(l, in)) continue;
    g = pull(e, &ready, k);
    if (g == &ts_flat) continue;
    g = ts_sumto(g, &in->shape);
    ok = g && add_gradient(l, in, g);
  }
  scope_close(mark, NULL);
  return ok;
}


/* adds `change` to the number of visits of the x that node j reads; those that
** have none any more are sent */
static int count_visits(List *l, long leaves, long j, int change) {
  const Call *c = l->e[j].t->node->call;
  int k, ok = 1;
  for (k = 0; ok && k < c->nin; k++) {
    Entry *x;
    if (!leads(l, c->in[k]) || c->in[k]->slot >= leaves) continue;
    x = &l->e[c->in[k]->slot];
    x->next += change;
    if (x->next == 0 && x->g) ok = op_send(x->t, &x->g);
  }
  return ok;
}


int ts_backward(int ny, Tensor **y, Tensor **seed, int nx, Tensor **x,
                Tensor **dx, int part) {
  List done = {0}, stack = {0};
  long j, leaves;
  int i, ok = 1, later = !part && op_later();
  walks++;
  for (i = 0; ok && i < nx; i++) {
    if (seen(x[i])) continue;
    x[i]->walk = walks;
    x[i]->slot = done.n;
    ok = push(&done, x[i]);
    if (ok) done.e[done.n - 1].leads = 1;
  }
  leaves = done.n;  /* the walk goes down to these and not through them */
  for (i = 0; ok && i < ny; i++) ok = list_nodes(&done, &stack, y[i]);
  for (i = 0; ok && i < ny; i++)
    if (leads(&done, y[i])) ok = add_gradient(&done, y[i], seed[i]);
  if (later)
    for (j = leaves; j < done.n; j++) count_visits(&done, leaves, j, 1);
  for (j = done.n - 1; ok && j >= leaves; j--) {
    Entry *e = &done.e[j];
    if (e->g) ok = visit(&done, e);
    tensor_drop(e->g);
    e->g = NULL;
    if (ok && later) ok = count_visits(&done, leaves, j, -1);
  }
  if (later) ok = op_sent() && ok;
  for (i = 0; ok && i < nx; i++) {
    Tensor *g = done.e[x[i]->slot].g;
    dx[i] = g ? scope_hold(g) : part ? NULL : tensor_zeros_like(x[i]);
    ok = dx[i] != NULL || (part && g == NULL);
  }
  for (j = 0; j < done.n; j++) tensor_drop(done.e[j].g);
  mem_free(done.e);
  mem_free(stack.e);
  return ok;
}
