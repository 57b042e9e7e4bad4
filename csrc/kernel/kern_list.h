/*
** kern_list.h
** The elementwise kernels, one line each: a name, and an expression in the
** operands u, v, w and the numbers a, b. Every loop over items is made of this
** list: kern_elem.c's for the processor, those in csrc/device for far memory.
** The functions in the expressions are those of kern_math.h.
*/

#ifndef kern_list_h
#define kern_list_h

/* u, a, b; a NaN stays a NaN */
#define KERN_UNARIES(F) \
  F(NEG, -u) \
  F(EXP, k_exp(u)) \
  F(LOG, k_log(u)) \
  F(SQRT, k_sqrt(u)) \
  F(SIN, k_sin(u)) \
  F(COS, k_cos(u)) \
  F(TANH, k_tanh(u)) \
  F(SIGMOID, k_sigmoid(u)) \
  F(SOFTPLUS, k_softplus(u)) \
  F(RELU, u < 0 ? 0 : u) \
  F(LEAKY_RELU, u < 0 ? a * u : u) \
  F(ELU, u < 0 ? a * k_expm1(u) : u) \
  F(ABS, k_abs(u)) \
  F(SIGN, u > 0 ? 1 : u < 0 ? -1 : u) \
  F(STEP, u > 0 ? 1 : 0) \
  F(SQUARE, u * u) \
  F(FLOOR, k_floor(u)) \
  F(CEIL, k_ceil(u)) \
  F(ROUND, k_round(u)) \
  F(CLIP, u < a ? a : u > b ? b : u) \
  F(AFFINE, a * u + b)

/* u, v, operands of a broadcast */
#define KERN_BINARIES(F) \
  F(ADD, u + v) \
  F(SUB, u - v) \
  F(MUL, u * v) \
  F(DIV, u / v) \
  F(POW, k_pow(u, v)) \
  F(MAXIMUM, u >= v || u != u ? u : v) \
  F(MINIMUM, u <= v || u != u ? u : v) \
  F(EQ, u == v ? 1 : 0) \
  F(NE, u != v ? 1 : 0) \
  F(LT, u < v ? 1 : 0) \
  F(LE, u <= v ? 1 : 0) \
  F(GT, u > v ? 1 : 0) \
  F(GE, u >= v ? 1 : 0) \
  F(BERNOULLI, k_bernoulli(v, u)) \
  F(GAUSSKL, (real)0.5 * (u * u + k_expm1x(v)))

/* u, v, w, operands of a broadcast */
#define KERN_TERNARIES(F) \
  F(WHERE, u != 0 ? v : w) \
  F(GAUSSNLL, k_gaussian(u - v, w))

/* u, v of one shape, a, b. What is shut off is 0 even of an infinite u. */
#define KERN_PAIRS(F) \
  F(GATE, v > 0 ? u : a == 0 ? k_zero(u) : a * u) \
  F(LINCOMB, a * u + b * v) \
  F(OVER_ROOT, u / (k_sqrt(a * v) + b))

#endif
