/*
** far.cu
** The kernels as CUDA has them: an index for each thread, and folds and
** products by threads that work together.
*/

#include "device/far.h"
#include "device/far_team.h"
#include "device/far_tile.h"

#define FAR_ENTRY(name, Args) \
  extern "C" __global__ void kernel_##name(long n, Args args) { \
    const long i = (long)blockIdx.x * blockDim.x + threadIdx.x; \
    if (i < n) far_##name(i, &args); \
  }

FAR_ENTRIES

FAR_FOLDS(TEAM_KERNEL)

TILE_KERNEL(matmul, MatmulArgs, k->a_column == 1, k->b_row == 1, k->c,
            gridDim.z / parts * k->m * k->n)
TILE_KERNEL(conv, ConvArgs, 1, 0, k->to, k->n * k->oh * k->ow * k->o)
TILE_KERNEL(conv_x, ConvArgs, 1, 1, k->to, k->n * k->h * k->width * k->c)
TILE_KERNEL(conv_w, ConvArgs, 0, 0, k->to, k->kh * k->kw * k->c * k->o)
