#include "decode/record.h"
#include "base/calendar.h"
#include "json/number.h"

#include <string.h>

/* Fields by their key */

/* Keys tend to come in the table's order, so the search begins behind the last one found. */
static int find_field(const imr_rows *rows, const char *at, size_t length, int first, const imr_text **wire) {
  for (int i = 0; i < rows->type->field_count; i++) {
    int field = (first + i) % rows->type->field_count;
    const imr_field *entry = &rows->type->fields[field];
    *wire = imr_is_text(&entry->wire, at, length) ? &entry->wire : &entry->alias;
    if (imr_is_text(*wire, at, length)) return field;
  }
  return -1;
}

static int field_of_key(const imr_rows *rows, const imr_json_value *key, int first, const imr_text **wire) {
  char buffer[256]; /* more than the longest key, all escaped */
  if ((key->flags & IMR_JSON_NOT_UTF8) != 0) return -1;
  if ((key->flags & IMR_JSON_ESCAPED) == 0) return find_field(rows, key->at, key->length, first, wire);
  if (key->length > sizeof buffer) return -1;
  return find_field(rows, buffer, imr_json_unescape(key, buffer), first, wire);
}

static bool is_empty(const imr_json_value *value) {
  return value->kind == IMR_JSON_NULL || (value->kind == IMR_JSON_STRING && value->length == 0);
}

/* Fields */

static bool is_same(const imr_json_value *a, const imr_json_value *b) {
  return a->length == b->length && a->kind == b->kind && imr_same_bytes(a->at, b->at, a->length);
}

/* A device's number is often the meter's too: then Lua need not look for the same string again. */
static void push_string(imr_rows *rows, int field, const imr_json_value *value) {
  int last = rows->last_string;
  rows->last_string = field;
  if (last >= 0 && is_same(&rows->texts[last], value))
    imr_builder_get(&rows->builder, rows->L, last);
  else
    lua_pushlstring(rows->L, value->at, value->length);
}

/* Pushes it; false pushes nothing. Most are strings as they stand in the body. */
static bool push_value(imr_rows *rows, int field, const imr_json_value *value) {
  bool is_string = (rows->strings & IMR_BIT(field)) != 0 && value->kind == IMR_JSON_STRING;
  if (!is_string || value->flags != 0)
    return imr_push_field(rows->L, &rows->type->fields[field], value, &rows->style);
  push_string(rows, field, value);
  return true;
}

/* `keep`: for the next row. */
static void set_new(imr_rows *rows, int field, const imr_json_value *value, bool keep) {
  lua_State *L = rows->L;
  rows->kept &= ~IMR_BIT(field);
  rows->bad &= ~IMR_BIT(field);
  if (rows->last_integer == field) rows->last_integer = -1;
  imr_builder_reach(&rows->builder, L, field);
  bool fine = push_value(rows, field, value);
  rows->texts[field] = *value;
  if (!fine) {
    lua_pushnil(L);
    imr_builder_set(&rows->builder, L, field);
    rows->bad |= IMR_BIT(field);
    return;
  }
  if (keep) {
    lua_pushvalue(L, -1);
    lua_replace(L, rows->values + field);
    rows->kept |= IMR_BIT(field);
  }
  imr_builder_set(&rows->builder, L, field);
}

/* A number as it usually comes, in quotes or not, in one pass. False takes nothing: the others read it. */
static bool take_number(imr_json *json, imr_json_value *value, double *number) {
  const char *at = json->at;
  const char *end = json->end;
  bool quoted = at < end && *at == '"';
  if (quoted) at++;
  size_t length = imr_number_take(at, end, number);
  const char *behind = at + length;
  if (length == 0 || behind == end) return false;
  if (quoted ? *behind != '"' : *behind != ',' && *behind != '}') return false;
  if (!quoted && *at == '0' && length > 1 && at[1] != '.') return false; /* 007 is no JSON */
  *value = (imr_json_value){at, length, quoted ? IMR_JSON_STRING : IMR_JSON_NUMBER, 0};
  json->at = behind + (quoted ? 1 : 0);
  json->fresh = false;
  return true;
}

/* The same for a time. */
static bool take_time(imr_json *json, imr_json_value *value, int64_t *seconds) {
  const size_t length = IMR_DATETIME_LENGTH;
  const char *at = json->at;
  if ((size_t)(json->end - at) < length + 2 || at[0] != '"' || at[length + 1] != '"') return false;
  if (imr_datetime_read(at + 1, length, seconds) != IMR_DATE_OK) return false;
  *value = (imr_json_value){at + 1, length, IMR_JSON_STRING, 0};
  json->at = at + length + 2;
  json->fresh = false;
  return true;
}

