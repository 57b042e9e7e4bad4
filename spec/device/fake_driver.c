/*
** fake_driver.c
** What stands for a GPU's driver where there is none. Its memory is a range
** that nobody may touch unless its work runs; that work waits in a queue until
** somebody waits for it, as a device's does, and copies what it is given at
** once; new memory is full of NaNs. Kernels are those that fake_nvrtc.c has
** compiled, run index by index. Of the environment: FAKE_FAIL=device has none,
** "alloc N", "launch N" and "run N" fail in the N-th allocation, launch and
** running kernel, as does all after the last; FAKE_MEMORY is its size in
** bytes, FAKE_CAPABILITY ten times its capability, FAKE_DRIVER the version, in
** thousands, of CUDA that it goes with, and FAKE_LOG a file that gets a line
** for each block that is taken and given back, and for each kernel that is
** looked up.
*/

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include "fake_team.h"

#define ROOM ((size_t)16 << 30)
#define BLOCKS 65536
#define JOBS 256

enum { OK, INVALID = 1, NO_MEMORY = 2, NOT_INITIALIZED = 3, NO_DEVICE = 100,
       INVALID_IMAGE = 200, NOT_FOUND = 500, ILLEGAL_ADDRESS = 700,
       LAUNCH_FAILED = 719 };

typedef uint64_t Ptr;

typedef struct Job {
  const Kernel *kernel;          /* or a copy: */
  void *to;
  const void *from;
  char *own;                     /* what was copied at once */
  size_t n;
  Index grid, threads;
  long first;
} Job;

static char *base;
static size_t used, live;
static struct { Ptr p; size_t n; } block[BLOCKS];
static int blocks;
static Job queue[JOBS];
static int jobs;
static int broken;               /* what all calls give from now on */


static long asked_for(const char *what) {
  const char *set = getenv("FAKE_FAIL");
  size_t n = strlen(what);
  if (set == NULL || strncmp(set, what, n) != 0) return 0;
  return set[n] ? atol(set + n) : 1;
}


/* whether this one, of those so far, is the one that is to fail */
static int fails(const char *what, long *count) {
  return ++*count == asked_for(what);
}


static void note(const char *what) {
  const char *path = getenv("FAKE_LOG");
  FILE *f = path ? fopen(path, "a") : NULL;
  if (f == NULL) return;
  fprintf(f, "%s\n", what);
  fclose(f);
}


int cuGetErrorName(int code, const char **text) {
  *text = code == NO_MEMORY ? "CUDA_ERROR_OUT_OF_MEMORY"
        : code == NO_DEVICE ? "CUDA_ERROR_NO_DEVICE"
        : code == INVALID_IMAGE ? "CUDA_ERROR_INVALID_IMAGE"
        : code == NOT_FOUND ? "CUDA_ERROR_NOT_FOUND"
        : code == ILLEGAL_ADDRESS ? "CUDA_ERROR_ILLEGAL_ADDRESS"
        : code == LAUNCH_FAILED ? "CUDA_ERROR_LAUNCH_FAILED"
        : "CUDA_ERROR_INVALID_VALUE";
  return OK;
}


int cuGetErrorString(int code, const char **text) {
  *text = code == ILLEGAL_ADDRESS ? "an illegal memory access was encountered"
                                  : "as it was asked for";
  return OK;
}


int cuInit(unsigned flags) {
  (void)flags;
  if (asked_for("device")) return NO_DEVICE;
  if (base == NULL) {
    base = mmap(NULL, ROOM, PROT_NONE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) base = NULL;
  }
  return base ? OK : NO_MEMORY;
}


int cuDriverGetVersion(int *version) {
  const char *set = getenv("FAKE_DRIVER");
  *version = set ? atoi(set) : 12040;
  return OK;
}


int cuDeviceGetCount(int *n) {
  *n = asked_for("count") ? 0 : 1;
  return OK;
}


