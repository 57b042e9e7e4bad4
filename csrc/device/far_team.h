/*
** far_team.h
** Folds for CUDA alone: the threads of a block share what is folded to `width`
** results beside one another. Each thread folds every so many rows of one
** column, then half of the threads take what the other half has, and so on:
** a fixed order. One launch leaves one item of team_fan(i), so that two are
** enough for most.
*/

#ifndef far_team_h
#define far_team_h

#include "device/far_reduce.h"

#define TEAM 256
#define TEAM_EACH 64             /* rows to a thread, at most */

/* columns beside one another, which are neighbours in memory, of i */
TS_FN int team_width(long i) {
  int w = 1;
  while (w < 32 && w < i) w *= 2;
  return w;
}

TS_FN long team_fan(long i) {
  return (long)(TEAM / team_width(i)) * TEAM_EACH;
}

/* blocks that lie beside one another */
TS_FN long team_across(long i, long width) { return (i + width - 1) / width; }

#define TEAM_KERNEL(name, term, fold) \
  extern "C" __global__ void __launch_bounds__(TEAM) \
  kernel_team_##name(long width, FoldArgs args) { \
    __shared__ real part[TEAM]; \
    const FoldArgs *k = &args; \
    const int w = (int)width, t = (int)threadIdx.x, row = t / w; \
    const long across = team_across(k->i, width), b = (long)blockIdx.x; \
    const long l = b % across * w + t % w, q = b / across % k->parts; \
    const long o = b / across / k->parts, c = o * k->i + l; \
    const long end = (q + 1) * k->r / k->parts; \
    const long first = q * k->r / k->parts + row; \
    long p = first; \
    int n = TEAM / w; \
    real u = 0; \
    if (l < k->i && p < end) { \
      u = far_##name##_term(k, (o * k->r + p) * k->i + l, c); \
      for (p += n; p < end; p += n) { \
        const real v = far_##name##_term(k, (o * k->r + p) * k->i + l, c); \
        u = (fold); \
      } \
    } \
    part[t] = u; \
    __syncthreads(); \
    for (n /= 2; n > 0; n /= 2) { \
      if (row < n && l < k->i && first + n < end) { \
        const real v = part[t + n * w]; \
        u = (fold); \
        part[t] = u; \
      } \
      __syncthreads(); \
    } \
    if (row == 0 && l < k->i) k->y[(o * k->parts + q) * k->i + l] = u; \
  }

#endif
