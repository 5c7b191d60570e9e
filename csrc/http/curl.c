/* imr.curl: HTTP requests on one curl_multi, without a callback into Lua.

   A multi never blocks in `perform` and yields to nobody: whoever uses it decides how to wait. All handles
   are opened by the first `start`, so `require` does no I/O and a master process that only loads the module
   shares nothing with the workers it forks. */
#include "http/http.h"

IMR_EXPORT int luaopen_imr_curl(lua_State *L);

int luaopen_imr_curl(lua_State *L) {
  static const luaL_Reg functions[] = {{"multi", imr_multi_new}, {NULL, NULL}};
  imr_stay_loaded();
  imr_multi_register(L);
  imr_transfer_register(L);
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
  lua_pushstring(L, curl_version_info(CURLVERSION_NOW)->version);
  lua_setfield(L, -2, "libcurl");
  return 1;
}
