/*
** archive_array.c
** Row-major arrays are read and converted piece by piece. One in another order
** has to be read whole first, to be gathered from there.
*/

#include "file/archive_array.h"

#include <limits.h>
#include <stdint.h>

#include "base/mem.h"

#define PIECE 32768L   /* items on their way */


/* the number of items of the axes from..ndim-1 */
static size_t count_of(const ArchiveArray *x, int from) {
  size_t n = 1;
  int d;
  for (d = from; d < x->ndim; d++) n *= (size_t)x->dim[d];
  return n;
}


void archive_steps(ArchiveArray *x, int fortran) {
  int d, k;
  long step = 1;
  for (k = 0; k < x->ndim; k++) {
    d = fortran ? k : x->ndim - 1 - k;
    x->step[d] = step;
    if (x->dim[d] > 1) step = step > LONG_MAX / x->dim[d] ? LONG_MAX
                                                          : step * x->dim[d];
  }
}


/* whether the items lie in row-major order without gaps; of an axis of size 1
** the step counts for nothing */
static int is_plain(const ArchiveArray *x) {
  long step = 1;
  int d;
  for (d = x->ndim - 1; d >= 0; d--) {
    if (x->dim[d] != 1 && x->step[d] != step) return 0;
    step *= x->dim[d];
  }
  return 1;
}


/* the items from the first to the last of an array that has any, or more than
** `room` where they are more */
static size_t span(const ArchiveArray *x, size_t room) {
  size_t n = 1;
  int d;
  for (d = 0; d < x->ndim; d++) {
    size_t far = (size_t)x->dim[d] - 1, step = (size_t)x->step[d];
    if (step && far > room / step) return room + 1;
    n += far * step;
    if (n > room) return room + 1;
  }
  return n;
}


int archive_fits(const Archive *a, long i, const ArchiveArray *x) {
  const ArchiveEntry *e = archive_entry(a, i);
  size_t room = e->size < x->at ? 0 : e->size - x->at;
  int d, empty = 0;
  room /= (size_t)x->type.size;
  for (d = 0; d < x->ndim; d++) {
    if (x->dim[d] < 0 || x->step[d] < 0)
      return ts_fail("%s: axis %d of '%.*s' has %ld items", archive_path(a),
                     d + 1, (int)e->namelen, e->name, x->dim[d]);
    if (x->dim[d] == 0) empty = 1;
  }
  if (empty || span(x, room) <= room) return 1;
  return ts_fail("%s: '%.*s' is cut off: it holds %zu items of its array, "
                 "fewer than its shape says", archive_path(a),
                 (int)e->namelen, e->name, room);
}


static int refused(Archive *a, long i, const ArchiveArray *x, size_t item,
                   const void *value, const NumberType *to) {
  const ArchiveEntry *e = archive_entry(a, i);
  char buf[NUMBER_TEXT];
  return ts_fail("%s: item %zu of '%.*s' is %s, which %s cannot hold",
                 archive_path(a), item + 1, (int)e->namelen, e->name,
                 number_text(&x->type, value, buf), number_name(to));
}


/* converts n items from the one at `first` in the array on */
static int convert(Archive *a, long i, const ArchiveArray *x, size_t first,
                   const void *data, size_t n, const NumberType *to,
                   void *out) {
  size_t done = number_convert(&x->type, data, n, to, out);
  return done == n || refused(a, i, x, first + done, (const char *)data
                              + done * (size_t)x->type.size, to);
}


static int read_plain(Archive *a, long i, const ArchiveArray *x, size_t first,
                      size_t n, const NumberType *to, void *out) {
  size_t size = (size_t)x->type.size, done, m;
  char *piece = mem_array(PIECE, size);
  int ok = piece != NULL;
  for (done = 0; ok && done < n; done += m) {
    m = n - done < PIECE ? n - done : PIECE;
    ok = archive_read(a, i, x->at + (first + done) * size, piece, m * size)
      && convert(a, i, x, first + done, piece, m, to,
                 (char *)out + done * (size_t)to->size);
  }
  mem_free(piece);
  return ok;
}


static int read_gathered(Archive *a, long i, const ArchiveArray *x,
                         size_t first, size_t n, const NumberType *to,
                         void *out) {
  size_t size = (size_t)x->type.size, all = span(x, SIZE_MAX - 1), done, m;
  char *raw = mem_array(all, size);
  char *piece = raw ? mem_array(PIECE, size) : NULL;
  int ok = piece && archive_read(a, i, x->at, raw, all * size);
  for (done = 0; ok && done < n; done += m) {
    m = n - done < PIECE ? n - done : PIECE;
    number_gather(raw, size, x->ndim, x->dim, x->step, first + done, m, piece);
    ok = convert(a, i, x, first + done, piece, m, to,
                 (char *)out + done * (size_t)to->size);
  }
  mem_free(piece);
  mem_free(raw);
  return ok;
}


int archive_rows(Archive *a, long i, const ArchiveArray *x, size_t first,
                 size_t count, const NumberType *to, void *out) {
  size_t row = count_of(x, 1), n = count * row;
  first *= row;
  if (n == 0) return 1;
  return is_plain(x) ? read_plain(a, i, x, first, n, to, out)
                     : read_gathered(a, i, x, first, n, to, out);
}
