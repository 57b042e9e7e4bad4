/*
** tensor.c
** Life and death of tensors. Freeing is iterative: a chain of a million nodes
** is unlinked through `next`, never by recursion.
** Invariant: block->refs is the number of tensors that point to it.
*/

#include "device/far_elem.h"
#include "graph/tensor.h"

#include <stdio.h>
#include <string.h>

#define BLOCKHEAD 64     /* keeps the data as aligned as the block */

/* before the numbers that are the host's; by itself where they are far */
typedef struct Block {
  long refs;
  unsigned long version;   /* writes in place so far */
  int mask;                /* each item is 0 or 1 by what made it */
} Block;

static struct {
  Tensor **item;
  long n, room;
} scope;


const char *shape_text(const Shape *s, char *buf) {
  int i, n = snprintf(buf, TS_SHAPETEXT, "[");
  for (i = 0; i < s->ndim; i++)
    n += snprintf(buf + n, (size_t)(TS_SHAPETEXT - n), i ? " %ld" : "%ld",
                  s->dim[i]);
  snprintf(buf + n, (size_t)(TS_SHAPETEXT - n), "]");
  return buf;
}


int shape_equal(const Shape *a, const Shape *b) {
  return a->ndim == b->ndim &&
         memcmp(a->dim, b->dim, (size_t)a->ndim * sizeof a->dim[0]) == 0;
}


long shape_count(const Shape *s, int from, int to) {
  long n = 1;
  for (; from < to; from++) n *= s->dim[from];
  return n;
}


int shape_fits(const Shape *s) {
  long n = 1;
  int i;
  for (i = 0; i < s->ndim; i++) {
    /* a later 0 does not excuse an overflow before it */
    if (s->dim[i] < 0 || (s->dim[i] > 0 && n > TS_MAXSIZE / s->dim[i]))
      return 0;
    if (s->dim[i] > 0) n *= s->dim[i];
  }
  return 1;
}


int shape_check(const Shape *s, const char *who) {
  char buf[TS_SHAPETEXT];
  int i;
  for (i = 0; i < s->ndim; i++)
    if (s->dim[i] < 0)
      return ts_fail("%s: got the shape %s, wanted sizes of 0 or more", who,
                     shape_text(s, buf));
  return shape_fits(s) ? 1 : ts_fail("%s: got the shape %s, wanted at most "
                                     "2^40 elements", who,
                                     shape_text(s, buf));
}


static int scope_reserve(void) {
  if (scope.n == scope.room) {
    long room = scope.room ? 2 * scope.room : 256;
    Tensor **item = mem_array((size_t)room, sizeof *item);
    if (item == NULL) return 0;
    if (scope.n)
      memcpy(item, scope.item, (size_t)scope.n * sizeof *item);
    mem_free(scope.item);
    scope.item = item;
    scope.room = room;
  }
  return 1;
}


/* a tensor without a block, owned by the scope */
static Tensor *bare(const Shape *s) {
  Tensor *t;
  if (!scope_reserve()) return NULL;
  t = mem_alloc(sizeof *t);
  if (t == NULL) return NULL;
  memset(t, 0, sizeof *t);
  t->refs = 1;
  t->shape = *s;
  t->size = shape_count(s, 0, s->ndim);
  scope.item[scope.n++] = t;
  return t;
}


static size_t bytes_of(const Shape *s) {
  return (size_t)shape_count(s, 0, s->ndim) * sizeof(real);
}


Tensor *tensor_new(const Shape *s) {
  Tensor *t;
  Block *b;
  if (!shape_check(s, "tensor")) return NULL;
  b = mem_alloc(BLOCKHEAD + bytes_of(s));
  if (b == NULL) return NULL;
  t = bare(s);
  if (t == NULL) {
    mem_free(b);
    return NULL;
  }
  b->refs = 1;
  b->version = 0;
  b->mask = 0;
  t->block = b;
  t->data = (real *)((char *)b + BLOCKHEAD);
  return t;
}


Tensor *tensor_at(const Backend *place, const Shape *s) {
  Tensor *t;
  Block *b;
  void *data;
  if (place == NULL) return tensor_new(s);
  if (!shape_check(s, "tensor")) return NULL;
  b = mem_alloc(sizeof *b);
  if (b == NULL) return NULL;
  data = place->alloc(bytes_of(s));
  t = data ? bare(s) : NULL;
  if (t == NULL) {
    if (data) place->free(data, bytes_of(s));
    mem_free(b);
    return NULL;
  }
  b->refs = 1;
  b->version = 0;
  b->mask = 0;
  t->block = b;
  t->place = place;
  t->data = data;
  return t;
}


Tensor *tensor_share(Tensor *t, const Shape *s) {
  Tensor *u = bare(s);
  if (u == NULL) return NULL;
  u->block = t->block;
  u->block->refs++;
  u->data = t->data;
  u->place = t->place;
  u->varies = t->varies;
  return u;
}


/* 31 operands can be marked; those after them count as read */
static int unread(const Node *node, int i) {
  return i < 31 && node->unread >> i & 1;
}


void tensor_written(Tensor *t) {
  t->block->version++;
  t->block->mask = 0;
}