int cuDeviceGet(int *device, int number) {
  *device = number;
  return number == 0 ? OK : INVALID;
}


int cuDeviceGetAttribute(int *value, int attribute, int device) {
  const char *set = getenv("FAKE_CAPABILITY");
  int arch = set ? atoi(set) : 90;
  if (device != 0 || attribute < 75 || attribute > 76) return INVALID;
  *value = attribute == 75 ? arch / 10 : arch % 10;
  return OK;
}


int cuDevicePrimaryCtxRetain(void **context, int device) {
  *context = base;
  return device == 0 && base ? OK : NOT_INITIALIZED;
}


int cuCtxSetCurrent(void *context) { return context == base ? OK : INVALID; }


int cuStreamCreate(void **s, unsigned flags) {
  *s = queue;
  return flags == 1 ? OK : INVALID;
}


/* -- work ------------------------------------------------------------------ */

static int allow(int access) {
  size_t n = (used + 65535) / 65536 * 65536;
  return n == 0 || mprotect(base, n, access) == 0;
}


static void run_kernel(const Job *j) {
  const Kernel *k = j->kernel;
  Index b = { 0, 0, 0 };
  void *params[2];
  long first = j->first;
  params[0] = &first;
  params[1] = j->own;
  *k->block_size = j->threads;
  *k->grid_size = j->grid;
  for (b.z = 0; b.z < j->grid.z; b.z++)
    for (b.y = 0; b.y < j->grid.y; b.y++)
      for (b.x = 0; b.x < j->grid.x; b.x++) {
        unsigned t;
        *k->block = b;
        if (k->team) run_team(k, j->threads.x, params);
        else for (t = 0; t < j->threads.x; t++) {
          k->thread->x = t;
          k->call(params);
        }
      }
}


/* all that waits; numbers below the normal ones count as 0, as the code was
** compiled */
static int drain(void) {
  static long runs;
  int i;
#if defined(__x86_64__)
  unsigned mode = _mm_getcsr();
#endif
  if (jobs == 0 || broken) return broken;
  allow(PROT_READ | PROT_WRITE);
#if defined(__x86_64__)
  _mm_setcsr(mode | 0x8040);
#endif
  for (i = 0; i < jobs; i++) {
    Job *j = &queue[i];
    if (j->kernel && fails("run ", &runs)) broken = ILLEGAL_ADDRESS;
    if (!broken && j->kernel) run_kernel(j);
    else if (!broken) memcpy(j->to, j->own ? j->own : j->from, j->n);
    free(j->own);
  }
  jobs = 0;
#if defined(__x86_64__)
  _mm_setcsr(mode);
#endif
  allow(PROT_NONE);
  return broken;
}


static Job *new_job(void) {
  Job *j;
  if (jobs == JOBS) drain();
  j = &queue[jobs++];
  memset(j, 0, sizeof *j);
  return j;
}


static char *copy_of(const void *p, size_t n) {
  char *own = malloc(n);
  if (own == NULL) abort();
  return memcpy(own, p, n);
}


int cuStreamSynchronize(void *s) { return s == queue ? drain() : INVALID; }


static int copy(void *to, const void *from, size_t n, void *s, int at_once) {
  Job *j;
  if (broken) return broken;
  if (s != queue) return INVALID;
  j = new_job();
  j->to = to;
  j->from = from;
  j->n = n;
  if (at_once) j->own = copy_of(from, n);
  return OK;
}


int cuMemcpyHtoDAsync_v2(Ptr to, const void *from, size_t n, void *s) {
  return copy((void *)to, from, n, s, 1);
}


int cuMemcpyDtoHAsync_v2(void *to, Ptr from, size_t n, void *s) {
  return copy(to, (void *)from, n, s, 0);
}


int cuMemcpyDtoDAsync_v2(Ptr to, Ptr from, size_t n, void *s) {
  return copy((void *)to, (void *)from, n, s, 0);
}


