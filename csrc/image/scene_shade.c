/*
** scene_shade.c
** The light of one image. Each triangle that is seen in a pixel is shaded
** once, in the middle of its samples there, and counts by their share. With
** n the normal, l the light, v the eye, h halfway between these two:
**   paint * colour * texture *
**     (ambient (1 + n.v) / 2 + (1 - ambient) lit max(n.l, 0))
**     + gloss * lit max(n.h, 0)^32
** where lit is the share of the light that nothing stands before, smooth
** between four cells of the map of shadows. The three products are known at
** the vertices and linear between them. All light but the one lamp's is taken
** to come from where the eye is: so what lies in shadow has form.
*/

#include "image/scene_pixel.h"


/* The share of the light that reaches a spot of the map. What throws shadows
** leaves the outermost cells of the map empty. */
static inline float reach(const Sketch *k, Four spot) {
  const Field *f = &k->shadow;
  float depth = spot[2] + k->bias, x = spot[0] - .5f, y = spot[1] - .5f;
  float above, below, last = (float)(f->side - 1);
  const float *cell;
  int ix, iy;
  if (!(x >= 0 && y >= 0 && x < last && y < last)) return 1;
  ix = (int)x;
  iy = (int)y;
  x -= (float)ix;
  y -= (float)iy;
  cell = f->depth + (long)iy * f->side + ix;
  above = (cell[0] > depth ? 0 : 1 - x) + (cell[1] > depth ? 0 : x);
  cell += f->side;
  below = (cell[0] > depth ? 0 : 1 - x) + (cell[1] > depth ? 0 : x);
  return above * (1 - y) + below * y;
}


static void find_tones(const Scene *s, long i, Sketch *k) {
  int q, j;
  for (q = 0; q < s->parts; q++) {
    const ScenePart *p = s->part + q;
    const real *colour = given(&p->colour, i);
    Tone *tone = k->tone + q;
    tone->colour = all(0);
    for (j = 0; j < s->channels; j++) tone->colour[j] = (float)colour[j];
    tone->gloss = (float)*given(&p->gloss, i);
    tone->paint = p->paint.from ?
      given(&p->paint, i) - p->first * s->channels : NULL;
    tone->texture = p->texture.from ? given(&p->texture, i) : NULL;
    tone->uv = p->uv.from ? given(&p->uv, i) - p->first * 2 : NULL;
  }
}


void sketch_light(const Scene *s, long i, Sketch *k) {
  Four ahead = four(0, 0, 1, 0);
  int q;
  long t;
  find_tones(s, i, k);
  for (q = 0; q < s->parts; q++) {
    const ScenePart *p = s->part + q;
    int glossy = k->tone[q].gloss > 0;
    if (k->tone[q].gone) continue;
    for (t = p->first; t < p->first + p->vertices; t++) {
      Corner *c = k->corner + t;
      Four eye = s->parallel ? ahead : unit(-c->at, all(0));
      c->seen[3] = dot(c->normal, eye);
      c->lit[3] = dot(c->normal, k->light);
      c->normal[3] = glossy ?
        dot(c->normal, unit(eye + k->light, all(0))) : 0;
    }
  }
}


/* the weights of a triangle's vertices at (x, y), in space */
static Four weigh(Four a, Four b, Four c, float x, float y, int parallel) {
  Four w = four((b[0] - x) * (c[1] - y) - (c[0] - x) * (b[1] - y),
                (c[0] - x) * (a[1] - y) - (a[0] - x) * (c[1] - y),
                (a[0] - x) * (b[1] - y) - (b[0] - x) * (a[1] - y), 0);
  float sum;
  if (!parallel) w *= four(a[2], b[2], c[2], 0);
  sum = w[0] + w[1] + w[2];
  return sum == 0 ? four(1, 0, 0, 0) : w * all(1 / sum);
}


static float power32(float e) {
  e = e > 0 ? e * e : 0;
  e *= e; e *= e; e *= e;
  return e * e;
}


/* where v lies between two of n texels that go round: the first of them, the
** other one, and the share of the other one */
static float between(float v, int n, int *at, int *next) {
  float x = (v - floorf(v)) * (float)n + (float)n - .5f;
  if (!(x >= 0 && x < 2 * (float)n)) x = 0;   /* not a number */
  *at = (int)x % n;
  *next = (*at + 1) % n;
  return x - floorf(x);
}


