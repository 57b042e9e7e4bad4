/*
** prod_mul.c
** A product c = a b by pieces and blocks (prod_plan.c). For each block of b,
** packed into panels as wide as a tile, a piece brings block after block of
** a within reach; there one row of tiles after the other meets all panels,
** while the numbers of a that these tiles share stay in the first cache.
** Invariant: a number of c is summed in one order, first its own piece's
** products, then the partial sums of the others; so the threads, which take
** the pieces as they come, have no say in the bits.
*/

#include "product/prod_mul.h"

#include "product/prod_plan.h"
#include "product/prod_size.h"

#include <string.h>

#define SUMROWS 16     /* rows of c in a piece of add_sums */

typedef struct Job {
  const Mul *u;
  Plan plan;
  real *scratch, *sums;
} Job;

typedef struct Range {
  long from, to;
} Range;


/* one row of tiles after the other, `rows` of c, meets the panels of the
** block of b with these columns; `block` knows where all begin */
static void block_rows(const TileShape *s, const TileArg *block, long rows,
                       Range columns) {
  TileArg t = *block;
  long panel = t.bstep == s->cols ? t.depth * s->cols : s->cols;
  for (; rows > 0; rows -= s->rows) {
    t.rows = size_min(s->rows, rows);
    t.b = block->b;
    for (t.shift = columns.from; t.shift < columns.to; t.shift += s->cols) {
      t.cols = size_min(s->cols, columns.to - t.shift);
      s->run(&t);
      t.b += panel;
    }
    t.row += s->rows;
    t.c += s->rows;
  }
}


/* A matrix is within reach where it is. Its transpose would be too, but
** walking down long columns for every panel costs more than one copy. */
static const real *bring_matrix(const Mul *u, real *room, long *row,
                                long *col, long i, long rows, long p,
                                long depth) {
  const Gemm *g = &u->g;
  const real *a = g->a + (g->ta ? p * g->lda + i : i * g->lda + p);
  long step = plan_step(rows), r, q;
  for (r = 0; r < rows; r++) row[r] = g->ta ? r : r * g->lda;
  for (q = 0; q < depth; q++) col[q] = g->ta ? q * step : q;
  if (!g->ta) return a;
  for (q = 0; q < depth; q++, a += g->lda)
    memcpy(room + q * step, a, (size_t)rows * sizeof(real));
  return room;
}