static bool set_number(imr_rows *rows, int field) {
  const char *start = rows->json->at;
  bool is_integer = (rows->integers & IMR_BIT(field)) != 0;
  double number;
  if (!take_number(rows->json, &rows->texts[field], &number)) return false;
  int64_t integer = (int64_t)number; /* of 15 digits at most */
  if (is_integer && (double)integer != number) {
    rows->json->at = start;
    return false;
  }
  imr_builder_reach(&rows->builder, rows->L, field);
  if (is_integer) {
    imr_push_integer(rows->L, integer);
    rows->last_integer = field;
    rows->integer = integer;
  } else {
    lua_pushnumber(rows->L, number);
  }
  imr_builder_set(&rows->builder, rows->L, field);
  return true;
}

static bool set_time(imr_rows *rows, int field) {
  int64_t seconds;
  if (!take_time(rows->json, &rows->texts[field], &seconds)) return false;
  imr_builder_reach(&rows->builder, rows->L, field);
  imr_push_integer(rows->L, seconds - rows->style.utc_offset);
  imr_builder_set(&rows->builder, rows->L, field);
  return true;
}

/* For a field that has had no value in this row. */
static bool set_at_once(imr_rows *rows, const imr_guess *guess) {
  if ((rows->seen & guess->bit) != 0) return false;
  if ((rows->numbers & guess->bit) != 0) return set_number(rows, guess->field);
  return (rows->times & guess->bit) != 0 && set_time(rows, guess->field);
}

static inline void set_kept(imr_rows *rows, int field) {
  imr_builder_reach(&rows->builder, rows->L, field);
  lua_pushvalue(rows->L, rows->values + field);
  imr_builder_set(&rows->builder, rows->L, field);
}

/* A value that came twice in a row is kept, since it may come more often, and so is the one that follows it.
 */
static void set_field(imr_rows *rows, int field, const imr_json_value *value) {
  bool same = (rows->keepable & IMR_BIT(field)) != 0 && is_same(&rows->texts[field], value);
  bool kept = (rows->kept & IMR_BIT(field)) != 0;
  if (same && kept) {
    set_kept(rows, field);
  } else {
    set_new(rows, field, value, same || kept);
  }
}

/* The field had a value in this row before. The last one counts; the earlier one, if it says something else,
 * is kept under the key it came with. */
static void set_again(imr_rows *rows, int field, const imr_json_value *value) {
  lua_State *L = rows->L;
  imr_json_value earlier = rows->texts[field];
  const imr_text *wire = rows->wires[field];
  if (is_same(&earlier, value)) return;
  imr_builder_get(&rows->builder, L, field);
  set_new(rows, field, value, false);
  imr_builder_get(&rows->builder, L, field);
  bool same = !lua_isnil(L, -1) && lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  if (same) return;
  imr_extra_member(&rows->extra, L, &(imr_json_value){wire->at, wire->length, IMR_JSON_STRING, 0}, &earlier);
}

static void mark_seen(imr_rows *rows, const imr_guess *guess) {
  rows->seen |= guess->bit;
  rows->wires[guess->field] = guess->wire;
}

/* Does the text come again whose value was kept? Then there is no need to read it. */
static bool take_kept(imr_rows *rows, const imr_guess *guess) {
  if ((rows->kept & ~rows->seen & guess->bit) == 0) return false;
  const imr_json_value *text = &rows->texts[guess->field];
  if (text->kind != IMR_JSON_STRING || !imr_json_take(rows->json, text->at - 1, text->length + 2))
    return false;
  set_kept(rows, guess->field);
  mark_seen(rows, guess);
  return true;
}

static void take_value(imr_rows *rows, const imr_guess *guess, const imr_json_value *value) {
  if (is_empty(value)) return;
  if (guess->field < 0) {
    imr_extra_member(&rows->extra, rows->L, &guess->key, value);
    return;
  }
  if ((rows->seen & guess->bit) != 0)
    set_again(rows, guess->field, value);
  else
    set_field(rows, guess->field, value);
  mark_seen(rows, guess);
}

/* The value of a member whose key has been read. */
static bool read_value(imr_rows *rows, const imr_guess *guess) {
  imr_json_value value;
  if (set_at_once(rows, guess)) {
    mark_seen(rows, guess);
    return true;
  }
  if (!imr_json_skip(rows->json, &value)) return false;
  take_value(rows, guess, &value);
  return true;
}

/* Members and rows */

/* Up to the value of the next member, and remembers that as the guess for the next row. */
static imr_json_step read_key(imr_rows *rows, imr_guess *guess, int first) {
  const char *start = rows->json->at;
  imr_json_step step = imr_json_member(rows->json, &guess->key);
  if (step != IMR_JSON_MORE) return step;
  guess->field = field_of_key(rows, &guess->key, first, &guess->wire);
  guess->bit = guess->field < 0 ? 0 : IMR_BIT(guess->field);
  imr_keys_note(&rows->keys, rows->type, guess->field,
                &guess->key); /* one guessed right has been here before */
  guess->text = start;
  guess->length = (size_t)(rows->json->at - start);
  return IMR_JSON_MORE;
}

