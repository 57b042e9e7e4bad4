/*
** number.c
** A conversion goes by way of a wide number, int64 or double, some at a time:
** a load and a store for each type, instead of a loop for each pair of them.
*/

#include "file/number.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SOME 1024     /* items on their way */
#define MAXDIM 8

typedef union Wide {
  int64_t i[SOME];    /* of 'b', 'i' and 'u' */
  double d[SOME];     /* of 'f' and 'g' */
} Wide;


static int little(void) {
  const uint16_t one = 1;
  return *(const unsigned char *)&one == 1;
}


int number_type(const char *text, NumberType *type) {
  static const char *const known[] = {
    "b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8",
    "g2"
  };
  size_t i;
  for (i = 0; i < sizeof known / sizeof *known; i++)
    if (text[0] != '\0' && strcmp(text + 1, known[i]) == 0) {
      type->kind = text[1];
      type->size = text[2] - '0';
      type->swapped = type->size > 1 && text[0] == (little() ? '>' : '<');
      return strchr(type->size > 1 ? "<>=" : "<>=|", text[0]) != NULL;
    }
  return 0;
}


const char *number_name(const NumberType *type) {
  static const char *const name[3][4] = {
    {"int8", "int16", "int32", "int64"},
    {"uint8", "uint16", "uint32", "uint64"},
    {"", "float16", "float32", "float64"}
  };
  int size = type->size == 8 ? 3 : type->size / 2;
  if (type->kind == 'b') return "bool";
  if (type->kind == 'g') return "bfloat16";
  return name[type->kind == 'i' ? 0 : type->kind == 'u' ? 1 : 2][size];
}


static void swap(const unsigned char *from, size_t n, int size,
                 unsigned char *to) {
  size_t i;
  int k;
  for (i = 0; i < n; i++)
    for (k = 0; k < size; k++)
      to[i * (size_t)size + (size_t)k] =
        from[i * (size_t)size + (size_t)(size - 1 - k)];
}


static double half_value(uint16_t h) {
  int e = h >> 10 & 31, m = h & 1023;
  double v = e == 0 ? ldexp(m, -24) : e < 31 ? ldexp(m + 1024, e - 25)
             : m ? (double)NAN : (double)INFINITY;
  return h & 0x8000 ? -v : v;
}


/* the nearest half, of two the even one */
static uint16_t half_of(double v) {
  uint16_t sign = signbit(v) ? 0x8000 : 0, bits;
  double a = fabs(v);
  int e;
  if (isnan(v)) bits = 0x7e00;
  else if (a >= 65520) bits = 0x7c00;
  else if (a < ldexp(1, -14)) bits = (uint16_t)rint(ldexp(a, 24));
  else {
    double m = frexp(a, &e);
    bits = (uint16_t)(((e + 13) << 10) + (int)rint(ldexp(m, 11)));
  }
  return sign | bits;
}


/* the upper half of a float */
static double bfloat_value(uint16_t h) {
  uint32_t bits = (uint32_t)h << 16;
  float v;
  memcpy(&v, &bits, sizeof v);
  return v;
}


/* the nearest bfloat16, of two the even one: what becomes a float first is
** rounded to an odd last bit where it is not exact, so that it is not rounded
** twice */
static uint16_t bfloat_of(double v) {
  float f = (float)v;
  uint32_t bits;
  if (isnan(v)) return 0x7fc0;
  memcpy(&bits, &f, sizeof bits);
  if ((double)f != v && !isinf(f)) {
    if (fabs((double)f) > fabs(v)) bits--;
    bits |= 1;
  }
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}


#define LOAD(type, field) { \
    const type *p = data; \
    for (i = 0; i < n; i++) w->field[i] = p[i]; \
  } break

/* how many of n items are wide numbers: those before a uint64 beyond int64's */
static size_t load(const NumberType *t, const void *data, size_t n, Wide *w) {
  size_t i;
  switch (t->kind * 16 + t->size) {
    case 'b' * 16 + 1: {
      const unsigned char *p = data;
      for (i = 0; i < n; i++) w->i[i] = p[i] != 0;
    } break;
    case 'i' * 16 + 1: LOAD(int8_t, i);
    case 'i' * 16 + 2: LOAD(int16_t, i);
    case 'i' * 16 + 4: LOAD(int32_t, i);
    case 'i' * 16 + 8: LOAD(int64_t, i);
    case 'u' * 16 + 1: LOAD(uint8_t, i);
    case 'u' * 16 + 2: LOAD(uint16_t, i);
    case 'u' * 16 + 4: LOAD(uint32_t, i);
    case 'u' * 16 + 8: {
      const uint64_t *p = data;
      for (i = 0; i < n && p[i] <= INT64_MAX; i++) w->i[i] = (int64_t)p[i];
      return i;
    }
    case 'f' * 16 + 2: {
      const uint16_t *p = data;
      for (i = 0; i < n; i++) w->d[i] = half_value(p[i]);
    } break;
    case 'g' * 16 + 2: {
      const uint16_t *p = data;
      for (i = 0; i < n; i++) w->d[i] = bfloat_value(p[i]);
    } break;
    case 'f' * 16 + 4: LOAD(float, d);
    case 'f' * 16 + 8: LOAD(double, d);
  }
  return n;
}


/* whether a float with so many bits of precision is this integer */
static int holds(int64_t v, int bits) {
  uint64_t a = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
  while (a >> bits && (a & 1) == 0) a >>= 1;
  return a >> bits == 0;
}


#define INTS(type, least, most) { \
    type *p = out; \
    for (i = 0; i < n && w->i[i] >= (least) && w->i[i] <= (most); i++) \
      p[i] = (type)w->i[i]; \
    return i; \
  }

