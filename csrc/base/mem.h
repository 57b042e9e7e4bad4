/*
** mem.h
** Memory and failure: the two things that every other file relies on.
** The core never jumps, prints or exits. A function that cannot do its
** work says why with ts_fail and returns NULL or 0; the binding turns the
** message into a Lua error once nothing is owned by a C local any more.
*/

#ifndef mem_h
#define mem_h

#include <stddef.h>

#include "base/real.h"

#if defined(__GNUC__)
#define TS_PRINTF(a, b) __attribute__((format(printf, a, b)))
#else
#define TS_PRINTF(a, b)
#endif

/* records the message and returns 0; of several, the first one is kept */
int ts_fail(const char *fmt, ...) TS_PRINTF(1, 2);
/* the message since the last ts_clear, or NULL */
const char *ts_error(void);
void ts_clear(void);

/* n bytes, 64-byte aligned and not cleared; NULL after ts_fail.
** Only the thread that runs Lua allocates. */
void *mem_alloc(size_t n);
/* room for `count` items of `size` bytes each, overflow checked */
void *mem_array(size_t count, size_t size);
void mem_free(void *p);

size_t mem_live(void);   /* bytes handed out and not yet returned */
size_t mem_peak(void);   /* the largest value of mem_live since mem_mark */
void mem_mark(void);     /* starts a new peak at the present value */
void mem_trim(void);     /* gives the free lists back to the system */
/* the n-th call of mem_alloc from now on fails once; 0: none does */
void mem_failat(long n);

/* memory of another kind that counts like this one's: n bytes more, which
** fails (0 after ts_fail) where mem_alloc would, or fewer */
int mem_charge(size_t n);
void mem_discharge(size_t n);

/* mem_stop(1), which a signal handler may call: every allocation from now on
** fails, and so does each long loop that asks mem_stopped; mem_stop(0) ends
** that. Only the thread that runs Lua asks. */
void mem_stop(int on);
int mem_stopped(void);   /* 1 after ts_fail where the work is to stop */
int mem_stopping(void);  /* the same, for any thread, and without a word */

#endif
