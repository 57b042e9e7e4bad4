/*
** store.c
** The HDF5 part is built and opened in memory by HDF5's core driver, which
** knows no disk; all that touches the disk is file_save and file_read.
** Invariant: nothing that depends on time, place or addresses gets into it.
*/

#include "file/store.h"

#include <hdf5.h>
#include <stdio.h>
#include <string.h>

#include "file/file.h"
#include "base/mem.h"
#include "file/sha256.h"

#define VERSION 1
#define GROWTH ((size_t)1 << 20)    /* of the image while it is built */
#define PIECE ((size_t)4 << 20)     /* of an image that is hashed */

/* the first 512 bytes; numbers are little-endian, as all machines meant */
typedef struct Head {
  char magic[8];              /* as PNG's it shows what a text mode does */
  uint32_t version, size;     /* size of this head */
  uint64_t length;            /* of the file */
  char line[456];             /* for people */
  unsigned char digest[32];   /* SHA-256 of all before and all behind it */
} Head;

_Static_assert(sizeof(Head) == STORE_HEAD, "a head has 512 bytes");

static const Head model = {
  "\211TSL\r\n\032\n", VERSION, STORE_HEAD, 0,
  "teasel checkpoint; HDF5 from byte 512 on\n", {0}
};

struct StoreOut {
  hid_t file;
};


const char *store_typename(StoreType type) {
  static const char *const name[] = {
    "float32", "float64", "float16", "uint8", "int64", "text"
  };
  return name[type];
}


StoreType store_typeof(const char *name) {
  StoreType t = STORE_F32;
  while (t <= STORE_TEXT && strcmp(store_typename(t), name) != 0) t++;
  return t;
}


size_t store_typesize(StoreType type) {
  static const size_t size[] = {4, 8, 2, 1, 8, 1};
  return size[type];
}


int store_size(const char *what, StoreType type, int ndim, const long *dim,
               size_t *size) {
  int i, empty = 0;
  size_t n = store_typesize(type);
  if (ndim < 0 || ndim > STORE_MAXDIM)
    return ts_fail("'%s' has %d dimensions, at most %d are possible",
                   what, ndim, STORE_MAXDIM);
  for (i = 0; i < ndim; i++) {
    if (dim[i] < 0)
      return ts_fail("dimension %d of '%s' is %ld", i + 1, what, dim[i]);
    if (dim[i] == 0) empty = 1;
    else if (n > STORE_MAXFILE / (size_t)dim[i])
      return ts_fail("'%s' would have more than 2^40 bytes", what);
    else n *= (size_t)dim[i];
  }
  *size = empty ? 0 : n;
  return 1;
}


static char why[256];
static hid_t half;    /* a float of 16 bits, which HDF5 1.10 does not name */


static herr_t keep_innermost(unsigned n, const H5E_error2_t *e, void *unused) {
  (void)unused;
  if (n == 0) snprintf(why, sizeof why, "%s", e->desc);
  return 0;
}


/* the next call of HDF5 forgets why this one failed, so keep it now */
static herr_t on_error(hid_t stack, void *unused) {
  return H5Ewalk2(stack, H5E_WALK_UPWARD, keep_innermost, unused);
}


static hid_t new_half(void) {
  hid_t type = H5Tcopy(H5T_IEEE_F32LE);
  H5Tset_fields(type, 15, 10, 5, 0, 10);
  H5Tset_size(type, 2);
  H5Tset_ebias(type, 15);
  return type;
}


/* HDF5 must neither print nor do anything when the process ends: what it has
** open then is memory, or a file that was not finished and shall not be */
void store_begin(void) {
  static int done;
  why[0] = '\0';
  if (done) return;
  H5dont_atexit();
  H5open();
  H5Eset_auto2(H5E_DEFAULT, on_error, NULL);
  half = new_half();
  done = 1;
}


const char *store_why(void) {
  return why[0] ? why : "HDF5 gives no reason";
}


int64_t store_memtype(StoreType type) {
  return type == STORE_F32 ? H5T_NATIVE_FLOAT :
         type == STORE_F64 ? H5T_NATIVE_DOUBLE :
         type == STORE_F16 ? half :
         type == STORE_U8 ? H5T_NATIVE_UINT8 : H5T_NATIVE_INT64;
}


