/*
** pool.h
** Parallel loops. Every piece writes its own part of the result, and where a
** sum is cut the caller does it by sizes alone, never by the number of
** threads; so the bits do not depend on how many there are.
*/

#ifndef pool_h
#define pool_h

typedef void (*PoolBody)(void *arg, long i);

/* runs body(arg, i) for i = 0..n-1, in any order, and returns when all are
** done. Not to be called from inside a body. */
void pool_for(long n, PoolBody body, void *arg);

int pool_threads(void);         /* what was set, or cpus_usable */
void pool_setthreads(int n);    /* 1..64 */
void pool_stop(void);           /* joins the threads; they start on demand */

/* index of the running thread, 0..pool_threads()-1, for scratch space */
int pool_self(void);

#endif
