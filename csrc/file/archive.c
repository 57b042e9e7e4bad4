/*
** archive.c
** The directory of a zip is read at once, when it is opened; an entry's own
** head only when the entry is read. One entry at a time is being unpacked; it
** goes on where it was as long as it is read in order.
** Invariant: `next` bytes of the current entry were unpacked, and of these
** `crc` is the CRC where `whole` says that none was left out.
*/

#include "file/archive.h"

#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "file/file.h"

#define PIECE ((size_t)1 << 16)      /* bytes that are unpacked at once */
#define RATIO 1032                   /* no deflate stream is denser */
#define END_SIZE 22                  /* of the record that ends an archive */
#define COMMENT 65535                /* the most that may stand behind it */
#define HEAD_SIZE 30
#define ITEM_SIZE 46                 /* in the directory, without its names */

#define ITEM_MARK 0x02014b50u
#define HEAD_MARK 0x04034b50u
#define END_MARK 0x06054b50u
#define END64_MARK 0x06064b50u
#define WHERE64_MARK 0x07064b50u

struct Archive {
  const char *path;                  /* behind the struct */
  int fd, zip;
  size_t size;
  unsigned char *directory;          /* names lie in it */
  ArchiveEntry *entry;
  long count;
  long current;                      /* -1: none */
  size_t next, begin, taken;         /* bytes unpacked; where its data begin,
                                        how many of them went to zlib */
  uLong crc;
  int whole, inflating;              /* z is in use */
  z_stream z;
  unsigned char packed[PIECE], skipped[PIECE];
};


static unsigned get2(const unsigned char *p) {
  return p[0] | (unsigned)p[1] << 8;
}


static uint32_t get4(const unsigned char *p) {
  return get2(p) | (uint32_t)get2(p + 2) << 16;
}


static uint64_t get8(const unsigned char *p) {
  return get4(p) | (uint64_t)get4(p + 4) << 32;
}


static int damaged(const Archive *a, const char *why) {
  return ts_fail("%s: is no zip archive as it should be: %s", a->path, why);
}


/* an entry's name in a message: the first 80 bytes of it */
#define NAME(e) (int)((e)->namelen < 80 ? (e)->namelen : 80), (e)->name


/* where the directory is, and what it says of itself */
typedef struct Directory {
  uint64_t at, size, count;
} Directory;


/* of the record at `end`, or of zip64's where that record refers to it */
static int read_end(const Archive *a, const unsigned char *p, size_t end,
                    Directory *d) {
  unsigned char where[20], q[56];
  uint64_t at;
  int many = get2(p + 4) != get2(p + 6) || get2(p + 8) != get2(p + 10);
  d->count = get2(p + 10);
  d->size = get4(p + 12);
  d->at = get4(p + 16);
  if (d->count == 0xffff || d->size == 0xffffffff || d->at == 0xffffffff) {
    if (end < sizeof where) return damaged(a, "zip64's end is missing");
    if (!file_at(a->fd, a->path, end - sizeof where, where, sizeof where))
      return 0;
    at = get8(where + 8);
    if (get4(where) == WHERE64_MARK) {
      if (end < sizeof q || at > end - sizeof q)
        return damaged(a, "zip64's end lies behind its own place");
      if (!file_at(a->fd, a->path, (size_t)at, q, sizeof q)) return 0;
      if (get4(q) != END64_MARK) return damaged(a, "zip64's end is missing");
      many = get4(q + 16) != get4(q + 20) || get8(q + 24) != get8(q + 32);
      d->count = get8(q + 32);
      d->size = get8(q + 40);
      d->at = get8(q + 48);
      end = (size_t)at;
    }
  }
  if (many) return damaged(a, "it is one part of several");
  if (d->size > end || d->at > end - d->size)
    return damaged(a, "its directory lies behind its end");
  if (d->count > d->size / ITEM_SIZE || d->count > (1L << 30))
    return damaged(a, "its directory is too short for its files");
  return 1;
}


/* the end of the archive is looked for from behind: a comment may follow */
static int find_directory(const Archive *a, Directory *d) {
  size_t n = a->size < END_SIZE + COMMENT ? a->size : END_SIZE + COMMENT, i;
  unsigned char *tail;
  int ok = -1;
  if (a->size < END_SIZE) return damaged(a, "it is cut off");
  tail = mem_alloc(n);
  if (tail == NULL) return 0;
  if (!file_at(a->fd, a->path, a->size - n, tail, n)) ok = 0;
  for (i = n - END_SIZE + 1; ok < 0 && i-- > 0; )
    if (get4(tail + i) == END_MARK && i + END_SIZE + get2(tail + i + 20) == n)
      ok = read_end(a, tail + i, a->size - n + i, d);
  mem_free(tail);
  return ok < 0 ? damaged(a, "its end is missing, so it is cut off") : ok;
}


