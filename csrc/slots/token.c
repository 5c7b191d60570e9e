/* Token life, and the fingerprint by which processes tell that the credentials have changed. */
#include "slots/token.h"

#include <stdio.h>

#include "base/compat.h"
#include "base/core.h"

/* A token from the future comes from another clock: not fresh either. */
int imr_token_fresh(double obtained, double now) {
  double age = now - obtained;
  return age >= 0 && age < IMR_TOKEN_LIFE - IMR_TOKEN_RENEW;
}

/* FNV-1a. It has to tell passwords apart, not to hide them: it stands where the token stands. */
uint64_t imr_token_fingerprint(uint64_t hash, const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
  return hash;
}

/*** Can this token still be used for a call?
@function token_fresh
@tparam number obtained seconds, when the login that gave it was sent
@tparam number now seconds, same clock
@treturn boolean */
static int token_fresh(lua_State *L) {
  lua_pushboolean(L, imr_token_fresh(luaL_checknumber(L, 1), luaL_checknumber(L, 2)));
  return 1;
}

/*** Fingerprint of texts, such as an account's name and password.
@function fingerprint
@tparam string ... one text or more
@treturn string 16 hexadecimal digits */
static int token_fingerprint(lua_State *L) {
  uint64_t hash = UINT64_C(14695981039346656037);
  for (int i = 1; i <= lua_gettop(L); i++) {
    size_t length;
    const char *bytes = luaL_checklstring(L, i, &length);
    hash =
        imr_token_fingerprint(hash, bytes, length + 1); /* with the NUL, so that "ab","c" is not "a","bc" */
  }
  char text[17];
  snprintf(text, sizeof text, "%08x%08x", (unsigned)(hash >> 32), (unsigned)(hash & 0xffffffffu));
  lua_pushstring(L, text);
  return 1;
}

static const luaL_Reg functions[] = {
    {"token_fresh", token_fresh}, {"fingerprint", token_fingerprint}, {NULL, NULL}};

void imr_open_token(lua_State *L) { luaL_setfuncs(L, functions, 0); }
