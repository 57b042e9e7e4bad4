/*
** real.h
** The scalar of a build, and what it takes for one source to be read by a C
** compiler and by CUDA's: functions of both begin with TS_FN. NVRTC, which
** compiles while a program runs, has no headers; what is used of them is here.
*/

#ifndef real_h
#define real_h

#if defined(__CUDACC__)
#define TS_FN static __device__ inline
#define TS_FMA(a, b, c) fma(a, b, c)
#else
#define TS_FN static inline
#define TS_FMA(a, b, c) ((a) * (b) + (c))   /* a call where it is no
                                               instruction */
#endif

#if defined(__CUDACC_RTC__)
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long long int64_t;
typedef unsigned long long uint64_t;
#define HUGE_VALF __int_as_float(0x7f800000)
#define HUGE_VAL __longlong_as_double(0x7ff0000000000000)
#define DBL_MAX 1.7976931348623157e308
#else
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#endif

/* `make check` builds the same sources in double */
#if defined(TS_DOUBLE)
typedef double real;
#define TS_EXACT (1L << 53)   /* all integers up to here are exact */
#else
typedef float real;
#define TS_EXACT (1L << 24)
#endif

#endif
