/* An answer's body as Lua, at once or in slices. */
#include "base/clock.h"
#include "base/core.h"
#include "decode/body.h"
#include "decode/builder.h"
#include "decode/envelope.h"

#include <stdlib.h>
#include <string.h>

/* The text of what is decoded, which nobody may free meanwhile. */
typedef struct {
  const char *data;
  size_t length;
  imr_body *body; /* where it is no string */
} text;

static text check_text(lua_State *L, int index) {
  text own = {NULL, 0, NULL};
  if (lua_type(L, index) != LUA_TUSERDATA) {
    own.data = luaL_checklstring(L, index, &own.length);
    return own;
  }
  own.body = luaL_checkudata(L, index, IMR_BODY);
  own.length = own.body->length;
  own.data = own.body->data != NULL ? own.body->data : "";
  luaL_argcheck(L, own.body->data != NULL || own.length == 0, index, "this body has been released");
  return own;
}

static void pin(text own) {
  if (own.body != NULL) own.body->in_use++;
}

static void unpin(text own) {
  if (own.body == NULL || --own.body->in_use > 0 || !own.body->dropped) return;
  free(own.body->data);
  own.body->data = NULL;
}

/* Calls the function with the arguments on the stack; the first of them stays below the results, or the
 * collector might take it. Lua raises when it has no memory left: the text must be let go then too. */
static bool call(lua_State *L, int index) {
  lua_pushvalue(L, index);
  lua_insert(L, 1);
  lua_insert(L, 2);
  return lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0) == 0;
}

/* The arguments of both functions below. Leaves what the record type keeps, or nil, at the top. */
static text take_arguments(lua_State *L, imr_envelope *answer) {
  static const char *const words[] = {"token", "nothing", NULL};
  memset(answer, 0, sizeof *answer);
  if (lua_type(L, 1) == LUA_TUSERDATA)
    answer->type = luaL_checkudata(L, 1, IMR_RECORD_TYPE);
  else
    answer->token = luaL_checkoption(L, 1, NULL, words) == 0;
  text body = check_text(L, 2);
  answer->rows.style.exact = strcmp(luaL_checkstring(L, 3), "string") == 0;
  answer->rows.style.utc_offset = imr_check_utc_offset(L, 4);
  lua_settop(L, 4);
  if (answer->type != NULL)
    lua_getuservalue(L, 1);
  else
    lua_pushnil(L);
  return body;
}

/* The answer, or nil and the problem, from what is at the top. */
static int give(lua_State *L, imr_envelope_step step) {
  if (step == IMR_ENVELOPE_DONE) return 1;
  lua_pushnil(L);
  lua_insert(L, -2);
  return 2;
}

typedef struct {
  text body;
  imr_envelope answer;
} whole;

/* What the record type keeps is at the top. */
static int read_whole(lua_State *L, whole *own) {
  imr_envelope_open(&own->answer, L, lua_gettop(L), own->body.data, own->body.length);
  return give(L, imr_envelope_read(&own->answer, L, 0));
}

static int read_pinned(lua_State *L) {
  whole *own = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return read_whole(L, own);
}

/*** Decodes the body of an answer.
@function decode
@tparam record_type|string type of its rows, or "token", or "nothing" where no data is expected
@tparam string|imr.curl.body body text, or what curl.so gives in its place
@tparam string decimals "number", or "string" for the server's own digits
@tparam number utc_offset seconds east of UTC of the platform's clock
@treturn[1] table answer code, message, total, form, rows, ids, misfit, token
@treturn[2] nil
@treturn[2] string what is wrong, and where */
static int decode_answer(lua_State *L) {
  whole own;
  own.body = take_arguments(L, &own.answer);
  if (own.body.body == NULL) return read_whole(L, &own);
  lua_pushlightuserdata(L, &own);
  lua_pushcfunction(L, read_pinned);
  pin(own.body);
  bool fine = call(L, 2);
  unpin(own.body);
  return fine ? lua_gettop(L) - 1 : lua_error(L);
}

/* Slices. Between two of them the stack slots are in a list that belongs to the decoder, as is the body. It
 * is an object with a method and no closure, because LuaJIT's traces would keep the closures that they met.
 */

#define DECODER "imr.decoder"

typedef struct {
  bool ready;   /* false also after an error that Lua raised under way */
  bool reading; /* its text is in use this very moment */
  int slots;    /* count */
  text body;
  imr_envelope answer;
} decoder;

