#include "hash.h"

#include <string.h>

#define LANES 64 /* bytes a round */

/* Odd numbers without a pattern: the golden ratio and square roots of primes, as 64-bit fractions. */
#define A UINT64_C(0x9E3779B97F4A7C15)
#define B UINT64_C(0xBB67AE8584CAA73B)
#define C UINT64_C(0x3C6EF372FE94F82B)
#define D UINT64_C(0xA54FF53A5F1D36F1)

static inline uint64_t load(const char *at) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  return word;
}

/* Both halves of the product, one laid over the other: every bit in has a say in every bit out. */
static inline uint64_t fold(uint64_t x, uint64_t y) {
#ifdef __SIZEOF_INT128__
  __extension__ typedef unsigned __int128 wide;
  wide product = (wide)x * y;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
  uint64_t low = (x & UINT32_MAX) * (y & UINT32_MAX);
  uint64_t middle = (x >> 32) * (y & UINT32_MAX) + (low >> 32);
  uint64_t other = (x & UINT32_MAX) * (y >> 32) + (middle & UINT32_MAX);
  uint64_t high = (x >> 32) * (y >> 32) + (middle >> 32) + (other >> 32);
  return (other << 32 | (low & UINT32_MAX)) ^ high;
#endif
}

/* Takes sixteen bytes. No text makes a factor zero, short of one that has a constant of ours in it. */
static inline uint64_t mix(uint64_t hash, const char *at, uint64_t constant) {
  return fold(load(at) ^ constant, load(at + 8) ^ hash);
}

/* The last bytes, fewer than a load takes. */
static uint64_t mix_rest(uint64_t hash, const char *at, size_t length) {
  char bytes[16] = {0};
  memcpy(bytes, at, length);
  return mix(hash, bytes, B);
}

uint64_t imr_hash(const char *text, size_t length, uint64_t seed) {
  const char *end = text + length;
  uint64_t hash = fold(seed ^ A, length ^ B);
  if (length >= LANES) { /* four, so that none waits for another's multiplication */
    uint64_t a = hash;
    uint64_t b = hash ^ B;
    uint64_t c = hash ^ C;
    uint64_t d = hash ^ D;
    for (; end - text >= LANES; text += LANES) {
      a = mix(a, text, A);
      b = mix(b, text + 16, B);
      c = mix(c, text + 32, C);
      d = mix(d, text + 48, D);
    }
    hash = fold(a ^ A, b) ^ fold(c ^ C, d);
  }
  for (; end - text >= 16; text += 16) hash = mix(hash, text, A);
  if (text < end) hash = mix_rest(hash, text, (size_t)(end - text));
  return fold(hash ^ C, D);
}
