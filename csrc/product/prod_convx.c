/*
** prod_convx.c
** The part of the convolution that goes back to the image (and, called
** forward, the transposed convolution). The pixels of x whose coordinates
** are congruent modulo the stride are reached by the same taps of the kernel
** and form a phase: a convolution of y, stride 1, with these taps turned
** round. So every pixel is written once, and zeros are multiplied only where
** a window sticks out of y.
** With few channels a phase would fill a small part of a vector, and with few
** points most of a window lies outside. Then every point of y gets its shares
** in the pixels it saw, y w', and these are added up image by image.
*/

#include "product/prod.h"

#include "product/prod_patch.h"
#include "product/prod_plan.h"
#include "product/prod_size.h"

#include <string.h>

#define FEW 8        /* channels */
#define WASTE 1.5    /* of the products that phases need, to those there are */
#define ROWS 128     /* of y that shares are made of at a time, at least */
#define MANY 4096    /* phases: each has a product of its own */
#define SHARES 1e9   /* numbers in an image's shares, at most */

typedef struct Phase {
  Patches s;           /* windows into y; comes first: Mul.from is both */
  const Conv *g;
  real *x;
  long i, j;           /* its first tap */
  long r, q;           /* its first pixel, in 0..sh-1, 0..sw-1 */
} Phase;

typedef struct Job {
  const Conv *g;
  real *x;
  const real *y, *w;
  real *wt;            /* the kernel by phases: see turn */
  char *threads;
  size_t size;         /* bytes for each thread */
  long pieces;         /* of each phase */
} Job;


static size_t up64(size_t n) {
  return (n + 63) / 64 * 64;
}


static size_t kernel_bytes(const Conv *g) {
  return up64((size_t)(g->kh * g->kw * g->c * g->o) * sizeof(real));
}


/* how many of first, first + step, ... are below n */
static long count(long n, long first, long step) {
  return n > first ? (n - first + step - 1) / step : 0;
}


/* how many of 0, ..., n - 1 are, modulo step, below `first` */
static long count_below(long n, long first, long step) {
  return n / step * first + size_min(n % step, first);
}


static long modulo(long a, long b) {
  return (a % b + b) % b;
}


/* phases have their pixels below and beside each other; a stride beyond the
** image would have some without pixels */
static long phase_rows(const Conv *g) {
  return size_min(g->sh, g->h);
}

static long phase_columns(const Conv *g) {
  return size_min(g->sw, g->w);
}

static long phase_count(const Conv *g) {
  return phase_rows(g) * phase_columns(g);
}


/* tap i of y row p goes to x row r where r + pt = sh p + i: the phase of
** pixel (r, q) */
static Phase make_phase(const Conv *g, long r, long q, real *x,
                        const real *y) {
  Phase f = {
    .s = { .x = y, .h = g->oh, .w = g->ow, .c = g->o, .sh = 1, .sw = 1 },
    .g = g, .x = x, .i = (r + g->pt) % g->sh, .j = (q + g->pl) % g->sw,
    .r = r, .q = q
  };
  f.s.ph = count(g->h, f.r, g->sh);
  f.s.pw = count(g->w, f.q, g->sw);
  f.s.kh = count(g->kh, f.i, g->sh);
  f.s.kw = count(g->kw, f.j, g->sw);
  /* the phase's last tap belongs to the first row of its window */
  f.s.top = f.s.kh - 1 - (f.r + g->pt - f.i) / g->sh;
  f.s.left = f.s.kw - 1 - (f.q + g->pl - f.j) / g->sw;
  return f;
}


static Phase phase(const Conv *g, long index, real *x, const real *y) {
  long columns = phase_columns(g);
  return make_phase(g, index / columns, index % columns, x, y);
}


static void place(const Mul *u, real **c, long i, long rows) {
  const Phase *f = u->from;
  const Conv *g = f->g;
  long q = i % f->s.pw, p = i / f->s.pw % f->s.ph;
  long image = i / f->s.pw / f->s.ph;
  while (rows > 0) {
    real *to = f->x + ((image * g->h + f->r + g->sh * p) * g->w +
                       f->q + g->sw * q) * g->c;
    for (; q < f->s.pw && rows > 0; q++, rows--, to += g->sw * g->c)
      *c++ = to;
    q = 0;
    if (++p < f->s.ph) continue;
    p = 0;
    image++;
  }
}