int tensor_mask(const Tensor *t) {
  return t->block->mask;
}


void tensor_setmask(Tensor *t, int mask) {
  t->block->mask = mask;
}


unsigned long node_versions(const Node *node, const Tensor *y) {
  unsigned long sum = node->unread >> 31 ? 0 : y->block->version;
  int i;
  for (i = 0; i < node->nin; i++)
    if (!unread(node, i)) sum += node->in[i]->block->version;
  return sum;
}


void node_attach(Node *node, Tensor *y, Tensor *const *in) {
  int i;
  for (i = 0; i < node->nin; i++) {
    node->in[i] = tensor_keep(in[i]);
    if (unread(node, i)) in[i]->idle++;
  }
  node->versions = node_versions(node, y);
  y->node = node;
}


Tensor *tensor_number(double v) {
  static const Shape scalar;
  Tensor *t = tensor_new(&scalar);
  if (t) t->data[0] = (real)v;
  return t;
}


Tensor *tensor_zeros(const Shape *s) {
  Tensor *t = tensor_new(s);
  if (t) memset(t->data, 0, (size_t)t->size * sizeof(real));
  return t;
}


Tensor *tensor_zeros_like(const Tensor *t) {
  Tensor *u = tensor_at(t->place, &t->shape);
  return u && tensor_clear(u) ? u : NULL;
}


int tensor_clear(Tensor *t) {
  FillArgs fill = {t->data, 0};
  if (t->place)
    return tensor_launch(t, FAR_fill, t->size, &fill, sizeof fill);
  memset(t->data, 0, (size_t)t->size * sizeof(real));
  return 1;
}


int tensor_launch(const Tensor *t, FarKernel kernel, long n, const void *args,
                  size_t size) {
  return t->place->launch(kernel, n, args, size);
}


int tensor_read(const Tensor *t, long from, long n, real *to) {
  const size_t bytes = (size_t)n * sizeof(real);
  if (t->place) return t->place->out(to, t->data + from, bytes);
  memcpy(to, t->data + from, bytes);
  return 1;
}


int tensor_write(Tensor *t, const real *from) {
  const size_t bytes = (size_t)t->size * sizeof(real);
  if (t->place) return t->place->in(t->data, from, bytes);
  memcpy(t->data, from, bytes);
  return 1;
}


/* between two backends by way of the host */
Tensor *tensor_moved(Tensor *t, const Backend *place) {
  Tensor *u;
  int ok;
  if (t == NULL || t->place == place) return t;
  if (t->place && place) t = tensor_moved(t, NULL);
  u = t ? tensor_at(place, &t->shape) : NULL;
  if (u == NULL) return NULL;
  ok = place ? tensor_write(u, t->data)
             : tensor_read(t, 0, t->size, u->data);
  u->block->mask = t->block->mask;
  u->varies = t->varies;
  return ok ? u : NULL;
}


int tensor_sole(const Tensor *t) {
  return t->refs == 1 && t->block->refs == 1;
}


Tensor *tensor_keep(Tensor *t) {
  t->refs++;
  return t;
}


/* kept apart from the way that all take */
__attribute__((noinline)) static void free_far(const Tensor *t) {
  t->place->free(t->data, bytes_of(&t->shape));
}


static void drop_block(Tensor *t) {
  Block *b = t->block;
  if (b && --b->refs == 0) {
    if (t->place) free_far(t);
    mem_free(b);
  }
  t->block = NULL;
  t->data = NULL;
}


/* after a reference to t has gone: whether it was the last. A tensor that
** nobody can read any more keeps its place in the graph only. */
static int gone(Tensor *t) {
  if (t->refs == 0) return 1;
  if (t->refs == t->idle && (t->node == NULL || t->node->unread >> 31))
    drop_block(t);
  return 0;
}


void tensor_drop(Tensor *t) {
  Tensor *dead = NULL;
  if (t == NULL) return;
  t->refs--;
  if (!gone(t)) return;
  t->next = NULL;
  dead = t;
  while (dead) {
    Node *node = dead->node;
    t = dead;
    dead = t->next;
    if (node) {
      int i;
      for (i = 0; i < node->nin; i++) {
        Tensor *in = node->in[i];
        in->refs--;
        if (unread(node, i)) in->idle--;
        if (gone(in)) {
          in->next = dead;
          dead = in;
        }
      }
      mem_free(node);
    }
    drop_block(t);
    mem_free(t);
  }
}


long scope_open(void) {
  return scope.n;
}


Tensor *scope_hold(Tensor *t) {
  if (!scope_reserve()) return NULL;
  scope.item[scope.n++] = tensor_keep(t);
  return t;
}


Tensor *scope_close(long mark, Tensor *result) {
  if (result) tensor_keep(result);
  while (scope.n > mark)
    tensor_drop(scope.item[--scope.n]);
  if (result) {
    Tensor *kept = result;
    result = scope_hold(kept);
    tensor_drop(kept);
  }
  else if (scope.n == 0) {
    mem_free(scope.item);
    scope.item = NULL;
    scope.room = 0;
  }
  return result;
}
