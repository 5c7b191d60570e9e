/* Objects with methods. */
#ifndef IMR_CLASS_H
#define IMR_CLASS_H

#include "base/compat.h"

/* The metatable of a userdata: its methods, and what the collector calls (NULL: nothing). */
static inline void imr_new_class(lua_State *L, const char *name, const luaL_Reg *methods, lua_CFunction gc) {
  luaL_newmetatable(L, name);
  if (gc) {
    lua_pushcfunction(L, gc);
    lua_setfield(L, -2, "__gc");
  }
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

#endif
