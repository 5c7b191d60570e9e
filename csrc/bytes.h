/* Eight bytes of a text in one word. */
#ifndef IMR_BYTES_H
#define IMR_BYTES_H

#include <stdint.h>
#include <string.h>

/* The same byte eight times. */
#define IMR_BYTES(x) (UINT64_C(0x0101010101010101) * (x))

/* Only where the first byte is the lowest can places in a word be told by counting bits. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define IMR_FIRST_IS_LOWEST 1
#else
#define IMR_FIRST_IS_LOWEST 0
#endif

static inline uint64_t imr_load(const char *at) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  return word;
}

#if IMR_FIRST_IS_LOWEST
/* The place of the first byte whose top bit is set. One must be. */
static inline size_t imr_first_mark(uint64_t marks) { return (size_t)__builtin_ctzll(marks) >> 3; }
#endif

#endif
