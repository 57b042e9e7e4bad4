/*
** kern_prod.h
** What prod.c asks of a level: a table of tiles and two packers. kern_prod.c
** is compiled once per level (KERN_LEVEL 4, 3, 1) into a table of its own.
** Panels are in units of real; their layouts are described in kern_prod.c.
*/

#ifndef kern_prod_h
#define kern_prod_h

#include "mem.h"

#define KERN_MAXROWS 24
#define KERN_MAXCOLS 48   /* 3 vectors of 16 floats */
#define KERN_DEPTH 256    /* products summed between two visits of c */
#define KERN_STEP (KERN_DEPTH + 16)   /* from row to row of a packed row panel;
                             a power of two would crowd the first cache */

/* c[i][0..cols-1] = or += start + sum_p a_i(p) b[p][...], i < rows */
typedef struct TileArg {
  long depth;
  const real *a;     /* a_i(p) = a[i * KERN_STEP + p], or a[p * acol + i] */
  long acol;         /* 0: the first */
  const real *b;     /* a packed panel: the start, then `depth` rows */
  real *const *c;
  long shift;        /* added to each c[i] */
  long rows, cols;
  int add;
} TileArg;

typedef struct TileShape {
  int rows, cols;
  double cost;       /* time per product, against the best shape */
  void (*run)(const TileArg *t);
} TileShape;

typedef struct ProdKern {
  const TileShape *shapes;   /* ends with rows = 0 */
  /* panels of `width` columns from b[k,n], or from its transpose b[n,k];
  ** start[n] may be NULL: zeros */
  void (*pack)(real *to, const real *b, long ldb, long k, long n,
               const real *start, long width);
  void (*packt)(real *to, const real *b, long ldb, long k, long n,
                const real *start, long width);
} ProdKern;

extern const ProdKern kern_prod_v1;
#if defined(__x86_64__)
extern const ProdKern kern_prod_v3;   /* AVX2 and FMA */
extern const ProdKern kern_prod_v4;   /* AVX-512 */
#endif

#endif
