/* A fuzzer of Lua code on the C core: each input goes to the function that fuzz/TARGET.lua returns, and an
 * error that it raises is a finding. TARGET is what IMR_FUZZ names. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#define LINES 8192 /* a power of two */

int luaopen_imr_core(lua_State *L);
int luaopen_imr_curl(lua_State *L);
int luaopen_imr_os(lua_State *L);
int luaopen_native(lua_State *L);
int luaopen_server(lua_State *L);
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The fuzzer takes a counter that changes for new coverage: so it also learns which lines of the client run.
 */
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t lines[LINES];

/* The processor's seconds of an input, since a busy machine may take any time. libFuzzer's limit knows no Lua. */
#define LONGEST 10

static lua_State *L;
static clock_t begun;

static void check_time(lua_State *state) {
  if (clock() - begun <= LONGEST * CLOCKS_PER_SEC) return;
  luaL_traceback(state, state, "an input without an end", 0);
  fprintf(stderr, "%s\n", lua_tostring(state, -1));
  abort();
}

static void count_line(lua_State *state, lua_Debug *at) {
  uintptr_t place;
  if (!lua_getinfo(state, "S", at)) return;
  if (at->linedefined < 0 || !at->source || at->source[0] != '@') return;
  place = (uintptr_t)at->currentline * 31;
  for (const char *c = at->source; *c; c++) place = place * 33 + (unsigned char)*c;
  lines[(place ^ place >> 13) & (LINES - 1)]++;
}

/* Coroutines have it from whoever makes them. */
static void look(lua_State *state, lua_Debug *at) {
  if (at->event == LUA_HOOKCOUNT) {
    check_time(state);
  } else {
    count_line(state, at);
  }
}

static int traced(lua_State *state) {
  luaL_traceback(state, state, luaL_tolstring(state, 1, NULL), 1);
  return 1;
}

static void run(int arguments, int results) {
  int handler = lua_gettop(L) - arguments;
  lua_pushcfunction(L, traced);
  lua_insert(L, handler);
  if (lua_pcall(L, arguments, results, handler) != LUA_OK) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    abort();
  }
  lua_remove(L, handler);
}

static void preload(const char *name, lua_CFunction open) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, open);
  lua_setfield(L, -2, name);
  lua_pop(L, 1);
}

/* Leaves the target's function at 1. */
int LLVMFuzzerInitialize(int *argc, char ***argv) {
  const char *target = getenv("IMR_FUZZ");
  char path[256];
  (void)argc, (void)argv;
  L = luaL_newstate();
  luaL_openlibs(L);
  preload("imr.core", luaopen_imr_core);
  preload("imr.curl", luaopen_imr_curl);
  preload("imr.os", luaopen_imr_os);
  preload("native", luaopen_native);
  preload("server", luaopen_server);
  snprintf(path, sizeof path, "fuzz/%s.lua", target ? target : "(IMR_FUZZ is not set)");
  if (luaL_loadfile(L, path) != LUA_OK) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    exit(1);
  }
  run(0, 1);
  lua_sethook(L, look, LUA_MASKCOUNT | (getenv("IMR_FUZZ_LINES") ? LUA_MASKLINE : 0), 1000000);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  begun = clock();
  lua_pushvalue(L, 1);
  lua_pushlstring(L, (const char *)data, size);
  run(1, 0);
  return 0;
}
