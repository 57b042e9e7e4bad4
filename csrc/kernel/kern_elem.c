/*
** kern_elem.c
** Elementwise loops, one for each line of kern_list.h: its expression in u, v,
** w (the operands) and a, b (parameters) is the body.
*/

#include "kernel/kern.h"
#include "kernel/kern_level.h"
#include "kernel/kern_math.h"

#define UNARY(name, expr) \
  static void name##_loop(long n, real *restrict y, const real *restrict x, \
                   real a, real b) { \
    long i; \
    (void)a; (void)b; \
    for (i = 0; i < n; i++) { \
      const real u = x[i]; \
      y[i] = (expr); \
    } \
  }

KERN_UNARIES(UNARY)

/* the three ways in which a row can be broadcast; a row where neither operand
** moves has one item */
#define BINARY(name, expr) \
  static void name##_loop(long rows, long n, real *restrict y, \
                   Operand p, Operand q) { \
    long r, i; \
    for (r = 0; r < rows; r++, y += n) { \
      const real *restrict s = p.p + r * p.row; \
      const real *restrict t = q.p + r * q.row; \
      if (p.step && q.step) { \
        for (i = 0; i < n; i++) { \
          const real u = s[i], v = t[i]; \
          y[i] = (expr); \
        } \
      } \
      else if (p.step) { \
        const real v = t[0]; \
        for (i = 0; i < n; i++) { \
          const real u = s[i]; \
          y[i] = (expr); \
        } \
      } \
      else { \
        const real u = s[0]; \
        for (i = 0; i < n; i++) { \
          const real v = t[i * q.step]; \
          y[i] = (expr); \
        } \
      } \
    } \
  }

KERN_BINARIES(BINARY)

#define TERNARY(name, expr) \
  static void name##_loop(long rows, long n, real *restrict y, \
                   Operand p, Operand q, Operand o) { \
    long r, i; \
    for (r = 0; r < rows; r++, y += n) { \
      const real *restrict s = p.p + r * p.row; \
      const real *restrict t = q.p + r * q.row; \
      const real *restrict x = o.p + r * o.row; \
      for (i = 0; i < n; i++) { \
        const real u = s[i * p.step], v = t[i * q.step], w = x[i * o.step]; \
        y[i] = (expr); \
      } \
    } \
  }

KERN_TERNARIES(TERNARY)


#define PAIR(name, expr) \
  static void name##_loop(long n, real *restrict y, const real *restrict p, \
                   const real *restrict q, real a, real b) { \
    long i; \
    (void)a; (void)b; \
    for (i = 0; i < n; i++) { \
      const real u = p[i], v = q[i]; \
      y[i] = (expr); \
    } \
  }

KERN_PAIRS(PAIR)


static void accumulate(long n, real *restrict y, const real *restrict x) {
  long i;
  for (i = 0; i < n; i++) y[i] += x[i];
}


#define LOOP(name, expr) name##_loop,

void KERN(kern_elem)(Kernels *k);

void KERN(kern_elem)(Kernels *k) {
  static const Unary unary[] = { KERN_UNARIES(LOOP) };
  static const Binary binary[] = { KERN_BINARIES(LOOP) };
  static const Ternary ternary[] = { KERN_TERNARIES(LOOP) };
  static const Pair pair[] = { KERN_PAIRS(LOOP) };
  memcpy(k->unary, unary, sizeof unary);
  memcpy(k->binary, binary, sizeof binary);
  memcpy(k->ternary, ternary, sizeof ternary);
  memcpy(k->pair, pair, sizeof pair);
  k->accumulate = accumulate;
}
