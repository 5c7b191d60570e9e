--- A number's digits in groups of three.
---@param number imr.Decimal|string|integer
---@return string
return function(number)
  local sign, whole, rest = tostring(number):match("^(%-?)(%d+)(.*)$")
  local grouped = whole:reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", "")
  return sign .. grouped .. rest
end
