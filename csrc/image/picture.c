/*
** picture.c
** Scaling is separable: each pixel of the result is a weighted sum of the
** pixels in a range of the image. A row of the result is first a sum of whole
** rows, which is quick for a processor, and then its pixels are sums along it.
** The weights of an axis, a Ruler, are made once. All is done in floats, from
** the samples to one rounding at the end; a picture that needs no scaling
** keeps its bytes.
*/

#include "image/picture.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "image/jpeg.h"
#include "image/pnm.h"

/* pixels that a shrunk JPEG has for each side of a pixel of the result: means
** of faces of 178 pixels then differ from those of all pixels by 0.26 of 255
** levels on average, and by 7 at most (by 0.42 and 13 with 2) */
#define FINE 4

typedef struct Ruler {
  int n, room;      /* pixels of the result, weights that each may have */
  int *first;       /* the first pixel of the image that counts */
  int *count;
  float *weight;    /* [n][room], with a sum of 1 */
} Ruler;

typedef struct Box { double x, y, width, height; } Box;   /* in pixels */


static const JpegPart whole = {1, 0, 0};


Image *picture_decode(const void *data, size_t size, int how) {
  int png = size > 4 && memcmp(data, "\x89PNG", 4) == 0;
  if (png) return image_decode_as(data, size, "PNG", how);
  if (jpeg_looks(data, size) || pnm_looks(data, size)) {
    if (how & IMAGE_INDICES) ts_fail("it has no palette");
    else if (jpeg_looks(data, size))
      return jpeg_decode(data, size, "JPEG", &whole);
    else return pnm_decode(data, size, "PNM");
  }
  else ts_fail(size ? "it is neither PNG, JPEG, PGM nor PPM" : "it is empty");
  return NULL;
}


/* the part of an image of these sides that the result shows, in whole pixels */
static int find_box(const PictureFit *fit, int width, int height, Box *box) {
  int w = width, h = height;
  if (fit->crop_width) {
    if (fit->crop_width > width || fit->crop_height > height)
      return ts_fail("it has %d x %d pixels, wanted at least %d x %d (width, "
                     "height) to take out", width, height, fit->crop_width,
                     fit->crop_height);
    w = fit->crop_width;
    h = fit->crop_height;
  }
  box->x = (width - w) / 2;
  box->y = (height - h) / 2;
  if (fit->width && !fit->stretch) {
    double wide = (double)w * fit->height, high = (double)h * fit->width;
    int across = w, down = h;
    if (wide > high) across = (int)(high / fit->height + 0.5);
    if (high > wide) down = (int)(wide / fit->width + 0.5);
    if (across < 1) across = 1;
    if (down < 1) down = 1;
    box->x += (w - across) / 2;
    box->y += (h - down) / 2;
    w = across;
    h = down;
  }
  box->width = w;
  box->height = h;
  return 1;
}


static void shape_of(const PictureFit *fit, const Image *m, const Box *box,
                     int *shape) {
  shape[0] = fit->width ? fit->width : (int)box->width;
  shape[1] = fit->width ? fit->height : (int)box->height;
  shape[2] = fit->channels ? fit->channels : m->channels;
}


int picture_shape(const PictureFit *fit, const Image *m, int *shape) {
  Box box = {0, 0, 0, 0};
  if (!find_box(fit, m->width, m->height, &box)) return 0;
  shape_of(fit, m, &box, shape);
  return 1;
}


static double sinc(double x) {
  x *= 3.14159265358979323846;
  return x == 0 ? 1 : sin(x) / x;
}


/* how much of the pixel [i, i + 1) counts for a pixel that covers
** [low, high) around `centre` */
static double weight_of(PictureFilter filter, int i, double low, double high,
                        double centre, double scale) {
  double x;
  if (filter == PICTURE_AREA && scale > 1) {
    double a = low > i ? low : i, b = high < i + 1 ? high : i + 1;
    return b > a ? b - a : 0;
  }
  x = fabs(i + 0.5 - centre) / (scale > 1 ? scale : 1);
  if (filter == PICTURE_AREA) return x < 1 ? 1 - x : 0;
  return x < 3 ? sinc(x) * sinc(x / 3) : 0;
}


