/*
** cuda.c
** The backend of NVIDIA's GPUs: the first one that the driver names, its
** primary context, and one stream, to which all work goes in order. Nothing
** waits but `out`; so a kernel's failure may show at a later call.
*/

#include "device/cuda.h"
#include "device/far.h"

#include <unistd.h>

#define THREADS 256
#define CAPABILITY 75            /* the attribute; its minor number the next */

static struct {
  int ready;
  pid_t process;
  CudaStream stream;
  void *module;
  CudaKernel kernel[FAR_COUNT];  /* as they are asked for */
} gpu;

#define FAR_ENTRY(name, Args) "kernel_" #name,
static const char *const names[FAR_COUNT] = { FAR_ENTRIES };


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


/* all that a tensor needs, at the first one; a try that failed is made again */
static int start(void) {
  void *code;
  int arch = 0, ok;
  if (gpu.ready)
    return gpu.process == getpid() ||
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
  gpu.process = getpid();
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


static int launch(FarKernel kernel, long n, const void *args, size_t size) {
  CudaKernel *f = &gpu.kernel[kernel];
  void *params[2];
  (void)size;                    /* the kernel's code knows it */
  if (n <= 0) return 1;
  if (*f == NULL && !cuda_fine(cuda.cuModuleGetFunction(f, gpu.module,
                                                        names[kernel]),
                               names[kernel]))
    return 0;
  memcpy(&params[1], &args, sizeof args);   /* which are only read */
  params[0] = &n;
  return cuda_fine(cuda.cuLaunchKernel(*f, (unsigned)((n - 1) / THREADS + 1),
                                       1, 1, THREADS, 1, 1, 0, gpu.stream,
                                       params, NULL),
                   names[kernel]);
}


const Backend device_gpu = {
  "gpu", gpu_alloc, cuda_free, in, out, within, launch
};
