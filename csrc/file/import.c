/*
** import.c
** A child opens the file and sends what it finds: all entries in one frame,
** or an entry and then its values in bands.
*/

#include "file/import.h"

#include <errno.h>
#include <hdf5.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "file/child.h"
#include "base/mem.h"

#define MAXENTRY 10000
#define BAND ((size_t)64 << 20)        /* bytes read and sent at a time */
#define CACHE ((size_t)256 << 20)      /* of HDF5, for unpacked chunks */

/* what the child works on */
typedef struct Job {
  Child *child;
  const ImportWant *want;    /* NULL: list */
  const char *references;    /* or the names of what a dataset refers to */
  int n;                     /* entries found so far */
  ImportEntry *entry;
} Job;


static void begin_entry(ImportEntry *e, const char *name) {
  memset(e, 0, sizeof *e);
  snprintf(e->name, sizeof e->name, "%s", name);
}


/* our type for the values of a foreign one, and its name */
static void describe_type(hid_t set, ImportEntry *e) {
  static const char *const other[] = {
    "time", "string", "bitfield", "opaque", "compound", "reference",
    "enumeration", "variable length", "array"
  };
  hid_t type = H5Dget_type(set);
  H5T_class_t class = H5Tget_class(type);
  size_t size = H5Tget_size(type);
  int plus = H5Tget_sign(type) == H5T_SGN_NONE;
  if (class == H5T_FLOAT) {
    snprintf(e->kind, sizeof e->kind, "float%zu", 8 * size);
    e->type = size <= 4 ? STORE_F32 : STORE_F64;
  }
  else if (class == H5T_INTEGER) {
    snprintf(e->kind, sizeof e->kind, "%sint%zu", plus ? "u" : "", 8 * size);
    e->type = plus && size == 1 ? STORE_U8 : STORE_I64;
  }
  else
    strcpy(e->kind, class >= H5T_TIME && class <= H5T_ARRAY
                    ? other[class - H5T_TIME] : "unknown");
  if ((class != H5T_FLOAT && class != H5T_INTEGER) || size > 8)
    strcpy(e->refused, "its values are no plain numbers");
}


static void describe_shape(hid_t set, ImportEntry *e) {
  hid_t space = H5Dget_space(set);
  hsize_t dim[H5S_MAX_RANK];
  size_t size;
  int i;
  e->ndim = H5Sget_simple_extent_dims(space, dim, NULL);
  if (H5Sget_simple_extent_type(space) == H5S_NULL) e->ndim = -1;
  for (i = 0; i < e->ndim && i < STORE_MAXDIM; i++)
    e->dim[i] = dim[i] > LONG_MAX ? LONG_MAX : (long)dim[i];
  if (!store_size(e->name, e->type, e->ndim, e->dim, &size)) {
    snprintf(e->refused, sizeof e->refused, "it has %s",
             e->ndim < 0 ? "no values" :
             e->ndim > STORE_MAXDIM ? "too many dimensions" :
             "more than 2^40 bytes");
    e->ndim = 0;
    ts_clear();
  }
}


/* only data in the file itself, unpacked by HDF5's own filters */
static void describe_storage(hid_t set, ImportEntry *e) {
  hid_t plist = H5Dget_create_plist(set);
  int i, id, n = H5Pget_nfilters(plist);
  if (H5Pget_layout(plist) > H5D_CHUNKED)
    strcpy(e->refused, "it is a virtual data set");
  else if (H5Pget_external_count(plist) != 0)
    strcpy(e->refused, "its values are in other files");
  for (i = 0; i < n; i++) {
    id = H5Pget_filter2(plist, (unsigned)i, NULL, NULL, NULL, 0, NULL, NULL);
    if (id < 0 || id > H5Z_FILTER_SCALEOFFSET)
      snprintf(e->refused, sizeof e->refused, "filter %d is not built in", id);
  }
}


static void describe(hid_t set, const char *name, ImportEntry *e) {
  begin_entry(e, name);
  describe_type(set, e);
  describe_shape(set, e);
  describe_storage(set, e);
}


