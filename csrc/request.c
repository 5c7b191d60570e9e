/* Parameters in our names, checked, as the platform's parameters. */
#include "clock.h"
#include "core.h"
#include "json.h"
#include "schema.h"
#include "suggest.h"
#include "utf8.h"

#include <math.h>
#include <string.h>

#define MAX_PAGE      1e9
#define MAX_PAGE_SIZE 1000

typedef struct {
  lua_State *L;
  const imr_endpoint *endpoint;
  int64_t utc_offset;
  int params; /* stack slot of what was given */
  int wire;   /* and of what comes out */
  bool has_from;
  lua_Number from; /* Unix seconds */
} request;

/* A check finds the value at the top and puts what is sent in its place; or it puts a message there. */
typedef bool checker(request *r, const imr_param *param);

static bool refuse(request *r, const imr_param *param, const char *wanted) {
  lua_pushfstring(r->L, "option '%s' must be %s", param->name, wanted);
  return false;
}

/* Values are not shown: one of them is a password. */
static bool check_text(request *r, const imr_param *param) {
  size_t length;
  if (lua_type(r->L, -1) == LUA_TNUMBER)
    return refuse(r, param, "a string, not a number, which would lose leading zeros");
  if (lua_type(r->L, -1) != LUA_TSTRING) return refuse(r, param, "a string");
  const char *text = lua_tolstring(r->L, -1, &length);
  if (length == 0) return refuse(r, param, "more than an empty string");
  if (strlen(text) != length) return refuse(r, param, "without a zero byte");
  return imr_utf8_valid(text, length) || refuse(r, param, "valid UTF-8");
}

/* A blank would go out as part of a number, and nobody would say that there is no such meter. */
static bool check_numbers(request *r, const imr_param *param) {
  if (!check_text(r, param)) return false;
  return strpbrk(lua_tostring(r->L, -1), " \t\r\n") == NULL || refuse(r, param, "without blanks");
}

static bool check_meter(request *r, const imr_param *param) {
  if (!check_numbers(r, param)) return false;
  if (strchr(lua_tostring(r->L, -1), ',') != NULL)
    return refuse(r, param, "one meter number, without a comma");
  return true;
}

/* "1,2" as it is; but an empty part would be no meter, or all of them. */
static bool check_joined(request *r, const imr_param *param) {
  if (!check_numbers(r, param)) return false;
  const char *text = lua_tostring(r->L, -1);
  bool empty = *text == ',' || text[strlen(text) - 1] == ',' || strstr(text, ",,") != NULL;
  return !empty || refuse(r, param, "meter numbers with one comma between them");
}

/* Is the table at the top a list and nothing else? */
static bool is_list(lua_State *L) {
  size_t entries = 0;
  lua_pushnil(L);
  while (lua_next(L, -2) != 0) {
    lua_pop(L, 1);
    entries++;
  }
  return entries == lua_rawlen(L, -1);
}

static bool check_meters(request *r, const imr_param *param) {
  lua_State *L = r->L;
  if (lua_type(L, -1) != LUA_TTABLE) return check_joined(r, param);
  size_t count = lua_rawlen(L, -1);
  if (!is_list(L)) return refuse(r, param, "a list of meter numbers");
  if (count == 0) return refuse(r, param, "left out for all meters; an empty list names none");
  int list = lua_gettop(L);
  luaL_Buffer joined;
  for (size_t i = 1; i <= count; i++) {
    lua_rawgeti(L, list, (int)i);
    if (!check_meter(r, param)) return false;
    lua_pop(L, 1);
  }
  luaL_buffinit(L, &joined);
  for (size_t i = 1; i <= count; i++) {
    if (i > 1) luaL_addchar(&joined, ',');
    lua_rawgeti(L, list, (int)i);
    luaL_addvalue(&joined);
  }
  luaL_pushresult(&joined);
  return true;
}

/* Unix seconds, or a text that says so. */
static bool read_time(request *r, const imr_param *param, lua_Number *seconds) {
  lua_State *L = r->L;
  int64_t parsed = 0;
  if (lua_type(L, -1) == LUA_TNUMBER) {
    *seconds = floor(lua_tonumber(L, -1));
    return true;
  }
  if (lua_type(L, -1) != LUA_TSTRING) return refuse(r, param, "Unix seconds or a time as text");
  imr_day_edge edge = param->type == IMR_P_TO ? IMR_DAY_END : IMR_DAY_BEGIN;
  if (!imr_parse_time(L, lua_gettop(L), r->utc_offset, edge, &parsed)) {
    lua_pushfstring(L, "option '%s': %s", param->name, lua_tostring(L, -1));
    return false;
  }
  *seconds = (lua_Number)parsed;
  return true;
}

