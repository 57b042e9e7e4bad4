/*
** png.c
** Images, and PNG through libpng.
** libpng reports an error by a jump. Every jump here starts in `stop` and
** ends in the setjmp of `write_file` or `read_file`, so it crosses no frame
** but those of libpng and of the callbacks below. Invariant: all that is
** owned when a jump may happen hangs on the Job; who owns the Job outlives
** the jump and frees it.
*/

#include "image/png.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"

#if !defined(PNG_LIBPNG_VER)
#error "<png.h> is not the one of libpng: take csrc off the include path"
#endif

/* deflate turns no byte into more than this many */
#define MAXRATIO 1032

typedef struct Bytes {
  unsigned char *data;
  size_t size, room;
} Bytes;

typedef struct Job {
  jmp_buf jump;
  const char *name;             /* what messages call the image */
  png_structp png;
  png_infop info;
  Bytes out;                    /* written so far */
  const unsigned char *next;    /* still to be read */
  size_t left;
  Image *image;                 /* being read, with 1 to 4 channels */
  int starved;                  /* libpng asked for memory in vain */
  int how;                      /* of image_decode_as */
} Job;


static Image *make(long width, long height, int channels, int max) {
  size_t n = (size_t)width * (size_t)height * (size_t)channels;
  Image *m = mem_alloc(sizeof(Image) + (max > 255 ? 2 * n : n));
  if (m == NULL) return NULL;
  m->width = (int)width;
  m->height = (int)height;
  m->channels = channels;
  m->max = max;
  m->data = (unsigned char *)(m + 1);
  return m;
}


size_t image_rowsize(const Image *m) {
  return (size_t)m->width * (size_t)m->channels * (m->max > 255 ? 2 : 1);
}


int image_sidesok(const char *name, long width, long height) {
  if (width < 1 || height < 1 || width > IMAGE_MAXSIDE ||
      height > IMAGE_MAXSIDE || width * height > IMAGE_MAXPIXELS)
    return ts_fail("%s: got %ld x %ld pixels, wanted sides of 1 to %d and at "
                   "most %ld pixels", name, width, height, IMAGE_MAXSIDE,
                   IMAGE_MAXPIXELS);
  return 1;
}


Image *image_new(long width, long height, int channels) {
  if (!image_sidesok("image", width, height)) return NULL;
  if (channels != 1 && channels != 3) {
    ts_fail("image: got %d channels, wanted 1 (grey) or 3 (RGB)", channels);
    return NULL;
  }
  return make(width, height, channels, 255);
}


Image *image_make(const char *name, long width, long height, int channels,
                  int max) {
  return image_sidesok(name, width, height)
         ? make(width, height, channels, max) : NULL;
}


void image_free(Image *m) {
  mem_free(m);
}


static int append(Bytes *b, const void *data, size_t n) {
  if (n > b->room - b->size) {
    size_t room = 2 * b->room + n + 4096;
    unsigned char *d = mem_alloc(room);
    if (d == NULL) return 0;
    if (b->size) memcpy(d, b->data, b->size);
    mem_free(b->data);
    b->data = d;
    b->room = room;
  }
  memcpy(b->data + b->size, data, n);
  b->size += n;
  return 1;
}


static void stop(png_structp png, png_const_charp what) {
  Job *job = png_get_error_ptr(png);
  ts_fail("%s: %s", job->name, what);
  longjmp(job->jump, 1);
}


/* warnings are errors: a file is sound or it is refused. Only when there is
** no memory, zlib waits for its NULL to clean up; its caller stops then. */
static void warn(png_structp png, png_const_charp what) {
  const Job *job = png_get_error_ptr(png);
  if (!job->starved) stop(png, what);
}


static png_voidp take(png_structp png, png_alloc_size_t n) {
  Job *job = png_get_mem_ptr(png);
  void *p = mem_alloc(n);
  if (p == NULL) job->starved = 1;
  return p;
}


static void give(png_structp png, png_voidp p) {
  (void)png;
  mem_free(p);
}


static void to_memory(png_structp png, png_bytep data, size_t n) {
  Job *job = png_get_io_ptr(png);
  if (!append(&job->out, data, n)) stop(png, "out of memory");
}