int64_t store_filetype(StoreType type) {
  return type == STORE_F32 ? H5T_IEEE_F32LE :
         type == STORE_F64 ? H5T_IEEE_F64LE :
         type == STORE_F16 ? half :
         type == STORE_U8 ? H5T_STD_U8LE : H5T_STD_I64LE;
}


/* "a/b": no part is empty, "." or ".." */
int store_checkname(const char *name) {
  const char *p = name;
  for (;;) {
    size_t n = strcspn(p, "/");
    if (n == 0 || (n <= 2 && strspn(p, ".") >= n))
      return ts_fail("'%s' is not a name as \"group/name\"", name);
    if (p[n] == '\0') break;
    p += n + 1;
  }
  return strlen(name) < 1000 || ts_fail("a name has %zu bytes, at most 999 "
                                        "are possible", strlen(name));
}


/* ndim -1: without any value; plist is closed */
static hid_t create(hid_t file, const char *name, hid_t type, int ndim,
                    const long *dim, hid_t plist) {
  hsize_t size[STORE_MAXDIM];
  hid_t links = H5Pcreate(H5P_LINK_CREATE), space, set = -1;
  int i;
  for (i = 0; i < ndim; i++) size[i] = (hsize_t)dim[i];
  space = ndim > 0 ? H5Screate_simple(ndim, size, NULL)
                   : H5Screate(ndim < 0 ? H5S_NULL : H5S_SCALAR);
  if (links >= 0 && space >= 0 &&
      H5Pset_create_intermediate_group(links, 1) >= 0 &&
      H5Pset_char_encoding(links, H5T_CSET_UTF8) >= 0 &&
      H5Pset_obj_track_times(plist, 0) >= 0 &&
      H5Pset_fill_time(plist, H5D_FILL_TIME_NEVER) >= 0)
    set = H5Dcreate2(file, name, type, space, links, plist, H5P_DEFAULT);
  if (set < 0) ts_fail("cannot store '%s': %s", name, store_why());
  if (links >= 0) H5Pclose(links);
  if (space >= 0) H5Sclose(space);
  if (plist >= 0) H5Pclose(plist);
  return set;
}


int64_t store_create(int64_t file, const char *name, StoreType type,
                     int ndim, const long *dim, int64_t plist) {
  return create(file, name, store_filetype(type), ndim, dim, plist);
}


int64_t store_memory(void) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  if (access >= 0 && H5Pset_fapl_core(access, GROWTH, 0) >= 0 &&
      H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0 &&
      H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18) >= 0)
    return access;
  if (access >= 0) H5Pclose(access);
  return -1;
}


/* A new file in memory. HDF5 tells open files apart by name (so the address:
** another build may be open in this process); below /dev/null nothing can
** exist. */
static hid_t new_file(void) {
  static unsigned long serial;
  char name[64];
  hid_t access = store_memory(), plist = H5Pcreate(H5P_FILE_CREATE), file = -1;
  snprintf(name, sizeof name, "/dev/null/%p.%lu", (void *)&serial, ++serial);
  if (access >= 0 && plist >= 0 && H5Pset_userblock(plist, STORE_HEAD) >= 0 &&
      H5Pset_obj_track_times(plist, 0) >= 0)
    file = H5Fcreate(name, H5F_ACC_EXCL, plist, access);
  if (plist >= 0) H5Pclose(plist);
  if (access >= 0) H5Pclose(access);
  return file;
}


StoreOut *store_new(void) {
  StoreOut *s = mem_alloc(sizeof *s);
  if (s == NULL) return NULL;
  store_begin();
  s->file = new_file();
  if (s->file >= 0) return s;
  ts_fail("cannot begin a checkpoint: %s", store_why());
  mem_free(s);
  return NULL;
}


void store_free(StoreOut *s) {
  if (s == NULL) return;
  H5Fclose(s->file);
  mem_free(s);
}


