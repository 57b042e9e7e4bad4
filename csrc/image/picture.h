/*
** picture.h
** Pictures of files, whatever their format, cut and scaled to what a data set
** wants: bytes, all of one shape.
*/

#ifndef picture_h
#define picture_h

#include <stddef.h>

#include "image/png.h"

/* PNG, JPEG, PGM or PPM, recognised by how it begins; `how` as image_decode_as,
** which a format without palettes or 16 bits takes no notice of, but for
** IMAGE_INDICES. NULL after ts_fail. */
Image *picture_decode(const void *data, size_t size, int how);

typedef enum PictureFilter {
  PICTURE_AREA,      /* the mean of what a pixel covers; linear to enlarge */
  PICTURE_LANCZOS    /* three lobes, wide as a pixel of the smaller image */
} PictureFilter;

/* what to make of an image */
typedef struct PictureFit {
  int width, height, channels;   /* of the result; 0: as the image is */
  int crop_width, crop_height;   /* of the middle, taken out first; 0: all */
  int stretch;                   /* 0: the middle of the result's shape */
  PictureFilter filter;
} PictureFit;

/* Width, height and channels of the result for an image of that size; 0 after
** ts_fail where the image is smaller than what is to be taken out. */
int picture_shape(const PictureFit *fit, const Image *m, int *shape);
/* What becomes of a picture's file, `shape` (as picture_shape has it) in
** height x width x channels bytes, rounded once at the end; grey among colours
** becomes one. RGB becomes grey as 0.299 R + 0.587 G + 0.114 B; nothing is done
** about gamma, as everywhere. Of a JPEG file only what is seen is decoded, and
** in an eighth, a quarter or half of its size where this has four times the
** result's sides or more. 0 after ts_fail, also where it has another shape. */
int picture_make(const PictureFit *fit, const void *data, size_t size, int how,
                 const int *shape, unsigned char *out);

#endif
