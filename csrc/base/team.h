/*
** team.h
** What the processes of a rank know of each other: shard.c begins and ends
** them, shard_sum.c adds up what they have, shard_later.c does so in a thread
** of its own. For these alone. What may run in that thread says why it fails
** in team_lose, as ts_fail is for the thread that runs Lua.
*/

#ifndef team_h
#define team_h

#include "base/mem.h"
#include "base/shard.h"

#include <stdatomic.h>
#include <stddef.h>

typedef struct TeamShared {
  atomic_int arrived, round;
  atomic_int gone;             /* 1 + the first shard found to have ended */
  char why[400];               /* what it left, or how it ended */
  long bytes[2][SHARD_MOST];   /* of what each adds up, to be compared */
} TeamShared;

typedef struct Team {
  int count, index;
  int ranks, rank;
  int first, own;              /* the shards of this rank */
  int later;                   /* whether sums may be made later */
  int free;                    /* whether the link adds up, as it likes */
  ShardLink link;
  TeamShared *shared;
  char *slots;                 /* two sets of `own`: pieces of a sum */
  size_t slot;                 /* bytes of each */
} Team;

extern Team team;

int team_first(int rank);      /* its first shard */
int team_meet(void);           /* waits until all of this rank are here */
/* no sum can be any more, and why: 0 */
TS_PRINTF(1, 2) int team_lose(const char *form, ...);
int team_fail(void);           /* ts_fail with what team_lose was told */
/* shard_sum or, with `mean`, shard_mean, now, in the thread that calls */
int team_sum(const ShardArray *array, int n, int bytes, int mean);
void team_sumend(void);        /* gives back the memory of sums */
int team_wait(void);           /* until all that was to be summed later is */
void team_laterend(void);      /* ends the thread */

#endif
