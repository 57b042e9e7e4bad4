/*
** shard.h
** A batch that many processes share. It is cut into a fixed number of shards,
** a power of two, each of which is the work of one process; all run the same
** program and meet where they add something up. A sum has the shape of a
** binary tree over the shards: ((0 + 1) + (2 + 3)) + ..., so its bits do not
** depend on which rank has which shards. A rank is a process that something
** else has started, MPI as a rule; shards beyond its first are forked from it
** and share memory with it.
*/

#ifndef shard_h
#define shard_h

#define SHARD_MOST 1024

/* What connects ranks. Amounts and places are in bytes; 0: it failed. */
typedef struct ShardLink {
  /* to each rank its part of `out`, from each a part into `in` */
  int (*exchange)(const void *out, const int *n, const int *at, void *in,
                  const int *n_in, const int *at_in);
  /* `out` of each rank into `in` of all */
  int (*gather)(const void *out, int n, void *in, const int *n_in,
                const int *at_in);
  /* puts in the place of `n` items their sums over the ranks, added up in
  ** whatever order; items are of sizeof(float) or sizeof(double) */
  int (*add)(void *x, int n, int bytes);
} ShardLink;

/* Makes this process, that of a rank among `size`, the first of those that
** have its shards, and forks the others. It returns in each of them, 0 after
** ts_fail. */
int shard_begin(int count, int rank, int size);
/* after it, in the first process of each rank: what connects it */
void shard_connect(const ShardLink *link);
/* from now on ranks add up as their link does it: the bits of a sum then
** depend on how many there are */
void shard_free(void);
/* in the first process of a rank: waits until the others have ended (or ends
** them); in each: from now on there are no shards */
void shard_end(int kill);

int shard_count(void);     /* 1: there are none */
int shard_index(void);     /* of this process, 0..count-1 */
int shard_forked(void);    /* whether it was forked by shard_begin */
/* what a process that was forked leaves behind before it ends */
void shard_say(const char *why);
/* what this process has found the others to be, if no sum can be any more;
** NULL: nothing */
const char *shard_lost(void);

typedef struct ShardArray {
  void *data;
  long size;         /* items */
} ShardArray;

/* adds up the arrays, `n` of them, of all shards in place; all have to call
** it with the same sizes. Items are of `bytes`: sizeof(float) or
** sizeof(double). 0 after ts_fail: a process is gone, or sizes differ. */
int shard_sum(const ShardArray *array, int n, int bytes);
/* the same, divided by the number of shards */
int shard_mean(const ShardArray *array, int n, int bytes);

/* shard_setlater(1): from now on means may be made while the caller goes on,
** by a thread of their own. All processes have to say so, and no link is
** called by two threads at a time. */
void shard_setlater(int on);
int shard_later(void);
/* the same as shard_mean of one array of real, whose sum is made at some time
** until shard_wait returns: together with others, so that all processes have
** to send the same ones in the same order. 0 after ts_fail. */
int shard_send(void *data, long size);
int shard_wait(void);

/* While a step is taken: the rows of its whole batch; 0: none is taken. */
void shard_setrows(long whole);
long shard_whole(void);    /* rows of the batch, 0 where it is not cut */
long shard_rows(void);     /* rows of a shard */
/* What is drawn next is for a tensor of so many rows, those of one or more
** batches of this shard, one after the other; 0: for none that is known. */
void shard_setlocal(long rows);
long shard_local(void);

#endif
