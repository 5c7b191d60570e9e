#include "json/reader.h"
#include "base/bytes.h"
#include "json/escape.h"
#include "json/utf8.h"

#include <stdint.h>
#include <string.h>

static bool fail(imr_json *json, const char *at, const char *problem) {
  json->at = at;
  json->problem = problem;
  return false;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static inline const char *skip_blanks(const char *at, const char *end) {
  if (at < end && (unsigned char)*at > ' ') return at; /* the usual case */
  while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) at++;
  return at;
}

/* Of the eight bytes in the word, marks those that end a plain run: quote, backslash, control characters, all
 * beyond ASCII. Above the lowest mark there may be wrong ones, as the subtractions borrow. */
static inline uint64_t special_bytes(uint64_t word) {
  uint64_t quote = word ^ IMR_BYTES('"');
  uint64_t backslash = word ^ IMR_BYTES('\\');
  uint64_t marks =
      (word - IMR_BYTES(0x20)) | (quote - IMR_BYTES(0x01)) | (backslash - IMR_BYTES(0x01)) | word;
  return marks & IMR_BYTES(0x80);
}

static inline bool is_plain(char c) {
  return c != '"' && c != '\\' && (unsigned char)c >= 0x20 && (unsigned char)c < 0x80;
}

/* Behind the characters that need no look of their own: eight at a time, which the compiler can not do by
 * itself. */
static inline const char *skip_plain(const char *at, const char *end) {
  for (; end - at >= 8; at += 8) {
    uint64_t marks = special_bytes(imr_load_in_order(at));
    if (marks != 0) return at + imr_first_mark(marks);
  }
  while (at < end && is_plain(*at)) at++;
  return at;
}

/* Of three bytes, as nearly all that is written in Chinese: the first one leaves the other two free. */
static inline bool is_usual_character(const char *at) {
  unsigned char first = (unsigned char)at[0];
  return first > 0xE0 && first < 0xED && (at[1] & 0xC0) == 0x80 && (at[2] & 0xC0) == 0x80;
}

static const char *skip_multibyte(const char *at, const char *end, unsigned *flags) {
  while (end - at >= 3 && is_usual_character(at)) at += 3;
  while (at < end && (unsigned char)*at >= 0x80) {
    size_t length = imr_utf8_length(at, end);
    if (length == 0) *flags |= IMR_JSON_NOT_UTF8;
    at += length == 0 ? 1 : length;
  }
  return at;
}

/* At the opening quote. */
static inline bool read_string(imr_json *json, imr_json_value *value) {
  const char *end = json->end;
  const char *start = json->at + 1;
  const char *at = start;
  unsigned flags = 0;
  for (;;) {
    at = skip_plain(at, end);
    if (at == end) return fail(json, end, "unfinished string");
    if (*at == '"') break;
    if (*at == '\\') {
      const char *behind = imr_json_skip_escape(at, end, &flags);
      if (behind == NULL) return fail(json, at, "bad escape");
      at = behind;
    } else if ((unsigned char)*at < 0x20) {
      return fail(json, at, "control character in a string");
    } else {
      at = skip_multibyte(at, end, &flags);
    }
  }
  *value = (imr_json_value){start, (size_t)(at - start), IMR_JSON_STRING, flags};
  json->at = at + 1;
  return true;
}

/* Behind one or more digits, or NULL where there is none. */
static const char *skip_digits(const char *at, const char *end) {
  if (at >= end || !is_digit(*at)) return NULL;
  while (at < end && is_digit(*at)) at++;
  return at;
}

static const char *skip_exponent(const char *at, const char *end) {
  at++;
  if (at < end && (*at == '+' || *at == '-')) at++;
  return skip_digits(at, end);
}

static bool read_number(imr_json *json, imr_json_value *value) {
  const char *end = json->end;
  const char *at = json->at;
  unsigned flags = IMR_JSON_INTEGER;
  if (*at == '-') at++;
  at = at < end && *at == '0' ? at + 1 : skip_digits(at, end);
  if (at != NULL && at < end && *at == '.') {
    flags = 0;
    at = skip_digits(at + 1, end);
  }
  if (at != NULL && at < end && (*at == 'e' || *at == 'E')) {
    flags = 0;
    at = skip_exponent(at, end);
  }
  if (at == NULL) return fail(json, json->at, "bad number");
  *value = (imr_json_value){json->at, (size_t)(at - json->at), IMR_JSON_NUMBER, flags};
  json->at = at;
  return true;
}

static bool read_word(imr_json *json, imr_json_value *value, const char *word, imr_json_kind kind) {
  size_t length = strlen(word);
  if ((size_t)(json->end - json->at) < length || memcmp(json->at, word, length) != 0)
    return fail(json, json->at, "unexpected character");
  *value = (imr_json_value){json->at, length, kind, 0};
  json->at += length;
  return true;
}

static bool enter(imr_json *json, imr_json_value *value, imr_json_kind kind) {
  if (json->depth == IMR_JSON_MAX_DEPTH) return fail(json, json->at, "nested too deeply");
  *value = (imr_json_value){json->at, 0, kind, 0};
  json->depth++;
  json->at++;
  json->fresh = true;
  return true;
}