static herr_t visit(hid_t root, const char *name, const H5L_info_t *link,
                    void *arg) {
  Job *c = arg;
  ImportEntry *e = &c->entry[c->n];
  hid_t object;
  if (c->n == MAXENTRY)
    return ts_fail("it has more than %d data sets", MAXENTRY) - 1;
  if (strlen(name) >= sizeof e->name)
    return ts_fail("it has a name of %zu bytes", strlen(name)) - 1;
  if (link->type != H5L_TYPE_HARD) {
    begin_entry(e, name);
    strcpy(e->kind, "link");
    strcpy(e->refused, "it is a link");
    c->n++;
    return 0;
  }
  object = H5Oopen(root, name, H5P_DEFAULT);
  if (object < 0) return -1;
  if (H5Iget_type(object) == H5I_DATASET) {
    describe(object, name, e);
    c->n++;
  }
  return 0;
}


static int list_all(Job *c, hid_t file) {
  c->entry = mem_array(MAXENTRY + 1, sizeof *c->entry);
  if (c->entry == NULL) return 0;
  if (H5Lvisit(file, H5_INDEX_NAME, H5_ITER_INC, visit, c) < 0)
    return ts_fail("%s", store_why());
  child_send(c->child, c->entry, (size_t)c->n * sizeof *c->entry);
  return 1;
}


/* a link may stand anywhere on the way to the dataset */
static int no_links(hid_t file, const char *name) {
  size_t n = 0;
  char part[1024];
  if (!store_checkname(name)) return 0;
  do {
    H5L_info_t link;
    n += n > 0;
    n += strcspn(name + n, "/");
    snprintf(part, sizeof part, "%.*s", (int)n, name);
    if (H5Lget_info(file, part, &link, H5P_DEFAULT) < 0)
      return ts_fail("it has no '%s'", part);
    if (link.type != H5L_TYPE_HARD) return ts_fail("'%s' is a link", part);
  } while (name[n] != '\0');
  return 1;
}


/* HDF5 would clip what is out of range, and cut off fractions, silently */
static H5T_conv_ret_t exception(H5T_conv_except_t what, hid_t from, hid_t to,
                                void *value, void *result, void *arg) {
  StoreType type = *(StoreType *)arg;
  int range = what == H5T_CONV_EXCEPT_RANGE_HI ||
              what == H5T_CONV_EXCEPT_RANGE_LOW;
  int rounds = type <= STORE_F16;   /* a float, which has infinity too */
  (void)from, (void)to, (void)value, (void)result;
  if (what == H5T_CONV_EXCEPT_PRECISION || (rounds && !range))
    return H5T_CONV_UNHANDLED;
  ts_fail("it has values that %s cannot hold", store_typename(type));
  return H5T_CONV_ABORT;
}


/* rows a band: as many whole chunks as fit, so that each is unpacked once */
static long band_rows(hid_t set, int ndim, size_t rowsize) {
  hid_t plist = H5Dget_create_plist(set);
  hsize_t chunk[H5S_MAX_RANK];
  long rows = (long)(BAND / rowsize) + 1;
  if (H5Pget_layout(plist) == H5D_CHUNKED &&
      H5Pget_chunk(plist, ndim, chunk) > 0 &&
      chunk[0] > 0 && chunk[0] <= (hsize_t)rows)   /* damaged ones have 0 */
    rows -= rows % (long)chunk[0];
  return rows;
}


static int read_rows(hid_t set, const ImportEntry *e, hid_t transfer,
                     long first, long count, void *out) {
  hid_t file = H5Dget_space(set), memory = H5Scopy(file);
  hsize_t start[STORE_MAXDIM] = {0}, size[STORE_MAXDIM];
  int i;
  for (i = 0; i < e->ndim; i++) size[i] = (hsize_t)e->dim[i];
  if (e->ndim > 0) {
    start[0] = (hsize_t)first;
    size[0] = (hsize_t)count;
    H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, size, NULL);
    H5Sset_extent_simple(memory, e->ndim, size, NULL);
  }
  return H5Dread(set, store_memtype(e->type), memory, file, transfer,
                 out) >= 0 || ts_fail("%s", store_why());
}


