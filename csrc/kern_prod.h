/*
** kern_prod.h
** What the products ask of a level: a table of tiles and two packers.
** kern_prod.c is compiled once per level into a table of its own.
*/

#ifndef kern_prod_h
#define kern_prod_h

#include "mem.h"

#define TILE_MAXROWS 8

/* c_i[0..cols-1] = or += start + sum over p < depth of a_i(p) b_p,
** for rows i < `rows`, where a_i(p) = a[row[i] + col[p]] and
** c_i = c[i] + shift */
typedef struct TileArg {
  long depth;
  const real *a;
  const long *row;     /* as many as the tile has, whatever `rows` is */
  const long *col;
  const real *b;       /* row p of b is b + p * bstep, and */
  long bstep;
  const real *start;   /* these have numbers for the tile's full width */
  real *const *c;
  long shift;
  long rows, cols;     /* of the tile that c has room for */
  int add;
} TileArg;

typedef struct TileShape {
  int rows, cols;
  double cost;         /* time per product, relative */
  void (*run)(const TileArg *t);
} TileShape;

typedef struct ProdKern {
  int lanes;                 /* of a vector */
  const TileShape *shapes;   /* ends with rows = 0 */
  /* panels [k,width] one after the other from b[k,n], or from its transpose
  ** b[n,k]; the last one is filled up with zeros */
  void (*pack)(real *to, long width, const real *b, long ldb, long k,
               long n);
  void (*packt)(real *to, long width, const real *b, long ldb, long k,
                long n);
} ProdKern;

extern const ProdKern kern_prod_v1;
#if defined(__x86_64__)
extern const ProdKern kern_prod_v3;   /* AVX2 and FMA */
extern const ProdKern kern_prod_v4;   /* AVX-512 */
#endif

#endif
