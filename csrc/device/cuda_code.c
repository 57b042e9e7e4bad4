/*
** cuda_code.c
** The kernels' code for one kind of device: from the cache, or compiled by
** NVRTC of the sources that the program holds. Options are such that items
** are the host's bits: no multiplication is joined to an addition but in
** products, and float32 below the normal numbers counts as 0 (base/flush.h).
*/

#include "device/cuda.h"
#include "file/sha256.h"

#include <stdio.h>
#include <string.h>

#define TEXTS 32

typedef struct Compiled {
  const char *option[8];
  int options;
  int ready;                     /* whether it is code, not PTX */
  char arch[40];
} Compiled;


/* A device that is newer than the compiler gets code in PTX, which its driver
** translates. */
static int settle(Compiled *c, int arch) {
  int known[128];
  int i, n = 0, newest = 0;
  c->ready = 0;
  if (nvrtc.nvrtcGetNumSupportedArchs(&n) != 0 || n < 1 || n > 128 ||
      nvrtc.nvrtcGetSupportedArchs(known) != 0)
    return ts_fail("gpu: NVRTC does not say for which devices it compiles");
  for (i = 0; i < n; i++) {
    if (known[i] == arch) c->ready = 1;
    if (known[i] <= arch && known[i] > newest) newest = known[i];
  }
  if (newest == 0)
    return ts_fail("gpu: the device is of compute capability %d.%d, which "
                   "this NVRTC no longer knows: wanted one of an older CUDA",
                   arch / 10, arch % 10);
  snprintf(c->arch, sizeof c->arch, "--gpu-architecture=%s_%d",
           c->ready ? "sm" : "compute", newest);
  c->options = 0;
  c->option[c->options++] = c->arch;
  c->option[c->options++] = "--fmad=false";
  c->option[c->options++] = "--ftz=true";
  if (sizeof(real) == sizeof(double))
    c->option[c->options++] = "-DTS_DOUBLE";
  return 1;
}


static void key_of(const Compiled *c, char key[65]) {
  unsigned char digest[32];
  char version[32];
  int i, major = 0, minor = 0;
  Sha256 s;
  sha256_start(&s);
  nvrtc.nvrtcVersion(&major, &minor);
  snprintf(version, sizeof version, "%d.%d", major, minor);
  sha256_add(&s, version, strlen(version) + 1);
  for (i = 0; i < c->options; i++)
    sha256_add(&s, c->option[i], strlen(c->option[i]) + 1);
  for (i = 0; i < cuda_texts; i++)
    sha256_add(&s, cuda_text[i].text, strlen(cuda_text[i].text) + 1);
  sha256_end(&s, digest);
  sha256_hex(digest, key);
}


/* the compiler's log as an error: its first line that has one */
static int refused(void *program) {
  const char *said = "without a word";
  size_t n = 0;
  char *log = NULL;
  if (nvrtc.nvrtcGetProgramLogSize(program, &n) == 0 && n > 1) {
    log = mem_alloc(n + 1);
    if (log == NULL) return 0;
    log[n] = '\0';
    if (nvrtc.nvrtcGetProgramLog(program, log) == 0) {
      char *line = strstr(log, "error");
      while (line && line > log && line[-1] != '\n') line--;
      said = line ? line : log;
      line = strchr(said, '\n');
      if (line) *line = '\0';
    }
  }
  ts_fail("gpu: NVRTC refuses the kernels: %.400s", said);
  mem_free(log);
  return 0;
}


static void *code_of(void *program, int ready, size_t *n) {
  char *code = NULL;
  int ok = ready ? nvrtc.nvrtcGetCUBINSize(program, n) == 0
                 : nvrtc.nvrtcGetPTXSize(program, n) == 0;
  if (ok && *n > 0) {
    code = mem_alloc(*n);
    if (code == NULL) return NULL;
    ok = ready ? nvrtc.nvrtcGetCUBIN(program, code) == 0
               : nvrtc.nvrtcGetPTX(program, code) == 0;
    if (ok) return code;
  }
  mem_free(code);
  ts_fail("gpu: NVRTC gives no code");
  return NULL;
}


static void *compile(const Compiled *c, size_t *n) {
  const char *header[TEXTS], *name[TEXTS];
  const int last = cuda_texts - 1;
  void *program = NULL, *code = NULL;
  int i;
  for (i = 0; i < last; i++) {
    header[i] = cuda_text[i].text;
    name[i] = cuda_text[i].name;
  }
  if (nvrtc.nvrtcCreateProgram(&program, cuda_text[last].text,
                               cuda_text[last].name, last, header, name)
      != 0) {
    ts_fail("gpu: NVRTC does not take the kernels");
    return NULL;
  }
  if (nvrtc.nvrtcCompileProgram(program, c->options, c->option) != 0)
    refused(program);
  else code = code_of(program, c->ready, n);
  nvrtc.nvrtcDestroyProgram(&program);
  return code;
}


void *cuda_code(int arch) {
  Compiled c;
  char key[65];
  void *code;
  size_t n = 0;
  if (!settle(&c, arch)) return NULL;
  key_of(&c, key);
  code = cuda_kept(key, &n);
  if (code) return code;
  code = compile(&c, &n);
  if (code) cuda_keep(key, code, n);
  return code;
}