static void flushed(png_structp png) {
  (void)png;
}


static void from_memory(png_structp png, png_bytep data, size_t n) {
  Job *job = png_get_io_ptr(png);
  if (n > job->left) stop(png, "the file is cut off");
  memcpy(data, job->next, n);
  job->next += n;
  job->left -= n;
}


static int write_file(Job *job, const Image *m) {
  int y;
  if (setjmp(job->jump)) return 0;
  job->png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, job, stop, warn,
                                       job, take, give);
  if (job->png == NULL) return ts_fail("%s: libpng did not start", job->name);
  job->info = png_create_info_struct(job->png);
  if (job->info == NULL) return ts_fail("%s: out of memory", job->name);
  png_set_write_fn(job->png, job, to_memory, flushed);
  png_set_IHDR(job->png, job->info, (png_uint_32)m->width,
               (png_uint_32)m->height, 8,
               m->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(job->png, job->info);
  for (y = 0; y < m->height; y++)
    png_write_row(job->png, m->data + (size_t)y * (size_t)m->width *
                            (size_t)m->channels);
  png_write_end(job->png, NULL);
  return !job->starved;
}


unsigned char *image_encode(const Image *m, size_t *size) {
  Job job;
  int ok;
  memset(&job, 0, sizeof job);
  job.name = "PNG";
  ok = write_file(&job, m);
  png_destroy_write_struct(&job.png, &job.info);
  if (!ok) {
    mem_free(job.out.data);
    return NULL;
  }
  *size = job.out.size;
  return job.out.data;
}


static void put32(unsigned char *p, unsigned long v) {
  p[0] = (unsigned char)(v >> 24 & 255);
  p[1] = (unsigned char)(v >> 16 & 255);
  p[2] = (unsigned char)(v >> 8 & 255);
  p[3] = (unsigned char)(v & 255);
}


static unsigned long get32(const unsigned char *p) {
  return (unsigned long)p[0] << 24 | (unsigned long)p[1] << 16 |
         (unsigned long)p[2] << 8 | (unsigned long)p[3];
}


/* a chunk whose content is `head`, then `data` */
static int put_chunk(Bytes *b, const char *type, const unsigned char *head,
                     size_t nhead, const unsigned char *data, size_t n) {
  unsigned char word[8], sum[4];
  uLong crc;
  put32(word, (unsigned long)(nhead + n));
  memcpy(word + 4, type, 4);
  crc = crc32(crc32(0, Z_NULL, 0), word + 4, 4);
  if (nhead) crc = crc32(crc, head, (uInt)nhead);
  if (n) crc = crc32(crc, data, (uInt)n);
  put32(sum, crc);
  return append(b, word, 8) && (nhead == 0 || append(b, head, nhead)) &&
         (n == 0 || append(b, data, n)) && append(b, sum, 4);
}


/* fcTL and the pixels of one frame. Frame 0 is the PNG that all can show,
** with IDAT; the others take their numbers in fdAT. `seq` counts both. */
static int put_frame(Bytes *b, const Image *m, const unsigned char *file,
                     size_t size, int first, int delay, unsigned long *seq) {
  unsigned char control[26] = {0};
  unsigned char number[4];
  size_t at;
  put32(control, (*seq)++);
  put32(control + 4, (unsigned long)m->width);
  put32(control + 8, (unsigned long)m->height);
  control[20] = (unsigned char)(delay >> 8);
  control[21] = (unsigned char)(delay & 255);
  control[22] = 1000 >> 8;
  control[23] = 1000 & 255;
  if (!put_chunk(b, "fcTL", control, sizeof control, NULL, 0)) return 0;
  for (at = 8; at + 12 <= size; at += 12 + get32(file + at)) {
    size_t n = get32(file + at);
    int ok = 1;
    if (memcmp(file + at + 4, "IDAT", 4) != 0) continue;
    if (first) ok = append(b, file + at, n + 12);
    else {
      put32(number, (*seq)++);
      ok = put_chunk(b, "fdAT", number, 4, file + at + 8, n);
    }
    if (!ok) return 0;
  }
  return 1;
}


