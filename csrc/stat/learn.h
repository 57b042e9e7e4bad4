/*
** learn.h
** Estimators of statistics: what metrics are made of. Everything here works
** on raw arrays, row-major, and computes in double precision in a fixed
** order, so the bits do not depend on the number of threads. What looks
** random is given a key, as a stream has.
** Classes are integers from 0; -1 stands for a class that is not known.
** A function that returns a pointer or an int returns NULL or 0 after ts_fail.
*/

#ifndef learn_h
#define learn_h

#include <stdint.h>

#include "base/mem.h"

/* a function whose loops are worth wider vectors, where the processor has
** them; without contraction its bits are the same. The sanitizers cannot start
** such functions. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(TS_SANITIZE)
#define LEARN_CLONES \
  __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define LEARN_CLONES
#endif

/*
** Columns of classes.
*/

#define LEARN_MAXCELLS (1L << 22)  /* of a table of two columns */
#define LEARN_MAXCODES 4096
#define LEARN_MAXCLASSES 2048

/* the distinct values of y[0], y[stride] .. y[(n-1) stride], ascending, into
** values[n]; code[i] is the place of y[i*stride] among them. Returns their
** number, 0 after ts_fail. */
long learn_classes(long n, const real *y, long stride, int *code,
                   real *values);

/* the place of v among values[k], ascending; -1: it is none of them */
int learn_place(long k, const real *values, real v);

/* each item of x[n,d] becomes the number, 0..bins-1, of the part of its
** column's range that it is in, the last part closed. As numpy.histogram and
** numpy.digitize do it in single precision, edges and items are rounded to
** float, unless `wide`; a constant column [v] has the range v-0.5 .. v+0.5. */
int learn_bins(long n, long d, const real *x, int bins, int wide, real *out);

/* information in nats between each of p columns of a[p,n], of na[p] classes,
** and each of q columns of b[q,n], of nb[q]: out[p,q] */
int learn_mutual(long n, long p, const int *a, const long *na, long q,
                 const int *b, const long *nb, double *out);

/* entropy in nats of a column of k classes */
int learn_entropy(long n, const int *a, long k, double *out);

/*
** Multinomial logistic regression: the minimum over w[k,d], b[k] of
** |w|^2 / 2 + C sum_i -log softmax(w x_i + b)[y_i]; with two classes that of
** one vector, as |w|^2 counts both. It exists and is unique up to a number
** added to b, for separable points too. The gradient's largest entry becomes
** 1e-8 max(C, 1) max(n / 10000, 1) or what rounding allows; with more than
** 3000 weights 1e-3 instead, or what 200 steps reach, or one that gains 1e-10
** of the value does not better.
*/

typedef struct Logistic {
  long d, k;        /* columns, classes */
  long steps;       /* of Newton's method */
  double slope;     /* the largest entry of the gradient at the end */
  double loss;      /* the value of the minimum */
  double *w;        /* [k, d + 1], b in the last column */
} Logistic;

Logistic *learn_logistic(long n, long d, const real *x, const int *y, long k,
                         double C);
void learn_droplogistic(Logistic *m);
/* softmax(w x_i + b) into p[n,k] */
int learn_proba(const Logistic *m, long n, const real *x, double *p);

/* the share of pairs of an item of class c and one of another, or unknown,
** class in which the first has the larger p[n,k][c]; equal ones count half.
** out[k]; fails where y has no item of a class or nothing else. */
int learn_auc(long n, long k, const double *p, const int *y, double *out);

/*
** Points that share the value of a factor, for metrics that hold one fixed.
** A value that only one point has is left out: there is no pair of it.
*/

typedef struct Groups {
  long n, k;        /* points, factors */
  int *code;        /* [k, n] */
  int *order;       /* [k, n]: points by their value, those left out last */
  long *used;       /* [k]: points not left out */
  long *start;      /* value v of factor f begins at start[first[f] + v] */
  long *first;      /* [k + 1]: where each factor's values begin in `start` */
} Groups;

Groups *learn_groups(long n, long k, const real *factors);
void learn_dropgroups(Groups *g);

/* A draw of m items. Item i is made of the blocks i*(size+1) .. of Philox
** with this key and step. */
typedef struct Draw {
  uint64_t key, step;
  long m, size;
} Draw;

/* Higgins et al. 2017: for each of m items a factor y, uniform, `size` pairs
** of points that share its value, and the mean of |a - b| over them:
** out[m,d], y[m]. The first of a pair is uniform among all points. */
void learn_pairs(const Groups *g, long d, const real *codes, const Draw *draw,
                 real *out, real *y);

/* Kim & Mnih 2018: for each of m items a factor y, uniform, `size` points that
** share a value of it, and the column whose variance over them (n - 1) is
** smallest, or largest, in relation to scale[d]: out[m], y[m]. Columns with
** scale 0 are left out; -1 if all are. The value is that of a point drawn
** uniformly. */
void learn_votes(const Groups *g, long d, const real *codes,
                 const double *scale, int largest, const Draw *draw,
                 real *out, real *y);

