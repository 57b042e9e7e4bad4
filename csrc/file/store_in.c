/*
** store_in.c
** Reading checkpoints. A digest is made easily by whoever changes a file, so
** HDF5, which crashes on some of those, sees it in a child process only. That
** tells where the arrays lie: in one piece each, as they are in memory. The
** parent checks this against the size of the file and takes them from its own
** copy of it.
*/

#include "file/store.h"

#include <hdf5.h>
#include <string.h>

#include "file/child.h"
#include "file/file.h"
#include "base/mem.h"

struct StoreIn {
  unsigned char *image;    /* of `size` bytes */
  size_t size;
  int count;
  StoreEntry *entry;
  char *names;             /* of the entries, one after the other */
};

/* what the child sends of an entry, and the bytes of its name behind it */
typedef struct Record {
  StoreType type;
  int ndim;
  long dim[STORE_MAXDIM];
  size_t size, at, nname;
} Record;

/* what the child reads, and what it has to send */
typedef struct Job {
  unsigned char *image;
  size_t size;
  char *out;
  size_t n, room;
} Job;


/* HDF5 would copy the image three times; it may have ours, and only reads */
static void *same_image(size_t n, H5FD_file_image_op_t op, void *image) {
  (void)n, (void)op;
  return image;
}


static void *no_copy(void *to, const void *from, size_t n,
                     H5FD_file_image_op_t op, void *image) {
  (void)from, (void)n, (void)op, (void)image;
  return to;
}


static void *no_growth(void *p, size_t n, H5FD_file_image_op_t op,
                       void *image) {
  (void)p, (void)n, (void)op, (void)image;
  return NULL;
}


static herr_t no_free(void *p, H5FD_file_image_op_t op, void *image) {
  (void)p, (void)op, (void)image;
  return 0;
}


static void *same_data(void *image) {
  return image;
}


static herr_t keep_data(void *image) {
  (void)image;
  return 0;
}


static hid_t open_image(Job *job) {
  H5FD_file_image_callbacks_t own = {
    same_image, no_copy, no_growth, no_free, same_data, keep_data, NULL
  };
  hid_t access = store_memory(), file = -1;
  own.udata = job->image;
  if (access >= 0 && H5Pset_file_image_callbacks(access, &own) >= 0 &&
      H5Pset_file_image(access, job->image, job->size) >= 0)
    file = H5Fopen("/dev/null/in", H5F_ACC_RDONLY, access);
  return file;
}


/* type, shape and place of an open dataset; foreign ones are for import.c */
static int describe(const Job *job, hid_t set, const char *name, Record *r) {
  hid_t type = H5Dget_type(set), space = H5Dget_space(set);
  hid_t plist = H5Dget_create_plist(set);
  hsize_t dim[STORE_MAXDIM];
  haddr_t at = H5Dget_offset(set);
  int i;
  r->type = STORE_F32;
  while (r->type < STORE_TEXT && H5Tequal(type, store_filetype(r->type)) <= 0)
    r->type++;
  r->ndim = H5Sget_simple_extent_ndims(space);
  if (r->type == STORE_TEXT && (H5Tget_class(type) != H5T_STRING ||
                                H5Tis_variable_str(type) || r->ndim != 0))
    return ts_fail("'%s' is of a type that checkpoints do not have", name);
  if (r->ndim < 0 || r->ndim > STORE_MAXDIM)
    return ts_fail("'%s' has %d dimensions", name, r->ndim);
  if (H5Pget_layout(plist) > H5D_CONTIGUOUS ||
      H5Pget_external_count(plist) != 0)
    return ts_fail("'%s' is not stored in one piece", name);
  H5Sget_simple_extent_dims(space, dim, NULL);
  for (i = 0; i < r->ndim; i++) r->dim[i] = (long)dim[i];
  if (!store_size(name, r->type, r->ndim, r->dim, &r->size)) return 0;
  if (r->type == STORE_TEXT)
    r->size = H5Sget_simple_extent_type(space) == H5S_NULL
              ? 0 : H5Tget_size(type);
  if (r->size > job->size)
    return ts_fail("'%s' is larger than the file", name);
  if (r->size > 0 && at == HADDR_UNDEF)
    return ts_fail("'%s' has no values", name);
  r->at = r->size > 0 ? (size_t)at : 0;
  return 1;
}


static int append(Job *job, const void *data, size_t n) {
  if (n > job->room - job->n) {
    size_t room = 2 * job->room + n + 4096;
    char *out = mem_alloc(room);
    if (out == NULL) return 0;
    if (job->n > 0) memcpy(out, job->out, job->n);
    mem_free(job->out);
    job->out = out;
    job->room = room;
  }
  memcpy(job->out + job->n, data, n);
  job->n += n;
  return 1;
}


