/*
** pnm.h
** PGM and PPM files in memory, as images.
*/

#ifndef pnm_h
#define pnm_h

#include <stddef.h>

#include "image/png.h"

/* whether the file begins as one does: P2, P3, P5 or P6 */
int pnm_looks(const void *data, size_t size);
/* The image, with the file's own maximum, 1 to 65535. Bytes behind it are
** refused. NULL after ts_fail, in the name of `name`. */
Image *pnm_decode(const void *data, size_t size, const char *name);

#endif
