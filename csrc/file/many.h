/*
** many.h
** The same work on many files, each a stranger's, in several child processes
** (child.h) that share them out: the results come in order, and a file that is
** bad, or crashes its child, is named.
*/

#ifndef many_h
#define many_h

#include <stddef.h>

typedef struct Many {
  const char *verb, *by;       /* "read", "the decoder": for messages */
  const char *const *path;     /* of the n files */
  long n;
  size_t size;                 /* bytes that each becomes */
  /* the i-th, in a child: 0 after ts_fail */
  int (*make)(void *arg, long i, unsigned char *out);
  void *arg;
} Many;

/* all n results, one after the other, into `out`, by that many children; 0
** after ts_fail, and `out` is worth nothing then */
int many_make(const Many *many, int children, unsigned char *out);
/* the bytes of a file for `make`, to be freed; NULL after ts_fail, without the
** path in the message */
void *many_read(const char *path, size_t limit, size_t *size);

#endif
