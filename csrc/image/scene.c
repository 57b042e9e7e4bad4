/*
** scene.c
** From bodies to images: each image is one piece of a parallel loop, made by
** one thread in scratch of its own from its own numbers alone. So the bits
** depend neither on threads nor on what else is in the batch. All arithmetic
** is in float, whatever `real` is.
*/

#include "image/scene_pixel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"

#define NEAR 1e-3f       /* what is nearer to the eye is left out */
#define GAP .02f         /* the least gap to what throws a shadow, as a share
                            of the extent along the light */

typedef struct Batch {
  const Scene *scene;
  char *scratch;         /* for each thread */
  size_t each;
  real *out;
} Batch;


static size_t scratch_size(const Scene *s) {
  size_t n = (size_t)s->vertices, side = (size_t)s->side * (size_t)s->grid;
  size_t map = (size_t)s->map;
  size_t bytes = n * sizeof(Corner) + map * map * sizeof(float) +
    side * side * (sizeof(float) + sizeof(int));
  return (bytes + 63) / 64 * 64;
}


static void *cut(char **from, size_t bytes) {
  void *p = *from;
  *from += bytes;
  return p;
}


static void open_sketch(Sketch *k, const Scene *s, char *from) {
  size_t n = (size_t)s->vertices, side = (size_t)s->side * (size_t)s->grid;
  size_t map = (size_t)s->map;
  memset(k, 0, sizeof *k);
  k->corner = cut(&from, n * sizeof *k->corner);
  k->view.side = (int)side;
  k->view.depth = cut(&from, side * side * sizeof(float));
  k->view.triangle = cut(&from, side * side * sizeof(int));
  k->shadow.side = (int)map;
  k->shadow.depth = map ? cut(&from, map * map * sizeof(float)) : NULL;
}


/* m: first b, then a; each three rows of four, p -> M p + t */
static void chain(float *m, const float *a, const float *b) {
  int i, j;
  for (i = 0; i < 3; i++)
    for (j = 0; j < 4; j++)
      m[4 * i + j] = a[4 * i] * b[j] + a[4 * i + 1] * b[4 + j] +
                     a[4 * i + 2] * b[8 + j] + (j == 3 ? a[4 * i + 3] : 0);
}


/* from a body's space to the world */
static void find_place(float *m, const real *scale, const real *turn,
                       const real *at) {
  float cy = cosf((float)turn[0]), sy = sinf((float)turn[0]);
  float cx = cosf((float)turn[1]), sx = sinf((float)turn[1]);
  float cz = cosf((float)turn[2]), sz = sinf((float)turn[2]);
  float r[9];
  int i, j;
  r[0] = cy * cz + sy * sx * sz; r[1] = sy * sx * cz - cy * sz;
  r[2] = sy * cx;
  r[3] = cx * sz; r[4] = cx * cz; r[5] = -sx;
  r[6] = cy * sx * sz - sy * cz; r[7] = sy * sz + cy * sx * cz;
  r[8] = cy * cx;
  for (i = 0; i < 3; i++) {
    for (j = 0; j < 3; j++) m[4 * i + j] = r[3 * i + j] * (float)scale[j];
    m[4 * i + 3] = (float)at[i];
  }
}


static void cross(float *out, const float *a, const float *b) {
  out[0] = a[1] * b[2] - a[2] * b[1];
  out[1] = a[2] * b[0] - a[0] * b[2];
  out[2] = a[0] * b[1] - a[1] * b[0];
}


/* v is made of length 1, or `other` where it has none */
static void unit(float *v, const float *other) {
  float n = v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
  float r = n > 0 ? 1 / sqrtf(n) : 0;
  int j;
  for (j = 0; j < 3; j++) v[j] = n > 0 ? v[j] * r : other[j];
}