/* the last tile reads numbers of a beyond the last row, and drops them */
static void repeat_last(long *row, long rows, long tile) {
  long r;
  for (r = rows; r < size_up(rows, tile); r++) row[r] = row[rows - 1];
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


/* The block of b for products p and columns j... It stays where it is if it
** is a panel already, or if few rows would use the copy. */
static void bring_b(const Mul *u, TileArg *t, real *room, const Plan *plan,
                    Range p, long j, long cols) {
  const Gemm *g = &u->g;
  long width = plan->shape->cols, depth = p.to - p.from;
  int few = g->m <= 2 * plan->shape->rows && cols % width == 0;
  t->b = room;
  t->bstep = width;
  if (g->tb)
    plan_kern()->packt(room, width, g->b + j * g->ldb + p.from, g->ldb,
                       depth, cols);
  else if (!plan->packed && (few || (cols == width && g->ldb == width))) {
    t->b = g->b + p.from * g->ldb + j;
    t->bstep = g->ldb;
  }
  else
    plan_kern()->pack(room, width, g->b + p.from * g->ldb + j, g->ldb, depth,
                      cols);
}


static void bring_c(const Mul *u, real **c, long i, long rows) {
  long r;
  if (u->place) u->place(u, c, i, rows);
  else
    for (r = 0; r < rows; r++) c[r] = u->g.c + (i + r) * u->g.ldc;
}


/* these rows and columns of c, summed over k: the order of the loops is
** columns, k, rows, then block_rows */
static void piece(const Mul *u, const Plan *plan, real *scratch, Range rows,
                  Range columns, Range k) {
  real **c = (real **)scratch;
  long *row = (long *)(c + plan->tall), *col = row + plan->tall;
  real *broom = scratch + plan->tables, *aroom = broom + plan->bsize;
  real *packed = aroom + plan->asize;
  const ProdKern *kern = plan_kern();
  long steps = size_max(size_parts(k.to - k.from, plan->deep), 1);
  long deep = size_up(size_parts(k.to - k.from, steps), plan_unit(u));
  TileArg t = { .row = row, .col = col, .c = c };
  Range j, p;
  if (kern->begin) kern->begin();
  for (j.from = columns.from; j.from < columns.to && !pool_ending();
       j.from = j.to) {
    long cols;
    j.to = size_min(j.from + plan->wide, columns.to);
    cols = j.to - j.from;
    p.from = k.from;
    do {
      long i, n, depth;
      p.to = size_min(p.from + deep, k.to);
      depth = p.to - p.from;
      t.depth = kern_packed(kern, depth);
      t.add = p.from > k.from;
      bring_b(u, &t, broom, plan, p, j.from, cols);
      for (i = rows.from; i < rows.to && !pool_ending(); i += n) {
        n = size_min(plan->tall, rows.to - i);
        t.a = bring_a(u, aroom, row, col, i, n, p.from, depth);
        repeat_last(row, n, plan->shape->rows);
        if (kern->packa) {
          kern->packa(packed, t.a, row, col, size_up(n, plan->shape->rows),
                      depth);
          t.a = packed;
        }
        bring_c(u, c, i, n);
        block_rows(plan->shape, &t, n, j);
      }
      p.from = p.to;
    } while (p.from < k.to && !pool_ending());
  }
  if (kern->end) kern->end();
}


/* the i-th of n even parts of `size`, whole units each */
static Range part(long size, long unit, long i, long n) {
  long units = size_parts(size, unit);
  Range r = { size_min(units * i / n * unit, size),
              size_min(units * (i + 1) / n * unit, size) };
  return r;
}


static void grid_piece(void *arg, long index) {
  const Job *job = arg;
  const Plan *plan = &job->plan;
  const long *grid = plan->grid;
  long stretch = index / grid[0] / grid[1];
  Mul u = *job->u;
  if (stretch > 0) {
    u.g.c = job->sums + (stretch - 1) * u.g.m * u.g.n;
    u.g.ldc = u.g.n;
  }
  piece(&u, plan, job->scratch + pool_self() * plan->total,
        part(u.g.m, plan->shape->rows, index % grid[0], grid[0]),
        part(u.g.n, plan->shape->cols, index / grid[0] % grid[1], grid[1]),
        part(u.g.k, plan_unit(&u), stretch, grid[2]));
}


static void add_sums(void *arg, long index) {
  const Job *job = arg;
  const Gemm *g = &job->u->g;
  Range i = part(g->m, SUMROWS, index, size_parts(g->m, SUMROWS));
  long s, j;
  for (; i.from < i.to; i.from++) {
    real *c = g->c + i.from * g->ldc;
    for (s = 0; s < job->plan.grid[2] - 1; s++) {
      const real *sum = job->sums + (s * g->m + i.from) * g->n;
      for (j = 0; j < g->n; j++) c[j] += sum[j];
    }
  }
}


static int empty(const Mul *u) {
  return u->g.m <= 0 || u->g.n <= 0;
}


int mul_run(Mul *u, long count, GemmAt at, const void *arg) {
  Job job = { .u = u };
  const long *grid = job.plan.grid;
  long room, i;
  if (empty(u)) return 1;
  job.plan = plan_grid(u);
  room = pool_threads() * job.plan.total;
  job.scratch = mem_array((size_t)(room + (grid[2] - 1) * u->g.m * u->g.n),
                          sizeof(real));
  if (job.scratch == NULL) return 0;
  job.sums = job.scratch + room;
  for (i = 0; i < count; i++) {
    if (at) at(arg, i, &u->g);
    pool_for(grid[0] * grid[1] * grid[2], grid_piece, &job);
    if (grid[2] > 1)
      plan_for(size_parts(u->g.m, SUMROWS), add_sums, &job,
               (double)PLAN_COPY * (double)(u->g.m * u->g.n * grid[2]));
  }
  mem_free(job.scratch);
  return 1;
}


size_t mul_rowscratch(const Mul *u) {
  return empty(u) ? 0 : (size_t)plan_rows(u).total * sizeof(real);
}


void mul_rows(const Mul *u, long from, long to, void *scratch) {
  Plan plan;
  Range rows = { from, to }, columns = { 0, u->g.n }, k = { 0, u->g.k };
  if (empty(u)) return;
  plan = plan_rows(u);
  piece(u, &plan, scratch, rows, columns, k);
}
