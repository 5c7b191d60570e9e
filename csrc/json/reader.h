/* A strict JSON reader (RFC 8259) over a buffer, which the caller pulls value by value.
 * It knows no Lua, allocates nothing, and reads no byte at or behind the end: the text need not end in NUL.
 *
 *   imr_json_read     reads a scalar whole, or enters a list or an object
 *   imr_json_item     inside a list: is there another item?
 *   imr_json_member   inside an object: is there another member, and what is its key?
 *   imr_json_skip     reads any value whole
 *   imr_json_finish   after the last value: nothing but blanks may follow */
#ifndef IMR_JSON_H
#define IMR_JSON_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define IMR_JSON_MAX_DEPTH 64

typedef enum {
  IMR_JSON_NULL,
  IMR_JSON_FALSE,
  IMR_JSON_TRUE,
  IMR_JSON_NUMBER,
  IMR_JSON_STRING,
  IMR_JSON_LIST,
  IMR_JSON_OBJECT,
} imr_json_kind;

enum {
  IMR_JSON_ESCAPED = 1,  /* a string with a backslash in it */
  IMR_JSON_NOT_UTF8 = 2, /* a string with bytes that are not UTF-8, or with half a surrogate pair */
  IMR_JSON_INTEGER = 4,  /* a number without fraction and exponent */
};

/* The text of a value as it stands in the buffer: of a string, what is between the quotes. A list or an
 * object has a length only when it was skipped, and then also the flags of all that is in it. */
typedef struct {
  const char *at;
  size_t length;
  imr_json_kind kind;
  unsigned flags;
} imr_json_value;

typedef struct {
  const char *start;
  const char *at;
  const char *end;
  const char *problem; /* NULL while all is well */
  unsigned depth;
  bool fresh; /* just inside a list or an object, before its first entry */
} imr_json;

typedef enum { IMR_JSON_BROKEN = -1, IMR_JSON_CLOSED = 0, IMR_JSON_MORE = 1 } imr_json_step;

/* Skips a byte order mark. */
void imr_json_init(imr_json *json, const char *text, size_t length);
/* To read a value again that was skipped. */
void imr_json_init_value(imr_json *json, const imr_json_value *value);

bool imr_json_read(imr_json *json, imr_json_value *value);
bool imr_json_skip(imr_json *json, imr_json_value *value);
bool imr_json_finish(imr_json *json);
imr_json_step imr_json_item(imr_json *json);
imr_json_step imr_json_member(imr_json *json, imr_json_value *key);

/* imr_json_member in two steps: up to the opening quote, and the key. */
imr_json_step imr_json_find_member(imr_json *json);
bool imr_json_key(imr_json *json, imr_json_value *key);

/* Where the bytes differ; what is loaded must not be longer than what is compared. */
static inline uint64_t imr_differ_8(const char *a, const char *b) { return imr_load(a) ^ imr_load(b); }
static inline uint64_t imr_differ_16(const char *a, const char *b) {
  return imr_differ_8(a, b) | imr_differ_8(a + 8, b + 8);
}

/* memcmp() == 0, without a call for what is not very short. The last load may overlap with those before. */
static inline bool imr_same_bytes(const char *a, const char *b, size_t length) {
  if (length < 8) return memcmp(a, b, length) == 0;
  if (length < 16) return (imr_differ_8(a, b) | imr_differ_8(a + length - 8, b + length - 8)) == 0;
  for (size_t i = 0; i < length - 16; i += 16)
    if (imr_differ_16(a + i, b + i) != 0) return false;
  return imr_differ_16(a + length - 16, b + length - 16) == 0;
}

/* Right behind an entry, as it usually comes: a comma and the next one, without blanks. */
static inline bool imr_json_is_next(const imr_json *json, char opening) {
  return !json->fresh && json->end - json->at >= 2 && json->at[0] == ',' && json->at[1] == opening;
}

/* Inside of a list: enters the next item if it is an object and comes so. False takes nothing. */
static inline bool imr_json_next_object(imr_json *json) {
  if (!imr_json_is_next(json, '{') || json->depth == IMR_JSON_MAX_DEPTH) return false;
  json->at += 2;
  json->depth++;
  json->fresh = true;
  return true;
}

static inline imr_json_step imr_json_enter_member(imr_json *json) {
  if (imr_json_is_next(json, '"')) {
    json->at++;
    return IMR_JSON_MORE;
  }
  if (json->at == json->end || *json->at != '}') return imr_json_find_member(json);
  json->at++;
  json->depth--;
  json->fresh = false;
  return IMR_JSON_CLOSED;
}

/* For a caller that has a guess what comes: a text that was read at such a place before, right behind the
 * opening brace or right behind a member, up to the value of the next one or behind it. */
static inline bool imr_json_take(imr_json *json, const char *text, size_t length) {
  if ((size_t)(json->end - json->at) < length || !imr_same_bytes(json->at, text, length)) return false;
  json->at += length;
  json->fresh = false;
  return true;
}

/* The place of the problem, or of the reader, counted from 1. */
size_t imr_json_place(const imr_json *json);

/* Room for imr_json_unescape, which gives the number of bytes written. What is not UTF-8 becomes U+FFFD. */
size_t imr_json_room(const imr_json_value *string);
size_t imr_json_unescape(const imr_json_value *string, char *out);

/* "a number", "text"... for messages. */
const char *imr_json_kind_name(imr_json_kind kind);

#endif
