/*
** scene_pixel.h
** The two halves of drawing one image, between scene.c and its neighbours:
** which triangle is seen at each sample (scene_fill.c), and what light
** comes from there (scene_shade.c).
*/

#ifndef scene_pixel_h
#define scene_pixel_h

#include <math.h>

#include "image/scene.h"

/* Most loops here are over x, y and z, or over a few cells: by fours.
** What is in the fourth place of x, y, z is said where it has a meaning. */
typedef float Four __attribute__((vector_size(16)));
typedef int Choice __attribute__((vector_size(16)));

/* A spot is where a vertex is drawn: x to the right and y down in samples or
** cells, then depth, which grows towards the eye and is linear in x and y. */

/* cells behind the last one that a field has to have in memory */
#define FIELD_ROOM(side) (4 * ((side) + 2))

/* a square of cells, each with the nearest depth so far and its triangle */
typedef struct Field {
  int side;
  float *depth;
  int *triangle;         /* -1: none yet; NULL: nobody asks */
} Field;

/* what is known of a vertex, in one line of the cache; n.v, n.l, n.h are
** those of scene_shade.c */
typedef struct Corner {
  Four at;               /* as the camera sees it, from the eye: x to the
                            right, y up, -z ahead */
  Four normal;           /* and n.h */
  Four seen;             /* a spot for the camera, and n.v */
  Four lit;              /* a spot for the light, and n.l */
} Corner;

/* what a part sends on */
typedef struct Tone {
  int gone;              /* it has no size: nothing of it is asked for */
  Four colour;
  float gloss;
  const real *paint, *uv;  /* of the first vertex of all parts, as it were */
  const real *texture;
} Tone;

/* what one thread needs for one image */
typedef struct Sketch {
  Corner *corner;
  Tone *tone;            /* [parts] */
  Field view, shadow;
  Four light;            /* of length 1, in the camera's space */
  float bias;            /* depth that throws no shadow */
} Sketch;

void field_clear(Field *f);
void field_fill(Field *f, Four a, Four b, Four c, int t);

/* twice the area of three spots, positive when they run clockwise on the
** page; not a number where it cannot be drawn */
static inline float spot_area(Four a, Four b, Four c) {
  return (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
}

static inline Four four(float x, float y, float z, float last) {
  Four v = {x, y, z, last};
  return v;
}

static inline Four all(float v) { return four(v, v, v, v); }

static inline Choice choose(Choice which, Choice yes, Choice no) {
  return (which & yes) | (~which & no);
}

static inline Four pick(Choice which, Four yes, Four no) {
  return (Four)choose(which, (Choice)yes, (Choice)no);
}

static inline Four lesser(Four a, Four b) {
#ifdef __SSE__
  return __builtin_ia32_minps(a, b);
#else
  return pick(a < b, a, b);
#endif
}

static inline Four greater(Four a, Four b) {
#ifdef __SSE__
  return __builtin_ia32_maxps(a, b);
#else
  return pick(a > b, a, b);
#endif
}

#define FAR 1e6f         /* what is drawn further out is left out */

/* a spot that cannot be drawn has no x: triangles with it are left out */
static inline Four spot_checked(float x, float y, float depth) {
  int fits = (fabsf(x) < FAR) & (fabsf(y) < FAR) & (fabsf(depth) < FAR);
  return four(fits ? x : NAN, y, depth, 0);
}

static inline float dot(Four a, Four b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* v with length 1, or `other` where it has none */
static inline Four unit(Four v, Four other) {
  float n = dot(v, v);
  return n > 0 ? v * all(1 / sqrtf(n)) : other;
}

/* image i's */
static inline const real *given(const Given *g, long i) {
  return g->from + i * g->step;
}

/* what the vertices of image i send to the eye, but for shadows */
void sketch_light(const Scene *s, long i, Sketch *k);

/* the image of number i from what is seen */
void sketch_shade(const Scene *s, long i, const Sketch *k, real *out);

#endif