#define FLOATS(type, of, bits, top) { \
    type *p = out; \
    for (i = 0; i < n && holds(w->i[i], bits) && \
                fabs((double)w->i[i]) <= (top); i++) \
      p[i] = (type)of((double)w->i[i]); \
    return i; \
  }

static size_t store_ints(const Wide *w, size_t n, const NumberType *t,
                         void *out) {
  size_t i;
  switch (t->kind * 16 + t->size) {
    case 'b' * 16 + 1: INTS(unsigned char, 0, 1)
    case 'i' * 16 + 1: INTS(int8_t, INT8_MIN, INT8_MAX)
    case 'i' * 16 + 2: INTS(int16_t, INT16_MIN, INT16_MAX)
    case 'i' * 16 + 4: INTS(int32_t, INT32_MIN, INT32_MAX)
    case 'i' * 16 + 8: INTS(int64_t, INT64_MIN, INT64_MAX)
    case 'u' * 16 + 1: INTS(uint8_t, 0, UINT8_MAX)
    case 'u' * 16 + 2: INTS(uint16_t, 0, UINT16_MAX)
    case 'u' * 16 + 4: INTS(uint32_t, 0, UINT32_MAX)
    case 'u' * 16 + 8: INTS(uint64_t, 0, INT64_MAX)
    case 'f' * 16 + 2: FLOATS(uint16_t, half_of, 11, 65504)
    case 'g' * 16 + 2: FLOATS(uint16_t, bfloat_of, 8, INFINITY)
    case 'f' * 16 + 4: FLOATS(float, (float), 24, INFINITY)
    case 'f' * 16 + 8: FLOATS(double, (double), 53, INFINITY)
  }
  return 0;
}


static int is_float(const NumberType *t) {
  return t->kind == 'f' || t->kind == 'g';
}


static size_t store_floats(Wide *w, size_t n, const NumberType *t, void *out) {
  /* from here on what was finite is infinite */
  double top = t->kind == 'g' ? ldexp(1 - ldexp(1, -9), 128)
               : t->size == 2 ? 65520
               : t->size == 4 ? ldexp(1 - ldexp(1, -25), 128) : INFINITY;
  size_t i, m;
  if (!is_float(t)) {
    for (m = 0; m < n; m++) {
      double v = w->d[m];
      if (!(v >= -ldexp(1, 63) && v < ldexp(1, 63) && v == rint(v))) break;
      w->i[m] = (int64_t)v;
    }
    return store_ints(w, m, t, out);
  }
  for (i = 0; i < n && !(isfinite(w->d[i]) && fabs(w->d[i]) >= top); i++)
    switch (t->size) {
      case 2: ((uint16_t *)out)[i] = t->kind == 'g' ? bfloat_of(w->d[i])
                                                    : half_of(w->d[i]); break;
      case 4: ((float *)out)[i] = (float)w->d[i]; break;
      case 8: ((double *)out)[i] = w->d[i]; break;
    }
  return i;
}


size_t number_convert(const NumberType *from, const void *data, size_t n,
                      const NumberType *to, void *out) {
  const unsigned char *p = data;
  unsigned char *q = out;
  size_t done = 0, of = (size_t)from->size, len = (size_t)to->size;
  if (from->kind == to->kind && of == len && from->kind != 'b') {
    if (from->swapped != to->swapped) swap(p, n, from->size, q);
    else if (n) memcpy(q, p, n * of);
    return n;
  }
  while (done < n) {
    union { double aligned[SOME]; unsigned char c[8 * SOME]; } in, result;
    Wide w;
    size_t m = n - done < SOME ? n - done : SOME, got;
    if (from->swapped) swap(p + done * of, m, from->size, in.c);
    else memcpy(in.c, p + done * of, m * of);
    got = load(from, in.c, m, &w);
    got = is_float(from) ? store_floats(&w, got, to, result.c)
                         : store_ints(&w, got, to, result.c);
    if (to->swapped) swap(result.c, got, to->size, q + done * len);
    else memcpy(q + done * len, result.c, got * len);
    done += got;
    if (got < m) break;
  }
  return done;
}


const char *number_text(const NumberType *type, const void *item,
                        char buf[NUMBER_TEXT]) {
  union { uint64_t u; unsigned char c[8]; } in = {0};
  Wide w;
  w.i[0] = 0;
  if (type->swapped) swap(item, 1, type->size, in.c);
  else memcpy(in.c, item, (size_t)type->size);
  if (load(type, in.c, 1, &w) == 0)
    snprintf(buf, NUMBER_TEXT, "%llu", (unsigned long long)in.u);
  else if (is_float(type)) snprintf(buf, NUMBER_TEXT, "%.17g", w.d[0]);
  else snprintf(buf, NUMBER_TEXT, "%lld", (long long)w.i[0]);
  return buf;
}


void number_gather(const void *data, size_t size, int ndim, const long *dim,
                   const long *step, size_t first, size_t n, void *out) {
  const unsigned char *p = data;
  unsigned char *q = out;
  size_t at = 0, k;
  long index[MAXDIM] = {0};
  int d;
  for (d = ndim - 1; d >= 0; d--) {
    index[d] = (long)(first % (size_t)dim[d]);
    first /= (size_t)dim[d];
    at += (size_t)index[d] * (size_t)step[d];
  }
  for (k = 0; k < n; k++) {
    memcpy(q + k * size, p + at * size, size);
    for (d = ndim - 1; d >= 0; d--) {
      at += (size_t)step[d];
      if (++index[d] < dim[d]) break;
      at -= (size_t)step[d] * (size_t)dim[d];
      index[d] = 0;
    }
  }
}
