/*
** sha256.h
** SHA-256 (FIPS 180-4), at once or in pieces.
*/

#ifndef sha256_h
#define sha256_h

#include <stddef.h>
#include <stdint.h>

typedef struct Sha256 {
  uint32_t h[8];
  uint64_t n;              /* bytes so far */
  unsigned char block[64]; /* the last n % 64 of them */
} Sha256;

void sha256_start(Sha256 *s);
void sha256_add(Sha256 *s, const void *p, size_t n);
void sha256_end(Sha256 *s, unsigned char digest[32]);

void sha256_of(const void *p, size_t n, unsigned char digest[32]);
/* 64 lower-case digits and a zero */
void sha256_hex(const unsigned char digest[32], char hex[65]);

#endif
