-- C that a spec needs and Lua lacks, compiled by cc when the spec runs.
local shell = require("support.shell")

local native = {}

local function compile(source, flags)
  local directory = shell.scratch()
  local input, output = directory .. "/source.c", directory .. "/library.so"
  local file = assert(io.open(input, "w"))
  file:write(source)
  file:close()
  shell.must(("cc -shared -fPIC -O1 -o %s %s %s"):format(output, input, flags))
  return output, directory
end

--- What cc needs to find the headers of this interpreter.
---@return string
function native.headers()
  return "$(pkg-config --cflags lua" .. _VERSION:match("%d%.%d") .. ") "
end

--- A library to be named in LD_PRELOAD.
---@param source string
---@param flags? string
---@return string path
---@return string directory to be removed after use
function native.preload(source, flags)
  return compile("#define _GNU_SOURCE\n" .. source, (flags or "") .. "-ldl -pthread")
end

local fork_source = [[
#include <lauxlib.h>
#include <sys/wait.h>
#include <unistd.h>
static int l_fork(lua_State *L) { lua_pushnumber(L, fork()); return 1; }
static int l_exit(lua_State *L) { _exit((int)luaL_checknumber(L, 1)); return 0; }
static int l_wait(lua_State *L) {
  int status = 0;
  waitpid((pid_t)luaL_checknumber(L, 1), &status, 0);
  lua_pushnumber(L, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
  return 1;
}
int luaopen_fork(lua_State *L) {
  lua_newtable(L);
  lua_pushcfunction(L, l_fork); lua_setfield(L, -2, "fork");
  lua_pushcfunction(L, l_exit); lua_setfield(L, -2, "exit");
  lua_pushcfunction(L, l_wait); lua_setfield(L, -2, "wait");
  return 1;
}
]]

--- A module in C for this interpreter.
---@param source string
---@param open string its function luaopen_…
---@param flags? string libraries
---@return table
function native.library(source, open, flags)
  local path, directory = compile("#define _GNU_SOURCE\n" .. source, native.headers() .. (flags or ""))
  local library = assert(package.loadlib(path, open))()
  shell.must("rm -r " .. directory)
  return library
end

--- fork(), exit(code) without any clean-up, wait(pid) -> exit code, or the negative signal.
---@return table
function native.fork()
  return native.library(fork_source, "luaopen_fork")
end

return native