static void ruler_free(Ruler *r) {
  mem_free(r->first);
  mem_free(r->count);
  mem_free(r->weight);
}


/* n pixels for those in [start, start + size); `end` is that of the image */
static int ruler_make(Ruler *r, PictureFilter filter, double start, double size,
                      int end, int n) {
  double scale = size / n, wide = scale > 1 ? scale : 1;
  double reach = filter == PICTURE_LANCZOS ? 3 * wide
                 : scale > 1 ? scale / 2 : 1;
  int least = (int)floor(start), most = (int)ceil(start + size), i, j;
  if (most > end) most = end;
  memset(r, 0, sizeof *r);
  r->n = n;
  r->room = 2 * (int)ceil(reach) + 2;
  if (r->room > most - least) r->room = most - least;
  r->first = mem_array((size_t)n, sizeof *r->first);
  r->count = mem_array((size_t)n, sizeof *r->count);
  r->weight = mem_array((size_t)n * (size_t)r->room, sizeof *r->weight);
  if (!r->first || !r->count || !r->weight) return 0;
  for (i = 0; i < n; i++) {
    double a = start + i * scale, b = start + (i + 1) * scale, sum = 0;
    double centre = start + (i + 0.5) * scale;
    float *w = r->weight + (size_t)i * (size_t)r->room;
    int low = (int)floor(centre - reach), high = (int)ceil(centre + reach);
    if (low < least) low = least;
    if (high > most) high = most;
    if (high - low > r->room) high = low + r->room;
    r->first[i] = low;
    r->count[i] = high - low;
    for (j = low; j < high; j++)
      sum += weight_of(filter, j, a, b, centre, scale);
    for (j = low; j < high; j++)
      w[j - low] = (float)(weight_of(filter, j, a, b, centre, scale) / sum);
  }
  return 1;
}


/* sum += weight * the `n` pixels from x on of row y of the image, in 0..255 and
** `nc` channels */
static void add_row(const Image *m, int x, int y, int n, int nc, float weight,
                    float *sum) {
  const unsigned char *p = m->data + (size_t)y * image_rowsize(m);
  const uint16_t *deep = (const uint16_t *)(const void *)p;
  int c, i;
  if (nc == m->channels && m->max == 255) {
    p += x * nc;
    for (i = 0; i < n * nc; i++) sum[i] += weight * (float)p[i];
    return;
  }
  weight *= 255.0f / (float)m->max;
  for (i = x; i < x + n; i++) {
    float v[3];
    size_t at = (size_t)i * (size_t)m->channels;
    for (c = 0; c < m->channels; c++)
      v[c] = m->max > 255 ? (float)deep[at + (size_t)c]
                          : (float)p[at + (size_t)c];
    if (nc == m->channels)
      for (c = 0; c < nc; c++) *sum++ += weight * v[c];
    else if (nc == 3) {
      for (c = 0; c < 3; c++) *sum++ += weight * v[0];
    }
    else *sum++ += weight * (0.299f * v[0] + 0.587f * v[1] + 0.114f * v[2]);
  }
}


static unsigned char rounded(float v) {
  return (unsigned char)(v <= 0 ? 0 : v >= 255 ? 255 : v + 0.5f);
}


static void scale_grey(const Ruler *r, const float *from, unsigned char *to) {
  int i, j;
  for (i = 0; i < r->n; i++) {
    const float *w = r->weight + (size_t)i * (size_t)r->room;
    const float *p = from + r->first[i];
    float sum = 0;
    for (j = 0; j < r->count[i]; j++) sum += w[j] * p[j];
    *to++ = rounded(sum);
  }
}


static void scale_rgb(const Ruler *r, const float *from, unsigned char *to) {
  int i, j;
  for (i = 0; i < r->n; i++) {
    const float *w = r->weight + (size_t)i * (size_t)r->room;
    const float *p = from + 3 * (size_t)r->first[i];
    float red = 0, green = 0, blue = 0;
    for (j = 0; j < r->count[i]; j++, p += 3) {
      red += w[j] * p[0];
      green += w[j] * p[1];
      blue += w[j] * p[2];
    }
    *to++ = rounded(red);
    *to++ = rounded(green);
    *to++ = rounded(blue);
  }
}


