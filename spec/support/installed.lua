-- What has to hold for an installed imr, however it was installed.
local shell = require("support.shell")

local installed = {}

--- The interpreters that a run under this one looks after: each ABI is installed once in the whole suite.
installed.abi = _VERSION:match("%d%.%d")
installed.interpreters = installed.abi == "5.4" and { "lua5.4" } or { "luajit", "lua5.1" }

local program = [[
local imr = require("imr")
require("imr.core")
require("imr.curl")
require("imr.os")
assert(type(imr.new) == "function")
io.write(imr._VERSION)
]]

--- Loads imr and its libraries from below prefix, and from nowhere else.
---@param interpreter string
---@param prefix string
---@return string version
function installed.load(interpreter, prefix)
  local share, lib = prefix .. "/share/lua/" .. installed.abi, prefix .. "/lib/lua/" .. installed.abi
  local path = ("LUA_PATH=%s LUA_CPATH=%s "):format(
    shell.quote(share .. "/?.lua;" .. share .. "/?/init.lua;;"),
    shell.quote(lib .. "/?.so;;")
  )
  return shell.must("cd / && " .. shell.clean(prefix) .. path .. interpreter .. " -e " .. shell.quote(program))
end

--- Runs the installed program, which has to find its modules without help.
---@param prefix string
---@return string output
function installed.version(prefix)
  return shell.must("cd / && " .. shell.clean(prefix) .. shell.quote(prefix .. "/bin/imr") .. " version")
end

return installed
