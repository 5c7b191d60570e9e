/* Record types for Lua. What they are made of is read without metamethods, so that no Lua runs meanwhile. */
#include "decode/record_type.h"
#include "base/core.h"
#include "decode/builder.h"

#include <string.h>

/* Stack slots: the arguments, what becomes of them, and what that keeps. */
enum { FIELDS = 1, MORE, TYPE, KEPT };

typedef struct {
  lua_State *L;
  imr_record_type *type;
  imr_word *words;      /* the next one */
  imr_foreign *foreign; /* the first one */
  int texts;            /* stack slots of the strings that it points into, */
  int derived;          /* and of the tables of derived fields */
} maker;

static void push_raw(lua_State *L, int table, const char *key) {
  table = lua_absindex(L, table);
  lua_pushstring(L, key);
  lua_rawget(L, table);
}

static int count_of(lua_State *L, int table, const char *key, int most) {
  push_raw(L, table, key);
  size_t count = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;
  lua_pop(L, 1);
  if (count > (size_t)most) return luaL_error(L, "record type: more than %d of '%s'", most, key);
  return (int)count;
}

/* Takes a string off the stack and keeps it. */
static imr_text take_text(maker *own, const char *what) {
  lua_State *L = own->L;
  imr_text text;
  if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "record type: '%s' is no text", what);
  text.at = lua_tolstring(L, -1, &text.length);
  lua_rawseti(L, own->texts, (int)lua_rawlen(L, own->texts) + 1);
  return text;
}

/* It becomes a part of a constructor's source. */
static const char *take_name(maker *own, int table) {
  push_raw(own->L, table, "name");
  imr_text text = take_text(own, "name");
  bool fine = text.length > 0 && strspn(text.at, "abcdefghijklmnopqrstuvwxyz0123456789_") == text.length;
  if (!fine) luaL_error(own->L, "record type: a name has small letters, digits and underscores");
  return text.at;
}

static imr_type take_type(maker *own, int table) {
  static const char *const names[] = {"str", "int", "dec", "time", "enum"};
  push_raw(own->L, table, "type");
  imr_text text = take_text(own, "type");
  for (int i = 0; i < 5; i++)
    if (strcmp(names[i], text.at) == 0) return (imr_type)i;
  return luaL_error(own->L, "record type: there is no type '%s'", text.at);
}

static void take_wire(maker *own, int table, imr_field *field) {
  lua_State *L = own->L;
  push_raw(L, table, "wire");
  if (!lua_istable(L, -1)) luaL_error(L, "record type: 'wire' is no list");
  lua_rawgeti(L, -1, 1);
  field->wire = take_text(own, "wire");
  lua_rawgeti(L, -1, 2);
  if (lua_isnil(L, -1))
    lua_pop(L, 1);
  else
    field->alias = take_text(own, "wire");
  lua_pop(L, 1);
}

/* The value at the top, whose key is below it. */
static imr_word take_word(maker *own) {
  lua_State *L = own->L;
  imr_word word = {.truth = lua_toboolean(L, -1)};
  lua_pushvalue(L, -2);
  word.wire = take_text(own, "words");
  if (lua_isboolean(L, -1))
    lua_pop(L, 1);
  else
    word.name = take_text(own, "words");
  return word;
}

static void take_words(maker *own, int table, imr_field *field) {
  lua_State *L = own->L;
  field->words = own->words;
  push_raw(L, table, "words");
  if (lua_istable(L, -1)) {
    lua_pushnil(L);
    for (; lua_next(L, -2) != 0; field->word_count++) *own->words++ = take_word(own);
  }
  lua_pop(L, 1);
}

static void take_derived(maker *own, int table, int from) {
  lua_State *L = own->L;
  imr_record_type *type = own->type;
  if (type->derived_count == IMR_MAX_DERIVED) luaL_error(L, "record type: too many derived fields");
  imr_derived *derived = &type->derived[type->derived_count++];
  derived->name = take_name(own, table);
  derived->from = from;
  push_raw(L, table, "otherwise");
  derived->has_otherwise = lua_isboolean(L, -1);
  derived->otherwise = lua_toboolean(L, -1);
  lua_pop(L, 1);
  push_raw(L, table, "values");
  if (!lua_istable(L, -1)) luaL_error(L, "record type: 'values' is no table");
  lua_rawseti(L, own->derived, type->derived_count);
}

/* The table at the top. */
static void take_field(maker *own, int index) {
  lua_State *L = own->L;
  int table = lua_gettop(L);
  imr_field *field = &own->type->fields[index];
  if (!lua_istable(L, table)) luaL_error(L, "record type: a field is a table");
  field->name = take_name(own, table);
  field->type = take_type(own, table);
  take_wire(own, table, field);
  take_words(own, table, field);
  int count = count_of(L, table, "derived", IMR_MAX_DERIVED);
  push_raw(L, table, "derived");
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, table + 1, i);
    if (!lua_istable(L, -1)) luaL_error(L, "record type: a derived field is a table");
    take_derived(own, table + 2, index);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

/* What tells rows apart */

static int field_named(const maker *own, const char *name) {
  for (int i = 0; i < own->type->field_count; i++)
    if (strcmp(own->type->fields[i].name, name) == 0) return i;
  return luaL_error(own->L, "record type: there is no field '%s'", name);
}

