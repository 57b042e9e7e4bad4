/*
** prod_half.c
** Which instructions multiply operands in bfloat16: what the processor has,
** and what the system lets this process use of it.
*/

#include "product/prod.h"

#include "product/prod_plan.h"

#include <string.h>

#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

static const char *used;


const char *prod_precision(void) {
  return used;
}

#if defined(TS_DOUBLE)

int prod_setprecision(int half, const char *with) {
  (void)with;
  if (!half) return 1;
  return ts_fail("precision: got bf16, wanted fp32 in the build in double "
                 "precision, which rounds nothing");
}

#else

typedef struct Half {
  const char *name;
  const ProdKern *kern;
  const char *(*lack)(void);   /* NULL: it can be used */
} Half;

#if defined(__x86_64__)

static const char *lack_dot(void) {
  return __builtin_cpu_supports("x86-64-v4") &&
         __builtin_cpu_supports("avx512bf16") ? NULL
       : "this processor does not have AVX-512 BF16";
}


/* the kernel keeps the tiles of a thread, 8 KB, for those who ask */
static int request_tiles(void) {
#if defined(__linux__) && defined(SYS_arch_prctl)
  const long ARCH_REQ_XCOMP_PERM = 0x1023, XTILEDATA = 18;
  return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XTILEDATA) == 0;
#else
  return 0;
#endif
}


static const char *lack_amx(void) {
  if (!__builtin_cpu_supports("x86-64-v4") ||
      !__builtin_cpu_supports("avx512bf16") ||
      !__builtin_cpu_supports("amx-tile") ||
      !__builtin_cpu_supports("amx-bf16"))
    return "this processor does not have AMX-BF16, or the system hides it";
  return request_tiles() ? NULL : "the system does not let it use AMX";
}

#endif


static const char *lack_nothing(void) {
  return NULL;
}


static const Half halves[] = {
#if defined(__x86_64__)
  { "amx", &kern_half_v6, lack_amx },
  { "avx512bf16", &kern_half_v5, lack_dot },
#endif
  { "emulated", &kern_half_v1, lack_nothing }
};

#define HALVES ((int)(sizeof halves / sizeof halves[0]))


/* the first that can be used; the last one only by its name */
static const Half *best(void) {
  int i;
  for (i = 0; i < HALVES - 1; i++)
    if (halves[i].lack() == NULL) return &halves[i];
  ts_fail("precision: got bf16, wanted fp32: this processor has neither "
          "AVX-512 BF16 nor AMX-BF16");
  return NULL;
}


static const Half *named(const char *name) {
  int i;
  for (i = 0; i < HALVES; i++) {
    const char *lack;
    if (strcmp(halves[i].name, name) != 0) continue;
    lack = halves[i].lack();
    if (lack == NULL) return &halves[i];
    ts_fail("precision: got bf16 with %s, wanted what can be used: %s", name,
            lack);
    return NULL;
  }
  ts_fail("precision: got bf16 with %s, wanted amx, avx512bf16 or emulated",
          name);
  return NULL;
}


int prod_setprecision(int half, const char *with) {
  const Half *h = NULL;
  if (half) {
    h = with ? named(with) : best();
    if (h == NULL) return 0;
  }
  plan_sethalf(h ? h->kern : NULL);
  used = h ? h->name : NULL;
  return 1;
}

#endif
