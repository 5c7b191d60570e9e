#include "json/escape.h"
#include "json/reader.h"
#include "json/utf8.h"

#include <string.h>

#define REPLACEMENT 0xFFFDU

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* The four digits of a \uXXXX at `at`, or -1 where there is none. */
static int32_t unicode_escape(const char *at, const char *end) {
  if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return -1;
  int32_t code = 0;
  for (int i = 2; i < 6; i++) {
    int digit = hex_digit(at[i]);
    if (digit < 0) return -1;
    code = code * 16 + digit;
  }
  return code;
}

/* One \uXXXX, or two that make a surrogate pair. Half a pair gives U+FFFD and a flag. The place behind it, or
 * NULL. */
static const char *read_unicode(const char *at, const char *end, uint32_t *code, unsigned *flags) {
  int32_t high = unicode_escape(at, end);
  if (high < 0) return NULL;
  at += 6;
  *code = (uint32_t)high;
  if (high < 0xD800 || high > 0xDFFF) return at;
  int32_t low = high < 0xDC00 ? unicode_escape(at, end) : -1;
  if (low >= 0xDC00 && low <= 0xDFFF) {
    *code = 0x10000U + (((uint32_t)high - 0xD800U) << 10) + ((uint32_t)low - 0xDC00U);
    return at + 6;
  }
  *code = REPLACEMENT;
  *flags |= IMR_JSON_NOT_UTF8;
  return at;
}

static char short_escape(char letter) {
  switch (letter) {
  case 'b': return '\b';
  case 'f': return '\f';
  case 'n': return '\n';
  case 'r': return '\r';
  case 't': return '\t';
  case '"':
  case '\\':
  case '/': return letter;
  default: return 0;
  }
}

const char *imr_json_skip_escape(const char *at, const char *end, unsigned *flags) {
  *flags |= IMR_JSON_ESCAPED;
  if (end - at >= 2 && short_escape(at[1]) != 0) return at + 2;
  uint32_t code;
  return read_unicode(at, end, &code, flags);
}

size_t imr_json_room(const imr_json_value *string) {
  return string->flags & IMR_JSON_NOT_UTF8 ? string->length * 3 : string->length;
}

size_t imr_json_unescape(const imr_json_value *string, char *out) {
  const char *at = string->at;
  const char *end = at + string->length;
  const char *start = out;
  unsigned flags = 0;
  while (at < end) {
    if (*at != '\\') {
      size_t length = imr_utf8_length(at, end);
      if (length == 0) {
        out = imr_utf8_write(out, REPLACEMENT);
        at++;
      } else {
        memcpy(out, at, length);
        out += length;
        at += length;
      }
    } else if (at[1] != 'u') {
      *out++ = short_escape(at[1]);
      at += 2;
    } else {
      uint32_t code = REPLACEMENT;
      at = read_unicode(at, end, &code, &flags);
      if (at == NULL) break; /* never: the reader has seen it */
      out = imr_utf8_write(out, code);
    }
  }
  return (size_t)(out - start);
}
