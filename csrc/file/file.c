/*
** file.c
** Every operation that a save or a read is made of goes through file_ops, a
** small table; here is the plain one, which asks the system. Interrupted calls
** are repeated, short ones continued.
** Invariant: who has a FileTemp holds the lock of the inode that its
** temporary name stands for, and so nobody else writes or renames it.
*/

#define _GNU_SOURCE   /* O_NOFOLLOW, flock */

#include "file/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "file/file_ops.h"

#define TEMP ".teasel.tmp"          /* behind the name of what is being saved */
#define MAXCALL ((size_t)1 << 30)   /* bytes; Linux moves 2 GB at most */

/* r = call, and again while a signal interrupts it */
#define AGAIN(r, call) do (r) = (call); while ((r) < 0 && errno == EINTR)

struct FileTemp {
  int fd;
  int broken;          /* a write failed: this is no whole file any more */
  char *path, *temp;   /* both behind the struct, in one block */
};


/* O_NONBLOCK: a pipe in the place of a file must not make anyone wait */
static int sys_open(const char *path, int flags) {
  return open(path, flags | O_CLOEXEC | O_NONBLOCK, 0666);
}


/* ESTALE: it is locked now, but path has come to mean another file */
static int sys_lock(int fd, const char *path) {
  struct stat mine, there;
  if (flock(fd, LOCK_EX | LOCK_NB) < 0 &&
      errno != ENOSYS && errno != ENOTSUP && errno != ENOLCK)
    return -1;  /* a file system without locks has to do without */
  if (fstat(fd, &mine) < 0) return -1;
  if (stat(path, &there) == 0 && mine.st_dev == there.st_dev &&
      mine.st_ino == there.st_ino)
    return 0;
  errno = ESTALE;
  return -1;
}


static int sys_size(int fd, size_t *size) {
  struct stat st;
  if (fstat(fd, &st) < 0) return -1;
  *size = (size_t)st.st_size;
  if (S_ISREG(st.st_mode)) return 0;
  errno = S_ISDIR(st.st_mode) ? EISDIR : ESPIPE;
  return -1;
}


static int sys_truncate(int fd) {
  return ftruncate(fd, 0);
}


const FileOps file_plain = {
  sys_open, sys_lock, sys_size, sys_truncate, pread, pwrite, fsync, rename,
  unlink, close
};

const FileOps *file_ops = &file_plain;


static int write_all(int fd, size_t at, const void *data, size_t n) {
  const char *p = data;
  size_t done = 0;
  while (done < n) {
    size_t want = n - done < MAXCALL ? n - done : MAXCALL;
    ssize_t m = file_ops->write(fd, p + done, want, (off_t)(at + done));
    if (m == 0) errno = EIO;   /* what takes nothing will not take more */
    if (m == 0 || (m < 0 && errno != EINTR)) return -1;
    if (m > 0) done += (size_t)m;
  }
  return 0;
}


/* the number of bytes read, fewer than n only at the end of the file */
static ssize_t read_all(int fd, size_t at, void *data, size_t n) {
  char *p = data;
  size_t done = 0;
  while (done < n) {
    size_t want = n - done < MAXCALL ? n - done : MAXCALL;
    ssize_t m = file_ops->read(fd, p + done, want, (off_t)(at + done));
    if (m < 0 && errno != EINTR) return -1;
    if (m == 0) break;
    if (m > 0) done += (size_t)m;
  }
  return (ssize_t)done;
}


/* the directory that holds path, or -1 */
static int open_parent(char *path) {
  char *slash = strrchr(path, '/');
  const char *dir = slash == NULL ? "." : slash == path ? "/" : path;
  int fd;
  if (dir == path) *slash = '\0';
  AGAIN(fd, file_ops->open(dir, O_RDONLY | O_DIRECTORY));
  if (dir == path) *slash = '/';
  return fd;
}


