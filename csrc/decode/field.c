#include "decode/field.h"
#include "base/calendar.h"
#include "decode/value.h"
#include "json/number.h"

#include <string.h>

bool imr_is_text(const imr_text *text, const char *at, size_t length) {
  return text->length == length && text->at != NULL && memcmp(text->at, at, length) == 0;
}

static bool push_word(lua_State *L, const imr_field *field, const char *at, size_t length) {
  for (int i = 0; i < field->word_count; i++) {
    const imr_word *word = &field->words[i];
    if (!imr_is_text(&word->wire, at, length)) continue;
    if (word->name.at != NULL)
      lua_pushlstring(L, word->name.at, word->name.length);
    else
      lua_pushboolean(L, word->truth);
    return true;
  }
  return false;
}

static bool push_decimal(lua_State *L, const imr_json_value *text, bool exact) {
  double number;
  if (exact) {
    if (text->kind == IMR_JSON_STRING && !imr_number_valid(text->at, text->length)) return false;
    lua_pushlstring(L, text->at, text->length);
  } else {
    if (!imr_number_read(text->at, text->length, &number)) return false;
    lua_pushnumber(L, number);
  }
  return true;
}

static bool push_integer(lua_State *L, const char *at, size_t length) {
  imr_decimal decimal;
  int64_t number;
  if (!imr_decimal_read(&decimal, at, length) || !imr_decimal_to_integer(&decimal, &number)) return false;
  imr_push_integer(L, number);
  return true;
}

static bool push_time(lua_State *L, const char *at, size_t length, int64_t utc_offset) {
  int64_t seconds;
  if (imr_datetime_read(at, length, &seconds) != IMR_DATE_OK) return false;
  imr_push_integer(L, seconds - utc_offset);
  return true;
}

/* Neither escapes nor bad bytes are left in the text. */
static bool push_typed(lua_State *L, const imr_field *field, const imr_json_value *text,
                       const imr_style *style) {
  bool quoted = text->kind == IMR_JSON_STRING;
  switch (field->type) {
  case IMR_STR: lua_pushlstring(L, text->at, text->length); return true;
  case IMR_DEC: return push_decimal(L, text, style->exact);
  case IMR_INT: return push_integer(L, text->at, text->length);
  case IMR_TIME: return quoted && push_time(L, text->at, text->length, style->utc_offset);
  default: return quoted && push_word(L, field, text->at, text->length);
  }
}

static bool push_escaped(lua_State *L, const imr_field *field, const imr_json_value *value,
                         const imr_style *style) {
  imr_json_value text = {.kind = IMR_JSON_STRING};
  imr_push_text(L, value);
  if (field->type == IMR_STR) return true;
  text.at = lua_tolstring(L, -1, &text.length);
  bool fine = push_typed(L, field, &text, style);
  lua_remove(L, fine ? -2 : -1);
  return fine;
}

bool imr_push_field(lua_State *L, const imr_field *field, const imr_json_value *value,
                    const imr_style *style) {
  if (value->kind != IMR_JSON_STRING && value->kind != IMR_JSON_NUMBER) return false;
  if ((value->flags & IMR_JSON_NOT_UTF8) != 0) return false;
  if ((value->flags & IMR_JSON_ESCAPED) != 0) return push_escaped(L, field, value, style);
  return push_typed(L, field, value, style);
}

void imr_push_raw(lua_State *L, const imr_json_value *value) {
  if (value->kind == IMR_JSON_STRING && (value->flags & IMR_JSON_NOT_UTF8) == 0)
    imr_push_text(L, value);
  else
    lua_pushlstring(L, value->at, value->length);
}

void imr_push_beginning(lua_State *L, const imr_json_value *value) {
  size_t length = IMR_BEGINNING;
  if (value->length <= IMR_BEGINNING) {
    imr_push_raw(L, value);
    return;
  }
  while (length > IMR_BEGINNING - 4 && ((unsigned char)value->at[length] & 0xC0) == 0x80) length--;
  lua_pushlstring(L, value->at, length);
  lua_pushfstring(L, "... (%d bytes)", (int)value->length);
  lua_concat(L, 2);
}
