/*
** prod_mul.c
** A product c = a b in blocks. The work is a grid of pieces, some rows by
** some columns of c (and, where c is small and k is long, one of several
** stretches of k). A piece goes through its part of k in steps of at most
** KERN_DEPTH; for each step it packs a block of b, at most WIDE columns,
** which then stays in the second cache, and brings a tile's worth of rows of
** a after the other into the first, each to meet all panels of the block.
** Invariant: grid, blocks and tiles follow from the sizes and the level
** alone, and a number of c is summed in one order; so the threads, which
** take the pieces as they come, have no say in the bits.
*/

#include "prod_mul.h"

#include "kern_prod.h"
#include "pool.h"

#include <string.h>

#define WIDE 512       /* columns of a packed block of b */
#define TALL 256       /* rows of a that are packed at once by columns */
#define SUMROWS 16     /* rows of c in a piece of add_sums */
#define LINE ((long)(64 / sizeof(real)))

typedef struct Plan {
  const TileShape *shape;
  long gm, gn, gk;     /* the grid */
  long wide, tall;
  long apanel, bpanel; /* reals for each thread */
  long step;           /* of the panel of a */
} Plan;

typedef struct Job {
  const Mul *u;
  Plan plan;
  real *panels, *sums;
} Job;

static const ProdKern *kern;


int prod_setlevel(int level) {
#if defined(__x86_64__)
  if (level >= 4 && __builtin_cpu_supports("x86-64-v4")) {
    kern = &kern_prod_v4;
    return 4;
  }
  if (level >= 3 && __builtin_cpu_supports("x86-64-v3")) {
    kern = &kern_prod_v3;
    return 3;
  }
#endif
  (void)level;
  kern = &kern_prod_v1;
  return 1;
}


static long min(long a, long b) {
  return a < b ? a : b;
}


static long ceildiv(long a, long b) {
  return (a + b - 1) / b;
}


static long up(long a, long b) {
  return ceildiv(a, b) * b;
}


/* the shape that covers m by n at the least cost */
static const TileShape *choose_shape(long m, long n) {
  const TileShape *s, *best = NULL;
  double least = 0;
  if (kern == NULL) prod_setlevel(4);
  for (s = kern->shapes; s->rows; s++) {
    double cost = (double)up(m, s->rows) * (double)up(n, s->cols) * s->cost;
    if (best == NULL || cost < least) {
      best = s;
      least = cost;
    }
  }
  return best;
}


/* The time of a grid on a machine of eight, in multiply-adds: what a list
** schedule needs at most, all work / 8 + the largest piece. Numbers packed
** cost as much as PACK multiply-adds, partial sums as much as SUM. */
static double grid_time(const Mul *u, const TileShape *s, long gm, long gn,
                        long gk) {
  const double PACK = 20, SUM = 60, PIECE = 1e5;
  double m = (double)(ceildiv(ceildiv(u->g.m, s->rows), gm) * s->rows);
  double n = (double)(ceildiv(ceildiv(u->g.n, s->cols), gn) * s->cols);
  double k = (double)ceildiv(u->g.k, gk);
  double piece = m * n * k + PACK * (m + n) * k + PIECE;
  double sums = gk > 1 ? SUM * (double)(gk * u->g.m * u->g.n) : 0;
  return piece * (1 + (double)(gm * gn * gk) / 8) + sums / 8;
}


static void choose_grid(Plan *plan, const Mul *u) {
  const TileShape *s = plan->shape;
  double work = (double)u->g.m * (double)u->g.n * (double)u->g.k;
  double least = grid_time(u, s, 1, 1, 1);
  long tm = ceildiv(u->g.m, s->rows), tn = ceildiv(u->g.n, s->cols);
  long gm, gn, gk;
  plan->gm = plan->gn = plan->gk = 1;
  if (work < 3e5) return;
  for (gm = 1; gm <= min(tm, 64); gm += (gm + 1) / 2) {
    for (gn = 1; gn <= min(tn, 64 / gm); gn += (gn + 1) / 2) {
      for (gk = 1; gk <= min(16, 64 / gm / gn); gk *= 2) {
        double time = grid_time(u, s, gm, gn, gk);
        if ((gk > 1 && u->g.k < gk * KERN_DEPTH) || time >= least) continue;
        least = time;
        plan->gm = gm;
        plan->gn = gn;
        plan->gk = gk;
      }
    }
  }
}