static herr_t visit(hid_t root, const char *name, const H5L_info_t *link,
                    void *arg) {
  Job *job = arg;
  hid_t object;
  Record r;
  int ok = 1;
  if (link->type != H5L_TYPE_HARD) return ts_fail("'%s' is a link", name) - 1;
  object = H5Oopen(root, name, H5P_DEFAULT);
  if (object < 0) return -1;
  if (H5Iget_type(object) == H5I_DATASET) {
    memset(&r, 0, sizeof r);
    r.nname = strlen(name);
    ok = describe(job, object, name, &r) && append(job, &r, sizeof r) &&
         append(job, name, r.nname);
  }
  H5Oclose(object);
  return ok ? 0 : -1;
}


static int work(Child *c, void *arg) {
  Job *job = arg;
  hid_t file;
  store_begin();
  child_allow(job->size);
  file = open_image(job);
  if (file < 0 || H5Lvisit(file, H5_INDEX_NAME, H5_ITER_INC, visit, job) < 0)
    return ts_fail("%s", store_why());
  child_send(c, job->out, job->n);
  return 1;
}


/* one entry from the n bytes at p; the number of bytes it took, or 0 */
static size_t take(const StoreIn *s, const char *p, size_t n, StoreEntry *e) {
  Record r;
  size_t size;
  if (n < sizeof r) return 0;
  memcpy(&r, p, sizeof r);
  if (r.nname == 0 || r.nname > n - sizeof r || r.type < STORE_F32 ||
      r.type > STORE_TEXT || memchr(p + sizeof r, '\0', r.nname) ||
      !store_size("entry", r.type, r.ndim, r.dim, &size) ||
      (r.type == STORE_TEXT ? r.ndim != 0 : r.size != size) ||
      r.size > s->size || r.at > s->size - r.size)
    return 0;
  e->type = r.type;
  e->ndim = r.ndim;
  memcpy(e->dim, r.dim, sizeof e->dim);
  e->size = r.size;
  e->at = r.at;
  return sizeof r + r.nname;
}


/* the entries from what the child sent */
static int take_all(StoreIn *s, const char *p, size_t n) {
  size_t at = 0, step;
  char *name;
  StoreEntry e;
  int i = 0;
  for (; at < n; at += step, s->count++)
    if ((step = take(s, p + at, n - at, &e)) == 0) return 0;
  s->entry = mem_array((size_t)s->count + 1, sizeof *s->entry);
  s->names = name = mem_alloc(n + 1);   /* a record is longer than a zero */
  if (s->entry == NULL || name == NULL) return 0;
  for (at = 0; at < n; at += step, i++) {
    size_t size;
    step = take(s, p + at, n - at, &s->entry[i]);
    size = step - sizeof(Record);
    s->entry[i].name = memcpy(name, p + at + sizeof(Record), size);
    name[size] = '\0';
    name += size + 1;
  }
  return 1;
}


/* no sound file has less than this frame beside its arrays */
static int receive(Child *c, StoreIn *s) {
  size_t n;
  char *p = NULL;
  int ok = child_head(c, &n) && n <= s->size && (p = mem_alloc(n + 1)) &&
           child_receive(c, p, n) && take_all(s, p, n);
  mem_free(p);
  return ok;
}


/* takes the image over */
static StoreIn *parse(const char *what, void *image, size_t n) {
  Child c = {"open", what, -1, 0, NULL};
  Job job = {image, n, NULL, 0, 0};
  StoreIn *s = mem_alloc(sizeof *s);
  int ok;
  if (s == NULL) {
    mem_free(image);
    return NULL;
  }
  memset(s, 0, sizeof *s);
  s->image = image;
  s->size = n;
  ok = store_checkhead(what, image, n) && child_start(&c, work, &job);
  if (ok) {
    ok = receive(&c, s);
    child_finish(&c, ok);
  }
  if (ok) return s;
  store_close(s);
  return NULL;
}


StoreIn *store_parse(const char *what, const void *image, size_t n) {
  void *own = mem_alloc(n);
  if (own == NULL) return NULL;
  memcpy(own, image, n);
  return parse(what, own, n);
}


StoreIn *store_open(const char *path) {
  size_t n;
  void *image = file_read(path, STORE_MAXFILE, &n);
  return image ? parse(path, image, n) : NULL;
}


void store_close(StoreIn *s) {
  if (s == NULL) return;
  mem_free(s->names);
  mem_free(s->entry);
  mem_free(s->image);
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


const void *store_data(const StoreIn *s, int i) {
  return s->image + s->entry[i].at;
}
