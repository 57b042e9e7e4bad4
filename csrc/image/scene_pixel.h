/*
** scene_pixel.h
** The two halves of drawing one image, between scene.c and its neighbours:
** which triangle is seen at each sample (scene_fill.c), and what light
** comes from there (scene_shade.c).
*/

#ifndef scene_pixel_h
#define scene_pixel_h

#include "image/scene.h"

/* where a vertex is drawn: x to the right and y down in samples or cells;
** depth grows towards the eye and is linear in x and y */
typedef struct Spot {
  float x, y, depth;
} Spot;

/* a square of cells, each with the nearest depth so far and its triangle */
typedef struct Field {
  int side;
  float *depth;
  int *triangle;         /* -1: none yet; NULL: nobody asks */
} Field;

/* what is known of a vertex, in one line of the cache */
typedef struct Corner {
  float at[3];           /* as the camera sees it, from the eye: x to the
                            right, y up, -z ahead */
  float normal[3];
  Spot seen;             /* from the camera */
  Spot lit;              /* from the light */
  float facing, lamp, half;  /* n.v, n.l, n.h of scene_shade.c */
  float pad;
} Corner;

/* what one thread needs for one image */
typedef struct Sketch {
  Corner *corner;
  Field view, shadow;
  float light[3];        /* of length 1, in the camera's space */
  float bias;            /* depth that throws no shadow */
} Sketch;

void field_clear(Field *f);
void field_fill(Field *f, const Spot *a, const Spot *b, const Spot *c, int t);

/* twice the area, positive when the vertices run clockwise on the page */
static inline float spot_area(const Spot *a, const Spot *b, const Spot *c) {
  return (b->x - a->x) * (c->y - a->y) - (c->x - a->x) * (b->y - a->y);
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
