/*
** cuda.h
** What the files of the CUDA backend share. The driver, and NVRTC, which
** compiles kernels, are found while the program runs, so that one binary
** serves machines with and without a GPU; of both, what is used is declared
** here. Their functions return 0 or the code of a failure.
*/

#ifndef cuda_h
#define cuda_h

#include "base/mem.h"
#include "device/device.h"

typedef uint64_t CudaPtr;        /* an address on the device */
typedef void *CudaStream;
typedef void *CudaKernel;

#define CUDA_OUT_OF_MEMORY 2

#define CUDA_DRIVER(F) \
  F(cuInit, (unsigned flags)) \
  F(cuGetErrorName, (int code, const char **text)) \
  F(cuGetErrorString, (int code, const char **text)) \
  F(cuDriverGetVersion, (int *version)) \
  F(cuDeviceGetCount, (int *n)) \
  F(cuDeviceGet, (int *device, int number)) \
  F(cuDeviceGetAttribute, (int *value, int attribute, int device)) \
  F(cuDevicePrimaryCtxRetain, (void **context, int device)) \
  F(cuCtxSetCurrent, (void *context)) \
  F(cuStreamCreate, (CudaStream *s, unsigned flags)) \
  F(cuStreamSynchronize, (CudaStream s)) \
  F(cuModuleLoadData, (void **module, const void *image)) \
  F(cuModuleGetFunction, (CudaKernel *f, void *module, const char *name)) \
  F(cuLaunchKernel, (CudaKernel f, unsigned grid_x, unsigned grid_y, \
                     unsigned grid_z, unsigned block_x, unsigned block_y, \
                     unsigned block_z, unsigned shared, CudaStream s, \
                     void **params, void **extra)) \
  F(cuMemGetInfo_v2, (size_t *unused, size_t *total)) \
  F(cuMemAlloc_v2, (CudaPtr *p, size_t n)) \
  F(cuMemFree_v2, (CudaPtr p)) \
  F(cuMemcpyHtoDAsync_v2, (CudaPtr to, const void *from, size_t n, \
                           CudaStream s)) \
  F(cuMemcpyDtoHAsync_v2, (void *to, CudaPtr from, size_t n, CudaStream s)) \
  F(cuMemcpyDtoDAsync_v2, (CudaPtr to, CudaPtr from, size_t n, CudaStream s))

#define CUDA_COMPILER(F) \
  F(nvrtcVersion, (int *major, int *minor)) \
  F(nvrtcGetNumSupportedArchs, (int *n)) \
  F(nvrtcGetSupportedArchs, (int *list)) \
  F(nvrtcCreateProgram, (void **program, const char *source, \
                         const char *name, int n, \
                         const char *const *headers, \
                         const char *const *names)) \
  F(nvrtcDestroyProgram, (void **program)) \
  F(nvrtcCompileProgram, (void *program, int n, \
                          const char *const *options)) \
  F(nvrtcGetProgramLogSize, (void *program, size_t *n)) \
  F(nvrtcGetProgramLog, (void *program, char *text)) \
  F(nvrtcGetCUBINSize, (void *program, size_t *n)) \
  F(nvrtcGetCUBIN, (void *program, char *code)) \
  F(nvrtcGetPTXSize, (void *program, size_t *n)) \
  F(nvrtcGetPTX, (void *program, char *code))

#define CUDA_FIELD(name, args) int (*name) args;

/* what was found; of no use before cuda_find */
extern struct CudaDriver { CUDA_DRIVER(CUDA_FIELD) } cuda;
extern struct CudaCompiler { CUDA_COMPILER(CUDA_FIELD) } nvrtc;

/* looks for both; 0 after ts_fail */
int cuda_find(void);
/* whether a code of the driver is 0; else 0 after ts_fail, with its name.
** `what` was tried. */
int cuda_fine(int code, const char *what);

/* the sources of the kernels, by the names that they include one another by,
** far.cu the last; made by the Makefile */
typedef struct CudaText {
  const char *name, *text;
} CudaText;

extern const CudaText cuda_text[];
extern const int cuda_texts;

/* The kernels' code for a device of compute capability arch / 10, to be freed
** with mem_free; NULL after ts_fail. It is compiled if it is not in the cache
** yet. */
void *cuda_code(int arch);
/* The cache: code by its key, a file name, in *n bytes; NULL if there is
** none, or a damaged one. Nothing fails: what cannot be kept is made again. */
void *cuda_kept(const char *key, size_t *n);
void cuda_keep(const char *key, const void *code, size_t n);

/* blocks of the device's memory, used again in the order of the stream */
void *cuda_alloc(size_t n, CudaStream stream);
void cuda_free(void *p, size_t n);

/* kernels that CUDA alone has, after those of all */
#define CUDA_NUMBER(name, Args) CUDA_##name,
enum { CUDA_BEFORE = FAR_COUNT - 1, FAR_TEAMS(CUDA_NUMBER) CUDA_COUNT };

/* how a product is cut: tiles of rows and of columns, several products (z),
** and sums in parts */
typedef struct CudaTiles {
  int kernel;
  int rows, columns, z, parts;
} CudaTiles;

/* whether the kernel on these arguments is better done by tiles, and how */
int cuda_tiles(FarKernel kernel, const void *args, CudaTiles *t);

/* whether TEASEL_PLAIN is 1: none of these, but what the mirror has, for who
** looks for a difference */
int cuda_plain(void);

#endif
