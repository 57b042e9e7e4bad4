/*
** prod_mul.c
** A product c = a b in blocks. The work is a grid of pieces, some rows by
** some columns of c (and, where c is small and k is long, one of several
** stretches of k). A piece goes through its part of k in steps. For each it
** packs a block of b into panels as wide as a tile, small enough to stay in
** the second cache; then row after row of tiles meets all panels, while the
** numbers of a that these tiles share stay in the first cache.
** Invariant: grid, blocks and tiles follow from the sizes and the level
** alone, and a number of c is summed in one order; so the threads, which
** take the pieces as they come, have no say in the bits.
*/

#include "prod_mul.h"

#include "kern_prod.h"
#include "pool.h"

#include <string.h>

#define DEEP 256       /* default Mul.deep: a tile's numbers of a are 8 KB */
#define TALL 256       /* default Mul.tall */
#define BLOCK 131072   /* numbers in a packed block of b: 512 KB */
#define WAKE 2.5e5     /* vector multiply-adds while a thread wakes up */
#define PIECES 32
#define SUMROWS 16     /* rows of c in a piece of add_sums */
#define LINE ((long)(64 / sizeof(real)))

/* how one thread goes about it; sizes of its scratch in reals */
typedef struct Plan {
  const TileShape *shape;
  long grid[3];              /* parts of m, n and k */
  long tall, deep, wide;     /* a block at most */
  long tables, start, bsize, asize;
  long total;
} Plan;

