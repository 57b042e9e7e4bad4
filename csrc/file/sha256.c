/*
** sha256.c
** SHA-256 as in FIPS 180-4, section 6.2.
** Invariant: h is the state after the first n / 64 blocks, and the bytes
** that fill no block yet wait in `block`.
*/

#include "file/sha256.h"

#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <immintrin.h>
#define HAVE_X86
#endif

static const uint32_t constant[64] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
  0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
  0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
  0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
  0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
  0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};


static uint32_t turn(uint32_t x, int n) {
  return x >> n | x << (32 - n);
}


static uint32_t big_endian(const unsigned char *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8
         | (uint32_t)p[3];
}


static void add_block(uint32_t h[8], const unsigned char *p) {
  uint32_t w[64];
  uint32_t a = h[0], b = h[1], c = h[2], d = h[3];
  uint32_t e = h[4], f = h[5], g = h[6], k = h[7];
  int t;
  for (t = 0; t < 16; t++) w[t] = big_endian(p + 4 * t);
  for (; t < 64; t++) {
    uint32_t x = w[t - 15], y = w[t - 2];
    w[t] = w[t - 16] + (turn(x, 7) ^ turn(x, 18) ^ x >> 3)
           + w[t - 7] + (turn(y, 17) ^ turn(y, 19) ^ y >> 10);
  }
  for (t = 0; t < 64; t++) {
    uint32_t t1 = k + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25))
                  + ((e & f) ^ (~e & g)) + constant[t] + w[t];
    uint32_t t2 = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22))
                  + ((a & b) ^ (a & c) ^ (b & c));
    k = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  h[0] += a;
  h[1] += b;
  h[2] += c;
  h[3] += d;
  h[4] += e;
  h[5] += f;
  h[6] += g;
  h[7] += k;
}


#if defined(HAVE_X86)

/* leaf 7, ebx bit 29: SHA; leaf 1, ecx bit 19: SSE 4.1 */
static int has_instructions(void) {
  static int known = -1;
  if (known < 0) {
    unsigned a, b, c, d;
    int sse = __get_cpuid(1, &a, &b, &c, &d) && (c >> 19 & 1);
    known = sse && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
  }
  return known;
}


/* four rounds a turn; w keeps the last sixteen words of the schedule */
__attribute__((target("sha,sse4.1")))
static void add_blocks_x86(uint32_t h[8], const unsigned char *p, size_t n) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m128i abef = _mm_set_epi32((int)h[0], (int)h[1], (int)h[4], (int)h[5]);
  __m128i cdgh = _mm_set_epi32((int)h[2], (int)h[3], (int)h[6], (int)h[7]);
  uint32_t out[8];
  for (; n > 0; n--, p += 64) {
    __m128i abef0 = abef, cdgh0 = cdgh, w[4], x;
    int i;
    for (i = 0; i < 16; i++) {
      __m128i *now = &w[i % 4];
      if (i < 4)
        *now = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)p + i), swap);
      else {
        __m128i last = w[(i + 3) % 4];
        x = _mm_alignr_epi8(last, w[(i + 2) % 4], 4);
        x = _mm_add_epi32(x, _mm_sha256msg1_epu32(*now, w[(i + 1) % 4]));
        *now = _mm_sha256msg2_epu32(x, last);
      }
      x = _mm_loadu_si128((const __m128i *)constant + i);
      x = _mm_add_epi32(x, *now);
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, x);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(x, 0x0e));
    }
    abef = _mm_add_epi32(abef, abef0);
    cdgh = _mm_add_epi32(cdgh, cdgh0);
  }
  _mm_storeu_si128((__m128i *)out, abef);
  _mm_storeu_si128((__m128i *)out + 1, cdgh);
  h[0] = out[3], h[1] = out[2], h[4] = out[1], h[5] = out[0];
  h[2] = out[7], h[3] = out[6], h[6] = out[5], h[7] = out[4];
}

#endif


static void add_blocks(uint32_t h[8], const unsigned char *p, size_t n) {
#if defined(HAVE_X86)
  if (has_instructions()) {
    add_blocks_x86(h, p, n);
    return;
  }
#endif
  for (; n > 0; n--, p += 64) add_block(h, p);
}


void sha256_start(Sha256 *s) {
  static const uint32_t first[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
  };
  memcpy(s->h, first, sizeof first);
  s->n = 0;
}


void sha256_add(Sha256 *s, const void *data, size_t n) {
  const unsigned char *p = data;
  size_t have = s->n % 64;
  s->n += n;
  if (have > 0) {
    size_t k = 64 - have < n ? 64 - have : n;
    memcpy(s->block + have, p, k);
    p += k;
    n -= k;
    if (have + k < 64) return;
    add_blocks(s->h, s->block, 1);
  }
  add_blocks(s->h, p, n / 64);
  if (n % 64 > 0) memcpy(s->block, p + n / 64 * 64, n % 64);
}


/* a one bit, zeros, and the length in bits fill the last block */
void sha256_end(Sha256 *s, unsigned char digest[32]) {
  static const unsigned char one[64] = {0x80};
  uint64_t bits = s->n * 8;
  unsigned char length[8];
  int i;
  for (i = 0; i < 8; i++) length[i] = (unsigned char)(bits >> (56 - 8 * i));
  sha256_add(s, one, 1 + (119 - s->n % 64) % 64);
  sha256_add(s, length, 8);
  for (i = 0; i < 32; i++)
    digest[i] = (unsigned char)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}


void sha256_of(const void *p, size_t n, unsigned char digest[32]) {
  Sha256 s;
  sha256_start(&s);
  sha256_add(&s, p, n);
  sha256_end(&s, digest);
}


void sha256_hex(const unsigned char digest[32], char hex[65]) {
  static const char digits[] = "0123456789abcdef";
  int i;
  for (i = 0; i < 32; i++) {
    hex[2 * i] = digits[digest[i] >> 4];
    hex[2 * i + 1] = digits[digest[i] & 15];
  }
  hex[64] = '\0';
}
