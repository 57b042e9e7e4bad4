/*
** kern_prod.h
** What the products ask of a level: a table of tiles and two packers.
** kern_prod.c is compiled once per level into a table of its own, and so is
** kern_half.c, whose products round their operands to bfloat16.
*/

#ifndef kern_prod_h
#define kern_prod_h

#include "base/mem.h"

#define TILE_MAXROWS 8

/* c_i[0..cols-1] = or += sum over p < depth of a_i(p) b_p,
** for rows i < `rows`, where a_i(p) = a[row[i] + col[p]] and
** c_i = c[i] + shift */
typedef struct TileArg {
  long depth;
  const real *a;
  const long *row;     /* as many as the tile has, whatever `rows` is */
  const long *col;
  const real *b;       /* row p of b is b + p * bstep, and */
  long bstep;
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
  /* The rest is 0 but in half precision. There a number of a packed operand
  ** is a pair, of two products; as many products as `unit` divides, the last
  ** ones zeros. And a is packed too, from a[row[r] + col[p]], where `rows`
  ** is a multiple of the tile's: the tables tell where it is then. */
  int unit;
  void (*packa)(real *to, const real *a, long *row, long *col, long rows,
                long depth);
  /* NULL, or around a thread's calls of tiles */
  void (*begin)(void);
  void (*end)(void);
} ProdKern;

extern const ProdKern kern_prod_v1;
#if defined(__x86_64__)
extern const ProdKern kern_prod_v3;   /* AVX2 and FMA */
extern const ProdKern kern_prod_v4;   /* AVX-512 */
#endif

#if !defined(TS_DOUBLE)
extern const ProdKern kern_half_v1;   /* AMX, played by C */
#if defined(__x86_64__)
extern const ProdKern kern_half_v5;   /* AVX-512 BF16 */
extern const ProdKern kern_half_v6;   /* AMX */
#endif
#endif


/* how many numbers of a packed operand hold so many products */
static inline long kern_packed(const ProdKern *kern, long depth) {
  if (kern->unit == 0) return depth;
  return (depth + kern->unit - 1) / kern->unit * kern->unit / 2;
}

#endif