static int scale(const PictureFit *fit, const Image *m, const Box *box,
                 const int *shape, unsigned char *out) {
  int x = (int)floor(box->x), n = (int)ceil(box->x + box->width) - x, i, j, ok;
  size_t size, k;
  Ruler across, down;
  float *sum;
  if (n > m->width - x) n = m->width - x;
  size = (size_t)n * (size_t)shape[2];
  sum = mem_array(size, sizeof *sum);
  memset(&down, 0, sizeof down);
  ok = ruler_make(&across, fit->filter, box->x - x, box->width, n, shape[0]) &&
       ruler_make(&down, fit->filter, box->y, box->height, m->height,
                  shape[1]) && sum;
  for (i = 0; ok && i < down.n; i++, out += shape[0] * shape[2]) {
    const float *w = down.weight + (size_t)i * (size_t)down.room;
    for (k = 0; k < size; k++) sum[k] = 0;
    for (j = 0; j < down.count[i]; j++)
      add_row(m, x, down.first[i] + j, n, shape[2], w[j], sum);
    (shape[2] == 1 ? scale_grey : scale_rgb)(&across, sum, out);
  }
  ruler_free(&across);
  ruler_free(&down);
  mem_free(sum);
  return ok;
}


static void copy(const Image *m, const Box *box, unsigned char *out) {
  size_t nc = (size_t)m->channels, size = (size_t)box->width * nc;
  const unsigned char *p = m->data + (size_t)box->y * image_rowsize(m) +
                           (size_t)box->x * nc;
  int y;
  for (y = 0; y < (int)box->height; y++) {
    memcpy(out, p, size);
    out += size;
    p += image_rowsize(m);
  }
}


/* whether [start, start + size) of a side of `end` pixels are whole ones of
** s x s, and `least` of them or more */
static int shrinks(double start, double size, int end, int s, int least) {
  double stop = start + size;
  return size >= (double)s * least && fmod(start, s) == 0 &&
         (fmod(stop, s) == 0 || stop == end);
}


/* a JPEG file's image as far as it is seen, and the box in it */
static Image *decode_box(const PictureFit *fit, const void *data, size_t size,
                         const JpegHead *head, Box *box) {
  JpegPart part = whole;
  int s;
  if (!head->turned) {
    for (s = 8; fit->width && s > part.shrink; s /= 2)
      if (shrinks(box->x, box->width, head->width, s, FINE * fit->width) &&
          shrinks(box->y, box->height, head->height, s, FINE * fit->height))
        part.shrink = s;
    s = part.shrink;
    part.top = (int)(box->y / s);
    part.rows = (int)ceil((box->y + box->height) / s) - part.top;
    box->x /= s;
    box->y = 0;
    box->width /= s;
    box->height /= s;
  }
  return jpeg_decode(data, size, "JPEG", &part);
}


/* the image of any file, and the box in it */
static Image *decode(const PictureFit *fit, const void *data, size_t size,
                     int how, Box *box) {
  JpegHead head;
  Image *m;
  if (jpeg_looks(data, size) && !(how & IMAGE_INDICES))
    return jpeg_head(data, size, "JPEG", &head) &&
           find_box(fit, head.width, head.height, box)
           ? decode_box(fit, data, size, &head, box) : NULL;
  m = picture_decode(data, size, how);
  if (m == NULL || find_box(fit, m->width, m->height, box)) return m;
  image_free(m);
  return NULL;
}


int picture_make(const PictureFit *given, const void *data, size_t size,
                 int how, const int *shape, unsigned char *out) {
  PictureFit fit = *given;
  Box box;
  Image *m = decode(&fit, data, size, how, &box);
  int got[3], ok = 1;
  if (m == NULL) return 0;
  if (m->channels < shape[2]) fit.channels = 3;   /* grey among colours */
  shape_of(&fit, m, &box, got);
  if (memcmp(got, shape, sizeof got) != 0)
    ok = ts_fail("it has %d x %d x %d, wanted %d x %d x %d as the others "
                 "(width, height, channels)", got[0], got[1], got[2],
                 shape[0], shape[1], shape[2]);
  else if (shape[0] != box.width || shape[1] != box.height ||
           shape[2] != m->channels || m->max != 255)
    ok = scale(&fit, m, &box, shape, out);
  else copy(m, &box, out);
  image_free(m);
  return ok;
}
