/*
** pnm.c
** The portable grey and pixel maps: a head of words (width, height, maximum)
** with comments from # to the end of the line between them, one white byte,
** and the samples, as bytes, as big-endian pairs or, in P2 and P3, as words.
*/

#include "image/pnm.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"

typedef struct Text {
  const unsigned char *p, *end;
  const char *name;
} Text;


static int is_white(int c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}


int pnm_looks(const void *data, size_t size) {
  const char *p = data;
  return size >= 3 && p[0] == 'P' && (is_white(p[2]) || p[2] == '#') &&
         (p[1] == '2' || p[1] == '3' || p[1] == '5' || p[1] == '6');
}


/* goes to the end of a comment's line */
static void skip_comment(Text *t) {
  while (t->p < t->end && *t->p != '\n' && *t->p != '\r') t->p++;
}


/* the next number, 0..limit; -1 after ts_fail */
static long next(Text *t, long limit, const char *what) {
  long v = 0;
  const unsigned char *begin;
  while (t->p < t->end && (is_white(*t->p) || *t->p == '#')) {
    if (*t->p == '#') skip_comment(t);
    else t->p++;
  }
  for (begin = t->p; t->p < t->end && *t->p >= '0' && *t->p <= '9'; t->p++)
    if (v <= limit) v = 10 * v + (*t->p - '0');
  if (t->p == begin)
    return ts_fail("%s: %s", t->name, t->p == t->end ? "the file is cut off"
                   : "it has something else where a number belongs") - 1;
  if (v > limit)
    return ts_fail("%s: its %s is more than %ld", t->name, what, limit) - 1;
  return v;
}


static void put(Image *m, size_t i, long v) {
  if (m->max > 255) ((uint16_t *)(void *)m->data)[i] = (uint16_t)v;
  else m->data[i] = (unsigned char)v;
}


static int read_words(Text *t, Image *m, size_t n) {
  size_t i;
  for (i = 0; i < n; i++) {
    long v = next(t, m->max, "sample");
    if (v < 0) return 0;
    put(m, i, v);
  }
  while (t->p < t->end && is_white(*t->p)) t->p++;
  return 1;
}


static int read_bytes(Text *t, Image *m, size_t n) {
  size_t i, bytes = m->max > 255 ? 2 * n : n;
  if (t->p < t->end && *t->p == '#') skip_comment(t);
  if (t->p < t->end && !is_white(*t->p))
    return ts_fail("%s: its maximum is not followed by a white byte", t->name);
  if ((size_t)(t->end - t->p) < 1 + bytes)
    return ts_fail("%s: the file is cut off", t->name);
  t->p++;
  for (i = 0; i < n; i++) {
    long v = *t->p++;
    if (m->max > 255) v = v << 8 | *t->p++;
    if (v > m->max)
      return ts_fail("%s: its sample is more than %d", t->name, m->max);
    put(m, i, v);
  }
  return 1;
}


Image *pnm_decode(const void *data, size_t size, const char *name) {
  Text t;
  Image *m = NULL;
  size_t n;
  long width, height, max;
  int kind, channels, ok;
  t.p = data;
  t.end = t.p + size;
  t.name = name;
  if (!pnm_looks(data, size)) {
    ts_fail("%s: not a PGM or PPM file", name);
    return NULL;
  }
  kind = t.p[1] - '0';
  channels = kind == 3 || kind == 6 ? 3 : 1;
  t.p += 2;
  width = next(&t, IMAGE_MAXSIDE, "width");
  height = width < 0 ? -1 : next(&t, IMAGE_MAXSIDE, "height");
  max = height < 0 ? -1 : next(&t, 65535, "maximum");
  if (max < 0) return NULL;
  if (max == 0) {
    ts_fail("%s: its maximum is 0", name);
    return NULL;
  }
  n = (size_t)width * (size_t)height * (size_t)channels;
  if (n > size) {   /* seen before memory is asked for */
    ts_fail("%s: the file is cut off", name);
    return NULL;
  }
  m = image_make(name, width, height, channels, (int)max);
  if (m == NULL) return NULL;
  ok = kind < 4 ? read_words(&t, m, n) : read_bytes(&t, m, n);
  if (ok && t.p != t.end)
    ok = ts_fail("%s: something follows behind the image", name);
  if (ok) return m;
  image_free(m);
  return NULL;
}
