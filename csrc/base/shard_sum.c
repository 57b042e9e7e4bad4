/*
** shard_sum.c
** Sums over the processes that share a batch. A piece of a sum lies in a slot
** for each process of a rank. There are two sets of slots, taken in turns, so
** that nobody writes into what another one still reads. A part of the tree
** that a rank has whole is added up there, each process taking a share of the
** items; what is left, as few parts as the tree allows, goes between ranks:
** each rank adds up a share of the items and hands them to all.
*/

#include "base/flush.h"
#include "base/mem.h"
#include "base/team.h"

#include <string.h>

#define SMALL (1L << 14)       /* bytes that every rank adds up by itself */

static struct {
  int set;                     /* of slots, the one in use */
  int head[SHARD_MOST];        /* levels of the parts between ranks */
  char *out, *in;              /* between ranks, or for small pieces of one */
} s;


void team_sumend(void) {
  mem_free(s.out);
  mem_free(s.in);
  s.out = s.in = NULL;
  s.set = 0;
}


static char *slot(int k) {
  return team.slots + (size_t)(s.set * team.own + k) * team.slot;
}


static void add(char *y, const char *x, long n, int bytes) {
  long i;
  if (bytes == (int)sizeof(float)) {
    float *a = (float *)y;
    const float *b = (const float *)x;
    for (i = 0; i < n; i++) a[i] += b[i];
  }
  else {
    double *a = (double *)y;
    const double *b = (const double *)x;
    for (i = 0; i < n; i++) a[i] += b[i];
  }
}


/* what is left of a tree: part[j] begins at shard j and is of level[j] shards,
** 0 where there is none */
typedef struct Parts {
  char *part[SHARD_MOST];
  int level[SHARD_MOST];
} Parts;


/* adds up those neighbours in the tree of which both are there */
static void combine(Parts *p, long n, int bytes) {
  FlushMode mode = flush_begin();
  int step, j;
  for (step = 1; step < team.count; step *= 2)
    for (j = 0; j + step < team.count; j += 2 * step)
      if (p->level[j] == step && p->level[j + step] == step) {
        if (n) add(p->part[j], p->part[j + step], n, bytes);
        p->level[j] = 2 * step;
        p->level[j + step] = 0;
      }
  flush_end(mode);
}


/* notes those that a rank has when it has added up what it can; how many */
static int heads_of(int rank) {
  static Parts p;
  int first = team_first(rank), last = team_first(rank + 1), j, n = 0;
  memset(p.level, 0, sizeof p.level);
  for (j = first; j < last; j++) p.level[j] = 1;
  combine(&p, 0, 1);
  for (j = first; j < last; j++) {
    s.head[j] = p.level[j];
    n += p.level[j] > 0;
  }
  return n;
}


/* where the share of a rank begins, of n items */
static long share(int rank, long n) {
  return rank * n / team.ranks;
}


/* between ranks, in the order of their link */
static int freely(long n, int bytes) {
  int j;
  for (j = 1; j < team.own; j++)
    if (s.head[team.first + j]) add(slot(0), slot(j), n, bytes);
  return team.link.add(slot(0), (int)n, bytes);
}


/* between ranks, in the order of the tree: `n` items of each part that a rank
** has; the sum goes into slot 0. Of a large piece every rank adds up its share
** of the items. */
static int in_order(long n, int bytes) {
  static int n_out[SHARD_MOST], at_out[SHARD_MOST];
  static int n_in[SHARD_MOST], at_in[SHARD_MOST];
  static Parts all;
  int shared = n * bytes > SMALL, r, j, out = 0, in = 0, ok;
  int whole = s.head[team.first] == team.own;   /* it has one part: slot 0 */
  const char *out_of = whole ? slot(0) : s.out;
  long mine = shared ? share(team.rank + 1, n) - share(team.rank, n) : n;
  memcpy(all.level, s.head, sizeof all.level);
  for (r = 0; r < team.ranks; r++) {
    long from = shared ? share(r, n) : 0;
    long to = shared ? share(r + 1, n) : n;
    at_in[r] = in;
    at_out[r] = out;
    for (j = team_first(r); j < team_first(r + 1); j++)
      if (s.head[j]) {
        all.part[j] = s.in + in;
        in += (int)(mine * bytes);
      }
    for (j = 0; j < team.own; j++)
      if (s.head[team.first + j] && (shared || r == 0)) {
        if (!whole)
          memcpy(s.out + out, slot(j) + from * bytes,
                 (size_t)((to - from) * bytes));
        out += (int)((to - from) * bytes);
      }
    n_in[r] = in - at_in[r];
    n_out[r] = out - at_out[r];
  }
  ok = shared ? team.link.exchange(out_of, n_out, at_out, s.in, n_in, at_in)
              : team.link.gather(out_of, out, s.in, n_in, at_in);
  if (ok) {
    combine(&all, mine, bytes);
    for (r = 0; r < team.ranks; r++) {
      at_in[r] = (int)(share(r, n) * bytes);
      n_in[r] = (int)(share(r + 1, n) * bytes) - at_in[r];
    }
    if (!shared) memcpy(slot(0), all.part[0], (size_t)(n * bytes));
    else ok = team.link.gather(all.part[0], (int)(mine * bytes), slot(0), n_in,
                               at_in);
  }
  return ok;
}


static int between(long n, int bytes) {
  return (team.free ? freely(n, bytes) : in_order(n, bytes)) ||
         team_lose("shards: the ranks have lost one another");
}


