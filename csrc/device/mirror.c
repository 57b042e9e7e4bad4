/*
** mirror.c
** Far memory without a device: a range of addresses that nobody may touch
** unless a kernel or a copy of this backend runs. So whoever follows a far
** address on the host crashes at once, and with the suite run here every path
** of a tensor's place is proved where there is no device. Kernels are loops
** over their indices, on the threads of the pool.
** The lists of free blocks are kept outside, in a table by the block's number,
** since the host cannot write into them. Invariant: between calls [base,
** base + used) cannot be accessed.
*/

#include "base/pool.h"
#include "device/block.h"
#include "device/device.h"
#include "device/far.h"

#include <sys/mman.h>
#include <unistd.h>

/* the sanitizer is told which bytes are in use, so that it finds a kernel that
** leaves its arrays */
#if defined(TS_SANITIZE)
#include <sanitizer/asan_interface.h>
#define BAR(p, n) __asan_poison_memory_region(p, n)
#define UNBAR(p, n) __asan_unpoison_memory_region(p, n)
#else
#define BAR(p, n) ((void)0)
#define UNBAR(p, n) ((void)0)
#endif

#define ROOM ((size_t)16 << 30)  /* addresses, not memory */
#define GRAIN 512                /* indices to a piece */

static struct {
  char *base;
  size_t used;
  uint32_t *next;                /* by unit: of the next free block, plus 1 */
  uint32_t list[BLOCK_CLASSES];  /* the first one, plus 1; 0: none */
} arena;


static void *reserve(size_t n, int access) {
  void *p = mmap(NULL, n, access, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                 -1, 0);
  return p == MAP_FAILED ? NULL : p;
}


static int start(void) {
  if (arena.base) return 1;
  arena.next = reserve(ROOM / BLOCK_UNIT * sizeof *arena.next,
                       PROT_READ | PROT_WRITE);
  if (arena.next) arena.base = reserve(ROOM, PROT_NONE);
  return arena.base ? 1 : ts_fail("mirror: out of memory: there are no %zu "
                                  "addresses in a row", ROOM);
}


static int allow(int access) {
  static size_t page;
  size_t n;
  if (page == 0) page = (size_t)sysconf(_SC_PAGESIZE);
  n = (arena.used + page - 1) / page * page;
  return n == 0 || mprotect(arena.base, n, access) == 0 ||
         ts_fail("mirror: the system does not let its memory be %s",
                 access == PROT_NONE ? "closed" : "opened");
}


static int open_memory(void) { return allow(PROT_READ | PROT_WRITE); }

static int close_memory(void) { return allow(PROT_NONE); }


static void *mirror_alloc(size_t n) {
  int c = block_class(n);
  char *p;
  if (!start() || !mem_charge(block_size(c))) return NULL;
  if (arena.list[c]) {
    uint32_t unit = arena.list[c] - 1;
    arena.list[c] = arena.next[unit];
    p = arena.base + unit * BLOCK_UNIT;
    UNBAR(p, n);
    return p;
  }
  if (block_size(c) > ROOM - arena.used) {
    mem_discharge(block_size(c));
    ts_fail("mirror: out of memory: %zu bytes were asked for, of %zu there "
            "are none left", n, ROOM);
    return NULL;
  }
  p = arena.base + arena.used;
  arena.used += block_size(c);
  BAR(p, block_size(c));
  UNBAR(p, n);
  return p;
}


static void mirror_free(void *p, size_t n) {
  int c = block_class(n);
  size_t unit = (size_t)((char *)p - arena.base) / BLOCK_UNIT;
  BAR(p, block_size(c));
  arena.next[unit] = arena.list[c];
  arena.list[c] = (uint32_t)unit + 1;
  mem_discharge(block_size(c));
}


static int copy(void *to, const void *from, size_t n) {
  if (n == 0) return 1;
  if (!open_memory()) return 0;
  memcpy(to, from, n);
  return close_memory();
}


typedef void (*Loop)(long from, long to, const void *args);

#define FAR_ENTRY(name, Args) \
  static void name##_loop(long i, long to, const void *args) { \
    for (; i < to; i++) far_##name(i, (const Args *)args); \
  }

FAR_ENTRIES

#undef FAR_ENTRY
#define FAR_ENTRY(name, Args) name##_loop,

static const Loop loops[FAR_COUNT] = { FAR_ENTRIES };


typedef struct Job {
  Loop loop;
  const void *args;
} Job;


static void job_piece(void *arg, long from, long to) {
  const Job *j = arg;
  j->loop(from, to, j->args);
}


static int mirror_launch(FarKernel kernel, long n, const void *args,
                         size_t size) {
  Job j;
  (void)size;
  if (n <= 0) return 1;
  if (!open_memory()) return 0;
  j.loop = loops[kernel];
  j.args = args;
  pool_range(n, GRAIN, job_piece, &j);
  return close_memory();
}


static long fan(long i) {
  (void)i;
  return FAR_FAN;
}


const Backend device_mirror = {
  "mirror", mirror_alloc, mirror_free, copy, copy, copy, mirror_launch, fan
};
