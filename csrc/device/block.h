/*
** block.h
** Sizes of far blocks: classes, four to an octave, so that a training step
** finds the blocks of the step before, and none is more than 25 % too large.
*/

#ifndef block_h
#define block_h

#include <stddef.h>

#define BLOCK_UNIT ((size_t)256)
#define BLOCK_CLASSES 128

/* class c holds blocks of (4 + c % 4) << c / 4 quarters of a unit, and those
** are of whole units */
static inline size_t block_size(int c) {
  size_t n = ((size_t)(4 + c % 4) << (c / 4)) * (BLOCK_UNIT / 4);
  return (n + BLOCK_UNIT - 1) / BLOCK_UNIT * BLOCK_UNIT;
}


static inline int block_class(size_t n) {
  int c = 0;
  while (c < BLOCK_CLASSES - 1 && block_size(c) < n) c++;
  return c;
}

#endif
