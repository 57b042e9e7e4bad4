/*
** learn_tsne.c
** What t-SNE is made of (van der Maaten & Hinton 2008; van der Maaten 2014):
** the affinities of points to their nearest neighbours, and the gradient of
** the divergence between these and the affinities of a map in the plane.
** Repulsion is summed over the cells of a quadtree. Its nodes stand in the
** order of a walk from the root: behind a node stand its parts, and `next`
** leads past them, so a walk needs no stack.
*/

#include "stat/learn.h"

#include <math.h>
#include <string.h>

#include "base/pool.h"

#define DEEPEST 48      /* points that are still together share a leaf */
#define ROWS 64         /* in a piece of a loop */
#define HALVINGS 200    /* of the search for a width, at most */

typedef struct Search {
  long n, d, k;
  const real *x;
  double perplexity;
  double *distance;     /* [n, k], squares, then affinities */
  int *index;           /* [n, k] */
} Search;

typedef struct Node {
  double x, y;          /* centre of its points */
  double width;         /* squared */
  long next;
  int count, leaf;
} Node;

typedef struct Place { double x, y; } Place;

typedef struct Box {
  long first, last;
  double x, y, half;    /* its middle */
  int depth;
} Box;

typedef struct Map {
  const Affinity *a;
  const real *y;
  double theta, exaggeration;
  Node *node;
  long nodes, room;
  Place *place;         /* points by cells */
  double *pull;         /* [n, 2]: attraction */
  double *push;         /* [n, 2]: repulsion, times z */
  double *z, *kl;       /* [n]: their sums */
} Map;


static LEARN_CLONES double squared_distance(long d, const real *a,
                                            const real *b) {
  real sum[8] = {0};
  double total = 0;
  long i = 0, j;
  for (; i + 8 <= d; i += 8)
    for (j = 0; j < 8; j++) sum[j] += (a[i+j] - b[i+j]) * (a[i+j] - b[i+j]);
  for (; i < d; i++) sum[i % 8] += (a[i] - b[i]) * (a[i] - b[i]);
  for (j = 0; j < 8; j++) total += (double)sum[j];
  return total;
}


/* moves the item at `at` of a heap, the largest first, down to its place */
static void sink(double *v, int *index, long k, long at) {
  double value = v[at];
  int own = index[at];
  for (;;) {
    long child = 2 * at + 1;
    if (child >= k) break;
    if (child + 1 < k && v[child + 1] > v[child]) child++;
    if (v[child] <= value) break;
    v[at] = v[child];
    index[at] = index[child];
    at = child;
  }
  v[at] = value;
  index[at] = own;
}


/* the k points nearest to point i; of equally near ones the first */
static void nearest(const Search *s, long i, double *v, int *index) {
  long j, m = 0, h;
  for (j = 0; j < s->n; j++) {
    double far;
    if (j == i) continue;
    far = squared_distance(s->d, s->x + i * s->d, s->x + j * s->d);
    if (m < s->k) {
      v[m] = far;
      index[m++] = (int)j;
      if (m == s->k)
        for (h = m / 2 - 1; h >= 0; h--) sink(v, index, m, h);
    }
    else if (far < v[0]) {
      v[0] = far;
      index[0] = (int)j;
      sink(v, index, m, 0);
    }
  }
}


/* weights w of squared distances v, with sum 1, and their entropy */
static double weigh(long k, const double *v, double least, double beta,
                    double *w) {
  double sum = 0, entropy;
  long j;
  for (j = 0; j < k; j++) sum += w[j] = exp(-beta * (v[j] - least));
  for (entropy = log(sum), j = 0; j < k; j++) {
    entropy += w[j] / sum * beta * (v[j] - least);
    w[j] /= sum;
  }
  return entropy;
}


/* Squared distances become weights of this perplexity, the exponential of
** the entropy, by halving the range of beta = 1 / (2 width^2). */
static void calibrate(long k, double *v, double perplexity, double *w) {
  double wanted = log(perplexity), lo = 0, hi = INFINITY, beta = 1;
  double least = v[0], far = 0;
  long j;
  int step;
  for (j = 1; j < k; j++) least = fmin(least, v[j]);
  for (j = 0; j < k; j++) far += v[j] - least;
  if (far > 0) beta = (double)k / far;
  for (step = 0; step < HALVINGS; step++) {
    double entropy = weigh(k, v, least, beta, w);
    if (fabs(entropy - wanted) < 1e-6 || far <= 0) break;
    if (entropy > wanted) lo = beta;
    else hi = beta;
    beta = isinf(hi) ? beta * 2 : (lo + hi) / 2;
    if (!(beta < 1e300)) break;
  }
  memcpy(v, w, (size_t)k * sizeof *v);
}


static void search_piece(void *arg, long i, long to) {
  const Search *s = arg;
  for (; i < to; i++)
    nearest(s, i, s->distance + i * s->k, s->index + i * s->k);
}


