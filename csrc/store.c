/*
** store.c
** The HDF5 part is built and opened in memory by HDF5's core driver, which
** knows no disk; all that touches the disk is file_save and file_read.
** Invariant: nothing that depends on time, place or addresses gets into it.
*/

#include "store.h"

#include <hdf5.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "mem.h"
#include "sha256.h"

#define VERSION 1
#define MAXFILE ((size_t)1 << 40)
#define GROWTH ((size_t)1 << 20)    /* of the image while it is built */

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

struct StoreIn {
  hid_t file;
  int count, room;
  StoreEntry *entry;
  size_t limit;      /* bytes of the file, so the most that an entry can have */
};


const char *store_typename(StoreType type) {
  static const char *const name[] = {
    "float32", "float64", "uint8", "int64", "text"
  };
  return name[type];
}


StoreType store_typeof(const char *name) {
  StoreType t = STORE_F32;
  while (t <= STORE_TEXT && strcmp(store_typename(t), name) != 0) t++;
  return t;
}


size_t store_typesize(StoreType type) {
  static const size_t size[] = {4, 8, 1, 8, 1};
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
    else if (n > MAXFILE / (size_t)dim[i])
      return ts_fail("'%s' would have more than 2^40 bytes", what);
    else n *= (size_t)dim[i];
  }
  *size = empty ? 0 : n;
  return 1;
}


static char why[256];


static herr_t keep_innermost(unsigned n, const H5E_error2_t *e, void *unused) {
  (void)unused;
  if (n == 0) snprintf(why, sizeof why, "%s", e->desc);
  return 0;
}


/* the next call of HDF5 forgets why this one failed, so keep it now */
static herr_t on_error(hid_t stack, void *unused) {
  return H5Ewalk2(stack, H5E_WALK_UPWARD, keep_innermost, unused);
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
  done = 1;
}


const char *store_why(void) {
  return why[0] ? why : "HDF5 gives no reason";
}


int64_t store_memtype(StoreType type) {
  return type == STORE_F32 ? H5T_NATIVE_FLOAT :
         type == STORE_F64 ? H5T_NATIVE_DOUBLE :
         type == STORE_U8 ? H5T_NATIVE_UINT8 : H5T_NATIVE_INT64;
}


static hid_t file_type(StoreType type) {
  return type == STORE_F32 ? H5T_IEEE_F32LE :
         type == STORE_F64 ? H5T_IEEE_F64LE :
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
  return create(file, name, file_type(type), ndim, dim, plist);
}


