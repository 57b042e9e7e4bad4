/*
** deflate.h
** Packing for zip archives that are written, in memory.
*/

#ifndef deflate_h
#define deflate_h

#include <stddef.h>
#include <stdint.h>

uint32_t deflate_crc(const void *data, size_t n);
/* the most bytes that n become */
size_t deflate_bound(size_t n);
/* packs n bytes into `out`, which has room for deflate_bound(n); *len of them
** are used. 0 after ts_fail. */
int deflate_string(const void *data, size_t n, void *out, size_t *len);

#endif
