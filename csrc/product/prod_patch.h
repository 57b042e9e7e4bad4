/*
** prod_patch.h
** The left operand of a convolution. Row (n, p, q) of the patch matrix holds
** the kh kw c numbers that a window sees in image n. The matrix never
** exists: where the window is plus where the tap is, that is where a number
** is, once the images have zeros around them.
*/

#ifndef prod_patch_h
#define prod_patch_h

#include "product/prod_mul.h"

/* images [n,h,w,c] seen through windows of kh kw pixels */
typedef struct Patches {
  const real *x;
  long h, w, c;
  long ph, pw;         /* points in each image */
  long sh, sw;         /* point (p, q) sees rows sh p - top + 0..kh-1 */
  long top, left;
  long kh, kw;
} Patches;

/* makes the patch matrix, or its transpose, the left operand of u;
** u->from must be s, or begin with it */
void patch_rows(Mul *u, const Patches *s);
void patch_columns(Mul *u, const Patches *s);

#endif
