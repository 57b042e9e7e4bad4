/*
** png.h
** Images of grey or RGB pixels, and PNG and animated PNG in memory. What is
** painted and encoded has samples of 8 bits. Files are the business of others.
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
  int max;               /* the sample that is white; 255, or up to 65535 */
  unsigned char *data;   /* height x width x channels, from the top left;
                            where max is above 255, uint16_t each */
} Image;

/* an image whose pixels are not set; NULL after ts_fail. image_make: of any
** max, with the sides and pixels of `name` checked, as image_sidesok does
** alone: 0 after ts_fail. */
Image *image_new(long width, long height, int channels);
Image *image_make(const char *name, long width, long height, int channels,
                  int max);
int image_sidesok(const char *name, long width, long height);
size_t image_rowsize(const Image *m);   /* bytes */
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
/* the same with 16 bits as they are, or with the indices of a palette as a
** grey image; an image without a palette has none: NULL */
enum {IMAGE_DEEP = 1, IMAGE_INDICES = 2, IMAGE_ALPHA = 4};
Image *image_decode_as(const void *data, size_t size, const char *name,
                       int how);

#endif
