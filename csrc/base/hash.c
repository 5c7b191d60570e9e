#include "base/hash.h"
#include "base/bytes.h"

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

#define BLOCK 64

/* Both halves of the product, in one word. A 32-bit target has no __int128; the values are the same there. */
#ifdef __SIZEOF_INT128__
static inline uint64_t fold(uint64_t x, uint64_t y) {
  __extension__ typedef unsigned __int128 wide;
  wide product = (wide)x * y;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}
#else
static inline uint64_t fold(uint64_t x, uint64_t y) {
  uint64_t x_high = x >> 32;
  uint64_t y_high = y >> 32;
  uint64_t low = (uint64_t)(uint32_t)x * (uint32_t)y;
  uint64_t middle = x_high * (uint32_t)y + (low >> 32); /* at most (2^32 - 1)^2 + 2^32 - 1: no overflow */
  uint64_t other = (uint32_t)x * y_high + (uint32_t)middle;
  uint64_t high = x_high * y_high + (middle >> 32) + (other >> 32);
  return high ^ (other << 32 | (uint32_t)low);
}
#endif

/* Four, so that none waits for another's multiplication. */
static inline void fold_block(uint64_t state[4], const char *at) {
  state[0] = fold(state[0] ^ imr_load(at), imr_load(at + 8) ^ A);
  state[1] = fold(state[1] ^ imr_load(at + 16), imr_load(at + 24) ^ B);
  state[2] = fold(state[2] ^ imr_load(at + 32), imr_load(at + 40) ^ A);
  state[3] = fold(state[3] ^ imr_load(at + 48), imr_load(at + 56) ^ B);
}

/* In twos of words, the last of which may have been in those before. */
static uint64_t fold_short(const char *text, size_t length, uint64_t seed) {
  const char *end = text + length;
  uint64_t word = 0;
  seed ^= length ^ A;
  if (length < 8) {
    memcpy(&word, text, length);
    return fold(seed ^ word, B);
  }
  for (; end - text > 16; text += 16) seed = fold(seed ^ imr_load(text), imr_load(text + 8) ^ B);
  return fold(seed ^ imr_load(length < 16 ? text : end - 16), imr_load(end - 8) ^ C);
}

uint64_t imr_hash_quick(const char *text, size_t length, uint64_t seed) {
  const char *end = text + length;
  if (length < BLOCK) return finish(fold_short(text, length, seed));
  uint64_t state[4] = {length ^ seed, A, B, C};
  for (; end - text > BLOCK; text += BLOCK) fold_block(state, text);
  fold_block(state, end - BLOCK); /* what is left, and some of what has been before */
  return finish(fold(fold(state[0] ^ A, state[1] ^ B), fold(state[2] ^ B, state[3] ^ C)));
}