static void set_blocks(Plan *plan, const Mul *u, long gm, long gn) {
  const TileShape *s = plan->shape;
  long m = ceildiv(ceildiv(u->g.m, s->rows), gm) * s->rows;
  long n = ceildiv(ceildiv(u->g.n, s->cols), gn) * s->cols;
  long depth = min(u->g.k, KERN_DEPTH);
  plan->wide = ceildiv(ceildiv(n, ceildiv(n, WIDE)), s->cols) * s->cols;
  plan->tall = u->g.ta ? min(m, up(TALL, s->rows)) : s->rows;
  plan->step = u->g.ta ? (ceildiv(plan->tall, LINE) | 1) * LINE : KERN_STEP;
  plan->apanel = (u->g.ta ? depth : plan->tall) * plan->step;
  plan->bpanel = up((depth + 1) * plan->wide, LINE);
}


static Plan make_plan(const Mul *u) {
  Plan plan = { .shape = choose_shape(u->g.m, u->g.n) };
  choose_grid(&plan, u);
  set_blocks(&plan, u, plan.gm, plan.gn);
  return plan;
}


/* rows i0..i1 of a against a packed block of b: columns j0..j0+cols */
static void block_rows(const Mul *u, const Plan *plan, const real *a,
                       const real *b, long i0, long i1, long j0, long cols,
                       long depth, int add) {
  const TileShape *s = plan->shape;
  real *c[KERN_MAXROWS];
  TileArg t = {
    .depth = depth, .acol = u->g.ta ? plan->step : 0, .c = c, .add = add
  };
  long i, j, r;
  for (i = i0; i < i1; i += s->rows) {
    t.a = u->g.ta ? a + (i - i0) : a + (i - i0) * plan->step;
    t.rows = min(s->rows, i1 - i);
    t.b = b;
    if (u->place) u->place(u, c, i, t.rows);
    else
      for (r = 0; r < t.rows; r++) c[r] = u->g.c + (i + r) * u->g.ldc;
    for (j = 0; j < cols; j += s->cols) {
      t.shift = j0 + j;
      t.cols = min(s->cols, cols - j);
      s->run(&t);
      t.b += (depth + 1) * s->cols;
    }
  }
}


/* a panel of a, by rows or by columns, from a matrix that lies the same way */
static void pack_matrix(const Mul *u, real *to, long step, long i,
                        long rows, long p, long depth) {
  const Gemm *g = &u->g;
  const real *a = g->a + (g->ta ? p * g->lda + i : i * g->lda + p);
  long n = g->ta ? depth : rows;
  size_t size = (size_t)(g->ta ? rows : depth) * sizeof(real);
  for (; n > 0; n--, to += step, a += g->lda) memcpy(to, a, size);
}


/* what a tile reads of a beyond the rows there are must be numbers */
static void clear_rest(const Mul *u, real *a, long step, long rows,
                       long depth, long tile) {
  long i, p;
  for (i = rows; i < up(rows, tile); i++)
    for (p = 0; p < depth; p++)
      a[u->g.ta ? p * step + i : i * step + p] = 0;
}


