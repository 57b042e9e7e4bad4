/*
** font.c
** Rectangles, tiles and text on an image.
** The font is the sheet below: bands of twelve letters, nine rows each,
** drawn as they look. Widths are read from the ink, so the font is
** proportional, but digits all take five columns and numbers line up.
** Enlarged letters are smoothed: a letter is the region where the
** bilinear interpolation of its pixels exceeds one half, and strokes that
** touch at corners only are joined along their diagonal.
*/

#include "image/font.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

#define BAND 12              /* letters in a band */
#define COLUMNS 5            /* of a letter */
#define ASCII (126 - 32 + 1)
#define BOX 131              /* for what the font does not have */

static const char *const sheet[] = {
  /* space ! " # $ % & ' ( ) asterisk + */
  "..... #.... #.#.. .#.#. ..#.. ##..# .##.. #.... ..#.. #.... ..... .....",
  "..... #.... #.#.. .#.#. .#### ##..# #..#. #.... .#... .#... ..#.. ..#..",
  "..... #.... #.#.. ##### #.#.. ...#. #.#.. #.... #.... ..#.. #.#.# ..#..",
  "..... #.... ..... .#.#. .###. ..#.. .#... ..... #.... ..#.. .###. #####",
  "..... #.... ..... ##### ..#.# .#... #.#.# ..... #.... ..#.. #.#.# ..#..",
  "..... ..... ..... .#.#. ####. #..## #..#. ..... .#... .#... ..#.. ..#..",
  "..... #.... ..... .#.#. ..#.. #..## .##.# ..... ..#.. #.... ..... .....",
  "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
  "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
  /* , - . / 0 1 2 3 4 5 6 7 */
  "..... ..... ..... ...#. .###. ..#.. .###. .###. ...#. ##### ..##. #####",
  "..... ..... ..... ...#. #...# .##.. #...# #...# ..##. #.... .#... ....#",
  "..... ..... ..... ..#.. #...# ..#.. ....# ....# .#.#. ####. #.... ...#.",
  "..... ####. ..... ..#.. #...# ..#.. ...#. ..##. #..#. ....# ####. ...#.",
  "..... ..... ..... .#... #...# ..#.. ..#.. ....# ##### ....# #...# ..#..",
  ".#... ..... ..... .#... #...# ..#.. .#... #...# ...#. #...# #...# ..#..",
  ".#... ..... #.... #.... .###. .###. ##### .###. ...#. .###. .###. ..#..",
  "#.... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
  "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
  /* 8 9 : ; < = > ? @ A B C */
  ".###. .###. ..... ..... ...#. ..... #.... .###. .###. .###. ####. .###.",
  "#...# #...# ..... ..... ..#.. ..... .#... #...# #...# #...# #...# #...#",
  "#...# #...# #.... .#... .#... ####. ..#.. ....# #.### #...# #...# #....",
  ".###. .#### ..... ..... #.... ..... ...#. ...#. #.#.# ##### ####. #....",
  "#...# ....# ..... ..... .#... ####. ..#.. ..#.. #.### #...# #...# #....",
  "#...# ...#. ..... .#... ..#.. ..... .#... ..... #.... #...# #...# #...#",
  ".###. .##.. #.... .#... ...#. ..... #.... ..#.. .#### #...# ####. .###.",
  "..... ..... ..... #.... ..... ..... ..... ..... ..... ..... ..... .....",
  "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
  /* D E F G H I J K L M N O */
  "####. ##### ##### .###. #...# ###.. ..##. #...# #.... #...# #...# .###.",
  "#...# #.... #.... #...# #...# .#... ...#. #..#. #.... ##.## ##..# #...#",
  "#...# #.... #.... #.... #...# .#... ...#. #.#.. #.... #.#.# ##..# #...#",
  "#...# ####. ####. #.### ##### .#... ...#. ##... #.... #.#.# #.#.# #...#",
  "#...# #.... #.... #...# #...# .#... ...#. #.#.. #.... #...# #..## #...#",
  "#...# #.... #.... #...# #...# .#... #..#. #..#. #.... #...# #..## #...#",
  "####. ##### #.... .###. #...# ###.. .##.. #...# ####. #...# #...# .###.",
  "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
  "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
  /* P Q R S T U V W X Y Z [ */
  "####. .###. ####. .###. ##### #...# #...# #...# #...# #...# ##### ##...",
  "#...# #...# #...# #...# ..#.. #...# #...# #...# #...# #...# ....# #....",
  "#...# #...# #...# #.... ..#.. #...# #...# #...# .#.#. .#.#. ...#. #....",
  "####. #...# ####. .###. ..#.. #...# #...# #.#.# ..#.. ..#.. ..#.. #....",
  "#.... #.#.# #.#.. ....# ..#.. #...# .#.#. #.#.# .#.#. ..#.. .#... #....",
  "#.... #..#. #..#. #...# ..#.. #...# .#.#. ##.## #...# ..#.. #.... #....",
  "#.... .##.# #...# .###. ..#.. .###. ..#.. #...# #...# ..#.. ##### ##...",
  "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
  "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
  /* \ ] ^ _ ` a b c d e f g */
  "#.... ##... ..#.. ..... #.... ..... #.... ..... ....# ..... ..##. .....",
  "#.... .#... .#.#. ..... .#... ..... #.... ..... ....# ..... .#... .....",
  ".#... .#... #...# ..... ..... .###. ####. .###. .#### .###. ####. .####",
  ".#... .#... ..... ..... ..... ....# #...# #.... #...# #...# .#... #...#",
  "..#.. .#... ..... ..... ..... .#### #...# #.... #...# ##### .#... #...#",
  "..#.. .#... ..... ..... ..... #...# #...# #.... #...# #.... .#... #...#",
  "...#. ##... ..... ..... ..... .#### ####. .###. .#### .###. .#... .####",
  "..... ..... ..... ##### ..... ..... ..... ..... ..... ..... ..... ....#",
  "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .###.",
  /* h i j k l m n o p q r s */
  "#.... #.... ..#.. #.... #.... ..... ..... ..... ..... ..... ..... .....",
  "#.... ..... ..... #.... #.... ..... ..... ..... ..... ..... ..... .....",
  "####. #.... ..#.. #..#. #.... ####. ####. .###. ####. .#### #.##. .###.",
  "#...# #.... ..#.. #.#.. #.... #.#.# #...# #...# #...# #...# ##... #....",
  "#...# #.... ..#.. ##... #.... #.#.# #...# #...# #...# #...# #.... .##..",
  "#...# #.... ..#.. #.#.. #.... #.#.# #...# #...# #...# #...# #.... ...#.",
  "#...# #.... ..#.. #..#. .#... #.#.# #...# .###. ####. .#### #.... ###..",
  "..... ..... ..#.. ..... ..... ..... ..... ..... #.... ....# ..... .....",
  "..... ..... ##... ..... ..... ..... ..... ..... #.... ....# ..... .....",
  /* t u v w x y z { | } ~ α */
  ".#... ..... ..... ..... ..... ..... ..... ..#.. #.... #.... ..... .....",
  ".#... ..... ..... ..... ..... ..... ..... .#... #.... .#... ..... .....",
  "####. #...# #...# #...# #...# #...# ####. .#... #.... .#... .#... .##.#",
  ".#... #...# #...# #.#.# .#.#. #...# ...#. #.... #.... ..#.. #.#.# #..#.",
  ".#... #...# .#.#. #.#.# ..#.. #...# .##.. .#... #.... .#... ...#. #..#.",
  ".#... #...# .#.#. #.#.# .#.#. #...# #.... .#... #.... .#... ..... #..#.",
  "..##. .#### ..#.. .#.#. #...# .#### ####. ..#.. #.... #.... ..... .##.#",
  "..... ..... ..... ..... ..... ....# ..... ..... #.... ..... ..... .....",
  "..... ..... ..... ..... ..... .###. ..... ..... ..... ..... ..... .....",
  /* β γ δ ε ζ η θ ι κ λ μ ν */
  ".##.. ..... ..##. ..... ####. ..... .###. ..... ..... .#... ..... .....",
  "#..#. ..... .#... ..... ..#.. ..... #...# ..... ..... ..#.. ..... .....",
  "#..#. #...# ..#.. .###. .#... ####. #...# #.... #..#. ..#.. #...# #..#.",
  "###.. #...# .###. #.... #.... #...# ##### #.... #.#.. ..#.. #...# #..#.",
  "#...# .#.#. #...# .##.. #.... #...# #...# #.... ##... .#.#. #...# #..#.",
  "#...# .#.#. #...# #.... #.... #...# #...# #.... #.#.. .#.#. #..## #.#..",
  "####. ..#.. .###. .###. .##.. #...# .###. .#... #..#. #...# ###.# ##...",
  "#.... ..#.. ..... ..... ...#. ....# ..... ..... ..... ..... #.... .....",
  "#.... ..#.. ..... ..... ..#.. ....# ..... ..... ..... ..... #.... .....",
  /* ξ π ρ σ τ φ χ ψ ω Δ Σ Ω */
  ".###. ..... ..... ..... ..... ..#.. ..... ..#.. ..... ..#.. ##### .###.",
  "#.... ..... ..... ..... ..... ..#.. ..... ..#.. ..... ..#.. .#... #...#",
  "#.... ##### .###. .#### ####. .###. #...# #.#.# .#.#. .#.#. ..#.. #...#",
  ".##.. .#.#. #...# #..#. .#... #.#.# .#.#. #.#.# #...# .#.#. ...#. #...#",
  "#.... .#.#. #...# #...# .#... #.#.# .#.#. #.#.# #.#.# #...# ..#.. #...#",
  "#.... .#.#. ##..# #...# .#... #.#.# ..#.. #.#.# #.#.# #...# .#... .#.#.",
  ".##.. .#.## #.##. .###. ..##. .###. .#.#. .###. .#.#. ##### ##### ##.##",
  "...#. ..... #.... ..... ..... ..#.. .#.#. ..#.. ..... ..... ..... .....",
  "..#.. ..... #.... ..... ..... ..#.. #...# ..#.. ..... ..... ..... .....",
  /* ± ² − × ° · ≤ ≥ → ≈ ∞ box */
  "..#.. ##... ..... ..... .#... ..... ...## ##... ..... ..... ..... #####",
  "..#.. ..#.. ..... ..... #.#.. ..... .##.. ..##. ..#.. .##.# ..... #...#",
  "##### .#... ..... #.#.. .#... ..... #.... ....# ...#. #.##. .#.#. #...#",
  "..#.. ###.. ##### .#... ..... #.... .##.. ..##. ##### ..... #.#.# #...#",
  "..#.. ..... ..... #.#.. ..... ..... ...## ##... ...#. .##.# #.#.# #...#",
  "..... ..... ..... ..... ..... ..... ..... ..... ..#.. #.##. .#.#. #...#",
  "##### ..... ..... ..... ..... ..... ##### ##### ..... ..... ..... #####",
  "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
  "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ....."
};

