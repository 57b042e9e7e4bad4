/*
** lua_draw.c
** Sheets for Lua: batches of images that are drawn on. What a shape has
** for each image is a tensor whose first axis is n, the number of images, or
** 1: the same for all. lua/teasel/data/sheet.lua makes such tensors of what
** its users give.
*/

#include "bind/lua_teasel.h"
#include "image/sheet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SHEET LT_NAME("sheet")
#define MAXCHANNELS 4

typedef struct Drawing {
  Tensor *pixel;    /* NULL: taken by images */
  Tensor *alpha;    /* NULL: no layer */
} Drawing;


static int d_free(lua_State *L) {
  Drawing *d = lt_self(L, SHEET);
  tensor_drop(d->pixel);
  tensor_drop(d->alpha);
  d->pixel = d->alpha = NULL;
  return 0;
}


static Sheet check_sheet(lua_State *L, int i, const char *who,
                         const char *arg) {
  Drawing *d = luaL_testudata(L, i, SHEET);
  Sheet s;
  if (d == NULL || d->pixel == NULL)
    lt_wrong(L, i, who, arg, "a sheet whose images were not taken yet");
  s.n = d->pixel->shape.dim[0];
  s.height = (int)d->pixel->shape.dim[1];
  s.width = (int)d->pixel->shape.dim[2];
  s.channels = (int)d->pixel->shape.dim[3];
  s.pixel = d->pixel->data;
  s.alpha = d->alpha ? d->alpha->data : NULL;
  return s;
}


/* numbers in lo..hi: a tensor [n ...] or [1 ...] with the further sizes of
** `rest`, where -1 stands for any of one or more */
static Each check_each(lua_State *L, int i, const char *who, const char *arg,
                       const Sheet *s, int ndim, const long *rest,
                       const char *form, double lo, double hi) {
  Tensor *t = lt_host(L, i, who, arg);
  Each e;
  long k;
  int d, right = t->shape.ndim == ndim + 1 &&
                 (t->shape.dim[0] == s->n || t->shape.dim[0] == 1);
  for (d = 0; d < ndim && right; d++) {
    long size = t->shape.dim[d + 1];
    right = rest[d] < 0 ? size >= 1 : size == rest[d];
  }
  if (!right)
    lt_wrong(L, i, who, arg, "[n%s] or [1%s] for n = %ld images", form, form,
             s->n);
  for (k = 0; k < t->size; k++) {
    double v = (double)t->data[k];
    if (!(v >= lo && v <= hi)) {
      char text[128];
      snprintf(text, sizeof text, "%s: argument '%s': got %.9g, wanted a "
               "number in %.9g..%.9g", who, arg, isnan(v) ? (double)NAN : v,
               lo, hi);
      lt_error(L, "%s", text);
    }
  }
  e.data = t->data;
  e.step = t->shape.dim[0] > 1 ? t->size / t->shape.dim[0] : 0;
  return e;
}


static Each check_colours(lua_State *L, int i, const char *who,
                          const Sheet *s) {
  long rest[1];
  rest[0] = s->channels;
  return check_each(L, i, who, "colour", s, 1, rest, " channels", 0, 1);
}


static Each check_number(lua_State *L, int i, const char *who,
                         const char *arg, const Sheet *s, double lo,
                         double hi) {
  return check_each(L, i, who, arg, s, 0, NULL, "", lo, hi);
}


/* arguments i, i + 1 and i + 2: colour [n c], alpha [n], hard */
static Ink check_ink(lua_State *L, int i, const char *who, const Sheet *s) {
  Ink ink;
  ink.colour = check_colours(L, i, who, s);
  ink.alpha = check_number(L, i + 1, who, "alpha", s, 0, 1);
  ink.hard = lua_toboolean(L, i + 2);
  return ink;
}


/* copies the background of each image, one colour or a picture */
static void fill_background(const Sheet *s, const Tensor *t) {
  long one = (long)s->height * s->width * s->channels;
  long own = t->size / t->shape.dim[0];
  long i, k;
  for (i = 0; i < s->n; i++) {
    const real *from = t->data + (t->shape.dim[0] == 1 ? 0 : i * own);
    real *to = s->pixel + i * one;
    if (own == one) memcpy(to, from, (size_t)one * sizeof *to);
    else
      for (k = 0; k < one; k++) to[k] = from[k % own];
  }
}


