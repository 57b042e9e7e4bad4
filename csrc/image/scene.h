/*
** scene.h
** Pictures of bodies: triangles under a camera and one distant light, with
** shadows. A batch of n images shares its triangles; where their vertices
** are, what colours they have and where camera and light stand is said for
** each image. In the world y is up, and x, y, z are right-handed.
** All sizes are positive and all vertices in range: who calls has made sure.
** What is not finite is not drawn.
*/

#ifndef scene_h
#define scene_h

#include "base/mem.h"

/* numbers that all images share (step 0), or of each image its own */
typedef struct Given {
  const real *from;
  long step;             /* from one image's to the next one's */
} Given;

/* a body */
typedef struct ScenePart {
  long vertices;         /* their number */
  long first;            /* the number of the first among all of the scene */
  long triangles, from;  /* the same of its triangles */
  Given vertex;          /* [vertices 3], in the body's own space */
  Given paint;           /* [vertices channels], times colour; NULL: ones */
  Given scale, turn, at; /* 3 each: scaled along its axes; turned about z, x,
                            then y, turn = {y, x, z} in radians; moved */
  Given colour;          /* [channels] */
  Given gloss;           /* 1 */
  Given texture;         /* [height width channels], times colour and paint;
                            NULL: ones */
  int height, width;     /* of the texture */
  Given uv;              /* [vertices 2], where each lies in the texture: it
                            goes from 0 to 1 to the right and down, and on
                            and on */
  int open;              /* both sides are seen */
  int casts;             /* throws a shadow */
} ScenePart;

typedef struct Scene {
  long n;
  int side;              /* pixels of an edge of the images */
  int channels;          /* 1 to 4 */
  int grid;              /* samples of an edge of a pixel */
  int map;               /* cells of an edge of the map of shadows; 0: none */
  int parts;
  const ScenePart *part;
  long vertices;         /* of all parts */
  long triangles;
  const int *triangle;   /* [triangles 3], numbers of vertices, anticlockwise
                            as they are seen from outside */
  const int *owner;      /* [triangles], numbers of parts */
  Given eye, to;         /* 3 each: where the camera stands, and what is in
                            the middle of its picture; y is up there */
  Given roll;            /* 1: how far the camera leans to its right, in
                            radians */
  Given focal;           /* 1: distance from the eye to a picture that is 2
                            wide; of parallel rays how large a unit is */
  int parallel;
  Given light;           /* 3, towards it */
  Given ambient;         /* 1 */
  Given ground;          /* [channels], or [side side channels] */
  int ground_pixels;     /* the latter */
} Scene;

/* out[n side side channels]; 0 after ts_fail */
int scene_draw(const Scene *s, real *out);

#endif