static int save_failed(const char *path, const char *step) {
  return ts_fail("cannot save '%s': %s: %s", path, step, strerror(errno));
}


/* opens and locks t->temp and empties what a dead process left in it */
static int take(FileTemp *t) {
  int err, r;
  do {
    AGAIN(t->fd, file_ops->open(t->temp, O_RDWR | O_CREAT | O_NOFOLLOW));
    if (t->fd < 0) return save_failed(t->path, "open of its temporary file");
    AGAIN(r, file_ops->lock(t->fd, t->temp));
    if (r == 0) AGAIN(r, file_ops->truncate(t->fd));
    if (r == 0) return 1;
    err = errno;
    if (err == EWOULDBLOCK)
      ts_fail("cannot save '%s': another process is saving it ('%s' is locked)",
              t->path, t->temp);
    else if (err != ESTALE) {
      save_failed(t->path, "lock of its temporary file");
      file_ops->unlink(t->temp);
    }
    file_ops->close(t->fd);
  } while (err == ESTALE);
  return 0;
}


/* Whether path can be replaced; st_mode is 0 where nothing is there. A rename
** would put a file in the place of a device or a pipe. In that of a folder it
** fails, but only when all is written. */
static int is_free(const char *path, struct stat *st) {
  if (stat(path, st) < 0) st->st_mode = 0;
  if (st->st_mode == 0 || S_ISREG(st->st_mode)) return 1;
  return ts_fail("cannot save '%s': it is a %s, wanted a file or nothing there",
                 path, S_ISDIR(st->st_mode) ? "folder" : "device or a pipe");
}


FileTemp *file_begin(const char *path) {
  size_t n = strlen(path) + 1;
  struct stat older;
  FileTemp *t = is_free(path, &older)
                ? mem_alloc(sizeof *t + 2 * n + sizeof TEMP - 1) : NULL;
  if (t == NULL) return NULL;
  t->broken = 0;
  t->path = (char *)(t + 1);
  t->temp = t->path + n;
  memcpy(t->path, path, n);
  memcpy(t->temp, path, n - 1);
  memcpy(t->temp + n - 1, TEMP, sizeof TEMP);
  if (take(t)) {
    /* who has it can write, so that the next save can take it over; a file
    ** system without permissions has to do without */
    if (older.st_mode && fchmod(t->fd, (older.st_mode & 0777) | 0600) < 0)
      errno = 0;
    return t;
  }
  mem_free(t);
  return NULL;
}


static int is_whole(const FileTemp *t) {
  return !t->broken || ts_fail("cannot save '%s': a part of it could not be "
                               "written", t->path);
}


int file_write(FileTemp *t, size_t at, const void *data, size_t size) {
  if (!is_whole(t)) return 0;
  t->broken = write_all(t->fd, at, data, size) != 0;
  return !t->broken || save_failed(t->path, "write");
}


int file_readback(FileTemp *t, size_t at, void *data, size_t size) {
  ssize_t n = read_all(t->fd, at, data, size);
  if (n < 0) return save_failed(t->path, "read");
  memset((char *)data + n, 0, size - (size_t)n);
  return 1;
}


void file_abort(FileTemp *t) {
  file_ops->unlink(t->temp);
  file_ops->close(t->fd);
  mem_free(t);
}


/* the steps of file_commit; NULL, or the one that failed */
static const char *commit(FileTemp *t, int dir) {
  int r;
  if (dir < 0) return "open of its directory";
  AGAIN(r, file_ops->sync(t->fd));
  if (r < 0) return "fsync";
  AGAIN(r, file_ops->rename(t->temp, t->path));
  return r < 0 ? "rename" : NULL;
}


