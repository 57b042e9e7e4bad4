/*
** file_fault.c
** For specs: operations that fail on request, and a log of those that
** succeeded, both declared in file.h.
*/

#include "file/file_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>

#include "file/file.h"


/* what a spec asked for, and what happened since */
static struct {
  long calls, failat;
  int err, lasting, recording;
  size_t n;
  char log[1 << 16];
} spec;


/* counts a call; 1 when it is one that shall fail */
static int fails_now(void) {
  spec.calls++;
  if (spec.failat == 0 || spec.calls < spec.failat) return 0;
  errno = spec.err;
  return spec.lasting || spec.calls == spec.failat;
}


static int refused(void) {
  return fails_now() && spec.err != 0;
}


/* puts a success into the log; a full log stays as it is. Returns r. */
static int logged(int r, const char *fmt, ...) {
  va_list ap;
  int err = errno, n;
  size_t room = sizeof spec.log - spec.n;
  if (r < 0 || !spec.recording) return r;
  va_start(ap, fmt);
  n = vsnprintf(spec.log + spec.n, room, fmt, ap);
  va_end(ap);
  if (n < 0 || (size_t)n >= room) n = 0;
  spec.n += (size_t)n;
  spec.log[spec.n] = '\0';
  errno = err;
  return r;
}


static int spec_open(const char *path, int flags) {
  int fd = refused() ? -1 : file_plain.open(path, flags);
  return logged(fd, "open\t%d\t%c\t%s\n", fd, flags & O_CREAT ? 'w' : 'r',
                path);
}


static int spec_lock(int fd, const char *path) {
  return refused() ? -1 : logged(file_plain.lock(fd, path), "lock\t%d\n", fd);
}


static int spec_size(int fd, size_t *size) {
  return refused() ? -1 : file_plain.size(fd, size);
}


static int spec_truncate(int fd) {
  return refused() ? -1 : logged(file_plain.truncate(fd), "truncate\t%d\n", fd);
}


static ssize_t spec_read(int fd, void *p, size_t n, off_t at) {
  if (!fails_now()) return file_plain.read(fd, p, n, at);
  return spec.err ? -1 : file_plain.read(fd, p, (n + 1) / 2, at);
}


static ssize_t spec_write(int fd, const void *p, size_t n, off_t at) {
  ssize_t m;
  if (!fails_now()) m = file_plain.write(fd, p, n, at);
  else m = spec.err ? -1 : file_plain.write(fd, p, (n + 1) / 2, at);
  logged(m < 0 ? -1 : 0, "write\t%d\t%lld\t%zd\n", fd, (long long)at, m);
  return m;
}


static int spec_sync(int fd) {
  return refused() ? -1 : logged(file_plain.sync(fd), "fsync\t%d\n", fd);
}


static int spec_rename(const char *from, const char *to) {
  if (refused()) return -1;
  return logged(file_plain.rename(from, to), "rename\t%s\t%s\n", from, to);
}


static int spec_unlink(const char *path) {
  return refused() ? -1 : logged(file_plain.unlink(path), "unlink\t%s\n", path);
}


/* like the system's: what reports a failure has closed the file too */
static int spec_close(int fd) {
  int fails = refused();
  int r = logged(file_plain.close(fd), "close\t%d\n", fd);
  if (!fails) return r;
  errno = spec.err;
  return -1;
}


static const FileOps watched = {
  spec_open, spec_lock, spec_size, spec_truncate, spec_read, spec_write,
  spec_sync, spec_rename, spec_unlink, spec_close
};


void file_fault(long n, int err, int lasting) {
  spec.calls = 0;
  spec.failat = n;
  spec.err = err;
  spec.lasting = lasting;
  file_ops = n || spec.recording ? &watched : &file_plain;
}


long file_calls(void) {
  return spec.calls;
}


void file_record(int on) {
  spec.recording = on;
  if (on) {
    spec.n = 0;
    spec.log[0] = '\0';
  }
  file_ops = on || spec.failat ? &watched : &file_plain;
}


const char *file_log(void) {
  return spec.log;
}
