/*
** import.c
** The child shares nothing with its parent but a pipe and ends with _exit, so
** that what the parent has open in HDF5 is neither flushed nor closed twice;
** what the child opened it need not close. It sends frames: a head that says
** either that so many bytes follow, or why it gives up. The parent believes
** none of it unchecked.
** Invariant: a child that was started has been waited for when a function of
** this file returns.
*/

#define _GNU_SOURCE   /* close_range */

#include "import.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "mem.h"

#define MAXENTRY 10000
#define BAND ((size_t)64 << 20)        /* bytes read and sent at a time */
#define CACHE ((size_t)256 << 20)      /* of HDF5, for unpacked chunks */
#define MEMORY ((size_t)2 << 30)       /* what the child may add to itself */
#define SECONDS 30                     /* processor time for small things */
#define RATE ((size_t)8 << 20)         /* bytes for every second more */
#define STALL 60000                    /* ms without a byte: it hangs */

typedef struct Frame {
  int ok;
  size_t size;       /* of what follows */
  char why[512];
} Frame;

typedef struct Child {
  const char *path;
  const ImportWant *want;    /* NULL: list */
  int fd;                    /* the end of the pipe that is ours */
  pid_t pid;
  int n;                     /* entries found so far */
  ImportEntry *entry;
} Child;


static void send_all(int fd, const void *data, size_t n) {
  const char *p = data;
  while (n > 0) {
    ssize_t m = write(fd, p, n);
    if (m < 0 && errno != EINTR) _exit(1);
    if (m > 0) {
      p += m;
      n -= (size_t)m;
    }
  }
}


/* why == NULL: n bytes of data */
static void send_frame(int fd, const char *why, const void *data, size_t n) {
  Frame f;
  memset(&f, 0, sizeof f);
  f.ok = why == NULL;
  f.size = why ? 0 : n;
  if (why) snprintf(f.why, sizeof f.why, "%s", why);
  send_all(fd, &f, sizeof f);
  send_all(fd, data, f.size);
}


static void allow_seconds(size_t n) {
  struct rlimit r;
  getrlimit(RLIMIT_CPU, &r);
  r.rlim_cur = n;
  setrlimit(RLIMIT_CPU, &r);
}


/* what is mapped now and MEMORY more; sanitizers map beyond all limits */
static void limit_memory(void) {
#if !defined(TS_SANITIZE)
  FILE *f = fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  struct rlimit r;
  if (f && fscanf(f, "%lu", &pages) == 1) {
    r.rlim_cur = pages * (unsigned long)sysconf(_SC_PAGESIZE) + MEMORY;
    r.rlim_max = r.rlim_cur;
    setrlimit(RLIMIT_AS, &r);
  }
#endif
}


/* leaves the child a pipe to write into, and time and memory. It keeps no
** lock of its parent's, dies with it, and leaves Ctrl-C to it. */
static void confine(Child *c, pid_t parent) {
  static const struct rlimit none = {0, 0};
  int i, null;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  signal(SIGINT, SIG_IGN);
  signal(SIGPIPE, SIG_DFL);
  if (dup2(c->fd, 3) < 0) _exit(1);
  c->fd = 3;
  close_range(4, ~0u, 0);
  null = open("/dev/null", O_RDWR);
  for (i = 0; i < 3; i++) dup2(null, i);
  setrlimit(RLIMIT_CORE, &none);
  setrlimit(RLIMIT_FSIZE, &none);
  allow_seconds(SECONDS);
  limit_memory();
}


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
  Child *c = arg;
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