static void piece(const Mul *u, const Plan *plan, real *panels,
                  const long *i, const long *j, const long *k) {
  void (*pack)(const Mul *, real *, long, long, long, long, long) =
    u->pack ? u->pack : pack_matrix;
  real *a = panels, *b = panels + plan->apanel;
  long steps = k[1] > k[0] ? ceildiv(k[1] - k[0], KERN_DEPTH) : 1;
  long j0, i0, s;
  for (j0 = j[0]; j0 < j[1]; j0 += plan->wide) {
    long cols = min(plan->wide, j[1] - j0);
    for (s = 0; s < steps; s++) {
      long p = k[0] + (k[1] - k[0]) * s / steps;
      long depth = k[0] + (k[1] - k[0]) * (s + 1) / steps - p;
      const real *start = u->g.bias && s == 0 ? u->g.bias + j0 : NULL;
      if (u->g.tb)
        kern->packt(b, u->g.b + j0 * u->g.ldb + p, u->g.ldb, depth, cols, start,
                    plan->shape->cols);
      else
        kern->pack(b, u->g.b + p * u->g.ldb + j0, u->g.ldb, depth, cols, start,
                   plan->shape->cols);
      for (i0 = i[0]; i0 < i[1]; i0 += plan->tall) {
        long rows = min(plan->tall, i[1] - i0);
        if (depth > 0) pack(u, a, plan->step, i0, rows, p, depth);
        clear_rest(u, a, plan->step, rows, depth, plan->shape->rows);
        block_rows(u, plan, a, b, i0, i0 + rows, j0, cols, depth,
                   u->g.add || s > 0);
      }
    }
  }
}


/* the i-th of n even parts of `size`, whole tiles each */
static void cut(long *part, long size, long tile, long i, long n) {
  long tiles = ceildiv(size, tile);
  part[0] = min(tiles * i / n * tile, size);
  part[1] = min(tiles * (i + 1) / n * tile, size);
}


static void grid_piece(void *arg, long index) {
  const Job *job = arg;
  const Plan *plan = &job->plan;
  Mul u = *job->u;
  long g = index / plan->gm / plan->gn, i[2], j[2], k[2];
  cut(i, u.g.m, plan->shape->rows, index % plan->gm, plan->gm);
  cut(j, u.g.n, plan->shape->cols, index / plan->gm % plan->gn, plan->gn);
  cut(k, u.g.k, 1, g, plan->gk);
  if (g > 0) {
    u.g.c = job->sums + (g - 1) * u.g.m * u.g.n;
    u.g.ldc = u.g.n;
    u.g.add = 0;
    u.g.bias = NULL;
  }
  piece(&u, plan, job->panels +
        pool_self() * (plan->apanel + plan->bpanel), i, j, k);
}


static void add_sums(void *arg, long index) {
  const Job *job = arg;
  const Mul *u = job->u;
  long i, g, j;
  for (i = index * SUMROWS; i < min((index + 1) * SUMROWS, u->g.m); i++) {
    real *c = u->g.c + i * u->g.ldc;
    for (g = 0; g < job->plan.gk - 1; g++) {
      const real *sum = job->sums + (g * u->g.m + i) * u->g.n;
      for (j = 0; j < u->g.n; j++) c[j] += sum[j];
    }
  }
}


static int empty(const Mul *u) {
  return u->g.m <= 0 || u->g.n <= 0;
}


size_t mul_scratch(const Mul *u) {
  Plan plan;
  if (empty(u)) return 0;
  plan = make_plan(u);
  return (size_t)(pool_threads() * (plan.apanel + plan.bpanel) +
                  (plan.gk - 1) * u->g.m * u->g.n) * sizeof(real);
}


void mul_run(const Mul *u, void *scratch) {
  Job job = { .u = u, .panels = scratch };
  Plan *plan = &job.plan;
  if (empty(u)) return;
  *plan = make_plan(u);
  job.sums = job.panels + pool_threads() * (plan->apanel + plan->bpanel);
  pool_for(plan->gm * plan->gn * plan->gk, grid_piece, &job);
  if (plan->gk > 1) pool_for(ceildiv(u->g.m, SUMROWS), add_sums, &job);
}


/* one piece of all columns and products */
static Plan row_plan(const Mul *u) {
  Plan plan = { .shape = choose_shape(u->g.m, u->g.n) };
  set_blocks(&plan, u, 1, 1);
  return plan;
}


size_t mul_panels(const Mul *u) {
  Plan plan;
  if (empty(u)) return 0;
  plan = row_plan(u);
  return (size_t)(plan.apanel + plan.bpanel) * sizeof(real);
}


void mul_rows(const Mul *u, long from, long to, void *panels) {
  Plan plan;
  long i[2] = { from, to }, j[2] = { 0, u->g.n }, k[2] = { 0, u->g.k };
  if (empty(u)) return;
  plan = row_plan(u);
  piece(u, &plan, panels, i, j, k);
}
