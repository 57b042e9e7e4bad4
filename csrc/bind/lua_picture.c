/*
** lua_picture.c
** Pictures of files, for Lua: one as it is, or many cut and scaled to one
** shape, each decoded in a child process.
*/

#include "bind/lua_teasel.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "file/many.h"
#include "image/picture.h"

#define BLOCK LT_NAME("picture")
#define MAXFILE ((size_t)1 << 30)   /* bytes of one picture's file */

typedef struct Job {
  const char *const *path;
  int how;
  PictureFit fit;
  int shape[3];       /* that each must have */
} Job;


LT_CLOSE(l_free, BLOCK, mem_free)


/* the field of the table at i, an integer in lo..hi; 0 where it is nil */
static int field(lua_State *L, int i, const char *name, long lo, long hi) {
  long v = 0;
  if (lua_getfield(L, i, name) != LUA_TNIL)
    v = lt_integer(L, -1, "picture", name, lo, hi);
  lua_pop(L, 1);
  return (int)v;
}


static int flag(lua_State *L, int i, const char *name) {
  int v;
  lua_getfield(L, i, name);
  v = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return v;
}


static void read_fit(lua_State *L, int i, PictureFit *fit) {
  lt_table(L, i, lt_who(), "fit");
  memset(fit, 0, sizeof *fit);
  fit->width = field(L, i, "width", 1, IMAGE_MAXSIDE);
  fit->height = field(L, i, "height", 1, IMAGE_MAXSIDE);
  fit->channels = field(L, i, "channels", 1, 3);
  fit->crop_width = field(L, i, "crop_width", 1, IMAGE_MAXSIDE);
  fit->crop_height = field(L, i, "crop_height", 1, IMAGE_MAXSIDE);
  fit->stretch = flag(L, i, "stretch");
  fit->filter = flag(L, i, "lanczos") ? PICTURE_LANCZOS : PICTURE_AREA;
  if (fit->channels == 2)
    lt_error(L, "picture: got 2 channels, wanted 1 (grey) or 3 (RGB)");
  if (!fit->width != !fit->height || !fit->crop_width != !fit->crop_height)
    lt_error(L, "picture: got one side, wanted both or none");
}


/* the image of a file, in a child */
static Image *load(const char *path, int how) {
  size_t n;
  void *data = many_read(path, MAXFILE, &n);
  Image *m = data ? picture_decode(data, n, how) : NULL;
  mem_free(data);
  return m;
}


static int make_one(void *arg, long i, unsigned char *out) {
  const Job *job = arg;
  size_t n;
  void *data = many_read(job->path[i], MAXFILE, &n);
  int ok = data && picture_make(&job->fit, data, n, job->how, job->shape, out);
  mem_free(data);
  return ok;
}


/* the head of an image and what it becomes: width, height, channels, max of
** both; `out` has room for eight ints */
static int make_shape(void *arg, long i, unsigned char *out) {
  const Job *job = arg;
  Image *m = load(job->path[i], job->how);
  int n[8], ok;
  if (m == NULL) return 0;
  n[0] = m->width;
  n[1] = m->height;
  n[2] = m->channels;
  n[3] = m->max;
  ok = picture_shape(&job->fit, m, n + 4);
  n[7] = 255;
  memcpy(out, n, sizeof n);
  image_free(m);
  return ok;
}


/* shape_of(path, fit) -> width, height, channels and white of the image, and
** width, height, channels of what `fit` makes of it; nil, message where it
** cannot be read */
static int l_shapeof(lua_State *L) {
  const char *path = lt_string(L, 1, "shape_of", "path");
  int n[8], i;
  Job job = {&path, IMAGE_DEEP, {0}, {0}};
  Many many = {"read", "the decoder", &path, 1, sizeof n, make_shape, NULL};
  many.arg = &job;
  read_fit(L, 2, &job.fit);
  if (flag(L, 2, "indices")) job.how = IMAGE_INDICES;
  if (!many_make(&many, 1, (unsigned char *)n)) return lt_fail(L);
  for (i = 0; i < 7; i++) lua_pushinteger(L, n[i]);
  return 7;
}


