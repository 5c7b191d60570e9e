/* Text from outside: is it UTF-8, where may it be cut, and what does GB18030 say? */
#include "base/core.h"
#include "json/utf8.h"

#include <iconv.h>

/*** Is this text UTF-8?
@function is_utf8
@tparam string text
@treturn[1] true
@treturn[2] false
@treturn[2] integer the place of the first byte that is not, from 1 */
static int text_is_utf8(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  const char *at = text;
  size_t step;
  while (at < text + length && (step = imr_utf8_length(at, text + length)) > 0) at += step;
  lua_pushboolean(L, at == text + length);
  if (at == text + length) return 1;
  imr_push_integer(L, (int64_t)(at - text) + 1);
  return 2;
}

static int is_tail(char byte) { return ((unsigned char)byte & 0xC0U) == 0x80U; }

/*** The beginning of a text, cut where a character ends.
@function cut
@tparam string text
@tparam integer most bytes
@treturn string */
static int text_cut(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  lua_Integer most = luaL_checkinteger(L, 2);
  size_t end = most < 0 ? 0 : (size_t)most;
  if (end >= length) {
    lua_settop(L, 1);
    return 1;
  }
  size_t start =
      end; /* of the character that the cut would go through; what is no UTF-8 is cut as it comes */
  while (start > 0 && end - start < 3 && is_tail(text[start])) start--;
  if (is_tail(text[end]) && start + imr_utf8_length(text + start, text + length) > end) end = start;
  lua_pushlstring(L, text, end);
  return 1;
}

/*** The text, with U+FFFD for each byte that is not UTF-8.
@function as_utf8
@tparam string text
@treturn string */
static int text_as_utf8(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  const char *end = text + length;
  luaL_Buffer out;
  lua_settop(L, 1);
  if (imr_utf8_valid(text, length)) return 1;
  luaL_buffinit(L, &out);
  while (text < end) {
    size_t step = imr_utf8_length(text, end);
    if (step > 0)
      luaL_addlstring(&out, text, step);
    else
      luaL_addstring(&out, "\xEF\xBF\xBD");
    text += step > 0 ? step : 1;
  }
  luaL_pushresult(&out);
  return 1;
}

/*** A text in GB18030, which Chinese Windows writes, as UTF-8.
@function from_gb18030
@tparam string text
@treturn string|nil nil where it is none, or where this system cannot read it */
static int text_from_gb18030(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  size_t room = length * 2 + 1; /* two bytes become at most three, four at most four */
  char *out = lua_newuserdata(L, room);
  iconv_t converter = iconv_open("UTF-8", "GB18030");
  if (converter == (iconv_t)-1) return 0; /* NOLINT(performance-no-int-to-ptr): that is how POSIX says it */
  char *from = (char *)text;
  char *to = out;
  size_t left = iconv(converter, &from, &length, &to, &room);
  iconv_close(converter);
  if (left == (size_t)-1 || length > 0) return 0;
  lua_pushlstring(L, out, (size_t)(to - out));
  return 1;
}

static const luaL_Reg functions[] = {{"is_utf8", text_is_utf8},
                                     {"cut", text_cut},
                                     {"as_utf8", text_as_utf8},
                                     {"from_gb18030", text_from_gb18030},
                                     {NULL, NULL}};

void imr_open_text(lua_State *L) { luaL_setfuncs(L, functions, 0); }