/* sheet(n, height, width, channels, background) -> a sheet. background:
** colours [n channels], pictures [n height width channels], of either one
** for all; or nil: a layer, through which all shines */
static int l_sheet(lua_State *L) {
  Sheet s;
  Shape shape = {4, {0}};
  Drawing *d;
  Tensor *back = NULL;
  long mark, rest[3];
  s.n = lt_integer(L, 1, "sheet", "n", 0, TS_EXACT);
  s.height = (int)lt_integer(L, 2, "sheet", "height", 1, SHEET_MAXSIDE);
  s.width = (int)lt_integer(L, 3, "sheet", "width", 1, SHEET_MAXSIDE);
  s.channels = (int)lt_integer(L, 4, "sheet", "channels", 1, MAXCHANNELS);
  if (!lua_isnoneornil(L, 5)) {
    back = lt_host(L, 5, "sheet", "background");
    rest[0] = s.height;
    rest[1] = s.width;
    rest[2] = s.channels;
    if (back->shape.ndim == 4)
      check_each(L, 5, "sheet", "background", &s, 3, rest,
                 " height width channels", 0, 1);
    else
      check_each(L, 5, "sheet", "background", &s, 1, rest + 2, " channels",
                 0, 1);
  }
  shape.dim[0] = s.n;
  shape.dim[1] = s.height;
  shape.dim[2] = s.width;
  shape.dim[3] = s.channels;
  if (!shape_check(&shape, "sheet")) return lt_raise(L);
  lt_budgetfor(L, sizeof(real) * (size_t)s.n * (size_t)s.height *
                  (size_t)s.width * (size_t)(s.channels + 1));
  d = lua_newuserdatauv(L, sizeof *d, 0);
  d->pixel = d->alpha = NULL;
  luaL_setmetatable(L, SHEET);
  mark = scope_open();
  d->pixel = back ? tensor_new(&shape) : tensor_zeros(&shape);
  if (d->pixel) tensor_keep(d->pixel);
  shape.ndim = 3;
  if (d->pixel && back == NULL) {
    d->alpha = tensor_zeros(&shape);
    if (d->alpha) tensor_keep(d->alpha);
  }
  scope_close(mark, NULL);
  if (d->pixel == NULL || (back == NULL && d->alpha == NULL))
    return lt_raise(L);
  s.pixel = d->pixel->data;
  if (back && s.n > 0) fill_background(&s, back);
  return 1;
}


/* sheet:fill(points [n k 2], colour [n c], alpha [n], hard): the inside of a
** polygon on each image; hard: without soft edges */
static int d_fill(lua_State *L) {
  static const long rest[2] = {-1, 2};
  Sheet s = check_sheet(L, 1, "fill", "self");
  Each points = check_each(L, 2, "fill", "points", &s, 2, rest, " k 2",
                           -SHEET_FAR, SHEET_FAR);
  Ink ink = check_ink(L, 3, "fill", &s);
  if (s.n > 0 && !sheet_fill(&s, points, lt_test(L, 2)->shape.dim[1], &ink))
    return lt_raise(L);
  return 0;
}


/* sheet:stroke(points [n lines k 2], width [n] or [n lines k], soft, colour
** [n c], alpha [n], hard): lines along the points, on each image */
static int d_stroke(lua_State *L) {
  static const long rest[3] = {-1, -1, 2};
  Sheet s = check_sheet(L, 1, "stroke", "self");
  Stroke k;
  Ink ink;
  k.points = check_each(L, 2, "stroke", "points", &s, 3, rest, " lines k 2",
                        -SHEET_FAR, SHEET_FAR);
  k.lines = lt_test(L, 2)->shape.dim[1];
  k.k = lt_test(L, 2)->shape.dim[2];
  k.tapered = lt_host(L, 3, "stroke", "width")->shape.ndim == 3;
  if (k.tapered)
    k.width = check_each(L, 3, "stroke", "width", &s, 2,
                         lt_test(L, 2)->shape.dim + 1, " lines k", 0,
                         SHEET_FAR);
  else k.width = check_number(L, 3, "stroke", "width", &s, 0, SHEET_FAR);
  k.soft = lt_number(L, 4, "stroke", "soft");
  if (!(k.soft >= .01 && k.soft <= SHEET_FAR))
    lt_wrong(L, 4, "stroke", "soft", "a number in 0.01..1000000");
  ink = check_ink(L, 5, "stroke", &s);
  if (s.n > 0 && !sheet_stroke(&s, &k, &ink)) return lt_raise(L);
  return 0;
}


