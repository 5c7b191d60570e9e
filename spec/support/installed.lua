-- What has to hold for an installed imr, however it was installed.
local shell = require("support.shell")

local installed = {}

--- The interpreters that a run under this one looks after: each ABI is installed once in the whole suite.
installed.abi = _VERSION:match("%d%.%d")
installed.interpreters = installed.abi == "5.4" and { "lua5.4" } or { "luajit", "lua5.1" }

--- What LuaRocks installs for: the same, and 5.3, which `make install` does not know.
installed.targets = { { abi = installed.abi, interpreters = installed.interpreters } }
if installed.abi == "5.4" then installed.targets[2] = { abi = "5.3", interpreters = { "lua5.3" } } end

local program = [[
local imr = require("imr")
require("imr.core")
require("imr.curl")
assert(type(imr.new) == "function")
io.write(imr._VERSION)
]]

--- Runs a program with the imr that is below prefix, and with no other.
---@param interpreter string
---@param prefix string
---@param code string Lua
---@param abi? string
---@return string output
function installed.run(interpreter, prefix, code, abi)
  abi = abi or installed.abi
  local share, lib = prefix .. "/share/lua/" .. abi, prefix .. "/lib/lua/" .. abi
  local path = ("LUA_PATH=%s LUA_CPATH=%s "):format(
    shell.quote(share .. "/?.lua;" .. share .. "/?/init.lua;;"),
    shell.quote(lib .. "/?.so;;")
  )
  return shell.must("cd / && " .. shell.clean(prefix) .. path .. interpreter .. " -e " .. shell.quote(code))
end

--- Loads imr and both binaries from below prefix, and from nowhere else.
---@param interpreter string
---@param prefix string
---@param abi? string
---@return string version
function installed.load(interpreter, prefix, abi)
  return installed.run(interpreter, prefix, program, abi)
end

--- Runs the installed program, which has to find its modules without help.
---@param prefix string
---@return string output
function installed.version(prefix)
  return shell.must("cd / && " .. shell.clean(prefix) .. shell.quote(prefix .. "/bin/imr") .. " version")
end

return installed
