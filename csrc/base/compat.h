/* One face for Lua 5.1, LuaJIT and 5.2 to 5.4. */
#ifndef IMR_COMPAT_H
#define IMR_COMPAT_H

#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>

#if defined(__GNUC__)
#define IMR_EXPORT __attribute__((visibility("default")))
#else
#define IMR_EXPORT
#endif

#if LUA_VERSION_NUM < 502

#undef luaL_setfuncs
#undef luaL_setmetatable
#define luaL_setfuncs        imr_setfuncs
#define luaL_setmetatable    imr_setmetatable
#define lua_rawlen(L, index) lua_objlen((L), (index))
#define lua_getuservalue     lua_getfenv
#define lua_setuservalue     lua_setfenv

static inline int lua_absindex(lua_State *L, int index) {
  return index > 0 || index <= LUA_REGISTRYINDEX ? index : lua_gettop(L) + index + 1;
}

/* LuaJIT has it, PUC 5.1 does not, and one build serves both. */
static inline void imr_setfuncs(lua_State *L, const luaL_Reg *functions, int upvalues) {
  for (; functions->name != NULL; functions++) {
    for (int i = 0; i < upvalues; i++) lua_pushvalue(L, -upvalues);
    lua_pushcclosure(L, functions->func, upvalues);
    lua_setfield(L, -2 - upvalues, functions->name);
  }
  lua_pop(L, upvalues);
}

static inline void imr_setmetatable(lua_State *L, const char *name) {
  luaL_getmetatable(L, name);
  lua_setmetatable(L, -2);
}

#endif

/* An integer that Lua 5.3 and later keep as one. Before, a float: lua_Integer may have 32 bits there. */
static inline void imr_push_integer(lua_State *L, int64_t value) {
#if LUA_VERSION_NUM >= 503
  lua_pushinteger(L, (lua_Integer)value);
#else
  lua_pushnumber(L, (lua_Number)value);
#endif
}

#endif
