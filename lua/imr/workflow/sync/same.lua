--- Whether two rows say the same: the platform may write 1.5 today and "1.50" or 1.5000000000000002 tomorrow.

local decimal = require "imr.decimal"

local same = {}

local function significant(text)
  local digits = text:match("^[+-]?([%d.]+)")
  return digits and #digits:gsub("%.", ""):gsub("^0+", "") or 0
end

-- A double that was printed with all its digits, of a number that has few: 16 or 17 digits beside at most 15.
local function is_noise(a, b)
  local more, less = significant(a), significant(b)
  if more < less then more, less = less, more end
  return more >= 16 and more <= 17 and less <= 15
    and ("%.14g"):format(tonumber(a)) == ("%.14g"):format(tonumber(b))
end

---@param column imr.database.Column
---@param a any
---@param b any
---@return boolean
function same.value(column, a, b)
  if a == b then return true end
  if column.type ~= "dec" or a == nil or b == nil then return false end
  local left, right = decimal.parse(a), decimal.parse(b)
  return left ~= nil and right ~= nil and (left == right or is_noise(a, b))
end

---Do all measured values agree?
---@param columns imr.database.Column[]
---@param a table<string, any> by column
---@param b table<string, any>
---@return boolean
function same.row(columns, a, b)
  for _, column in ipairs(columns) do
    if column.measured and not same.value(column, a[column.name], b[column.name]) then return false end
  end
  return true
end

local function before(column, a, b)
  if a == nil or b == nil then return a == nil end
  if column.type == "dec" then
    local left, right = decimal.parse(a), decimal.parse(b)
    if left and right then return left < right end
  end
  return tostring(a) < tostring(b)
end

---An order of rows by their measured values, whoever came first.
---@param columns imr.database.Column[]
---@return fun(a: table, b: table): boolean
function same.order(columns)
  return function(a, b)
    for _, column in ipairs(columns) do
      if column.measured then
        local left, right = a[column.name], b[column.name]
        local less = before(column, left, right)
        if less ~= before(column, right, left) then return less end
      end
    end
    return false
  end
end

return same