/* The keys that are too many for the guesses share the last one. The first one is never shared: no comma
 * comes before it. */
static imr_json_step read_member(imr_rows *rows, int position) {
  imr_guess *guess = &rows->guesses[position < IMR_MAX_GUESSES ? position : IMR_MAX_GUESSES - 1];
  if (guess->length == 0 || !imr_json_take(rows->json, guess->text, guess->length)) {
    imr_json_step step = read_key(rows, guess, position);
    if (step != IMR_JSON_MORE) return step;
  }
  if (take_kept(rows, guess) || imr_json_take(rows->json, "\"\"", 2)) return IMR_JSON_MORE;
  return read_value(rows, guess) ? IMR_JSON_MORE : IMR_JSON_BROKEN;
}

/* The end of a row */

/* Pushes what follows from the value of the field. Most follow from an integer that has just been read: to
 * ask the record for it would cost some hundredths of a row's time. */
static void look_up(imr_rows *rows, int index) {
  lua_State *L = rows->L;
  const imr_derived *derived = &rows->type->derived[index];
  bool has_value = true;
  if (rows->last_integer == derived->from && rows->integer == (int)rows->integer) {
    lua_rawgeti(L, rows->derived + index, (int)rows->integer);
  } else {
    imr_builder_get(&rows->builder, L, derived->from);
    has_value = !lua_isnil(L, -1);
    lua_rawget(L, rows->derived + index);
  }
  if (!derived->has_otherwise || !has_value || !lua_isnil(L, -1)) return;
  lua_pop(L, 1);
  lua_pushboolean(L, derived->otherwise);
}

static void derive(imr_rows *rows) {
  const imr_record_type *type = rows->type;
  for (int i = 0; i < type->derived_count; i++) {
    if ((rows->seen & IMR_BIT(type->derived[i].from)) == 0) continue;
    imr_builder_reach(&rows->builder, rows->L, type->field_count + i);
    look_up(rows, i);
    imr_builder_set(&rows->builder, rows->L, type->field_count + i);
  }
}

/* At the end of a row, since a field may have several values and only the last one counts. */
static void put_bad(imr_rows *rows) {
  for (int field = 0; rows->bad >> field != 0; field++) {
    if ((rows->bad & IMR_BIT(field)) == 0) continue;
    lua_pushvalue(rows->L, rows->builder.names + field);
    imr_extra_invalid(&rows->extra, rows->L, &rows->texts[field]);
  }
}

bool imr_rows_read(imr_rows *rows) {
  imr_json_step step = IMR_JSON_MORE;
  rows->seen = rows->bad = 0;
  rows->last_string = rows->last_integer = -1;
  imr_extra_begin(&rows->extra);
  imr_builder_begin(&rows->builder, rows->L);
  for (rows->members = 0; (step = read_member(rows, rows->members)) == IMR_JSON_MORE;) rows->members++;
  if (step == IMR_JSON_BROKEN) {
    lua_settop(rows->L, rows->builder.record - 1);
    return false;
  }
  derive(rows);
  imr_builder_end(&rows->builder, rows->L, rows->members + rows->type->derived_count);
  if (rows->bad != 0) put_bad(rows);
  imr_extra_end(&rows->extra, rows->L, rows->builder.record);
  return true;
}

/* Values that are likely to come again in the next row, and cost more to make than to keep. */
static bool is_keepable(const imr_rows *rows, imr_type type) {
  return type == IMR_STR || type == IMR_ENUM || (type == IMR_DEC && rows->style.exact);
}

void imr_rows_open(imr_rows *rows, int prepared) {
  lua_State *L = rows->L;
  const imr_record_type *type = rows->type;
  int names = type->field_count + type->derived_count;
  luaL_checkstack(L, 2 * IMR_MAX_FIELDS + 2 * IMR_MAX_DERIVED + IMR_ROWS_STACK, "too many fields");
  for (int i = 0; i < type->field_count; i++) {
    imr_type kind = type->fields[i].type;
    if (kind == IMR_INT || (kind == IMR_DEC && !rows->style.exact)) rows->numbers |= IMR_BIT(i);
    if (kind == IMR_INT) rows->integers |= IMR_BIT(i);
    if (kind == IMR_TIME) rows->times |= IMR_BIT(i);
    if (kind == IMR_STR) rows->strings |= IMR_BIT(i);
    if (is_keepable(rows, kind)) rows->keepable |= IMR_BIT(i);
  }
  imr_builder_open(&rows->builder, L, prepared, names);
  rows->derived = lua_gettop(L) + 1;
  for (int i = 1; i <= type->derived_count; i++) lua_rawgeti(L, prepared, names + 1 + i);
  rows->values = lua_gettop(L) + 1;
  for (int i = 0; i < type->field_count; i++) lua_pushnil(L);
  rows->extra.exact = rows->style.exact;
  imr_extra_open(&rows->extra, L);
}
