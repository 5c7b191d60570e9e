/* An answer's body as Lua, at once or in slices. */
#include "base/class.h"
#include "base/clock.h"
#include "base/core.h"
#include "decode/builder.h"
#include "decode/envelope.h"

#include <string.h>

/* The arguments of both functions below. Leaves what the record type keeps, or nil, at the top. */
static const char *take_arguments(lua_State *L, imr_envelope *answer, size_t *length) {
  static const char *const words[] = {"token", "nothing", NULL};
  memset(answer, 0, sizeof *answer);
  if (lua_type(L, 1) == LUA_TUSERDATA)
    answer->type = luaL_checkudata(L, 1, IMR_RECORD_TYPE);
  else
    answer->token = luaL_checkoption(L, 1, NULL, words) == 0;
  const char *body = luaL_checklstring(L, 2, length);
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

/*** Decodes the body of an answer.
@function decode
@tparam record_type|string type of its rows, or "token", or "nothing" where no data is expected
@tparam string body
@tparam string decimals "number", or "string" for the server's own digits
@tparam number utc_offset seconds east of UTC of the platform's clock
@treturn[1] table answer code, message, total, form, rows, ids, misfit, token
@treturn[2] nil
@treturn[2] string what is wrong, and where */
static int decode_answer(lua_State *L) {
  imr_envelope answer;
  size_t length;
  const char *body = take_arguments(L, &answer, &length);
  imr_envelope_open(&answer, L, lua_gettop(L), body, length);
  return give(L, imr_envelope_read(&answer, L, 0));
}

/* Slices. Between two of them the stack slots are in a list that belongs to the decoder, as is the body. It
 * is an object with a method and no closure, because LuaJIT's traces would keep the closures that they met.
 */

#define DECODER "imr.decoder"

typedef struct {
  bool ready; /* false while it reads, at its end, and after an error that Lua raised under way */
  int slots;  /* count */
  imr_envelope answer;
} decoder;

/* Into the list at that index. */
static void save_slots(lua_State *L, const decoder *own, int list) {
  for (int i = own->slots; i >= 1; i--) lua_rawseti(L, list, i);
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
  own->ready = false;
  load_slots(L, own);
  imr_envelope_step step = imr_envelope_read(&own->answer, L, (size_t)bytes);
  if (step != IMR_ENVELOPE_PAUSED) {
    let_go(L);
    return give(L, step);
  }
  save_slots(L, own, 2);
  own->ready = true;
  lua_pushboolean(L, 0);
  return 1;
}

/*** Decodes the body of an answer in slices, between which the caller may do other things.
@function decoder
@tparam record_type|string type as for `decode`
@tparam string body
@tparam string decimals
@tparam number utc_offset
@treturn decoder */
static int decode_decoder(lua_State *L) {
  imr_envelope answer;
  size_t length;
  const char *body = take_arguments(L, &answer, &length);
  int prepared = lua_gettop(L);
  decoder *own = lua_newuserdata(L, sizeof *own);
  own->ready = true;
  own->answer = answer;
  luaL_setmetatable(L, DECODER);
  lua_createtable(L, IMR_MAX_FIELDS, 2);
  lua_pushvalue(L, 1);
  lua_setfield(L, -2, "type");
  lua_pushvalue(L, 2);
  lua_setfield(L, -2, "body");
  lua_pushvalue(L, -1);
  lua_setuservalue(L, prepared + 1);
  imr_envelope_open(&own->answer, L, prepared, body, length);
  own->slots = lua_gettop(L) - own->answer.table + 1;
  save_slots(L, own, prepared + 2);
  lua_settop(L, prepared + 1);
  return 1;
}

void imr_open_decode(lua_State *L) {
  static const luaL_Reg methods[] = {{"read", decoder_read}, {NULL, NULL}};
  imr_new_class(L, DECODER, methods, NULL);
  lua_pushcfunction(L, decode_answer);
  lua_setfield(L, -2, "decode");
  lua_pushcfunction(L, decode_decoder);
  lua_setfield(L, -2, "decoder");
}
