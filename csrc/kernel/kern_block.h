/*
** kern_block.h
** Sums of many terms. Those of a block are added one after another, sums of
** blocks in pairs, those of pairs in pairs, and so on, as a counter carries:
** the error grows with the logarithm of their number and not with it. Single
** columns, whose items lie side by side, are added in LANES independent
** lanes. Sizes alone fix the order, whatever the width of the vectors.
*/

#ifndef kern_block_h
#define kern_block_h

#include "base/mem.h"

#include <string.h>

#define LANES 32
#define BLOCK 32      /* rows of a block, LANES times as many in one column */
#define WIDE 512      /* columns at a time */
#define LEVELS 32     /* enough for 2^37 rows */

/* sum[n]: of `rows` rows, 1 to those of a block, the first of which is `row`;
** of the columns from `from` on */
typedef void (*Block)(const void *arg, long row, long rows, long from, long n,
                      real *restrict sum);


/* lane[LANES] -> their sum */
static inline real sum_of_lanes(real *lane) {
  long l, j;
  for (j = LANES / 2; j > 0; j /= 2)
    for (l = 0; l < j; l++) lane[l] += lane[l + j];
  return lane[0];
}


/* sum[n] over all r > 0 rows, n <= WIDE */
static inline void in_blocks(long r, long rows, long from, long n,
                             real *restrict sum, Block block,
                             const void *arg) {
  real level[LEVELS][WIDE];
  const size_t bytes = (size_t)n * sizeof(real);
  unsigned long blocks = 0;
  long j, l;
  int k = 0;
  if (r <= rows) {
    block(arg, 0, r, from, n, sum);
    return;
  }
  for (j = 0; j < r; j += rows, blocks++) {
    block(arg, j, r - j < rows ? r - j : rows, from, n, sum);
    for (k = 0; blocks >> k & 1; k++)
      for (l = 0; l < n; l++) sum[l] = level[k][l] + sum[l];
    memcpy(level[k], sum, bytes);
  }
  /* the levels that are left, from the smallest, which is in sum */
  for (k++; blocks >> k; k++)
    if (blocks >> k & 1)
      for (l = 0; l < n; l++) sum[l] = level[k][l] + sum[l];
}

#endif