/* p(j|i) and p(i|j) in the rows of both; start[i + 1] counts those of i */
static void spread(const Search *s, Affinity *a) {
  long i, j;
  memset(a->start, 0, ((size_t)s->n + 1) * sizeof *a->start);
  for (i = 0; i < s->n * s->k; i++) {
    a->start[i / s->k + 1]++;
    a->start[s->index[i] + 1]++;
  }
  for (i = 0; i < s->n; i++) a->start[i + 1] += a->start[i];
  for (i = 0; i < s->n; i++)
    for (j = i * s->k; j < (i + 1) * s->k; j++) {
      long own = a->start[i]++, other = a->start[s->index[j]]++;
      a->to[own] = s->index[j];
      a->to[other] = (int)i;
      a->p[own] = a->p[other] = s->distance[j] / (2 * (double)s->n);
    }
  for (i = s->n; i > 0; i--) a->start[i] = a->start[i - 1];
  a->start[0] = 0;
}


/* adds up what has the same column; at[n] is where a column stands */
static void merge(Affinity *a, long *at) {
  long i, j, m = 0, first = 0;
  for (i = 0; i < a->n; i++) at[i] = -1;
  for (i = 0; i < a->n; i++) {
    long begin = m;
    for (j = first; j < a->start[i + 1]; j++) {
      int c = a->to[j];
      if (at[c] >= begin) a->p[at[c]] += a->p[j];
      else {
        at[c] = m;
        a->to[m] = c;
        a->p[m++] = a->p[j];
      }
    }
    first = a->start[i + 1];
    a->start[i + 1] = m;
  }
}


void learn_dropaffinity(Affinity *a) {
  if (a) {
    mem_free(a->start);
    mem_free(a->to);
    mem_free(a->p);
  }
  mem_free(a);
}


static Affinity *new_affinity(long n, long k) {
  Affinity *a = mem_alloc(sizeof *a);
  if (a == NULL) return NULL;
  a->n = n;
  a->start = mem_array((size_t)n + 1, sizeof *a->start);
  a->to = mem_array((size_t)(2 * n * k), sizeof *a->to);
  a->p = mem_array((size_t)(2 * n * k), sizeof *a->p);
  if (a->start && a->to && a->p) return a;
  learn_dropaffinity(a);
  return NULL;
}


Affinity *learn_affinity(long n, long d, const real *x, long k,
                         double perplexity) {
  Search s = {n, d, k, x, perplexity, NULL, NULL};
  Affinity *a = new_affinity(n, k);
  double *w = mem_array((size_t)k, sizeof *w);
  long *at = mem_array((size_t)n, sizeof *at), i;
  s.distance = mem_array((size_t)(n * k), sizeof *s.distance);
  s.index = mem_array((size_t)(n * k), sizeof *s.index);
  if (a && w && at && s.distance && s.index &&
      pool_tryrange(n, ROWS, search_piece, &s)) {
    for (i = 0; i < n; i++)
      calibrate(k, s.distance + i * k, perplexity, w);
    spread(&s, a);
    merge(a, at);
  }
  else {
    learn_dropaffinity(a);
    a = NULL;
  }
  mem_free(w);
  mem_free(at);
  mem_free(s.distance);
  mem_free(s.index);
  return a;
}


/* puts the points of a box with a coordinate below `at` first */
static long divide(Place *p, long first, long last, int vertical, double at) {
  long i, m = first;
  for (i = first; i < last; i++)
    if ((vertical ? p[i].y : p[i].x) < at) {
      Place t = p[i];
      p[i] = p[m];
      p[m++] = t;
    }
  return m;
}


/* The four parts of a box, the last one first, on top of a stack. */
static int quarter(Place *p, const Box *b, Box *stack) {
  long middle = divide(p, b->first, b->last, 1, b->y);
  long cut[5];
  int i, n = 0;
  cut[0] = b->first;
  cut[1] = divide(p, b->first, middle, 0, b->x);
  cut[2] = middle;
  cut[3] = divide(p, middle, b->last, 0, b->x);
  cut[4] = b->last;
  for (i = 3; i >= 0; i--)
    if (cut[i] < cut[i + 1]) {
      Box *part = stack + n++;
      part->first = cut[i];
      part->last = cut[i + 1];
      part->half = b->half / 2;
      part->x = b->x + (i % 2 ? part->half : -part->half);
      part->y = b->y + (i / 2 ? part->half : -part->half);
      part->depth = b->depth + 1;
    }
  return n;
}


static Box whole(const Map *m) {
  Box b = {0, m->a->n, 0, 0, 0, 0};
  double lo[2], hi[2];
  long i;
  lo[0] = hi[0] = m->place[0].x;
  lo[1] = hi[1] = m->place[0].y;
  for (i = 1; i < b.last; i++) {
    lo[0] = fmin(lo[0], m->place[i].x);
    hi[0] = fmax(hi[0], m->place[i].x);
    lo[1] = fmin(lo[1], m->place[i].y);
    hi[1] = fmax(hi[1], m->place[i].y);
  }
  b.x = (lo[0] + hi[0]) / 2;
  b.y = (lo[1] + hi[1]) / 2;
  b.half = fmax(hi[0] - lo[0], hi[1] - lo[1]) / 2 * (1 + 1e-9) + 1e-300;
  return b;
}


