-- Small letters of names that are ASCII: schemes, hosts, headers. string.lower goes by the host's locale, and Turkish
-- has another small letter for I.

local small = {}
for byte = 65, 90 do small[string.char(byte)] = string.char(byte + 32) end

---@param text string
---@return string
return function(text)
  return (text:gsub("[A-Z]", small))
end
