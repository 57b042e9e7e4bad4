/*
** number.h
** Numbers as files have them: bool, integers of 1 to 8 bytes with and without
** sign, floats of 2, 4 and 8, in either order of bytes. A type is written as
** numpy does: "<f4", ">i8", "|u1"; bfloat16, which numpy lacks, as "<g2".
*/

#ifndef number_h
#define number_h

#include <stddef.h>

typedef struct NumberType {
  char kind;       /* 'b' bool, 'i' and 'u' integers, 'f' float,
                      'g' bfloat16 */
  int size;        /* bytes */
  int swapped;     /* not in this machine's order */
} NumberType;

/* 0 where `text` is no such type; nothing is said then */
int number_type(const char *text, NumberType *type);
/* "float32", "uint8", "bool" */
const char *number_name(const NumberType *type);

/* Converts n items, and returns the number of those done: fewer than n where
** the next one cannot be held. An integer has to stay the same number; a
** fraction may be rounded to a smaller float, but may not become infinite, and
** is no integer. */
size_t number_convert(const NumberType *from, const void *data, size_t n,
                      const NumberType *to, void *out);

/* the item as text, for messages */
#define NUMBER_TEXT 40
const char *number_text(const NumberType *type, const void *item,
                        char buf[NUMBER_TEXT]);

/* Gathers items of `size` bytes into row-major order: n of them, from the one
** of number `first` in that order on. Item (i, j, ...) of the array lies at
** i * step[0] + j * step[1] + ... items in `data`. */
void number_gather(const void *data, size_t size, int ndim, const long *dim,
                   const long *step, size_t first, size_t n, void *out);

#endif
