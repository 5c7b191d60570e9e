-- An input as a source of choices: small numbers, texts, any number. Where it ends, zeros follow.
local bytes = {}
bytes.__index = bytes

---@param input string
function bytes.of(input)
  return setmetatable({ input = input, at = 1 }, bytes)
end

function bytes:more()
  return self.at <= #self.input
end

--- A number from 0 to count - 1.
---@return integer
function bytes:choose(count)
  local byte = self.input:byte(self.at) or 0
  self.at = self.at + 1
  return byte % count
end

--- The next `count` bytes, or what is left of them.
---@return string
function bytes:take(count)
  local text = self.input:sub(self.at, self.at + count - 1)
  self.at = self.at + count
  return text
end

---@return string of 0 to 31 bytes
function bytes:text()
  return self:take(self:choose(32))
end

--- Any double: a small integer, or eight bytes of it.
---@return number
function bytes:number()
  if self:choose(2) == 0 then return self:choose(256) end
  local eight = self:take(8)
  return (string.unpack("<d", eight .. ("\0"):rep(8 - #eight)))
end

return bytes
