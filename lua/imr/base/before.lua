---Whether a text comes before another one, by bytes: `<` asks the host's locale.
---@param one string
---@param other string
---@return boolean
return function(one, other)
  for index = 1, math.min(#one, #other) do
    local a, b = one:byte(index), other:byte(index)
    if a ~= b then return a < b end
  end
  return #one < #other
end
