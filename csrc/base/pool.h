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

typedef void (*RangeBody)(void *arg, long from, long to);

/* runs body(arg, from, to) over 0..n-1 in pieces of `grain`, the last one
** shorter, as pool_for does; `to` is behind the last */
void pool_range(long n, long grain, RangeBody body, void *arg);

/* pool_mayend(1): after mem_stop(1), loops from now on leave out what they have
** not yet done, so that who says so has to throw away what they write, and to
** fail. pool_mayend(0): they do all of it, as they must where they write into
** what stays, like an optimizer's update. For the thread that runs Lua, outside
** of loops. */
void pool_mayend(int on);
/* whether the loop that runs is to leave out the rest; asked for between
** pieces, and by long ones within */
int pool_ending(void);

/* the same loops, which may end so: 0 after ts_fail if one did */
int pool_try(long n, PoolBody body, void *arg);
int pool_tryrange(long n, long grain, RangeBody body, void *arg);

/* a piece should have about so many items: it then takes longer than to hand
** it out; and how many rows of n items these are, 1 or more */
#define POOL_ITEMS 32768
static inline long pool_rows(long n) {
  return n < POOL_ITEMS ? POOL_ITEMS / (n > 0 ? n : 1) : 1;
}

int pool_threads(void);         /* what was set, or cpus_usable */
void pool_setthreads(int n);    /* 1..64 */
void pool_stop(void);           /* joins the threads; they start on demand */

/* index of the running thread, 0..pool_threads()-1, for scratch space */
int pool_self(void);

#endif
