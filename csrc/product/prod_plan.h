/*
** prod_plan.h
** How a product is cut up. Rows and columns are, as the threads want them;
** the cuts of k, where sums begin anew, follow from the sizes and the level
** in use alone.
*/

#ifndef prod_plan_h
#define prod_plan_h

#include "kernel/kern_prod.h"
#include "base/pool.h"
#include "product/prod_mul.h"

typedef struct Plan {
  const TileShape *shape;
  long grid[3];              /* pieces along m, n and k */
  long tall, wide, deep;     /* rows, columns and products of a block */
  /* reals of scratch for each thread: places of rows and columns, a block of
  ** b, whatever is copied of a, a block of a if it is packed; all of these */
  long tables, bsize, asize, packed, total;
} Plan;

Plan plan_grid(const Mul *u);   /* for a loop over the pieces of a grid */
Plan plan_rows(const Mul *u);   /* one piece, to be run by rows */

const ProdKern *plan_kern(void);
/* these from now on; NULL: those of the level */
void plan_sethalf(const ProdKern *kern);
/* k is cut at multiples of this */
long plan_unit(const Mul *u);
/* from column to column of a transpose copied for a block of so many rows */
long plan_step(long rows);

/* pool_for, unless all the work, in multiply-adds, would be over before
** another thread has woken up. A number copied counts PLAN_COPY. */
#define PLAN_COPY 20
void plan_for(long n, PoolBody body, void *arg, double work);

#endif
