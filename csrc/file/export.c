/*
** export.c
** HDF5 does not survive a failed write: the file cannot be closed any more,
** and what refers to it crashes later. So it writes through a driver of ours
** that hands everything to file_write, remembers the first failure, and from
** then on says yes to everything; the file is thrown away at the end.
** Invariant: HDF5 never sees a failure of the disk.
*/

#include "file/export.h"

#include <hdf5.h>
#include <string.h>

#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

#include "file/file.h"
#include "base/mem.h"

#define MAXSET 64
#define CHUNK ((size_t)1 << 20)        /* bytes, about */
#define CACHE ((size_t)64 << 20)       /* for chunks not yet complete */

typedef struct Set {
  hid_t id;
  char name[128];
  StoreType type;
  int ndim;
  hsize_t dim[STORE_MAXDIM];
  size_t rowsize;        /* bytes */
  long rows, done;       /* rows: 0 when there is no value at all */
} Set;

struct Export {
  FileTemp *temp;
  hid_t file;
  int broken;            /* a write failed; ts_fail has the reason */
  int n;
  Set set[MAXSET];
};

typedef struct Disk {
  H5FD_t head;           /* HDF5's part */
  Export *x;
  haddr_t allocated, end;
} Disk;


/* HDF5 first tries whether there is such a file: there never is */
static H5FD_t *disk_open(const char *name, unsigned flags, hid_t access,
                         haddr_t most) {
  Disk *d;
  (void)name, (void)most;
  if (!(flags & H5F_ACC_CREAT)) return NULL;
  d = mem_alloc(sizeof *d);
  if (d == NULL) return NULL;
  memset(d, 0, sizeof *d);
  d->x = *(Export *const *)H5Pget_driver_info(access);
  return (H5FD_t *)d;
}


static herr_t disk_close(H5FD_t *d) {
  mem_free(d);
  return 0;
}


static herr_t disk_query(const H5FD_t *d, unsigned long *flags) {
  (void)d;
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA |
           H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_AGGREGATE_SMALLDATA;
  return 0;
}


static haddr_t disk_allocated(const H5FD_t *d, H5FD_mem_t what) {
  (void)what;
  return ((const Disk *)d)->allocated;
}


static herr_t disk_allocate(H5FD_t *d, H5FD_mem_t what, haddr_t size) {
  (void)what;
  ((Disk *)d)->allocated = size;
  return 0;
}


static haddr_t disk_end(const H5FD_t *d, H5FD_mem_t what) {
  (void)what;
  return ((const Disk *)d)->end;
}


static herr_t disk_read(H5FD_t *file, H5FD_mem_t what, hid_t plist,
                        haddr_t at, size_t n, void *data) {
  Disk *d = (Disk *)file;
  (void)what, (void)plist;
  if (!d->x->broken)
    d->x->broken = !file_readback(d->x->temp, (size_t)at, data, n);
  if (d->x->broken) memset(data, 0, n);
  return 0;
}


static herr_t disk_write(H5FD_t *file, H5FD_mem_t what, hid_t plist,
                         haddr_t at, size_t n, const void *data) {
  Disk *d = (Disk *)file;
  (void)what, (void)plist;
  if (!d->x->broken)
    d->x->broken = !file_write(d->x->temp, (size_t)at, data, n);
  if (at + n > d->end) d->end = at + n;
  return 0;
}


/* the file has to be as long as the superblock says */
static herr_t disk_truncate(H5FD_t *file, hid_t plist, hbool_t closing) {
  Disk *d = (Disk *)file;
  (void)closing;
  if (d->end >= d->allocated) return 0;
  return disk_write(file, H5FD_MEM_DEFAULT, plist, d->allocated - 1, 1, "");
}


static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 2)
  .version = H5FD_CLASS_VERSION,
  .value = (H5FD_class_value_t)600,   /* any of the unregistered ones */
#endif
  .name = "teasel",
  .maxaddr = (haddr_t)1 << 62,
  .fc_degree = H5F_CLOSE_STRONG,
  .fapl_size = sizeof(Export *),
  .open = disk_open,
  .close = disk_close,
  .query = disk_query,
  .get_eoa = disk_allocated,
  .set_eoa = disk_allocate,
  .get_eof = disk_end,
  .read = disk_read,
  .write = disk_write,
  .truncate = disk_truncate,
  .fl_map = H5FD_FLMAP_DICHOTOMY
};


static hid_t create(Export *x) {
  static hid_t id;
  hid_t access = H5Pcreate(H5P_FILE_ACCESS), plist = -1, file = -1;
  if (id == 0) id = H5FDregister(&driver);
  if (access >= 0 && H5Pset_driver(access, id, &x) >= 0 &&
      H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0 &&
      H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18) >= 0 &&
      H5Pset_cache(access, 0, 12421, CACHE, 1.0) >= 0 &&
      (plist = H5Pcreate(H5P_FILE_CREATE)) >= 0 &&
      H5Pset_obj_track_times(plist, 0) >= 0)
    file = H5Fcreate("/dev/null/export", H5F_ACC_EXCL, plist, access);
  if (plist >= 0) H5Pclose(plist);
  if (access >= 0) H5Pclose(access);
  return file;
}


