/* Eight bytes of a text in one word. */
#ifndef IMR_BYTES_H
#define IMR_BYTES_H

#include <stdint.h>
#include <string.h>

/* The same byte eight times. */
#define IMR_BYTES(x) (UINT64_C(0x0101010101010101) * (x))

static inline uint64_t imr_load(const char *at) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  return word;
}

/* The same with the first byte lowest, on every machine: places in the word can be told by counting bits. */
static inline uint64_t imr_load_in_order(const char *at) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  return imr_load(at);
#else
  uint64_t word = 0;
  for (int i = 7; i >= 0; i--) word = word << 8 | (unsigned char)at[i];
  return word;
#endif
}

/* The place of the first byte whose top bit is set. One must be. */
static inline size_t imr_first_mark(uint64_t marks) { return (size_t)__builtin_ctzll(marks) >> 3; }

#endif
