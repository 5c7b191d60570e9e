/* imr.os: only assembles. What programs, databases and the file store need of the system: a worker of nginx
   without them never loads it. */
#include "os/os.h"

IMR_EXPORT int luaopen_imr_os(lua_State *L);

int luaopen_imr_os(lua_State *L) {
  lua_newtable(L);
  imr_open_call_limit(L);
  imr_open_child(L);
  imr_open_output_file(L);
  imr_open_private_file(L);
  imr_open_processes(L);
  imr_open_signals(L);
  imr_open_terminal(L);
  return 1;
}
