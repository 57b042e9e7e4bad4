/*
** learn_tree.c
** Regression trees of depth 3 with exact splits. The points were sorted by
** each column once and for all; a node is the same stretch of the list of
** every column, and splitting it keeps these lists sorted. Where columns
** promise the same gain, one is taken by an order drawn for the node.
** Invariant: the lists of one level hold the points of all its nodes, side by
** side; a tree of another class uses those of another thread, or later.
*/

#include "stat/learn_tree.h"

#include <math.h>
#include <string.h>

#include "base/pool.h"
#include "base/rand.h"

#define GAP 1e-7f        /* closer values are not split */
#define PURE 2.2e-16     /* a mean square that counts as 0 */
#define SAME 1e-10       /* relative: gains that count as equal */

/* one node on its way to a split */
typedef struct Node {
  Boost *b;
  Scratch *s;
  long c;                /* the class */
  const double *r;       /* its residuals */
  int at, level;         /* heap index */
  long start, count;
  double sum, square;
} Node;

typedef struct Split {
  long feature, place;   /* so many points go left */
  double gain;
} Split;


static const int *list_of(const Boost *b, const Scratch *s, int level,
                          long feature) {
  return level == 0 ? b->order + feature * b->n
                    : s->list + ((level - 1) * b->d + feature) * b->n;
}


/* The columns in an order drawn for this node, from the seed and from what is
** in them: it does not depend on the order in which they are given. */
static void shuffle(const Node *v) {
  const Boost *b = v->b;
  uint64_t *drawn = v->s->drawn;
  int *visit = v->s->visit;
  long i, j;
  for (i = 0; i < b->d; i++) {
    uint64_t name = b->name[i] ^ b->seed, x;
    uint32_t word[4];
    rand_block(word, name, (uint32_t)b->stage,
               (uint64_t)v->c << 32 | (uint32_t)v->at);
    x = (uint64_t)word[0] << 32 | word[1];
    for (j = i; j > 0 && drawn[j - 1] > x; j--) {
      drawn[j] = drawn[j - 1];
      visit[j] = visit[j - 1];
    }
    drawn[j] = x;
    visit[j] = (int)i;
  }
}


/* whether item i of a column's list and the one before are to be split */
static int has_gap(const Boost *b, const int *list, long i, long feature) {
  return tree_value(b, list[i], feature) >
         tree_value(b, list[i - 1], feature) + GAP;
}


/* the best places of two columns with a gain above bar; two at a time because
** each has to wait for its own sum.
** gain = (n s_left - n_left s)^2 / (n_left n_right)             Friedman */
static void scan(const Node *v, Split *a, Split *z, double bar) {
  const Boost *b = v->b;
  const int *p = list_of(b, v->s, v->level, a->feature) + v->start;
  const int *q = list_of(b, v->s, v->level, z->feature) + v->start;
  const double *r = v->r, *weight = v->s->weight;
  double n = (double)v->count, total = 0, psum = 0, qsum = 0;
  long i;
  a->gain = z->gain = bar;
  for (i = 1; i < v->count; i++) {
    double pdiff, qdiff, pgain, qgain;
    psum += r[p[i - 1]];
    qsum += r[q[i - 1]];
    total += v->sum;
    pdiff = n * psum - total;
    qdiff = n * qsum - total;
    pgain = pdiff * pdiff * weight[i - 1];
    qgain = qdiff * qdiff * weight[i - 1];
    if (pgain > a->gain && has_gap(b, p, i, a->feature)) {
      a->gain = pgain;
      a->place = i;
    }
    if (qgain > z->gain && has_gap(b, q, i, z->feature)) {
      z->gain = qgain;
      z->place = i;
    }
  }
}


/* one that is better than what is known by more than rounding */
static void consider(Split *best, const Split *s) {
  if (s->place > 0 && s->gain > best->gain * (1 + SAME)) *best = *s;
}


static Split best_split(const Node *v) {
  const int *visit = v->s->visit;
  Split best = {-1, 0, -1};
  long i;
  for (i = 0; i < v->count - 1; i++)
    v->s->weight[i] = 1 / ((double)(i + 1) * (double)(v->count - i - 1));
  shuffle(v);
  for (i = 0; i < v->b->d; i += 2) {
    Split a = {visit[i], 0, 0}, z = {visit[i + 1 < v->b->d ? i + 1 : i], 0, 0};
    scan(v, &a, &z, best.gain);
    consider(&best, &a);
    consider(&best, &z);
  }
  return best;
}


