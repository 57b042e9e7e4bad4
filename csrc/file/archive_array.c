/*
** archive_array.c
** Row-major arrays are read and converted piece by piece. One in Fortran's
** order has to be read whole first, to be reordered.
*/

#include "file/archive_array.h"

#include <string.h>

#include "base/mem.h"

#define PIECE 32768L   /* items on their way */


/* the number of items of the axes from..ndim-1 */
static size_t count_of(const ArchiveArray *x, int from) {
  size_t n = 1;
  int d;
  for (d = from; d < x->ndim; d++) n *= (size_t)x->dim[d];
  return n;
}


int archive_fits(const Archive *a, long i, const ArchiveArray *x) {
  const ArchiveEntry *e = archive_entry(a, i);
  size_t room = e->size < x->at ? 0 : e->size - x->at, n = 1;
  int d, empty = 0;
  room /= (size_t)x->type.size;
  for (d = 0; d < x->ndim; d++) {
    if (x->dim[d] < 0)
      return ts_fail("%s: axis %d of '%.*s' has %ld items", archive_path(a),
                     d + 1, (int)e->namelen, e->name, x->dim[d]);
    if (x->dim[d] == 0) empty = 1;
  }
  for (d = 0; d < x->ndim && !empty; d++) {
    if ((size_t)x->dim[d] > room / n) break;
    n *= (size_t)x->dim[d];
  }
  if (empty || (d == x->ndim && n <= room)) return 1;
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


static int read_fortran(Archive *a, long i, const ArchiveArray *x,
                        size_t first, size_t n, const NumberType *to,
                        void *out) {
  size_t size = (size_t)x->type.size, all = count_of(x, 0);
  char *raw = mem_array(all, size), *rows = raw ? mem_array(all, size) : NULL;
  int ok = rows && archive_read(a, i, x->at, raw, all * size);
  if (ok) {
    number_reorder(raw, size, x->ndim, x->dim, rows);
    ok = convert(a, i, x, first, rows + first * size, n, to, out);
  }
  mem_free(rows);
  mem_free(raw);
  return ok;
}


int archive_rows(Archive *a, long i, const ArchiveArray *x, size_t first,
                 size_t count, const NumberType *to, void *out) {
  size_t row = count_of(x, 1), n = count * row;
  first *= row;
  if (n == 0) return 1;
  if (x->fortran && x->ndim > 1)
    return read_fortran(a, i, x, first, n, to, out);
  return read_plain(a, i, x, first, n, to, out);
}
