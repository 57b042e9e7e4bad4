/*
** gunzip.c
** zlib's gzread in a loop. The block is allocated by the size that the file
** promises (its own, or the last four bytes of gzip) and grows if that was
** too little: the promise saves copies and is trusted with nothing else.
*/

#include "file/gunzip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/mem.h"

#define PIECE (1u << 30)    /* gzread counts in int */
#define RATIO 1032          /* no deflate stream is packed more densely */


/* a descriptor of a regular file and its size, or -1 after ts_fail */
static int open_regular(const char *path, size_t *size) {
  struct stat st;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 || fstat(fd, &st) != 0)
    ts_fail("%s: %s", path, strerror(errno));
  else if (!S_ISREG(st.st_mode))
    ts_fail("%s: not a regular file", path);
  else {
    *size = (size_t)st.st_size;
    return fd;
  }
  if (fd >= 0) close(fd);
  return -1;
}


/* how many bytes the file of `size` bytes says it holds */
static size_t promised(int fd, size_t size) {
  unsigned char head[2], tail[4];
  size_t n;
  if (size < 18 || pread(fd, head, 2, 0) != 2
      || head[0] != 0x1f || head[1] != 0x8b
      || pread(fd, tail, 4, (off_t)size - 4) != 4)
    return size;
  n = tail[0] | (size_t)tail[1] << 8 | (size_t)tail[2] << 16
      | (size_t)tail[3] << 24;
  return n / RATIO < size ? n : size;
}


static int explain(const char *path, gzFile f) {
  int code;
  const char *text = gzerror(f, &code);
  const char *what = strstr(text, ">: ");  /* without zlib's "<fd:3>: " */
  if (code == Z_ERRNO)
    return ts_fail("%s: %s", path, strerror(errno));
  if (code == Z_BUF_ERROR)
    return ts_fail("%s: the gzip data are cut off", path);
  return ts_fail("%s: the gzip data are damaged (%s)", path,
                 what ? what + 3 : text);
}


/* moves the first `used` bytes of *block to a block of `room` bytes */
static int grow(unsigned char **block, size_t used, size_t room) {
  unsigned char *p = mem_alloc(room);
  if (p == NULL) return 0;
  if (used) memcpy(p, *block, used);
  mem_free(*block);
  *block = p;
  return 1;
}


/* reads f to its end, first into `room` bytes; *block belongs to the caller
** in any case */
static int read_all(const char *path, gzFile f, size_t room, size_t limit,
                    unsigned char **block, size_t *len) {
  size_t used = 0;
  int code;
  if (!grow(block, 0, room)) return 0;
  for (;;) {
    int n;
    if (mem_stopped()) return 0;
    if (used > limit)
      return ts_fail("%s: holds more than the limit of %zu bytes", path,
                     limit);
    if (used == room) {
      room = room > limit / 2 ? limit + 1 : 2 * room;
      if (!grow(block, used, room)) return 0;
    }
    n = gzread(f, *block + used,
               room - used < PIECE ? (unsigned)(room - used) : PIECE);
    if (n <= 0) break;
    used += (size_t)n;
  }
  gzerror(f, &code);
  if (code != Z_OK && code != Z_STREAM_END) return explain(path, f);
  *len = used;
  return 1;
}


unsigned char *gunzip_file(const char *path, size_t limit, size_t *len) {
  unsigned char *block = NULL;
  size_t size, room;
  gzFile f;
  int ok;
  int fd = open_regular(path, &size);
  if (fd < 0) return NULL;
  if (limit == SIZE_MAX) limit--;
  room = promised(fd, size);
  room = room < limit ? room + 1 : limit + 1;  /* one more, to see the end */
  f = gzdopen(fd, "rb");
  if (f == NULL) {
    ts_fail("%s: out of memory", path);
    close(fd);
    return NULL;
  }
  gzbuffer(f, 1u << 18);
  ok = read_all(path, f, room, limit, &block, len);
  gzclose(f);
  if (ok) return block;
  mem_free(block);
  return NULL;
}


unsigned char *inflate_bytes(const void *data, size_t size, size_t limit,
                             size_t *len) {
  unsigned char *block = NULL;
  size_t used = 0;   /* at most room, and that at most limit */
  size_t room = limit > 64 && size < (limit - 64) / 4 ? 4 * size + 64 : limit;
  z_stream z;
  int code = Z_OK;
  memset(&z, 0, sizeof z);
  if (size > PIECE || inflateInit(&z) != Z_OK) {
    ts_fail("the zlib data cannot be unpacked");
    return NULL;
  }
  z.next_in = (Bytef *)(uintptr_t)data;
  z.avail_in = (uInt)size;
  while (grow(&block, used, room)) {
    size_t n = room - used < PIECE ? room - used : PIECE;
    z.next_out = block + used;
    z.avail_out = (uInt)n;
    code = inflate(&z, Z_NO_FLUSH);
    used += n - z.avail_out;
    if (code != Z_OK || z.avail_out > 0) break;
    if (room == limit) {
      ts_fail("the zlib data hold more than %zu bytes", limit);
      break;
    }
    room = used < room ? room : room > limit / 2 ? limit : 2 * room;
  }
  inflateEnd(&z);
  if (code == Z_STREAM_END) {
    *len = used;
    return block;
  }
  if (ts_error() == NULL) ts_fail("the zlib data are damaged or cut off");
  mem_free(block);
  return NULL;
}
