/*
** linalg.c
** LAPACK, as it is inside OpenBLAS, behind checks. LAPACK stores matrices by
** columns, so it sees the transpose of ours: a symmetric matrix is its own,
** and the singular vectors of a transpose change places; only the systems of
** equations and the eigenvectors have to be turned.
*/

#include "stat/linalg.h"

#include "stat/lapack.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <sys/mman.h>

#define MAXORDER 16384         /* LAPACK counts its 4 n^2 of work in int */
#define MAXLENGTH (1L << 28)   /* of the other side, if there is one */

#if defined(TS_DOUBLE)
#define SYMMETRY 1.5e-8
#else
#define SYMMETRY 3.5e-4
#endif


/* OpenBLAS takes a buffer when it is first called, keeps it, and asks again
** for ever where the system has none to give. So it is asked first whether
** there is room for one; a call then takes it. */
int linalg_ready(const char *who) {
  const size_t size = (size_t)160 << 20;   /* its buffers are of 128 MB */
  static int ready;
  double one = 1;
  int n = 1, info;
  void *room;
  if (ready) return 1;
  room = mmap(NULL, size, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED)
    return ts_fail("%s: out of memory: %zu bytes were asked for, for LAPACK",
                   who, size);
  munmap(room, size);
  dpotrf_("U", &n, &one, &n, &info, 1);
  ready = 1;
  return 1;
}


static int check_order(const char *who, long n) {
  if (n > MAXORDER)
    return ts_fail("%s: got a matrix of order %ld, wanted at most %d", who, n,
                   MAXORDER);
  return 1;
}


static int check_length(const char *who, long n) {
  if (n > MAXLENGTH)
    return ts_fail("%s: got %ld rows or columns, wanted at most %ld", who, n,
                   MAXLENGTH);
  return 1;
}


static double *doubles(long rows, long cols) {
  return mem_array((size_t)rows * (size_t)cols, sizeof(double));
}


/* a copy of a[rows,cols], by columns if `turned`; NULL after ts_fail */
static double *copy_in(const char *who, long rows, long cols, const real *a,
                       int turned) {
  double *d = doubles(rows, cols);
  long i, j;
  if (d == NULL) return NULL;
  for (i = 0; i < rows; i++) {
    for (j = 0; j < cols; j++) {
      double x = a[i * cols + j];
      if (!isfinite(x)) {
        ts_fail("%s: got %g in row %ld, column %ld, wanted a finite number",
                who, x, i + 1, j + 1);
        mem_free(d);
        return NULL;
      }
      d[turned ? i + j * rows : i * cols + j] = x;
    }
  }
  return d;
}


/* a copy of the symmetric part of a[n,n]; NULL after ts_fail */
static double *copy_symmetric(const char *who, long n, const real *a) {
  double *d = copy_in(who, n, n, a, 0);
  double top = 0;
  long i, j;
  if (d == NULL) return NULL;
  for (i = 0; i < n * n; i++)
    if (fabs(d[i]) > top) top = fabs(d[i]);
  for (i = 0; i < n; i++) {
    for (j = 0; j < i; j++) {
      double x = d[i*n + j], y = d[j*n + i];
      if (fabs(x / 2 - y / 2) > SYMMETRY / 2 * top) {
        ts_fail("%s: got %g in row %ld, column %ld and %g across the diagonal, "
                "wanted a symmetric matrix", who, x, i + 1, j + 1, y);
        mem_free(d);
        return NULL;
      }
      d[i*n + j] = d[j*n + i] = x + (y - x) / 2;
    }
  }
  return d;
}


/* the opposite of copy_in */
static int copy_out(const char *who, long rows, long cols, const double *d,
                    real *a, int turned) {
  long i, j;
  for (i = 0; i < rows; i++) {
    for (j = 0; j < cols; j++) {
      double x = d[turned ? i + j * rows : i * cols + j];
      a[i * cols + j] = (real)x;
      if (!isfinite(a[i * cols + j]))
        return ts_fail("%s: the result overflows, with %g in row %ld, "
                       "column %ld", who, x, i + 1, j + 1);
    }
  }
  return 1;
}


