-- Which meter has which tariff, multiplier and share: the CSV beside a tariff file.

local csv = require "imr.base.csv"
local decimal = require "imr.decimal"
local headings = require "imr.language.headings"
local read_amount = require "imr.workflow.bill.amount"
local tariff = require "imr.workflow.bill.tariff"

local meters = {}

local COLUMNS = { "meter_no", "tariff", "multiplier", "share", "households", "user_code", "user_name" }

---What the file says of a meter; several where its usage is shared.
---@class imr.BillMeter
---@field tariff? string
---@field multiplier imr.Decimal
---@field households imr.Decimal
---@field share? { [1]: imr.Decimal, [2]: imr.Decimal } a fraction; nil: all of it
---@field user_code? string who pays, instead of the tenant
---@field user_name? string

local ONE = decimal.of "1"

local function positive(row, name)
  if not row[name] then return ONE end
  local value = read_amount(row[name])
  if value and not value:is_zero() then return value end
  return nil, ("%s must be a number above 0, not '%s'"):format(name, row[name])
end

-- "0.25" or "1/12".
local function share_of(text)
  if not text then return nil end
  local above, under = text:match "^([%d.]+)/([%d.]+)$"
  local share = { read_amount(above or text), not under and ONE or read_amount(under) }
  if share[1] and share[2] and not share[1]:is_zero() and not share[2]:is_zero() and share[1] <= share[2] then
    return share
  end
  return nil, ("share must be a fraction such as 0.25 or 1/12, not '%s'"):format(text)
end

local function entry_of(row, set)
  local entry = { tariff = row.tariff, user_code = row.user_code, user_name = row.user_name }
  if not row.meter_no then return nil, "there is no meter number" end
  if row.tariff then
    local _, unknown = tariff.find(set, row.tariff)
    if unknown then return nil, unknown end
  end
  local problem
  for _, name in ipairs { "multiplier", "households" } do
    entry[name], problem = positive(row, name)
    if problem then return nil, problem end
  end
  entry.share, problem = share_of(row.share)
  return entry, problem
end

-- Fractions a/b whose sum is compared with 1: sum = above / under.
local function add_share(sum, share)
  if not sum then return { share[1], share[2] } end
  return { sum[1] * share[2] + share[1] * sum[2], sum[2] * share[2] }
end

local function check_sharing(list)
  local sum, seen = nil, {}
  for _, entry in ipairs(list) do
    local payer = entry.user_code or entry.user_name
    if payer and seen[payer] then return ("names %s twice; what is one's is one share"):format(payer) end
    if #list > 1 and not (entry.share and payer) then
      return "is there twice; where it is shared, each row has a share and a user_code or user_name"
    end
    if payer then seen[payer] = true end
    if entry.share then sum = add_share(sum, entry.share) end
    for _, name in ipairs { "multiplier", "tariff" } do
      if entry[name] ~= list[1][name] then return ("has two values of %s"):format(name) end
    end
  end
  if sum and sum[1] > sum[2] then return "has shares that come to more than 1" end
  list.whole = sum ~= nil and sum[1] == sum[2]
end

---The meters that somebody pays for who need not live there.
---@param named table<string, imr.BillMeter[]>
---@param who string code or name
---@return string[]
function meters.paid_by(named, who)
  local list = {}
  for number, entries in pairs(named) do
    for _, entry in ipairs(entries) do
      if entry.user_code == who or entry.user_name == who then
        list[#list + 1] = number
        break
      end
    end
  end
  return list
end

---Reads and checks the file's text.
---@param text string
---@param file string its name, for messages
---@param set imr.TariffSet
---@return table<string, imr.BillMeter[]>|nil by meter number
---@return string|nil problem
function meters.read(text, file, set)
  local rows, problem = csv.parse(text, COLUMNS, { "meter_no" }, headings.also(COLUMNS))
  if not rows then return nil, ("%s: %s"):format(file, problem) end
  local found, lines = {}, {}
  for _, row in ipairs(rows) do
    local entry, wrong = entry_of(row, set)
    if wrong then return nil, ("%s, line %d: %s"):format(file, row.line, wrong) end
    local list = found[row.meter_no] or {}
    found[row.meter_no], list[#list + 1], lines[row.meter_no] = list, entry, row.line
  end
  for number, list in pairs(found) do
    problem = check_sharing(list)
    if problem then return nil, ("%s, line %d: meter %s %s"):format(file, lines[number], number, problem) end
  end
  return found
end

return meters
