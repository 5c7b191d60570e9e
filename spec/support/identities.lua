-- The identities of rows as imr.core hands them around: eight bytes a row in one text.
local identities = {}

local function bytes_of(number)
  local bytes = {}
  for index = 1, 8 do
    bytes[index] = string.char(number % 256)
    number = math.floor(number / 256)
  end
  return table.concat(bytes)
end

---@param numbers integer[]
---@return string
function identities.pack(numbers)
  local parts = {}
  for index, number in ipairs(numbers) do parts[index] = bytes_of(number) end
  return table.concat(parts)
end

---@param ids string
---@return string[] eight bytes each
function identities.list(ids)
  local list = {}
  for index = 1, #ids / 8 do list[index] = ids:sub(index * 8 - 7, index * 8) end
  return list
end

return identities
