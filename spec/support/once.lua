-- nginx runs LuaJIT, and a shell script its shell, whatever drives the specs: what is slow of that runs under one
-- of the interpreters only.
local process = require "support.process"

local DRIVER = "lua5.4"

--- Whether this run shall have the slow specs of a file; says so where not.
---@param what string
---@return boolean
return function(what)
  if process.interpreter == DRIVER then return true end
  print(("skipped: %s: the same programs run under %s"):format(what, DRIVER))
  return false
end
