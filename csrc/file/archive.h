/*
** archive.h
** The files of a zip archive (stored or packed by deflate, zip64 too), or a
** plain file as the only one of its archive, read in places. Nothing that the
** archive says of itself is believed before it was checked: sizes have to be
** possible in a file of this size, so whoever allocates by them takes at most
** some thousand times the file's own size.
*/

#ifndef archive_h
#define archive_h

#include <stddef.h>
#include <stdint.h>

typedef struct ArchiveEntry {
  const char *name;         /* of namelen bytes, without a zero behind them */
  size_t namelen;           /* of a plain file: the last of its path */
  size_t size;              /* bytes, unpacked */
  size_t packed;            /* in the archive */
  size_t at;                /* where its head is */
  uint32_t crc;
  int deflated;
  const char *refused;      /* why it cannot be read, or NULL */
} ArchiveEntry;

typedef struct Archive Archive;

/* NULL after ts_fail; with `plain` a zip archive counts as a plain file too */
Archive *archive_open(const char *path, int plain);
const char *archive_path(const Archive *a);
int archive_iszip(const Archive *a);
long archive_count(const Archive *a);
const ArchiveEntry *archive_entry(const Archive *a, long i);   /* i from 0 */

/* Bytes at .. at + n - 1 of entry i, unpacked. What is read in order, from the
** first byte to the last, is checked against its CRC; a stored entry may be
** read anywhere, a packed one is unpacked from its start where it has to go
** back. 0 after ts_fail. */
int archive_read(Archive *a, long i, size_t at, void *data, size_t n);
void archive_close(Archive *a);                /* NULL is fine */

#endif
