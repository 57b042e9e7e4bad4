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
  size_t bytes = n * sizeof(Corner) + (size_t)s->parts * sizeof(Tone) +
    (map * map + FIELD_ROOM(map)) * sizeof(float) +
    (side * side + FIELD_ROOM(side)) * (sizeof(float) + sizeof(int));
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
  k->tone = cut(&from, (size_t)s->parts * sizeof *k->tone);
  k->view.side = (int)side;
  side = side * side + FIELD_ROOM(side);
  k->view.depth = cut(&from, side * sizeof(float));
  k->view.triangle = cut(&from, side * sizeof(int));
  k->shadow.side = (int)map;
  map = map ? map * map + FIELD_ROOM(map) : 0;
  k->shadow.depth = map ? cut(&from, map * sizeof(float)) : NULL;
}


/* Places are moved by four columns: p -> column[0] x + column[1] y +
** column[2] z + column[3]. */
static Four moved(const Four *column, float x, float y, float z) {
  return column[0] * all(x) + column[1] * all(y) + column[2] * all(z) +
         column[3];
}


/* m: first b, then a */
static void chain(Four *m, const Four *a, const Four *b) {
  int j;
  for (j = 0; j < 4; j++)
    m[j] = a[0] * all(b[j][0]) + a[1] * all(b[j][1]) + a[2] * all(b[j][2]) +
           (j == 3 ? a[3] : all(0));
}


/* from a body's space to the world */
static void find_place(Four *m, const real *scale, const real *turn,
                       const real *at) {
  float cy = cosf((float)turn[0]), sy = sinf((float)turn[0]);
  float cx = cosf((float)turn[1]), sx = sinf((float)turn[1]);
  float cz = cosf((float)turn[2]), sz = sinf((float)turn[2]);
  float x = (float)scale[0], y = (float)scale[1], z = (float)scale[2];
  m[0] = four((cy * cz + sy * sx * sz) * x, cx * sz * x,
              (cy * sx * sz - sy * cz) * x, 0);
  m[1] = four((sy * sx * cz - cy * sz) * y, cx * cz * y,
              (sy * sz + cy * sx * cz) * y, 0);
  m[2] = four(sy * cx * z, -sx * z, cy * cx * z, 0);
  m[3] = four((float)at[0], (float)at[1], (float)at[2], 0);
}


static inline Four cross(Four a, Four b) {
  Four a_yzx = __builtin_shufflevector(a, a, 1, 2, 0, 3);
  Four a_zxy = __builtin_shufflevector(a, a, 2, 0, 1, 3);
  Four b_yzx = __builtin_shufflevector(b, b, 1, 2, 0, 3);
  Four b_zxy = __builtin_shufflevector(b, b, 2, 0, 1, 3);
  return a_yzx * b_zxy - a_zxy * b_yzx;
}


/* from the world to the camera */
static void find_view(Four *m, const real *eye, const real *to, float roll) {
  Four from = four((float)eye[0], (float)eye[1], (float)eye[2], 0);
  Four z = four((float)(eye[0] - to[0]), (float)(eye[1] - to[1]),
                (float)(eye[2] - to[2]), 0);
  Four x, y, right;
  int j;
  z = unit(z, four(0, 0, 1, 0));
  x = unit(cross(four(0, 1, 0, 0), z), four(1, 0, 0, 0));
  y = cross(z, x);
  right = x;
  x = right * all(cosf(roll)) - y * all(sinf(roll));
  y = right * all(sinf(roll)) + y * all(cosf(roll));
  for (j = 0; j < 3; j++) m[j] = four(x[j], y[j], z[j], 0);
  m[3] = four(-dot(x, from), -dot(y, from), -dot(z, from), 0);
}


/* all vertices, and the light, as the camera sees them */
static void place(const Scene *s, long i, Sketch *k) {
  const real *light = given(&s->light, i);
  Four view[4], own[4], m[4];
  int q;
  find_view(view, given(&s->eye, i), given(&s->to, i),
            (float)*given(&s->roll, i));
  m[0] = view[0]; m[1] = view[1]; m[2] = view[2]; m[3] = all(0);
  k->light = unit(moved(m, (float)light[0], (float)light[1],
                        (float)light[2]), four(0, 0, 1, 0));
  for (q = 0; q < s->parts; q++) {
    const ScenePart *p = s->part + q;
    const real *v = given(&p->vertex, i);
    Corner *c = k->corner + p->first;
    const real *scale = given(&p->scale, i);
    long j;
    k->tone[q].gone = scale[0] == 0 || scale[1] == 0 || scale[2] == 0;
    if (k->tone[q].gone) continue;
    find_place(own, scale, given(&p->turn, i),
               given(&p->at, i));
    chain(m, view, own);
    for (j = 0; j < p->vertices; j++, v += 3)
      c[j].at = moved(m, (float)v[0], (float)v[1], (float)v[2]);
  }
}