/* puts the sizes that stand in zip64's extra field in place of all ones */
static int read_extra(const Archive *a, const unsigned char *p, size_t n,
                      uint64_t *field[3]) {
  while (n >= 4) {
    size_t len = get2(p + 2), at = 4;
    int i;
    if (len > n - 4) break;
    for (i = 0; get2(p) == 1 && i < 3; i++)
      if (*field[i] == 0xffffffff) {
        if (at + 8 > len + 4) return damaged(a, "a size of zip64 is missing");
        *field[i] = get8(p + at);
        at += 8;
      }
    p += len + 4;
    n -= len + 4;
  }
  return 1;
}


static int check_entry(const Archive *a, const ArchiveEntry *e) {
  if (e->at > a->size || e->packed > a->size - e->at)
    return ts_fail("%s: '%.*s' lies behind the end of the archive", a->path,
                   NAME(e));
  if (e->deflated ? e->size / RATIO > e->packed : e->size != e->packed)
    return ts_fail("%s: '%.*s' cannot have the %zu bytes that the archive says",
                   a->path, NAME(e), e->size);
  return 1;
}


/* an item of the directory, of at most n bytes; its length, or 0 */
static size_t read_item(const Archive *a, const unsigned char *p, size_t n,
                        ArchiveEntry *e) {
  uint64_t size, packed, at, *field[3] = {&size, &packed, &at};
  size_t namelen, extra, all;
  unsigned flags, method;
  if (n < ITEM_SIZE || get4(p) != ITEM_MARK)
    return (size_t)damaged(a, "its directory is damaged");
  flags = get2(p + 8);
  method = get2(p + 10);
  namelen = get2(p + 28);
  extra = get2(p + 30);
  all = ITEM_SIZE + namelen + extra + get2(p + 32);
  if (all > n) return (size_t)damaged(a, "its directory is damaged");
  packed = get4(p + 20);
  size = get4(p + 24);
  at = get4(p + 42);
  if (!read_extra(a, p + ITEM_SIZE + namelen, extra, field)) return 0;
  e->name = (const char *)p + ITEM_SIZE;
  e->namelen = namelen;
  e->crc = get4(p + 16);
  e->size = (size_t)size;
  e->packed = (size_t)packed;
  e->at = (size_t)at;
  e->deflated = method == 8;
  e->refused = flags & 0x2041 ? "is encrypted"
               : method != 0 && method != 8
               ? "is packed by another method than deflate" : NULL;
  return e->refused || check_entry(a, e) ? all : 0;
}


static int read_directory(Archive *a) {
  Directory d = {0, 0, 0};
  size_t at = 0;
  if (!find_directory(a, &d)) return 0;
  a->directory = mem_alloc((size_t)d.size);
  a->entry = mem_array((size_t)d.count, sizeof *a->entry);
  if (a->directory == NULL || a->entry == NULL ||
      !file_at(a->fd, a->path, (size_t)d.at, a->directory, (size_t)d.size))
    return 0;
  for (a->count = 0; (uint64_t)a->count < d.count; a->count++) {
    size_t n = read_item(a, a->directory + at, (size_t)d.size - at,
                         &a->entry[a->count]);
    if (n == 0) return 0;
    at += n;
  }
  return 1;
}


static int plain_entry(Archive *a) {
  const char *slash = strrchr(a->path, '/');
  a->entry = mem_array(1, sizeof *a->entry);
  if (a->entry == NULL) return 0;
  memset(a->entry, 0, sizeof *a->entry);
  a->entry->name = slash ? slash + 1 : a->path;
  a->entry->namelen = strlen(a->entry->name);
  a->entry->size = a->entry->packed = a->size;
  a->count = 1;
  return 1;
}


Archive *archive_open(const char *path, int plain) {
  size_t n = strlen(path) + 1;
  Archive *a = mem_alloc(sizeof *a + n);
  unsigned char head[4] = {0};
  int ok;
  if (a == NULL) return NULL;
  memset(a, 0, sizeof *a);
  a->path = memcpy(a + 1, path, n);
  a->current = -1;
  a->fd = file_open(path, &a->size);
  ok = a->fd >= 0 && file_at(a->fd, path, 0, head, a->size < 4 ? a->size : 4);
  a->zip = !plain && (get4(head) == HEAD_MARK || get4(head) == END_MARK);
  if (ok && (a->zip ? read_directory(a) : plain_entry(a))) return a;
  archive_close(a);
  return NULL;
}


const char *archive_path(const Archive *a) {
  return a->path;
}


int archive_iszip(const Archive *a) {
  return a->zip;
}


long archive_count(const Archive *a) {
  return a->count;
}


const ArchiveEntry *archive_entry(const Archive *a, long i) {
  return &a->entry[i];
}


static void forget(Archive *a) {
  if (a->inflating) inflateEnd(&a->z);
  a->inflating = 0;
  a->current = -1;
}


void archive_close(Archive *a) {
  if (a == NULL) return;
  forget(a);
  if (a->fd >= 0) file_close(a->fd);
  mem_free(a->directory);
  mem_free(a->entry);
  mem_free(a);
}


