/*
** op_norm.c
** Normalisation over axes, fused: one pass where the composed form has five.
** That form is the reference in spec/.
*/

#include "op.h"
#include "kern.h"
#include "pool.h"

#include <math.h>

#define PIECE 32768


/* normalize: (x - mean) / sqrt(var + eps) over neighbouring axes */

typedef struct Groups {
  real *y;
  const real *x;
  real *mean, *scale;      /* o x i of each */
  long r, i;
  double eps;
  long rows, pieces;       /* r is cut for the last pass */
} Groups;


static void moments_piece(void *arg, long o) {
  const Groups *g = arg;
  const real *x = g->x + o * g->r * g->i;
  real *mean = g->mean + o * g->i, *scale = g->scale + o * g->i;
  long l;
  kern->fold[K_SUM](g->r, g->i, mean, x);
  for (l = 0; l < g->i; l++) mean[l] /= (real)g->r;
  kern->deviation(g->r, g->i, scale, x, mean);
  for (l = 0; l < g->i; l++)
    scale[l] = (real)(1 / sqrt((double)(scale[l] / (real)g->r) + g->eps));
}


static void standardise_piece(void *arg, long piece) {
  const Groups *g = arg;
  long o = piece / g->pieces, from = piece % g->pieces * g->rows;
  long rows = g->r - from < g->rows ? g->r - from : g->rows;
  long at = (o * g->r + from) * g->i;
  kern->standardise(rows, g->i, g->y + at, g->x + at, g->mean + o * g->i,
                    g->scale + o * g->i);
}


static int normalize_infer(Call *c, Shape *y) {
  long o, r, i;
  if (!(c->attr.a >= 0))
    return ts_fail("normalize: got eps = %g, wanted 0 or more", c->attr.a);
  return op_split(c, c->attr.axes, &o, &r, &i) && op_same(c, y);
}


static int normalize_run(const Call *c, Tensor *y) {
  Groups g;
  long o;
  if (!op_split(c, c->attr.axes, &o, &g.r, &g.i)) return 0;
  g.mean = mem_array((size_t)(2 * o * g.i), sizeof(real));
  if (g.mean == NULL) return 0;
  g.scale = g.mean + o * g.i;
  g.y = y->data;
  g.x = c->in[0]->data;
  g.eps = c->attr.a;
  g.rows = g.i < PIECE ? PIECE / g.i : 1;
  g.pieces = (g.r + g.rows - 1) / g.rows;
  pool_for(o, moments_piece, &g);
  pool_for(o * g.pieces, standardise_piece, &g);
  mem_free(g.mean);
  return 1;
}


/* With s = 1 / sqrt(var + eps), itself made of x so that it can be
** differentiated again:  s (g - mean(g) - y mean(g y))  */
static Tensor *normalize_vjp(const Call *c, Tensor *y, Tensor *g, int k) {
  Tensor *x = c->in[0];
  unsigned axes = c->attr.axes;
  Tensor *e = ts_sub(x, ts_mean(x, axes, 1));
  Tensor *var = ts_mean(ts_square(e), axes, 1);
  Tensor *half = tensor_number(-0.5);
  Tensor *s = half ? ts_pow(ts_affine(var, 1, c->attr.a), half) : NULL;
  Tensor *along = ts_mul(y, ts_mean(ts_mul(g, y), axes, 1));
  (void)k;
  return ts_mul(s, ts_sub(ts_sub(g, ts_mean(g, axes, 1)), along));
}


static const Arg normalize_args[] = {
  {"x", ARG_TENSOR, 0, NULL}, {"axes", ARG_AXES, AT(axes), "all"},
  {"eps", ARG_NUMBER, AT(a), "1e-5"}, {NULL, 0, 0, NULL}
};

const Op op_normalize = {
  "normalize", "(x - mean) / sqrt(variance + eps) over neighbouring axes",
  normalize_args, normalize_infer, normalize_run, normalize_vjp, 0
};
