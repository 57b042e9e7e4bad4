/*
** device.h
** Places, other than the host's own memory, where the numbers of tensors can
** stand. A Backend is one: memory that the host does not touch, copies, and
** kernels (far.h) that run there. Who knows a Backend calls nothing but these
** functions, so that a second one is a table like the first. NULL stands for
** the host everywhere.
*/

#ifndef device_h
#define device_h

#include "base/mem.h"
#include "device/far_list.h"

typedef struct Backend {
  const char *name;
  /* n bytes, of an address that only this backend can follow; NULL after
  ** ts_fail. What is handed out counts in mem_live. */
  void *(*alloc)(size_t n);
  void (*free)(void *p, size_t n);
  /* copies of n bytes, after all that was launched: from the host, to the
  ** host, which waits for them, and between two places here. 0 after
  ** ts_fail, as in all that follows. */
  int (*in)(void *to, const void *from, size_t n);
  int (*out)(void *to, const void *from, size_t n);
  int (*within)(void *to, const void *from, size_t n);
  /* the kernel for each index in 0..n-1, after all that was launched. Its
  ** arguments are one plain struct of `size` bytes, copied at once. */
  int (*launch)(FarKernel kernel, long n, const void *args, size_t size);
  /* of how many items one launch of a fold leaves one, with i columns beside
  ** one another (far_reduce.h) */
  long (*fan)(long i);
} Backend;

extern const Backend device_mirror, device_gpu;

extern const Backend *const device_list[];      /* ends with NULL */

/* the place of that name; 0 after ts_fail, in the name of `who` and of its
** argument `arg` (NULL: it is none) */
int device_find(const char *name, const char *who, const char *arg,
                const Backend **place);
const char *device_name(const Backend *place);  /* "host" of NULL */

/* where what is made of no tensor stands: constants, random numbers, batches.
** The host, until another place is said. */
const Backend *device_default(void);
void device_use(const Backend *place);

#endif
