/* A second Lua state in this process, whose allocator counts, and fails where it is told to. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

#define STATE "failing_alloc.state"

typedef struct {
  lua_State *L;
  long allocations; /* since it was armed */
  long fail_at;     /* 0: never */
  long failures;    /* so many in a row */
  int hit;
  size_t bytes; /* in use */
} state;

/* What makes memory smaller must not fail. */
static void *allocate(void *user, void *block, size_t old_size, size_t size) {
  state *s = user;
  void *result;
  if (!block) old_size = 0;
  if (size == 0) {
    free(block);
    s->bytes -= old_size;
    return NULL;
  }
  if (size > old_size && s->fail_at > 0) {
    s->allocations++;
    if (s->allocations >= s->fail_at && s->allocations < s->fail_at + s->failures) {
      s->hit = 1;
      return NULL;
    }
  }
  result = realloc(block, size);
  if (result) s->bytes += size - old_size;
  return result;
}

static state *check(lua_State *L) { return luaL_checkudata(L, 1, STATE); }

/* The error may be an object with a face of its own. */
static int push_error(lua_State *L, lua_State *from) {
  lua_getglobal(from, "tostring");
  lua_insert(from, -2);
  lua_call(from, 1, 1);
  lua_pushnil(L);
  lua_pushstring(L, lua_tostring(from, -1));
  lua_pop(from, 1);
  return 2;
}

/* new(package.path, package.cpath) */
static int state_new(lua_State *L) {
  state *s = lua_newuserdata(L, sizeof *s);
  memset(s, 0, sizeof *s);
  luaL_getmetatable(L, STATE);
  lua_setmetatable(L, -2);
  s->L = lua_newstate(allocate, s);
  if (!s->L) return luaL_error(L, "this Lua takes no allocator");
  luaL_openlibs(s->L);
  lua_getglobal(s->L, "package");
  lua_pushstring(s->L, luaL_checkstring(L, 1));
  lua_setfield(s->L, -2, "path");
  lua_pushstring(s->L, luaL_checkstring(L, 2));
  lua_setfield(s->L, -2, "cpath");
  lua_pop(s->L, 1);
  return 1;
}

/* state:load(code): runs it; the function that it returns is what run() calls */
static int state_load(lua_State *L) {
  state *s = check(L);
  if (luaL_loadstring(s->L, luaL_checkstring(L, 2)) || lua_pcall(s->L, 0, 1, 0)) return push_error(L, s->L);
  lua_setfield(s->L, LUA_REGISTRYINDEX, STATE);
  lua_pushboolean(L, 1);
  return 1;
}

/* state:run(n, failures) -> text that the function returned, or nil and the error; and was the n-th reached? */
static int state_run(lua_State *L) {
  state *s = check(L);
  int status;
  lua_getfield(s->L, LUA_REGISTRYINDEX, STATE);
  s->allocations = 0;
  s->hit = 0;
  s->failures = (long)luaL_checknumber(L, 3);
  s->fail_at = (long)luaL_checknumber(L, 2);
  status = lua_pcall(s->L, 0, 1, 0);
  s->fail_at = 0; /* what follows has memory */
  if (status) {
    push_error(L, s->L);
  } else {
    lua_pushstring(L, lua_tostring(s->L, -1));
    lua_pop(s->L, 1);
    lua_pushnil(L);
  }
  lua_pushboolean(L, s->hit);
  return 3;
}

/* state:bytes() -> in use after a full collection */
static int state_bytes(lua_State *L) {
  state *s = check(L);
  lua_gc(s->L, LUA_GCCOLLECT, 0);
  lua_gc(s->L, LUA_GCCOLLECT, 0);
  lua_pushnumber(L, (lua_Number)s->bytes);
  return 1;
}

/* state:close() -> bytes that the state has not given back */
static int state_close(lua_State *L) {
  state *s = check(L);
  if (s->L) lua_close(s->L);
  s->L = NULL;
  lua_pushnumber(L, (lua_Number)s->bytes);
  return 1;
}

int luaopen_failing_alloc(lua_State *L) {
  static const luaL_Reg methods[] = {{"load", state_load},   {"run", state_run}, {"bytes", state_bytes},
                                     {"close", state_close}, {NULL, NULL}};
  luaL_newmetatable(L, STATE);
  lua_pushcfunction(L, state_close);
  lua_setfield(L, -2, "__gc");
  lua_newtable(L);
  for (const luaL_Reg *entry = methods; entry->name; entry++) {
    lua_pushcfunction(L, entry->func);
    lua_setfield(L, -2, entry->name);
  }
  lua_setfield(L, -2, "__index");
  lua_newtable(L);
  lua_pushcfunction(L, state_new);
  lua_setfield(L, -2, "new");
  return 1;
}