/* divides rows and then columns of a[n,n], stored by columns, by the powers
** of two that bring their largest entries to 1/2..1 */
static void equilibrate(long n, double *a, int *row, int *column) {
  long i, j;
  for (i = 0; i < n; i++) row[i] = column[i] = 0;
  for (i = 0; i < n; i++) {
    double top = 0;
    for (j = 0; j < n; j++)
      if (fabs(a[j*n + i]) > top) top = fabs(a[j*n + i]);
    frexp(top, &row[i]);
  }
  for (j = 0; j < n; j++) {
    double top = 0;
    for (i = 0; i < n; i++) {
      a[j*n + i] = ldexp(a[j*n + i], -row[i]);
      if (fabs(a[j*n + i]) > top) top = fabs(a[j*n + i]);
    }
    frexp(top, &column[j]);
    for (i = 0; i < n; i++) a[j*n + i] = ldexp(a[j*n + i], -column[j]);
  }
}


/* largest sum of magnitudes in a column */
static double norm1(long n, const double *a) {
  double norm = 0;
  long i, j;
  for (j = 0; j < n; j++) {
    double sum = 0;
    for (i = 0; i < n; i++) sum += fabs(a[j*n + i]);
    if (sum > norm) norm = sum;
  }
  return norm;
}


/* factors a[n,n], by columns, into `a` and `pivot`; fails if a matrix within
** rounding of it is singular. iwork[n] and work[4*n] are scratch. */
static int factor(int n, double *a, int *pivot, int *iwork, double *work) {
  double norm = norm1(n, a), rcond = 0;
  int info, k, least = 0;
  dgetrf_(&n, &n, a, &n, pivot, &info);
  if (info == 0)
    dgecon_("1", &n, a, &n, &norm, &rcond, work, iwork, &info, 1);
  if (rcond > DBL_EPSILON) return 1;
  for (k = 1; k < n; k++)
    if (fabs(a[(long)k * n + k]) < fabs(a[(long)least * n + least]))
      least = k;
  return ts_fail("solve: the matrix is singular: got %g as pivot %d of %d, "
                 "with rows and columns scaled to 1",
                 a[(long)least * n + least], least + 1, n);
}


int linalg_solve(long n, long nrhs, const real *a, real *b) {
  double *lu, *x, *work;
  int *iwork;
  int ok = 0;
  if (!check_order("solve", n) || !check_length("solve", nrhs)) return 0;
  if (n == 0) return 1;
  if (!linalg_ready("solve")) return 0;
  lu = copy_in("solve", n, n, a, 1);
  x = lu ? copy_in("solve, right-hand side", n, nrhs, b, 1) : NULL;
  work = x ? doubles(n, 4) : NULL;
  iwork = work ? mem_array((size_t)n * 4, sizeof *iwork) : NULL;
  if (iwork) {
    int order = (int)n, columns = (int)nrhs, info;
    int *pivot = iwork + n, *row = pivot + n, *column = row + n;
    long i, j;
    openblas_set_num_threads(1);
    equilibrate(n, lu, row, column);
    ok = factor(order, lu, pivot, iwork, work);
    if (ok) {
      for (j = 0; j < nrhs; j++)
        for (i = 0; i < n; i++) x[j*n + i] = ldexp(x[j*n + i], -row[i]);
      dgetrs_("N", &order, &columns, lu, &order, pivot, x, &order, &info, 1);
      for (j = 0; j < nrhs; j++)
        for (i = 0; i < n; i++) x[j*n + i] = ldexp(x[j*n + i], -column[i]);
      ok = copy_out("solve", n, nrhs, x, b, 1);
    }
  }
  mem_free(iwork);
  mem_free(work);
  mem_free(x);
  mem_free(lu);
  return ok;
}


int linalg_cholesky(long n, real *a) {
  double *l;
  long i, j;
  int order = (int)n, info, ok;
  if (!check_order("cholesky", n)) return 0;
  if (n == 0) return 1;
  if (!linalg_ready("cholesky")) return 0;
  l = copy_symmetric("cholesky", n, a);
  if (l == NULL) return 0;
  openblas_set_num_threads(1);
  dpotrf_("U", &order, l, &order, &info, 1);
  /* a pivot is what cancellation left of a sum: nothing but rounding when it
  ** is not above some units in the last place of that */
  for (i = 0; info == 0 && i < n; i++) {
    double pivot = l[i*n + i] * l[i*n + i], sum = 0;
    for (j = 0; j < i; j++) sum += l[i*n + j] * l[i*n + j];
    if (!(pivot > 4 * (double)n * DBL_EPSILON * sum)) info = (int)i + 1;
  }
  for (i = 0; i < n; i++)
    for (j = i + 1; j < n; j++) l[i*n + j] = 0;
  ok = info == 0 ? copy_out("cholesky", n, n, l, a, 0)
                 : ts_fail("cholesky: the matrix is not positive definite: "
                           "its leading minor of order %d is not positive",
                           info);
  mem_free(l);
  return ok;
}


