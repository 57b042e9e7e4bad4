/*
** op.h
** The ops: one row each, with everything that anyone needs to know of it -
** how Lua calls it, the shape of its result, how to run it, and its
** derivative. The set is closed under differentiation: each vjp is written in
** ops of this set, so a gradient can be differentiated like anything else.
** Rows live in op_*.c; `op_registry` lists them all.
*/

#ifndef op_h
#define op_h

#include "graph/tensor.h"

/* what an op takes besides its operands; each op uses some of the fields */
typedef struct Attr {
  unsigned axes;          /* set of axes, bit i for axis i */
  int axis;
  int keep;               /* reductions: keep the axes with size 1 */
  int ta, tb;             /* matmul: transpose a, transpose b */
  int descending;         /* argsort: the largest first */
  int backwards;          /* cumsum: from the last */
  long count;             /* put, one_hot: number of slots */
  long size[2];           /* height and width: of a kernel, or of a result */
  long kernel[2];         /* of a pooling window */
  long stride[2];
  long pad[4];            /* top, bottom, left, right; PAD_SAME in pad[0] */
  Shape shape;            /* reshape, expand; permute: the axes */
  Shape lo, hi;           /* slice: first and one past last; pad: amounts */
  double a, b;
  const Backend *place;   /* to */
} Attr;

#define PAD_SAME (-1)

/* an op on its operands; in a node, `in` is the node's list */
typedef struct Call {
  const struct Op *op;
  int nin;
  Tensor **in;
  Attr attr;
} Call;

/* how the binding reads an argument; offsets are into Attr */
typedef enum ArgKind {
  ARG_TENSOR,    /* a tensor or a number */
  ARG_TENSORS,   /* a list of tensors; then the only operands */
  ARG_AXIS,      /* one axis of the first operand -> int */
  ARG_AXES,      /* an axis or a list of axes; nil: all -> unsigned */
  ARG_PERM,      /* every axis once, or nil: reversed -> Shape */
  ARG_SHAPE,     /* list of sizes -> Shape */
  ARG_SIZES,     /* the same, one of which may be -1: as many as the first
                    operand has items for */
  ARG_STARTS,    /* list, one 1-based index per axis -> Shape, 0-based */
  ARG_STOPS,     /* list, one 1-based last index per axis -> Shape, one past */
  ARG_AMOUNTS,   /* list, one count per axis -> Shape */
  ARG_COUNT,     /* integer of 0 or more -> long */
  ARG_PAIR,      /* integer of 1 or more, or a list of two -> long[2] */
  ARG_PAD,       /* 0 or more: one, {y, x}, {top, bottom, left, right}, or
                    "same" -> long[4] */
  ARG_BOOL,      /* -> int */
  ARG_PLACE,     /* a name -> const Backend * */
  ARG_NUMBER     /* -> double */
} ArgKind;

typedef struct Arg {
  const char *name;
  ArgKind kind;
  size_t at;              /* offset in Attr */
  const char *default_text;   /* value when left out; NULL: it is required */
} Arg;

#define AT(field) offsetof(Attr, field)

typedef struct Op {
  const char *name;
  const char *doc;        /* one line */
  const Arg *args;        /* operands first; ends with a NULL name */
  int (*infer)(Call *c, Shape *y);      /* checks everything but values, and
                                           completes the attributes */
  int (*run)(const Call *c, Tensor *y); /* NULL: the result is in[0]'s block
                                           under another shape */
  /* gradient of operand k, given the result y and its gradient g; of the
  ** operand's shape, or of a shape that broadcasting made of it.
  ** NULL: flat, the derivative is 0 wherever it exists; &ts_flat from a
  ** vjp says so of one operand. */
  Tensor *(*vjp)(const Call *c, Tensor *y, Tensor *g, int k);
  /* what becomes of g before any operand's vjp sees it; NULL: nothing */
  Tensor *(*ready)(const Call *c, Tensor *y, Tensor *g);
  int kernel;             /* index into a table of kernels */
  /* what no vjp reads the numbers of, but only the shape: bit k of operand k,
  ** and the result. If nobody else does, a recorded tensor loses them. */
  unsigned unread;
  /* run where the operands are far, by kernels of their place, where y is,
  ** too; NULL: there is none yet */
  int (*far)(const Call *c, Tensor *y);
} Op;

#define UNREAD_FIRST 1u
#define UNREAD_THIRD 4u
#define UNREAD_RESULT (1u << 31)
#define UNREAD_ALL (~0u)

extern Tensor ts_flat;

extern const Op *const op_registry[];   /* ends with NULL */
int op_among(const Op *op, const Op *const *list);   /* ends so, too */

/* whether an op that is no sum keeps the images of a cut batch apart; where it
** does not, a shard's rows are not enough for it: 0 after ts_fail. The largest
** and the smallest item are so refused where they are recorded, which is to be
** part of a loss: each shard may look at its own rows. */
int op_rowsapart(const Call *c, int recorded);

