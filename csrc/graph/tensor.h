/*
** tensor.h
** An n-dimensional array of reals: contiguous, row-major, immutable once it
** is made. There are no strides and no views; tensors of equal size may share
** one block of memory. A tensor is also its own node in the graph: when it was
** recorded, `node` says which op made it from which operands.
** The numbers stand in the host's memory or in that of a backend, the tensor's
** place: only there can `data` be followed.
** References are counted. Whoever calls tensor_keep calls tensor_drop.
*/

#ifndef tensor_h
#define tensor_h

#include "device/device.h"

#define TS_MAXDIM 8
#define TS_MAXSIZE (1L << 40)    /* elements; keeps products far from 2^63 */

typedef struct Shape {
  int ndim;
  long dim[TS_MAXDIM];
} Shape;

typedef struct Tensor Tensor;

/* how a recorded tensor came to be. This file knows the operands; what was
** done to them, in the same piece of memory, is op.h's. */
typedef struct Node {
  struct Call *call;
  int nin;
  unsigned unread;       /* set of operands that only lend their shape; the
                            last bit: so does the result */
  unsigned long versions; /* of the others when recorded */
  Tensor *in[];          /* one reference to each */
} Node;

struct Tensor {
  long refs;
  long idle;             /* those of nodes that do not read the numbers */
  long size;             /* product of shape.dim */
  Shape shape;
  real *data;            /* `block`'s, size elements, an address of `place`;
                            NULL: lost, since all that is left are idle
                            references */
  struct Block *block;
  const Backend *place;  /* NULL: the host */
  Node *node;            /* NULL: a constant */
  int varies;            /* not the same in each shard of a batch */
  unsigned long walk;    /* the backward walk that `slot` belongs to */
  long slot;
  Tensor *next;          /* in the list of tensors about to be freed */
};

#define TS_SHAPETEXT 160

/* writes "[2 3 4]" into buf[TS_SHAPETEXT] and returns it */
const char *shape_text(const Shape *s, char *buf);
int shape_equal(const Shape *a, const Shape *b);
/* product of dim[from..to-1] */
long shape_count(const Shape *s, int from, int to);
/* whether no size is negative and their product, zeros left out, is at most
** TS_MAXSIZE */
int shape_fits(const Shape *s);
/* fails, in the name of `who`, on negative or too many elements */
int shape_check(const Shape *s, const char *who);

/* All of these put the new tensor into the open scope, which owns it. */
Tensor *tensor_new(const Shape *s);          /* contents undefined */
Tensor *tensor_at(const Backend *place, const Shape *s);      /* the same */
Tensor *tensor_share(Tensor *t, const Shape *s);   /* same block and size */
Tensor *tensor_number(double v);             /* 0-dimensional */
Tensor *tensor_zeros(const Shape *s);
Tensor *tensor_zeros_like(const Tensor *t);   /* where t is */
int tensor_clear(Tensor *t);                  /* all numbers 0 */
/* t itself where it is there, else a copy without history */
Tensor *tensor_moved(Tensor *t, const Backend *place);

/* The one way between the numbers of a tensor, wherever it is, and the host's
** memory: `n` from number `from` on; all. 0 after ts_fail. */
int tensor_read(const Tensor *t, long from, long n, real *to);
int tensor_write(Tensor *t, const real *from);
/* kernel for 0..n-1 where t is */
int tensor_launch(const Tensor *t, FarKernel kernel, long n, const void *args,
                  size_t size);

/* The few writes in place are counted, so that a walk back through a graph
** notices when an operand or a result that it reads is no longer what it was.
** Versions only grow: equal sums mean that nothing was written. */
void tensor_written(Tensor *t);
unsigned long node_versions(const Node *node, const Tensor *y);

/* Whether each item is 0 or 1 by what made it. It is known of the numbers, so
** that all tensors that share them lose it when one is written. */
int tensor_mask(const Tensor *t);
void tensor_setmask(Tensor *t, int mask);

/* fills node->in, `nin` of them, with references, and makes it y's */
void node_attach(Node *node, Tensor *y, Tensor *const *in);

/* whether nobody else holds the tensor or its numbers */
int tensor_sole(const Tensor *t);

Tensor *tensor_keep(Tensor *t);
void tensor_drop(Tensor *t);                 /* NULL is fine */

/* Scopes own the temporaries of C code: everything made since scope_open is
** dropped by scope_close, but for `result`, which passes to the scope below
** (NULL: nothing does). A failing function just returns NULL. */
long scope_open(void);
Tensor *scope_hold(Tensor *t);    /* one more reference, owned by the scope */
Tensor *scope_close(long mark, Tensor *result);

#endif
