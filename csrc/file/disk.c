/*
** disk.c
** Rows are read with pread by all threads at once: a mapped file would do too,
** but one that somebody cuts off meanwhile would end the process, and its
** pages would count as ours.
*/

#include "file/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/pool.h"

#define PIECE 16384   /* bytes on a thread's stack */

struct Disk {
  int fd;
  size_t head, size;
  long n;
  char *path;         /* behind the struct, in one block */
};

typedef struct Take {
  const Disk *d;
  const long *index;
  const real *value;
  real *y;
  int failed;         /* any thread may set it */
} Take;


static int check_size(const Disk *d) {
  struct stat st;
  size_t want = d->head + (size_t)d->n * d->size;
  if (fstat(d->fd, &st) < 0)
    return ts_fail("cannot read '%s': %s", d->path, strerror(errno));
  if (!S_ISREG(st.st_mode))
    return ts_fail("cannot read '%s': not a regular file", d->path);
  return (size_t)st.st_size == want ||
         ts_fail("cannot read '%s': it has %zu bytes, wanted %zu", d->path,
                 (size_t)st.st_size, want);
}


Disk *disk_open(const char *path, size_t head, long n, size_t size) {
  size_t len = strlen(path) + 1;
  Disk *d = mem_alloc(sizeof *d + len);
  if (d == NULL) return NULL;
  d->path = (char *)(d + 1);
  memcpy(d->path, path, len);
  d->head = head;
  d->n = n;
  d->size = size;
  d->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (d->fd < 0) ts_fail("cannot read '%s': %s", path, strerror(errno));
  else if (check_size(d)) return d;
  disk_close(d);
  return NULL;
}


void disk_close(Disk *d) {
  if (d && d->fd >= 0) close(d->fd);
  mem_free(d);
}


long disk_count(const Disk *d) {
  return d->n;
}


size_t disk_rowsize(const Disk *d) {
  return d->size;
}


/* whether all n bytes came */
static int read_at(int fd, unsigned char *p, size_t n, size_t at) {
  while (n > 0) {
    ssize_t m = pread(fd, p, n, (off_t)at);
    if (m < 0 && errno == EINTR) continue;
    if (m <= 0) return 0;
    p += m;
    at += (size_t)m;
    n -= (size_t)m;
  }
  return 1;
}


static int lost(const Disk *d) {
  return ts_fail("cannot read '%s': it was changed or cut off meanwhile",
                 d->path);
}


static void take_row(void *arg, long i) {
  Take *t = arg;
  const Disk *d = t->d;
  unsigned char piece[PIECE];
  size_t at = d->head + (size_t)t->index[i] * d->size, done, j;
  real *y = t->y + (size_t)i * d->size;
  for (done = 0; done < d->size; done += PIECE) {
    size_t n = d->size - done < PIECE ? d->size - done : PIECE;
    if (!read_at(d->fd, piece, n, at + done)) {
      t->failed = 1;
      return;
    }
    for (j = 0; j < n; j++) y[done + j] = t->value[piece[j]];
  }
}


int disk_take(const Disk *d, const long *index, long n, const real *value,
              real *y) {
  Take t = {d, index, value, y, 0};
  return pool_try(n, take_row, &t) && (!t.failed || lost(d));
}


int disk_read(const Disk *d, long from, long n, unsigned char *out) {
  return read_at(d->fd, out, (size_t)n * d->size,
                 d->head + (size_t)from * d->size) || lost(d);
}
