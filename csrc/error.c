/* The error object: a table of facts with a readable face, and what each return code means (platform
 * document §5). */
#include "clean.h"
#include "compat.h"
#include "core.h"

#define IMR_ERROR "imr.error"

typedef struct imr_code {
  int code;
  const char *kind;
  const char *executed; /* did the platform act? 1010: on this order or on an earlier one like it */
  int retryable;
  const char *meaning;
} imr_code;

static const imr_code codes[] = {
    {200, "ok", "yes", 0, "success"},
    {1001, "failed", "maybe", 1, "the platform failed"},
    {1002, "auth", "no", 0, "no such account, or it has no API rights"},
    {1005, "auth", "no", 0, "wrong password"},
    {1006, "token", "no", 1, "the token does not exist"},
    {1007, "token", "no", 1, "the token has expired"},
    {1008, "request", "no", 0, "a parameter is missing"},
    {1009, "forbidden", "no", 0, "account and token differ, or no right to this endpoint"},
    {1010, "duplicate", "maybe", 0, "duplicate order: an earlier one stands, and it may be this one"},
    {1011, "throttled", "no", 1, "too fast"},
};
static const imr_code unknown_code = {0, "failed", "maybe", 1, "unknown return code"};

static const imr_code *find_code(lua_Integer code) {
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    if (codes[i].code == code) return &codes[i];
  return &unknown_code;
}

/*** What a return code means.
@function code
@tparam integer code as the platform sent it
@treturn string kind
@treturn string executed "no", "maybe" or "yes"
@treturn boolean retryable
@treturn string meaning in English */
static int error_code(lua_State *L) {
  const imr_code *entry = find_code(luaL_checkinteger(L, 1));
  lua_pushstring(L, entry->kind);
  lua_pushstring(L, entry->executed);
  lua_pushboolean(L, entry->retryable);
  lua_pushstring(L, entry->meaning);
  return 4;
}

/* Appends " name=value" when the error has that field. */
static void add_fact(lua_State *L, luaL_Buffer *text, const char *name) {
  lua_getfield(L, 1, name);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    return;
  }
  const char *value = lua_tostring(L, -1);
  lua_pushfstring(L, " %s=%s", name, value ? value : "?");
  lua_remove(L, -2);
  luaL_addvalue(text);
}

static const char *field(lua_State *L, const char *name, const char *otherwise) {
  lua_getfield(L, 1, name);
  const char *text = lua_tostring(L, -1);
  return text ? text : otherwise; /* stays on the stack, so that it stays alive */
}

static int error_tostring(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  const char *endpoint = field(L, "endpoint", NULL);
  const char *message = field(L, "message", "unknown error");
  const char *kind = field(L, "kind", "failed");
  luaL_Buffer text;
  luaL_buffinit(L, &text);
  if (endpoint) {
    luaL_addstring(&text, endpoint);
    luaL_addstring(&text, ": ");
  }
  luaL_addstring(&text, message);
  luaL_addstring(&text, " [");
  luaL_addstring(&text, kind);
  add_fact(L, &text, "code");
  add_fact(L, &text, "http_status");
  add_fact(L, &text, "executed");
  add_fact(L, &text, "retry_after");
  luaL_addchar(&text, ']');
  luaL_pushresult(&text);
  return 1;
}

/* Pushes the text of the value at `index`, through its metamethod if it has one. */
static void push_text(lua_State *L, int index) {
  lua_getglobal(L, "tostring");
  lua_pushvalue(L, index);
  lua_call(L, 1, 1);
}

static int error_concat(lua_State *L) {
  lua_settop(L, 2);
  push_text(L, 1);
  push_text(L, 2);
  lua_concat(L, 2);
  return 1;
}

/* Whoever logs an error must find one line of ours, whatever a server, a driver or a file has put into it. */
static void clean_message(lua_State *L) {
  size_t size;
  lua_getfield(L, 1, "message");
  if (lua_type(L, -1) == LUA_TSTRING) {
    const char *message = lua_tolstring(L, -1, &size);
    imr_push_clean(L, message, size);
    lua_setfield(L, 1, "message");
  }
  lua_pop(L, 1);
}

/*** Makes the error object of the table given: same table, with a metatable, and the message in one clean
line.
@function error
@tparam table fields kind, code, message, endpoint, http_status, retryable, executed, retry_after
@treturn table the error */
static int error_new(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  clean_message(L);
  luaL_getmetatable(L, IMR_ERROR);
  lua_setmetatable(L, 1);
  return 1;
}

/*** Is this value one of our errors?
@function is_error
@param value anything
@treturn boolean */
static int error_is(lua_State *L) {
  luaL_checkany(L, 1);
  luaL_getmetatable(L, IMR_ERROR);
  lua_pushboolean(L, lua_getmetatable(L, 1) && lua_rawequal(L, -1, -2));
  return 1;
}

static const luaL_Reg functions[] = {
    {"error", error_new}, {"is_error", error_is}, {"code", error_code}, {NULL, NULL}};

static const luaL_Reg metamethods[] = {
    {"__tostring", error_tostring}, {"__concat", error_concat}, {NULL, NULL}};

void imr_open_error(lua_State *L) {
  luaL_newmetatable(L, IMR_ERROR);
  luaL_setfuncs(L, metamethods, 0);
  lua_pop(L, 1);
  luaL_setfuncs(L, functions, 0);
}
