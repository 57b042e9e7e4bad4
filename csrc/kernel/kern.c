/*
** kern.c
** Chooses the kernels once, when the module is opened.
*/

#include "kernel/kern.h"

void kern_elem_v1(Kernels *k);
void kern_reduce_v1(Kernels *k);
void kern_optim_v1(Kernels *k);
void kern_norm_v1(Kernels *k);

#if defined(__x86_64__)
void kern_elem_v3(Kernels *k);
void kern_reduce_v3(Kernels *k);
void kern_optim_v3(Kernels *k);
void kern_norm_v3(Kernels *k);
void kern_elem_v4(Kernels *k);
void kern_reduce_v4(Kernels *k);
void kern_optim_v4(Kernels *k);
void kern_norm_v4(Kernels *k);
#endif

static Kernels table;
const Kernels *kern = &table;


void kern_open(int level) {
  if (level == 0) level = 4;
#if defined(__x86_64__)
  if (level >= 4 && __builtin_cpu_supports("x86-64-v4")) {
    table.name = "AVX-512";
    kern_elem_v4(&table);
    kern_reduce_v4(&table);
    kern_optim_v4(&table);
    kern_norm_v4(&table);
    return;
  }
  if (level >= 3 && __builtin_cpu_supports("x86-64-v3")) {
    table.name = "AVX2";
    kern_elem_v3(&table);
    kern_reduce_v3(&table);
    kern_optim_v3(&table);
    kern_norm_v3(&table);
    return;
  }
#endif
  table.name = "portable";
  kern_elem_v1(&table);
  kern_reduce_v1(&table);
  kern_optim_v1(&table);
  kern_norm_v1(&table);
}
