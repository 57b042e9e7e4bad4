/*
** cuda_keep.c
** Compiled kernels, kept between processes in the user's folder for caches: a
** file by key, which is the digest of its contents and these.
*/

#include "device/cuda.h"
#include "file/file.h"
#include "file/sha256.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DIGEST 32
#define LIMIT ((size_t)256 << 20)


/* the folder of lib/cache_folder.lua, and in it `kernels` */
static void folder_of(char *to, size_t room) {
  const char *set = getenv("TEASEL_CACHE"), *own = getenv("XDG_CACHE_HOME");
  const char *home = getenv("HOME");
  if (set && *set) snprintf(to, room, "%s/kernels", set);
  else if (own && *own) snprintf(to, room, "%s/teasel/kernels", own);
  else snprintf(to, room, "%s/.cache/teasel/kernels", home ? home : "/tmp");
}


/* room for the path of a key; its folders are made if `make` */
static void path_of(char *path, size_t room, const char *key, int make) {
  char *p;
  folder_of(path, room);
  for (p = path + 1; make; p++) {
    const char c = *p;
    if (c != '/' && c != '\0') continue;
    *p = '\0';
    mkdir(path, 0777);   /* what it could not do is seen when a file is */
    *p = c;
    if (c == '\0') break;
  }
  p = path + strlen(path);
  snprintf(p, room - (size_t)(p - path), "/%s", key);
}


void *cuda_kept(const char *key, size_t *n) {
  char path[4096];
  unsigned char digest[DIGEST];
  unsigned char *file;
  struct stat s;
  path_of(path, sizeof path, key, 0);
  if (stat(path, &s) != 0 || ts_error()) return NULL;
  file = file_read(path, LIMIT, n);
  if (file == NULL) {
    ts_clear();
    return NULL;
  }
  if (*n > DIGEST) {
    *n -= DIGEST;
    sha256_of(file + DIGEST, *n, digest);
    if (memcmp(digest, file, DIGEST) == 0) {
      memmove(file, file + DIGEST, *n);
      return file;
    }
  }
  mem_free(file);
  return NULL;
}


void cuda_keep(const char *key, const void *code, size_t n) {
  char path[4096];
  unsigned char digest[DIGEST];
  FilePart part[2];
  if (ts_error()) return;
  path_of(path, sizeof path, key, 1);
  sha256_of(code, n, digest);
  part[0].data = digest;
  part[0].size = DIGEST;
  part[1].data = code;
  part[1].size = n;
  if (!file_save(path, part, 2)) ts_clear();
}