/* A file in memory: a copy of the n bytes of image, or a new one. HDF5 tells
** open files apart by name (so the address: another build may be open in this
** process); below /dev/null nothing can exist. */
static hid_t memory_file(const void *image, size_t n) {
  static unsigned long serial;
  char name[64];
  hid_t access = H5Pcreate(H5P_FILE_ACCESS), plist = -1, file = -1;
  snprintf(name, sizeof name, "/dev/null/%p.%lu", (void *)&serial, ++serial);
  if (access < 0 || H5Pset_fapl_core(access, GROWTH, 0) < 0 ||
      H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0 ||
      H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18) < 0)
    ;  /* file stays -1 */
  else if (image) {  /* HDF5 forgot a const here */
    if (H5Pset_file_image(access, (void *)(uintptr_t)image, n) >= 0)
      file = H5Fopen(name, H5F_ACC_RDONLY, access);
  }
  else if ((plist = H5Pcreate(H5P_FILE_CREATE)) >= 0 &&
           H5Pset_userblock(plist, STORE_HEAD) >= 0 &&
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
  s->file = memory_file(NULL, 0);
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
  return put(s, name, file_type(type), store_memtype(type), ndim, dim,
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


static void digest_of(const void *image, size_t n, unsigned char out[32]) {
  Sha256 h;
  sha256_start(&h);
  sha256_add(&h, image, offsetof(Head, digest));
  sha256_add(&h, (const char *)image + STORE_HEAD, n - STORE_HEAD);
  sha256_end(&h, out);
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
      digest_of(p, *n, h.digest);
      memcpy(p, &h, sizeof h);
      return p;
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


static int check_head(const char *what, const void *image, size_t n) {
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
  digest_of(image, n, digest);
  return memcmp(digest, h.digest, sizeof digest) == 0 ||
         ts_fail("'%s' is damaged: its SHA-256 is not the one in its head",
                 what);
}


/* type, shape and size of an open dataset. Foreign ones are for import.c. */
static int describe(StoreIn *s, hid_t set, StoreEntry *e) {
  hid_t type = H5Dget_type(set), space = H5Dget_space(set);
  hid_t plist = H5Dget_create_plist(set);
  hsize_t dim[STORE_MAXDIM];
  int i, ok = 0;
  e->type = STORE_F32;
  while (e->type < STORE_TEXT && H5Tequal(type, file_type(e->type)) <= 0)
    e->type++;
  e->ndim = H5Sget_simple_extent_ndims(space);
  if (e->type == STORE_TEXT && (H5Tget_class(type) != H5T_STRING ||
                                H5Tis_variable_str(type) || e->ndim != 0))
    ts_fail("'%s' is of a type that checkpoints do not have", e->name);
  else if (e->ndim < 0 || e->ndim > STORE_MAXDIM)
    ts_fail("'%s' has %d dimensions", e->name, e->ndim);
  else if (H5Pget_layout(plist) > H5D_CONTIGUOUS ||
           H5Pget_external_count(plist) != 0)
    ts_fail("'%s' is not stored in one piece", e->name);
  else {
    H5Sget_simple_extent_dims(space, dim, NULL);
    for (i = 0; i < e->ndim; i++) e->dim[i] = (long)dim[i];
    ok = store_size(e->name, e->type, e->ndim, e->dim, &e->size);
    if (e->type == STORE_TEXT)
      e->size = H5Sget_simple_extent_type(space) == H5S_NULL
                ? 0 : H5Tget_size(type);
    if (ok && e->size > s->limit)
      ok = ts_fail("'%s' is larger than the file", e->name);
  }
  if (plist >= 0) H5Pclose(plist);
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  return ok;
}


static StoreEntry *new_entry(StoreIn *s, const char *name) {
  StoreEntry *e;
  if (s->count == s->room) {
    int room = 2 * s->room + 16;
    e = mem_array((size_t)room, sizeof *e);
    if (e == NULL) return NULL;
    if (s->count > 0) memcpy(e, s->entry, (size_t)s->count * sizeof *e);
    mem_free(s->entry);
    s->entry = e;
    s->room = room;
  }
  e = &s->entry[s->count];
  e->name = mem_alloc(strlen(name) + 1);
  if (e->name == NULL) return NULL;
  strcpy(e->name, name);
  s->count++;
  return e;
}


static herr_t visit(hid_t root, const char *name, const H5L_info_t *link,
                    void *arg) {
  hid_t object;
  StoreEntry *e;
  int ok = 1;
  if (link->type != H5L_TYPE_HARD) return ts_fail("'%s' is a link", name) - 1;
  object = H5Oopen(root, name, H5P_DEFAULT);
  if (object < 0) return -1;
  if (H5Iget_type(object) == H5I_DATASET) {
    e = new_entry(arg, name);
    ok = e != NULL && describe(arg, object, e);
  }
  H5Oclose(object);
  return ok ? 0 : -1;
}


StoreIn *store_parse(const char *what, const void *image, size_t n) {
  StoreIn *s;
  if (!check_head(what, image, n)) return NULL;
  s = mem_alloc(sizeof *s);
  if (s == NULL) return NULL;
  memset(s, 0, sizeof *s);
  store_begin();
  s->limit = n;
  s->file = memory_file(image, n);
  if (s->file >= 0 &&
      H5Lvisit(s->file, H5_INDEX_NAME, H5_ITER_INC, visit, s) >= 0)
    return s;
  ts_fail("cannot open '%s': %s", what, store_why());
  store_close(s);
  return NULL;
}


StoreIn *store_open(const char *path) {
  size_t n;
  void *image = file_read(path, MAXFILE, &n);
  StoreIn *s = NULL;
  if (image) s = store_parse(path, image, n);
  mem_free(image);
  return s;
}


void store_close(StoreIn *s) {
  int i;
  if (s == NULL) return;
  for (i = 0; i < s->count; i++) mem_free(s->entry[i].name);
  mem_free(s->entry);
  if (s->file >= 0) H5Fclose(s->file);
  mem_free(s);
}


int store_count(const StoreIn *s) {
  return s->count;
}


const StoreEntry *store_entry(const StoreIn *s, int i) {
  return &s->entry[i];
}


int store_find(const StoreIn *s, const char *name) {
  int i = s->count;
  while (--i >= 0 && strcmp(s->entry[i].name, name) != 0) ;
  return i;
}


int store_read(StoreIn *s, int i, void *out) {
  const StoreEntry *e = &s->entry[i];
  int text = e->type == STORE_TEXT;
  hid_t set, type;
  int ok;
  if (e->size == 0) return 1;
  type = text ? text_type(e->size) : store_memtype(e->type);
  set = H5Dopen2(s->file, e->name, H5P_DEFAULT);
  ok = set >= 0 && type >= 0 &&
       H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0;
  if (!ok) ts_fail("cannot read '%s': %s", e->name, store_why());
  if (set >= 0) H5Dclose(set);
  if (text && type >= 0) H5Tclose(type);
  return ok;
}
