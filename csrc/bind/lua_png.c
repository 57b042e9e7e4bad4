/*
** lua_png.c
** Images, their painting and their PNG files as strings. An image is a
** userdata that Lua paints on; lua/teasel/plot/canvas.lua checks and draws.
** What Lua puts on an image are other images, or strings of bytes.
*/

#include "bind/lua_teasel.h"
#include "image/font.h"
#include "image/png.h"

#define IMAGE LT_NAME("image")
#define BLOCK LT_NAME("block")


static long check_place(lua_State *L, int i, const char *who,
                        const char *arg) {
  return lt_integer(L, i, who, arg, -PAINT_FAR, PAINT_FAR);
}


static unsigned check_colour(lua_State *L, int i, const char *who) {
  return (unsigned)lt_integer(L, i, who, "colour", 0, 0xffffff);
}


static int check_scale(lua_State *L, int i, const char *who) {
  return (int)lt_integer(L, i, who, "scale", 1, PAINT_MAXSCALE);
}


static int check_channels(lua_State *L, int i, const char *who) {
  long n = lt_integer(L, i, who, "channels", 1, 3);
  if (n == 2) lt_wrong(L, i, who, "channels", "1 (grey) or 3 (RGB)");
  return (int)n;
}


static Image *check_image(lua_State *L, int i, const char *who) {
  return lt_boxed(L, i, IMAGE, who, "image");
}


LT_CLOSE(l_freeimage, IMAGE, image_free)
LT_CLOSE(l_freeblock, BLOCK, mem_free)


/* the string in *h, whose memory need not wait for the collector */
static int return_block(lua_State *L, void **h, size_t size) {
  if (*h == NULL) return lt_raise(L);
  lua_pushlstring(L, (const char *)*h, size);
  mem_free(*h);
  *h = NULL;
  return 1;
}


/* image(width, height, channels, colour): an image of one colour, 0xRRGGBB or
** a grey level, by its channels, 3 or 1 */
static int l_image(lua_State *L) {
  long width = lt_integer(L, 1, "image", "width", 1, IMAGE_MAXSIDE);
  long height = lt_integer(L, 2, "image", "height", 1, IMAGE_MAXSIDE);
  int channels = check_channels(L, 3, "image");
  unsigned colour = check_colour(L, 4, "image");
  void **h = lt_box(L, IMAGE);
  *h = image_new(width, height, channels);
  if (*h == NULL) return lt_raise(L);
  paint_fill(*h, 0, 0, width, height, colour);
  return 1;
}


/* image:size() -> width, height, channels */
static int l_size(lua_State *L) {
  const Image *m = check_image(L, 1, "size");
  lua_pushinteger(L, m->width);
  lua_pushinteger(L, m->height);
  lua_pushinteger(L, m->channels);
  return 3;
}


/* image:fill(x, y, width, height, colour): a rectangle; what lies outside of
** the image is left out */
static int l_fill(lua_State *L) {
  Image *m = check_image(L, 1, "fill");
  long x = check_place(L, 2, "fill", "x");
  long y = check_place(L, 3, "fill", "y");
  long width = lt_integer(L, 4, "fill", "width", 0, PAINT_FAR);
  long height = lt_integer(L, 5, "fill", "height", 0, PAINT_FAR);
  paint_fill(m, x, y, width, height, check_colour(L, 6, "fill"));
  return 0;
}


/* image:tile(x, y, scale, image) or
** image:tile(x, y, scale, data, width, height, channels) */
static int l_tile(lua_State *L) {
  Image *m = check_image(L, 1, "tile");
  long x = check_place(L, 2, "tile", "x");
  long y = check_place(L, 3, "tile", "y");
  int scale = check_scale(L, 4, "tile");
  Image tile;
  if (lua_type(L, 5) == LUA_TSTRING) {
    size_t n, want;
    const char *data = lua_tolstring(L, 5, &n);
    tile.width = (int)lt_integer(L, 6, "tile", "width", 1, IMAGE_MAXSIDE);
    tile.height = (int)lt_integer(L, 7, "tile", "height", 1, IMAGE_MAXSIDE);
    tile.channels = check_channels(L, 8, "tile");
    want = (size_t)tile.width * (size_t)tile.height * (size_t)tile.channels;
    if (n != want)
      return lt_error(L, "tile: argument 'data': got %I bytes, wanted "
                      "%d x %d x %d (width, height, channels)",
                      (LUAI_UACINT)n, tile.width, tile.height,
                      tile.channels);
    tile.data = (unsigned char *)data;  /* only read */
  }
  else
    tile = *check_image(L, 5, "tile");
  if (tile.data == m->data)
    return lt_error(L, "tile: an image does not go on itself");
  return paint_tile(m, x, y, &tile, scale) ? 0 : lt_raise(L);
}


