/* What the fuzz targets do in C: the parts of the core that know no Lua, on bytes that end where their memory ends,
 * so that the address sanitizer sees a read of one byte too many. */
#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>
#include <string.h>

#include "../csrc/json/reader.h"
#include "../csrc/slots/layout.h"

int luaopen_native(lua_State *L);

static void must(lua_State *L, int holds, const char *what) {
  if (!holds) luaL_error(L, "%s", what);
}

/* The argument's bytes in memory of exactly their length, which the collector frees. */
static unsigned char *exact_copy(lua_State *L, int index, size_t *length) {
  const char *text = luaL_checklstring(L, index, length);
  unsigned char *copy = lua_newuserdatauv(L, *length, 0);
  if (*length) memcpy(copy, text, *length);
  return copy;
}

/* ---------------------------------------------------------------- the JSON reader */

static void unescape(lua_State *L, const imr_json_value *value) {
  size_t room = imr_json_room(value);
  char *out = malloc(room ? room : 1);
  size_t used = out ? imr_json_unescape(value, out) : 0;
  free(out);
  must(L, used <= room, "a string needs more room than it was said to need");
}

/* Reads value by value what imr_json_skip reads as a whole. */
static int walk(lua_State *L, imr_json *json) {
  imr_json_value value, key;
  if (!imr_json_read(json, &value)) return 0;
  if (value.kind == IMR_JSON_STRING) unescape(L, &value);
  if (value.kind != IMR_JSON_LIST && value.kind != IMR_JSON_OBJECT) return 1;
  for (;;) {
    imr_json_step step =
        value.kind == IMR_JSON_LIST ? imr_json_item(json) : imr_json_member(json, &key);
    if (step != IMR_JSON_MORE) return step == IMR_JSON_CLOSED;
    if (value.kind == IMR_JSON_OBJECT) unescape(L, &key);
    if (!walk(L, json)) return 0;
  }
}

static int same_end(const imr_json *a, const imr_json *b) {
  if ((a->problem == NULL) != (b->problem == NULL)) return 0;
  return imr_json_place(a) == imr_json_place(b) && (!a->problem || strcmp(a->problem, b->problem) == 0);
}

/* read(text) -> is it JSON, and the place of the problem */
static int native_read(lua_State *L) {
  size_t length;
  const char *text = (const char *)exact_copy(L, 1, &length);
  imr_json walked, skipped;
  imr_json_value value;
  imr_json_init(&walked, text, length);
  imr_json_init(&skipped, text, length);
  int fine = walk(L, &walked) && imr_json_finish(&walked);
  int also = imr_json_skip(&skipped, &value) && imr_json_finish(&skipped);
  must(L, fine == also && same_end(&walked, &skipped), "read and skip differ");
  lua_pushboolean(L, fine);
  lua_pushinteger(L, (lua_Integer)imr_json_place(&walked));
  return 2;
}

/* entries(text) -> the texts of a list's entries; none when it is no list */
static int native_entries(lua_State *L) {
  size_t length;
  const char *text = (const char *)exact_copy(L, 1, &length);
  imr_json json;
  imr_json_value value;
  lua_newtable(L);
  imr_json_init(&json, text, length);
  if (!imr_json_read(&json, &value) || value.kind != IMR_JSON_LIST) return 1;
  for (int i = 1; imr_json_item(&json) == IMR_JSON_MORE && imr_json_skip(&json, &value); i++) {
    size_t quote = value.kind == IMR_JSON_STRING;
    lua_pushlstring(L, value.at - quote, value.length + 2 * quote);
    lua_rawseti(L, -2, i);
  }
  return 1;
}

/* member(text, key) -> the text of the object's first member of that name */
static int native_member(lua_State *L) {
  size_t length, wanted;
  const char *text = (const char *)exact_copy(L, 1, &length);
  const char *name = luaL_checklstring(L, 2, &wanted);
  imr_json json;
  imr_json_value key, value;
  imr_json_init(&json, text, length);
  if (!imr_json_read(&json, &value) || value.kind != IMR_JSON_OBJECT) return 0;
  while (imr_json_member(&json, &key) == IMR_JSON_MORE && imr_json_skip(&json, &value)) {
    size_t quote = value.kind == IMR_JSON_STRING;
    if (key.length != wanted || memcmp(key.at, name, wanted) != 0) continue;
    lua_pushlstring(L, value.at - quote, value.length + 2 * quote);
    return 1;
  }
  return 0;
}

/* ---------------------------------------------------------------- the slot file's layout */

/* check_slots(bytes, boot, now, key) -> state; in a good file also looks a key up, twice */
static int native_check_slots(lua_State *L) {
  size_t size;
  unsigned char *bytes = exact_copy(L, 1, &size);
  imr_slots_header header;
  uint64_t key = (uint64_t)luaL_checkinteger(L, 4);
  imr_slots_state state =
      imr_slots_check(bytes, size, (uint64_t)luaL_checkinteger(L, 2), luaL_checkinteger(L, 3), &header);
  if (state == IMR_SLOTS_GOOD) {
    imr_slots_entry *entry = imr_slots_find(bytes, &header, key);
    must(L, !entry || entry->key == key, "the entry is another key's");
    must(L, imr_slots_find(bytes, &header, key) == entry, "the key's entry has moved");
  }
  lua_pushinteger(L, state);
  return 1;
}

int luaopen_native(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"read", native_read},
      {"entries", native_entries},
      {"member", native_member},
      {"check_slots", native_check_slots},
      {NULL, NULL},
  };
  luaL_newlib(L, functions);
  return 1;
}
