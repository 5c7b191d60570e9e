#include "decode/extra.h"
#include "decode/field.h"
#include "decode/value.h"

/* What a row may have beside its fields, since nobody knows what a broken server sends: members, values
 * inside of them, and bytes. Of the rest, only the beginning or the number is kept. */
#define MAX_MEMBERS 1000
#define MAX_VALUES  1000
#define MAX_TEXT    (256 << 10)

/* Takes a key and a value off the stack into the table in `slot`, which is made when it is needed. Nothing
 * that is there already is overwritten. */
static void put(imr_extra *own, lua_State *L, int slot) {
  own->some = true;
  if (lua_isnil(L, slot)) {
    lua_newtable(L);
    lua_replace(L, slot);
  }
  imr_set_beside(L, slot, &own->repeats);
}

/* What the value takes of the room for text: what is short is always kept. */
static size_t size_of(const imr_json_value *value) {
  return value->length <= IMR_BEGINNING ? 0 : value->length;
}

/* As text, of which there may be too much. */
static void push_text(imr_extra *own, lua_State *L, const imr_json_value *value) {
  size_t size = size_of(value);
  if (size > own->text_left) {
    imr_push_beginning(L, value);
  } else {
    own->text_left -= size;
    imr_push_raw(L, value);
  }
}

/* False pushes nothing. */
static bool push_value(imr_extra *own, lua_State *L, const imr_json_value *value) {
  size_t size = size_of(value);
  int left = own->values_left;
  const imr_value_style style = {own->exact ? IMR_AS_TEXT : IMR_EXACT, true, &left};
  imr_json reader;
  imr_json_init_value(&reader, value);
  if (size > own->text_left || !imr_push_value(L, &reader, style)) return false;
  own->text_left -= size;
  own->values_left = left;
  return true;
}

void imr_extra_member(imr_extra *own, lua_State *L, const imr_json_value *key, const imr_json_value *value) {
  if (++own->members > MAX_MEMBERS) return;
  imr_push_beginning(L, key);
  if ((key->flags & IMR_JSON_NOT_UTF8) == 0 && push_value(own, L, value)) {
    put(own, L, own->extra);
  } else {
    push_text(own, L, value);
    put(own, L, own->invalid);
  }
}

void imr_extra_invalid(imr_extra *own, lua_State *L, const imr_json_value *value) {
  push_text(own, L, value);
  put(own, L, own->invalid);
}

static void tell_left_out(imr_extra *own, lua_State *L) {
  if (own->members <= MAX_MEMBERS) return;
  lua_pushliteral(L, "(left out)");
  lua_pushfstring(L, "%d more fields", own->members - MAX_MEMBERS);
  put(own, L, own->invalid);
}

static void attach(lua_State *L, int record, int slot, const char *name) {
  if (lua_isnil(L, slot)) return;
  lua_pushvalue(L, slot);
  lua_setfield(L, record, name);
  lua_pushnil(L);
  lua_replace(L, slot);
}

void imr_extra_end(imr_extra *own, lua_State *L, int record) {
  if (!own->some) return;
  tell_left_out(own, L);
  attach(L, record, own->extra, "extra");
  attach(L, record, own->invalid, "invalid");
}

void imr_extra_begin(imr_extra *own) {
  own->members = own->repeats = 0;
  own->text_left = MAX_TEXT;
  own->values_left = MAX_VALUES;
  own->some = false;
}

void imr_extra_open(imr_extra *own, lua_State *L) {
  lua_pushnil(L);
  own->extra = lua_gettop(L);
  lua_pushnil(L);
  own->invalid = lua_gettop(L);
}