static void take_identity(maker *own) {
  lua_State *L = own->L;
  imr_record_type *type = own->type;
  type->identity_count = count_of(L, MORE, "identity", IMR_MAX_IDENTITY);
  push_raw(L, MORE, "identity");
  for (int i = 0; i < type->identity_count; i++) {
    lua_rawgeti(L, -1, i + 1);
    type->identity[i] = field_named(own, take_text(own, "identity").at);
  }
  lua_pop(L, 1);
}

/* Takes a number off the stack: a set of fields or of rivals, the first one its lowest bit. */
static uint64_t take_set(lua_State *L, uint64_t otherwise) {
  lua_Number set = lua_tonumber(L, -1);
  bool given = lua_type(L, -1) == LUA_TNUMBER && set >= 0 && set < 9007199254740992.0;
  lua_pop(L, 1);
  return given ? (uint64_t)set : otherwise;
}

static void take_rivals(maker *own, imr_foreign *foreign) {
  lua_State *L = own->L;
  imr_record_type *type = own->type;
  type->rival_count = count_of(L, MORE, "beyond", IMR_MAX_RIVALS);
  push_raw(L, MORE, "beyond");
  for (int i = 0; i < type->rival_count; i++) {
    lua_rawgeti(L, -1, i + 1);
    type->beyond[i] = take_set(L, 0);
  }
  push_raw(L, MORE, "telling");
  type->telling = take_set(L, UINT64_MAX);
  type->foreign = foreign;
  push_raw(L, MORE, "foreign");
  if (lua_istable(L, -1)) {
    lua_pushnil(L);
    for (; lua_next(L, -2) != 0; foreign++) {
      foreign->rivals = take_set(L, 0);
      lua_pushvalue(L, -1);
      foreign->key = take_text(own, "foreign");
    }
  }
  type->foreign_count = (int)(foreign - type->foreign);
  lua_pop(L, 2);
}

/* Room */

static int entries_of(lua_State *L, int table, const char *key) {
  int count = 0;
  push_raw(L, table, key);
  if (lua_istable(L, -1)) {
    lua_pushnil(L);
    for (; lua_next(L, -2) != 0; count++) lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return count;
}

static int words_of(lua_State *L, int fields) {
  int count = 0;
  for (int i = 1; i <= fields; i++) {
    lua_rawgeti(L, FIELDS, i);
    if (lua_istable(L, -1)) count += entries_of(L, lua_gettop(L), "words");
    lua_pop(L, 1);
  }
  return count;
}

static maker begin(lua_State *L, int fields) {
  size_t words = (size_t)words_of(L, fields);
  size_t foreign = (size_t)entries_of(L, MORE, "foreign");
  maker own = {.L = L};
  size_t size = sizeof *own.type + words * sizeof(imr_word) + foreign * sizeof(imr_foreign);
  own.type = lua_newuserdata(L, size);
  memset(own.type, 0, size);
  own.words = (imr_word *)(own.type + 1);
  own.foreign = (imr_foreign *)(own.words + words);
  own.type->field_count = fields;
  lua_newtable(L);
  lua_newtable(L);
  own.texts = lua_gettop(L);
  lua_newtable(L);
  own.derived = lua_gettop(L);
  return own;
}

/*** What the records of an answer look like.
@function record_type
@tparam table fields list of {name, type, wire, words, derived} as in imr.schema, 40 at most
@tparam[opt] table more identity: names of the fields that tell one record from others, where its content does
not; for telling rows of another type from ours, sets of fields, as numbers whose lowest bit is the first one:
telling: one of them is in a list's rows; beyond: list of those that each other type has not; and foreign: by
a key that we have not, the set of the other types that have it
@treturn record_type */
static int record_type_new(lua_State *L) {
  luaL_checktype(L, FIELDS, LUA_TTABLE);
  if (lua_isnoneornil(L, MORE)) {
    lua_settop(L, FIELDS);
    lua_newtable(L);
  }
  luaL_checktype(L, MORE, LUA_TTABLE);
  lua_settop(L, MORE);
  size_t fields = lua_rawlen(L, FIELDS);
  luaL_argcheck(L, fields >= 1 && fields <= IMR_MAX_FIELDS, FIELDS, "1 to 40 fields expected");
  maker own = begin(L, (int)fields);
  for (int i = 0; i < own.type->field_count; i++) {
    lua_rawgeti(L, FIELDS, i + 1);
    take_field(&own, i);
    lua_pop(L, 1);
  }
  take_identity(&own);
  take_rivals(&own, own.foreign);
  imr_builder_prepare(L, KEPT, own.type, own.derived);
  lua_pushvalue(L, own.texts);
  lua_setfield(L, KEPT, "texts");
  lua_pushvalue(L, KEPT);
  lua_setuservalue(L, TYPE);
  lua_settop(L, TYPE);
  luaL_setmetatable(L, IMR_RECORD_TYPE);
  return 1;
}

void imr_open_record_type(lua_State *L) {
  luaL_newmetatable(L, IMR_RECORD_TYPE);
  lua_pop(L, 1);
  lua_pushcfunction(L, record_type_new);
  lua_setfield(L, -2, "record_type");
}
