/*
** nvrtc.c
** Compiles csrc/device/far.cu as a program with a GPU would while it runs:
** by NVRTC, which has no headers of the system. Prints what it says, and then
** the code. Arguments: that file, and options.
*/

#include <nvrtc.h>
#include <stdio.h>
#include <stdlib.h>

static char source[1 << 16];


int main(int argc, char **argv) {
  const char *options[16];
  nvrtcProgram program;
  FILE *file;
  size_t size = 0;
  char *log, *code;
  int i, n = 0, ok;
  file = fopen(argv[1], "rb");
  if (file == NULL || fread(source, 1, sizeof source - 1, file) == 0) return 2;
  fclose(file);
  for (i = 2; i < argc && n < 16; i++) options[n++] = argv[i];
  if (nvrtcCreateProgram(&program, source, "far.cu", 0, NULL, NULL) != 0)
    return 2;
  ok = nvrtcCompileProgram(program, n, options) == NVRTC_SUCCESS;
  nvrtcGetProgramLogSize(program, &size);
  log = calloc(size + 1, 1);
  if (log && nvrtcGetProgramLog(program, log) == NVRTC_SUCCESS) puts(log);
  if (!ok || nvrtcGetCUBINSize(program, &size) != NVRTC_SUCCESS) return 1;
  code = malloc(size);
  if (code == NULL || nvrtcGetCUBIN(program, code) != NVRTC_SUCCESS) return 1;
  return fwrite(code, 1, size, stdout) == size ? 0 : 1;
}