/* the texture's colour at (u, v), linear between four texels */
static Four texel(const real *texture, const ScenePart *p, int m, float u,
                  float v) {
  int x[2], y[2], j;
  float fx = between(u, p->width, x, x + 1);
  float fy = between(v, p->height, y, y + 1);
  const real *above = texture + (long)y[0] * p->width * m;
  const real *below = texture + (long)y[1] * p->width * m;
  Four colour = all(0);
  for (j = 0; j < m; j++) {
    float one = (float)above[x[0] * m + j] * (1 - fx) +
                (float)above[x[1] * m + j] * fx;
    float two = (float)below[x[0] * m + j] * (1 - fx) +
                (float)below[x[1] * m + j] * fx;
    colour[j] = one * (1 - fy) + two * fy;
  }
  return colour;
}


/* the light from triangle t at (x, y) of the samples */
static inline Four shade(const Scene *s, const Sketch *k, float ambient,
                         int t, float x, float y) {
  const int *vertex = s->triangle + 3 * (long)t;
  const Tone *tone = k->tone + s->owner[t];
  const Corner *a = k->corner + vertex[0], *b = k->corner + vertex[1];
  const Corner *c = k->corner + vertex[2];
  Four w = weigh(a->seen, b->seen, c->seen, x, y, s->parallel);
  Four u = all(w[0]), v = all(w[1]), z = all(w[2]), colour = tone->colour;
  Four spot = u * a->lit + v * b->lit + z * c->lit;
  float facing = w[0] * a->seen[3] + w[1] * b->seen[3] + w[2] * c->seen[3];
  float lamp = spot[3], side = 1, light, spark = 0;
  int j, m = s->channels;
  if (s->part[s->owner[t]].open && facing < 0) side = -1;
  facing *= side;
  lamp *= side;
  light = ambient * .5f * (1 + (facing > 0 ? facing : 0));
  if (lamp > 0) {
    float lit = k->shadow.depth ? reach(k, spot) : 1;
    light += (1 - ambient) * lamp * lit;
    if (tone->gloss > 0) {
      float half = w[0] * a->normal[3] + w[1] * b->normal[3] +
                   w[2] * c->normal[3];
      spark = tone->gloss * lit * power32(half * side);
    }
  }
  if (tone->paint) {
    const real *p = tone->paint + vertex[0] * m;
    const real *q = tone->paint + vertex[1] * m;
    const real *r = tone->paint + vertex[2] * m;
    for (j = 0; j < m; j++)
      colour[j] *= w[0] * (float)p[j] + w[1] * (float)q[j] +
                   w[2] * (float)r[j];
  }
  if (tone->texture) {
    const real *p = tone->uv + vertex[0] * 2, *q = tone->uv + vertex[1] * 2;
    const real *r = tone->uv + vertex[2] * 2;
    colour *= texel(tone->texture, s->part + s->owner[t], m,
      w[0] * (float)p[0] + w[1] * (float)q[0] + w[2] * (float)r[0],
      w[0] * (float)p[1] + w[1] * (float)q[1] + w[2] * (float)r[1]);
  }
  return colour * all(light) + all(spark);
}


/* the colour of the pixel with the samples from (x, y) on, g by g, that bodies
** have there; `left` becomes the share of its samples without one */
static inline Four shade_pixel(const Scene *s, const Sketch *k, float ambient,
                               int x, int y, int g, float *left) {
  const int side = k->view.side;
  const int *seen = k->view.triangle + (long)y * side + x;
  int n = 0, same = 1, q, r, id[16];
  float at[16][2], one = 1 / (float)(g * g);
  Four sum = all(0);
  for (r = 0; r < g; r++)
    for (q = 0; q < g; q++) same &= seen[(long)r * side + q] == seen[0];
  if (same) {            /* most pixels, and none of what follows is needed */
    float half = .5f * (float)g;
    *left = seen[0] < 0;
    if (seen[0] < 0) return sum;
    return shade(s, k, ambient, seen[0], (float)x + half, (float)y + half);
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
      *left = count * one;
    else
      sum += all(count * one) *
        shade(s, k, ambient, t, sx / count, sy / count);
  }
  return sum;
}


/* where g is a constant, the loops over a pixel's samples are unrolled */
static inline void shade_all(const Scene *s, long i, const Sketch *k, int g,
                             real *out) {
  int m = s->channels, x, y, j;
  float ambient = (float)*given(&s->ambient, i);
  const real *ground = given(&s->ground, i);
  for (y = 0; y < s->side; y++) {
    for (x = 0; x < s->side; x++, out += m) {
      float left = 0;
      Four sum = shade_pixel(s, k, ambient, x * g, y * g, g, &left);
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
