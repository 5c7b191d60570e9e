-- Headers that a caller adds to our requests.

local lower = require "imr.base.ascii"

local header = {}

-- The client says these itself, or the transport does.
local OURS = { accept = true, connection = true, ["content-length"] = true, ["content-type"] = true, expect = true,
  host = true, ["transfer-encoding"] = true, ["user-agent"] = true }

---What is wrong with a table of headers; no value is shown, one may be a secret.
---@param headers any
---@return string|nil
function header.problem(headers)
  if type(headers) ~= "table" then return "headers must be a table, not a " .. type(headers) end
  for name, value in pairs(headers) do
    if type(name) ~= "string" or not name:find("^[%w!#$%%&'*+.^_`|~-]+$") then
      return "a header's name must be a word"
    elseif OURS[lower(name)] then
      return ("header %s is not the caller's to set"):format(name)
    elseif type(value) ~= "string" or value:find("[%z\1-\8\10-\31\127]") then
      return ("header %s must be one line of text"):format(name)
    end
  end
end

return header
