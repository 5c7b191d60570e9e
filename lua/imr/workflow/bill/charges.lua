-- What quantities cost: exact decimals, rounded once at the end. Pure.

local decimal = require "imr.decimal"
local months = require "imr.workflow.bill.months"

local charges = {}

---A part of time in which one version of a tariff holds, and what was used in it.
---@class imr.BillSegment
---@field from integer
---@field to integer
---@field version imr.TariffVersion
---@field quantity imr.Decimal
---@field parts? table<string, imr.Decimal> by sharp, peak, flat, valley

---Quantity times price.
---@class imr.BillCharge
---@field item string price, tier, sharp, peak, flat, valley, surcharge, fee or minimum
---@field name? string of a surcharge or fee
---@field tier? integer
---@field quantity? imr.Decimal
---@field price? imr.Decimal
---@field amount imr.Decimal not rounded, unless each is

local ONE = decimal.of "1"

-- The charge of an item at a price: a change of price makes another one.
local function charge_of(bill, version, item, more)
  local key = ("%s\0%s\0%s"):format(item, more.name or more.tier or "", tostring(version))
  local charge = bill.known[key]
  if not charge then
    charge = { item = item, name = more.name, tier = more.tier, price = more.price, amount = decimal.zero }
    bill.known[key], bill.list[#bill.list + 1] = charge, charge
  end
  return charge
end

local function add(bill, version, item, more, quantity)
  local charge = charge_of(bill, version, item, more)
  charge.quantity = charge.quantity and charge.quantity + quantity or quantity
  charge.amount = charge.quantity * more.price
end

-- ---------------------------------------------------------------- tiers

-- Of a month, the limits are in proportion to the part of it that the line is of.
local function share_of_month(limit, month, bill)
  local from, to = math.max(bill.from, month.from), math.min(bill.to, month.to)
  if from == month.from and to == month.to then return limit end
  return (limit * months.decimal(to - from)):divide(months.decimal(month.to - month.from), 6)
end

local function limit_of(bill, version, tier, month)
  if not tier.upto then return nil end
  local limit = bill.households == ONE and tier.upto or tier.upto * bill.households
  return version.accumulate == "year" and limit or share_of_month(limit, month, bill)
end

local function smaller(a, b) return a < b and a or b end

local function add_tiers(bill, segment, month, of_month)
  local version, rest = segment.version, segment.quantity
  local position = bill.used[version.accumulate == "year" and month.year or of_month] or decimal.zero
  for index, tier in ipairs(version.tiers) do
    local limit = limit_of(bill, version, tier, month)
    local room = limit and limit - position
    local taken = not room and rest or room.negative and decimal.zero or smaller(room, rest)
    if not taken:is_zero() then
      add(bill, version, "tier", { tier = index, price = tier.price }, taken)
      position, rest = position + taken, rest - taken
    end
  end
end

-- Limits are of all that is used in a month or a year, also of what was used at a price without tiers.
local function add_used(bill, segment)
  local month = months.of(segment.from, bill.utc_offset)
  local of_month = ("%d month"):format(month.index)
  if segment.version.tiers then add_tiers(bill, segment, month, of_month) end
  for _, key in ipairs { month.year, of_month } do
    bill.used[key] = (bill.used[key] or decimal.zero) + segment.quantity
  end
end

-- ---------------------------------------------------------------- the others

local function add_parts(bill, segment)
  for _, part in ipairs { "sharp", "peak", "flat", "valley" } do
    local quantity, price = segment.parts and segment.parts[part], segment.version.tou[part]
    if price and not quantity then return "no_parts" end
    if quantity and not price and not quantity:is_zero() then return "no_price" end
    if price then add(bill, segment.version, part, { price = price }, quantity) end
  end
end

local function add_fee(bill, segment, item, name, amount)
  local charge = charge_of(bill, segment.version, item, { name = name, price = amount })
  charge.amount = charge.amount + months.amount(amount, segment.from, segment.to, bill.utc_offset, bill.places)
end

local function add_segment(bill, segment)
  local version = segment.version
  local problem = version.tou and add_parts(bill, segment)
  if problem then return problem end
  if version.price then add(bill, version, "price", { price = version.price }, segment.quantity) end
  if bill.tiers then add_used(bill, segment) end
  for _, one in ipairs(version.surcharges) do add(bill, version, "surcharge", one, segment.quantity) end
  for _, one in ipairs(version.fees) do add_fee(bill, segment, "fee", one.name, one.amount) end
  if version.minimum then
    bill.minimum = (bill.minimum or decimal.zero)
      + months.amount(version.minimum, segment.from, segment.to, bill.utc_offset, bill.places)
  end
end

local function sum(list)
  local total = decimal.zero
  for _, charge in ipairs(list) do total = total + charge.amount end
  return total
end

-- What lacks to the least that is to be paid.
local function add_minimum(bill)
  local lacking = bill.minimum and bill.minimum - sum(bill.list)
  if not lacking or lacking.negative or lacking:is_zero() then return end
  bill.list[#bill.list + 1] = { item = "minimum", amount = lacking }
end

---The charges of a line.
---@param segments imr.BillSegment[] in order of time
---@param facts { from: integer, to: integer, utc_offset: integer, places: integer, rounding: string,
--- round_each: string, year_used: imr.Decimal?, households: imr.Decimal? } year_used: before the line, in its year
---@return imr.BillCharge[]|nil
---@return imr.Decimal|string amount, or why there is none
function charges.of(segments, facts)
  local year = months.of(facts.from, facts.utc_offset).year
  local bill = { list = {}, known = {}, from = facts.from, to = facts.to, utc_offset = facts.utc_offset,
    households = facts.households or ONE, used = { [year] = facts.year_used }, places = facts.places }
  for _, segment in ipairs(segments) do bill.tiers = bill.tiers or segment.version.tiers ~= nil end
  for _, segment in ipairs(segments) do
    local problem = add_segment(bill, segment)
    if problem then return nil, problem end
  end
  if facts.round_each == "charge" then
    for _, charge in ipairs(bill.list) do charge.amount = charge.amount:round(facts.places, facts.rounding) end
  end
  add_minimum(bill)
  return bill.list, sum(bill.list):round(facts.places, facts.rounding)
end

return charges
