/*
** disk.h
** Rows of bytes in a file, read when they are asked for: a data set larger
** than memory. Nothing of it is kept here; the system keeps what fits.
*/

#ifndef disk_h
#define disk_h

#include <stddef.h>

#include "base/mem.h"

typedef struct Disk Disk;

/* n rows of `size` bytes each behind the first `head` bytes of a file, which
** has to end there; NULL after ts_fail */
Disk *disk_open(const char *path, size_t head, long n, size_t size);
void disk_close(Disk *d);           /* NULL is fine */
long disk_count(const Disk *d);
size_t disk_rowsize(const Disk *d);
/* y[i] = the rows index[i], 0..n-1, as reals: value[byte]. 0 after ts_fail. */
int disk_take(const Disk *d, const long *index, long n, const real *value,
              real *y);
/* rows from..from+n-1 as they are */
int disk_read(const Disk *d, long from, long n, unsigned char *out);

#endif
