-- What only a part of imr needs is loaded when that part is used, and asked for by name when it is missing.

local function older(version, least)
  local function number(text)
    local major, minor = tostring(text):match "^(%d+)%.(%d+)"
    return major and major * 1000 + minor or 0
  end
  return number(version) < number(least)
end

---Loads a module, or raises an error object of kind "missing" that says how to get it.
---@param part string of imr that needs it, such as "imr simulate"
---@param module string
---@param rock string of LuaRocks
---@param package string of Debian
---@param least? string the oldest version that will do, such as "0.7", of a module that says its own
---@return any module
return function(part, module, rock, package, least)
  local found, loaded = pcall(require, module)
  local what = module
  if found then
    if not (least and older(loaded.version, least)) then return loaded end
    what = ("%s %s or later, and this is %s"):format(module, least, tostring(loaded.version))
  elseif not tostring(loaded):find(("module '%s' not found"):format(module), 1, true) then
    error(loaded, 0)
  end
  local message = ("%s needs %s: luarocks install %s (Debian: apt-get install %s)"):format(part, what, rock, package)
  local errors = require "imr.errors"
  return error(errors.new { kind = "missing", message = message, retryable = false, executed = "no" }, 0)
end
