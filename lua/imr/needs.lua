-- What only a part of imr needs is loaded when that part is used, and asked for by name when it is missing.

local core = require "imr.core"

---Loads a module, or raises an error object of kind "missing" that says how to get it.
---@param part string of imr that needs it, such as "imr simulate"
---@param module string
---@param rock string of LuaRocks
---@param package string of Debian
---@return any module
return function(part, module, rock, package)
  local found, loaded = pcall(require, module)
  if found then return loaded end
  if not tostring(loaded):find(("module '%s' not found"):format(module), 1, true) then error(loaded, 0) end
  local message = ("%s needs %s: luarocks install %s (Debian: apt-get install %s)"):format(part, module, rock, package)
  return error(core.error { kind = "missing", message = message, retryable = false, executed = "no" }, 0)
end
