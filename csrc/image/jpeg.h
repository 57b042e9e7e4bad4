/*
** jpeg.h
** JPEG files in memory, as images.
*/

#ifndef jpeg_h
#define jpeg_h

#include <stddef.h>

#include "image/png.h"

/* whether the file begins as a JPEG does */
int jpeg_looks(const void *data, size_t size);

typedef struct JpegHead {
  int width, height;    /* as it is to be seen */
  int turned;           /* its Exif orientation says that the file is not so */
} JpegHead;

/* which part of the image is wanted: that many of its rows from `top` on, 0:
** all, of pixels that are means of shrink x shrink (1, 2, 4 or 8) of the file;
** those at its end stand for pixels beyond it too. Rows count such pixels. */
typedef struct JpegPart { int shrink, top, rows; } JpegPart;

/* 0 after ts_fail, in the name of `name`, as jpeg_decode */
int jpeg_head(const void *data, size_t size, const char *name, JpegHead *head);
/* The image, grey or RGB, turned as its Exif orientation says; of one that is
** not turned, a part. What libjpeg would only warn of, such as a file that is
** cut off, is refused, and so is CMYK. NULL after ts_fail, in the name of
** `name`. */
Image *jpeg_decode(const void *data, size_t size, const char *name,
                   const JpegPart *part);

#endif