Export *export_open(const char *path) {
  Export *x = mem_alloc(sizeof *x);
  if (x == NULL) return NULL;
  memset(x, 0, sizeof *x);
  x->temp = file_begin(path);
  if (x->temp) {
    store_begin();
    x->file = create(x);
    if (x->file >= 0) return x;
    ts_fail("cannot save '%s': %s", path, store_why());
    file_abort(x->temp);
  }
  mem_free(x);
  return NULL;
}


/* contiguous without: what is empty cannot be cut into chunks */
static int set_chunks(hid_t plist, const Set *s, long chunk, int level) {
  hsize_t size[STORE_MAXDIM];
  if (level == 0 || s->ndim == 0 || s->rows == 0) return 1;
  memcpy(size, s->dim, sizeof size);
  if (chunk == 0) chunk = (long)(CHUNK / s->rowsize) + 1;
  size[0] = (hsize_t)(chunk < s->rows ? chunk : s->rows);
  return H5Pset_chunk(plist, s->ndim, size) >= 0 &&
         (store_typesize(s->type) == 1 || H5Pset_shuffle(plist) >= 0) &&
         H5Pset_deflate(plist, (unsigned)level) >= 0;
}


int export_dataset(Export *x, const char *name, StoreType type, int ndim,
                   const long *dim, long chunk, int level) {
  Set *s = &x->set[x->n];
  hid_t plist;
  size_t size;
  int i;
  if (x->n == MAXSET)
    return ts_fail("a file has at most %d data sets", MAXSET) - 1;
  if (strlen(name) >= sizeof s->name)
    return ts_fail("the name '%s' is too long", name) - 1;
  if (level < 0 || level > 9 || chunk < 0)
    return ts_fail("'%s': gzip level %d (0 to 9), chunks of %ld rows", name,
                   level, chunk) - 1;
  if (!store_checkname(name) || !store_size(name, type, ndim, dim, &size))
    return -1;
  strcpy(s->name, name);
  s->type = type;
  s->ndim = ndim;
  for (i = 0; i < ndim; i++) s->dim[i] = (hsize_t)dim[i];
  s->rows = size > 0 ? (ndim > 0 ? dim[0] : 1) : 0;
  s->rowsize = size > 0 ? size / (size_t)s->rows : 0;
  s->done = 0;
  store_begin();
  plist = H5Pcreate(H5P_DATASET_CREATE);
  if (!set_chunks(plist, s, chunk, level)) {
    ts_fail("cannot store '%s': %s", name, store_why());
    H5Pclose(plist);
    return -1;
  }
  s->id = store_create(x->file, name, type, ndim, dim, plist);
  return s->id >= 0 && !x->broken ? x->n++ : -1;
}


static int write_rows(Set *s, long count, const void *data) {
  hid_t file = H5Dget_space(s->id), memory = H5Scopy(file);
  hsize_t start[STORE_MAXDIM] = {(hsize_t)s->done}, size[STORE_MAXDIM];
  int ok = file >= 0 && memory >= 0;
  if (ok && s->ndim > 0) {
    memcpy(size, s->dim, sizeof size);
    size[0] = (hsize_t)count;
    ok = H5Sset_extent_simple(memory, s->ndim, size, NULL) >= 0 &&
         H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, size,
                             NULL) >= 0;
  }
  ok = ok && H5Dwrite(s->id, store_memtype(s->type), memory, file, H5P_DEFAULT,
                      data) >= 0;
  if (!ok) ts_fail("cannot store '%s': %s", s->name, store_why());
  if (memory >= 0) H5Sclose(memory);
  if (file >= 0) H5Sclose(file);
  return ok;
}


int export_rows(Export *x, int i, long count, const void *data) {
  Set *s = &x->set[i];
  if (count < 0 || count > s->rows - s->done)
    return ts_fail("'%s' has %ld rows, %ld of them are there, and %ld more "
                   "came", s->name, s->rows, s->done, count);
  store_begin();
  if (count > 0 && !write_rows(s, count, data)) return 0;
  s->done += count;
  return !x->broken;
}


int export_count(const Export *x) {
  return x->n;
}


size_t export_rowsize(const Export *x, int i) {
  return x->set[i].rowsize;
}


static int is_complete(const Export *x) {
  int i;
  for (i = 0; i < x->n; i++)
    if (x->set[i].done < x->set[i].rows)
      return ts_fail("'%s' has %ld rows, only %ld of them came",
                     x->set[i].name, x->set[i].rows, x->set[i].done);
  return 1;
}


int export_close(Export *x) {
  int ok = !x->broken && is_complete(x);
  if (!ok) {
    export_abort(x);
    return 0;
  }
  ok = H5Fclose(x->file) >= 0;
  if (!ok) ts_fail("cannot finish an export: %s", store_why());
  if (ok && !x->broken) ok = file_commit(x->temp);
  else {
    file_abort(x->temp);
    ok = 0;
  }
  mem_free(x);
  return ok;
}


void export_abort(Export *x) {
  if (x == NULL) return;
  x->broken = 1;   /* so that closing writes nothing more */
  H5Fclose(x->file);
  file_abort(x->temp);
  mem_free(x);
}