int cuLaunchKernel(void *f, unsigned gx, unsigned gy, unsigned gz,
                   unsigned bx, unsigned by, unsigned bz, unsigned shared,
                   void *s, void **params, void **extra) {
  static long launches;
  const Kernel *k = f;
  Job *j;
  if (broken) return broken;
  if (fails("launch ", &launches)) return LAUNCH_FAILED;
  if (s != queue || extra || shared || gx == 0 || gy == 0 || gz == 0 ||
      gx > 0x7fffffff || gy > 65535 || gz > 65535 || bx == 0 || bx > 1024 ||
      by != 1 || bz != 1) return INVALID;
  j = new_job();
  j->kernel = k;
  j->first = *(long *)params[0];
  j->own = copy_of(params[1], k->size);
  j->grid = (Index){ gx, gy, gz };
  j->threads = (Index){ bx, 1, 1 };
  return OK;
}


/* -- memory ---------------------------------------------------------------- */

static size_t total(void) {
  const char *set = getenv("FAKE_MEMORY");
  return set ? (size_t)atoll(set) : ROOM / 2;
}


int cuMemGetInfo_v2(size_t *unused, size_t *all) {
  *all = total();
  *unused = *all - live;
  return broken;
}


int cuMemAlloc_v2(Ptr *p, size_t n) {
  static long allocations;
  if (broken) return broken;
  if (fails("alloc ", &allocations)) return NO_MEMORY;
  if (n == 0 || blocks == BLOCKS) return INVALID;
  if (n > total() - live || n + 512 > ROOM - used) {
    note("refused");
    return NO_MEMORY;
  }
  *p = (Ptr)(base + used);
  block[blocks].p = *p;
  block[blocks++].n = n;
  used += (n + 511) / 512 * 512;
  live += n;
  note("taken");
  allow(PROT_READ | PROT_WRITE);
  memset((void *)*p, 0xff, n);
  allow(PROT_NONE);
  return OK;
}


int cuMemFree_v2(Ptr p) {
  int i;
  drain();
  for (i = 0; i < blocks && block[i].p != p; i++);
  if (i == blocks) return INVALID;
  live -= block[i].n;
  block[i] = block[--blocks];
  note("given back");
  return broken;
}


/* -- modules --------------------------------------------------------------- */

int cuModuleLoadData(void **module, const void *image) {
  const char *code = image;
  char path[64];
  size_t n;
  int fd;
  if (memcmp(code, "FAKE ", 5) != 0) return INVALID_IMAGE;
  n = (size_t)atoll(code + 5);
  fd = memfd_create("kernels", 0);
  if (fd < 0 || write(fd, code + 16, n) != (ssize_t)n) return INVALID_IMAGE;
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  close(fd);
  return *module ? OK : INVALID_IMAGE;
}


int cuModuleGetFunction(void **f, void *module, const char *name) {
  static Kernel kernel[1024];
  static int n;
  Kernel *k = &kernel[n];
  char symbol[128];
  void *call;
  if (n == 1024 || strncmp(name, "kernel_", 7) != 0) return NOT_FOUND;
  snprintf(symbol, sizeof symbol, "call_%s", name + 7);
  call = dlsym(module, symbol);
  if (call == NULL) return NOT_FOUND;
  memcpy(&k->call, &call, sizeof call);
  snprintf(symbol, sizeof symbol, "size_%s", name + 7);
  k->size = *(unsigned long *)dlsym(module, symbol);
  k->block = dlsym(module, "blockIdx");
  k->thread = dlsym(module, "threadIdx");
  k->block_size = dlsym(module, "blockDim");
  k->grid_size = dlsym(module, "gridDim");
  note(name);
  k->team = strncmp(name, "kernel_tile_", 12) == 0 ||
            strncmp(name, "kernel_team_", 12) == 0;
  *(void (**)(void))dlsym(module, "fake_barrier") = barrier;
  n++;
  *f = k;
  return OK;
}