/* Where ranks share a batch, the gradient g of an x that is the same in all of
** them is sent to the others during the walk back, unless that is recorded,
** and is their mean when op_sent has returned. 0 after ts_fail. */
int op_later(void);                     /* whether it is so now */
int op_send(const Tensor *x, Tensor **g);
int op_sent(void);

/* runs the op and, if recording, makes the result a node of the graph.
** NULL among the operands is contagious. */
Tensor *op_apply(const Op *op, int nin, Tensor **in, const Attr *attr);

/* recording: ops on recorded tensors are recorded while the depth is > 0 */
int op_record(int change);              /* returns the new depth */
Tensor *op_leaf(Tensor *t);             /* a fresh variable equal to t */
Tensor *op_constant(Tensor *t);         /* t without its history */

extern const Op op_neg, op_exp, op_log, op_sqrt, op_sin, op_cos, op_tanh,
  op_sigmoid, op_softplus, op_relu, op_leaky_relu, op_elu, op_abs, op_sign,
  op_step, op_square, op_floor, op_ceil, op_round, op_clip, op_affine;
extern const Op op_add, op_sub, op_mul, op_div, op_pow, op_maximum,
  op_minimum, op_eq, op_ne, op_lt, op_le, op_gt, op_ge, op_where,
  op_bernoulli_nll, op_gaussian_nll, op_gaussian_kl;
extern const Op op_sum, op_max, op_min, op_argmax, op_logsumexp;
extern const Op op_to;
extern const Op op_identity, op_reshape, op_permute, op_slice, op_pad,
  op_concat, op_expand, op_flip, op_take, op_put, op_one_hot;
extern const Op op_take_along, op_put_along, op_nonzero, op_argsort,
  op_cumsum;
extern const Op op_matmul, op_conv, op_conv_x, op_conv_w;
extern const Op op_sum_pool, op_spread, op_pool_which, op_pool_take,
  op_pool_put;
extern const Op op_normalize, op_normalize_x, op_normalize_dot,
  op_batch_norm;
extern const Op op_softmax, op_log_softmax, op_cross_entropy;
extern const Op op_gate, op_lincomb, op_over_root;
extern const Op op_linear, op_conv_bias, op_deconv_bias, op_shard_sum;

/* A profile: who ran on which operands, the result last, for how many
** seconds. Updates in place call it too. NULL: none. */
typedef void (*OpWatch)(const char *who, int n, Tensor *const *t,
                        double seconds);
extern OpWatch op_watch;
double op_clock(void);   /* 0 while nobody listens */
/* seconds since then; what is far, and may not be done yet, is waited for */
double op_since(double start, const Tensor *result);

/* sum += x in place, of one shape and place; nothing is recorded */
int op_accumulate(Tensor *sum, Tensor *x);

/* ops whose operands are far (op_far*.c); op->far of their rows */
int op_far_unary(const Call *c, Tensor *y);
int op_far_pair(const Call *c, Tensor *y);
int op_far_broadcast(const Call *c, Tensor *y);
int op_far_reduce(const Call *c, Tensor *y);
int op_far_logsumexp(const Call *c, Tensor *y);
int op_far_argmax(const Call *c, Tensor *y);
int op_far_softmax(const Call *c, Tensor *y);
int op_far_log_softmax(const Call *c, Tensor *y);
int op_far_cross_entropy(const Call *c, Tensor *y);
int op_far_normalize(const Call *c, Tensor *y);
int op_far_normalize_back(const Call *c, Tensor *y);
int op_far_take(const Call *c, Tensor *y);
int op_far_put(const Call *c, Tensor *y);
int op_far_one_hot(const Call *c, Tensor *y);
int op_far_nonzero(const Call *c, Tensor *y);
int op_far_cumsum(const Call *c, Tensor *y);
int op_far_argsort(const Call *c, Tensor *y);
int op_far_pool(const Call *c, Tensor *y);
int op_far_matmul(const Call *c, Tensor *y);

/* where operands are, if some of them are far: all in one place, but for
** numbers of the host's, which go there. 0 after ts_fail, too where the op
** has no kernel for that. */
int op_settle(const Op *op, int nin, Tensor **in, const Backend **place);

/* calls, as the vjps need them */
Tensor *op_call1(const Op *op, Tensor *x);
Tensor *op_call2(const Op *op, Tensor *a, Tensor *b);

static inline Tensor *ts_neg(Tensor *x) { return op_call1(&op_neg, x); }
static inline Tensor *ts_exp(Tensor *x) { return op_call1(&op_exp, x); }
static inline Tensor *ts_log(Tensor *x) { return op_call1(&op_log, x); }
static inline Tensor *ts_sin(Tensor *x) { return op_call1(&op_sin, x); }
static inline Tensor *ts_cos(Tensor *x) { return op_call1(&op_cos, x); }
static inline Tensor *ts_sigmoid(Tensor *x) {
  return op_call1(&op_sigmoid, x);
}
static inline Tensor *ts_sign(Tensor *x) { return op_call1(&op_sign, x); }
static inline Tensor *ts_step(Tensor *x) { return op_call1(&op_step, x); }
static inline Tensor *ts_square(Tensor *x) { return op_call1(&op_square, x); }

