/* Text that somebody else wrote, made fit for a log and for a terminal. */
#include "base/compat.h"
#include "base/core.h"
#include "json/utf8.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
  uint32_t first;
  uint32_t last;
} range;

/* What ends a line, moves a cursor, turns the direction of writing or is not seen at all. */
static const range unfit[] = {
    {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},       {0x61C, 0x61C},
    {0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E},   {0x2060, 0x206F},
    {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F},
};

static uint32_t code_point(const char *at, size_t length) {
  static const unsigned char mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  uint32_t code = (unsigned char)*at & mask[length];
  for (size_t i = 1; i < length; i++) code = (code << 6) | ((unsigned char)at[i] & 0x3FU);
  return code;
}

static bool is_fit(uint32_t code) {
  for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++)
    if (code <= unfit[i].last) return code < unfit[i].first;
  return true;
}

/* Behind the characters that may stay; `*skip`: the length of the one there that may not. */
static const char *find_unfit(const char *at, const char *end, size_t *skip) {
  while (at < end) {
    size_t length = imr_utf8_length(at, end);
    *skip = length == 0 ? 1 : length;
    if (length == 0 || !is_fit(code_point(at, length))) return at;
    at += length;
  }
  return end;
}

/* A "?" each: what is left out would join what stood apart, also the two halves of a secret. */
static void push_clean(lua_State *L, const char *text, size_t size) {
  const char *end = text + size;
  size_t skip = 0;
  luaL_Buffer out;
  luaL_buffinit(L, &out);
  for (;;) {
    const char *stop = find_unfit(text, end, &skip);
    luaL_addlstring(&out, text, (size_t)(stop - text));
    if (stop == end) break;
    luaL_addchar(&out, '?');
    text = stop + skip;
  }
  luaL_pushresult(&out);
}

/*** A text of somebody else's in one line: each control character, each character that turns the direction of
writing or is not seen, and each byte that is no UTF-8, becomes a "?".
@function clean
@tparam string text
@treturn string */
static int clean_text(lua_State *L) {
  size_t size;
  const char *text = luaL_checklstring(L, 1, &size);
  push_clean(L, text, size);
  return 1;
}

void imr_open_clean(lua_State *L) {
  lua_pushcfunction(L, clean_text);
  lua_setfield(L, -2, "clean");
}
