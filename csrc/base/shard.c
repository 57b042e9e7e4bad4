/*
** shard.c
** Processes of a rank meet at a barrier in shared memory; a piece of a sum
** lies in a slot for each of them. There are two sets of slots, taken in
** turns, so that nobody writes into what another one still reads. A part of
** the tree that a rank has whole is added up there, each process taking a
** share of the items; what is left, as few parts as the tree allows, goes
** between ranks: each rank adds up a share of the items and hands them to all.
** Invariant: between calls of shard_sum nobody waits, and `arrived` is 0.
*/

#define _GNU_SOURCE

#include "base/shard.h"
#include "base/flush.h"
#include "base/mem.h"
#include "base/pool.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLOT (1L << 20)        /* bytes of a piece, for one rank */
#define SLOTS 16               /* at most so much longer, for more of them: */
                               /* each has a share, which is one message */
#define SMALL (1L << 14)       /* bytes that every rank adds up by itself */
#define LOOK 100000000L        /* ns between looks whether all are alive */

typedef struct Shared {
  atomic_int arrived, round;
  atomic_int gone;             /* 1 + the first shard found to have ended */
  char why[400];               /* what it left, or how it ended */
  long bytes[2][SHARD_MOST];   /* of what each adds up, to be compared */
} Shared;

static struct {
  int count, index;
  int ranks, rank;
  int first, own;              /* the shards of this rank */
  int head[SHARD_MOST];        /* levels of the parts between ranks */
  pid_t leader, child[SHARD_MOST];
  ShardLink link;
  int free;                    /* whether it adds up, in an order of its own */
  Shared *shared;
  char *slots;                 /* two sets of `own` */
  size_t slot;                 /* bytes of each */
  int set;
  char *out, *in;              /* between ranks, or for small pieces */
  long whole, local;
  char lost[500];              /* what shard_lost gives */
} s = { .count = 1, .ranks = 1, .own = 1 };


int shard_count(void) {
  return s.count;
}


int shard_index(void) {
  return s.index;
}


int shard_forked(void) {
  return s.count > 1 && s.index != s.first;
}


void shard_setrows(long whole) {
  s.whole = s.count > 1 ? whole : 0;
}


void shard_setlocal(long rows) {
  s.local = rows;
}


long shard_local(void) {
  return s.local;
}


long shard_whole(void) {
  return s.whole;
}


long shard_rows(void) {
  return s.whole / s.count;
}


const char *shard_lost(void) {
  return s.lost[0] ? s.lost : NULL;
}


static int first_of(int rank) {
  return (int)((long)rank * s.count / s.ranks);
}


static size_t mapped(void) {
  return sizeof(Shared) + 2 * (size_t)s.own * s.slot;
}


static void forget(void) {
  if (s.shared) munmap(s.shared, mapped());
  mem_free(s.out);
  mem_free(s.in);
  s.out = s.in = NULL;
  s.shared = NULL;
  s.count = s.ranks = s.own = 1;
  s.index = s.rank = s.first = 0;
  s.whole = 0;
  s.free = 0;
  s.lost[0] = '\0';
  memset(&s.link, 0, sizeof s.link);
}


/* a child dies with its leader, and is silent but for errors */
static int enter(int shard) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  s.index = shard;
  if (getppid() != s.leader) return ts_fail("shards: the first one is gone");
  return freopen("/dev/null", "w", stdout) != NULL;
}


