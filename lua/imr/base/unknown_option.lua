-- "Did you mean", for names of options.

local nearest = require "imr.base.nearest"

---What to say about an option that does not exist.
---@param given string
---@param names string[] those that exist
---@return string
return function(given, names)
  given = given:gsub("%z.*", "")
  local near = nearest(given, names)
  if near then return "unknown option '" .. given .. "', did you mean '" .. near .. "'?" end
  if #names == 0 then return "unknown option '" .. given .. "': there are none here" end
  if #names == 1 then return "unknown option '" .. given .. "'; there is only '" .. names[1] .. "'" end
  return "unknown option '" .. given .. "'; there are " .. table.concat(names, ", ")
end
