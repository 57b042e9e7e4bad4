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

typedef struct Ruler {
  int n, room;      /* pixels of the result, weights that each may have */
  int *first;       /* the first pixel of the image that counts */
  int *count;
  float *weight;    /* [n][room], with a sum of 1 */
} Ruler;

typedef struct Box { int x, y, width, height; } Box;


Image *picture_decode(const void *data, size_t size, int how) {
  int png = size > 4 && memcmp(data, "\x89PNG", 4) == 0;
  if (png) return image_decode_as(data, size, "PNG", how);
  if (jpeg_looks(data, size) || pnm_looks(data, size)) {
    if (how & IMAGE_INDICES) ts_fail("it has no palette");
    else if (jpeg_looks(data, size)) return jpeg_decode(data, size, "JPEG");
    else return pnm_decode(data, size, "PNM");
  }
  else ts_fail(size ? "it is neither PNG, JPEG, PGM nor PPM" : "it is empty");
  return NULL;
}


static void middle(Box *box, int width, int height) {
  box->x += (box->width - width) / 2;
  box->y += (box->height - height) / 2;
  box->width = width;
  box->height = height;
}


/* the part of the image that the result shows */
static int find_box(const PictureFit *fit, const Image *m, Box *box) {
  box->x = box->y = 0;
  box->width = m->width;
  box->height = m->height;
  if (fit->crop_width) {
    if (fit->crop_width > m->width || fit->crop_height > m->height)
      return ts_fail("it has %d x %d pixels, wanted at least %d x %d (width, "
                     "height) to take out", m->width, m->height,
                     fit->crop_width, fit->crop_height);
    middle(box, fit->crop_width, fit->crop_height);
  }
  if (fit->width && !fit->stretch) {
    double wide = (double)box->width * fit->height;
    double high = (double)box->height * fit->width;
    int width = box->width, height = box->height;
    if (wide > high) width = (int)(high / fit->height + 0.5);
    if (high > wide) height = (int)(wide / fit->width + 0.5);
    middle(box, width > 0 ? width : 1, height > 0 ? height : 1);
  }
  return 1;
}


int picture_shape(const PictureFit *fit, const Image *m, int *shape) {
  Box box;
  if (!find_box(fit, m, &box)) return 0;
  shape[0] = fit->width ? fit->width : box.width;
  shape[1] = fit->width ? fit->height : box.height;
  shape[2] = fit->channels ? fit->channels : m->channels;
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


/* n pixels of `from` */
static int ruler_make(Ruler *r, PictureFilter filter, int from, int n) {
  double scale = (double)from / n, wide = scale > 1 ? scale : 1;
  double reach = filter == PICTURE_LANCZOS ? 3 * wide
                 : scale > 1 ? scale / 2 : 1;
  int i, j;
  memset(r, 0, sizeof *r);
  r->n = n;
  r->room = 2 * (int)ceil(reach) + 2;
  if (r->room > from) r->room = from;
  r->first = mem_array((size_t)n, sizeof *r->first);
  r->count = mem_array((size_t)n, sizeof *r->count);
  r->weight = mem_array((size_t)n * (size_t)r->room, sizeof *r->weight);
  if (!r->first || !r->count || !r->weight) return 0;
  for (i = 0; i < n; i++) {
    double centre = (i + 0.5) * scale, sum = 0;
    float *w = r->weight + (size_t)i * (size_t)r->room;
    int low = (int)floor(centre - reach), high = (int)ceil(centre + reach);
    if (low < 0) low = 0;
    if (high > from) high = from;
    if (high - low > r->room) high = low + r->room;
    r->first[i] = low;
    r->count[i] = high - low;
    for (j = low; j < high; j++)
      sum += weight_of(filter, j, i * scale, (i + 1) * scale, centre, scale);
    for (j = low; j < high; j++)
      w[j - low] = (float)(weight_of(filter, j, i * scale, (i + 1) * scale,
                                     centre, scale) / sum);
  }
  return 1;
}


/* sum += weight * one row of the image, in 0..255 and `nc` channels */
static void add_row(const Image *m, const Box *box, int y, int nc,
                    float weight, float *sum) {
  const unsigned char *p = m->data + (size_t)y * image_rowsize(m);
  const uint16_t *deep = (const uint16_t *)(const void *)p;
  int x, c;
  if (nc == m->channels && m->max == 255) {
    p += (size_t)box->x * (size_t)nc;
    for (x = 0; x < box->width * nc; x++) sum[x] += weight * (float)p[x];
    return;
  }
  weight *= 255.0f / (float)m->max;
  for (x = 0; x < box->width; x++) {
    float v[3];
    size_t at = ((size_t)(box->x + x)) * (size_t)m->channels;
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
  size_t size = (size_t)box->width * (size_t)shape[2], k;
  Ruler across, down;
  float *sum = mem_array(size, sizeof *sum);
  int i, j, ok;
  memset(&down, 0, sizeof down);
  ok = ruler_make(&across, fit->filter, box->width, shape[0]) &&
       ruler_make(&down, fit->filter, box->height, shape[1]) && sum;
  for (i = 0; ok && i < down.n; i++, out += shape[0] * shape[2]) {
    const float *w = down.weight + (size_t)i * (size_t)down.room;
    for (k = 0; k < size; k++) sum[k] = 0;
    for (j = 0; j < down.count[i]; j++)
      add_row(m, box, box->y + down.first[i] + j, shape[2], w[j], sum);
    (shape[2] == 1 ? scale_grey : scale_rgb)(&across, sum, out);
  }
  ruler_free(&across);
  ruler_free(&down);
  mem_free(sum);
  return ok;
}


int picture_fit(const PictureFit *fit, const Image *m, unsigned char *out) {
  Box box;
  int shape[3], y;
  size_t size;
  if (!picture_shape(fit, m, shape) || !find_box(fit, m, &box)) return 0;
  if (shape[0] != box.width || shape[1] != box.height ||
      shape[2] != m->channels || m->max != 255)
    return scale(fit, m, &box, shape, out);
  size = (size_t)shape[0] * (size_t)shape[2];
  for (y = 0; y < box.height; y++, out += size)
    memcpy(out, m->data + (size_t)(box.y + y) * image_rowsize(m) +
                (size_t)box.x * (size_t)m->channels, size);
  return 1;
}
