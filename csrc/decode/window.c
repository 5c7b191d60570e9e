/* Which rows a listing had on its last pages. A hash table of their identities: in Lua's own, each page of
 * 1,000 rows would cost as much as a third of its decoding. */
#include "base/bytes.h"
#include "base/class.h"
#include "base/core.h"
#include "base/hash.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#define WINDOW "imr.window"

typedef struct {
  uint64_t id;
  uint32_t page; /* the last one that had it; 0: nothing is here */
} entry;

typedef struct {
  uint64_t multiplier;
  uint32_t pages;  /* that are remembered */
  uint32_t page;   /* the last one taken */
  size_t capacity; /* of `entries`, a power of two or 0 */
  size_t used;     /* of them, also by pages that count no more */
  unsigned shift;
  entry *entries; /* in a userdata, which the user value keeps */
} window;

static bool is_live(const window *own, const entry *at) {
  return at->page != 0 && at->page + own->pages >= own->page + 1;
}

/* The entry of an identity, or where it would be. */
static entry *find(const window *own, uint64_t id) {
  size_t place = (size_t)((id * own->multiplier) >> own->shift);
  while (own->entries[place].page != 0 && own->entries[place].id != id)
    place = (place + 1) & (own->capacity - 1);
  return &own->entries[place];
}

static size_t count_live(const window *own) {
  size_t count = 0;
  for (size_t i = 0; i < own->capacity; i++) count += is_live(own, &own->entries[i]);
  return count;
}

/* For so many more: at most half of the places are taken. The window is at 1. */
static void make_room(lua_State *L, window *own, size_t count) {
  if ((own->used + count) * 2 <= own->capacity) return;
  window grown = *own;
  size_t wanted = (count_live(own) + count) * 2;
  for (grown.capacity = 64, grown.shift = 58; grown.capacity < wanted; grown.shift--) grown.capacity *= 2;
  lua_getuservalue(L, 1);
  grown.entries = lua_newuserdata(L, grown.capacity * sizeof(entry));
  memset(grown.entries, 0, grown.capacity * sizeof(entry));
  grown.used = 0;
  for (size_t i = 0; i < own->capacity; i++) {
    if (!is_live(own, &own->entries[i])) continue;
    *find(&grown, own->entries[i].id) = own->entries[i];
    grown.used++;
  }
  lua_rawseti(L, -2, 1);
  lua_pop(L, 1);
  *own = grown;
}

/* Has one of the pages before had it? It is remembered as this page's. */
static bool is_repeated(window *own, uint64_t id) {
  const uint32_t page = own->page + 1;
  entry *at = find(own, id);
  bool repeated = is_live(own, at) && at->page != page;
  if (at->page == 0) own->used++;
  *at = (entry){id, page};
  return repeated;
}

/* The first rows of the list at 2, in one of their own. */
static void push_first(lua_State *L, int count, int room) {
  lua_createtable(L, room, 0);
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, 2, i);
    lua_rawseti(L, -2, i);
  }
}

/*** Takes the next page. Rows that are twice on one page are both new.
@function window:take
@tparam table rows
@tparam string ids of the rows, as `decode` gives them
@treturn table rows those that none of the pages before had: the same list where all are new
@treturn integer count of the others */
static int window_take(lua_State *L) {
  window *own = luaL_checkudata(L, 1, WINDOW);
  luaL_checktype(L, 2, LUA_TTABLE);
  size_t length;
  const char *ids = luaL_checklstring(L, 3, &length);
  lua_settop(L, 3);
  int count = (int)lua_rawlen(L, 2);
  int kept = 0;
  luaL_argcheck(L, length == (size_t)count * sizeof(uint64_t), 3, "an id of each row expected");
  make_room(L, own, (size_t)count);
  for (int i = 1; i <= count; i++) {
    bool repeated = is_repeated(own, imr_load(ids + (size_t)(i - 1) * sizeof(uint64_t)));
    if (repeated && lua_gettop(L) == 3) push_first(L, kept, count);
    if (repeated) continue;
    kept++;
    if (lua_gettop(L) == 3) continue;
    lua_rawgeti(L, 2, i);
    lua_rawseti(L, 4, kept);
  }
  own->page++;
  if (lua_gettop(L) == 3) lua_pushvalue(L, 2);
  imr_push_integer(L, count - kept);
  return 2;
}

/* Nobody who sends rows may know in which places of the table they come. */
static uint64_t new_multiplier(const window *own) {
  const uint64_t seed[] = {(uint64_t)(uintptr_t)own, (uint64_t)clock(), (uint64_t)time(NULL)};
  return imr_hash((const char *)seed, sizeof seed, 0) | 1;
}

/*** Remembers the rows of a listing's last pages.
@function window
@tparam integer pages so many
@treturn window */
static int window_new(lua_State *L) {
  lua_Integer pages = luaL_checkinteger(L, 1);
  luaL_argcheck(L, pages >= 1 && pages <= 1000, 1, "1 to 1,000 pages expected");
  window *own = lua_newuserdata(L, sizeof *own);
  memset(own, 0, sizeof *own);
  own->pages = (uint32_t)pages;
  own->multiplier = new_multiplier(own);
  luaL_setmetatable(L, WINDOW);
  lua_newtable(L);
  lua_setuservalue(L, -2);
  return 1;
}

void imr_open_window(lua_State *L) {
  static const luaL_Reg methods[] = {{"take", window_take}, {NULL, NULL}};
  imr_new_class(L, WINDOW, methods, NULL);
  lua_pushcfunction(L, window_new);
  lua_setfield(L, -2, "window");
}
