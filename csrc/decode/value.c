#include "decode/value.h"
#include "base/core.h"
#include "json/number.h"

#define SHORT 512

static bool push_list(lua_State *L, imr_json *json, imr_value_style style);
static bool push_object(lua_State *L, imr_json *json, imr_value_style style);

void imr_push_text(lua_State *L, const imr_json_value *string) {
  if ((string->flags & (IMR_JSON_ESCAPED | IMR_JSON_NOT_UTF8)) == 0) {
    lua_pushlstring(L, string->at, string->length);
    return;
  }
  char buffer[SHORT];
  size_t room = imr_json_room(string);
  /* A userdata, which the collector gets back when Lua has no memory for the string. */
  char *out = room <= SHORT ? buffer : lua_newuserdata(L, room);
  lua_pushlstring(L, out, imr_json_unescape(string, out));
  if (out != buffer) lua_remove(L, -2);
}

static bool not_good(imr_json *json, const imr_json_value *value, const char *problem) {
  json->at = value->at;
  json->problem = problem;
  return false;
}

/* Of an integer's text, unless it is beyond int64. */
static bool read_integer(const imr_json_value *value, int64_t *out) {
  bool negative = *value->at == '-';
  uint64_t number = 0;
  if (value->length > 19 + (size_t)negative) return false;
  for (size_t i = negative; i < value->length; i++) number = number * 10 + (uint64_t)(value->at[i] - '0');
  if (number > (uint64_t)INT64_MAX + negative) return false;
  *out = (int64_t)(negative ? 0 - number : number);
  return true;
}

/* False: not all of it would be in a Lua number. */
static bool push_integer(lua_State *L, const imr_json_value *value) {
  int64_t number;
  if (!read_integer(value, &number)) return false;
#if LUA_VERSION_NUM < 503
  if (number > IMR_MAX_INTEGER || number < -IMR_MAX_INTEGER) return false;
#endif
  if (number == 0 && *value->at == '-')
    lua_pushnumber(L, -0.0); /* it has its sign only as a float */
  else
    imr_push_integer(L, number);
  return true;
}

static bool push_number(lua_State *L, imr_json *json, const imr_json_value *value, imr_numbers numbers) {
  double number;
  bool integer = (value->flags & IMR_JSON_INTEGER) != 0;
  if (numbers != IMR_AS_TEXT && integer && push_integer(L, value)) return true;
  if (numbers == IMR_AS_TEXT || (numbers == IMR_EXACT && integer)) {
    lua_pushlstring(L, value->at, value->length);
    return true;
  }
  if (!imr_number_read(value->at, value->length, &number))
    return not_good(json, value, "number out of range");
  lua_pushnumber(L, number);
  return true;
}

static bool push_string(lua_State *L, imr_json *json, const imr_json_value *value) {
  if ((value->flags & IMR_JSON_NOT_UTF8) != 0) return not_good(json, value, "string is not valid UTF-8");
  imr_push_text(L, value);
  return true;
}

bool imr_push_value(lua_State *L, imr_json *json, imr_value_style style) {
  imr_json_value value;
  if (!imr_json_read(json, &value)) return false;
  switch (value.kind) {
  case IMR_JSON_NULL: lua_pushlightuserdata(L, NULL); return true;
  case IMR_JSON_FALSE:
  case IMR_JSON_TRUE: lua_pushboolean(L, value.kind == IMR_JSON_TRUE); return true;
  case IMR_JSON_NUMBER: return push_number(L, json, &value, style.numbers);
  case IMR_JSON_STRING: return push_string(L, json, &value);
  case IMR_JSON_LIST: return push_list(L, json, style);
  default: return push_object(L, json, style);
  }
}

static bool has_room(imr_json *json, const imr_value_style *style) {
  if (style->room == NULL || --*style->room >= 0) return true;
  json->problem = "too many values";
  return false;
}

static bool push_list(lua_State *L, imr_json *json, imr_value_style style) {
  int top = lua_gettop(L);
  luaL_checkstack(L, 4, "nested too deeply");
  lua_newtable(L);
  for (int i = 1;; i++) {
    imr_json_step step = imr_json_item(json);
    if (step == IMR_JSON_CLOSED) return true;
    if (step == IMR_JSON_BROKEN || !has_room(json, &style) || !imr_push_value(L, json, style)) break;
    lua_rawseti(L, -2, i);
  }
  lua_settop(L, top);
  return false;
}

/* Is there another value already for the key below the value at the top? */
static bool is_taken(lua_State *L, int table) {
  lua_pushvalue(L, -2);
  lua_rawget(L, table);
  bool taken = !lua_isnil(L, -1) && !lua_rawequal(L, -1, -2);
  lua_pop(L, 1);
  return taken;
}

void imr_set_beside(lua_State *L, int table, int *repeats) {
  if (is_taken(L, table)) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2); /* the key, the name it gets, the value */
    do {
      lua_pushvalue(L, -3);
      lua_pushfstring(L, " (%d)", ++*repeats + 1);
      lua_concat(L, 2);
      lua_replace(L, -3);
    } while (is_taken(L, table));
    lua_rawset(L, table);
    lua_pop(L, 1);
  } else {
    lua_rawset(L, table);
  }
}

static bool push_object(lua_State *L, imr_json *json, imr_value_style style) {
  int top = lua_gettop(L);
  int repeats = 0;
  imr_json_value key;
  luaL_checkstack(L, 6, "nested too deeply");
  lua_newtable(L);
  for (;;) {
    imr_json_step step = imr_json_member(json, &key);
    if (step == IMR_JSON_CLOSED) return true;
    if (step == IMR_JSON_BROKEN || !has_room(json, &style)) break;
    if (!push_string(L, json, &key) || !imr_push_value(L, json, style)) break;
    if (style.repeats)
      imr_set_beside(L, top + 1, &repeats);
    else
      lua_rawset(L, -3);
  }
  lua_settop(L, top);
  return false;
}

const char *imr_push_problem(lua_State *L, const imr_json *json) {
  return lua_pushfstring(L, "invalid JSON at byte %d: %s", (int)imr_json_place(json), json->problem);
}

/*** Decodes any JSON text, strictly.
@function json
@tparam string text
@treturn[1] any value; null is `core.null`
@treturn[2] nil
@treturn[2] string what is wrong, and where */
static int value_json(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  const imr_value_style style = {IMR_NEAREST, false, NULL};
  imr_json json;
  imr_json_init(&json, text, length);
  if (imr_push_value(L, &json, style) && imr_json_finish(&json)) return 1;
  lua_pushnil(L);
  imr_push_problem(L, &json);
  return 2;
}

void imr_open_value(lua_State *L) {
  lua_pushcfunction(L, value_json);
  lua_setfield(L, -2, "json");
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, -2, "null");
}
