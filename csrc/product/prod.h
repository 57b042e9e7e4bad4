/*
** prod.h
** The products: matrix times matrix and the three partial derivatives of a
** convolution's trilinear form. Everything that costs time in training goes
** through these four functions. Raw pointers, row-major. Each plans its work,
** takes the memory that it then needs, and returns 0 after ts_fail where there
** is none. Sums are cut by sizes alone, so the bits do not depend on the
** threads.
*/

#ifndef prod_h
#define prod_h

#include "base/mem.h"

/* The instructions to use: 4 is AVX-512, 3 is AVX2 with FMA, 1 is what every
** machine has. Without a call: the best there is. Returns the level in use,
** which is no higher than the machine's. Changes the last bits of results. */
int prod_setlevel(int level);

/* With `half`, all products round their operands to bfloat16 (to nearest,
** even); sums and results stay float32. `with` names the instructions to do
** it, one of what prod_precision returns, or is NULL: the fastest there are.
** Else products are as before. 0 after ts_fail, and then nothing changes,
** where the processor has no such instructions. */
int prod_setprecision(int half, const char *with);
/* "amx", "avx512bf16", "emulated" (AMX by C, very slow: for specs); NULL:
** operands are not rounded */
const char *prod_precision(void);

/* c[m,n] = op(a) op(b);
** op(a) is [m,k]: a[i*lda+p], or a[p*lda+i] when ta; b likewise [k,n].
** Sizes may be 0 (k = 0 gives zeros). */
typedef struct Gemm {
  long m, n, k;
  const real *a;
  long lda;
  int ta;
  const real *b;
  long ldb;
  int tb;
  real *c;
  long ldc;
} Gemm;

/* `count` products of one form; at(arg, i, g) says where a, b and c of the
** i-th are */
typedef void (*GemmAt)(const void *arg, long i, Gemm *g);
int prod_gemm(const Gemm *g, long count, GemmAt at, const void *arg);

/*
** y[n,oh,ow,o] = sum_{i,j,c} x[n, sh*p+i-pt, sw*q+j-pl, c] w[i,j,c,o]
** with zeros outside of x; images N H W C, kernels KH KW C O.
*/
typedef struct Conv {
  long n, h, w, c;      /* x */
  long kh, kw, o;       /* kernel: kh kw c o */
  long sh, sw;          /* stride */
  long pt, pl;          /* zeros above and to the left */
  long oh, ow;          /* y: n oh ow o */
} Conv;

/* each overwrites its first array */
int prod_conv_y(const Conv *g, real *y, const real *x, const real *w);
int prod_conv_x(const Conv *g, real *x, const real *y, const real *w);
int prod_conv_w(const Conv *g, real *w, const real *x, const real *y);

#endif
