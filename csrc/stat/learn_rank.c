/*
** learn_rank.c
** Statistics of order.
*/

#include "stat/learn.h"

#include <stdlib.h>

#include "base/pool.h"

typedef struct Auc {
  long n, k;
  const double *p;
  const int *y;
  double *own;       /* [k, n]: the scores of each class's own items */
  long *count;       /* [k] */
  double *out;
} Auc;


static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}


/* how many of x[n], ascending, are below v; the steps do not depend on
** comparisons, which nobody could foresee */
static long rank(const double *x, long n, double v) {
  const double *base = x;
  while (n > 1) {
    long half = n / 2;
    base += base[half - 1] < v ? half : 0;
    n -= half;
  }
  return (long)(base - x) + (n == 1 && *base < v);
}


static void auc_piece(void *arg, long c) {
  const Auc *a = arg;
  double *own = a->own + c * a->n;
  long own_count = a->count[c], i, at = 0, twice = 0;
  for (i = 0; i < a->n; i++)
    if (a->y[i] == c) own[at++] = a->p[i * a->k + c];
  qsort(own, (size_t)own_count, sizeof *own, by_size);
  for (i = 0; i < a->n; i++)
    if (a->y[i] != c) {
      double v = a->p[i * a->k + c];
      long below, equal;
      if (v < own[0]) {   /* as most are, of a good classifier */
        twice += 2 * own_count;
        continue;
      }
      equal = below = rank(own, own_count, v);
      while (equal < own_count && own[equal] == v) equal++;
      twice += 2 * own_count - below - equal;
    }
  a->out[c] = (double)twice / 2 /
              ((double)own_count * (double)(a->n - own_count));
}


static int count_own(Auc *a) {
  long i;
  for (i = 0; i < a->k; i++) a->count[i] = 0;
  for (i = 0; i < a->n; i++)
    if (a->y[i] >= 0) a->count[a->y[i]]++;
  for (i = 0; i < a->k; i++)
    if (a->count[i] == 0 || a->count[i] == a->n)
      return ts_fail("auc: %ld of %ld items are of class %ld, wanted some and "
                     "not all", a->count[i], a->n, i);
  return 1;
}


int learn_auc(long n, long k, const double *p, const int *y, double *out) {
  Auc a = {n, k, p, y, NULL, NULL, out};
  int ok;
  a.own = mem_array((size_t)(n * k), sizeof *a.own);
  a.count = a.own ? mem_array((size_t)k, sizeof *a.count) : NULL;
  ok = a.count != NULL && count_own(&a);
  ok = ok && pool_try(k, auc_piece, &a);
  mem_free(a.count);
  mem_free(a.own);
  return ok;
}


typedef struct Item {
  real v;
  long at;
} Item;


static int by_item(const void *a, const void *b) {
  const Item *x = a, *y = b;
  if (x->v != y->v) return x->v < y->v ? -1 : 1;
  return (x->at > y->at) - (x->at < y->at);
}


int learn_ranks(long n, long d, const real *x, real *out) {
  Item *item = mem_array((size_t)n, sizeof *item);
  long i, j, l;
  if (item == NULL) return 0;
  if (n > TS_EXACT / 2) {   /* equal items share a rank, which may be a half */
    mem_free(item);
    return ts_fail("ranks: got %ld rows, wanted at most %ld, whose ranks are "
                   "exact", n, TS_EXACT / 2);
  }
  for (j = 0; j < d; j++) {
    for (i = 0; i < n; i++) item[i] = (Item){x[i * d + j], i};
    qsort(item, (size_t)n, sizeof *item, by_item);
    for (i = 0; i < n; i = l) {
      long k;
      for (l = i + 1; l < n && item[l].v == item[i].v; l++) ;
      for (k = i; k < l; k++)
        out[item[k].at * d + j] = (real)((double)(i + 1 + l) / 2);
    }
  }
  mem_free(item);
  return 1;
}