static int grow(Map *m) {
  long room = m->room ? 2 * m->room : 4 * m->a->n + 64;
  Node *node = mem_array((size_t)room, sizeof *node);
  if (node == NULL) return 0;
  if (m->nodes > 0)
    memcpy(node, m->node, (size_t)m->nodes * sizeof *node);
  mem_free(m->node);
  m->node = node;
  m->room = room;
  return 1;
}


/* A node's `next` is the first behind it that is not deeper. While the tree
** is made, it holds the depth instead. */
static void link_nodes(Map *m) {
  long last[DEEPEST + 1], i;
  int d, depth;
  for (d = 0; d <= DEEPEST; d++) last[d] = m->nodes;
  for (i = m->nodes - 1; i >= 0; i--) {
    depth = (int)m->node[i].next;
    m->node[i].next = last[depth];
    for (d = depth; d <= DEEPEST; d++) last[d] = i;
  }
}


static int build(Map *m) {
  Box stack[3 * DEEPEST + 8];
  long n = 1, i;
  for (i = 0; i < m->a->n; i++) {
    m->place[i].x = (double)m->y[2 * i];
    m->place[i].y = (double)m->y[2 * i + 1];
  }
  stack[0] = whole(m);
  while (n > 0) {
    Box b = stack[--n];
    Node *t;
    if (m->nodes == m->room && !grow(m)) return 0;
    t = m->node + m->nodes++;
    t->x = t->y = 0;
    for (i = b.first; i < b.last; i++) {
      t->x += m->place[i].x;
      t->y += m->place[i].y;
    }
    t->count = (int)(b.last - b.first);
    t->x /= t->count;
    t->y /= t->count;
    t->width = 4 * b.half * b.half;
    t->next = b.depth;
    t->leaf = t->count == 1 || b.depth == DEEPEST;
    if (!t->leaf) n += quarter(m->place, &b, stack + n);
  }
  link_nodes(m);
  return 1;
}


/* sum over all other points of q^2 (y_i - y_j), and of q = 1 / (1 + r^2) */
static void repel(const Map *m, long i) {
  double x = (double)m->y[2 * i], y = (double)m->y[2 * i + 1];
  double fx = 0, fy = 0, z = -1, near = m->theta * m->theta;
  long at = 0;
  while (at < m->nodes) {
    const Node *t = m->node + at;
    double dx = x - t->x, dy = y - t->y, r = dx * dx + dy * dy;
    if (t->leaf || t->width < near * r) {
      double q = 1 / (1 + r), mass = t->count * q;
      z += mass;
      fx += mass * q * dx;
      fy += mass * q * dy;
      at = t->next;
    }
    else at++;
  }
  m->push[2 * i] = fx;
  m->push[2 * i + 1] = fy;
  m->z[i] = z;
}


/* sum over neighbours of p q (y_i - y_j), and of p log(p / q) */
static void attract(const Map *m, long i) {
  const Affinity *a = m->a;
  double x = (double)m->y[2 * i], y = (double)m->y[2 * i + 1];
  double fx = 0, fy = 0, kl = 0;
  long j;
  for (j = a->start[i]; j < a->start[i + 1]; j++) {
    double dx = x - (double)m->y[2 * a->to[j]];
    double dy = y - (double)m->y[2 * a->to[j] + 1];
    double r = 1 + dx * dx + dy * dy, p = a->p[j];
    fx += p / r * dx;
    fy += p / r * dy;
    if (p > 0) kl += p * log(p * r);
  }
  m->pull[2 * i] = fx;
  m->pull[2 * i + 1] = fy;
  m->kl[i] = kl;
}


static void force_piece(void *arg, long i, long to) {
  const Map *m = arg;
  for (; i < to; i++) {
    repel(m, i);
    attract(m, i);
  }
}


int learn_tsne(const Affinity *a, const real *y, double theta,
               double exaggeration, real *out, double *kl) {
  Map m = {a, y, theta, exaggeration, NULL, 0, 0, NULL, NULL, NULL, NULL,
           NULL};
  double *work = mem_array((size_t)a->n, 6 * sizeof *work), z = 0, sum = 0;
  long i;
  int ok;
  m.place = mem_array((size_t)a->n, sizeof *m.place);
  ok = work && m.place && build(&m);
  if (ok) {
    m.pull = work;
    m.push = work + 2 * a->n;
    m.z = work + 4 * a->n;
    m.kl = work + 5 * a->n;
    ok = pool_tryrange(a->n, ROWS, force_piece, &m);
  }
  if (ok) {
    for (i = 0; i < a->n; i++) {
      z += m.z[i];
      sum += m.kl[i];
    }
    for (i = 0; i < 2 * a->n; i++)
      out[i] = (real)(4 * (exaggeration * m.pull[i] - m.push[i] / z));
    *kl = sum + log(z);
  }
  mem_free(work);
  mem_free(m.place);
  mem_free(m.node);
  return ok;
}
