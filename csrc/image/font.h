/*
** font.h
** What is painted on an image: rectangles, other images, and text in a
** small font of our own (printable ASCII, Greek, a few signs).
*/

#ifndef font_h
#define font_h

#include <stddef.h>

#include "image/png.h"

/* positions handed to the painters stay within +-PAINT_FAR; what lies
** outside of the image is left out */
#define PAINT_FAR (1L << 24)
#define PAINT_MAXSCALE 64

/* rows of a letter at scale 1: 7 above the base line and 2 below */
#define FONT_HEIGHT 9
#define FONT_MAXTEXT 4096        /* bytes of a text; what follows is cut */

/* a rectangle of the colour 0xRRGGBB, which is its luma on a grey image */
void paint_fill(Image *m, long x, long y, long width, long height,
                unsigned rgb);
/* `tile` with its top left corner at (x, y), each pixel as a square of
** `scale` pixels. Grey goes on RGB, but not RGB on grey: 0 after ts_fail. */
int paint_tile(Image *m, long x, long y, const Image *tile, int scale);
/* one line of n bytes of UTF-8 with the top left corner of its box at
** (x, y); turned, it is read from below and its box stands upright */
void paint_text(Image *m, long x, long y, const char *s, size_t n, int scale,
                int turned, unsigned rgb);

/* how long paint_text makes a text, in pixels */
long font_width(const char *s, size_t n, int scale);

#endif
