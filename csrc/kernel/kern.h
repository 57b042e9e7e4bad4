/*
** kern.h
** The inner loops, behind one table of functions over raw pointers. A kernel
** knows no tensor, allocates nothing and calls nobody; outputs come first.
** kern_*.c are compiled once per instruction set; kern_open picks the best
** table that this processor can run, and another backend would fill in its own.
*/

#ifndef kern_h
#define kern_h

#include "base/mem.h"
#include "kernel/kern_list.h"
#include "kernel/kern_optim.h"

/* elementwise ones: K_NEG and so on, by the lists */
#define KERN_NUMBER(name, expr) K_##name,

typedef enum UnaryKernel { KERN_UNARIES(KERN_NUMBER) K_UNARIES } UnaryKernel;

typedef enum BinaryKernel {
  KERN_BINARIES(KERN_NUMBER) K_BINARIES
} BinaryKernel;

typedef enum TernaryKernel {
  KERN_TERNARIES(KERN_NUMBER) K_TERNARIES
} TernaryKernel;

typedef enum PairKernel { KERN_PAIRS(KERN_NUMBER) K_PAIRS } PairKernel;

typedef enum FoldKernel { K_SUM, K_MAX, K_MIN, K_FOLDS } FoldKernel;

/* y[n] from x[n] and two parameters */
typedef void (*Unary)(long n, real *y, const real *x, real a, real b);

/* y[n] from u[n], v[n] and two parameters */
typedef void (*Pair)(long n, real *y, const real *u, const real *v, real a,
                     real b);

/* an operand of a broadcast: a row of n items is `step` (0 or 1) apart, the
** next row begins `row` further on */
typedef struct Operand {
  const real *p;
  long row;
  int step;
} Operand;

/* y[rows,n] from operands */
typedef void (*Binary)(long rows, long n, real *y, Operand u, Operand v);
typedef void (*Ternary)(long rows, long n, real *y, Operand u, Operand v,
                        Operand w);

/* y[i] = fold of x[r,i] over r > 0 rows */
typedef void (*Fold)(long r, long i, real *y, const real *x);

typedef struct Kernels {
  const char *name;
  Unary unary[K_UNARIES];
  Binary binary[K_BINARIES];
  Ternary ternary[K_TERNARIES];
  Pair pair[K_PAIRS];
  Fold fold[K_FOLDS];
  /* over r > 0 rows of x[r,i]: log sum exp -> y[i] */
  void (*logsumexp)(long r, long i, real *y, const real *x);
  /* 1-based row of the first largest item -> y[i] */
  void (*argmax)(long r, long i, real *y, const real *x);
  /* y[r,i]; y may not be x */
  void (*softmax)(long r, long i, real *y, const real *x);
  void (*log_softmax)(long r, long i, real *y, const real *x);
  /* y[1] = logsumexp(x) sum(t) - sum(t x) over r items */
  void (*cross_entropy)(long r, real *y, const real *x, const real *t);
  /* y[i] = sum over r of (x[r,i] - mean[i])^2 */
  void (*deviation)(long r, long i, real *y, const real *x,
                    const real *mean);
  /* y[r,i] = u, times slope where u < 0, u = (x[r,i] - mean[i]) scale[i]
  ** + shift[i]; shift may be NULL */
  void (*rescale)(long r, long i, real *y, const real *x, const real *mean,
                  const real *scale, const real *shift, real slope);
  /* sum[i] of g[r,i] and dot[i] of g[r,i] (x[r,i] - mean[i]) */
  void (*sums)(long r, long i, real *sum, real *dot, const real *g,
               const real *x, const real *mean);
  /* y[r,i] = scale[i] (g[r,i] - sum[i] - (x[r,i] - mean[i]) slant[i]) */
  void (*project)(long r, long i, real *y, const real *g, const real *x,
                  const real *mean, const real *scale, const real *sum,
                  const real *slant);
  void (*accumulate)(long n, real *y, const real *x);   /* y += x */
  /* y[r,n] = u, times slope where u < 0, u = y[r,n] + bias[n], in place */
  void (*finish)(long r, long n, real *y, const real *bias, real slope);
  /* in place: weights p, slots, gradient g */
  void (*sgd)(long n, real *p, const real *g, const UpdateRate *u);
  void (*momentum)(long n, real *p, real *v, const real *g,
                   const UpdateRate *u);
  void (*adagrad)(long n, real *p, real *s, const real *g,
                  const UpdateRate *u);
  void (*rmsprop)(long n, real *p, real *s, const real *g,
                  const UpdateRate *u);
  void (*adam)(long n, real *p, real *m, real *v, const real *g,
               const UpdateRate *u);
  /* y = (1 - rate) y + rate x */
  void (*blend)(long n, real *y, const real *x, double rate);
} Kernels;

extern const Kernels *kern;

/* picks the table: the best one, or at most the level asked for
** (1: any processor, 3: AVX2 and FMA, 4: AVX-512; 0: the best) */
void kern_open(int level);

#endif
