/* An answer's body as Lua, at once or in slices. */
#include "body.h"
#include "builder.h"
#include "clock.h"
#include "core.h"
#include "envelope.h"

#include <string.h>

static const imr_endpoint *check_endpoint(lua_State *L, int index) {
  const imr_endpoint *endpoint = imr_endpoint_named(luaL_checkstring(L, index));
  if (endpoint == NULL) {
    luaL_argerror(L, index, "no such endpoint");
    return NULL; /* never: an error does not come back */
  }
  return endpoint;
}

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

static void use(text own, int in_use) {
  if (own.body != NULL) own.body->in_use += in_use ? 1 : -1;
}

/* The arguments of both functions below. Leaves what the endpoint's builder needs at the top. */
static text take_arguments(lua_State *L, imr_envelope *answer) {
  memset(answer, 0, sizeof *answer);
  answer->endpoint = check_endpoint(L, 1);
  text body = check_text(L, 2);
  answer->rows.style.exact = strcmp(luaL_checkstring(L, 3), "string") == 0;
  answer->rows.style.utc_offset = imr_check_utc_offset(L, 4);
  lua_settop(L, 4);
  lua_getfield(L, lua_upvalueindex(1), answer->endpoint->name);
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
@tparam string endpoint name of the endpoint that gave it
@tparam string|imr.curl.body body text, or what curl.so gives in its place
@tparam string decimals "number", or "string" for the server's own digits
@tparam number utc_offset seconds east of UTC of the platform's clock
@treturn[1] table answer code, message, total, form, rows, ids, token
@treturn[2] nil
@treturn[2] string what is wrong, and where */
static int decode_answer(lua_State *L) {
  imr_envelope answer;
  text body = take_arguments(L, &answer);
  use(body, true);
  imr_envelope_open(&answer, L, lua_gettop(L), body.data, body.length);
  imr_envelope_step step = imr_envelope_read(&answer, L, 0);
  use(body, false);
  return give(L, step);
}

/* Slices. Between two of them the stack slots are in a list that belongs to the decoder, as is the body. It
 * is an object with a method and no closure, because LuaJIT's traces would keep the closures that they met.
 */

#define DECODER "imr.decoder"

typedef struct {
  bool ready; /* false also after an error that Lua raised under way */
  int slots;  /* count */
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
    use(own->body, false);
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
@tparam string endpoint as for `decode`
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
  own->body = body;
  own->answer = answer;
  own->slots = 0;
  luaL_setmetatable(L, DECODER);
  use(body, true);
  lua_createtable(L, IMR_MAX_FIELDS, 1);
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
  lua_newtable(L);
  lua_pushcfunction(L, decoder_read);
  lua_setfield(L, -2, "read");
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

/* What the builder of each endpoint's records needs, so that no call has to make it again. */
static void push_prepared(lua_State *L) {
  lua_newtable(L);
  for (const imr_endpoint *endpoint = imr_endpoints; endpoint->name != NULL; endpoint++) {
    imr_builder_prepare(L, endpoint);
    lua_setfield(L, -2, endpoint->name);
  }
}

void imr_open_decode(lua_State *L) {
  make_metatable(L);
  push_prepared(L);
  lua_pushvalue(L, -1);
  lua_pushcclosure(L, decode_answer, 1);
  lua_setfield(L, -3, "decode");
  lua_pushcclosure(L, decode_decoder, 1);
  lua_setfield(L, -2, "decoder");
}
