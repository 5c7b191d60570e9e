-- Texts from outside, at the door: what is wrong with one, before it goes into a record, a request or a shell.

local core = require "imr.core"

local text = {}

---What is wrong with a text, or nil. What is not UTF-8 no JSON can hold; a NUL would end it early in C.
---@param value string
---@return string|nil problem "is not UTF-8 (byte 3)"
function text.problem(value)
  local fine, place = core.is_utf8(value)
  if not fine then return ("is not UTF-8 (byte %d)"):format(place) end
  if value:find("\0", 1, true) then return "has a NUL in it" end
end

return text
