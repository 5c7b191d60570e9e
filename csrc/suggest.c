/* "Did you mean", for names of options. */
#include "suggest.h"
#include "core.h"

#include <string.h>

#define LONGEST 31
#define NEAR    2 /* changes that may be a slip of the pen */

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* How many letters to insert, delete, change or swap to make one of the other.
 * Rows of the usual matrix; three of them, because a swap looks two back. */
static size_t edit_distance(const char *a, const char *b) {
  size_t rows[3][LONGEST + 1];
  size_t width = strlen(b);
  size_t height = strlen(a);
  if (width > LONGEST || height > LONGEST) return LONGEST;
  for (size_t j = 0; j <= width; j++) rows[0][j] = j;
  for (size_t i = 1; i <= height; i++) {
    size_t *row = rows[i % 3];
    const size_t *last = rows[(i + 2) % 3];
    const size_t *before = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= width; j++) {
      row[j] = least(least(row[j - 1], last[j]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = least(row[j], before[j - 2] + 1);
    }
  }
  return rows[height % 3][width];
}

/* Pushes the name in the list at `index` that is nearest to the one given, or nil. */
static void push_nearest(lua_State *L, const char *given, int index) {
  size_t best = NEAR + 1;
  lua_pushnil(L);
  for (size_t i = 1; i <= lua_rawlen(L, index); i++) {
    lua_rawgeti(L, index, (int)i);
    const char *name = lua_tostring(L, -1);
    size_t distance = name == NULL ? best : edit_distance(given, name);
    if (distance < best && distance < strlen(given)) {
      best = distance;
      lua_replace(L, -2);
    } else {
      lua_pop(L, 1);
    }
  }
}

static void push_joined(lua_State *L, int index) {
  luaL_Buffer text;
  luaL_buffinit(L, &text);
  for (size_t i = 1; i <= lua_rawlen(L, index); i++) {
    if (i > 1) luaL_addstring(&text, ", ");
    lua_rawgeti(L, index, (int)i);
    luaL_addvalue(&text);
  }
  luaL_pushresult(&text);
}

void imr_push_unknown_option(lua_State *L, const char *given, int names) {
  names = lua_absindex(L, names);
  push_nearest(L, given, names);
  if (!lua_isnil(L, -1)) {
    lua_pushfstring(L, "unknown option '%s', did you mean '%s'?", given, lua_tostring(L, -1));
  } else if (lua_rawlen(L, names) == 0) {
    lua_pushfstring(L, "unknown option '%s': there are none here", given);
  } else if (lua_rawlen(L, names) == 1) {
    lua_rawgeti(L, names, 1);
    lua_pushfstring(L, "unknown option '%s'; there is only '%s'", given, lua_tostring(L, -1));
    lua_remove(L, -2);
  } else {
    push_joined(L, names);
    lua_pushfstring(L, "unknown option '%s'; there are %s", given, lua_tostring(L, -1));
    lua_remove(L, -2);
  }
  lua_remove(L, -2);
}

/*** What to say about an option that does not exist.
@function unknown_option
@tparam string given
@tparam table names list of the names that exist
@treturn string */
static int suggest_unknown_option(lua_State *L) {
  luaL_checktype(L, 2, LUA_TTABLE);
  imr_push_unknown_option(L, luaL_checkstring(L, 1), 2);
  return 1;
}

void imr_open_suggest(lua_State *L) {
  lua_pushcfunction(L, suggest_unknown_option);
  lua_setfield(L, -2, "unknown_option");
}