static inline Tensor *ts_add(Tensor *a, Tensor *b) {
  return op_call2(&op_add, a, b);
}
static inline Tensor *ts_sub(Tensor *a, Tensor *b) {
  return op_call2(&op_sub, a, b);
}
static inline Tensor *ts_mul(Tensor *a, Tensor *b) {
  return op_call2(&op_mul, a, b);
}
static inline Tensor *ts_div(Tensor *a, Tensor *b) {
  return op_call2(&op_div, a, b);
}
static inline Tensor *ts_pow(Tensor *a, Tensor *b) {
  return op_call2(&op_pow, a, b);
}
static inline Tensor *ts_eq(Tensor *a, Tensor *b) {
  return op_call2(&op_eq, a, b);
}
static inline Tensor *ts_ne(Tensor *a, Tensor *b) {
  return op_call2(&op_ne, a, b);
}
static inline Tensor *ts_lt(Tensor *a, Tensor *b) {
  return op_call2(&op_lt, a, b);
}
static inline Tensor *ts_ge(Tensor *a, Tensor *b) {
  return op_call2(&op_ge, a, b);
}

Tensor *ts_to(Tensor *x, const Backend *place);
Tensor *ts_affine(Tensor *x, double a, double b);        /* a x + b */
Tensor *ts_sum(Tensor *x, unsigned axes, int keep);
Tensor *ts_mean(Tensor *x, unsigned axes, int keep);
/* x, a reduction of something shaped `to` over `axes`, spread out again */
Tensor *ts_unreduce(Tensor *x, unsigned axes, const Shape *to);
Tensor *ts_reshape(Tensor *x, const Shape *s);
Tensor *ts_expand(Tensor *x, const Shape *s);
/* sums out what broadcasting added: the adjoint of ts_expand */
Tensor *ts_sumto(Tensor *x, const Shape *s);
Tensor *ts_matmul(Tensor *a, Tensor *b, int ta, int tb);
Tensor *ts_gate(Tensor *g, Tensor *y, double slope);

/* for ops that end in a rectifier of slope attr.b: `ready`, and a check */
Tensor *op_gated(const Call *c, Tensor *y, Tensor *g);
int op_check_slope(const Call *c);

/* item j of idx, an argument `index`, as a 0-based index below n; -1 after
** ts_fail */
long op_index(const Call *c, const Tensor *idx, long j, long n);
/* says that v, item j of an index below n, is none; returns 0 */
int op_badindex(const Call *c, double v, long j, long n);
/* the derivative of an op that takes items in x by in[1]: g goes back to
** them by `put` */
Tensor *op_put_back(const Call *c, Tensor *g, int k, const Op *put);
/* and of one that puts them: g is taken from there by `take` */
Tensor *op_take_back(const Call *c, Tensor *g, int k, const Op *take);

/* y[o,m,i] from x[o,r,i], each [r,i] by itself; returns 1 */
typedef void (*ColumnKernel)(long r, long i, real *y, const real *x);
int op_columns(ColumnKernel f, long o, long r, long i, long m, real *y,
               const real *x);

/* mean and variance over r > 0 of x[o,r,i], both [o,i] */
int op_moments(long o, long r, long i, const real *x, real *mean, real *var);

/* shapes, for infer functions; they fail in the op's name */
int op_broadcast(const Shape *a, const Shape *b, Shape *y);  /* silent */
int op_elementwise(Call *c, Shape *y);
int op_same(Call *c, Shape *y);           /* the shape of in[0] */
void op_reduced(const Shape *x, unsigned axes, int keep, Shape *y);

/* splits the neighbouring axes in `axes` off: x is [o, r, i];
** fails where they are not neighbours */
int op_split(const Call *c, unsigned axes, long *o, long *r, long *i);

/* how many windows of `kernel` items, `stride` apart, fit in n items with
** a->pad around them; d = 0 for the height, 1 for the width */
long op_windows(const Attr *a, int d, long n, long kernel);
/* the least n in which m windows fit; more than TS_MAXSIZE, if only just,
** where that is too large */
long op_extent(const Attr *a, int d, long m, long kernel);

#if defined(TS_DOUBLE)
/* planted faults, for `make check`: the n-th op inside the vjp of operand k
** of `op` is negated (mode 1) or zeroed (mode 2); mode 0 only counts.
** op NULL: off. op_faultcount tells how many there were at the last run. */
void op_fault(const Op *op, int k, int n, int mode);
int op_faultcount(void);
void op_faultenter(const Op *op, int k);
void op_faultleave(void);
/* what a vjp returned, faulted where it called no op to be faulted */
Tensor *op_faultresult(Tensor *g);
#endif

#endif
