/*
** scene_shade.c
** The light of one image. Each triangle that is seen in a pixel is shaded
** once, in the middle of its samples there, and counts by their share. With
** n the normal, l the light, v the eye, h halfway between these two:
**   paint * colour * (ambient (1 + n.v) / 2 + (1 - ambient) lit max(n.l, 0))
**     + gloss * lit max(n.h, 0)^32
** where lit is the share of the light that nothing stands before, smooth
** between four cells of the map of shadows. The three products are known at
** the vertices and linear between them. All light but the one lamp's is taken
** to come from where the eye is: so what lies in shadow has form.
*/

#include "image/scene_pixel.h"

#include <math.h>


static float dot(const float *a, const float *b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}


/* v is made of length 1; 0 stays */
static void normalise(float *v) {
  float n = dot(v, v);
  if (n > 0) {
    float r = 1 / sqrtf(n);
    v[0] *= r; v[1] *= r; v[2] *= r;
  }
}


static float cell(const Field *f, int x, int y, float depth) {
  if (x < 0 || y < 0 || x >= f->side || y >= f->side) return 1;
  return f->depth[(long)y * f->side + x] > depth ? 0.f : 1.f;
}


/* the share of the light that reaches a spot of the map */
static float reach(const Sketch *k, const Spot *p) {
  const Field *f = &k->shadow;
  float depth = p->depth + k->bias;
  float x = p->x - .5f, y = p->y - .5f;
  float fx, fy, above, below;
  int ix, iy;
  if (f->depth == NULL || !(x > -1 && y > -1 && x < (float)f->side &&
                            y < (float)f->side))
    return 1;
  ix = (int)(x + 1) - 1;       /* floor */
  iy = (int)(y + 1) - 1;
  fx = x - (float)ix;
  fy = y - (float)iy;
  above = cell(f, ix, iy, depth) * (1 - fx) + cell(f, ix + 1, iy, depth) * fx;
  below = cell(f, ix, iy + 1, depth) * (1 - fx) +
          cell(f, ix + 1, iy + 1, depth) * fx;
  return above * (1 - fy) + below * fy;
}


void sketch_light(const Scene *s, long i, Sketch *k) {
  const float *l = k->light;
  int q, j;
  long t;
  for (q = 0; q < s->parts; q++) {
    const ScenePart *p = s->part + q;
    int glossy = *given(&p->gloss, i) > 0;
    for (t = p->first; t < p->first + p->vertices; t++) {
      Corner *c = k->corner + t;
      float eye[3] = {0, 0, 1};
      if (!s->parallel) {
        for (j = 0; j < 3; j++) eye[j] = -c->at[j];
        normalise(eye);
      }
      c->facing = dot(c->normal, eye);
      c->lamp = dot(c->normal, l);
      c->half = 0;
      if (glossy) {
        for (j = 0; j < 3; j++) eye[j] += l[j];
        normalise(eye);
        c->half = dot(c->normal, eye);
      }
    }
  }
}


/* the weights of a triangle's vertices at (x, y), in space */
static void weigh(float *w, const Spot *a, const Spot *b, const Spot *c,
                  float x, float y, int parallel) {
  float u = (b->x - x) * (c->y - y) - (c->x - x) * (b->y - y);
  float v = (c->x - x) * (a->y - y) - (a->x - x) * (c->y - y);
  float z = (a->x - x) * (b->y - y) - (b->x - x) * (a->y - y);
  float sum;
  if (!parallel) { u *= a->depth; v *= b->depth; z *= c->depth; }
  sum = u + v + z;
  if (sum == 0) { u = 1; sum = 1; }
  sum = 1 / sum;
  w[0] = u * sum; w[1] = v * sum; w[2] = z * sum;
}


static float power32(float e) {
  e = e > 0 ? e * e : 0;
  e *= e; e *= e; e *= e;
  return e * e;
}