static int no_end(const char *who, int info) {
  return ts_fail("%s: the iteration does not converge (LAPACK says %d)", who,
                 info);
}


/* whether v[0..n-1] has the wrong sign; entries that differ by rounding alone
** count as equally large, so that the choice does not hang on it */
static int is_negative(const double *v, long n) {
  double top = 0;
  long i;
  for (i = 0; i < n; i++)
    if (fabs(v[i]) > top) top = fabs(v[i]);
  for (i = 0; i < n; i++)
    if (fabs(v[i]) >= top * (1 - 1e-6)) return v[i] < 0;
  return 0;
}


int linalg_eigh(long n, const real *a, real *w, real *v) {
  double *vectors, *values, *work;
  int *iwork;
  int order, lwork, liwork, info, ok = 0;
  long i, j;
  if (!check_order("eigh", n)) return 0;
  if (n == 0) return 1;
  if (!linalg_ready("eigh")) return 0;
  order = (int)n;
  lwork = 1 + 6 * order + 2 * order * order;
  liwork = 3 + 5 * order;
  vectors = copy_symmetric("eigh", n, a);
  values = vectors ? doubles(n, 1) : NULL;
  work = values ? doubles(lwork, 1) : NULL;
  iwork = work ? mem_array((size_t)liwork, sizeof *iwork) : NULL;
  if (iwork) {
    openblas_set_num_threads(1);
    dsyevd_("V", "L", &order, vectors, &order, values, work, &lwork, iwork,
            &liwork, &info, 1, 1);
    for (i = 0; i < n; i++) {
      double *x = vectors + i * n;
      if (!is_negative(x, n)) continue;
      for (j = 0; j < n; j++) x[j] = -x[j];
    }
    ok = info == 0 ? copy_out("eigh", n, 1, values, w, 0)
                     && copy_out("eigh", n, n, vectors, v, 1)
                   : no_end("eigh", info);
  }
  mem_free(iwork);
  mem_free(work);
  mem_free(values);
  mem_free(vectors);
  return ok;
}


/* to LAPACK, x is the n by m transpose of a; its left singular vectors are
** by columns what vt is by rows, its transposed right ones what u is */
static int svd(int m, int n, double *x, double *u, double *s, double *vt) {
  int k = m < n ? m : n;
  int lwork = -1, info;
  int *iwork = mem_array((size_t)k * 8, sizeof *iwork);
  double *work = NULL;
  double best;
  if (iwork == NULL) return 0;
  openblas_set_num_threads(1);
  dgesdd_("S", &n, &m, x, &n, s, vt, &n, u, &k, &best, &lwork, iwork, &info,
          1);
  lwork = (int)best;
  work = doubles(lwork, 1);
  if (work)
    dgesdd_("S", &n, &m, x, &n, s, vt, &n, u, &k, work, &lwork, iwork, &info,
            1);
  mem_free(iwork);
  if (work == NULL) return 0;
  mem_free(work);
  return info == 0 ? 1 : no_end("svd", info);
}


int linalg_svd(long m, long n, const real *a, real *u, real *s, real *vt) {
  long k = m < n ? m : n;
  double *x, *left, *values, *right;
  long i, j;
  int ok = 0;
  if (!check_order("svd", k) || !check_length("svd", m < n ? n : m)) return 0;
  if (k == 0) return 1;
  if (!linalg_ready("svd")) return 0;
  x = copy_in("svd", m, n, a, 0);
  left = x ? doubles(m, k) : NULL;
  values = left ? doubles(k, 1) : NULL;
  right = values ? doubles(k, n) : NULL;
  if (right && svd((int)m, (int)n, x, left, values, right)) {
    for (j = 0; j < k; j++) {
      if (!is_negative(right + j * n, n)) continue;
      for (i = 0; i < n; i++) right[j*n + i] = -right[j*n + i];
      for (i = 0; i < m; i++) left[i*k + j] = -left[i*k + j];
    }
    ok = copy_out("svd", m, k, left, u, 0)
         && copy_out("svd", k, 1, values, s, 0)
         && copy_out("svd", k, n, right, vt, 0);
  }
  mem_free(right);
  mem_free(values);
  mem_free(left);
  mem_free(x);
  return ok;
}
