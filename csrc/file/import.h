/*
** import.h
** HDF5 files of other people. A damaged or hostile one crashes the library, so
** it is read by a child process with limits on memory and time, which sends
** what it finds through a pipe; whatever happens to the child, the parent gets
** the data or a message. Read are numbers that lie in the file itself: no
** external storage, links, virtual layouts or filters from plug-ins.
*/

#ifndef import_h
#define import_h

#include <stddef.h>

#include "file/store.h"

typedef struct ImportEntry {
  char name[256];
  char kind[32];            /* its type in the file: "uint8", "compound" */
  char refused[96];         /* why it cannot be read; empty: it can */
  StoreType type;           /* the smallest of ours that holds its values */
  int ndim;
  long dim[STORE_MAXDIM];
} ImportEntry;

/* the *n datasets, by name, to be freed with mem_free; NULL after ts_fail */
ImportEntry *import_list(const char *path, int *n);

/* what a dataset of references, such as a cell array of MATLAB 7.3, refers to,
** in its order: entries with nothing but names. NULL after ts_fail */
ImportEntry *import_references(const char *path, const char *name, int *n);

typedef struct ImportWant {
  const char *name;         /* as "latents/values" */
  int type;                 /* a StoreType, or -1: ImportEntry's */
  long first, count;        /* rows from 0; count -1: all that follow */
  size_t limit;             /* the most bytes to get, else a failure */
} ImportWant;

/* Those rows of a dataset, to be freed with mem_free; NULL after ts_fail.
** *e describes what was read: its type, and dim[0] rows. Rounding to a float
** is fine; a value that is out of range or loses a fraction is a failure. */
void *import_read(const char *path, const ImportWant *want, ImportEntry *e);

#endif