static int list_all(Child *c, hid_t file) {
  c->entry = mem_array(MAXENTRY + 1, sizeof *c->entry);
  if (c->entry == NULL) return 0;
  if (H5Lvisit(file, H5_INDEX_NAME, H5_ITER_INC, visit, c) < 0)
    return ts_fail("%s", store_why());
  send_frame(c->fd, NULL, c->entry, (size_t)c->n * sizeof *c->entry);
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
  int rounds = type == STORE_F32 || type == STORE_F64;  /* has infinity too */
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
static int send_rows(Child *c, hid_t set, ImportEntry *e, long first) {
  hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
  long rows = e->ndim > 0 ? e->dim[0] : 1, end = first + rows, step;
  size_t size;
  char *band;
  store_size(e->name, e->type, e->ndim, e->dim, &size);
  send_frame(c->fd, NULL, e, sizeof *e);
  if (size == 0) return 1;
  allow_seconds(SECONDS + size / RATE);
  size /= (size_t)rows;
  step = band_rows(set, e->ndim, size);
  band = mem_array((size_t)(step < rows ? step : rows), size);
  H5Pset_type_conv_cb(transfer, exception, &e->type);
  while (band && first < end) {
    long count = step - first % step;   /* to the end of a chunk */
    if (count > end - first) count = end - first;
    if (!read_rows(set, e, transfer, first, count, band)) return 0;
    send_frame(c->fd, NULL, band, (size_t)count * size);
    first += count;
  }
  return band != NULL;
}


static int read_one(Child *c, hid_t file) {
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
      w->count > all - w->first || (e.ndim == 0 && (w->first || w->count > -1)))
    return ts_fail("'%s' has %ld rows; asked for were %ld from row %ld on",
                   name, all, w->count, w->first + 1);
  if (e.ndim > 0) e.dim[0] = w->count < 0 ? all - w->first : w->count;
  if (w->type >= 0) e.type = (StoreType)w->type;
  if (!store_size(name, e.type, e.ndim, e.dim, &size)) return 0;
  if (size > w->limit)
    return ts_fail("'%s' has %zu bytes, at most %zu were expected", name, size,
                   w->limit);
  return send_rows(c, set, &e, w->first);
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


static void be_child(Child *c, pid_t parent) {
  hid_t file;
  int ok;
  confine(c, parent);
  ts_clear();
  store_begin();
  H5PLset_loading_state(0);
  file = open_foreign(c->path);
  ok = file >= 0 && (c->want ? read_one(c, file) : list_all(c, file));
  if (!ok) send_frame(c->fd, ts_error(), NULL, 0);
  _exit(0);
}


static int start(Child *c) {
  pid_t parent = getpid();
  int fd[2];
  if (pipe2(fd, O_CLOEXEC) < 0)
    return ts_fail("cannot import '%s': pipe: %s", c->path, strerror(errno));
  c->pid = fork();
  if (c->pid == 0) {
    c->fd = fd[1];
    be_child(c, parent);
  }
  close(fd[1]);
  c->fd = fd[0];
  if (c->pid > 0) return 1;
  close(fd[0]);
  return ts_fail("cannot import '%s': fork: %s", c->path, strerror(errno));
}


/* 0 without a message when the child is gone: finish knows why */
static int receive(Child *c, void *data, size_t n) {
  char *p = data;
  while (n > 0) {
    struct pollfd wait = {c->fd, POLLIN, 0};
    int ready = poll(&wait, 1, STALL);
    ssize_t m;
    if (ready == 0)
      return ts_fail("cannot import '%s': nothing came for %d s", c->path,
                     STALL / 1000);
    m = ready < 0 ? -1 : read(c->fd, p, n);
    if (m == 0 || (m < 0 && errno != EINTR)) return 0;
    if (m > 0) {
      p += m;
      n -= (size_t)m;
    }
  }
  return 1;
}


/* *n is 0 where no size came */
static int receive_head(Child *c, size_t *n) {
  Frame f;
  *n = 0;
  if (!receive(c, &f, sizeof f)) return 0;
  f.why[sizeof f.why - 1] = '\0';
  *n = f.size;
  return f.ok || ts_fail("cannot import '%s': %s", c->path, f.why);
}


/* ends the child, and tells how it went if that is why !ok */
static void finish(Child *c, int ok) {
  int status = 0;
  pid_t pid;
  close(c->fd);
  if (!ok) kill(c->pid, SIGKILL);   /* one that has ended does not notice */
  do pid = waitpid(c->pid, &status, 0); while (pid < 0 && errno == EINTR);
  if (ok) return;
  if (pid > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
    ts_fail("cannot import '%s': it takes too long to read", c->path);
  else if (pid > 0 && WIFSIGNALED(status))
    ts_fail("cannot import '%s': HDF5 crashed on it (%s)", c->path,
            strsignal(WTERMSIG(status)));
  else ts_fail("cannot import '%s': HDF5 gave up on it", c->path);
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


ImportEntry *import_list(const char *path, int *n) {
  Child c = {path, NULL, -1, 0, 0, NULL};
  ImportEntry *e = NULL;
  size_t size;
  int i, ok;
  if (!start(&c)) return NULL;
  ok = receive_head(&c, &size) && size <= MAXENTRY * sizeof *e &&
       size % sizeof *e == 0 && (e = mem_alloc(size)) != NULL &&
       receive(&c, e, size);
  *n = (int)(size / sizeof *e);
  for (i = 0; ok && i < *n; i++) ok = check_entry(&e[i]);
  finish(&c, ok);
  if (ok) return e;
  mem_free(e);
  return NULL;
}


/* the bands, which together have to make up n bytes */
static int receive_bands(Child *c, char *p, size_t n) {
  while (n > 0) {
    size_t m;
    if (!receive_head(c, &m) || m == 0 || m > n || !receive(c, p, m)) return 0;
    p += m;
    n -= m;
  }
  return 1;
}


void *import_read(const char *path, const ImportWant *want, ImportEntry *e) {
  Child c = {path, want, -1, 0, 0, NULL};
  size_t n;
  void *p = NULL;
  int ok;
  if (!start(&c)) return NULL;
  ok = receive_head(&c, &n) && n == sizeof *e && receive(&c, e, n) &&
       check_entry(e) && store_size(path, e->type, e->ndim, e->dim, &n) &&
       n <= want->limit && (p = mem_alloc(n)) != NULL &&
       receive_bands(&c, p, n);
  finish(&c, ok);
  if (ok) return p;
  mem_free(p);
  return NULL;
}
