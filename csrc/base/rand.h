/*
** rand.h
** Random numbers as a function: Philox4x32-10 (Salmon, Moraes, Dror & Shaw,
** "Parallel random numbers: as easy as 1, 2, 3", SC 2011) applied to
** (key, step, element). Nothing is remembered but a step count, so a stream
** is 16 bytes of data, and any part of any fill can be computed by itself.
** The key is made of a seed and a name; two names give two streams that have
** nothing to do with each other, whatever the program draws in between.
*/

#ifndef rand_h
#define rand_h

#include <stdint.h>

#include "base/mem.h"

/* the bijection itself, as published */
void rand_philox(uint32_t out[4], const uint32_t ctr[4],
                 const uint32_t key[2]);

/* the same of a 64-bit key and the counter (block, step) */
void rand_block(uint32_t out[4], uint64_t key, uint64_t step, uint64_t block);

typedef struct Stream {
  uint64_t key;
  uint64_t step;   /* fills so far */
} Stream;

/*
** The stream `name` of a seed, at step 0. With F the 64-bit FNV-1a hash and
** M the finalizer of splitmix64, the key is M(seed ^ M(F(name))); for the
** empty name it is the seed itself.
*/
Stream rand_stream(uint64_t seed, const char *name, size_t len);

/* a new stream with the key M(s->key ^ M(F(name))), at step 0: the same one
** whatever was drawn from s, and another than s even without a name */
Stream rand_split(const Stream *s, const char *name, size_t len);

/*
** Fills. Each uses the present step and moves to the next one; element i
** depends on (key, step, i) alone, not on n or the threads. The block that
** holds element i is Philox of the counter (i / per, step), two words each,
** where `per` elements share a block. Only the thread that runs Lua calls
** them, because they use the pool. Without success the stream stays.
*/

/* lo + (hi - lo) u, with u in [0, 1) of 24 bits, 4 to a block; in the double
** build of 53 bits, 2. What rounding carries up to hi becomes lo. */
void rand_uniform(Stream *s, real *out, long n, double lo, double hi);

/* mean + sd z, with z standard normal, 4 to a block, of magnitude up to 6.77;
** both builds draw the same numbers and round them differently */
void rand_normal(Stream *s, real *out, long n, double mean, double sd);

/* integers lo..hi, both included, without bias, 2 to a block;
** 0 after ts_fail when lo > hi or `real` does not hold all of them */
int rand_integers(Stream *s, real *out, long n, long lo, long hi);

/* 0..n-1 in an order drawn uniformly from all orders */
void rand_permutation(Stream *s, long *out, long n);

/* out[r] = j with a probability proportional to weights[r*k + j], j from 0,
** 2 rows to a block; 0 after ts_fail when the weights of a row have none */
int rand_categorical(Stream *s, real *out, long rows, long k,
                     const real *weights);

/* What of these can go wrong: whether `real` holds all of lo..hi, and so many
** classes; and what is amiss with the weights w[k] of a row. 0 after
** ts_fail. */
int rand_fit(long lo, long hi);
int rand_classes(long k);
int rand_badweights(const real *w, long k, long row);

#endif
