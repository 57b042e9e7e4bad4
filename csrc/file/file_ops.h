/*
** file_ops.h
** What file.c asks of the system, as a table: the plain one does as it says,
** the one of file_fault.c fails on request and writes down what it did.
*/

#ifndef file_ops_h
#define file_ops_h

#include <stddef.h>
#include <sys/types.h>

typedef struct FileOps {
  int (*open)(const char *path, int flags);
  int (*lock)(int fd, const char *path);
  int (*size)(int fd, size_t *size);
  int (*truncate)(int fd);
  ssize_t (*read)(int fd, void *p, size_t n, off_t at);
  ssize_t (*write)(int fd, const void *p, size_t n, off_t at);
  int (*sync)(int fd);
  int (*rename)(const char *from, const char *to);
  int (*unlink)(const char *path);
  int (*close)(int fd);
} FileOps;

extern const FileOps file_plain;
extern const FileOps *file_ops;    /* the one in use */

#endif
