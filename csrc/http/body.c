/* A received body as an object. What the collector knows of it is some thirty bytes: whoever has read it lets
 * it go. */
#include <stdlib.h>
#include <string.h>

#include "decode/body.h"
#include "http/http.h"

static imr_body *check_body(lua_State *L) { return luaL_checkudata(L, 1, IMR_BODY); }

/* Takes what is in the buffer. */
void imr_body_push(lua_State *L, imr_buffer *buffer) {
  imr_body *body = lua_newuserdata(L, sizeof *body);
  memset(body, 0, sizeof *body);
  luaL_setmetatable(L, IMR_BODY);
  body->data = buffer->data;
  body->length = buffer->length;
  memset(buffer, 0, sizeof *buffer);
}

static const char *check_text(lua_State *L, const imr_body *body) {
  if (!body->data && body->length) luaL_error(L, "this body has been released");
  return body->data ? body->data : "";
}

/*** A part of it, as string.sub gives it.
@function body:sub
@tparam integer first
@tparam[opt=-1] integer last
@treturn string
*/
static int body_sub(lua_State *L) {
  const imr_body *body = check_body(L);
  const char *text = check_text(L, body);
  lua_Integer length = (lua_Integer)body->length;
  lua_Integer first = luaL_checkinteger(L, 2);
  lua_Integer last = luaL_optinteger(L, 3, -1);
  if (first < 0) first += length + 1;
  if (last < 0) last += length + 1;
  if (first < 1) first = 1;
  if (last > length) last = length;
  if (last < first) last = 0, first = 1;
  lua_pushlstring(L, text + first - 1, (size_t)(last - first + 1));
  return 1;
}

static int body_tostring(lua_State *L) {
  const imr_body *body = check_body(L);
  lua_pushlstring(L, check_text(L, body), body->length);
  return 1;
}

static int body_length(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)check_body(L)->length);
  return 1;
}

/*** Lets its memory go; its length stays. Does nothing while it is being decoded: then the collector does it.
@function body:release
*/
static int body_release(lua_State *L) {
  imr_body *body = check_body(L);
  if (body->in_use) return 0;
  free(body->data);
  body->data = NULL;
  return 0;
}

/* A call by hand may come while it is being decoded, and at the end of a Lua state the collector does: then
   the decoder frees it. */
static int body_gc(lua_State *L) {
  check_body(L)->dropped = 1;
  return body_release(L);
}

void imr_body_register(lua_State *L) {
  static const luaL_Reg methods[] = {{"sub", body_sub}, {"release", body_release}, {NULL, NULL}};
  static const luaL_Reg special[] = {
      {"__len", body_length}, {"__tostring", body_tostring}, {"__gc", body_gc}, {NULL, NULL}};
  luaL_newmetatable(L, IMR_BODY);
  luaL_setfuncs(L, special, 0);
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
