/*
** jpeg.c
** JPEG through libjpeg-turbo. Like libpng it reports an error by a jump: every
** jump starts in `stop` and ends in the setjmp of `read_file`. Invariant: all
** that is owned when a jump may happen hangs on the Job.
*/

#include "image/jpeg.h"

#include <setjmp.h>
#include <stdio.h>      /* jpeglib.h wants FILE */
#include <string.h>

#include <jpeglib.h>

#include "base/mem.h"

#define MAXSCANS 500            /* a sound progressive file has about ten */
#define MAXMEMORY (512L << 20)  /* of libjpeg's own */

typedef struct Job {
  struct jpeg_error_mgr error;  /* first: libjpeg knows only these two */
  struct jpeg_progress_mgr progress;
  struct jpeg_decompress_struct jpeg;
  jmp_buf jump;
  const char *name;
  JpegPart part;
  JpegHead *head;               /* all that is wanted, or NULL */
  Image *image;
  int turn;                     /* what its Exif says */
} Job;


static Job *job_of(j_common_ptr jpeg) {
  return (Job *)(void *)jpeg->err;
}


static void stop(j_common_ptr jpeg) {
  char text[JMSG_LENGTH_MAX];
  Job *job = job_of(jpeg);
  jpeg->err->format_message(jpeg, text);
  ts_fail("%s: %s", job->name, text);
  longjmp(job->jump, 1);
}


/* level -1 is a warning, others are traces */
static void warn(j_common_ptr jpeg, int level) {
  if (level < 0) stop(jpeg);
}


static void watch(j_common_ptr jpeg) {
  Job *job = job_of(jpeg);
  if (job->jpeg.input_scan_number > MAXSCANS) {
    ts_fail("%s: it has more than %d scans", job->name, MAXSCANS);
    longjmp(job->jump, 1);
  }
}


int jpeg_looks(const void *data, size_t size) {
  return size >= 3 && memcmp(data, "\xff\xd8\xff", 3) == 0;
}


/* a number of `n` bytes */
static unsigned long number(const unsigned char *p, int n, int little) {
  unsigned long v = 0;
  int i;
  for (i = 0; i < n; i++) v = v << 8 | p[little ? n - 1 - i : i];
  return v;
}


/* 1..8 of an Exif block, 1 where it says nothing: entry 0x112 of the first
** directory of the TIFF file in it */
static int exif_turn(const unsigned char *p, size_t n) {
  unsigned long at, count, i;
  int little;
  if (n < 14 || memcmp(p, "Exif\0\0", 6) != 0) return 1;
  p += 6;
  n -= 6;
  little = p[0] == 'I';
  if (!(little ? p[1] == 'I' : p[0] == 'M' && p[1] == 'M')) return 1;
  at = number(p + 4, 4, little);
  if (at > n || n - at < 2) return 1;
  count = number(p + at, 2, little);
  for (i = 0, at += 2; i < count && at <= n && n - at >= 12; i++, at += 12)
    if (number(p + at, 2, little) == 0x112) {
      unsigned long turn = number(p + at + 8, 2, little);
      return turn >= 1 && turn <= 8 ? (int)turn : 1;
    }
  return 1;
}


static int turn_of(const struct jpeg_decompress_struct *jpeg) {
  jpeg_saved_marker_ptr m;
  for (m = jpeg->marker_list; m; m = m->next)
    if (m->marker == JPEG_APP0 + 1) return exif_turn(m->data, m->data_length);
  return 1;
}


/* what is wrong with what the head says */
static int check_head(Job *job) {
  const struct jpeg_decompress_struct *jpeg = &job->jpeg;
  if (jpeg->jpeg_color_space == JCS_CMYK ||
      jpeg->jpeg_color_space == JCS_YCCK)
    return ts_fail("%s: its colours are CMYK, wanted grey or RGB", job->name);
  if (jpeg->num_components != 1 && jpeg->num_components != 3)
    return ts_fail("%s: it has %d channels, wanted 1 or 3", job->name,
                   jpeg->num_components);
  return 1;
}


