/*
** learn_tree.h
** What boosting (learn_boost.c) and its trees (learn_tree.c) share.
*/

#ifndef learn_tree_h
#define learn_tree_h

#include "stat/learn.h"

#define TREE_DEPTH 3
#define TREE_RATE 0.1

typedef struct Scratch {
  int *list;             /* [TREE_DEPTH - 1, d, n]: the levels below the root */
  unsigned char *left;   /* [n] */
  double *weight;        /* [n]: 1 / (n_left n_right) of the present node */
  int *rest;             /* [n + 1]: half of a list */
  uint64_t *drawn;       /* [d] */
  int *visit;            /* [d]: columns in the order they are tried */
} Scratch;

typedef struct Boost {
  long n, d, k, columns;
  const real *x;
  const int *y;
  int *order;            /* [d, n]: the points by each column */
  uint64_t *name;        /* [d]: a number made of what is in each column */
  double *raw;           /* [columns, n]: scores */
  double *residual;      /* [columns, n] */
  double *gain;          /* [columns, d]: of this stage's trees */
  Scratch *scratch;      /* one for each thread */
  uint64_t seed;
  long stage;
  Tree *tree;            /* of this stage */
} Boost;

static inline float tree_value(const Boost *b, long point, long feature) {
  return (float)b->x[point * b->d + feature];
}

/* the tree of class c on its residuals, into b->tree; moves its scores */
void tree_grow(Boost *b, long c);

#endif
