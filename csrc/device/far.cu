/*
** far.cu
** The kernels as CUDA has them: an index for each thread.
*/

#include "device/far.h"

#define FAR_ENTRY(name, Args) \
  extern "C" __global__ void kernel_##name(long n, Args args) { \
    const long i = (long)blockIdx.x * blockDim.x + threadIdx.x; \
    if (i < n) far_##name(i, &args); \
  }

FAR_ENTRIES
