/*
** file.h
** Files that survive. A save writes PATH.teasel.tmp, syncs it, renames it to
** PATH and syncs the directory: at any moment PATH is missing, the older file
** or the newer one, and complete. The temporary file is locked while its writer
** lives, so one left behind by a dead process is simply taken over by the next
** save; its name is nobody else's. PATH is a plain file or nothing at first: a
** device, a pipe or a folder is refused; of a link the link is replaced. The
** newer file has the older one's permissions, and its owner may write.
** Failures say which file and why; nothing is left open or half done.
*/

#ifndef file_h
#define file_h

#include <stddef.h>

typedef struct FilePart {
  const void *data;
  size_t size;
} FilePart;

/* replaces the file by the n parts, one after the other; 0 after ts_fail.
** Unless it was the last step that failed, the sync of the directory, the
** older file is untouched. */
int file_save(const char *path, const FilePart *part, int n);

/* the same by hand: begin - write - commit or abort, which end t */
typedef struct FileTemp FileTemp;
FileTemp *file_begin(const char *path);          /* NULL after ts_fail */
int file_write(FileTemp *t, size_t at, const void *data, size_t size);
/* what was written there; zeros behind the end */
int file_readback(FileTemp *t, size_t at, void *data, size_t size);
int file_commit(FileTemp *t);
void file_abort(FileTemp *t);

/* the whole file in memory, to be freed with mem_free; NULL after ts_fail,
** also when it has more than `limit` bytes */
void *file_read(const char *path, size_t limit, size_t *size);

/* A file to be read in places: a descriptor, or -1 after ts_fail; it has *size
** bytes. file_at reads n of them from `at` on; 0 after ts_fail, also where
** there are fewer. */
int file_open(const char *path, size_t *size);
int file_at(int fd, const char *path, size_t at, void *data, size_t n);
void file_close(int fd);

/* Locks DIR/lock. A descriptor, or -1 after ts_fail with the id of the
** process that has it. The lock goes with its process, however that ends. */
int file_lock(const char *dir);
void file_unlock(int fd);

/*
** For specs. The n-th operation from now on fails with `err`, and so do all
** that follow when `lasting`; err 0: a read or write moves half of what was
** asked for instead. n = 0: none fails.
*/
void file_fault(long n, int err, int lasting);
long file_calls(void);           /* operations since the last file_fault */

/* Keeps a log of what succeeds, a line each, fields separated by tabs:
** open FD r|w PATH, lock FD, truncate FD, write FD AT BYTES, fsync FD,
** rename FROM TO, unlink PATH, close FD. */
void file_record(int on);
const char *file_log(void);

#endif