/* Rows above and below the part are not transformed back, which spares a
** fifth of their time; the codes are read to the end all the same, as only
** that shows whether the file is sound. */
static int read_rows(Job *job) {
  struct jpeg_decompress_struct *jpeg = &job->jpeg;
  int nc = jpeg->num_components;
  JDIMENSION top = (JDIMENSION)job->part.top, rows;
  jpeg->out_color_space = nc == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg->scale_num = 1;
  jpeg->scale_denom = (unsigned int)job->part.shrink;
  if (!image_sidesok(job->name, (long)jpeg->image_width,
                     (long)jpeg->image_height)) return 0;
  jpeg_start_decompress(jpeg);
  rows = job->part.rows ? (JDIMENSION)job->part.rows : jpeg->output_height;
  job->image = image_make(job->name, (long)jpeg->output_width, (long)rows, nc,
                          255);
  if (job->image == NULL) return 0;
  if (top) jpeg_skip_scanlines(jpeg, top);
  while (jpeg->output_scanline < top + rows) {
    JSAMPROW row = job->image->data + (size_t)(jpeg->output_scanline - top) *
                                      image_rowsize(job->image);
    jpeg_read_scanlines(jpeg, &row, 1);
  }
  if (top + rows < jpeg->output_height)
    jpeg_skip_scanlines(jpeg, jpeg->output_height - top - rows);
  jpeg_finish_decompress(jpeg);
  return 1;
}


static int read_file(Job *job, const void *data, size_t size) {
  struct jpeg_decompress_struct *jpeg = &job->jpeg;
  if (setjmp(job->jump)) return 0;
  jpeg_create_decompress(jpeg);
  jpeg->progress = &job->progress;
  jpeg->mem->max_memory_to_use = MAXMEMORY;
  jpeg_mem_src(jpeg, data, (unsigned long)size);
  jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
  jpeg_read_header(jpeg, TRUE);
  if (!check_head(job)) return 0;
  job->turn = turn_of(jpeg);
  if (job->head) {
    int across = job->turn >= 5;
    job->head->width = (int)(across ? jpeg->image_height : jpeg->image_width);
    job->head->height = (int)(across ? jpeg->image_width : jpeg->image_height);
    job->head->turned = job->turn != 1;
    return 1;
  }
  return read_rows(job);
}


/* the image as it is to be seen: 2 mirrored, 3 upside down, 4 both, and 5 to 8
** with rows and columns exchanged */
static Image *turned(const Image *m, int turn) {
  int across = turn >= 5, nc = m->channels;
  Image *to = image_make("JPEG", across ? m->height : m->width,
                         across ? m->width : m->height, nc, 255);
  long x, y;
  if (to == NULL) return NULL;
  for (y = 0; y < to->height; y++)
    for (x = 0; x < to->width; x++) {
      long sx = across ? y : x, sy = across ? x : y;
      if (turn == 2 || turn == 3 || turn == 7 || turn == 8)
        sx = m->width - 1 - sx;
      if (turn == 3 || turn == 4 || turn == 6 || turn == 7)
        sy = m->height - 1 - sy;
      memcpy(to->data + (y * to->width + x) * nc,
             m->data + (sy * m->width + sx) * nc, (size_t)nc);
    }
  return to;
}


static int decode(Job *job, const void *data, size_t size) {
  int ok;
  job->jpeg.err = jpeg_std_error(&job->error);
  job->error.error_exit = stop;
  job->error.emit_message = warn;
  job->progress.progress_monitor = watch;
  if (!jpeg_looks(data, size)) return ts_fail("%s: not a JPEG file", job->name);
  ok = read_file(job, data, size);
  jpeg_destroy_decompress(&job->jpeg);
  if (ok) return 1;
  image_free(job->image);
  return 0;
}


int jpeg_head(const void *data, size_t size, const char *name, JpegHead *head) {
  Job job;
  memset(&job, 0, sizeof job);
  job.name = name;
  job.head = head;
  return decode(&job, data, size);
}


Image *jpeg_decode(const void *data, size_t size, const char *name,
                   const JpegPart *part) {
  Job job;
  Image *m;
  memset(&job, 0, sizeof job);
  job.name = name;
  job.part = *part;
  if (!decode(&job, data, size)) return NULL;
  if (job.turn == 1) return job.image;
  m = turned(job.image, job.turn);
  image_free(job.image);
  return m;
}
