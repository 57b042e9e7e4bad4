/*
** deflate.c
** zlib counts what it takes and gives in int, so both go in pieces.
*/

#include "file/deflate.h"

#include <string.h>
#include <zlib.h>

#include "base/mem.h"

#define PIECE ((size_t)1 << 30)


uint32_t deflate_crc(const void *data, size_t n) {
  return (uint32_t)crc32_z(crc32_z(0, NULL, 0), data, n);
}


size_t deflate_bound(size_t n) {
  return n + n / 1000 + 64;   /* stored blocks take 5 bytes in 16 KB or more */
}


int deflate_string(const void *data, size_t n, void *out, size_t *len) {
  size_t taken = 0, room = deflate_bound(n);
  z_stream z;
  int code = Z_OK;
  memset(&z, 0, sizeof z);
  *len = 0;
  if (deflateInit2(&z, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY)
      != Z_OK)
    return ts_fail("out of memory");
  while (code == Z_OK) {
    size_t in = n - taken < PIECE ? n - taken : PIECE;
    size_t to = room - *len < PIECE ? room - *len : PIECE;
    z.next_in = (Bytef *)data + taken;
    z.avail_in = (uInt)in;
    z.next_out = (Bytef *)out + *len;
    z.avail_out = (uInt)to;
    code = deflate(&z, taken + in == n ? Z_FINISH : Z_NO_FLUSH);
    taken += in - z.avail_in;
    *len += to - z.avail_out;
  }
  deflateEnd(&z);
  return code == Z_STREAM_END || ts_fail("cannot pack %zu bytes", n);
}
