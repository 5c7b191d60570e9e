#include "hash.h"
#include "bytes.h"

/* Odd numbers without a pattern: the golden ratio and square roots of primes, as 64-bit fractions. */
#define A UINT64_C(0x9E3779B97F4A7C15)
#define B UINT64_C(0xBB67AE8584CAA73B)
#define C UINT64_C(0x3C6EF372FE94F82B)

static inline uint64_t rotate(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

static inline uint64_t mix(uint64_t hash, uint64_t word) { return rotate(hash + word * B, 29) * A; }

/* So that every bit in has a say in every bit out. */
static uint64_t finish(uint64_t hash) {
  hash = (hash ^ (hash >> 32)) * A;
  hash = (hash ^ (hash >> 29)) * C;
  return hash ^ (hash >> 32);
}

uint64_t imr_hash(const char *text, size_t length, uint64_t seed) {
  const char *end = text + length;
  uint64_t a = seed ^ A;
  uint64_t b = seed ^ B;
  uint64_t c = seed ^ C;
  uint64_t d = seed;
  for (; end - text >= 32; text += 32) { /* four, so that none waits for another's multiplication */
    a = mix(a, imr_load(text));
    b = mix(b, imr_load(text + 8));
    c = mix(c, imr_load(text + 16));
    d = mix(d, imr_load(text + 24));
  }
  uint64_t hash = mix(mix(mix(mix(length, a), b), c), d);
  for (; end - text >= 8; text += 8) hash = mix(hash, imr_load(text));
  uint64_t rest = 0;
  for (; text < end; text++) rest = rest << 8 | (unsigned char)*text;
  return finish(mix(hash, rest));
}