typedef struct Job {
  const Mul *u;
  Plan plan;
  real *scratch, *sums;
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


static long max(long a, long b) {
  return a > b ? a : b;
}


static long ceildiv(long a, long b) {
  return (a + b - 1) / b;
}


static long up(long a, long b) {
  return ceildiv(a, b) * b;
}


static long unit(const Mul *u) {
  return u->unit ? u->unit : 1;
}


/* from column to column of a copied transpose: an odd number of cache
** lines, since a power of two would crowd a few sets of the cache */
static long column_step(long rows) {
  return (ceildiv(rows, LINE) | 1) * LINE;
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


/* numbers to copy in order to bring m rows, k products of a; walking along
** the rows of a matrix is not free either */
static double bring_cost(const Mul *u, long m, long k) {
  return u->room ? (double)u->room(u, m, k)
                 : (double)m * (double)k * (u->g.ta ? 1 : 0.25);
}


/* The time of a grid on a machine of four, in multiply-adds, as a list
** schedule needs it at most: a quarter of all work and three of the largest
** piece. A number copied costs as much as COPY multiply-adds, a partial sum
** as much as SUM. */
static double grid_time(const Mul *u, const TileShape *s, const long *grid) {
  const double COPY = 20, SUM = 60, PIECE = 1e5;
  double pieces = (double)(grid[0] * grid[1] * grid[2]);
  long m = up(ceildiv(u->g.m, grid[0]), s->rows);
  long n = up(ceildiv(u->g.n, grid[1]), s->cols);
  long k = ceildiv(u->g.k, grid[2]);
  double copies = COPY * (bring_cost(u, m, k) + (double)n * (double)k);
  double work = (double)u->g.m * (double)u->g.n * (double)u->g.k;
  double sums = grid[2] > 1 ? SUM * (double)(u->g.m * u->g.n) : 0;
  double largest = (double)m * (double)n * (double)k + copies + PIECE;
  return (work + (copies + PIECE) * pieces + sums * (double)grid[2] +
          3 * largest) / 4;
}


/* work that takes no longer than waking a thread stays in one piece, and a
** piece is a good deal more than that */
static void choose_grid(Plan *plan, const Mul *u) {
  const Gemm *g = &u->g;
  double wake = WAKE * (double)kern->lanes;
  double work = (double)g->m * (double)g->n * (double)g->k;
  long most = (long)(work < wake ? 1 : work > PIECES * wake / 4 ? PIECES : 4 * work / wake);
  double least = 0;
  long i, j, k;
  for (i = 1; i <= min(most, g->m); i *= 2) {
    for (j = 1; i * j <= most && j <= g->n; j *= 2) {
      for (k = 1; i * j * k <= most && k <= max(g->k / DEEP, 1); k *= 2) {
        const long grid[3] = { i, j, k };
        double time = grid_time(u, plan->shape, grid);
        if (least > 0 && time >= least) continue;
        least = time;
        memcpy(plan->grid, grid, sizeof grid);
      }
    }
  }
}


static void set_blocks(Plan *plan, const Mul *u) {
  const TileShape *s = plan->shape;
  long m = up(ceildiv(u->g.m, plan->grid[0]), s->rows);
  long n = up(ceildiv(u->g.n, plan->grid[1]), s->cols);
  long wide;
  plan->deep = min(max(up(u->g.k, unit(u)), 1), u->deep ? u->deep : DEEP);
  plan->tall = min(m, up(u->tall ? u->tall : TALL, s->rows));
  wide = BLOCK / (plan->deep + 1);
  plan->wide = ceildiv(ceildiv(n, ceildiv(n, wide)), s->cols) * s->cols;
  plan->tables = up((plan->tall + plan->deep) * (long)sizeof(long), 64) /
                 (long)sizeof(real);
  plan->start = up(plan->wide, LINE);
  plan->bsize = up(plan->deep * plan->wide, LINE);
  plan->asize = up(u->room ? u->room(u, plan->tall, plan->deep)
                   : u->g.ta ? plan->deep * column_step(plan->tall) : 0,
                   LINE);
  plan->total = plan->tables + plan->start + plan->bsize + plan->asize;
}


static Plan make_plan(const Mul *u) {
  Plan plan = { .shape = choose_shape(u->g.m, u->g.n) };
  choose_grid(&plan, u);
  set_blocks(&plan, u);
  return plan;
}


/* the last tile reads numbers of a beyond the last row, and drops them */
static void repeat_last(long *row, long rows, long tile) {
  long r;
  for (r = rows; r < up(rows, tile); r++) row[r] = row[rows - 1];
}


/* one row of tiles after the other, i[0]..i[1], meets the panels of the
** block of b with columns j[0]..j[1]; `block` knows where a, b, start are */
static void block_rows(const Mul *u, const TileShape *s,
                       const TileArg *block, const long *i, const long *j) {
  real *c[TILE_MAXROWS];
  TileArg t = *block;
  long r;
  t.c = c;
  for (long from = i[0]; from < i[1]; from += s->rows) {
    t.rows = min(s->rows, i[1] - from);
    if (u->place) u->place(u, c, from, t.rows);
    else
      for (r = 0; r < t.rows; r++) c[r] = u->g.c + (from + r) * u->g.ldc;
    t.b = block->b;
    t.start = block->start;
    for (t.shift = j[0]; t.shift < j[1]; t.shift += s->cols) {
      t.cols = min(s->cols, j[1] - t.shift);
      s->run(&t);
      t.b += t.depth * s->cols;
      t.start += s->cols;
    }
    t.row += s->rows;
  }
}


/* A matrix is within reach where it is. Its transpose would be too, but
** walking down long columns for every panel costs more than one copy. */
static const real *bring_matrix(const Mul *u, real *room, long *row,
                                long *col, long i, long rows, long p,
                                long depth) {
  const Gemm *g = &u->g;
  const real *a = g->a + (g->ta ? p * g->lda + i : i * g->lda + p);
  long step = column_step(rows), r, q;
  for (r = 0; r < rows; r++) row[r] = g->ta ? r : r * g->lda;
  for (q = 0; q < depth; q++) col[q] = g->ta ? q * step : q;
  if (!g->ta) return a;
  for (q = 0; q < depth; q++, a += g->lda)
    memcpy(room + q * step, a, (size_t)rows * sizeof(real));
  return room;
}


static const real *bring_a(const Mul *u, real *room, long *row, long *col,
                           long i, long rows, long p, long depth) {
  if (depth == 0) {
    memset(row, 0, (size_t)rows * sizeof *row);
    return room;
  }
  if (u->bring) return u->bring(u, room, row, col, i, rows, p, depth);
  return bring_matrix(u, room, row, col, i, rows, p, depth);
}


static void set_start(real *start, const real *bias, long cols, long wide) {
  long j;
  for (j = 0; j < wide; j++) start[j] = bias && j < cols ? bias[j] : 0;
}


/* the block of b for products p.. and columns j..; one that is a panel
** already is left where it is */
static const real *bring_b(const Mul *u, real *room, long width, long p,
                           long depth, long j, long cols) {
  const Gemm *g = &u->g;
  if (g->tb)
    kern->packt(room, width, g->b + j * g->ldb + p, g->ldb, depth, cols);
  else if (cols == width && g->ldb == width)
    return g->b + p * width;
  else
    kern->pack(room, width, g->b + p * g->ldb + j, g->ldb, depth, cols);
  return room;
}


/* rows i[0]..i[1] by columns j[0]..j[1] of c, summed over k[0]..k[1] */
static void piece(const Mul *u, const Plan *plan, real *scratch,
                  const long *i, const long *j, const long *k) {
  const TileShape *s = plan->shape;
  long *row = (long *)scratch, *col = row + plan->tall;
  real *start = scratch + plan->tables;
  real *broom = start + plan->start, *aroom = broom + plan->bsize;
  long steps = max(ceildiv(k[1] - k[0], plan->deep), 1);
  long deep = up(ceildiv(k[1] - k[0], steps), unit(u));
  TileArg t = { .col = col, .bstep = s->cols, .start = start };
  long jj[2], ii[2], p;
  for (jj[0] = j[0]; jj[0] < j[1]; jj[0] = jj[1]) {
    jj[1] = min(jj[0] + plan->wide, j[1]);
    p = k[0];
    set_start(start, u->g.bias ? u->g.bias + jj[0] : NULL, jj[1] - jj[0],
              plan->wide);
    do {
      t.depth = min(deep, k[1] - p);
      t.add = u->g.add || p > k[0];
      t.b = bring_b(u, broom, s->cols, p, t.depth, jj[0], jj[1] - jj[0]);
      for (ii[0] = i[0]; ii[0] < i[1]; ii[0] = ii[1]) {
        ii[1] = min(ii[0] + plan->tall, i[1]);
        t.a = bring_a(u, aroom, row, col, ii[0], ii[1] - ii[0], p, t.depth);
        t.row = row;
        repeat_last(row, ii[1] - ii[0], s->rows);
        block_rows(u, s, &t, ii, jj);
      }
      set_start(start, NULL, 0, plan->wide);
      p += t.depth;
    } while (p < k[1]);
  }
}


/* the i-th of n even parts of `size`, whole units each */
static void cut(long *part, long size, long whole, long i, long n) {
  long units = ceildiv(size, whole);
  part[0] = min(units * i / n * whole, size);
  part[1] = min(units * (i + 1) / n * whole, size);
}


static void grid_piece(void *arg, long index) {
  const Job *job = arg;
  const Plan *plan = &job->plan;
  Mul u = *job->u;
  const long *grid = plan->grid;
  long g = index / grid[0] / grid[1], i[2], j[2], k[2];
  cut(i, u.g.m, plan->shape->rows, index % grid[0], grid[0]);
  cut(j, u.g.n, plan->shape->cols, index / grid[0] % grid[1], grid[1]);
  cut(k, u.g.k, unit(&u), g, grid[2]);
  if (g > 0) {
    u.g.c = job->sums + (g - 1) * u.g.m * u.g.n;
    u.g.ldc = u.g.n;
    u.g.add = 0;
    u.g.bias = NULL;
  }
  piece(&u, plan, job->scratch + pool_self() * plan->total, i, j, k);
}


static void add_sums(void *arg, long index) {
  const Job *job = arg;
  const Gemm *g = &job->u->g;
  long i, s, j;
  for (i = index * SUMROWS; i < min((index + 1) * SUMROWS, g->m); i++) {
    real *c = g->c + i * g->ldc;
    for (s = 0; s < job->plan.grid[2] - 1; s++) {
      const real *sum = job->sums + (s * g->m + i) * g->n;
      for (j = 0; j < g->n; j++) c[j] += sum[j];
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
  return (size_t)(pool_threads() * plan.total +
                  (plan.grid[2] - 1) * u->g.m * u->g.n) * sizeof(real);
}


void mul_run(const Mul *u, void *scratch) {
  Job job = { .u = u, .scratch = scratch };
  Plan *plan = &job.plan;
  if (empty(u)) return;
  *plan = make_plan(u);
  job.sums = job.scratch + pool_threads() * plan->total;
  pool_for(plan->grid[0] * plan->grid[1] * plan->grid[2], grid_piece, &job);
  if (plan->grid[2] > 1) pool_for(ceildiv(u->g.m, SUMROWS), add_sums, &job);
}


/* one piece of all columns and products */
static Plan row_plan(const Mul *u) {
  Plan plan = {
    .shape = choose_shape(u->g.m, u->g.n), .grid = { 1, 1, 1 }
  };
  set_blocks(&plan, u);
  return plan;
}


size_t mul_rowscratch(const Mul *u) {
  return empty(u) ? 0 : (size_t)row_plan(u).total * sizeof(real);
}


void mul_rows(const Mul *u, long from, long to, void *scratch) {
  Plan plan;
  long i[2] = { from, to }, j[2] = { 0, u->g.n }, k[2] = { 0, u->g.k };
  if (empty(u)) return;
  plan = row_plan(u);
  piece(u, &plan, scratch, i, j, k);
}
