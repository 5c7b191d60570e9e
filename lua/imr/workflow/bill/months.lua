-- Calendar months of a period, exactly. Pure.

local decimal = require "imr.decimal"
local time = require "imr.time"

local months = {}

local function start_of(index, utc_offset)
  return assert(time.parse(("%04d-%02d-01"):format(math.floor(index / 12), index % 12 + 1), utc_offset))
end

local last = {}

---The month that a moment is in.
---@param moment integer
---@param utc_offset integer
---@return { index: integer, year: integer, from: integer, to: integer } index: months since the year 0
function months.of(moment, utc_offset)
  if last.utc_offset == utc_offset and moment >= last.from and moment < last.to then return last end
  local year, month = time.format(moment, utc_offset):match "^(%d+)-(%d+)"
  local index = tonumber(year) * 12 + tonumber(month) - 1
  last = { index = index, year = math.floor(index / 12), from = start_of(index, utc_offset),
    to = start_of(index + 1, utc_offset), utc_offset = utc_offset }
  return last
end

---The beginning of the year that a moment is in.
---@param moment integer
---@param utc_offset integer
---@return integer
function months.year_start(moment, utc_offset)
  return start_of(months.of(moment, utc_offset).year * 12, utc_offset)
end

---The beginnings of months, or of years, inside a period.
---@param from integer
---@param to integer
---@param utc_offset integer
---@param every? integer months; default 1
---@return integer[]
function months.starts(from, to, utc_offset, every)
  local list, index = {}, months.of(from, utc_offset).index + 1
  while start_of(index, utc_offset) < to do
    if index % (every or 1) == 0 then list[#list + 1] = start_of(index, utc_offset) end
    index = index + 1
  end
  return list
end

local function of_integer(number) return decimal.of(("%d"):format(number)) end

-- What an amount a month comes to from the beginning of a month up to a moment in it.
local function up_to(amount, month, moment, places)
  local gone = of_integer(moment - month.from)
  return (amount * gone):divide(of_integer(month.to - month.from), places)
end

local function nothing(places) return decimal.of(places > 0 and "0." .. ("0"):rep(places) or "0") end

---What an amount a month comes to in a part of time. Parts that follow one another add up exactly.
---@param amount imr.Decimal
---@param from integer
---@param to integer
---@param utc_offset integer
---@param places integer
---@return imr.Decimal
function months.amount(amount, from, to, utc_offset, places)
  local first = months.of(from, utc_offset)
  local final = months.of(to, utc_offset)
  if from == first.from and to == final.from then -- whole months, as most bills are of
    local count = final.index - first.index
    if count == 1 and amount.places >= places then return amount end
    return amount * of_integer(count) + nothing(places)
  end
  return amount * of_integer(final.index - first.index) + up_to(amount, final, to, places)
    - up_to(amount, first, from, places)
end

---@param number integer
---@return imr.Decimal
months.decimal = of_integer

return months
