/*
** sprite.h
** The 737,280 images of dSprites as a procedure: 64x64 pixels, 0 or 1, of
** 3 shapes (square, ellipse, heart) x 6 scales x 40 orientations x 32
** columns x 32 rows, numbered with posY running fastest:
** index = (((shape*6 + scale)*40 + orientation)*32 + px)*32 + py.
** No argument is checked: who calls has made sure that it is in range.
*/

#ifndef sprite_h
#define sprite_h

#include "base/mem.h"

#define SPRITE_COUNT 737280L
#define SPRITE_SIDE 64
#define SPRITE_PIXELS (SPRITE_SIDE * SPRITE_SIDE)

/* 3, 6, 40, 32, 32 */
extern const int sprite_sizes[5];

/* image[64,64], row by row from the top */
void sprite_render(unsigned char *image, int shape, int scale,
                   int orientation, int px, int py);

/* out[n,64,64], the images with the given n indices, in parallel */
void sprite_bytes(unsigned char *out, long n, const long *index);
void sprite_reals(real *out, long n, const long *index);

#endif
