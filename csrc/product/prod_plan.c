/*
** prod_plan.c
** The work of a product is a grid of pieces, some rows by some columns of c
** and, where c is small and k is long, one of several stretches of k, whose
** sums are partial. More pieces keep more threads busy but copy more: twice
** as many as threads are mostly best.
** Each piece goes through blocks: `deep` by `wide` numbers of b that stay in
** the second cache, met by `tall` rows of a, a tile's worth at a time.
*/

#include "product/prod_plan.h"

#include "product/prod_size.h"

#include <string.h>

#define DEEP 256       /* default Mul.deep: a tile's numbers of a are 8 KB */
#define TALL 256       /* default Mul.tall */
#define BLOCK 131072   /* numbers in a block of b: 512 KB */
#define WAKE 120000    /* vector multiply-adds while a thread wakes up */

static const ProdKern *kern, *half;


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


const ProdKern *plan_kern(void) {
  if (kern == NULL) prod_setlevel(4);
  return half ? half : kern;
}


void plan_sethalf(const ProdKern *table) {
  half = table;
}


static double wake_work(void) {
  return (double)WAKE * plan_kern()->lanes;
}


void plan_for(long n, PoolBody body, void *arg, double work) {
  long i;
  if (work >= wake_work()) pool_for(n, body, arg);
  else
    for (i = 0; i < n; i++) body(arg, i);
}


long plan_unit(const Mul *u) {
  return u->unit ? u->unit : size_max(plan_kern()->unit, 1);
}


/* an odd number of lines: a power of two would crowd a part of the cache */
long plan_step(long rows) {
  return (size_parts(rows, SIZE_LINE) | 1) * SIZE_LINE;
}


/* the shape that covers m by n at the least cost */
static const TileShape *choose_shape(long m, long n) {
  const TileShape *s, *best = NULL;
  double least = 0;
  for (s = plan_kern()->shapes; s->rows; s++) {
    double cost = (double)size_up(m, s->rows) * (double)size_up(n, s->cols) *
                  s->cost;
    if (best && cost >= least) continue;
    best = s;
    least = cost;
  }
  return best;
}


/* numbers to copy for m rows and k products of a; to walk along the rows of
** a matrix is not free either */
static double bring_cost(const Mul *u, long m, long k) {
  return u->room ? (double)u->room(u, m, k)
                 : (double)m * (double)k * (u->g.ta ? 1 : 0.25);
}


/* How long so many threads take for a grid, in multiply-adds: one piece after
** the other, and some more, as they do not begin together. SUM is the price
** of a partial sum, PIECE that of a piece and ROW that of a row of b, which
** memory serves the better the longer it is. */
static double grid_time(const Mul *u, const TileShape *s, const long *grid,
                        long threads) {
  const double SUM = 100, PIECE = 1e5, ROW = 116, LATE = 0.05;
  long pieces = grid[0] * grid[1] * grid[2];
  double m = (double)size_up(size_parts(u->g.m, grid[0]), s->rows);
  double n = (double)size_up(size_parts(u->g.n, grid[1]), s->cols);
  double k = (double)size_parts(u->g.k, grid[2]);
  double one = m * n * k + PIECE +
               PLAN_COPY * (bring_cost(u, (long)m, (long)k) +
                            (n + (u->g.tb ? 0 : ROW)) * k);
  double time = ((double)size_parts(pieces, threads) + LATE) * one;
  if (grid[2] > 1)
    time += SUM * (double)(u->g.m * u->g.n) * (double)grid[2] /
            (double)threads;
  return time;
}


/* how many pieces are worth a thread: each has a quarter of wake_work */
static long most_pieces(const Gemm *g, long threads) {
  double n = 4 * (double)g->m * (double)g->n * (double)g->k / wake_work();
  return n < 4 ? 1 : n > 4 * (double)threads ? 4 * threads : (long)n;
}


/* Finds the best cuts of rows and columns for so many threads, where k is cut
** into `stretches`; returns the time. Grids that leave threads without a piece
** in the last round are passed over. */
static double choose_cuts(Plan *plan, const Mul *u, long threads,
                          long stretches) {
  long most = size_max(most_pieces(&u->g, threads) / stretches, 1), i, j;
  double least = 0;
  for (i = 1; i <= size_min(most, u->g.m); i++) {
    for (j = 1; j <= size_min(most / i, u->g.n); j++) {
      const long grid[3] = { i, j, stretches };
      long pieces = i * j * stretches;
      double time;
      if (i * j > 1 && pieces > threads && pieces % threads != 0) continue;
      time = grid_time(u, plan->shape, grid, threads);
      if (least > 0 && time >= least) continue;
      memcpy(plan->grid, grid, sizeof grid);
      least = time;
    }
  }
  return least;
}


/* The stretches of k, which bits depend on, are what four threads want; the
** other cuts are for those that there are. */
static void choose_grid(Plan *plan, const Mul *u) {
  const long FOUR = 4;
  long most = most_pieces(&u->g, FOUR), best = 1, k;
  double least = 0;
  for (k = 1; k <= most && (k == 1 || k * DEEP <= u->g.k); k *= 2) {
    double time = choose_cuts(plan, u, FOUR, k);
    if (k > 1 && time >= least) continue;
    best = k;
    least = time;
  }
  choose_cuts(plan, u, pool_threads(), best);
}


static void set_blocks(Plan *plan, const Mul *u) {
  const TileShape *s = plan->shape;
  long m = size_up(size_parts(u->g.m, plan->grid[0]), s->rows);
  long n = size_parts(u->g.n, plan->grid[1]);
  long k = size_max(size_up(u->g.k, plan_unit(u)), 1);
  long pairs, places;
  /* pairs take half the room */
  plan->deep = u->deep ? u->deep : plan_kern()->unit ? 2 * DEEP : DEEP;
  plan->deep = size_up(size_min(k, plan->deep), plan_unit(u));
  pairs = kern_packed(plan_kern(), plan->deep);
  plan->tall = size_min(m, size_up(u->tall ? u->tall : TALL, s->rows));
  n = size_up(n, s->cols);
  plan->wide = size_parts(n, size_max(BLOCK / pairs, 1));
  plan->wide = size_up(size_parts(n, plan->wide), s->cols);
  places = plan->tall * (long)(sizeof(real *) + sizeof(long)) +
           size_max(plan->deep, pairs) * (long)sizeof(long);
  plan->tables = size_up(places, 64) / (long)sizeof(real);
  plan->bsize = size_up(pairs * plan->wide, SIZE_LINE);
  plan->asize = u->room ? u->room(u, plan->tall, plan->deep)
              : u->g.ta ? plan->deep * plan_step(plan->tall) : 0;
  plan->asize = size_up(plan->asize, SIZE_LINE);
  plan->packed = plan_kern()->unit ? size_up(plan->tall, SIZE_LINE) *
                                     size_up(pairs, SIZE_LINE) : 0;
  plan->total = plan->tables + plan->bsize + plan->asize +
                plan->packed;
}


Plan plan_grid(const Mul *u) {
  Plan plan = { .shape = choose_shape(u->g.m, u->g.n) };
  choose_grid(&plan, u);
  set_blocks(&plan, u);
  return plan;
}


Plan plan_rows(const Mul *u) {
  Plan plan = {
    .shape = choose_shape(u->g.m, u->g.n), .grid = { 1, 1, 1 }
  };
  set_blocks(&plan, u);
  return plan;
}