/* the light from triangle t at (x, y) of the samples, times share, onto
** sum */
static void shade(const Scene *s, long i, const Sketch *k, int t, float x,
                  float y, float share, float *sum) {
  const int *vertex = s->triangle + 3 * (long)t;
  const ScenePart *part = s->part + s->owner[t];
  const Corner *a = k->corner + vertex[0], *b = k->corner + vertex[1];
  const Corner *c = k->corner + vertex[2];
  const real *own = given(&part->colour, i);
  float ambient = (float)*given(&s->ambient, i);
  float gloss = (float)*given(&part->gloss, i);
  float w[3], facing, lamp, half, light, spark = 0;
  int j;
  weigh(w, &a->seen, &b->seen, &c->seen, x, y, s->parallel);
  facing = w[0] * a->facing + w[1] * b->facing + w[2] * c->facing;
  lamp = w[0] * a->lamp + w[1] * b->lamp + w[2] * c->lamp;
  half = w[0] * a->half + w[1] * b->half + w[2] * c->half;
  if (part->open && facing < 0) {
    facing = -facing;
    lamp = -lamp;
    half = -half;
  }
  light = ambient * .5f * (1 + (facing > 0 ? facing : 0));
  if (lamp > 0) {
    float lit = 1;
    if (k->shadow.depth) {
      Spot p;
      p.x = w[0] * a->lit.x + w[1] * b->lit.x + w[2] * c->lit.x;
      p.y = w[0] * a->lit.y + w[1] * b->lit.y + w[2] * c->lit.y;
      p.depth = w[0] * a->lit.depth + w[1] * b->lit.depth +
                w[2] * c->lit.depth;
      lit = reach(k, &p);
    }
    light += (1 - ambient) * lamp * lit;
    if (gloss > 0) spark = gloss * lit * power32(half);
  }
  for (j = 0; j < s->channels; j++) {
    float colour = (float)own[j];
    if (part->paint.from) {
      const real *paint = given(&part->paint, i) - part->first * s->channels;
      colour *= w[0] * (float)paint[vertex[0] * s->channels + j] +
                w[1] * (float)paint[vertex[1] * s->channels + j] +
                w[2] * (float)paint[vertex[2] * s->channels + j];
    }
    sum[j] += share * (colour * light + spark);
  }
}


/* the colour of the pixel with the samples from (x, y) on, g by g, onto sum;
** returns the share of its samples where there is no body */
static inline float shade_pixel(const Scene *s, long i, const Sketch *k, int x,
                                int y, int g, float *sum) {
  const int side = k->view.side;
  const int *seen = k->view.triangle + (long)y * side + x;
  int n = 0, same = 1, q, r, id[16];
  float at[16][2], left = 0, one = 1 / (float)(g * g);
  for (r = 0; r < g; r++)
    for (q = 0; q < g; q++) same &= seen[(long)r * side + q] == seen[0];
  if (same) {            /* most pixels, and none of what follows is needed */
    float half = .5f * (float)g;
    if (seen[0] < 0) return 1;
    shade(s, i, k, seen[0], (float)x + half, (float)y + half, 1, sum);
    return 0;
  }
  for (r = 0; r < g; r++) {
    for (q = 0; q < g; q++, n++) {
      id[n] = seen[(long)r * side + q];
      at[n][0] = (float)(x + q) + .5f;
      at[n][1] = (float)(y + r) + .5f;
    }
  }
  for (q = 0; q < n; q++) {
    float count = 1, sx = at[q][0], sy = at[q][1];
    int t = id[q], rest = q + 1;
    for (r = q + 1; r < n; r++) {    /* others of the same triangle go */
      if (id[r] == t) {
        count += 1;
        sx += at[r][0];
        sy += at[r][1];
      }
      else {
        id[rest] = id[r];
        at[rest][0] = at[r][0];
        at[rest++][1] = at[r][1];
      }
    }
    n = rest;
    if (t < 0)
      left = count * one;
    else
      shade(s, i, k, t, sx / count, sy / count, count * one, sum);
  }
  return left;
}


/* where g is a constant, the loops over a pixel's samples are unrolled */
static inline void shade_all(const Scene *s, long i, const Sketch *k, int g,
                             real *out) {
  int m = s->channels, x, y, j;
  const real *ground = given(&s->ground, i);
  for (y = 0; y < s->side; y++) {
    for (x = 0; x < s->side; x++, out += m) {
      float sum[4] = {0, 0, 0, 0};
      float left = shade_pixel(s, i, k, x * g, y * g, g, sum);
      for (j = 0; j < m; j++) {
        float v = sum[j] + left * (float)ground[j];
        out[j] = (real)(v > 0 ? v < 1 ? v : 1 : 0);
      }
      if (s->ground_pixels) ground += m;
    }
  }
}


void sketch_shade(const Scene *s, long i, const Sketch *k, real *out) {
  if (s->grid == 2) shade_all(s, i, k, 2, out);
  else shade_all(s, i, k, s->grid, out);
}
