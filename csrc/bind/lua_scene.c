/*
** lua_scene.c
** Pictures of bodies for Lua: what image/scene.h says, from a table of
** tensors. lua/teasel/data/scene.lua says what a user may leave out.
*/

#include "bind/lua_teasel.h"
#include "image/scene.h"

#include <math.h>

#define MOSTPARTS 1000
#define MOSTTRIANGLES (1L << 22)
#define ANY (-1L)

static const char who[] = "scene";


/* the tensor of a field of the table at `from`; NULL: none is there, and none
** is needed */
static Tensor *field(lua_State *L, int from, const char *name, int needed) {
  Tensor *t;
  if (lua_getfield(L, from, name) == LUA_TNIL && !needed) {
    lua_pop(L, 1);
    return NULL;
  }
  t = lt_host(L, -1, who, name);
  lua_pop(L, 1);
  return t;
}


static int has_shape(const Tensor *t, int ndim, const long *dim) {
  int i;
  if (t->shape.ndim != ndim) return 0;
  for (i = 0; i < ndim; i++)
    if (dim[i] != ANY && t->shape.dim[i] != dim[i]) return 0;
  return 1;
}


/* complains of the field `name` with the sizes that it should have */
static void wrong_shape(lua_State *L, const Tensor *t, const char *name,
                        int ndim, const long *dim) {
  char got[TS_SHAPETEXT];
  luaL_Buffer b;
  int i;
  luaL_buffinit(L, &b);
  for (i = 0; i < ndim; i++) {
    luaL_addstring(&b, i ? " " : "[");
    if (dim[i] == ANY) luaL_addstring(&b, "any");
    else {
      lua_pushinteger(L, dim[i]);
      luaL_addvalue(&b);
    }
  }
  luaL_addstring(&b, "]");
  luaL_pushresult(&b);
  lt_error(L, "%s: '%s': got a tensor %s, wanted %s", who, name,
           shape_text(&t->shape, got), lua_tostring(L, -1));
}


/* a field of the sizes dim[1..ndim], for all images, or with n before them for
** each; it may be missing where it is not needed */
static Tensor *read_given(lua_State *L, int from, const char *name, int needed,
                          int ndim, const long *dim, Given *out) {
  Tensor *t = field(L, from, name, needed);
  int each = t && t->shape.ndim == ndim + 1;
  out->from = t ? t->data : NULL;
  out->step = each ? shape_count(&t->shape, 1, ndim + 1) : 0;
  if (t && !has_shape(t, each ? ndim + 1 : ndim, each ? dim : dim + 1))
    wrong_shape(L, t, name, each ? ndim + 1 : ndim, each ? dim : dim + 1);
  return t;
}


/* a field [d], or [n d] */
static void numbers(lua_State *L, int from, const char *name, const Scene *s,
                    long d, Given *out) {
  long dim[2];
  dim[0] = s->n; dim[1] = d;
  read_given(L, from, name, 1, 1, dim, out);
}


static int flag(lua_State *L, int from, const char *name) {
  int on;
  lua_getfield(L, from, name);
  on = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return on;
}


static long whole(lua_State *L, int from, const char *name, long lo, long hi) {
  long v;
  lua_getfield(L, from, name);
  v = lt_integer(L, -1, who, name, lo, hi);
  lua_pop(L, 1);
  return v;
}


/* the texture of the part at index `at`, and where vertices lie in it */
static void read_texture(lua_State *L, int at, const Scene *s, ScenePart *p) {
  long dim[4] = {0, ANY, ANY, 0}, places[3] = {0, 0, 2};
  Tensor *t;
  dim[0] = places[0] = s->n;
  dim[3] = s->channels;
  places[1] = p->vertices;
  t = read_given(L, at, "texture", 0, 3, dim, &p->texture);
  read_given(L, at, "uv", t != NULL, 2, places, &p->uv);
  if (t == NULL) return;
  if (t->size == 0) lt_error(L, "%s: got a texture without pixels", who);
  p->height = (int)t->shape.dim[t->shape.ndim - 3];
  p->width = (int)t->shape.dim[t->shape.ndim - 2];
}


/* the part at the top, but for its triangles; pops nothing */
static void read_part(lua_State *L, Scene *s, ScenePart *p) {
  int at = lua_gettop(L);
  long dim[3] = {0, ANY, 3};
  Tensor *v;
  dim[0] = s->n;
  v = read_given(L, at, "vertices", 1, 2, dim, &p->vertex);
  p->first = s->vertices;
  p->vertices = v->shape.dim[v->shape.ndim - 2];
  dim[1] = p->vertices; dim[2] = s->channels;
  read_given(L, at, "paint", 0, 2, dim, &p->paint);
  numbers(L, at, "scale", s, 3, &p->scale);
  numbers(L, at, "turn", s, 3, &p->turn);
  numbers(L, at, "at", s, 3, &p->at);
  numbers(L, at, "colour", s, s->channels, &p->colour);
  numbers(L, at, "gloss", s, 1, &p->gloss);
  read_texture(L, at, s, p);
  p->open = flag(L, at, "open");
  p->casts = flag(L, at, "casts");
  s->vertices += p->vertices;
  if (s->vertices > MOSTTRIANGLES)
    lt_error(L, "%s: got more than %d vertices", who, (int)MOSTTRIANGLES);
}


static Tensor *check_triangles(lua_State *L, int at) {
  static const long dim[2] = {ANY, 3};
  Tensor *t = field(L, at, "triangles", 1);
  if (!has_shape(t, 2, dim)) wrong_shape(L, t, "triangles", 2, dim);
  return t;
}


