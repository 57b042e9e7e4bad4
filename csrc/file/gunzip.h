/*
** gunzip.h
** A whole file, gzip or plain, in memory.
*/

#ifndef gunzip_h
#define gunzip_h

#include <stddef.h>

/* the contents of `path`, unpacked if they begin like gzip, in a block of
** mem_alloc with *len bytes. NULL after ts_fail when the file is missing,
** unreadable, cut off, damaged or (unpacked) larger than `limit`; all
** messages begin with the path. */
unsigned char *gunzip_file(const char *path, size_t limit, size_t *len);

/* the `size` bytes of a zlib stream unpacked, at most `limit`, to be freed;
** NULL after ts_fail */
unsigned char *inflate_bytes(const void *data, size_t size, size_t limit,
                             size_t *len);

#endif
