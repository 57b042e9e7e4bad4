/*
** kern_math.h
** exp, log and the like as plain arithmetic without branches or calls, so
** that the compiler can run sixteen of them at once; the C library's do not
** vectorise under strict floating point. Errors stay below 2 units in the
** last place (spec/kernel/math_spec.lua measures them against double
** precision). The double build, which checks gradients, uses the C library.
*/

#ifndef kern_math_h
#define kern_math_h

#include "base/real.h"

/* where k_expm1x's series is right to the last digits of a scalar */
#if defined(TS_DOUBLE)
#define EXPM1X_SERIES 0.02
#else
#define EXPM1X_SERIES 0.4f
#endif

#if defined(TS_DOUBLE)

TS_FN real k_exp(real x) { return exp(x); }
TS_FN real k_expm1(real x) { return expm1(x); }
TS_FN real k_log(real x) { return log(x); }
TS_FN real k_log1p(real t) { return log1p(t); }
TS_FN real k_tanh(real x) { return tanh(x); }
TS_FN real k_sqrt(real x) { return sqrt(x); }
TS_FN real k_abs(real x) { return fabs(x); }
TS_FN real k_zero(real x) { return copysign(0, x); }
TS_FN real k_floor(real x) { return floor(x); }
TS_FN real k_ceil(real x) { return ceil(x); }
TS_FN real k_round(real x) { return rint(x); }
TS_FN real k_sin(real x) { return sin(x); }
TS_FN real k_cos(real x) { return cos(x); }
TS_FN real k_pow(real x, real y) {
  return pow(fabs(x) < 2.2250738585072014e-308 ? k_zero(x) : x, y);
}

#else

TS_FN float k_floor(float x) { return floorf(x); }
TS_FN float k_ceil(float x) { return ceilf(x); }
TS_FN float k_round(float x) { return rintf(x); }


TS_FN uint32_t bits_of(float x) {
  uint32_t u;
  memcpy(&u, &x, sizeof u);
  return u;
}


TS_FN float of_bits(uint32_t u) {
  float x;
  memcpy(&x, &u, sizeof x);
  return x;
}


/* 0 with the sign of x */
TS_FN float k_zero(float x) { return of_bits(bits_of(x) & 0x80000000u); }


/* x = n ln 2 + r with |r| <= ln(2)/2; returns r and, in *n, n as an integer
** (two's complement). Adding 1.5 2^23 rounds to the nearest integer and
** leaves it in the low bits. */
TS_FN float k_reduce(float x, uint32_t *n) {
  const float magic = 12582912.0f;
  float t = x * 1.44269504f + magic;
  float k = t - magic;
  *n = bits_of(t) - bits_of(magic);
  return (x - k * 0.693145752f) - k * 1.42860677e-6f;
}


/* e^r - 1 for |r| <= ln(2)/2, by its series */
TS_FN float k_series(float r) {
  float p = 1.98412698e-4f;
  p = p * r + 1.38888889e-3f;
  p = p * r + 8.33333333e-3f;
  p = p * r + 4.16666667e-2f;
  p = p * r + 1.66666667e-1f;
  p = p * r + 0.5f;
  return r + r * r * p;
}


/* 2^n for -126 <= n <= 127 */
TS_FN float k_exp2(uint32_t n) {
  return of_bits((n + 127u) << 23);
}


TS_FN float k_exp(float x) {
  uint32_t n, half;
  float r;
  x = x > 89.0f ? 89.0f : x;         /* 89: the result is infinite */
  x = x < -104.0f ? -104.0f : x;     /* -104: it is 0 */
  r = 1.0f + k_series(k_reduce(x, &n));
  /* in two steps, for results below the smallest normal number */
  half = (uint32_t)((int32_t)n >> 1);
  return r * k_exp2(half) * k_exp2(n - half);
}


TS_FN float k_expm1(float x) {
  uint32_t n;
  float p, s;
  x = x > 88.0f ? 88.0f : x;
  x = x < -40.0f ? -40.0f : x;
  p = k_series(k_reduce(x, &n));
  s = k_exp2(n);
  return (s - 1.0f) + s * p;
}