/* the letters after ASCII, in the order of the sheet */
static const unsigned short more[] = {
  0x3b1, 0x3b2, 0x3b3, 0x3b4, 0x3b5, 0x3b6, 0x3b7, 0x3b8, 0x3b9, 0x3ba,
  0x3bb, 0x3bc, 0x3bd, 0x3be, 0x3c0, 0x3c1, 0x3c3, 0x3c4, 0x3c6, 0x3c7,
  0x3c8, 0x3c9, 0x394, 0x3a3, 0x3a9, 0xb1, 0xb2, 0x2212, 0xd7, 0xb0,
  0xb7, 0x2264, 0x2265, 0x2192, 0x2248, 0x221e
};


/* the bytes of a colour on `m` */
static void ink_of(const Image *m, unsigned rgb, unsigned char ink[3]) {
  ink[0] = (unsigned char)(rgb >> 16 & 255);
  ink[1] = (unsigned char)(rgb >> 8 & 255);
  ink[2] = (unsigned char)(rgb & 255);
  if (m->channels == 1)  /* luma, ITU-R BT.601 */
    ink[0] = (unsigned char)((299 * ink[0] + 587 * ink[1] + 114 * ink[2] +
                              500) / 1000);
}


/* cuts from..from+n to 0..limit */
static void clip(long from, long n, long limit, long *a, long *b) {
  *a = from < 0 ? 0 : from;
  *b = from + n > limit ? limit : from + n;
}


