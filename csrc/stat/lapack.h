/*
** lapack.h
** The functions of LAPACK that are used, as Fortran has them: everything by
** address, the lengths of strings at the end. linalg_ready comes first.
*/

#ifndef lapack_h
#define lapack_h

#include <stddef.h>

void dgetrf_(const int *m, const int *n, double *a, const int *lda,
             int *pivot, int *info);
void dgetrs_(const char *trans, const int *n, const int *nrhs,
             const double *a, const int *lda, const int *pivot, double *b,
             const int *ldb, int *info, size_t);
void dgecon_(const char *norm, const int *n, const double *a,
             const int *lda, const double *anorm, double *rcond,
             double *work, int *iwork, int *info, size_t);
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda,
             int *info, size_t);
void dpotrs_(const char *uplo, const int *n, const int *nrhs, const double *a,
             const int *lda, double *b, const int *ldb, int *info, size_t);
void dsyev_(const char *jobz, const char *uplo, const int *n, double *a,
            const int *lda, double *w, double *work, const int *lwork,
            int *info, size_t, size_t);
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a,
             const int *lda, double *w, double *work, const int *lwork,
             int *iwork, const int *liwork, int *info, size_t, size_t);
void dgesdd_(const char *jobz, const int *m, const int *n, double *a,
             const int *lda, double *s, double *u, const int *ldu,
             double *vt, const int *ldvt, double *work, const int *lwork,
             int *iwork, int *info, size_t);

#endif
