-- Numbers that people write into tariff files and tables: no bill needs longer ones, and products of those would have
-- more digits than a decimal can. Pure.

local decimal = require "imr.decimal"

local DIGITS = 30

---@param text any
---@return imr.Decimal|nil value 0 or more
return function(text)
  local value = decimal.parse(text)
  if not value or value.negative then return nil end
  local _, digits = tostring(value):gsub("%d", "")
  return digits <= DIGITS and value or nil
end
