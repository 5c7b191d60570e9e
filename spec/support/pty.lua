-- A program in a terminal of its own: what it writes, what a person would see, keys, signals and the exit status.
local native = require "support.native"
local screen = require "support.screen"

local source = [[
#include <errno.h>
#include <lauxlib.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
static int l_spawn(lua_State *L) {
  const char *command = luaL_checkstring(L, 1);
  struct winsize size = {.ws_col = (unsigned short)luaL_checknumber(L, 2), .ws_row = 40};
  int fd;
  pid_t pid = forkpty(&fd, NULL, NULL, &size);
  if (pid == 0) {
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
  }
  lua_pushnumber(L, fd);
  lua_pushnumber(L, pid);
  return 2;
}
static int l_read(lua_State *L) {
  char text[4096];
  struct pollfd look = {.fd = (int)luaL_checknumber(L, 1), .events = POLLIN};
  if (poll(&look, 1, (int)(luaL_checknumber(L, 2) * 1000)) != 1) return lua_pushliteral(L, ""), 1;
  ssize_t got = read(look.fd, text, sizeof text);
  if (got <= 0) return lua_pushnil(L), 1;
  return lua_pushlstring(L, text, (size_t)got), 1;
}
static int l_write(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 2, &length);
  lua_pushboolean(L, write((int)luaL_checknumber(L, 1), text, length) == (ssize_t)length);
  return 1;
}
static int l_echo(lua_State *L) {
  struct termios state;
  lua_pushboolean(L, tcgetattr((int)luaL_checknumber(L, 1), &state) == 0 && (state.c_lflag & ECHO) != 0);
  return 1;
}
static int l_wait(lua_State *L) {
  int status = 0;
  waitpid((pid_t)luaL_checknumber(L, 1), &status, 0);
  lua_pushnumber(L, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return 1;
}
static int l_kill(lua_State *L) {
  return lua_pushnumber(L, kill((pid_t)luaL_checknumber(L, 1), (int)luaL_checknumber(L, 2))), 1;
}
static int l_close(lua_State *L) { return close((int)luaL_checknumber(L, 1)), 0; }
int luaopen_pty(lua_State *L) {
  static const luaL_Reg all[] = {{"spawn", l_spawn}, {"read", l_read}, {"write", l_write}, {"echo", l_echo},
                                 {"wait", l_wait},   {"kill", l_kill}, {"close", l_close}, {NULL, NULL}};
  lua_newtable(L);
  for (const luaL_Reg *one = all; one->name; one++) {
    lua_pushcfunction(L, one->func);
    lua_setfield(L, -2, one->name);
  }
  return 1;
}
]]

local pty = {}
pty.__index = pty

local library
local LONGEST = 60 -- seconds that a spec waits for a text

--- Starts a shell command.
---@param command string
---@param columns? integer 100
function pty.open(command, columns)
  library = library or native.library(source, "luaopen_pty", "-lutil")
  local fd, pid = library.spawn("exec " .. command, columns or 100)
  return setmetatable({ fd = fd, pid = pid, columns = columns or 100, text = "", from = 1 }, pty)
end

local function read(self, seconds)
  local got = library.read(self.fd, seconds)
  self.text = self.text .. (got or "")
  return got ~= nil
end

--- Reads on until a text that was not yet waited for has come; fails after some seconds.
---@param wanted string plain text
function pty:expect(wanted)
  local ends, more = os.time() + LONGEST, true
  while true do
    local first, last = self.text:find(wanted, self.from, true)
    if first then
      self.from = last + 1
      return
    end
    if not more then error(("it ended without '%s':\n%s"):format(wanted, self.text), 2) end
    if os.time() > ends then error(("no '%s' in:\n%s"):format(wanted, self.text), 2) end
    more = read(self, 0.2)
  end
end

function pty:type(keys)
  assert(library.write(self.fd, keys))
end

--- Is what is typed shown?
function pty:echoes()
  return library.echo(self.fd)
end

function pty:signal(number)
  library.kill(self.pid, number)
end

-- Megabytes of memory at its highest so far.
local function note_memory(self)
  local file = io.open(("/proc/%d/status"):format(self.pid))
  if not file then return end
  local kilobytes = file:read("*a"):match("VmHWM:%s*(%d+)")
  file:close()
  if kilobytes then self.peak = kilobytes / 1024 end
end

--- Reads to the end and returns the exit status; 128 and the number for a signal. `peak` is then the most memory that
-- the program had, in megabytes.
---@param longest? integer seconds
---@return integer
function pty:wait(longest)
  local ends = os.time() + (longest or LONGEST)
  while read(self, 0.02) do
    note_memory(self)
    if os.time() > ends then
      library.kill(self.pid, 9)
      error("it does not end:\n" .. self.text, 2)
    end
  end
  local status = library.wait(self.pid)
  library.close(self.fd)
  return status
end

--- The lines that a person sees.
---@return string[]
function pty:screen()
  return screen.lines(self.text, self.columns)
end

return pty