static bool check_time(request *r, const imr_param *param) {
  lua_Number seconds;
  if (!read_time(r, param, &seconds)) return false;
  if (param->type == IMR_P_FROM) {
    r->has_from = true;
    r->from = seconds;
  } else if (r->has_from && seconds < r->from) {
    lua_pushliteral(r->L, "option 'to' is before 'from'");
    return false;
  }
  return imr_push_time(r->L, seconds, r->utc_offset) || refuse(r, param, "in the years 1 to 9999");
}

/* Puts an integer in place of a number that has the value of one. */
static bool check_integer(lua_State *L, lua_Number most) {
  if (lua_type(L, -1) != LUA_TNUMBER) return false;
  lua_Number number = lua_tonumber(L, -1);
  if (!(number >= 1 && number <= most) || floor(number) != number) return false;
  imr_push_integer(L, (int64_t)number);
  return true;
}

static bool check_page(request *r, const imr_param *param) {
  return check_integer(r->L, MAX_PAGE) || refuse(r, param, "an integer from 1");
}

static bool check_page_size(request *r, const imr_param *param) {
  return check_integer(r->L, MAX_PAGE_SIZE) || refuse(r, param, "an integer from 1 to 1000");
}

static bool is_string(lua_State *L, const char *wanted) {
  return lua_type(L, -1) == LUA_TSTRING && lua_rawlen(L, -1) == strlen(wanted) &&
         strcmp(lua_tostring(L, -1), wanted) == 0;
}

/* Pushes "realtime", "daily" or the like. */
static void push_choice(lua_State *L, const imr_word *word) {
  lua_pushfstring(L, "\"%s\"", word->name);
  for (word++; word->wire.at != NULL; word++) {
    lua_pushfstring(L, "%s or \"%s\"", lua_tostring(L, -1), word->name);
    lua_remove(L, -2);
  }
}

/* `more` says what else would do. */
static bool check_choice(request *r, const imr_param *param, const char *more) {
  lua_State *L = r->L;
  for (const imr_word *word = param->words; word->wire.at != NULL; word++) {
    if (!is_string(L, word->name)) continue;
    lua_pushstring(L, word->wire.at);
    return true;
  }
  push_choice(L, param->words);
  lua_pushfstring(L, "%s%s", lua_tostring(L, -1), more);
  return refuse(r, param, lua_tostring(L, -1));
}

static bool check_word(request *r, const imr_param *param) { return check_choice(r, param, ""); }

static bool is_digits(const char *text, size_t length) {
  return length > 0 && strspn(text, "0123456789") == length;
}

static bool check_number(request *r, const imr_param *param) {
  lua_State *L = r->L;
  if (check_integer(L, MAX_PAGE)) {
    lua_pushfstring(L, "%d", (int)lua_tonumber(L, -1));
    return true;
  }
  if (lua_type(L, -1) == LUA_TSTRING && is_digits(lua_tostring(L, -1), lua_rawlen(L, -1))) return true;
  return check_choice(r, param, " or a raw number");
}

static bool check_seconds(request *r, const imr_param *param) {
  bool fine = lua_type(r->L, -1) == LUA_TNUMBER && lua_tonumber(r->L, -1) >= 0;
  return fine || refuse(r, param, "a number of seconds, 0 or more");
}

static bool check_decimals(request *r, const imr_param *param) {
  return is_string(r->L, "number") || is_string(r->L, "string") ||
         refuse(r, param, "\"number\" or \"string\"");
}

static bool check_incomplete(request *r, const imr_param *param) {
  return is_string(r->L, "warn") || is_string(r->L, "error") || refuse(r, param, "\"warn\" or \"error\"");
}

static bool check(request *r, const imr_param *param) {
  static checker *const checkers[] = {
      [IMR_P_TEXT] = check_text,
      [IMR_P_METER] = check_meter,
      [IMR_P_METERS] = check_meters,
      [IMR_P_FROM] = check_time,
      [IMR_P_TO] = check_time,
      [IMR_P_PAGE] = check_page,
      [IMR_P_PAGE_SIZE] = check_page_size,
      [IMR_P_WORD] = check_word,
      [IMR_P_NUMBER] = check_number,
      [IMR_P_SECONDS] = check_seconds,
      [IMR_P_DECIMALS] = check_decimals,
      [IMR_P_INCOMPLETE] = check_incomplete,
      [IMR_P_COUNT] = check_page,
  };
  return checkers[param->type](r, param);
}