/* k ln 2 + log(1 + f) for -0.3 <= f <= 0.5: with s = f / (2 + f),
** log(1 + f) = 2 s (1 + s^2/3 + s^4/5 + ...) = f - f^2/2 + s (f^2/2 + p) */
TS_FN float k_logof(float k, float f) {
  float s = f / (2.0f + f);
  float z = s * s;
  float p = 0.181818182f;
  float h = 0.5f * f * f;
  p = p * z + 0.222222222f;
  p = p * z + 0.285714286f;
  p = p * z + 0.4f;
  p = p * z + 0.666666667f;
  return k * 0.693145752f -
         ((h - (s * (h + z * p) + k * 1.42860677e-6f)) - f);
}


TS_FN float k_log(float x) {
  /* x = 2^k (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2) */
  int tiny = x < 1.17549435e-38f;
  float y = tiny ? x * 8388608.0f : x;
  uint32_t u = bits_of(y) - 0x3f3504f3u;
  float k = (float)((int32_t)u >> 23) - (tiny ? 23.0f : 0.0f);
  float l = k_logof(k, of_bits((u & 0x007fffffu) + 0x3f3504f3u) - 1.0f);
  l = x > 3.40282347e38f ? x : l;
  l = x == 0.0f ? -HUGE_VALF : l;
  l = x < 0.0f ? of_bits(0x7fc00000u) : l;
  return x != x ? x : l;
}


/* log(1 + t) for 0 <= t <= 1; from 1/2 on as log 2 + log(1 + (t - 1)/2) */
TS_FN float k_log1p(float t) {
  int large = t >= 0.5f;
  return k_logof(large ? 1.0f : 0.0f, large ? 0.5f * (t - 1.0f) : t);
}


TS_FN float k_tanh(float x) {
  float a = of_bits(bits_of(x) & 0x7fffffffu);
  float z = a * a;
  float e, p, y;
  a = a > 10.0f ? 10.0f : a;         /* tanh 10 rounds to 1 */
  e = k_expm1(2.0f * a);
  y = e / (e + 2.0f);
  /* the series where that would lose 2 units */
  p = -8.86323552e-3f;
  p = p * z + 2.18694885e-2f;
  p = p * z - 5.39682540e-2f;
  p = p * z + 1.33333333e-1f;
  p = p * z - 3.33333333e-1f;
  y = a < 0.26f ? a + a * z * p : y;
  return of_bits(bits_of(y) | (bits_of(x) & 0x80000000u));
}


TS_FN float k_sqrt(float x) { return sqrtf(x); }
TS_FN float k_abs(float x) { return fabsf(x); }
TS_FN float k_sin(float x) { return sinf(x); }
TS_FN float k_cos(float x) { return cosf(x); }

/* The C library looks at the bits of x, and would give neither the power of a
** denormal number nor that of 0, for which it counts (flush.h). */
TS_FN float k_pow(float x, float y) {
  return powf(fabsf(x) < 1.17549435e-38f ? k_zero(x) : x, y);
}

#endif

/* with the rounding of 1 + e taken out of the quotient again */
TS_FN real k_sigmoid(real x) {
  real e = k_exp(-k_abs(x));
  real d = 1 + e;
  real y = (x < 0 ? e : 1) / d;
  return y - y * (e - (d - 1));
}


TS_FN real k_softplus(real x) {
  return (x > 0 ? x : 0) + k_log1p(k_exp(-k_abs(x)));
}


/* softplus(x) - t x, without the difference of two large numbers that are
** equal but for the last digits where x is sure of t */
TS_FN real k_bernoulli(real x, real t) {
  return (x > 0 ? (1 - t) * x : -t * x) + k_log1p(k_exp(-k_abs(x)));
}


/* e^x - 1 - x: near 0, where nothing would be left, by its series */
TS_FN real k_expm1x(real x) {
  real p = (real)(1.0 / 40320);
  p = p * x + (real)(1.0 / 5040);
  p = p * x + (real)(1.0 / 720);
  p = p * x + (real)(1.0 / 120);
  p = p * x + (real)(1.0 / 24);
  p = p * x + (real)(1.0 / 6);
  p = p * x + (real)0.5;
  return k_abs(x) < EXPM1X_SERIES ? x * x * p : k_expm1(x) - x;
}

/* -log N(d; 0, e^logvar) */
TS_FN real k_gaussian(real d, real logvar) {
  const real z = d * k_exp((real)-0.5 * logvar);
  return (real)0.5 * ((real)1.8378770664093453 + logvar + z * z);
}

#endif
