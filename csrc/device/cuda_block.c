/*
** cuda_block.c
** The device's memory. A block that is freed is kept for the next of its
** size, which may have it at once: what still runs with it runs before, as
** all work goes to one stream. When the device has no more, all blocks that
** are kept go back to it, and it is asked once more.
** Invariant: slots 1..used - 1 of `slot` are each in one list, of a class or of
** the empty ones.
*/

#include "device/block.h"
#include "device/cuda.h"

#define SLOTS (1 << 16)          /* blocks to be kept at most */

typedef struct Slot {
  CudaPtr block;
  int next;                      /* 0: the last */
} Slot;

static Slot slot[SLOTS];
static int list[BLOCK_CLASSES];  /* of free blocks, by their class */
static int empty;                /* slots without a block */
static int used = 1;


static CudaPtr take(int c) {
  const int s = list[c];
  list[c] = slot[s].next;
  slot[s].next = empty;
  empty = s;
  return slot[s].block;
}


/* all that is kept back to the device; what it says shows at the next call */
static void give_back(CudaStream stream) {
  int c;
  cuda.cuStreamSynchronize(stream);
  for (c = 0; c < BLOCK_CLASSES; c++)
    while (list[c]) cuda.cuMemFree_v2(take(c));
}


static int none_left(size_t n) {
  size_t left = 0, total = 0;
  cuda.cuMemGetInfo_v2(&left, &total);
  return ts_fail("gpu: out of memory: %zu bytes were asked for, of %zu there "
                 "are %zu left; %zu are in use here", n, total, left,
                 mem_live());
}


void *cuda_alloc(size_t n, CudaStream stream) {
  const int c = block_class(n);
  const size_t size = block_size(c) < n ? n : block_size(c);
  CudaPtr p = 0;
  int code;
  if (!mem_charge(size)) return NULL;
  if (list[c]) return (void *)(uintptr_t)take(c);
  code = cuda.cuMemAlloc_v2(&p, size);
  if (code == CUDA_OUT_OF_MEMORY) {
    give_back(stream);
    code = cuda.cuMemAlloc_v2(&p, size);
  }
  if (code == 0) return (void *)(uintptr_t)p;
  mem_discharge(size);
  if (code == CUDA_OUT_OF_MEMORY) none_left(n);
  else cuda_fine(code, "memory");
  return NULL;
}


void cuda_free(void *p, size_t n) {
  const int c = block_class(n);
  const size_t size = block_size(c) < n ? n : block_size(c);
  int s = empty;
  mem_discharge(size);
  if (s) empty = slot[s].next;
  else if (used < SLOTS) s = used++;
  else {
    cuda.cuMemFree_v2((CudaPtr)(uintptr_t)p);   /* which waits */
    return;
  }
  slot[s].block = (CudaPtr)(uintptr_t)p;
  slot[s].next = list[c];
  list[c] = s;
}