void paint_fill(Image *m, long x, long y, long width, long height,
                unsigned rgb) {
  size_t nc = (size_t)m->channels;
  size_t stride = (size_t)m->width * nc;
  unsigned char ink[3];
  long x0, x1, y0, y1, i;
  unsigned char *first;
  clip(x, width, m->width, &x0, &x1);
  clip(y, height, m->height, &y0, &y1);
  if (x0 >= x1 || y0 >= y1) return;
  ink_of(m, rgb, ink);
  first = m->data + (size_t)y0 * stride + (size_t)x0 * nc;
  for (i = 0; i < x1 - x0; i++)
    memcpy(first + (size_t)i * nc, ink, nc);
  for (i = 1; i < y1 - y0; i++)
    memcpy(first + (size_t)i * stride, first, (size_t)(x1 - x0) * nc);
}


int paint_tile(Image *m, long x, long y, const Image *tile, int scale) {
  size_t nc = (size_t)m->channels, tc = (size_t)tile->channels;
  size_t stride = (size_t)m->width * nc;
  long x0, x1, y0, y1, i, j;
  if (tc > nc)
    return ts_fail("an RGB image does not go on a grey canvas");
  clip(x, (long)tile->width * scale, m->width, &x0, &x1);
  clip(y, (long)tile->height * scale, m->height, &y0, &y1);
  if (x0 >= x1) return 1;
  for (i = y0; i < y1; i++) {
    unsigned char *to = m->data + (size_t)i * stride + (size_t)x0 * nc;
    const unsigned char *from;
    if (i > y0 && (i - y) % scale != 0) {
      memcpy(to, to - stride, (size_t)(x1 - x0) * nc);
      continue;
    }
    from = tile->data + (size_t)((i - y) / scale) * (size_t)tile->width * tc;
    for (j = x0; j < x1; j++, to += nc) {
      const unsigned char *p = from + (size_t)((j - x) / scale) * tc;
      if (tc == nc) memcpy(to, p, nc);
      else memset(to, *p, nc);
    }
  }
  return 1;
}