static void fill_triangles(lua_State *L, const Tensor *t, const ScenePart *p,
                           int *out) {
  long i;
  for (i = 0; i < t->size; i++) {
    double v = (double)t->data[i];
    if (!(v >= 1 && v <= (double)p->vertices && v == floor(v)))
      lt_error(L, "%s: 'triangles': got %f in row %d, wanted an integer in "
               "1..%d, the number of a vertex", who, v, (int)(i / 3) + 1,
               (int)p->vertices);
    out[i] = (int)(p->first + (long)v - 1);
  }
}


/* the list of parts at index `list` */
static void read_parts(lua_State *L, int list, Scene *s) {
  ScenePart *part;
  Tensor **mesh;
  int *triangle, *owner, q;
  long at = 0, i;
  lua_Unsigned n = lua_rawlen(L, list);
  if (n > MOSTPARTS)
    lt_error(L, "%s: got %d parts, wanted at most %d", who, (int)n, MOSTPARTS);
  s->parts = (int)n;
  part = lt_scratch(L, (size_t)(n + 1) * sizeof *part);
  mesh = lt_scratch(L, (size_t)(n + 1) * sizeof *mesh);
  for (q = 0; q < s->parts; q++) {
    if (lua_rawgeti(L, list, q + 1) != LUA_TTABLE)
      lt_wrong(L, -1, who, "parts", "a list of tables");
    read_part(L, s, part + q);
    mesh[q] = check_triangles(L, lua_gettop(L));
    s->triangles += mesh[q]->shape.dim[0];
    if (s->triangles > MOSTTRIANGLES)
      lt_error(L, "%s: got more than %d triangles", who, (int)MOSTTRIANGLES);
    lua_pop(L, 1);
  }
  triangle = lt_scratch(L, (size_t)(3 * s->triangles + 1) * sizeof *triangle);
  owner = lt_scratch(L, (size_t)(s->triangles + 1) * sizeof *owner);
  for (q = 0; q < s->parts; q++) {
    fill_triangles(L, mesh[q], part + q, triangle + 3 * at);
    part[q].from = at;
    part[q].triangles = mesh[q]->shape.dim[0];
    for (i = 0; i < mesh[q]->shape.dim[0]; i++) owner[at++] = q;
  }
  s->part = part;
  s->triangle = triangle;
  s->owner = owner;
}


/* [channels], or [side side channels], or either for each image */
static void read_ground(lua_State *L, Scene *s) {
  Tensor *t = field(L, 1, "ground", 1);
  long dim[4];
  dim[0] = s->n;
  dim[1] = dim[2] = s->side;
  dim[3] = s->channels;
  s->ground_pixels = t->shape.ndim > 2;
  if (s->ground_pixels) read_given(L, 1, "ground", 1, 3, dim, &s->ground);
  else numbers(L, 1, "ground", s, s->channels, &s->ground);
}


/* draw{n =, side =, channels =, grid =, map =, parallel =, eye = [3], to = [3],
** roll = [1], focal = [1], light = [3], ambient = [1], ground = [channels] or
** [side side channels], parts = {{vertices = [v 3], triangles = [t 3],
** scale = [3], turn = [3], at = [3], colour = [channels], gloss = [1],
** paint = [v channels], texture = [h w channels] with uv = [v 2], open =,
** casts =}, ...}} -> images
** [n side side channels]. All but triangles may have an axis more, of n. */
static int l_draw(lua_State *L) {
  Scene s = {0};
  Shape shape = {4, {0}};
  Tensor **h, *t;
  long mark;
  int ok;
  if (lua_type(L, 1) != LUA_TTABLE) lt_wrong(L, 1, who, "scene", "a table");
  lua_settop(L, 1);
  s.n = whole(L, 1, "n", 0, TS_EXACT);
  s.side = (int)whole(L, 1, "side", 1, 1024);
  s.channels = (int)whole(L, 1, "channels", 1, 4);
  s.grid = (int)whole(L, 1, "grid", 1, 4);
  s.map = (int)whole(L, 1, "map", 0, 2048);
  s.parallel = flag(L, 1, "parallel");
  numbers(L, 1, "eye", &s, 3, &s.eye);
  numbers(L, 1, "to", &s, 3, &s.to);
  numbers(L, 1, "roll", &s, 1, &s.roll);
  numbers(L, 1, "focal", &s, 1, &s.focal);
  numbers(L, 1, "light", &s, 3, &s.light);
  numbers(L, 1, "ambient", &s, 1, &s.ambient);
  read_ground(L, &s);
  if (lua_getfield(L, 1, "parts") != LUA_TTABLE)
    lt_wrong(L, -1, who, "parts", "a list of tables");
  read_parts(L, 2, &s);
  shape.dim[0] = s.n;
  shape.dim[1] = shape.dim[2] = s.side;
  shape.dim[3] = s.channels;
  if (!shape_check(&shape, who)) return lt_raise(L);
  h = lt_handle(L);
  mark = scope_open();
  t = tensor_new(&shape);
  ok = t && scene_draw(&s, t->data);
  return lt_made(L, h, ok ? t : NULL, mark);
}


static const luaL_Reg functions[] = {{"draw", l_draw}, {NULL, NULL}};


void lua_openscene(lua_State *L) {
  lua_newtable(L);
  lt_setfuncs(L, functions);
}