/* a dataset under `name` with the data, if there is any */
static int put(StoreOut *s, const char *name, hid_t filetype, hid_t memtype,
               int ndim, const long *dim, const void *data) {
  hid_t set;
  int ok;
  store_begin();
  set = create(s->file, name, filetype, ndim, dim,
               H5Pcreate(H5P_DATASET_CREATE));
  if (set < 0) return 0;
  ok = data == NULL ||
       H5Dwrite(set, memtype, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0;
  if (!ok) ts_fail("cannot store '%s': %s", name, store_why());
  H5Dclose(set);
  return ok;
}


int store_array(StoreOut *s, const char *name, StoreType type, int ndim,
                const long *dim, const void *data) {
  size_t n;
  if (!store_checkname(name) || !store_size(name, type, ndim, dim, &n))
    return 0;
  return put(s, name, store_filetype(type), store_memtype(type), ndim, dim,
             n > 0 ? data : NULL);
}


static hid_t text_type(size_t n) {
  hid_t type = H5Tcopy(H5T_C_S1);
  if (type < 0) return -1;
  if (H5Tset_size(type, n) >= 0 && H5Tset_cset(type, H5T_CSET_UTF8) >= 0 &&
      H5Tset_strpad(type, H5T_STR_NULLPAD) >= 0)
    return type;
  H5Tclose(type);
  return -1;
}


/* HDF5 has no strings of length 0: an empty one is a dataset without values */
int store_text(StoreOut *s, const char *name, const char *text, size_t n) {
  hid_t type;
  int ok;
  if (!store_checkname(name)) return 0;
  if (memchr(text, '\0', n))
    return ts_fail("cannot store '%s': the text has a zero byte", name);
  type = text_type(n > 0 ? n : 1);
  ok = put(s, name, type, type, n > 0 ? 0 : -1, NULL, n > 0 ? text : NULL);
  if (type >= 0) H5Tclose(type);
  return ok;
}


/* 0 after ts_fail where it was interrupted */
static int digest_of(const void *image, size_t n, unsigned char out[32]) {
  const char *p = image;
  size_t at, more;
  Sha256 h;
  sha256_start(&h);
  sha256_add(&h, p, offsetof(Head, digest));
  for (at = STORE_HEAD; at < n; at += more) {
    more = n - at < PIECE ? n - at : PIECE;
    if (mem_stopped()) return 0;
    sha256_add(&h, p + at, more);
  }
  sha256_end(&h, out);
  return 1;
}


/* HDF5 gives the image without the user block, but knows that there is one */
void *store_image(StoreOut *s, size_t *n) {
  Head h = model;
  ssize_t size = -1;
  char *p = NULL;
  store_begin();
  if (H5Fflush(s->file, H5F_SCOPE_LOCAL) >= 0)
    size = H5Fget_file_image(s->file, NULL, 0);
  if (size > 0) {
    p = mem_alloc(sizeof h + (size_t)size);
    if (p == NULL) return NULL;
    if (H5Fget_file_image(s->file, p + sizeof h, (size_t)size) == size &&
        memcmp(p + sizeof h, "\211HDF\r\n\032\n", 8) == 0) {
      h.length = *n = sizeof h + (size_t)size;
      memcpy(p, &h, sizeof h);
      if (digest_of(p, *n, h.digest)) {
        memcpy(p, &h, sizeof h);
        return p;
      }
    }
  }
  ts_fail("cannot finish a checkpoint: %s", store_why());
  mem_free(p);
  return NULL;
}


int store_save(StoreOut *s, const char *path) {
  FilePart all;
  int ok;
  all.data = store_image(s, &all.size);
  if (all.data == NULL) return 0;
  ok = file_save(path, &all, 1);
  mem_free((void *)all.data);
  return ok;
}


int store_checkhead(const char *what, const void *image, size_t n) {
  unsigned char digest[32];
  Head h;
  if (n < sizeof h)
    return ts_fail("'%s' is no checkpoint, or the beginning of one: it has "
                   "%zu bytes, the head alone %zu", what, n, sizeof h);
  memcpy(&h, image, sizeof h);
  if (memcmp(h.magic, model.magic, sizeof h.magic) != 0)
    return ts_fail("'%s' is no checkpoint: it begins with other bytes", what);
  if (h.version != VERSION || h.size != sizeof h)
    return ts_fail("'%s' is a checkpoint of version %lu, this program reads "
                   "version %d", what, (unsigned long)h.version, VERSION);
  if (h.length != n)
    return ts_fail("'%s' is damaged: it has %zu bytes instead of %llu",
                   what, n, (unsigned long long)h.length);
  if (!digest_of(image, n, digest)) return 0;
  return memcmp(digest, h.digest, sizeof digest) == 0 ||
         ts_fail("'%s' is damaged: its SHA-256 is not the one in its head",
                 what);
}