/* many({path, ...}, {width, height, channels}, fit) -> the pictures as bytes,
** one after the other; nil, message that names the first bad file */
static int l_many(lua_State *L) {
  const char **path;
  void **h;
  Job job = {NULL, IMAGE_DEEP, {0}, {0}};
  Many many = {"read", "the decoder", NULL, 0, 0, make_one, NULL};
  size_t size;
  int i, n, ok;
  lt_table(L, 1, "many", "paths");
  lt_table(L, 2, "many", "shape");
  read_fit(L, 3, &job.fit);
  lua_settop(L, 3);
  if (flag(L, 3, "indices")) job.how = IMAGE_INDICES;
  for (i = 0; i < 3; i++) {
    lua_geti(L, 2, i + 1);
    job.shape[i] = (int)lt_integer(L, -1, "many", "shape", 1, IMAGE_MAXSIDE);
    lua_pop(L, 1);
  }
  n = (int)lua_rawlen(L, 1);
  path = lua_newuserdatauv(L, ((size_t)n + 1) * sizeof *path, 0);
  lua_createtable(L, n, 0);   /* keeps the strings, whatever becomes of list */
  for (i = 0; i < n; i++) {
    lua_rawgeti(L, 1, i + 1);
    path[i] = lt_string(L, -1, "many", "paths");
    lua_rawseti(L, -2, i + 1);
  }
  job.path = path;
  many.path = path;
  many.n = n;
  many.size = (size_t)job.shape[0] * (size_t)job.shape[1] *
              (size_t)job.shape[2];
  many.arg = &job;
  size = many.size * (size_t)n;
  lt_budgetfor(L, size);
  h = lt_box(L, BLOCK);
  *h = mem_array((size_t)n + 1, many.size);
  ok = *h && many_make(&many, pool_threads(), *h);
  if (!ok) return lt_fail(L);
  lua_pushlstring(L, *h, size);
  mem_free(*h);
  *h = NULL;
  return 1;
}


typedef struct Whole {
  const char *const *path;
  int how;
} Whole;


/* all samples of an image as uint16_t */
static int make_whole(void *arg, long i, unsigned char *out) {
  const Whole *w = arg;
  Image *m = load(w->path[i], w->how);
  uint16_t *to = (uint16_t *)(void *)out;
  size_t n, j;
  if (m == NULL) return 0;
  n = (size_t)m->width * (size_t)m->height * (size_t)m->channels;
  for (j = 0; j < n; j++)
    to[j] = m->max > 255 ? ((uint16_t *)(void *)m->data)[j] : m->data[j];
  image_free(m);
  return 1;
}


/* read(path [, indices [, alpha]]) -> a tensor [height width channels]:
** samples in [0, 1], 16 bits where the file has them, or with `indices` those
** into the palette as they are; with `alpha` a PNG's own alpha is the last
** channel, and not what makes it lie on white; nil, message where it cannot
** be read */
static int l_read(lua_State *L) {
  const char *path = lt_string(L, 1, "read", "path");
  int indices = lua_toboolean(L, 2), shape[8], ok;
  int how = (indices ? IMAGE_INDICES : IMAGE_DEEP) |
            (lua_toboolean(L, 3) ? IMAGE_ALPHA : 0);
  Job job = {&path, how, {0}, {0}};
  Whole whole = {&path, how};
  Many many = {"read", "the decoder", &path, 1, sizeof shape, make_shape, NULL};
  Shape s = {3, {0}};
  Tensor **h, *y;
  void **block;
  long i, mark;
  double white;
  many.arg = &job;
  if (!many_make(&many, 1, (unsigned char *)shape)) return lt_fail(L);
  s.dim[0] = shape[1];
  s.dim[1] = shape[0];
  s.dim[2] = shape[2];
  white = indices ? 1 : shape[3];
  many.size = (size_t)shape_count(&s, 0, 3) * sizeof(uint16_t);
  many.make = make_whole;
  many.arg = &whole;
  block = lt_box(L, BLOCK);
  h = lt_handle(L);
  *block = mem_alloc(many.size);
  ok = *block && many_make(&many, 1, *block);
  if (!ok) return lt_fail(L);
  mark = scope_open();
  y = tensor_new(&s);
  for (i = 0; y && i < y->size; i++)
    y->data[i] = (real)(((uint16_t *)*block)[i] / white);
  mem_free(*block);
  *block = NULL;
  return lt_made(L, h, y, mark);
}


static const luaL_Reg functions[] = {
  {"shape_of", l_shapeof}, {"many", l_many}, {"read", l_read}, {NULL, NULL}
};

static const luaL_Reg block_methods[] = {
  {"__gc", l_free}, {"__close", l_free}, {NULL, NULL}
};


/* pushes the table `picture` of the core */
void lua_openpicture(lua_State *L) {
  lt_kind(L, BLOCK, l_free, block_methods);
  lua_newtable(L);
  lt_setfuncs(L, functions);
}