/* whether all are integers */
static void check_integers(lua_State *L, int i, const char *who,
                           const char *arg) {
  const Tensor *t = lt_host(L, i, who, arg);
  long k;
  for (k = 0; k < t->size; k++)
    if (t->data[k] != floor((double)t->data[k]))
      lt_error(L, "%s: argument '%s': got %f, wanted integers", who, arg,
               (lua_Number)t->data[k]);
}


/* sheet:blit(map [maps h w], frame [n], palette [n colours c], at [n 2],
** mirror [n], alpha [n]): a map of colours' numbers, a frame for each image */
static int d_blit(lua_State *L) {
  long rest[2] = {-1, -1}, two = 2, colours;
  Sheet s = check_sheet(L, 1, "blit", "self");
  const Tensor *map = lt_host(L, 2, "blit", "map");
  Sheet maps = s;    /* "for each image": here, for each map */
  Blit b;
  if (map->shape.ndim != 3 || map->shape.dim[0] < 1)
    lt_wrong(L, 2, "blit", "map", "one or more maps [maps height width]");
  rest[1] = s.channels;
  b.palette = check_each(L, 4, "blit", "palette", &s, 2, rest,
                         " colours channels", 0, 1);
  colours = lt_test(L, 4)->shape.dim[1];
  rest[1] = -1;
  maps.n = map->shape.dim[0];
  check_each(L, 2, "blit", "map", &maps, 2, rest, " height width", 0,
             (double)colours);
  check_integers(L, 2, "blit", "map");
  b.map = map->data;
  b.height = (int)map->shape.dim[1];
  b.width = (int)map->shape.dim[2];
  if (map->shape.dim[1] > SHEET_MAXSIDE || map->shape.dim[2] > SHEET_MAXSIDE)
    lt_wrong(L, 2, "blit", "map", "at most %d rows and columns",
             SHEET_MAXSIDE);
  b.frame = check_number(L, 3, "blit", "frame", &s, 1,
                         (double)map->shape.dim[0]);
  check_integers(L, 3, "blit", "frame");
  b.at = check_each(L, 5, "blit", "at", &s, 1, &two, " 2", -SHEET_FAR,
                    SHEET_FAR);
  b.mirror = check_number(L, 6, "blit", "mirror", &s, 0, 1);
  b.alpha = check_number(L, 7, "blit", "alpha", &s, 0, 1);
  sheet_blit(&s, &b);
  return 0;
}


/* sheet:put(over, alpha [n]): the images of another sheet over these */
static int d_put(lua_State *L) {
  Sheet s = check_sheet(L, 1, "put", "self");
  Each alpha = check_number(L, 3, "put", "alpha", &s, 0, 1);
  Sheet over = check_sheet(L, 2, "put", "layer");  /* last: not held */
  if (over.n != s.n || over.height != s.height || over.width != s.width ||
      over.channels != s.channels)
    lt_wrong(L, 2, "put", "layer", "one of the same size: %ld images, "
             "%d x %d x %d", s.n, s.height, s.width, s.channels);
  if (over.pixel == s.pixel)
    lt_wrong(L, 2, "put", "layer", "another sheet than itself");
  sheet_put(&s, &over, alpha);
  return 0;
}


/* sheet:images() -> [n height width channels], and the sheet is no more */
static int d_images(lua_State *L) {
  Drawing *d = luaL_testudata(L, 1, SHEET);
  Tensor **h;
  Sheet s = check_sheet(L, 1, "images", "self");
  if (lt_inuse(L))
    lt_wrong(L, 1, "images", "self", "a sheet that no call is drawing on");
  if (s.alpha)
    lt_wrong(L, 1, "images", "self", "a sheet with a background, no layer");
  h = lt_handle(L);
  *h = d->pixel;
  d->pixel = NULL;
  lt_place(L, h);
  return 1;
}


static const luaL_Reg functions[] = {{"sheet", l_sheet}, {NULL, NULL}};

static const luaL_Reg methods[] = {
  {"fill", d_fill}, {"stroke", d_stroke}, {"blit", d_blit}, {"put", d_put},
  {"images", d_images}, {"__gc", d_free}, {"__close", d_free}, {NULL, NULL}
};


void lua_opendraw(lua_State *L) {
  lt_kind(L, SHEET, d_free, methods);
  lua_newtable(L);
  lt_setfuncs(L, functions);
}
