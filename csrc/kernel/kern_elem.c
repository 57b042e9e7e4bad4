/*
** kern_elem.c
** Elementwise kernels, one line each. A loop body is an expression in u, v, w
** (the operands) and a, b (parameters).
*/

#include "kernel/kern.h"
#include "kernel/kern_level.h"
#include "kernel/kern_math.h"

#define LOG_2PI 1.8378770664093453

#define UNARY(name, expr) \
  static void name(long n, real *restrict y, const real *restrict x, \
                   real a, real b) { \
    long i; \
    (void)a; (void)b; \
    for (i = 0; i < n; i++) { \
      const real u = x[i]; \
      y[i] = (expr); \
    } \
  }

UNARY(k_neg_loop, -u)
UNARY(k_exp_loop, k_exp(u))
UNARY(k_log_loop, k_log(u))
UNARY(k_sqrt_loop, k_sqrt(u))
UNARY(k_sin_loop, k_sin(u))
UNARY(k_cos_loop, k_cos(u))
UNARY(k_tanh_loop, k_tanh(u))
UNARY(k_sigmoid_loop, k_sigmoid(u))
UNARY(k_softplus_loop, k_softplus(u))
UNARY(k_relu_loop, u < 0 ? 0 : u)                 /* NaN stays NaN */
UNARY(k_leaky_relu_loop, u < 0 ? a * u : u)
UNARY(k_elu_loop, u < 0 ? a * k_expm1(u) : u)
UNARY(k_abs_loop, k_abs(u))
UNARY(k_sign_loop, u > 0 ? 1 : u < 0 ? -1 : u)
UNARY(k_step_loop, u > 0 ? 1 : 0)
UNARY(k_square_loop, u * u)
UNARY(k_floor_loop, k_floor(u))
UNARY(k_ceil_loop, k_ceil(u))
UNARY(k_round_loop, k_round(u))
UNARY(k_clip_loop, u < a ? a : u > b ? b : u)
UNARY(k_affine_loop, a * u + b)

/* the three ways in which a row can be broadcast; a row where neither operand
** moves has one item */
#define BINARY(name, expr) \
  static void name(long rows, long n, real *restrict y, \
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

BINARY(k_add_loop, u + v)
BINARY(k_sub_loop, u - v)
BINARY(k_mul_loop, u * v)
BINARY(k_div_loop, u / v)
BINARY(k_pow_loop, k_pow(u, v))
BINARY(k_maximum_loop, u >= v || u != u ? u : v)
BINARY(k_minimum_loop, u <= v || u != u ? u : v)
BINARY(k_eq_loop, u == v ? 1 : 0)
BINARY(k_ne_loop, u != v ? 1 : 0)
BINARY(k_lt_loop, u < v ? 1 : 0)
BINARY(k_le_loop, u <= v ? 1 : 0)
BINARY(k_gt_loop, u > v ? 1 : 0)
BINARY(k_ge_loop, u >= v ? 1 : 0)
BINARY(k_bernoulli_loop, k_bernoulli(v, u))
BINARY(k_gausskl_loop, (real)0.5 * (u * u + k_expm1x(v)))

#define TERNARY(name, expr) \
  static void name(long rows, long n, real *restrict y, \
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

TERNARY(k_where_loop, u != 0 ? v : w)

static inline real square(real x) { return x * x; }

TERNARY(k_gaussnll_loop,
        (real)0.5 * ((real)LOG_2PI + w +
                     square((u - v) * k_exp((real)-0.5 * w))))


#define PAIR(name, expr) \
  static void name(long n, real *restrict y, const real *restrict p, \
                   const real *restrict q, real a, real b) { \
    long i; \
    (void)a; (void)b; \
    for (i = 0; i < n; i++) { \
      const real u = p[i], v = q[i]; \
      y[i] = (expr); \
    } \
  }

PAIR(k_gate_loop, v > 0 ? u : a * u)
PAIR(k_lincomb_loop, a * u + b * v)
PAIR(k_over_root_loop, u / (k_sqrt(a * v) + b))


static void accumulate(long n, real *restrict y, const real *restrict x) {
  long i;
  for (i = 0; i < n; i++) y[i] += x[i];
}


void KERN(kern_elem)(Kernels *k);

void KERN(kern_elem)(Kernels *k) {
  static const Unary unary[K_UNARIES] = {
    k_neg_loop, k_exp_loop, k_log_loop, k_sqrt_loop, k_sin_loop, k_cos_loop,
    k_tanh_loop, k_sigmoid_loop, k_softplus_loop, k_relu_loop,
    k_leaky_relu_loop, k_elu_loop, k_abs_loop, k_sign_loop, k_step_loop,
    k_square_loop, k_floor_loop, k_ceil_loop, k_round_loop, k_clip_loop,
    k_affine_loop
  };
  static const Binary binary[K_BINARIES] = {
    k_add_loop, k_sub_loop, k_mul_loop, k_div_loop, k_pow_loop,
    k_maximum_loop, k_minimum_loop, k_eq_loop, k_ne_loop, k_lt_loop,
    k_le_loop, k_gt_loop, k_ge_loop, k_bernoulli_loop, k_gausskl_loop
  };
  memcpy(k->unary, unary, sizeof unary);
  memcpy(k->binary, binary, sizeof binary);
  k->accumulate = accumulate;
  k->pair[K_GATE] = k_gate_loop;
  k->pair[K_LINCOMB] = k_lincomb_loop;
  k->pair[K_OVER_ROOT] = k_over_root_loop;
  k->ternary[K_WHERE] = k_where_loop;
  k->ternary[K_GAUSSNLL] = k_gaussnll_loop;
}