unsigned char *image_animate(const Image *const *frame, int n, int delay,
                             int loops, size_t *size) {
  static const size_t HEAD = 8 + 25;  /* signature and IHDR */
  Bytes b = {NULL, 0, 0};
  unsigned long seq = 0;
  unsigned char head[8];
  int i, ok = n > 0 ? 1 : ts_fail("animation: got no frame");
  if (delay < 1 || delay > 65535 || loops < 0)
    ok = ts_fail("animation: got a delay of %d ms and %d loops, wanted 1 to "
                 "65535 and 0 or more", delay, loops);
  for (i = 0; ok && i < n; i++) {
    const Image *m = frame[i];
    unsigned char *file;
    size_t nfile;
    if (m->width != frame[0]->width || m->height != frame[0]->height ||
        m->channels != frame[0]->channels)
      ok = ts_fail("animation: frame %d has %d x %d x %d, frame 1 has "
                   "%d x %d x %d (width, height, channels)", i + 1, m->width,
                   m->height, m->channels, frame[0]->width,
                   frame[0]->height, frame[0]->channels);
    if (!ok) break;
    file = image_encode(m, &nfile);
    ok = file != NULL;
    if (ok && i == 0) {
      put32(head, (unsigned long)n);
      put32(head + 4, (unsigned long)loops);
      ok = append(&b, file, HEAD) && put_chunk(&b, "acTL", head, 8, NULL, 0);
    }
    ok = ok && put_frame(&b, m, file, nfile, i == 0, delay, &seq);
    mem_free(file);
  }
  ok = ok && put_chunk(&b, "IEND", NULL, 0, NULL, 0);
  if (!ok) {
    mem_free(b.data);
    return NULL;
  }
  *size = b.size;
  return b.data;
}


/* what the first 29 bytes say, before libpng sees any of it */
static int check_head(const unsigned char *p, size_t size, const char *name) {
  static const unsigned char MARK[8] = {137, 80, 78, 71, 13, 10, 26, 10};
  if (size < 8 || memcmp(p, MARK, 8) != 0)
    return ts_fail("%s: not a PNG file", name);
  if (size < 33) return ts_fail("%s: the file is cut off", name);
  if (get32(p + 8) != 13 || memcmp(p + 12, "IHDR", 4) != 0)
    return ts_fail("%s: a PNG file without a header", name);
  if (get32(p + 16) > IMAGE_MAXSIDE || get32(p + 20) > IMAGE_MAXSIDE)
    return ts_fail("%s: got %lu x %lu pixels, wanted sides of 1 to %d", name,
                   get32(p + 16), get32(p + 20), IMAGE_MAXSIDE);
  return image_sidesok(name, (long)get32(p + 16), (long)get32(p + 20));
}


/* indices become the palette's colours, with alpha if any has one. libpng's
** own expansion takes black for what the palette does not have. */
static int look_up(Job *job) {
  const Image *from = job->image;
  png_colorp colour = NULL;
  png_bytep alpha = NULL;
  int ncolour = 0, nalpha = 0, nc;
  size_t n = (size_t)from->width * (size_t)from->height, i;
  unsigned char *to;
  Image *m;
  png_get_PLTE(job->png, job->info, &colour, &ncolour);
  png_get_tRNS(job->png, job->info, &alpha, &nalpha, NULL);
  nc = nalpha > 0 ? 4 : 3;
  m = make(from->width, from->height, nc, 255);
  if (m == NULL) return 0;
  for (i = 0, to = m->data; i < n; i++, to += nc) {
    int at = from->data[i];
    if (at >= ncolour) {
      image_free(m);
      return ts_fail("%s: the pixel in row %zu, column %zu has colour %d of a "
                     "palette of 0 to %d", job->name,
                     i / (size_t)from->width + 1, i % (size_t)from->width + 1,
                     at, ncolour - 1);
    }
    to[0] = colour[at].red;
    to[1] = colour[at].green;
    to[2] = colour[at].blue;
    if (nc == 4) to[3] = at < nalpha ? alpha[at] : 255;
  }
  image_free(job->image);
  job->image = m;
  return 1;
}


