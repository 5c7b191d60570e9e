-- Percent-decoding: %2F is /.

local percent = {}

---@param digits string two, hexadecimal
---@return string byte
function percent.byte_of(digits)
  return string.char(tonumber(digits, 16))
end

---What stands behind % as two digits becomes a byte.
---@param text string
---@return string
function percent.decode(text)
  return (text:gsub("%%(%x%x)", percent.byte_of))
end

---The same for a part of a form, in which + is a space.
---@param text string
---@return string
function percent.decode_form(text)
  return percent.decode((text:gsub("+", " ")))
end

return percent