/*
** Gradient boosted trees for classification.
*/

/* Complete, of depth 3: node v's children are 2v + 1 and 2v + 2, an item goes
** left if the feature is up to the threshold (infinite where there is nothing
** to split), and leaf v has the value v - 7. */
typedef struct Tree {
  int feature[7];
  double threshold[7], value[8];
} Tree;

typedef struct Boosted {
  long d, k;           /* columns of items, classes */
  long columns;        /* of scores: k, or 1 for two classes */
  long stages;
  double *start;       /* [columns]: scores before the first stage */
  Tree *tree;          /* [stages, columns] */
  double *importance;  /* [d]: decrease of squares by each column, sum 1 */
  double accuracy;     /* on the items that were learned from */
  double *share;       /* [d]: the mean of this for single trees, each made
                       ** to sum up to 1 */
} Boosted;

/* y has all classes 0..k-1. `seed` decides between splits that are equally
** good up to rounding. */
Boosted *learn_boost(long n, long d, const real *x, const int *y, long k,
                     long stages, uint64_t seed);
void learn_dropboost(Boosted *m);
/* out[n, columns]: the largest score is the predicted class; a single one
** above 0 means class 1 */
void learn_scores(const Boosted *m, long n, const real *x, double *out);

/*
** Linear models.
*/

/* Support vector machines with squared hinge on each column alone, each class
** c against the others: w[d,k,2] are w, b of the minimum of
**   (w^2 + b^2) / 2 + C n / (k n_c) sum_{y = c} max(0, 1 - w x - b)^2
**   + C' sum_{y != c} max(0, 1 + w x + b)^2,
** C' = C, or for two classes C times the other's n / (2 n_c). */
int learn_margin(long n, long d, const real *x, const int *y, long k,
                 double C, double *w);
/* the share of items whose class has the largest w x + b, by each column:
** out[d] */
void learn_marginscore(long n, long d, const real *x, const int *y, long k,
                       const double *w, double *out);

/* for each of t columns of y[n,t] the minimum out[t,d] over w, b of
** |y - x w - b|^2 / (2 n) + alpha |w|_1 */
int learn_lasso(long n, long d, const real *x, long t, const real *y,
                double alpha, double *out);

/*
** Spread.
*/

/* out[p,q] of columns of a[n,p] and b[n,q], divided by n - 1; own[p] and
** their[q]: the variances of either's columns */
int learn_covariance(long n, long p, const real *a, long q, const real *b,
                     double *out, double *own, double *their);

/* for each column the quantile q of |x - mean of the class|, averaged over
** the classes: out[d] */
int learn_deviation(long n, long d, const real *x, const int *y, long k,
                    double q, double *out);

/* of a Gaussian with this covariance: total correlation in nats (infinite
** for a singular one), and the squared Wasserstein distance to the one with
** independent columns */
int learn_gauss(long d, const double *cov, double *tc, double *wasserstein);

/* ranks of each column of x[n,d] from 1, equal items sharing their mean */
int learn_ranks(long n, long d, const real *x, real *out);

/*
** Maps of points by t-SNE.
*/

/* p(i,j), symmetric, of sum 1: row i has the columns `to` and values p from
** start[i] to start[i + 1] */
typedef struct Affinity {
  long n, *start;
  int *to;
  double *p;
} Affinity;

/* p(i,j) = (p(j|i) + p(i|j)) / (2 n), where p(j|i) is a Gaussian of the
** distances to the k nearest points of x[n,d], with this perplexity */
Affinity *learn_affinity(long n, long d, const real *x, long k,
                         double perplexity);
void learn_dropaffinity(Affinity *a);

/* of a map y[n,2]: the gradient of the divergence from p into out[n,2], p
** multiplied by `exaggeration` in it, and the divergence in nats itself. A
** cell of points counts as one place where it is narrower than theta times
** its distance; theta = 0 is exact, above 0.7 a cell may hold the point. */
int learn_tsne(const Affinity *a, const real *y, double theta,
               double exaggeration, real *out, double *kl);

/*
** Draws as numpy.random.RandomState makes them.
*/

typedef struct Mersenne {
  uint32_t word[624];
  int at;
} Mersenne;

void learn_mtseed(Mersenne *m, uint32_t seed);
uint32_t learn_mtnext(Mersenne *m);
uint32_t learn_mtbelow(Mersenne *m, uint32_t n);   /* 0..n-1 */

/* n points of a grid of k factors, numbered from 0 with the last factor
** running fastest: one factor after the other is drawn for all of them */
void learn_mtpoints(Mersenne *m, long k, const long *size, long n,
                    long *out);
/* gives the points to[n] factor f's value of from[i * step] */
void learn_mtshare(long k, const long *size, long f, long n, const long *from,
                   long step, long *to);

#endif