/* closes, and so unlocks, only what no longer has the temporary name */
int file_commit(FileTemp *t) {
  int dir, r;
  const char *step;
  if (!is_whole(t)) {
    file_abort(t);
    return 0;
  }
  dir = open_parent(t->path);
  step = commit(t, dir);
  if (step) {
    save_failed(t->path, step);
    if (dir >= 0) file_ops->close(dir);
    file_abort(t);
    return 0;
  }
  AGAIN(r, file_ops->sync(dir));
  if (r < 0 && errno == EINVAL) r = 0;   /* some file systems cannot do it */
  if (r < 0)
    ts_fail("cannot save '%s' for good: fsync of its directory: %s (it is "
            "complete, but a power cut may bring the older one back)",
            t->path, strerror(errno));
  file_ops->close(dir);
  file_ops->close(t->fd);
  mem_free(t);
  return r == 0;
}


int file_save(const char *path, const FilePart *part, int n) {
  FileTemp *t = file_begin(path);
  size_t at = 0;
  int i;
  if (t == NULL) return 0;
  for (i = 0; i < n; i++) {
    if (!file_write(t, at, part[i].data, part[i].size)) {
      file_abort(t);
      return 0;
    }
    at += part[i].size;
  }
  return file_commit(t);
}


int file_open(const char *path, size_t *size) {
  int fd;
  AGAIN(fd, file_ops->open(path, O_RDONLY));
  if (fd >= 0 && file_ops->size(fd, size) == 0) return fd;
  ts_fail("cannot read '%s': %s", path, strerror(errno));
  if (fd >= 0) file_ops->close(fd);
  return -1;
}


int file_at(int fd, const char *path, size_t at, void *data, size_t n) {
  ssize_t m = read_all(fd, at, data, n);
  if (m >= 0 && (size_t)m == n) return 1;
  return m < 0 ? ts_fail("cannot read '%s': %s", path, strerror(errno))
               : ts_fail("cannot read '%s': it shrank to %zu bytes meanwhile",
                         path, at + (size_t)m);
}


void file_close(int fd) {
  file_ops->close(fd);
}


void *file_read(const char *path, size_t limit, size_t *size) {
  void *p = NULL;
  int fd = file_open(path, size);
  if (fd < 0) return NULL;
  if (*size > limit)
    ts_fail("cannot read '%s': it has %zu bytes, at most %zu were expected",
            path, *size, limit);
  else if ((p = mem_alloc(*size)) != NULL && !file_at(fd, path, 0, p, *size)) {
    mem_free(p);
    p = NULL;
  }
  file_close(fd);
  return p;
}


/* the id stands in the lock file for the message only */
static int write_id(int fd) {
  char id[32];
  int n = snprintf(id, sizeof id, "%ld\n", (long)getpid());
  int r;
  AGAIN(r, file_ops->truncate(fd));
  return r < 0 ? -1 : write_all(fd, 0, id, (size_t)n);
}


static long read_id(int fd) {
  char id[32];
  ssize_t n = read_all(fd, 0, id, sizeof id - 1);
  id[n > 0 ? n : 0] = '\0';
  return strtol(id, NULL, 10);
}


static int lock_path(const char *path) {
  int fd, r, err;
  long id;
  AGAIN(fd, file_ops->open(path, O_RDWR | O_CREAT));
  if (fd < 0) {
    ts_fail("cannot lock '%s': %s", path, strerror(errno));
    return -1;
  }
  AGAIN(r, file_ops->lock(fd, path));
  if (r == 0 && write_id(fd) == 0) return fd;
  err = errno;
  id = err == EWOULDBLOCK ? read_id(fd) : 0;
  if (id > 0)
    ts_fail("'%s' is locked: process %ld is at work there", path, id);
  else
    ts_fail("cannot lock '%s': %s", path, strerror(err));
  file_ops->close(fd);
  return -1;
}


int file_lock(const char *dir) {
  size_t n = strlen(dir) + sizeof "/lock";
  char *path = mem_alloc(n);
  int fd;
  if (path == NULL) return -1;
  snprintf(path, n, "%s/lock", dir);
  fd = lock_path(path);
  mem_free(path);
  return fd;
}


void file_unlock(int fd) {
  file_ops->close(fd);
}
