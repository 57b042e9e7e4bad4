/*
** cuda_find.c
** Looks for the driver and for NVRTC, when a tensor is to stand on the GPU
** for the first time, and not before.
*/

#include "device/cuda.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

struct CudaDriver cuda;
struct CudaCompiler nvrtc;

static const char *const driver_files[] = { "libcuda.so.1", NULL };
/* newer ones first; of CUDA 11, all from 11.3 on go by that name */
static const char *const compiler_files[] = {
  "libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so", NULL
};


/* a library in the folder that the user names, where the system looks, or
** where CUDA installs itself */
static void *open_library(const char *name) {
  const char *own = getenv("TEASEL_CUDA");
  const char *folder[3];
  void *library = NULL;
  int i;
  folder[0] = own && *own ? own : NULL;
  folder[1] = "";
  folder[2] = "/usr/local/cuda/lib64";
  for (i = 0; i < 3 && library == NULL; i++) {
    char path[4096];
    if (folder[i] == NULL) continue;
    snprintf(path, sizeof path, "%s%s%s", folder[i], *folder[i] ? "/" : "",
             name);
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  }
  return library;
}


/* function pointers are no objects: ISO C lets them be copied only */
#define CUDA_SYMBOL(name, args) \
  if ((symbol = dlsym(library, missing = #name)) == NULL) return missing; \
  memcpy(&to->name, &symbol, sizeof symbol);

/* NULL, or the name of a function that the library has not */

static const char *driver_of(void *library, struct CudaDriver *to) {
  const char *missing;
  void *symbol;
  CUDA_DRIVER(CUDA_SYMBOL)
  return NULL;
}


static const char *compiler_of(void *library, struct CudaCompiler *to) {
  const char *missing;
  void *symbol;
  CUDA_COMPILER(CUDA_SYMBOL)
  return NULL;
}


int cuda_fine(int code, const char *what) {
  const char *name = NULL, *text = NULL;
  if (code == 0) return 1;
  cuda.cuGetErrorName(code, &name);
  cuda.cuGetErrorString(code, &text);
  return ts_fail("gpu: %s: %s (%s)", what, name ? name : "an unknown error",
                 text ? text : "no text");
}


static int find_driver(int *version) {
  static int found;
  const char *missing;
  void *library;
  if (!found) {
    library = open_library(driver_files[0]);
    if (library == NULL)
      return ts_fail("gpu: there is no driver (%s): wanted a machine with an "
                     "NVIDIA GPU, or its folder in TEASEL_CUDA",
                     driver_files[0]);
    missing = driver_of(library, &cuda);
    if (missing)
      return ts_fail("gpu: the driver (%s) is too old: it has no %s",
                     driver_files[0], missing);
    found = 1;
  }
  return cuda_fine(cuda.cuInit(0), "the driver does not start") &&
         cuda_fine(cuda.cuDriverGetVersion(version), "the driver's version");
}


/* the newest NVRTC whose code the driver of that version can load */
static int find_compiler(int driver) {
  static int found;
  int i, major = 0, minor = 0, newer = 0;
  for (i = 0; !found && compiler_files[i]; i++) {
    void *library = open_library(compiler_files[i]);
    if (library == NULL || compiler_of(library, &nvrtc) ||
        nvrtc.nvrtcVersion(&major, &minor) != 0) continue;
    if (major > driver / 1000) newer = major;
    else found = 1;
  }
  if (found) return 1;
  if (newer)
    return ts_fail("gpu: NVRTC (libnvrtc.so) is of CUDA %d, which the driver, "
                   "of CUDA %d.%d, cannot follow: wanted one of CUDA %d",
                   newer, driver / 1000, driver % 1000 / 10, driver / 1000);
  return ts_fail("gpu: there is no NVRTC (libnvrtc.so of CUDA 13, 12 or 11), "
                 "which compiles the kernels: wanted CUDA, or its folder in "
                 "TEASEL_CUDA");
}


int cuda_find(void) {
  int version = 0;
  return find_driver(&version) && find_compiler(version);
}
