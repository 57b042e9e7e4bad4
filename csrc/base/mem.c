/*
** mem.c
** One allocator. Blocks come in size classes, four to an octave, so that a
** training step finds the buffers of the step before on a free list instead
** of asking the system, and no list holds a block more than 25 % too large.
** Invariant: `live` is the sum of the class sizes of all blocks handed out,
** `kept` that of the blocks on free lists.
*/

#include "base/mem.h"

#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define ALIGN 64
#define MINSHIFT 6               /* the smallest class is 64 bytes */
#define KEEP ((size_t)64 << 20)  /* free bytes that are always worth it */
#define NCLASS (4 * (48 - MINSHIFT))

/* stands in the 64 bytes before what the caller sees */
typedef struct Head {
  struct Head *next;   /* in its free list */
  int class;
} Head;

static Head *freelist[NCLASS];
static size_t live, peak;
static size_t kept;              /* bytes on the free lists */
static size_t most;              /* largest `live`, lately */
static unsigned long used[NCLASS], asked;  /* when blocks were asked for */
static long failat;
static atomic_int stopped;
static char message[PATH_MAX + 1024];


int ts_fail(const char *fmt, ...) {
  if (message[0] == '\0') {
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
  }
  return 0;
}


const char *ts_error(void) {
  return message[0] ? message : NULL;
}


void ts_clear(void) {
  message[0] = '\0';
}


/* class c holds blocks of (4 + c % 4) << (MINSHIFT - 2 + c / 4) bytes and
** room for what a tensor puts before its data: sizes that are powers of two
** are the most common ones and must not just miss their class */
static size_t class_size(int c) {
  return ((size_t)(4 + c % 4) << (MINSHIFT - 2 + c / 4)) + ALIGN;
}


/* from the system: the head and a block, in whole lines of ALIGN bytes */
static Head *new_block(int c) {
  size_t n = (class_size(c) + 2 * ALIGN - 1) / ALIGN * ALIGN;
  return aligned_alloc(ALIGN, n);
}


static int class_of(size_t n) {
  int shift = MINSHIFT;
  int c;
  if (n <= ALIGN) return 0;
  while (shift < 48 && ((size_t)2 << shift) <= n - ALIGN) shift++;
  c = 4 * (shift - MINSHIFT);
  while (c < NCLASS && class_size(c) < n) c++;
  return c;
}


int mem_stopping(void) {
  return atomic_load_explicit(&stopped, memory_order_relaxed);
}


int mem_stopped(void) {
  return mem_stopping() && !ts_fail("interrupted");
}


void mem_stop(int on) {
  atomic_store_explicit(&stopped, on, memory_order_relaxed);
}


/* Blocks of other classes must not pile up beside n new bytes. A step whose
** sizes come and go needs more than it uses at any one time: half more was
** enough for every network tried. (A quarter was not: blocks went to the
** system and came back at every step.) */
static int crowded(size_t n) {
  size_t most_held = most + most / 2;
  return live + kept + n > (most_held > KEEP ? most_held : KEEP);
}


static void drop_block(int c) {
  Head *h = freelist[c];
  freelist[c] = h->next;
  kept -= class_size(c);
  free(h);
}


/* the class with free blocks that was asked for least lately */
static int stale_class(void) {
  int c, stale = -1;
  for (c = 0; c < NCLASS; c++)
    if (freelist[c] && (stale < 0 || used[c] < used[stale])) stale = c;
  return stale;
}


/* What is dropped is what steps no longer ask for. And what they once needed
** at most is forgotten bit by bit, each time there is no room. */
static void make_room(size_t n) {
  if (!crowded(n)) return;
  most -= most / 16;
  if (most < live) most = live;
  while (kept > 0 && crowded(n)) {
    int c = stale_class();
    while (freelist[c] && crowded(n)) drop_block(c);
  }
}


/* whether an allocation is to fail, whatever there is */
static int refused(void) {
  if (mem_stopped()) return 1;
  return failat > 0 && --failat == 0 &&
         !ts_fail("out of memory (a failure asked for by mem_failat)");
}


static void count(size_t n) {
  live += n;
  if (live > peak) peak = live;
  if (live > most) most = live;
}


int mem_charge(size_t n) {
  if (refused()) return 0;
  count(n);
  return 1;
}


void mem_discharge(size_t n) {
  live -= n;
}


void *mem_alloc(size_t n) {
  int c = class_of(n);
  Head *h;
  if (refused()) return NULL;
  if (c >= NCLASS) {
    ts_fail("out of memory: %zu bytes were asked for", n);
    return NULL;
  }
  used[c] = ++asked;
  h = freelist[c];
  if (h) {
    freelist[c] = h->next;
    kept -= class_size(c);
  }
  else {
    make_room(class_size(c));
    h = new_block(c);
    if (h == NULL) {
      mem_trim();
      h = new_block(c);
    }
    if (h == NULL) {
      ts_fail("out of memory: %zu bytes were asked for, %zu are in use",
              n, live);
      return NULL;
    }
    h->class = c;
  }
  count(class_size(c));
  return (char *)h + ALIGN;
}


void *mem_array(size_t count, size_t size) {
  if (size && count > SIZE_MAX / 2 / size) {
    ts_fail("out of memory: %zu items of %zu bytes were asked for",
            count, size);
    return NULL;
  }
  return mem_alloc(count * size);
}


void mem_free(void *p) {
  Head *h;
  if (p == NULL) return;
  h = (Head *)((char *)p - ALIGN);
  live -= class_size(h->class);
#if defined(TS_SANITIZE)
  free(h);  /* a block on a free list would hide a use after free */
#else
  h->next = freelist[h->class];
  freelist[h->class] = h;
  kept += class_size(h->class);
#endif
}


size_t mem_live(void) {
  return live;
}


size_t mem_peak(void) {
  return peak;
}


void mem_mark(void) {
  peak = live;
}


void mem_trim(void) {
  int c;
  for (c = 0; c < NCLASS; c++)
    while (freelist[c]) drop_block(c);
  most = live;
}


void mem_failat(long n) {
  failat = n;
}
