/*
** sheet.h
** Drawing in two dimensions on a whole batch: n images of equal size, and
** shapes whose numbers may differ from image to image. A call draws one shape
** on every image, on all threads, an image by one of them: the bits do not
** depend on how many there are. The unit of length is a pixel; (0, 0) is the
** upper left corner of the picture, y points down, and the centre of the
** first pixel is (.5, .5).
** A shape gives each pixel the share of it that it covers, 0 to 1, and lays
** its colour over what was there in this proportion. No argument is checked:
** who calls has made sure that numbers are finite and within SHEET_FAR.
*/

#ifndef sheet_h
#define sheet_h

#include "base/mem.h"

#define SHEET_MAXSIDE 4096
#define SHEET_FAR 1e6

typedef struct Sheet {
  long n;
  int height, width, channels;
  real *pixel;    /* [n height width channels]; a layer's are times alpha */
  real *alpha;    /* [n height width] of a layer; NULL: nothing shines
                     through */
} Sheet;

/* numbers of each image: those of image i from data + i * step on; a step of
** 0: the same for all */
typedef struct Each {
  const real *data;
  long step;
} Each;

typedef struct Ink {
  Each colour;    /* [channels] */
  Each alpha;     /* one number, 0 to 1 */
  int hard;       /* pixels are covered by half or more, or not at all */
} Ink;

/* All return 0 after ts_fail where there is no room for scratch space. */

/* a polygon of k corners (x, y): the exact area of a simple one; where the
** outline goes round a place several times it is covered once */
int sheet_fill(Sheet *s, Each points, long k, const Ink *ink);

/* `lines` lines through k points each, drawn with a round pen: one shape.
** width: the pen's diameter, one number, or one for each point if `tapered`;
** soft: over how many pixels an edge fades */
typedef struct Stroke {
  Each points;    /* [lines k 2] */
  long lines, k;
  Each width;     /* [1] or [lines k] */
  int tapered;
  double soft;
} Stroke;

int sheet_stroke(Sheet *s, const Stroke *stroke, const Ink *ink);

/* pixel art: one of several maps of a palette's numbers, 0 for nothing */
typedef struct Blit {
  const real *map;      /* [maps height width] */
  int height, width;
  Each frame;           /* which of the maps, from 1 on */
  Each palette;         /* [colours channels] */
  Each at;              /* x, y of its upper left corner, rounded */
  Each mirror;          /* 1: left is right */
  Each alpha;
} Blit;

void sheet_blit(Sheet *s, const Blit *blit);

/* lays another sheet of this size over this one */
void sheet_put(Sheet *s, const Sheet *over, Each alpha);

/* of fill and stroke: lays the colour of image i over pixels x0..x1-1 of row
** y, which are covered by cover[0..] */
void sheet_row(Sheet *s, const Ink *ink, long i, int y, int x0, int x1,
               const real *cover);

#endif
