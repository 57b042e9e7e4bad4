/*
** prod_patch.h
** The left operand of a convolution: row (n, p, q) of the patch matrix holds
** the kh kw c numbers that a window sees in image n.
*/

#ifndef prod_patch_h
#define prod_patch_h

#include "prod_mul.h"

/* images [n,h,w,c] seen through windows of kh kw pixels */
typedef struct Patches {
  const real *x;
  long h, w, c;
  long ph, pw;         /* points in each image */
  long sh, sw;         /* point (p, q) sees rows sh p - top + 0..kh-1 */
  long top, left;
  long kh, kw;
} Patches;

/* packers of a Mul whose `from` is a Patches, or begins with one: rows of
** the patch matrix, and columns of it as rows */
void patch_rows(const Mul *u, real *to, long step, long i, long rows,
                long p, long depth);
void patch_columns(const Mul *u, real *to, long step, long i, long rows,
                   long p, long depth);

#endif