bool imr_json_read(imr_json *json, imr_json_value *value) {
  json->at = skip_blanks(json->at, json->end);
  json->fresh = false;
  if (json->at == json->end) return fail(json, json->at, "unexpected end");
  switch (*json->at) {
  case '"': return read_string(json, value);
  case '{': return enter(json, value, IMR_JSON_OBJECT);
  case '[': return enter(json, value, IMR_JSON_LIST);
  case 'n': return read_word(json, value, "null", IMR_JSON_NULL);
  case 't': return read_word(json, value, "true", IMR_JSON_TRUE);
  case 'f': return read_word(json, value, "false", IMR_JSON_FALSE);
  default:
    if (*json->at == '-' || is_digit(*json->at)) return read_number(json, value);
    return fail(json, json->at, "unexpected character");
  }
}

static imr_json_step broken(imr_json *json, const char *problem) {
  fail(json, json->at, json->at == json->end ? "unexpected end" : problem);
  return IMR_JSON_BROKEN;
}

/* To the next entry of a list or an object, or out of it. */
static imr_json_step next_entry(imr_json *json, char closing, const char *problem) {
  json->at = skip_blanks(json->at, json->end);
  if (json->at == json->end) return broken(json, problem);
  if (*json->at == closing) {
    json->at++;
    json->depth--;
    json->fresh = false;
    return IMR_JSON_CLOSED;
  }
  if (json->fresh) return IMR_JSON_MORE;
  if (*json->at != ',') return broken(json, problem);
  json->at++;
  return IMR_JSON_MORE;
}

imr_json_step imr_json_item(imr_json *json) { return next_entry(json, ']', "expected ',' or ']'"); }

imr_json_step imr_json_find_member(imr_json *json) {
  imr_json_step step = next_entry(json, '}', "expected ',' or '}'");
  if (step != IMR_JSON_MORE) return step;
  json->at = skip_blanks(json->at, json->end);
  if (json->at == json->end || *json->at != '"') return broken(json, "expected a key");
  return IMR_JSON_MORE;
}

bool imr_json_key(imr_json *json, imr_json_value *key) {
  if (!read_string(json, key)) return false;
  json->at = skip_blanks(json->at, json->end);
  if (json->at == json->end || *json->at != ':') return broken(json, "expected ':'") == IMR_JSON_MORE;
  json->at = skip_blanks(json->at + 1, json->end);
  return true;
}

imr_json_step imr_json_member(imr_json *json, imr_json_value *key) {
  imr_json_step step = imr_json_enter_member(json);
  if (step == IMR_JSON_MORE && !imr_json_key(json, key)) return IMR_JSON_BROKEN;
  return step;
}

static bool is_open(const imr_json_value *value) {
  return value->kind == IMR_JSON_LIST || value->kind == IMR_JSON_OBJECT;
}

/* Reads a value or enters it; of all that is open, `objects` has a bit by its depth: is it an object? */
static bool read_or_enter(imr_json *json, uint64_t *objects, imr_json_value *value) {
  if (!imr_json_read(json, value)) return false;
  if (is_open(value)) {
    uint64_t bit = UINT64_C(1) << (json->depth - 1);
    *objects = value->kind == IMR_JSON_OBJECT ? *objects | bit : *objects & ~bit;
  }
  return true;
}

/* To the next value inside of a list or an object, or out of it. */
static bool skip_entry(imr_json *json, uint64_t *objects, unsigned *flags) {
  imr_json_value entry = {.flags = 0};
  bool in_object = (*objects >> (json->depth - 1) & 1) != 0;
  imr_json_step step = in_object ? imr_json_member(json, &entry) : imr_json_item(json);
  if (step != IMR_JSON_MORE) return step == IMR_JSON_CLOSED;
  *flags |= entry.flags;
  if (!read_or_enter(json, objects, &entry)) return false;
  *flags |= entry.flags;
  return true;
}

bool imr_json_skip(imr_json *json, imr_json_value *value) {
  unsigned depth = json->depth;
  uint64_t objects = 0;
  if (json->at < json->end && *json->at == '"') { /* the usual value */
    json->fresh = false;
    return read_string(json, value);
  }
  if (!read_or_enter(json, &objects, value)) return false;
  while (json->depth > depth)
    if (!skip_entry(json, &objects, &value->flags)) return false;
  if (is_open(value)) value->length = (size_t)(json->at - value->at);
  return true;
}

bool imr_json_finish(imr_json *json) {
  json->at = skip_blanks(json->at, json->end);
  return json->at == json->end || fail(json, json->at, "something follows the end");
}

void imr_json_init(imr_json *json, const char *text, size_t length) {
  static const char mark[] = {'\xEF', '\xBB', '\xBF'};
  *json = (imr_json){.start = text, .at = text, .end = text + length};
  if (length >= sizeof mark && memcmp(text, mark, sizeof mark) == 0) json->at += sizeof mark;
}

void imr_json_init_value(imr_json *json, const imr_json_value *value) {
  size_t quote = value->kind == IMR_JSON_STRING ? 1 : 0;
  *json = (imr_json){.start = value->at, .at = value->at - quote, .end = value->at + value->length + quote};
}

size_t imr_json_place(const imr_json *json) { return (size_t)(json->at - json->start) + 1; }

const char *imr_json_kind_name(imr_json_kind kind) {
  static const char *const names[] = {"null", "false", "true", "a number", "text", "a list", "an object"};
  return names[kind];
}
