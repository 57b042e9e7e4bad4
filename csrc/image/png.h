/*
** png.h
** Images of 8-bit grey or RGB pixels, and PNG and animated PNG in memory.
** Files are the business of others.
** This directory must not be on the include path of the compiler: the
** header of libpng has the same name.
*/

#ifndef png_h
#define png_h

#include <stddef.h>

/* what an image may measure; a PNG that claims more is not decoded */
#define IMAGE_MAXSIDE 65535
#define IMAGE_MAXPIXELS (1L << 26)

typedef struct Image {
  int width, height;
  int channels;          /* 1: grey; 3: RGB */
  unsigned char *data;   /* height x width x channels, from the top left */
} Image;

/* an image whose pixels are not set; NULL after ts_fail */
Image *image_new(long width, long height, int channels);
void image_free(Image *m);

/* the PNG file of `m`: a block of mem_alloc with *size bytes, or NULL */
unsigned char *image_encode(const Image *m, size_t *size);
/* an animated PNG of n frames of one size and kind, each shown for `delay`
** milliseconds, 1..65535; `loops` 0 repeats for ever. Viewers that know no
** animation show the first frame. */
unsigned char *image_animate(const Image *const *frame, int n, int delay,
                             int loops, size_t *size);
/* the image in the `size` bytes of a PNG file that messages call `name`.
** Palettes are expanded, 16 bits rounded to 8, and what is transparent is
** seen on white. NULL after ts_fail for all that is not perfectly sound. */
Image *image_decode(const void *data, size_t size, const char *name);

#endif