/* the character at s[0..n-1], n > 0, and how many bytes it takes; 0 for
** what is not UTF-8 */
static unsigned long next_char(const char *s, size_t n, size_t *used) {
  unsigned char c = (unsigned char)s[0];
  size_t more_bytes = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
  unsigned long v = more_bytes ? c & (0x3fu >> more_bytes) : c;
  size_t i;
  *used = 1;
  if (more_bytes >= n || (c >= 0x80 && c < 0xc0)) return 0;
  for (i = 1; i <= more_bytes; i++) {
    if (((unsigned char)s[i] & 0xc0) != 0x80) return 0;
    v = v << 6 | ((unsigned char)s[i] & 0x3f);
  }
  *used = 1 + more_bytes;
  return v;
}


static int letter_of(unsigned long v) {
  int i;
  if (v >= 32 && v <= 126) return (int)v - 32;
  if (v == 0xb5) v = 0x3bc;                    /* micro is mu */
  if (v == 0x2013 || v == 0x2014) v = 0x2212;  /* a dash is a minus */
  for (i = 0; i < (int)(sizeof more / sizeof more[0]); i++)
    if (more[i] == v) return ASCII + i;
  return BOX;
}


static int has_ink(int letter, int column, int row) {
  if (column < 0 || column >= COLUMNS || row < 0 || row >= FONT_HEIGHT)
    return 0;
  return sheet[letter / BAND * FONT_HEIGHT + row]
              [letter % BAND * (COLUMNS + 1) + column] == '#';
}