static Mul mul_phase(const Phase *f, const real *wt) {
  const Conv *g = f->g;
  Mul u = {
    .g = {
      .m = g->n * f->s.ph * f->s.pw, .n = g->c,
      .k = f->s.kh * f->s.kw * g->o, .b = wt, .ldb = g->c
    },
    .place = place
  };
  patch_rows(&u, &f->s);
  return u;
}


/* the phases follow each other in wt, the taps of each in falling order,
** and a tap is [o,c]; this is the tap number where a phase begins */
static long phase_start(const Phase *f) {
  const Conv *g = f->g;
  return count_below(g->kh, f->i, g->sh) * g->kw +
         count_below(g->kw, f->j, g->sw) * f->s.kh;
}


/* writes tap t, transposed, where its phase wants it */
static void turn(void *arg, long t) {
  const Job *job = arg;
  const Conv *g = job->g;
  long i = t / g->kw, j = t % g->kw, size = g->c * g->o, c, o;
  Phase f = make_phase(g, modulo(i - g->pt, g->sh), modulo(j - g->pl, g->sw),
                       NULL, NULL);
  long row = f.s.kh - 1 - i / g->sh, column = f.s.kw - 1 - j / g->sw;
  const real *w = job->w + t * size;
  real *to = job->wt + (phase_start(&f) + row * f.s.kw + column) * size;
  for (o = 0; o < g->o; o++)
    for (c = 0; c < g->c; c++)
      *to++ = w[c * g->o + o];
}


static void phase_piece(void *arg, long index) {
  const Job *job = arg;
  const Conv *g = job->g;
  long phases = phase_count(g), i = index / phases;
  Phase f = phase(g, index % phases, job->x, job->y);
  Mul u = mul_phase(&f, job->wt + phase_start(&f) * g->c * g->o);
  mul_rows(&u, u.g.m * i / job->pieces, u.g.m * (i + 1) / job->pieces,
           job->threads + (size_t)pool_self() * job->size);
}


/* what the phase with the largest panels wants */
static size_t phase_bytes(const Conv *g) {
  size_t size = 0;
  long i;
  for (i = 0; i < phase_count(g); i++) {
    Phase f = phase(g, i, NULL, NULL);
    Mul u = mul_phase(&f, NULL);
    size_t n = mul_rowscratch(&u);
    if (n > size) size = n;
  }
  return up64(size);
}


/* multiply-adds in all */
static double work(const Conv *g) {
  return (double)(g->n * g->oh * g->ow) * (double)(g->kh * g->kw * g->c) *
         (double)g->o;
}


/* of about 2^20 multiply-adds each, but no more than 32 of all phases */
static long phase_pieces(const Conv *g) {
  long phases = phase_count(g);
  double n = work(g) / 1048576;
  return size_parts(n < 1 ? 1 : n < 32 ? (long)n : 32, phases);
}


/* `before` bytes, then the scratch of all threads; NULL after ts_fail */
static char *make_room(Job *job, size_t before, size_t size) {
  char *room = mem_alloc(before + (size_t)pool_threads() * size);
  if (room == NULL) return NULL;
  job->threads = room + before;
  job->size = size;
  return room;
}


static int by_phases(Job *job) {
  const Conv *g = job->g;
  long taps = g->kh * g->kw;
  char *room = make_room(job, kernel_bytes(g), phase_bytes(g));
  if (room == NULL) return 0;
  job->wt = (real *)room;
  job->pieces = phase_pieces(g);
  plan_for(taps, turn, job, PLAN_COPY * (double)(taps * g->c * g->o));
  plan_for(job->pieces * phase_count(g), phase_piece, job, work(g));
  mem_free(room);
  return 1;
}


/* images whose shares are made at a time */
static long together(const Conv *g) {
  return size_min(size_parts(ROWS, g->oh * g->ow), g->n);
}


/* y w' of some images */
static Mul mul_shares(const Conv *g, long images, real *shares,
                      const real *y, const real *w) {
  Mul u = {
    .g = {
      .m = images * g->oh * g->ow, .n = g->kh * g->kw * g->c, .k = g->o,
      .a = y, .lda = g->o, .b = w, .ldb = g->o, .tb = 1,
      .c = shares, .ldc = g->kh * g->kw * g->c
    }
  };
  return u;
}


/* numbers that an image's points share out */
static long share_size(const Conv *g) {
  return g->oh * g->ow * g->kh * g->kw * g->c;
}


static size_t share_bytes(const Conv *g) {
  return up64((size_t)(together(g) * share_size(g)) * sizeof(real));
}


