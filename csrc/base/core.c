/* imr.core: only assembles. */
#include "base/core.h"

IMR_EXPORT int luaopen_imr_core(lua_State *L);

int luaopen_imr_core(lua_State *L) {
  lua_newtable(L);
  imr_open_clean(L);
  imr_open_clock(L);
  imr_open_decode(L);
  imr_open_pace(L);
  imr_open_process(L);
  imr_open_record_type(L);
  imr_open_slots(L);
  imr_open_text(L);
  imr_open_token(L);
  imr_open_value(L);
  imr_open_window(L);
  return 1;
}
