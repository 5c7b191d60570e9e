/* Which process this is. */
#include <unistd.h>

#include "compat.h"
#include "core.h"

/*** The id of this process. What must not be shared with a fork's child is kept together with it.
@function process_id
@treturn integer */
static int process_id(lua_State *L) {
  imr_push_integer(L, getpid());
  return 1;
}

void imr_open_process(lua_State *L) {
  lua_pushcfunction(L, process_id);
  lua_setfield(L, -2, "process_id");
}
