/* A path that a Lua caller gives. */
#ifndef IMR_CHECK_PATH_H
#define IMR_CHECK_PATH_H

#include <string.h>

#include "base/compat.h"

/* Raises where it is no text, empty or has a NUL, behind which the system would not look. */
static inline const char *imr_check_path(lua_State *L, int index) {
  size_t length;
  const char *path = luaL_checklstring(L, index, &length);
  luaL_argcheck(L, length > 0, index, "a path expected, this is empty");
  luaL_argcheck(L, strlen(path) == length, index, "a path without a NUL expected");
  return path;
}

#endif