/* sends the entry as it was asked for, then the values in bands */
static int send_rows(Job *c, hid_t set, ImportEntry *e, long first) {
  hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
  long rows = e->ndim > 0 ? e->dim[0] : 1, end = first + rows, step;
  size_t size;
  char *band;
  store_size(e->name, e->type, e->ndim, e->dim, &size);
  child_send(c->child, e, sizeof *e);
  if (size == 0) return 1;
  child_allow(size);
  size /= (size_t)rows;
  step = band_rows(set, e->ndim, size);
  band = mem_array((size_t)(step < rows ? step : rows), size);
  H5Pset_type_conv_cb(transfer, exception, &e->type);
  while (band && first < end) {
    long count = step - first % step;   /* to the end of a chunk */
    if (count > end - first) count = end - first;
    if (!read_rows(set, e, transfer, first, count, band)) return 0;
    child_send(c->child, band, (size_t)count * size);
    first += count;
  }
  return band != NULL;
}


static int read_one(Job *c, hid_t file) {
  const ImportWant *w = c->want;
  const char *name = w->name + strspn(w->name, "/");
  hid_t access = H5Pcreate(H5P_DATASET_ACCESS), set;
  ImportEntry e;
  size_t size;
  long all;
  if (!no_links(file, name)) return 0;
  H5Pset_chunk_cache(access, 12421, CACHE, 1.0);
  set = H5Dopen2(file, name, access);
  if (set < 0) return ts_fail("'%s' is no data set", name);
  describe(set, name, &e);
  if (e.refused[0]) return ts_fail("'%s': %s", name, e.refused);
  all = e.ndim > 0 ? e.dim[0] : 1;
  if (w->first < 0 || w->first > all || w->count < -1 ||
      w->count > all - w->first ||
      (e.ndim == 0 && (w->first || w->count > -1)))
    return w->count < 0 ?
      ts_fail("'%s' has %ld rows; asked for were those from row %ld on", name,
              all, w->first + 1) :
      ts_fail("'%s' has %ld rows; asked for were %ld from row %ld on", name,
              all, w->count, w->first + 1);
  if (e.ndim > 0) e.dim[0] = w->count < 0 ? all - w->first : w->count;
  if (w->type >= 0) e.type = (StoreType)w->type;
  if (!store_size(name, e.type, e.ndim, e.dim, &size)) return 0;
  if (size > w->limit)
    return ts_fail("'%s' has %zu bytes, at most %zu were expected", name, size,
                   w->limit);
  return send_rows(c, set, &e, w->first);
}


/* the name of what the reference stands for, if it is a plain one */
static int name_target(hid_t set, const hobj_ref_t *ref, ImportEntry *e) {
  char name[sizeof e->name + 1];
  ssize_t n = H5Rget_name(set, H5R_OBJECT, ref, name, sizeof name);
  if (n <= 0 || (size_t)n >= sizeof name)
    return ts_fail("a reference leads nowhere");
  begin_entry(e, name + strspn(name, "/"));
  return 1;
}


static int list_references(Job *c, hid_t file) {
  const char *name = c->references + strspn(c->references, "/");
  hid_t set, type, space;
  hobj_ref_t *ref;
  hssize_t n, i;
  int ok;
  if (!no_links(file, name)) return 0;
  set = H5Dopen2(file, name, H5P_DEFAULT);
  if (set < 0) return ts_fail("'%s' is no data set", name);
  type = H5Dget_type(set);
  space = H5Dget_space(set);
  n = H5Sget_simple_extent_npoints(space);
  if (H5Tequal(type, H5T_STD_REF_OBJ) <= 0 || n < 0 || n > MAXENTRY)
    return ts_fail("'%s' is no list of references", name);
  ref = mem_array((size_t)n + 1, sizeof *ref);
  c->entry = mem_array((size_t)n + 1, sizeof *c->entry);
  ok = ref && c->entry;
  if (ok && H5Dread(set, H5T_STD_REF_OBJ, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                    ref) < 0)
    return ts_fail("%s", store_why());
  for (i = 0; ok && i < n; i++) ok = name_target(set, &ref[i], &c->entry[i]);
  if (ok) child_send(c->child, c->entry, (size_t)n * sizeof *c->entry);
  return ok;
}


