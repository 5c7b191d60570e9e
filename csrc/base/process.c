/* What the client itself asks of the process that it is in. */
#include <unistd.h>

#include "base/core.h"
#include "file/open.h"

/*** The id of this process. What must not be shared with a fork's child is kept together with it.
@function process_id
@treturn integer */
static int process_id(lua_State *L) {
  imr_push_integer(L, getpid());
  return 1;
}

/*** Occupies those of the descriptors 0, 1 and 2 that are closed. To be called before anything is opened
whose number is not ours to choose. Reading and writing there goes on failing.
@function keep_standard_descriptors */
static int keep_standard_descriptors(lua_State *L) {
  (void)L;
  imr_keep_standard_descriptors();
  return 0;
}

void imr_open_process(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"process_id", process_id},
      {"keep_standard_descriptors", keep_standard_descriptors},
      {NULL, NULL},
  };
  luaL_setfuncs(L, functions, 0);
}
