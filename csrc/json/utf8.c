#include "json/utf8.h"

static bool is_tail(const char *at) { return ((unsigned char)*at & 0xC0U) == 0x80U; }

/* The second byte is where overlong forms, surrogates and codes beyond the last one show. */
static bool is_second(unsigned char first, unsigned char second) {
  switch (first) {
  case 0xE0: return second >= 0xA0 && second <= 0xBF;
  case 0xED: return second >= 0x80 && second <= 0x9F;
  case 0xF0: return second >= 0x90 && second <= 0xBF;
  case 0xF4: return second >= 0x80 && second <= 0x8F;
  default: return second >= 0x80 && second <= 0xBF;
  }
}

size_t imr_utf8_length(const char *at, const char *end) {
  unsigned char first = (unsigned char)*at;
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if ((size_t)(end - at) < length || !is_second(first, (unsigned char)at[1])) return 0;
  for (size_t i = 2; i < length; i++)
    if (!is_tail(at + i)) return 0;
  return length;
}

char *imr_utf8_write(char *out, uint32_t code) {
  if (code < 0x80) {
    *out++ = (char)code;
    return out;
  }
  if (code < 0x800) {
    *out++ = (char)(0xC0U | (code >> 6));
  } else if (code < 0x10000) {
    *out++ = (char)(0xE0U | (code >> 12));
    *out++ = (char)(0x80U | ((code >> 6) & 0x3FU));
  } else {
    *out++ = (char)(0xF0U | (code >> 18));
    *out++ = (char)(0x80U | ((code >> 12) & 0x3FU));
    *out++ = (char)(0x80U | ((code >> 6) & 0x3FU));
  }
  *out++ = (char)(0x80U | (code & 0x3FU));
  return out;
}

bool imr_utf8_valid(const char *text, size_t length) {
  const char *end = text + length;
  while (text < end) {
    size_t step = imr_utf8_length(text, end);
    if (step == 0) return false;
    text += step;
  }
  return true;
}