static int letter_width(int letter) {
  int column, row;
  if (letter >= '0' - 32 && letter <= '9' - 32) return COLUMNS;
  if (letter == 0) return 3;
  for (column = COLUMNS - 1; column > 0; column--)
    for (row = 0; row < FONT_HEIGHT; row++)
      if (has_ink(letter, column, row)) return column + 1;
  return 1;
}


long font_width(const char *s, size_t n, int scale) {
  long width = 0;
  if (n > FONT_MAXTEXT) n = FONT_MAXTEXT;
  while (n > 0) {
    size_t used;
    width += letter_width(letter_of(next_char(s, n, &used))) + 1;
    s += used;
    n -= used;
  }
  return width > 0 ? (width - 1) * scale : 0;
}


/* how much of the pixel around (u, v) is ink, with letter pixels at whole
** numbers and `scale` pixels between two of them */
static double coverage(int letter, double u, double v, int scale) {
  int c = (int)floor(u), r = (int)floor(v);
  double x = u - c, y = v - r, z;
  int a = has_ink(letter, c, r), b = has_ink(letter, c + 1, r);
  int d = has_ink(letter, c, r + 1), e = has_ink(letter, c + 1, r + 1);
  if (a && e && !b && !d) z = 1 - fabs(x - y);
  else if (b && d && !a && !e) z = 1 - fabs(x + y - 1);
  else z = (1 - y) * ((1 - x) * a + x * b) + y * ((1 - x) * d + x * e);
  z = (z - 0.5) * scale + 0.5;
  return z < 0 ? 0 : z > 1 ? 1 : z;
}


static void blend(Image *m, long x, long y, const unsigned char *ink,
                  double alpha) {
  unsigned char *p;
  int c;
  if (x < 0 || y < 0 || x >= m->width || y >= m->height) return;
  p = m->data + ((size_t)y * (size_t)m->width + (size_t)x) *
                (size_t)m->channels;
  for (c = 0; c < m->channels; c++)
    p[c] = (unsigned char)(p[c] + (ink[c] - p[c]) * alpha + 0.5);
}


/* a letter with the top left corner of its box at (x, y) */
static void paint_letter(Image *m, long x, long y, int letter, int scale,
                         int turned, const unsigned char *ink) {
  int width = letter_width(letter) * scale, height = FONT_HEIGHT * scale;
  int i, j;
  if (x >= m->width || y >= m->height || x + (turned ? height : width) <= 0 ||
      y + (turned ? width : height) <= 0)
    return;
  for (i = 0; i < width; i++) {
    for (j = 0; j < height; j++) {
      double alpha = coverage(letter, (i + 0.5) / scale - 0.5,
                              (j + 0.5) / scale - 0.5, scale);
      if (alpha <= 0) continue;
      if (turned) blend(m, x + j, y + width - 1 - i, ink, alpha);
      else blend(m, x + i, y + j, ink, alpha);
    }
  }
}


void paint_text(Image *m, long x, long y, const char *s, size_t n, int scale,
                int turned, unsigned rgb) {
  unsigned char ink[3];
  ink_of(m, rgb, ink);
  if (turned) y += font_width(s, n, scale);
  if (n > FONT_MAXTEXT) n = FONT_MAXTEXT;
  while (n > 0) {
    size_t used;
    int letter = letter_of(next_char(s, n, &used));
    long width = (long)letter_width(letter) * scale;
    if (turned) y -= width;
    paint_letter(m, x, y, letter, scale, turned, ink);
    if (turned) y -= scale;
    else x += width + scale;
    s += used;
    n -= used;
  }
}
