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
/* The image, grey or RGB, turned as its Exif orientation says. What libjpeg
** would only warn of, such as a file that is cut off, is refused, and so is
** CMYK. NULL after ts_fail, in the name of `name`. */
Image *jpeg_decode(const void *data, size_t size, const char *name);

#endif
