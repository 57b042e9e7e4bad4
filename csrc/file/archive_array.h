/*
** archive_array.h
** An array of numbers that lies in a file of an archive, read as another type:
** all of it or a range of its rows, the items along the first axis.
*/

#ifndef archive_array_h
#define archive_array_h

#include <stddef.h>

#include "file/archive.h"
#include "file/number.h"

#define ARRAY_MAXDIM 8

typedef struct ArchiveArray {
  size_t at;                /* where in the file it begins */
  NumberType type;
  int fortran;              /* the first index runs fastest */
  int ndim;
  long dim[ARRAY_MAXDIM];
} ArchiveArray;

/* The sizes of dim[] are 0 or more, and the file holds all of the array; or
** ts_fail. What is allocated by them is then in proportion to the file. */
int archive_fits(const Archive *a, long i, const ArchiveArray *x);

/* rows first .. first + count - 1 of x (from 0; of what has no axis: one) as
** numbers of type `to`, in row-major order; 0 after ts_fail. x has to fit. */
int archive_rows(Archive *a, long i, const ArchiveArray *x, size_t first,
                 size_t count, const NumberType *to, void *out);

#endif