static hid_t open_foreign(const char *path) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS), file;
  struct stat st;
  if (stat(path, &st) < 0) return ts_fail("%s", strerror(errno)) - 1;
  if (!S_ISREG(st.st_mode)) return ts_fail("it is no plain file") - 1;
  H5Pset_file_locking(access, 0, 1);   /* nobody needs to be kept from it */
  file = H5Fopen(path, H5F_ACC_RDONLY, access);
  if (file < 0) ts_fail("%s", store_why());
  return file;
}


static int work(Child *child, void *arg) {
  Job *c = arg;
  hid_t file;
  c->child = child;
  store_begin();
  H5PLset_loading_state(0);
  file = open_foreign(child->what);
  if (file < 0) return 0;
  if (c->references) return list_references(c, file);
  return c->want ? read_one(c, file) : list_all(c, file);
}


static int check_entry(ImportEntry *e) {
  size_t size;
  e->name[sizeof e->name - 1] = '\0';
  e->kind[sizeof e->kind - 1] = '\0';
  e->refused[sizeof e->refused - 1] = '\0';
  return e->type >= STORE_F32 && e->type < STORE_TEXT &&
         (e->refused[0] ? e->ndim >= 0 && e->ndim <= STORE_MAXDIM
                        : store_size(e->name, e->type, e->ndim, e->dim, &size));
}


/* the entries that the child lists */
static ImportEntry *list(const char *path, Job *job, int *n) {
  Child c = {"import", path, -1, 0, NULL};
  ImportEntry *e = NULL;
  size_t size;
  int i, ok;
  if (!child_start(&c, work, job)) return NULL;
  ok = child_head(&c, &size) && size <= MAXENTRY * sizeof *e &&
       size % sizeof *e == 0 && (e = mem_alloc(size)) != NULL &&
       child_receive(&c, e, size);
  *n = (int)(size / sizeof *e);
  for (i = 0; ok && i < *n; i++) ok = check_entry(&e[i]);
  child_finish(&c, ok);
  if (ok) return e;
  mem_free(e);
  return NULL;
}


ImportEntry *import_list(const char *path, int *n) {
  Job job = {NULL, NULL, NULL, 0, NULL};
  return list(path, &job, n);
}


ImportEntry *import_references(const char *path, const char *name, int *n) {
  Job job = {NULL, NULL, NULL, 0, NULL};
  job.references = name;
  return list(path, &job, n);
}


/* the bands, which together have to make up n bytes */
static int receive_bands(Child *c, char *p, size_t n) {
  while (n > 0) {
    size_t m;
    if (!child_head(c, &m) || m == 0 || m > n || !child_receive(c, p, m))
      return 0;
    p += m;
    n -= m;
  }
  return 1;
}


void *import_read(const char *path, const ImportWant *want, ImportEntry *e) {
  Child c = {"import", path, -1, 0, NULL};
  Job job = {NULL, want, NULL, 0, NULL};
  size_t n;
  void *p = NULL;
  int ok;
  if (!child_start(&c, work, &job)) return NULL;
  ok = child_head(&c, &n) && n == sizeof *e && child_receive(&c, e, n) &&
       check_entry(e) && store_size(path, e->type, e->ndim, e->dim, &n) &&
       n <= want->limit && (p = mem_alloc(n)) != NULL &&
       receive_bands(&c, p, n);
  child_finish(&c, ok);
  if (ok) return p;
  mem_free(p);
  return NULL;
}