/* of each vertex the mean of its triangles', by their areas */
static void find_normals(const Scene *s, const ScenePart *p, Sketch *k) {
  Corner *c = k->corner + p->first;
  long t;
  int j;
  for (t = 0; t < p->vertices; t++) c[t].normal = all(0);
  for (t = p->from; t < p->from + p->triangles; t++) {
    const int *v = s->triangle + 3 * t;
    Four o = k->corner[v[0]].at;
    Four n = cross(k->corner[v[1]].at - o, k->corner[v[2]].at - o);
    for (j = 0; j < 3; j++) k->corner[v[j]].normal += n;
  }
  for (t = 0; t < p->vertices; t++) c[t].normal = unit(c[t].normal, all(0));
}


static void look(const Scene *s, long i, const ScenePart *p, Sketch *k) {
  float half = .5f * (float)k->view.side;
  float focal = (float)*given(&s->focal, i);
  long t;
  for (t = p->first; t < p->first + p->vertices; t++) {
    Four at = k->corner[t].at;
    float d = s->parallel ? at[2] : 1 / (at[2] < -NEAR ? -at[2] : NAN);
    float scale = half * (s->parallel ? focal : focal * d);
    k->corner[t].seen =
      spot_checked(half + scale * at[0], half - scale * at[1], d);
  }
  for (t = p->from; t < p->from + p->triangles; t++) {
    const int *v = s->triangle + 3 * t;
    Four a = k->corner[v[0]].seen, b = k->corner[v[1]].seen;
    Four c = k->corner[v[2]].seen;
    float area = spot_area(a, b, c);
    if (area < 0 || (area > 0 && p->open))
      field_fill(&k->view, a, b, c, (int)t);
  }
}


/* two directions that are at right angles with the light and each other */
static void find_axes(Four l, Four *u, Four *v) {
  int flat = fabsf(l[1]) < .9f;
  float a = flat ? l[2] : 0, b = flat ? 0 : -l[2], c = flat ? -l[0] : l[1];
  float r = 1 / sqrtf(a * a + b * b + c * c);
  *u = four(a * r, b * r, c * r, 0);
  *v = cross(l, *u);
}


/* the light's view of the vertices, and where those that throw shadows lie */
static void project(const Scene *s, Sketch *k, Four *least, Four *most) {
  Four u, v, l = k->light, m[4];
  int q, j;
  long t;
  find_axes(l, &u, &v);
  for (j = 0; j < 3; j++) m[j] = four(u[j], v[j], l[j], 0);
  m[3] = all(0);
  *least = all(INFINITY);
  *most = all(-INFINITY);
  for (q = 0; q < s->parts; q++) {
    const ScenePart *p = s->part + q;
    for (t = p->first; t < p->first + p->vertices; t++) {
      Four at = k->corner[t].at, to = moved(m, at[0], at[1], at[2]);
      if (k->tone[q].gone) break;
      k->corner[t].lit = to;
      if (p->casts) {
        *least = lesser(to, *least);
        *most = greater(to, *most);
      }
    }
  }
}


/* Closed bodies throw the shadow of the sides that the light does not see:
** then what it does see is never taken to lie in its own shadow. */
static void cast(const Scene *s, Sketch *k) {
  Four least, most, scale, from;
  long t;
  int q;
  project(s, k, &least, &most);
  scale = most - least;
  for (q = 0; q < 2; q++)
    scale[q] = scale[q] > 0 ? ((float)s->map - 2) / scale[q] : 0;
  /* x from the least, y down from the greatest, depth as it is */
  from = four(least[0], most[1], 0, 0);
  scale = four(scale[0], -scale[1], 1, 0);
  k->bias = GAP * (most[2] - least[2]);
  field_clear(&k->shadow);
  for (q = 0; q < s->parts; q++) {
    const ScenePart *p = s->part + q;
    if (k->tone[q].gone) continue;
    for (t = p->first; t < p->first + p->vertices; t++) {
      Four spot = (k->corner[t].lit - from) * scale + four(1, 1, 0, 0);
      k->corner[t].lit = spot_checked(spot[0], spot[1], spot[2]);
    }
    for (t = p->from; p->casts && t < p->from + p->triangles; t++) {
      const int *v = s->triangle + 3 * t;
      Four a = k->corner[v[0]].lit, b = k->corner[v[1]].lit;
      Four c = k->corner[v[2]].lit;
      float area = spot_area(a, b, c);
      if (area > 0 || (area < 0 && p->open))
        field_fill(&k->shadow, a, b, c, (int)t);
    }
  }
}


static void draw(void *arg, long i) {
  const Batch *b = arg;
  const Scene *s = b->scene;
  long pixels = (long)s->side * s->side * s->channels;
  Sketch k;
  int q;
  open_sketch(&k, s, b->scratch + (size_t)pool_self() * b->each);
  place(s, i, &k);
  field_clear(&k.view);
  for (q = 0; q < s->parts; q++) {
    if (k.tone[q].gone) continue;
    find_normals(s, s->part + q, &k);
    look(s, i, s->part + q, &k);
  }
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