/* where the data of an entry begin, by its own head */
static int find_data(const Archive *a, const ArchiveEntry *e, size_t *begin) {
  unsigned char head[HEAD_SIZE], name[PIECE];
  if (!a->zip) return *begin = 0, 1;
  if (e->refused)
    return ts_fail("%s: '%.*s' %s", a->path, NAME(e), e->refused);
  if (a->size - e->at < HEAD_SIZE + e->namelen)
    return damaged(a, "the head of a file is cut off");
  if (!file_at(a->fd, a->path, e->at, head, HEAD_SIZE) ||
      !file_at(a->fd, a->path, e->at + HEAD_SIZE, name, e->namelen))
    return 0;
  if (get4(head) != HEAD_MARK || get2(head + 26) != e->namelen ||
      memcmp(name, e->name, e->namelen) != 0)
    return ts_fail("%s: '%.*s' is not where the archive says", a->path,
                   NAME(e));
  *begin = e->at + HEAD_SIZE + e->namelen + get2(head + 28);
  if (*begin > a->size || e->packed > a->size - *begin)
    return ts_fail("%s: '%.*s' lies behind the end of the archive", a->path,
                   NAME(e));
  return 1;
}


/* makes entry i the current one, at its first byte */
static int start(Archive *a, long i) {
  size_t begin;
  forget(a);
  if (!find_data(a, &a->entry[i], &begin)) return 0;
  if (a->entry[i].deflated) {
    memset(&a->z, 0, sizeof a->z);
    if (inflateInit2(&a->z, -MAX_WBITS) != Z_OK)
      return ts_fail("%s: out of memory", a->path);
    a->inflating = 1;
  }
  a->begin = begin;
  a->next = a->taken = 0;
  a->crc = crc32(0, NULL, 0);
  a->whole = 1;
  a->current = i;
  return 1;
}


static int bad_data(const Archive *a, const ArchiveEntry *e, const char *why) {
  return ts_fail("%s: '%.*s' is damaged: %s", a->path, NAME(e), why);
}


/* the next n > 0 bytes of the stream */
static int inflate_next(Archive *a, const ArchiveEntry *e, void *data,
                        size_t n) {
  int code = Z_OK;
  a->z.next_out = data;
  a->z.avail_out = (uInt)n;
  while (a->z.avail_out > 0) {
    if (a->z.avail_in == 0 && a->taken < e->packed) {
      size_t m = e->packed - a->taken < PIECE ? e->packed - a->taken : PIECE;
      if (!file_at(a->fd, a->path, a->begin + a->taken, a->packed, m))
        return 0;
      a->taken += m;
      a->z.next_in = a->packed;
      a->z.avail_in = (uInt)m;
    }
    code = inflate(&a->z, Z_NO_FLUSH);
    if (code == Z_STREAM_END) break;
    if (code == Z_MEM_ERROR) return ts_fail("%s: out of memory", a->path);
    if (code != Z_OK)
      return bad_data(a, e, code == Z_BUF_ERROR ? "it is cut off"
                            : a->z.msg ? a->z.msg : "no deflate stream");
  }
  return a->z.avail_out == 0 || bad_data(a, e, "it ends too early");
}


static int at_end(Archive *a, const ArchiveEntry *e) {
  if (!a->whole || !a->zip) return 1;
  if (a->crc == e->crc) return 1;
  return bad_data(a, e, "its CRC is another one");
}


/* the next n bytes of the current entry */
static int read_next(Archive *a, unsigned char *data, size_t n) {
  const ArchiveEntry *e = &a->entry[a->current];
  size_t done, m;
  for (done = 0; done < n; done += m) {
    m = n - done < PIECE ? n - done : PIECE;
    if (!(e->deflated ? inflate_next(a, e, data + done, m)
          : file_at(a->fd, a->path, a->begin + a->next, data + done, m)))
      return 0;
    if (a->whole && a->zip) a->crc = crc32(a->crc, data + done, (uInt)m);
    a->next += m;
  }
  return n == 0 || a->next < e->size || at_end(a, e);
}


/* goes on to `at`. Of a stored entry only what is near is read on the way: the
** head of an array is, so that the array's CRC can be checked. */
static int skip_to(Archive *a, size_t at) {
  if (!a->entry[a->current].deflated && at - a->next > PIECE) {
    a->whole = 0;
    a->next = at;
    return 1;
  }
  while (a->next < at) {
    size_t m = at - a->next < PIECE ? at - a->next : PIECE;
    if (!read_next(a, a->skipped, m)) return 0;
  }
  return 1;
}


int archive_read(Archive *a, long i, size_t at, void *data, size_t n) {
  const ArchiveEntry *e = &a->entry[i];
  if (at > e->size || n > e->size - at)
    return ts_fail("%s: '%.*s' has %zu bytes, %zu were to be read from %zu on",
                   a->path, NAME(e), e->size, n, at);
  if ((a->current != i || at < a->next) && !start(a, i)) return 0;
  if (skip_to(a, at) && read_next(a, data, n)) return 1;
  forget(a);
  return 0;
}