/* samples of 16 bits in the machine's order */
static int keep_deep(Job *job) {
  static const png_uint_16 one = 1;
  if (!(job->how & IMAGE_DEEP) ||
      png_get_bit_depth(job->png, job->info) != 16) {
    png_set_scale_16(job->png);
    return 255;
  }
  if (*(const unsigned char *)&one == 1) png_set_swap(job->png);
  return 65535;
}


static int read_file(Job *job) {
  png_structp png;
  Image *m;
  int passes, i, y, palette, max;
  if (setjmp(job->jump)) return 0;
  job->png = png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, job, stop,
                                            warn, job, take, give);
  if (png == NULL) return ts_fail("%s: libpng did not start", job->name);
  job->info = png_create_info_struct(png);
  if (job->info == NULL) return ts_fail("%s: out of memory", job->name);
  png_set_read_fn(png, job, from_memory);
  /* text, profiles, times: nothing that these pixels need */
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_read_info(png, job->info);
  if (png_get_rowbytes(png, job->info) *
      png_get_image_height(png, job->info) / MAXRATIO > job->left)
    stop(png, "the file is cut off");
  palette = png_get_color_type(png, job->info) == PNG_COLOR_TYPE_PALETTE;
  if (!palette && job->how & IMAGE_INDICES) stop(png, "it has no palette");
  if (palette) png_set_packing(png);   /* a byte for each index */
  else png_set_expand(png);
  max = keep_deep(job);
  passes = png_set_interlace_handling(png);
  png_read_update_info(png, job->info);
  job->image = m = make((long)png_get_image_width(png, job->info),
                        (long)png_get_image_height(png, job->info),
                        png_get_channels(png, job->info), max);
  if (m == NULL) return 0;
  for (i = 0; i < passes; i++)
    for (y = 0; y < m->height; y++)
      png_read_row(png, m->data + (size_t)y * image_rowsize(m), NULL);
  png_read_end(png, NULL);
  if (job->starved) return 0;
  return !palette || job->how & IMAGE_INDICES || look_up(job);
}


static void flatten_deep(Image *m) {
  size_t n = (size_t)m->width * (size_t)m->height, i;
  int nc = m->channels - 1, c;
  png_uint_16 *to = (png_uint_16 *)(void *)m->data;
  const png_uint_16 *p = to;
  for (i = 0; i < n; i++, p += nc + 1) {
    png_uint_32 alpha = p[nc];
    for (c = 0; c < nc; c++)
      *to++ = (png_uint_16)((p[c] * alpha + 65535 * (65535 - alpha) + 32767) /
                            65535);
  }
  m->channels = nc;
}


/* grey + alpha or RGB + alpha, in place, to what is seen on white */
static void flatten(Image *m) {
  size_t n = (size_t)m->width * (size_t)m->height, i;
  int nc = m->channels - 1, c;
  unsigned char *to = m->data;
  const unsigned char *p = m->data;
  for (i = 0; i < n; i++, p += nc + 1) {
    int alpha = p[nc];
    for (c = 0; c < nc; c++)
      *to++ = (unsigned char)((p[c] * alpha + 255 * (255 - alpha) + 127) /
                              255);
  }
  m->channels = nc;
}


Image *image_decode(const void *data, size_t size, const char *name) {
  return image_decode_as(data, size, name, 0);
}


Image *image_decode_as(const void *data, size_t size, const char *name,
                       int how) {
  Job job;
  int ok;
  memset(&job, 0, sizeof job);
  job.name = name;
  job.how = how;
  job.next = data;
  job.left = size;
  if (!check_head(data, size, name)) return NULL;
  ok = read_file(&job);
  png_destroy_read_struct(&job.png, &job.info, NULL);
  if (!ok) {
    image_free(job.image);
    return NULL;
  }
  if (job.image->channels % 2 == 0 && !(how & IMAGE_ALPHA)) {
    if (job.image->max > 255) flatten_deep(job.image);
    else flatten(job.image);
  }
  return job.image;
}