/* from the world to the camera */
static void find_view(float *m, const real *eye, const real *to, float roll) {
  static const float axes[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  float x[3], y[3], z[3], *row[3];
  int i, j;
  for (j = 0; j < 3; j++) z[j] = (float)(eye[j] - to[j]);
  unit(z, axes[2]);
  cross(x, axes[1], z);
  unit(x, axes[0]);
  cross(y, z, x);
  for (j = 0; j < 3; j++) {
    float right = x[j], up = y[j];
    x[j] = right * cosf(roll) - up * sinf(roll);
    y[j] = right * sinf(roll) + up * cosf(roll);
  }
  row[0] = x; row[1] = y; row[2] = z;
  for (i = 0; i < 3; i++) {
    m[4 * i + 3] = 0;
    for (j = 0; j < 3; j++) {
      m[4 * i + j] = row[i][j];
      m[4 * i + 3] -= row[i][j] * (float)eye[j];
    }
  }
}


/* all vertices, and the light, as the camera sees them */
static void place(const Scene *s, long i, Sketch *k) {
  static const float ahead[3] = {0, 0, 1};
  const real *light = given(&s->light, i);
  float view[12];
  int q;
  find_view(view, given(&s->eye, i), given(&s->to, i),
            (float)*given(&s->roll, i));
  for (q = 0; q < 3; q++)
    k->light[q] = view[4 * q] * (float)light[0] +
      view[4 * q + 1] * (float)light[1] + view[4 * q + 2] * (float)light[2];
  unit(k->light, ahead);
  for (q = 0; q < s->parts; q++) {
    const ScenePart *p = s->part + q;
    const real *v = given(&p->vertex, i);
    Corner *c = k->corner + p->first;
    float own[12], m[12];
    long j;
    find_place(own, given(&p->scale, i), given(&p->turn, i),
               given(&p->at, i));
    chain(m, view, own);
    for (j = 0; j < p->vertices; j++, v += 3) {
      float x = (float)v[0], y = (float)v[1], z = (float)v[2];
      c[j].at[0] = m[0] * x + m[1] * y + m[2] * z + m[3];
      c[j].at[1] = m[4] * x + m[5] * y + m[6] * z + m[7];
      c[j].at[2] = m[8] * x + m[9] * y + m[10] * z + m[11];
    }
  }
}


/* of each vertex the mean of its triangles', by their areas */
static void find_normals(const Scene *s, Sketch *k) {
  static const float none[3] = {0, 0, 0};
  long t;
  int j;
  for (t = 0; t < s->vertices; t++)
    memset(k->corner[t].normal, 0, sizeof k->corner[t].normal);
  for (t = 0; t < s->triangles; t++) {
    const int *c = s->triangle + 3 * t;
    const float *o = k->corner[c[0]].at;
    const float *p = k->corner[c[1]].at, *q = k->corner[c[2]].at;
    float u[3], v[3], n[3];
    for (j = 0; j < 3; j++) { u[j] = p[j] - o[j]; v[j] = q[j] - o[j]; }
    cross(n, u, v);
    for (j = 0; j < 3; j++) {
      float *to = k->corner[c[j]].normal;
      to[0] += n[0]; to[1] += n[1]; to[2] += n[2];
    }
  }
  for (t = 0; t < s->vertices; t++) unit(k->corner[t].normal, none);
}


static void look(const Scene *s, long i, Sketch *k) {
  float half = .5f * (float)k->view.side;
  float focal = (float)*given(&s->focal, i);
  long j, t;
  for (j = 0; j < s->vertices; j++) {
    const float *p = k->corner[j].at;
    Spot *seen = &k->corner[j].seen;
    float d = s->parallel ? p[2] : 1 / (p[2] < -NEAR ? -p[2] : NAN);
    float scale = half * (s->parallel ? focal : focal * d);
    seen->x = half + scale * p[0];
    seen->y = half - scale * p[1];
    seen->depth = d;
  }
  field_clear(&k->view);
  for (t = 0; t < s->triangles; t++) {
    const int *c = s->triangle + 3 * t;
    const Spot *a = &k->corner[c[0]].seen, *b = &k->corner[c[1]].seen;
    const Spot *d = &k->corner[c[2]].seen;
    if (spot_area(a, b, d) < 0 || s->part[s->owner[t]].open)
      field_fill(&k->view, a, b, d, (int)t);
  }
}


/* two directions that are at right angles with the light and each other */
static void find_axes(const float *l, float *u, float *v) {
  int flat = fabsf(l[1]) < .9f;
  float a = flat ? l[2] : 0, b = flat ? 0 : -l[2], c = flat ? -l[0] : l[1];
  float r = 1 / sqrtf(a * a + b * b + c * c);
  u[0] = a * r; u[1] = b * r; u[2] = c * r;
  v[0] = l[1] * u[2] - l[2] * u[1];
  v[1] = l[2] * u[0] - l[0] * u[2];
  v[2] = l[0] * u[1] - l[1] * u[0];
}


/* the light's view of the vertices, and where those that throw shadows lie */
static void project(const Scene *s, Sketch *k, float *least, float *most) {
  float u[3], v[3];
  const float *l = k->light;
  int q, x;
  long j;
  find_axes(l, u, v);
  for (x = 0; x < 3; x++) { least[x] = INFINITY; most[x] = -INFINITY; }
  for (q = 0; q < s->parts; q++) {
    const ScenePart *p = s->part + q;
    for (j = p->first; j < p->first + p->vertices; j++) {
      const float *at = k->corner[j].at;
      float to[3];
      to[0] = u[0] * at[0] + u[1] * at[1] + u[2] * at[2];
      to[1] = v[0] * at[0] + v[1] * at[1] + v[2] * at[2];
      to[2] = l[0] * at[0] + l[1] * at[1] + l[2] * at[2];
      k->corner[j].lit.x = to[0];
      k->corner[j].lit.y = to[1];
      k->corner[j].lit.depth = to[2];
      for (x = 0; p->casts && x < 3; x++) {
        least[x] = to[x] < least[x] ? to[x] : least[x];
        most[x] = to[x] > most[x] ? to[x] : most[x];
      }
    }
  }
}


/* Closed bodies throw the shadow of the sides that the light does not see:
** then what it does see is never taken to lie in its own shadow. */
static void cast(const Scene *s, Sketch *k) {
  float least[3], most[3], scale[2];
  long j, t;
  project(s, k, least, most);
  for (j = 0; j < 2; j++) {
    float extent = most[j] - least[j];
    scale[j] = extent > 0 ? ((float)s->map - 2) / extent : 0;
  }
  for (j = 0; j < s->vertices; j++) {
    Spot *spot = &k->corner[j].lit;
    spot->x = 1 + (spot->x - least[0]) * scale[0];
    spot->y = 1 + (most[1] - spot->y) * scale[1];
  }
  k->bias = GAP * (most[2] - least[2]);
  field_clear(&k->shadow);
  for (t = 0; t < s->triangles; t++) {
    const int *c = s->triangle + 3 * t;
    const ScenePart *p = s->part + s->owner[t];
    const Spot *a = &k->corner[c[0]].lit, *b = &k->corner[c[1]].lit;
    const Spot *d = &k->corner[c[2]].lit;
    if (p->casts && (spot_area(a, b, d) > 0 || p->open))
      field_fill(&k->shadow, a, b, d, (int)t);
  }
}


static void draw(void *arg, long i) {
  const Batch *b = arg;
  const Scene *s = b->scene;
  long pixels = (long)s->side * s->side * s->channels;
  Sketch k;
  open_sketch(&k, s, b->scratch + (size_t)pool_self() * b->each);
  place(s, i, &k);
  find_normals(s, &k);
  look(s, i, &k);
  if (s->map) cast(s, &k);
  sketch_light(s, i, &k);
  sketch_shade(s, i, &k, b->out + i * pixels);
}


int scene_draw(const Scene *s, real *out) {
  Batch b = {s, NULL, scratch_size(s), out};
  int ok;
  b.scratch = mem_array((size_t)pool_threads(), b.each);
  if (b.scratch == NULL) return 0;
  ok = pool_try(s->n, draw, &b);
  mem_free(b.scratch);
  return ok;
}
