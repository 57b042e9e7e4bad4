/*
** store.h
** Checkpoints: named arrays and texts in one file. The file is 512 bytes of
** head (magic, version, length, SHA-256) and an HDF5 file behind them; for
** HDF5 the head is a user block, so that h5py and h5dump open it as it is.
** Reading checks the head and the digest of all the rest first, which finds
** accidents, not malice; HDF5 parses the file in a child process (child.h).
** The same calls in the same order give the same bytes.
*/

#ifndef store_h
#define store_h

#include <stddef.h>
#include <stdint.h>

#define STORE_MAXDIM 8
#define STORE_HEAD 512
#define STORE_MAXFILE ((size_t)1 << 40)

typedef enum StoreType {
  STORE_F32, STORE_F64, STORE_F16, STORE_U8, STORE_I64, STORE_TEXT
} StoreType;

const char *store_typename(StoreType type);     /* "float32" ... "text" */
StoreType store_typeof(const char *name);       /* STORE_TEXT + 1: unknown */
size_t store_typesize(StoreType type);          /* bytes; of text: 1 */

/* the number of bytes; fails, in the name of `what`, on bad dimensions */
int store_size(const char *what, StoreType type, int ndim, const long *dim,
               size_t *size);

/* A file in the making, in memory. Names are paths as "params/1/weight";
** the groups on the way are made. Everything returns 0 or NULL after ts_fail;
** then the only thing left to do is store_free. */
typedef struct StoreOut StoreOut;

StoreOut *store_new(void);
int store_array(StoreOut *s, const char *name, StoreType type, int ndim,
                const long *dim, const void *data);
/* n bytes of UTF-8 without zeros */
int store_text(StoreOut *s, const char *name, const char *text, size_t n);
/* the bytes of the file, to be freed with mem_free */
void *store_image(StoreOut *s, size_t *n);
int store_save(StoreOut *s, const char *path);   /* as file_save does */
void store_free(StoreOut *s);                    /* NULL is fine */

typedef struct StoreEntry {
  char *name;
  StoreType type;
  int ndim;                 /* a text has none */
  long dim[STORE_MAXDIM];
  size_t size;              /* bytes */
  size_t at;                /* where in the file they begin */
} StoreEntry;

/* an opened file. It is in memory; the file itself is closed */
typedef struct StoreIn StoreIn;

StoreIn *store_open(const char *path);           /* NULL after ts_fail */
/* the same of n bytes; `what` stands for the path in messages */
StoreIn *store_parse(const char *what, const void *image, size_t n);
int store_count(const StoreIn *s);               /* group by group, by name */
const StoreEntry *store_entry(const StoreIn *s, int i);  /* i from 0 */
int store_find(const StoreIn *s, const char *name);      /* -1: not there */
/* the `size` bytes of entry i, which live as long as s */
const void *store_data(const StoreIn *s, int i);
void store_close(StoreIn *s);                    /* NULL is fine */

/*
** For whoever speaks HDF5 too (an int64_t here is a hid_t).
*/
void store_begin(void);             /* before every use of HDF5 */
const char *store_why(void);        /* what HDF5 said since, in one line */
int64_t store_memtype(StoreType type);           /* in this machine */
int64_t store_filetype(StoreType type);          /* in our files */
/* the properties of access to a file in memory; -1: HDF5 failed */
int64_t store_memory(void);
/* of the n bytes of a file: its head and digest, or ts_fail */
int store_checkhead(const char *what, const void *image, size_t n);
int store_checkname(const char *name);           /* a path, or ts_fail */
/* a new dataset of those dimensions; plist is closed. -1 after ts_fail */
int64_t store_create(int64_t file, const char *name, StoreType type,
                     int ndim, const long *dim, int64_t plist);

#endif