/* the parts of this rank, from item `from` on, one for each shard */
static void own_parts(Parts *p, long from, int bytes) {
  int k;
  memset(p->level, 0, sizeof p->level);
  for (k = 0; k < team.own; k++) {
    p->level[team.first + k] = 1;
    p->part[team.first + k] = slot(k) + from * bytes;
  }
}


/* whether all that are here add up the same */
static int same_size(void) {
  const long *n = team.shared->bytes[s.set];
  int k;
  for (k = 1; k < team.own; k++)
    if (n[k] != n[0])
      return team_lose("shards: one adds up %ld bytes, another one %ld: they "
                       "have not taken the same way", n[0], n[k]);
  return 1;
}


/* a small piece of one rank: each process adds up all of it, in memory of its
** own */
static char *sum_small(long n, int bytes) {
  static Parts p;
  int k;
  for (k = 0; k < team.own; k++) {
    p.level[k] = 1;
    p.part[k] = s.in + k * SMALL;
    memcpy(p.part[k], slot(k), (size_t)(n * bytes));
  }
  combine(&p, n, bytes);
  return p.part[0];
}


/* one piece, which lies in the slots; where its sum is, or NULL */
static char *sum_piece(long n, int bytes) {
  static Parts p;
  int small = n * bytes <= SMALL, at = team.index - team.first;
  long from = small ? 0 : at * n / team.own;
  long to = small ? n : (at + 1) * n / team.own;
  if (!team_meet() || !same_size()) return NULL;
  if (small && team.ranks == 1) return sum_small(n, bytes);
  own_parts(&p, from, bytes);
  if (!small || at == 0) combine(&p, to - from, bytes);
  if (!small && !team_meet()) return NULL;
  if (team.ranks > 1) {
    if (at == 0 && !between(n, bytes)) return NULL;
    if (!team_meet()) return NULL;
  }
  return slot(0);
}


/* room for what goes between ranks, or for small pieces of one; once */
static int buffers(void) {
  size_t heads = 0, most = 0;
  int r;
  if (s.in || (team.ranks > 1 && shard_forked())) return 1;
  if (team.ranks == 1) {
    s.in = mem_alloc((size_t)team.own * SMALL);
    return s.in != NULL;
  }
  for (r = 0; r < team.ranks; r++) {
    size_t n = (size_t)heads_of(r);
    heads += n;
    if (n > most) most = n;
  }
  /* a share of a large piece, or the whole of a small one, of all heads */
  s.out = mem_alloc(most * team.slot);
  s.in = mem_alloc(heads * (team.slot / (size_t)team.ranks + SMALL + 64));
  return s.out && s.in;
}


/* y = x / the number of shards, which is a power of two; the same bits in any
** thread */
static void divide(char *y, const char *x, long n, int bytes) {
  FlushMode mode = flush_begin();
  double scale = 1.0 / team.count;
  long i;
  if (bytes == (int)sizeof(float)) {
    float *a = (float *)y;
    const float *b = (const float *)x;
    for (i = 0; i < n; i++) a[i] = b[i] * (float)scale;
  }
  else {
    double *a = (double *)y;
    const double *b = (const double *)x;
    for (i = 0; i < n; i++) a[i] = b[i] * scale;
  }
  flush_end(mode);
}


/* what is done with items of a sum */
typedef enum Move { INTO_SLOT, OUT, OUT_AS_MEAN } Move;

/* moves `n` items between the slot and the arrays, from item *at of array *k
** on */
static void move(const ShardArray *array, int *k, long *at, char *p, long n,
                 int bytes, Move how) {
  while (n > 0) {
    long m = array[*k].size - *at;
    char *q = (char *)array[*k].data + *at * bytes;
    if (m > n) m = n;
    if (how == INTO_SLOT) memcpy(p, q, (size_t)(m * bytes));
    else if (how == OUT) memcpy(q, p, (size_t)(m * bytes));
    else divide(q, p, m, bytes);
    p += m * bytes;
    n -= m;
    *at += m;
    while (*at == array[*k].size && n > 0) {
      ++*k;
      *at = 0;
    }
  }
}


int team_sum(const ShardArray *array, int n, int bytes, int mean) {
  Move out = mean ? OUT_AS_MEAN : OUT;
  long total = 0, done = 0, at = 0, at_back = 0;
  int i, k = 0, k_back = 0;
  char *all;
  for (i = 0; i < n; i++) total += array[i].size;
  if (!buffers()) return 0;
  while (done < total) {
    long m = (long)team.slot / bytes;
    if (m > total - done) m = total - done;
    s.set = !s.set;
    team.shared->bytes[s.set][team.index - team.first] = (total - done) * bytes;
    move(array, &k, &at, slot(team.index - team.first), m, bytes, INTO_SLOT);
    all = sum_piece(m, bytes);
    if (all == NULL) return 0;
    move(array, &k_back, &at_back, all, m, bytes, out);
    done += m;
  }
  return 1;
}


static int sum(const ShardArray *array, int n, int bytes, int mean) {
  if (team.count == 1) return 1;
  return (team_wait() && team_sum(array, n, bytes, mean)) || team_fail();
}


int shard_sum(const ShardArray *array, int n, int bytes) {
  return sum(array, n, bytes, 0);
}


int shard_mean(const ShardArray *array, int n, int bytes) {
  return sum(array, n, bytes, 1);
}
