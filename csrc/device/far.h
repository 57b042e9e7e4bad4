/*
** far.h
** All kernels for far memory. Each is a function of one index and of a plain
** struct of arguments, written in what C and CUDA share, and complete in
** itself: no index reads what another one writes, and a sum that several
** indices make is a fixed tree of launches. So bits are the same from run to
** run, whatever runs them in whatever order. They are not those of the
** processor's own kernels where order matters, in sums and products; they are
** in all else (CUDA: with -fmad=false).
*/

#ifndef far_h
#define far_h

#include "device/far_list.h"
#include "device/far_elem.h"
#include "device/far_move.h"
#include "device/far_optim.h"
#include "device/far_pool.h"
#include "device/far_prod.h"
#include "device/far_rand.h"
#include "device/far_reduce.h"

/* every kernel as ENTRY(name, type of its arguments) */
#define FAR_MAP_ENTRY(name, expr) FAR_ENTRY(name, MapArgs)
#define FAR_BROADCAST_ENTRY(name, expr) FAR_ENTRY(name, BroadcastArgs)
#define FAR_ENTRIES \
  KERN_UNARIES(FAR_MAP_ENTRY) \
  KERN_BINARIES(FAR_BROADCAST_ENTRY) \
  KERN_TERNARIES(FAR_BROADCAST_ENTRY) \
  KERN_PAIRS(FAR_MAP_ENTRY) \
  FAR_KERNELS(FAR_ENTRY)

#endif
