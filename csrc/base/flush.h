/*
** flush.h
** Denormal numbers count as 0 while the core computes. Units that a training
** has switched off make gradients of 1e-20, whose squares are denormal, and
** processors take 20 to 90 times as long for those. The mode belongs to a
** thread: a worker of the pool sets it for good; the caller's own is set
** around the work (by op_apply, pool_for and the updates in place) and put
** back before anything can raise, so that Lua never computes in it. What an op
** only passes on (a copy, a selection) stays as it is.
*/

#ifndef flush_h
#define flush_h

#if defined(__x86_64__)

#include <xmmintrin.h>

#define FLUSH_BITS 0x8040u   /* of MXCSR: results (FTZ) and operands (DAZ) */
typedef unsigned FlushMode;
static inline FlushMode flush_get(void) { return _mm_getcsr(); }
static inline void flush_set(FlushMode mode) { _mm_setcsr(mode); }

#elif defined(__aarch64__)

#define FLUSH_BITS (1ul << 24)   /* of FPCR: FZ, for both */
typedef unsigned long FlushMode;
static inline FlushMode flush_get(void) {
  FlushMode mode;
  __asm__ volatile ("mrs %0, fpcr" : "=r" (mode));
  return mode;
}
static inline void flush_set(FlushMode mode) {
  __asm__ volatile ("msr fpcr, %0" : : "r" (mode) : "memory");
}

#else

#define FLUSH_BITS 0u        /* no such mode is known: only slower */
typedef unsigned FlushMode;
static inline FlushMode flush_get(void) { return 0; }
static inline void flush_set(FlushMode mode) { (void)mode; }

#endif

/* begins to flush; returns what flush_end wants back. They nest. */
static inline FlushMode flush_begin(void) {
  FlushMode before = flush_get();
  if ((before & FLUSH_BITS) != FLUSH_BITS) flush_set(before | FLUSH_BITS);
  return before;
}

static inline void flush_end(FlushMode before) {
  if ((before & FLUSH_BITS) != FLUSH_BITS) flush_set(before);
}

#endif
