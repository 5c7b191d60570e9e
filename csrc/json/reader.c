#include "json/reader.h"
#include "base/bytes.h"
#include "json/escape.h"
#include "json/utf8.h"

#include <stdint.h>
#include <string.h>

#define SHORT 4096

static bool fail(imr_json *json, const char *at, const char *problem) {
  json->at = at;
  json->problem = problem;
  return false;
}

static imr_json_step broken_at(imr_json *json, const char *at, const char *problem) {
  fail(json, at, problem);
  return IMR_JSON_BROKEN;
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

static const char *skip_multibyte(const char *at, const char *end, const char *stop, unsigned *flags) {
  while (at < stop && (unsigned char)*at >= 0x80) {
    size_t length = imr_utf8_length(at, end);
    if (length == 0) *flags |= IMR_JSON_NOT_UTF8;
    at += length == 0 ? 1 : length;
  }
  return at;
}

static void begin_string(imr_json *json, imr_json_value *value) {
  *value = (imr_json_value){++json->at, 0, IMR_JSON_STRING, 0};
}

/* The rest of a string that has begun, up to about `stop`, which is the end where there is to be no pause. */
static inline imr_json_step scan_string(imr_json *json, imr_json_value *value, const char *stop) {
  const char *end = json->end;
  const char *at = json->at;
  unsigned flags = value->flags;
  for (;;) {
    at = skip_plain(at, stop);
    if (at >= stop || *at == '"') break;
    if (*at == '\\') {
      const char *behind = imr_json_skip_escape(at, end, &flags);
      if (behind == NULL) return broken_at(json, at, "bad escape");
      at = behind;
    } else if ((unsigned char)*at < 0x20) {
      return broken_at(json, at, "control character in a string");
    } else {
      at = skip_multibyte(at, end, stop, &flags);
    }
  }
  if (at >= end) return broken_at(json, end, "unfinished string");
  value->length = (size_t)(at - value->at);
  value->flags = flags;
  json->at = at;
  if (at >= stop) return IMR_JSON_PAUSED;
  json->at++;
  return IMR_JSON_CLOSED;
}

static bool read_string(imr_json *json, imr_json_value *value) {
  begin_string(json, value);
  return scan_string(json, value, json->end) == IMR_JSON_CLOSED;
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
  return broken_at(json, json->at, json->at == json->end ? "unexpected end" : problem);
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

/* Begins to skip a value or one inside of it: a list or an object is entered, a string begun, anything else
 * read whole. */
static bool begin_entry(imr_json *json, imr_json_skipping *skipping, imr_json_value *value) {
  json->at = skip_blanks(json->at, json->end);
  if (json->at < json->end && *json->at == '"') {
    json->fresh = false;
    skipping->in_string = true;
    begin_string(json, value);
    return true;
  }
  if (!imr_json_read(json, value)) return false;
  if (is_open(value)) {
    uint64_t bit = UINT64_C(1) << (json->depth - 1);
    skipping->objects = value->kind == IMR_JSON_OBJECT ? skipping->objects | bit : skipping->objects & ~bit;
  }
  return true;
}

bool imr_json_begin_skip(imr_json *json, imr_json_skipping *skipping) {
  skipping->depth = json->depth;
  skipping->objects = 0;
  skipping->in_string = false;
  return begin_entry(json, skipping, &skipping->value);
}

/* To the next value inside of a list or an object, or out of it. */
static imr_json_step skip_entry(imr_json *json, imr_json_skipping *skipping) {
  imr_json_value entry = {.flags = 0};
  bool in_object = (skipping->objects >> (json->depth - 1) & 1) != 0;
  imr_json_step step = in_object ? imr_json_member(json, &entry) : imr_json_item(json);
  if (step != IMR_JSON_MORE) return step;
  skipping->value.flags |= entry.flags;
  if (!begin_entry(json, skipping, &skipping->inner)) return IMR_JSON_BROKEN;
  skipping->value.flags |= skipping->inner.flags;
  return IMR_JSON_MORE;
}

imr_json_step imr_json_skip_on(imr_json *json, imr_json_skipping *skipping, const char *until) {
  const char *stop = until == NULL || until > json->end ? json->end : until;
  imr_json_value *value = &skipping->value;
  for (;;) {
    bool outside = json->depth == skipping->depth;
    if (skipping->in_string) {
      imr_json_value *string = outside ? value : &skipping->inner;
      imr_json_step step = scan_string(json, string, stop);
      if (step != IMR_JSON_CLOSED) return step;
      skipping->in_string = false;
      value->flags |= string->flags;
    }
    if (outside) break;
    if (until != NULL && json->at >= stop) return IMR_JSON_PAUSED;
    if (skip_entry(json, skipping) == IMR_JSON_BROKEN) return IMR_JSON_BROKEN;
  }
  if (is_open(value)) value->length = (size_t)(json->at - value->at);
  return IMR_JSON_CLOSED;
}

bool imr_json_skip_short(imr_json *json, imr_json_value *value) {
  const char *at = json->at;
  const char *stop = json->end - at > SHORT ? at + SHORT : json->end;
  if (at == json->end || *at != '"') return false;
  begin_string(json, value);
  if (scan_string(json, value, stop) == IMR_JSON_CLOSED) {
    json->fresh = false;
    return true;
  }
  json->at = at;
  return false;
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