int shard_begin(int count, int rank, int size) {
  int k;
  if (count < size || count > SHARD_MOST || (count & (count - 1)))
    return ts_fail("shards: got %d for %d ranks, wanted a power of two of the "
                   "number of ranks or more, at most %d", count, size,
                   SHARD_MOST);
  pool_stop();
  fflush(NULL);
  s.count = count;
  s.ranks = size;
  s.rank = rank;
  s.first = first_of(rank);
  s.own = first_of(rank + 1) - s.first;
  s.index = s.first;
  s.slot = (size_t)(SLOT * (size < SLOTS ? size : SLOTS));
  s.leader = getpid();
  s.set = 0;
  s.shared = mmap(NULL, mapped(), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (s.shared == MAP_FAILED) {
    s.shared = NULL;
    forget();
    return ts_fail("shards: no shared memory: %s", strerror(errno));
  }
  s.slots = (char *)(s.shared + 1);
  memset(s.child, 0, sizeof s.child);
  for (k = 1; k < s.own; k++) {
    s.child[k] = fork();
    if (s.child[k] == 0) return enter(s.first + k);
    if (s.child[k] < 0) {
      ts_fail("shards: fork: %s", strerror(errno));
      shard_end(1);
      return 0;
    }
  }
  return 1;
}


void shard_connect(const ShardLink *link) {
  s.link = *link;
}


void shard_free(void) {
  s.free = 1;
}


/* notes that a shard has ended and why; the first that is noted stays */
static void note_end(int shard, const char *why) {
  int none = 0;
  if (atomic_compare_exchange_strong(&s.shared->gone, &none, -1)) {
    snprintf(s.shared->why, sizeof s.shared->why, "%s", why);
    atomic_store(&s.shared->gone, 1 + shard);
  }
}


void shard_say(const char *why) {
  if (s.shared) note_end(s.index, why);
}


void shard_end(int kill_them) {
  int k, status;
  if (s.count > 1 && !shard_forked())
    for (k = 1; k < s.own; k++) {
      if (s.child[k] <= 0) continue;
      if (kill_them) kill(s.child[k], SIGKILL);
      while (waitpid(s.child[k], &status, 0) < 0 && errno == EINTR) {}
    }
  forget();
}


/* notes the children that have ended */
static void look(void) {
  char why[80];
  int k, status;
  for (k = 1; k < s.own; k++) {
    if (s.child[k] <= 0 || waitpid(s.child[k], &status, WNOHANG) <= 0)
      continue;
    s.child[k] = 0;
    if (WIFSIGNALED(status))
      snprintf(why, sizeof why, " was ended by signal %d (%s)",
               WTERMSIG(status), strsignal(WTERMSIG(status)));
    else snprintf(why, sizeof why, " ended with status %d",
                  WEXITSTATUS(status));
    note_end(s.first + k, why);
  }
}


/* no sum can be any more, and why */
TS_PRINTF(1, 2) static int lose(const char *form, ...) {
  va_list list;
  va_start(list, form);
  vsnprintf(s.lost, sizeof s.lost, form, list);
  va_end(list);
  return ts_fail("%s", s.lost);
}


static int alive(void) {
  int gone;
  if (mem_stopped()) return 0;
  if (shard_forked()) {
    if (getppid() != s.leader) return lose("shards: the first one is gone");
  }
  else look();
  gone = atomic_load(&s.shared->gone);
  if (gone <= 0) return 1;
  return lose("shard %d of %d%s", gone, s.count, s.shared->why);
}


/* waits until all of this rank are here */
static int meet(void) {
  Shared *m = s.shared;
  int round = atomic_load(&m->round);
  if (s.own == 1) return 1;
  if (atomic_fetch_add(&m->arrived, 1) + 1 == s.own) {
    atomic_store(&m->arrived, 0);
    atomic_fetch_add(&m->round, 1);
    syscall(SYS_futex, &m->round, FUTEX_WAKE, s.own, NULL, NULL, 0);
    return 1;
  }
  while (atomic_load(&m->round) == round) {
    struct timespec wait = {0, LOOK};
    long r = syscall(SYS_futex, &m->round, FUTEX_WAIT, round, &wait, NULL, 0);
    if (r < 0 && errno == ETIMEDOUT && !alive()) return 0;
  }
  return 1;
}


static char *slot(int k) {
  return s.slots + ((size_t)s.set * (size_t)s.own + (size_t)k) * s.slot;
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
  for (step = 1; step < s.count; step *= 2)
    for (j = 0; j + step < s.count; j += 2 * step)
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
  int first = first_of(rank), last = first_of(rank + 1), j, n = 0;
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
  return rank * n / s.ranks;
}


/* between ranks, in the order of their link */
static int freely(long n, int bytes) {
  int j;
  for (j = 1; j < s.own; j++)
    if (s.head[s.first + j]) add(slot(0), slot(j), n, bytes);
  return s.link.add(slot(0), (int)n, bytes);
}


/* between ranks, in the order of the tree: `n` items of each part that a rank
** has; the sum goes into slot 0. Of a large piece every rank adds up its share
** of the items. */
static int in_order(long n, int bytes) {
  static int n_out[SHARD_MOST], at_out[SHARD_MOST];
  static int n_in[SHARD_MOST], at_in[SHARD_MOST];
  static Parts all;
  int shared = n * bytes > SMALL, r, j, out = 0, in = 0, ok;
  long mine = shared ? share(s.rank + 1, n) - share(s.rank, n) : n;
  memcpy(all.level, s.head, sizeof all.level);
  for (r = 0; r < s.ranks; r++) {
    long from = shared ? share(r, n) : 0;
    long to = shared ? share(r + 1, n) : n;
    at_in[r] = in;
    at_out[r] = out;
    for (j = first_of(r); j < first_of(r + 1); j++)
      if (s.head[j]) {
        all.part[j] = s.in + in;
        in += (int)(mine * bytes);
      }
    for (j = 0; j < s.own; j++)
      if (s.head[s.first + j] && (shared || r == 0)) {
        memcpy(s.out + out, slot(j) + from * bytes,
               (size_t)((to - from) * bytes));
        out += (int)((to - from) * bytes);
      }
    n_in[r] = in - at_in[r];
    n_out[r] = out - at_out[r];
  }
  ok = shared ? s.link.exchange(s.out, n_out, at_out, s.in, n_in, at_in)
              : s.link.gather(s.out, out, s.in, n_in, at_in);
  if (ok) {
    combine(&all, mine, bytes);
    for (r = 0; r < s.ranks; r++) {
      at_in[r] = (int)(share(r, n) * bytes);
      n_in[r] = (int)(share(r + 1, n) * bytes) - at_in[r];
    }
    if (!shared) memcpy(slot(0), all.part[0], (size_t)(n * bytes));
    else ok = s.link.gather(all.part[0], (int)(mine * bytes), slot(0), n_in,
                            at_in);
  }
  return ok;
}


static int between(long n, int bytes) {
  return (s.free ? freely(n, bytes) : in_order(n, bytes)) ||
         lose("shards: the ranks have lost one another");
}


/* the parts of this rank, from item `from` on, one for each shard */
static void own_parts(Parts *p, long from, int bytes) {
  int k;
  memset(p->level, 0, sizeof p->level);
  for (k = 0; k < s.own; k++) {
    p->level[s.first + k] = 1;
    p->part[s.first + k] = slot(k) + from * bytes;
  }
}


/* whether all that are here add up the same */
static int same_size(void) {
  const long *n = s.shared->bytes[s.set];
  int k;
  for (k = 1; k < s.own; k++)
    if (n[k] != n[0])
      return ts_fail("shards: one adds up %ld bytes, another one %ld: they "
                     "have not taken the same way", n[0], n[k]);
  return 1;
}


/* a small piece of one rank: each process adds up all of it, in memory of its
** own */
static char *sum_small(long n, int bytes) {
  static Parts p;
  int k;
  for (k = 0; k < s.own; k++) {
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
  int small = n * bytes <= SMALL, at = s.index - s.first;
  long from = small ? 0 : at * n / s.own;
  long to = small ? n : (at + 1) * n / s.own;
  if (!meet() || !same_size()) return NULL;
  if (small && s.ranks == 1) return sum_small(n, bytes);
  own_parts(&p, from, bytes);
  if (!small || at == 0) combine(&p, to - from, bytes);
  if (!small && !meet()) return NULL;
  if (s.ranks > 1) {
    if (at == 0 && !between(n, bytes)) return NULL;
    if (!meet()) return NULL;
  }
  return slot(0);
}


/* room for what goes between ranks, or for small pieces of one; once */
static int buffers(void) {
  size_t heads = 0, most = 0;
  int r;
  if (s.in || (s.ranks > 1 && shard_forked())) return 1;
  if (s.ranks == 1) {
    s.in = mem_alloc((size_t)s.own * SMALL);
    return s.in != NULL;
  }
  for (r = 0; r < s.ranks; r++) {
    size_t n = (size_t)heads_of(r);
    heads += n;
    if (n > most) most = n;
  }
  /* a share of a large piece, or the whole of a small one, of all heads */
  s.out = mem_alloc(most * s.slot);
  s.in = mem_alloc(heads * (s.slot / (size_t)s.ranks + SMALL + 64));
  return s.out && s.in;
}


/* moves `n` items between the slot and the arrays, from item *at of array *k
** on */
static void move(const ShardArray *array, int *k, long *at, char *p, long n,
                 int bytes, int into) {
  while (n > 0) {
    long m = array[*k].size - *at;
    char *q = (char *)array[*k].data + *at * bytes;
    if (m > n) m = n;
    if (into) memcpy(p, q, (size_t)(m * bytes));
    else memcpy(q, p, (size_t)(m * bytes));
    p += m * bytes;
    n -= m;
    *at += m;
    while (*at == array[*k].size && n > 0) {
      ++*k;
      *at = 0;
    }
  }
}


int shard_sum(const ShardArray *array, int n, int bytes) {
  long total = 0, done = 0, at = 0, at_back = 0;
  int i, k = 0, k_back = 0;
  char *sum;
  if (s.count == 1) return 1;
  for (i = 0; i < n; i++) total += array[i].size;
  if (!buffers()) return 0;
  while (done < total) {
    long m = (long)s.slot / bytes;
    if (m > total - done) m = total - done;
    s.set = !s.set;
    s.shared->bytes[s.set][s.index - s.first] = (total - done) * bytes;
    move(array, &k, &at, slot(s.index - s.first), m, bytes, 1);
    sum = sum_piece(m, bytes);
    if (sum == NULL) return 0;
    move(array, &k_back, &at_back, sum, m, bytes, 0);
    done += m;
  }
  return 1;
}