/* to[0..n-1] += from[0..n-1], in fours: most runs are that short */
static void add(real *restrict to, const real *restrict from, long n) {
  long j;
  for (; n >= 4; n -= 4, to += 4, from += 4)
    for (j = 0; j < 4; j++) to[j] += from[j];
  for (j = 0; j < n; j++) to[j] += from[j];
}


/* The shares that kernel row i gives to an image row. Neighbours share
** pixels; one after the other they would wait for each other's numbers to
** reach memory, so first come those that are `apart` points away. */
static void add_row(const Conv *g, real *sum, const real *shares, long i) {
  long run = g->kw * g->c, apart = (g->kw + g->sw - 1) / g->sw, first, q;
  for (first = 0; first < apart; first++)
    for (q = first; q < g->ow; q += apart)
      add(sum + q * g->sw * g->c, shares + (q * g->kh + i) * run, run);
}


/* numbers in an image row with its zeros */
static long line(const Conv *g) {
  return ((g->ow - 1) * g->sw + g->kw) * g->c;
}


static size_t line_bytes(const Conv *g) {
  return up64((size_t)line(g) * sizeof(real));
}


static void add_shares(const Conv *g, real *x, const real *shares,
                       real *sum) {
  long size = g->w * g->c, r, p;
  long used = size_max(size_min(line(g) - g->pl * g->c, size), 0);
  for (r = 0; r < g->h; r++, x += size) {
    memset(sum, 0, (size_t)line(g) * sizeof(real));
    for (p = size_min((r + g->pt) / g->sh, g->oh - 1);
         p >= 0 && r + g->pt - p * g->sh < g->kh; p--)
      add_row(g, sum, shares + p * g->ow * g->kh * g->kw * g->c,
              r + g->pt - p * g->sh);
    if (used > 0)
      memcpy(x, sum + g->pl * g->c, (size_t)used * sizeof(real));
    memset(x + used, 0, (size_t)(size - used) * sizeof(real));
  }
}


static void share_piece(void *arg, long piece) {
  const Job *job = arg;
  const Conv *g = job->g;
  long first = piece * together(g), i;
  long images = size_min(together(g), g->n - first);
  char *shares = job->threads + (size_t)pool_self() * job->size;
  char *sum = shares + share_bytes(g);
  Mul u = mul_shares(g, images, (real *)shares,
                     job->y + first * g->oh * g->ow * g->o, job->w);
  mul_rows(&u, 0, u.g.m, sum + line_bytes(g));
  for (i = 0; i < images; i++)
    add_shares(g, job->x + (first + i) * g->h * g->w * g->c,
               (real *)shares + i * share_size(g), (real *)sum);
}


static size_t piece_bytes(const Conv *g) {
  Mul u = mul_shares(g, together(g), NULL, NULL, NULL);
  return up64(share_bytes(g) + line_bytes(g) + mul_rowscratch(&u));
}


/* multiply-adds of all phases, of zeros too: points and taps of the rows times
** those of the columns */
static double phase_work(const Conv *g) {
  double rows = 0, columns = 0;
  long i;
  for (i = 0; i < phase_rows(g); i++) {
    Phase f = make_phase(g, i, 0, NULL, NULL);
    rows += (double)f.s.ph * (double)f.s.kh;
  }
  for (i = 0; i < phase_columns(g); i++) {
    Phase f = make_phase(g, 0, i, NULL, NULL);
    columns += (double)f.s.pw * (double)f.s.kw;
  }
  return rows * columns * (double)(g->n * g->c) * (double)g->o;
}


/* few channels, many phases or much waste, and shares that have room */
static int by_shares(const Conv *g) {
  double size = (double)(g->oh * g->ow) * (double)(g->kh * g->kw * g->c);
  return size <= SHARES && (g->c <= FEW || phase_count(g) > MANY ||
                            phase_work(g) > WASTE * work(g));
}


int prod_conv_x(const Conv *g, real *x, const real *y, const real *w) {
  Job job = { .g = g, .x = x, .y = y, .w = w };
  char *room;
  if (g->n * g->h * g->w * g->c == 0) return 1;
  if (!by_shares(g)) return by_phases(&job);
  room = make_room(&job, 0, piece_bytes(g));
  if (room == NULL) return 0;
  plan_for(size_parts(g->n, together(g)), share_piece, &job, work(g));
  mem_free(room);
  return 1;
}
