/*
** export.h
** Plain HDF5 files for other people, of any size, written rows at a time. The
** file has its name only when export_close succeeded: it appears complete, or
** not at all.
*/

#ifndef export_h
#define export_h

#include <stddef.h>

#include "file/store.h"

typedef struct Export Export;

/* After a failure (NULL, -1, 0 and ts_fail) all that is left to do is
** export_abort; export_close ends x in any case. */
Export *export_open(const char *path);

/* A new dataset, and its number. With a gzip level of 1 to 9 its rows lie in
** packed chunks of `chunk` (0: about 1 MB); with 0 in one piece. */
int export_dataset(Export *x, const char *name, StoreType type, int ndim,
                   const long *dim, long chunk, int level);
/* the next `count` rows of dataset i; what has no dimension is one row */
int export_rows(Export *x, int i, long count, const void *data);
int export_count(const Export *x);
size_t export_rowsize(const Export *x, int i);   /* bytes */

int export_close(Export *x);              /* fails when rows are missing */
void export_abort(Export *x);             /* NULL is fine */

#endif
