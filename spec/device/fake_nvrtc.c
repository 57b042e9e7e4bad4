/*
** fake_nvrtc.c
** What stands for NVRTC where there is none: kernels are compiled by gcc, of
** the same sources, and the code is a shared object with its length before it,
** for fake_driver.c. What teasel must say, it insists on. Of the environment:
** FAKE_LOG is a file that gets a line for each compilation, FAKE_FAIL=compile
** makes each of them fail, FAKE_NVRTC=MAJOR is its version.
*/

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMMAND 4096

/* what gcc reads before the source */
static const char head[] =
  "#define __device__\n"
  "#define __global__\n"
  "#define __shared__ static\n"
  "#define __restrict__ restrict\n"
  "#define __launch_bounds__(n)\n"
  "typedef struct { unsigned x, y, z; } FakeIndex;\n"
  "FakeIndex blockIdx, blockDim, threadIdx, gridDim;\n"
  "void (*fake_barrier)(void);\n"
  "#define __syncthreads() fake_barrier()\n";

/* and after it: each kernel as the driver calls it, and what it takes */
static const char tail[] =
  "#undef FAR_ENTRY\n"
  "#define FAR_ENTRY(name, Args) \\\n"
  "  const unsigned long size_##name = sizeof(Args); \\\n"
  "  void call_##name(void **p) { \\\n"
  "    kernel_##name(*(long *)p[0], *(Args *)p[1]); \\\n"
  "  }\n"
  "FAR_ENTRIES\n"
  "FAR_TEAMS(FAR_ENTRY)\n";

typedef struct Program {
  char folder[64];
  char *code;
  size_t size;
  char log[4096];
} Program;


static int is(const char *name, const char *value) {
  const char *set = getenv(name);
  return set && strcmp(set, value) == 0;
}


static void note(const char *what) {
  const char *path = getenv("FAKE_LOG");
  FILE *f = path ? fopen(path, "a") : NULL;
  if (f == NULL) return;
  fprintf(f, "%s\n", what);
  fclose(f);
}


int nvrtcVersion(int *major, int *minor) {
  const char *set = getenv("FAKE_NVRTC");
  *major = set ? atoi(set) : 12;
  *minor = 4;
  return 0;
}


int nvrtcGetNumSupportedArchs(int *n) {
  *n = 3;
  return 0;
}


int nvrtcGetSupportedArchs(int *list) {
  list[0] = 70;
  list[1] = 80;
  list[2] = 90;
  return 0;
}


/* FOLDER/NAME, whose name has one slash at most, as C */
static int save(const Program *p, const char *name, const char *first,
                const char *source, const char *last) {
  static const char cpp[] = "extern \"C\"";
  char path[512], *text = strdup(source), *at;
  const char *slash = strchr(name, '/');
  FILE *f;
  if (text == NULL) return 0;
  while ((at = strstr(text, cpp)) != NULL) memset(at, ' ', strlen(cpp));
  if (slash) {
    snprintf(path, sizeof path, "%s/%.*s", p->folder, (int)(slash - name),
             name);
    mkdir(path, 0777);
  }
  snprintf(path, sizeof path, "%s/%s", p->folder, name);
  f = fopen(path, "w");
  if (f == NULL) return 0;
  fprintf(f, "%s%s%s", first, text, last);
  free(text);
  return fclose(f) == 0;
}


int nvrtcCreateProgram(void **program, const char *source, const char *name,
                       int n, const char *const *header,
                       const char *const *names) {
  Program *p = calloc(1, sizeof *p);
  int i, ok = p && strcmp(name, "device/far.cu") == 0;
  if (!ok) return 3;
  strcpy(p->folder, "/tmp/fake_nvrtc_XXXXXX");
  ok = mkdtemp(p->folder) != NULL;
  for (i = 0; i < n && ok; i++) ok = save(p, names[i], "", header[i], "");
  ok = ok && save(p, "far.c", head, source, tail);
  *program = p;
  return ok ? 0 : 3;
}


int nvrtcDestroyProgram(void **program) {
  Program *p = *program;
  char command[COMMAND];
  int gone;
  snprintf(command, sizeof command, "rm -r %s", p->folder);
  gone = system(command);
  free(p->code);
  free(p);
  *program = NULL;
  return gone == 0 ? 0 : 3;
}


/* gcc's code with its length before it */
static int read_code(Program *p) {
  char path[512];
  struct stat s;
  FILE *f;
  snprintf(path, sizeof path, "%s/far.so", p->folder);
  f = fopen(path, "rb");
  if (f == NULL || fstat(fileno(f), &s) != 0) return 0;
  p->size = (size_t)s.st_size + 16;
  p->code = malloc(p->size);
  if (p->code == NULL) return 0;
  snprintf(p->code, 16, "FAKE %010zu", (size_t)s.st_size);
  if (fread(p->code + 16, 1, p->size - 16, f) != p->size - 16) return 0;
  fclose(f);
  return 1;
}


static int has(int n, const char *const *option, const char *wanted) {
  int i;
  for (i = 0; i < n; i++)
    if (strcmp(option[i], wanted) == 0) return 1;
  return 0;
}


int nvrtcCompileProgram(void *program, int n, const char *const *option) {
  Program *p = program;
  char command[COMMAND];
  int known = has(n, option, "--gpu-architecture=sm_90") ||
              has(n, option, "--gpu-architecture=compute_90");
  if (!known || !has(n, option, "--fmad=false") ||
      !has(n, option, "--ftz=true")) {
    snprintf(p->log, sizeof p->log, "error: options\n");
    return 5;
  }
  note(option[0]);
  if (is("FAKE_FAIL", "compile")) {
    snprintf(p->log, sizeof p->log, "a line before\n"
             "far.cu(3): error: what the compiler did not like\na line after");
    return 6;
  }
  snprintf(command, sizeof command,
           "cd %s && env -u LD_PRELOAD gcc -std=gnu11 -O0 -w -shared -fPIC "
           "-ffp-contract=off -fno-math-errno -fno-trapping-math %s -I. far.c "
           "-o far.so -lm", p->folder,
           has(n, option, "-DTS_DOUBLE") ? "-DTS_DOUBLE" : "");
  if (system(command) != 0) {
    snprintf(p->log, sizeof p->log, "error: gcc\n");
    return 6;
  }
  return read_code(p) ? 0 : 6;
}


int nvrtcGetProgramLogSize(void *program, size_t *n) {
  *n = strlen(((Program *)program)->log) + 1;
  return 0;
}


int nvrtcGetProgramLog(void *program, char *text) {
  strcpy(text, ((Program *)program)->log);
  return 0;
}


int nvrtcGetCUBINSize(void *program, size_t *n) {
  *n = ((Program *)program)->size;
  return 0;
}


int nvrtcGetCUBIN(void *program, char *code) {
  memcpy(code, ((Program *)program)->code, ((Program *)program)->size);
  return 0;
}


int nvrtcGetPTXSize(void *program, size_t *n) {
  note("PTX");
  return nvrtcGetCUBINSize(program, n);
}


int nvrtcGetPTX(void *program, char *code) {
  return nvrtcGetCUBIN(program, code);
}