/* Into the list at that index. */
static void save_slots(lua_State *L, decoder *own, int list) {
  int slots = lua_gettop(L) - own->answer.table + 1;
  for (int i = slots + 1; i <= own->slots; i++) {
    lua_pushnil(L);
    lua_rawseti(L, list, i);
  }
  for (int i = slots; i >= 1; i--) lua_rawseti(L, list, i);
  own->slots = slots;
}

static void load_slots(lua_State *L, const decoder *own) {
  int below = own->answer.table - 1;
  luaL_checkstack(L, below + own->slots + IMR_ROWS_STACK, "too many fields");
  lua_settop(L, below);
  lua_getuservalue(L, 1);
  lua_replace(L, 2);
  for (int i = 1; i <= own->slots; i++) lua_rawgeti(L, 2, i);
}

/* What is decoded now belongs to the caller alone. */
static void let_go(lua_State *L) {
  lua_newtable(L);
  lua_setuservalue(L, 1);
}

/* To its end, or because it is not wanted any more. */
static void finish(decoder *own) {
  text body = own->body;
  own->ready = false;
  own->body.body = NULL;
  unpin(body);
}

/* The decoder and about how many bytes are on the stack. */
static int read_slice(lua_State *L) {
  decoder *own = lua_touserdata(L, 1);
  size_t bytes = (size_t)lua_tonumber(L, 2);
  load_slots(L, own);
  imr_envelope_step step = imr_envelope_read(&own->answer, L, bytes);
  if (step != IMR_ENVELOPE_PAUSED) {
    let_go(L);
    return give(L, step);
  }
  save_slots(L, own, 2);
  own->ready = true;
  lua_pushboolean(L, 0);
  return 1;
}

/*** Reads on.
@function decoder:read
@tparam number bytes about so many
@treturn[1] boolean false: there is more
@treturn[2] table|nil answer what `decode` returns
@treturn[2] string what is wrong, and where */
static int decoder_read(lua_State *L) {
  decoder *own = luaL_checkudata(L, 1, DECODER);
  lua_Number bytes = luaL_checknumber(L, 2);
  luaL_argcheck(L, bytes >= 1 && bytes <= 1e9, 2, "1 to 1e9 bytes expected");
  if (!own->ready) return luaL_error(L, "this decoder has come to its end");
  lua_settop(L, 2);
  lua_pushcfunction(L, read_slice);
  own->ready = false;
  own->reading = true;
  bool fine = call(L, 1);
  own->reading = false;
  if (!own->ready) finish(own);
  return fine ? lua_gettop(L) - 1 : lua_error(L);
}

static int decoder_gc(lua_State *L) {
  decoder *own = luaL_checkudata(L, 1, DECODER);
  if (!own->reading) finish(own);
  return 0;
}

/*** Decodes the body of an answer in slices, between which the caller may do other things.
@function decoder
@tparam record_type|string type as for `decode`
@tparam string|imr.curl.body body
@tparam string decimals
@tparam number utc_offset
@treturn decoder */
static int decode_decoder(lua_State *L) {
  imr_envelope answer;
  text body = take_arguments(L, &answer);
  int prepared = lua_gettop(L);
  decoder *own = lua_newuserdata(L, sizeof *own);
  own->ready = true;
  own->reading = false;
  own->body = body;
  own->answer = answer;
  own->slots = 0;
  pin(body);
  luaL_setmetatable(L, DECODER);
  lua_createtable(L, IMR_MAX_FIELDS, 2);
  lua_pushvalue(L, 1);
  lua_setfield(L, -2, "type");
  lua_pushvalue(L, 2);
  lua_setfield(L, -2, "body");
  lua_pushvalue(L, -1);
  lua_setuservalue(L, prepared + 1);
  imr_envelope_open(&own->answer, L, prepared, body.data, body.length);
  save_slots(L, own, prepared + 2);
  lua_settop(L, prepared + 1);
  return 1;
}

static void make_metatable(lua_State *L) {
  luaL_newmetatable(L, DECODER);
  lua_pushcfunction(L, decoder_gc);
  lua_setfield(L, -2, "__gc");
  lua_newtable(L);
  lua_pushcfunction(L, decoder_read);
  lua_setfield(L, -2, "read");
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

void imr_open_decode(lua_State *L) {
  make_metatable(L);
  lua_pushcfunction(L, decode_answer);
  lua_setfield(L, -2, "decode");
  lua_pushcfunction(L, decode_decoder);
  lua_setfield(L, -2, "decoder");
}