/* A parameter that was left out. */
static bool missing(request *r, const imr_param *param) {
  if (param->required) {
    lua_pushfstring(r->L, "%s needs '%s'", r->endpoint->name, param->name);
    return false;
  }
  if (param->type != IMR_P_PAGE) return true;
  imr_push_integer(r->L, 1);
  lua_setfield(r->L, r->wire, param->wire);
  return true;
}

static bool take(request *r, const imr_param *param) {
  lua_State *L = r->L;
  int top = lua_gettop(L);
  lua_pushstring(L, param->name);
  lua_rawget(L, r->params);
  if (lua_isnil(L, -1)) {
    lua_settop(L, top);
    return missing(r, param);
  }
  if (!check(r, param)) return false;
  if (param->wire != NULL) lua_setfield(L, r->wire, param->wire);
  lua_settop(L, top);
  return true;
}

static bool take_all(request *r, const imr_param *params) {
  for (; params->name != NULL; params++)
    if (!take(r, params)) return false;
  return true;
}

static bool is_listing(const request *r) { return (r->endpoint->flags & IMR_LISTING) != 0; }

static const imr_param *find(const imr_param *params, const char *name) {
  for (; params->name != NULL; params++)
    if (strcmp(params->name, name) == 0) return params;
  return NULL;
}

static void add_names(lua_State *L, const imr_param *params) {
  for (; params->name != NULL; params++) {
    lua_pushstring(L, params->name);
    lua_rawseti(L, -2, (int)lua_rawlen(L, -2) + 1);
  }
}

/* Somebody who has read the platform's document may use its names. */
static bool is_wire_name(request *r, const char *name) {
  for (const imr_param *param = r->endpoint->params; param->name != NULL; param++) {
    if (strcmp(param->wire, name) != 0) continue;
    lua_pushfstring(r->L, "unknown option '%s', did you mean '%s'?", name, param->name);
    return true;
  }
  return false;
}

static bool check_name(request *r) {
  lua_State *L = r->L;
  if (lua_type(L, -1) != LUA_TSTRING) {
    lua_pushfstring(L, "options have names, not keys of type %s", luaL_typename(L, -1));
    return false;
  }
  const char *name = lua_tostring(L, -1);
  if (find(r->endpoint->params, name) != NULL || (is_listing(r) && find(imr_call_options, name) != NULL))
    return true;
  if (is_wire_name(r, name)) return false;
  lua_newtable(L);
  add_names(L, r->endpoint->params);
  if (is_listing(r)) add_names(L, imr_call_options);
  imr_push_unknown_option(L, name, -1);
  return false;
}

static bool check_names(request *r) {
  lua_State *L = r->L;
  lua_pushnil(L);
  while (lua_next(L, r->params) != 0) {
    lua_pop(L, 1);
    if (!check_name(r)) return false;
  }
  return true;
}

/*** Checks the parameters of a call.
@function request
@tparam string endpoint
@tparam table params in our names
@tparam number utc_offset seconds east of UTC of the platform's clock
@treturn[1] table what is sent, in the platform's names; without token and account
@treturn[2] nil
@treturn[2] string what is wrong */
static int request_check(lua_State *L) {
  request r = {.L = L, .endpoint = imr_endpoint_named(luaL_checkstring(L, 1)), .params = 2};
  if (r.endpoint == NULL) return luaL_argerror(L, 1, "no such endpoint");
  luaL_checktype(L, 2, LUA_TTABLE);
  r.utc_offset = imr_check_utc_offset(L, 3);
  lua_newtable(L);
  r.wire = lua_gettop(L);
  bool fine = check_names(&r) && take_all(&r, r.endpoint->params) &&
              (!is_listing(&r) || take_all(&r, imr_call_options));
  if (fine) {
    lua_settop(L, r.wire);
    return 1;
  }
  lua_pushnil(L);
  lua_insert(L, -2);
  return 2;
}

void imr_open_request(lua_State *L) {
  lua_pushcfunction(L, request_check);
  lua_setfield(L, -2, "request");
}