/* node `at` is not split; everything below it goes left */
static void set_value(Tree *t, int at, double value) {
  for (; at < 7; at = 2 * at + 1) {
    t->feature[at] = 0;
    t->threshold[at] = INFINITY;
  }
  t->value[at - 7] = value;
}


/* the Newton step of the multinomial deviance; moves the scores */
static void make_leaf(const Node *v, const int *items) {
  Boost *b = v->b;
  double up = 0, down = 0, value, *raw = b->raw + v->c * b->n;
  long i;
  for (i = 0; i < v->count; i++) {
    double r = v->r[items[i]], a = fabs(r);
    up += r;
    down += a * (1 - a);
  }
  if (b->columns > 1) up *= (double)(b->k - 1) / (double)b->k;
  value = down < 1e-150 ? 0 : up / down;
  set_value(b->tree + v->c, v->at, TREE_RATE * value);
  for (i = 0; i < v->count; i++) raw[items[i]] += TREE_RATE * value;
}


/* every column's list of the node, cut in two on the next level. Both sides
** are written at every step and only one moves on, which is faster than to
** decide; what is written too much is overwritten at the end. */
static void part_lists(const Node *v, long left) {
  const Boost *b = v->b;
  const unsigned char *go = v->s->left;
  long j, i;
  for (j = 0; j < b->d; j++) {
    const int *from = list_of(b, v->s, v->level, j) + v->start;
    int *to = v->s->list + (v->level * b->d + j) * b->n + v->start;
    int *rest = v->s->rest;
    long a = 0, z = 0;
    for (i = 0; i < v->count; i++) {
      int item = from[i], l = go[item];
      to[a] = item;
      rest[z] = item;
      a += l;
      z += 1 - l;
    }
    memcpy(to + left, rest, (size_t)z * sizeof *to);
  }
}


static void grow(const Node *v, const int *items);


static void grow_children(const Node *v, const Split *split) {
  const int *list = list_of(v->b, v->s, v->level, split->feature) + v->start;
  Node a = *v, z = *v;
  long i;
  a.level = z.level = v->level + 1;
  a.at = 2 * v->at + 1;
  z.at = a.at + 1;
  a.count = split->place;
  z.start += split->place;
  z.count -= split->place;
  a.sum = a.square = z.sum = z.square = 0;
  for (i = 0; i < v->count; i++) {
    Node *to = i < split->place ? &a : &z;
    double r = v->r[list[i]];
    v->s->left[list[i]] = i < split->place;
    to->sum += r;
    to->square += r * r;
  }
  if (a.level < TREE_DEPTH) {
    part_lists(v, split->place);
    grow(&a, list_of(v->b, v->s, a.level, 0) + a.start);
    grow(&z, list_of(v->b, v->s, z.level, 0) + z.start);
  }
  else {
    make_leaf(&a, list);
    make_leaf(&z, list + split->place);
  }
}


static double halfway(double lower, double upper) {
  double t = lower / 2 + upper / 2;
  return t == upper ? lower : t;
}


static void grow(const Node *v, const int *items) {
  Boost *b = v->b;
  Tree *t = b->tree + v->c;
  double n = (double)v->count, mean = v->sum / n;
  Split split = {-1, 0, 0};
  if (v->count > 1 && v->square / n - mean * mean > PURE)
    split = best_split(v);
  if (split.feature < 0) {
    make_leaf(v, items);
    return;
  }
  items = list_of(b, v->s, v->level, split.feature) + v->start;
  t->feature[v->at] = (int)split.feature;
  t->threshold[v->at] =
    halfway((double)tree_value(b, items[split.place - 1], split.feature),
            (double)tree_value(b, items[split.place], split.feature));
  b->gain[v->c * b->d + split.feature] += split.gain / n;
  grow_children(v, &split);
}


void tree_grow(Boost *b, long c) {
  Node root = {b, b->scratch + pool_self(), c, b->residual + c * b->n, 0, 0,
               0, b->n, 0, 0};
  long i;
  for (i = 0; i < b->d; i++) b->gain[c * b->d + i] = 0;
  for (i = 0; i < b->n; i++) {
    root.sum += root.r[i];
    root.square += root.r[i] * root.r[i];
  }
  grow(&root, b->order);
}
