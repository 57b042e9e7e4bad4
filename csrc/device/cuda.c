/*
** cuda.c
** The backend of NVIDIA's GPUs: the first one that the driver names, its
** primary context, and one stream, to which all work goes in order. Nothing
** waits but `out`; so a kernel's failure may show at a later call.
*/

#include "device/cuda.h"
#include "device/far.h"
#include "device/far_team.h"
#include "device/far_tile.h"

#include <pthread.h>

#define THREADS 256
#define SHARED 32                /* items of a fold that threads share */
#define CAPABILITY 75            /* the attribute; its minor number the next */

static struct {
  int ready;
  int forked;                    /* since then */
  CudaStream stream;
  void *module;
  CudaKernel kernel[CUDA_COUNT]; /* as they are asked for */
} gpu;

#define FAR_ENTRY(name, Args) "kernel_" #name,
static const char *const names[CUDA_COUNT] = {
  FAR_ENTRIES FAR_TEAMS(FAR_ENTRY)
};


static int open_device(int *arch) {
  void *context;
  int n = 0, device = 0, major = 0, minor = 0;
  if (!cuda_fine(cuda.cuDeviceGetCount(&n), "the driver finds no GPU"))
    return 0;
  if (n == 0)
    return ts_fail("gpu: the driver finds no GPU (CUDA_VISIBLE_DEVICES hides "
                   "some)");
  if (!cuda_fine(cuda.cuDeviceGet(&device, 0), "the device") ||
      !cuda_fine(cuda.cuDeviceGetAttribute(&major, CAPABILITY, device),
                 "the device's capability") ||
      !cuda_fine(cuda.cuDeviceGetAttribute(&minor, CAPABILITY + 1, device),
                 "the device's capability") ||
      !cuda_fine(cuda.cuDevicePrimaryCtxRetain(&context, device),
                 "the device does not open") ||
      !cuda_fine(cuda.cuCtxSetCurrent(context), "the device's context"))
    return 0;
  *arch = 10 * major + minor;
  return 1;
}


static void forked(void) { gpu.forked = 1; }


/* all that a tensor needs, at the first one; a try that failed is made again */
static int start(void) {
  void *code;
  int arch = 0, ok;
  if (gpu.ready)
    return !gpu.forked ||
           ts_fail("gpu: this process was forked by one that has tensors "
                   "there, and cannot go on with them: wanted processes that "
                   "are apart from their start (mpirun)");
  if (!cuda_find() || !open_device(&arch)) return 0;
  code = cuda_code(arch);
  if (code == NULL) return 0;
  ok = cuda_fine(cuda.cuModuleLoadData(&gpu.module, code),
                 "the driver does not load the kernels");
  mem_free(code);
  if (!ok || !cuda_fine(cuda.cuStreamCreate(&gpu.stream, 1), "a stream"))
    return 0;
  if (pthread_atfork(NULL, NULL, forked) != 0)
    return ts_fail("gpu: out of memory");
  gpu.ready = 1;
  return 1;
}


static void *gpu_alloc(size_t n) {
  return start() ? cuda_alloc(n, gpu.stream) : NULL;
}


static int in(void *to, const void *from, size_t n) {
  return n == 0 ||
         cuda_fine(cuda.cuMemcpyHtoDAsync_v2((CudaPtr)(uintptr_t)to, from, n,
                                             gpu.stream),
                   "a copy to the device");
}


static int out(void *to, const void *from, size_t n) {
  return n == 0 ||
         (cuda_fine(cuda.cuMemcpyDtoHAsync_v2(to, (CudaPtr)(uintptr_t)from, n,
                                              gpu.stream),
                    "a copy from the device") &&
          cuda_fine(cuda.cuStreamSynchronize(gpu.stream),
                    "the device's work"));
}


static int within(void *to, const void *from, size_t n) {
  return n == 0 ||
         cuda_fine(cuda.cuMemcpyDtoDAsync_v2((CudaPtr)(uintptr_t)to,
                                             (CudaPtr)(uintptr_t)from, n,
                                             gpu.stream),
                   "a copy on the device");
}


/* a kernel on a grid of blocks; `first` is what it takes before *args */
static int run(int kernel, unsigned x, unsigned y, unsigned z,
               unsigned threads, long first, const void *args) {
  CudaKernel *f = &gpu.kernel[kernel];
  void *params[2];
  if (*f == NULL && !cuda_fine(cuda.cuModuleGetFunction(f, gpu.module,
                                                        names[kernel]),
                               names[kernel]))
    return 0;
  params[0] = &first;
  memcpy(&params[1], &args, sizeof args);   /* which are only read */
  return cuda_fine(cuda.cuLaunchKernel(*f, x, y, z, threads, 1, 1, 0,
                                       gpu.stream, params, NULL),
                   names[kernel]);
}


static int tiles(const CudaTiles *t, const void *args) {
  return run(t->kernel, (unsigned)t->rows, (unsigned)t->columns,
             (unsigned)(t->z * t->parts), TILE_THREADS, t->parts, args);
}


/* whether a fold is long enough for all threads of a block to share it */
static int shared(FarKernel kernel, const FoldArgs *k) {
  return kernel >= FAR_fold_sum && kernel <= FAR_fold_power &&
         k->r / k->parts >= SHARED &&
         k->r / k->parts * team_width(k->i) >= TEAM && !cuda_plain();
}


/* n results of a fold */
static int team(FarKernel kernel, long n, const FoldArgs *k) {
  const long width = team_width(k->i);
  const long blocks = n / k->i * team_across(k->i, width);
  return run(CUDA_team_fold_sum + (int)(kernel - FAR_fold_sum),
             (unsigned)blocks, 1, 1, TEAM, width, k);
}


static long fan(long i) { return cuda_plain() ? FAR_FAN : team_fan(i); }


/* n sums in parts, which are then added up */
static int parted(const CudaTiles *t, long n, const void *args) {
  union { MatmulArgs product; ConvArgs conv; } k;
  const size_t bytes = (size_t)n * (size_t)t->parts * sizeof(real);
  FoldArgs fold = {0};
  real *part = cuda_alloc(bytes, gpu.stream);
  int ok;
  if (part == NULL) return 0;
  if (t->kernel == CUDA_tile_matmul) {
    k.product = *(const MatmulArgs *)args;
    fold.y = k.product.c;
    k.product.c = part;
  }
  else {
    k.conv = *(const ConvArgs *)args;
    fold.y = k.conv.to;
    k.conv.to = part;
  }
  fold.x = part;
  fold.r = t->parts;
  fold.i = n;
  fold.parts = 1;
  ok = tiles(t, &k) &&
       run(FAR_fold_sum, (unsigned)((n - 1) / THREADS + 1), 1, 1, THREADS, n,
           &fold);
  cuda_free(part, bytes);
  return ok;
}


static int launch(FarKernel kernel, long n, const void *args, size_t size) {
  CudaTiles t;
  (void)size;                    /* the kernel's code knows it */
  if (n <= 0) return 1;
  if (cuda_tiles(kernel, args, &t))
    return t.parts == 1 ? tiles(&t, args) : parted(&t, n, args);
  if (shared(kernel, args)) return team(kernel, n, args);
  return run(kernel, (unsigned)((n - 1) / THREADS + 1), 1, 1, THREADS, n,
             args);
}


const Backend device_gpu = {
  "gpu", gpu_alloc, cuda_free, in, out, within, launch, fan
};
