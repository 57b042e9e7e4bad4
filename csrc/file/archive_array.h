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
  int ndim;
  long dim[ARRAY_MAXDIM];
  long step[ARRAY_MAXDIM];  /* items from one index of an axis to the next */
} ArchiveArray;

/* step[] of the sizes in dim[], which are 0 or more: the last index runs
** fastest, or the first */
void archive_steps(ArchiveArray *x, int fortran);

/* The sizes of dim[] and step[] are 0 or more, and the file holds all of the
** array; or ts_fail. Where no step is 0 and no items share a place, what is
** allocated by the sizes is then in proportion to the file. */
int archive_fits(const Archive *a, long i, const ArchiveArray *x);

/* rows first .. first + count - 1 of x (from 0; of what has no axis: one) as
** numbers of type `to`, in row-major order; 0 after ts_fail. x has to fit. */
int archive_rows(Archive *a, long i, const ArchiveArray *x, size_t first,
                 size_t count, const NumberType *to, void *out);

#endif
