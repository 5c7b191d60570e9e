#include "decode/builder.h"

#if IMR_BUILDER_CALLS

/* The loaded library jit, or nil, comes as an argument. Compiled, the constructor would take a trace for each
 * mix of types and nils, for next to no gain. */
#define BEGINNING "local jit = ... if jit then jit.off(true, true) end "

/* return function(v1, v2, ...) return {["a"] = v1, ["b"] = v2, ...} end */
static void push_code(lua_State *L, int names, int count) {
  luaL_Buffer code;
  luaL_buffinit(L, &code);
  luaL_addstring(&code, BEGINNING "return function(");
  for (int i = 1; i <= count; i++) {
    lua_pushfstring(L, i == 1 ? "v%d" : ", v%d", i);
    luaL_addvalue(&code);
  }
  luaL_addstring(&code, ") return {");
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, names, i);
    lua_pushfstring(L, "[\"%s\"] = v%d, ", lua_tostring(L, -1), i);
    lua_remove(L, -2);
    luaL_addvalue(&code);
  }
  luaL_addstring(&code, "} end");
  luaL_pushresult(&code);
}

static void push_maker(lua_State *L, int names, int count) {
  size_t length;
  push_code(L, names, count);
  const char *code = lua_tolstring(L, -1, &length);
  if (luaL_loadbuffer(L, code, length, "=imr.record") != 0) lua_error(L);
  lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
  lua_getfield(L, -1, "jit");
  lua_replace(L, -2);
  lua_call(L, 1, 1);
  lua_replace(L, -2);
}

/* The constructor's tables have room for every field: too much for a row with few of them, of which a short
 * text may have many. */
static void make_small(const imr_builder *builder, lua_State *L, int members) {
  lua_createtable(L, 0, members);
  lua_replace(L, builder->record);
  for (int field = builder->fields - 1; field >= 0; field--) {
    if (lua_isnil(L, -1)) { /* set, it would take room in LuaJIT's table */
      lua_pop(L, 1);
      continue;
    }
    lua_pushvalue(L, builder->names + field);
    lua_insert(L, -2);
    lua_rawset(L, builder->record);
  }
}

void imr_builder_begin(imr_builder *builder, lua_State *L) {
  lua_pushvalue(L, builder->maker);
  builder->record = lua_gettop(L);
  builder->placed = 0;
}

void imr_builder_get(imr_builder *builder, lua_State *L, int field) {
  imr_builder_reach(builder, L, field + 1);
  lua_pushvalue(L, builder->record + 1 + field);
}

void imr_builder_end(imr_builder *builder, lua_State *L, int members) {
  imr_builder_reach(builder, L, builder->fields);
  if (members < builder->fields / 2)
    make_small(builder, L, members);
  else
    lua_call(L, builder->fields, 1);
}

#else

#define MAX_WIDTH 64 /* nobody makes us allocate for more than this */

static void push_maker(lua_State *L, int names, int count) {
  (void)names;
  (void)count;
  lua_pushnil(L);
}

void imr_builder_begin(imr_builder *builder, lua_State *L) {
  lua_createtable(L, 0, builder->width);
  builder->record = lua_gettop(L);
}

void imr_builder_get(imr_builder *builder, lua_State *L, int field) {
  lua_pushvalue(L, builder->names + field);
  lua_rawget(L, builder->record);
}

void imr_builder_end(imr_builder *builder, lua_State *L, int members) {
  (void)L;
  builder->width = members < MAX_WIDTH ? members : MAX_WIDTH;
}

#endif

void imr_builder_prepare(lua_State *L, int list, const imr_record_type *type, int derived) {
  int count = type->field_count + type->derived_count;
  for (int i = 0; i < count; i++) {
    int behind = i - type->field_count;
    lua_pushstring(L, behind < 0 ? type->fields[i].name : type->derived[behind].name);
    lua_rawseti(L, list, i + 1);
  }
  push_maker(L, list, count);
  lua_rawseti(L, list, count + 1);
  for (int i = 1; i <= type->derived_count; i++) {
    lua_rawgeti(L, derived, i);
    lua_rawseti(L, list, count + 1 + i);
  }
}

void imr_builder_open(imr_builder *builder, lua_State *L, int prepared, int fields) {
  builder->names = lua_gettop(L) + 1;
  builder->fields = builder->width = fields;
  for (int i = 1; i <= fields + 1; i++) lua_rawgeti(L, prepared, i);
  builder->maker = lua_gettop(L);
}
