/*
** prod_size.h
** Arithmetic of sizes for the files that cut products into pieces.
*/

#ifndef prod_size_h
#define prod_size_h

#include "base/mem.h"

/* reals in a cache line; every part of a scratch is a multiple of it */
#define SIZE_LINE ((long)(64 / sizeof(real)))


static inline long size_min(long a, long b) {
  return a < b ? a : b;
}


static inline long size_max(long a, long b) {
  return a > b ? a : b;
}


/* how many parts of b it takes to cover a */
static inline long size_parts(long a, long b) {
  return (a + b - 1) / b;
}


static inline long size_up(long a, long b) {
  return size_parts(a, b) * b;
}

#endif