/* image:text(x, y, text, scale, turned, colour): letters of the font, each of
** its pixels scale x scale; turned: from the bottom up */
static int l_text(lua_State *L) {
  Image *m = check_image(L, 1, "text");
  long x = check_place(L, 2, "text", "x");
  long y = check_place(L, 3, "text", "y");
  size_t n;
  const char *s = lt_bytes(L, 4, "text", "text", &n);
  int scale = check_scale(L, 5, "text");
  unsigned colour = check_colour(L, 7, "text");
  paint_text(m, x, y, s, n, scale, lua_toboolean(L, 6), colour);
  return 0;
}


static void push_pixels(lua_State *L, const Image *m) {
  lua_pushlstring(L, (const char *)m->data, (size_t)m->width *
                  (size_t)m->height * (size_t)m->channels);
}


/* image:bytes() -> height x width x channels bytes */
static int l_bytes(lua_State *L) {
  push_pixels(L, check_image(L, 1, "bytes"));
  return 1;
}


/* image:encode() -> the PNG file as a string */
static int l_encode(lua_State *L) {
  const Image *m = check_image(L, 1, "encode");
  void **h = lt_box(L, BLOCK);
  size_t size = 0;
  *h = image_encode(m, &size);
  return return_block(L, h, size);
}


/* animate({image, ...}, delay in ms, loops) -> the APNG file as a string */
static int l_animate(lua_State *L) {
  void **h;
  const Image **frame;
  size_t n, i, size = 0;
  int delay = (int)lt_integer(L, 2, "animate", "delay", 1, 65535);
  int loops = (int)lt_integer(L, 3, "animate", "loops", 0, 65535);
  n = lua_type(L, 1) == LUA_TTABLE ? lua_rawlen(L, 1) : 0;
  if (n < 1 || n > 65535)
    lt_wrong(L, 1, "animate", "images", "a list of 1 to 65535 images");
  lua_settop(L, 3);
  lua_newtable(L);  /* keeps the images, whatever becomes of the list */
  frame = lua_newuserdatauv(L, n * sizeof *frame, 0);
  for (i = 0; i < n; i++) {
    lua_rawgeti(L, 1, (lua_Integer)i + 1);
    frame[i] = check_image(L, -1, "animate");
    lua_rawseti(L, 4, (lua_Integer)i + 1);
  }
  h = lt_box(L, BLOCK);
  *h = image_animate(frame, (int)n, delay, loops, &size);
  return return_block(L, h, size);
}


/* decode(data, name) -> {width =, height =, channels =, data =}, or nil and
** why the file is refused */
static int l_decode(lua_State *L) {
  size_t n;
  const char *data = lt_bytes(L, 1, "decode", "data", &n);
  const char *name = lt_bytes(L, 2, "decode", "name", NULL);
  void **h = lt_box(L, IMAGE);
  const Image *m = *h = image_decode(data, n, name);
  if (m == NULL) return lt_fail(L);
  lua_createtable(L, 0, 4);
  lua_pushinteger(L, m->width);
  lua_setfield(L, -2, "width");
  lua_pushinteger(L, m->height);
  lua_setfield(L, -2, "height");
  lua_pushinteger(L, m->channels);
  lua_setfield(L, -2, "channels");
  push_pixels(L, m);
  lua_setfield(L, -2, "data");
  image_free(*h);
  *h = NULL;
  return 1;
}


/* textwidth(text, scale) -> pixels */
static int l_textwidth(lua_State *L) {
  size_t n;
  const char *s = lt_bytes(L, 1, "textwidth", "text", &n);
  lua_pushinteger(L, font_width(s, n, check_scale(L, 2, "textwidth")));
  return 1;
}


static const luaL_Reg methods[] = {
  {"size", l_size}, {"fill", l_fill}, {"tile", l_tile}, {"text", l_text},
  {"bytes", l_bytes}, {"encode", l_encode}, {"__gc", l_freeimage},
  {NULL, NULL}
};

static const luaL_Reg block_methods[] = {
  {"__gc", l_freeblock}, {NULL, NULL}
};

static const luaL_Reg functions[] = {
  {"image", l_image}, {"decode", l_decode}, {"animate", l_animate},
  {"textwidth", l_textwidth}, {NULL, NULL}
};


/* pushes the table `png` of the core */
void lua_openpng(lua_State *L) {
  lt_kind(L, IMAGE, l_freeimage, methods);
  lt_kind(L, BLOCK, l_freeblock, block_methods);
  lua_newtable(L);
  lt_setfuncs(L, functions);
  lua_pushinteger(L, FONT_HEIGHT);
  lua_setfield(L, -2, "fontheight");
}
