-- Sums of lines: all, by tariff, by building, by kind. The sum of the lines is the total, to the last place. Pure.

local copy = require "imr.base.copy"
local decimal = require "imr.decimal"
local sorted_names = require "imr.base.names"
local tenant = require "imr.workflow.metering.tenant"

local sums = {}

---A sum of lines.
---@class imr.BillSum
---@field lines integer
---@field held integer lines among them that have no amount
---@field usage? string of those billed; absent where they are of several kinds, which have no sum
---@field electricity_usage? string
---@field water_usage? string
---@field amount string

---Sums of all lines, and of those of each tariff, building, tenant and kind.
---@class imr.BillSums
---@field total imr.BillSum
---@field tariff table[] imr.BillSum with the name
---@field building table[]
---@field tenant? table[] with user_code and user_name, and the place of one without a code, where they are asked for
---@field kind table[]
local Sums = {}
Sums.__index = Sums

local BY = { "tariff", "building", "kind" }
local WITH_TENANTS = { "tariff", "building", "tenant", "kind" }

-- What a sum is known and sorted by, and what is shown of that.
local function key_of(line, by)
  if by == "tenant" then return tenant.key(line) or "" end
  return line[by] or ""
end

local function shown_of(line, by)
  if by == "tenant" then return tenant.shown(line) end
  return { [by] = line[by] ~= "" and line[by] or nil }
end

local function new_sum(shown)
  return { lines = 0, held = 0, amount = decimal.zero, used = {}, shown = shown }
end

---@param with_tenants? boolean also of each tenant: so many are kept
---@return imr.BillSums
function sums.new(with_tenants)
  local all = setmetatable({ total = new_sum(), by = with_tenants and WITH_TENANTS or BY }, Sums)
  for _, name in ipairs(all.by) do all[name] = {} end
  return all
end

local function add(sum, line, amount, usage)
  sum.lines = sum.lines + 1
  if line.status == "held" then sum.held = sum.held + 1 end
  if not amount then return end
  sum.amount = sum.amount + amount
  local kind = line.kind or ""
  if usage then sum.used[kind] = (sum.used[kind] or decimal.zero) + usage end
end

---@param line imr.BillLine
function Sums:add(line)
  local amount, usage = line.amount and decimal.of(line.amount), line.usage and decimal.of(line.usage)
  add(self.total, line, amount, usage)
  for _, name in ipairs(self.by) do
    local key = key_of(line, name)
    self[name][key] = self[name][key] or new_sum(shown_of(line, name))
    add(self[name][key], line, amount, usage)
  end
end

-- kWh and cubic metres are no sum.
local function text(sum)
  local kind, all = next(sum.used)
  local mixed = kind and next(sum.used, kind)
  local function of(one) return sum.used[one] and tostring(sum.used[one]) end
  return copy(sum.shown, { lines = sum.lines, held = sum.held, amount = tostring(sum.amount),
    usage = not mixed and tostring(all or decimal.zero) or nil, electricity_usage = of "electricity",
    water_usage = of "water" })
end

---Lists with exact texts, in the order of names.
---@return imr.BillSums
function Sums:texts()
  local made = { total = text(self.total) }
  for _, name in ipairs(self.by) do
    made[name] = {}
    for index, key in ipairs(sorted_names(self[name])) do
      made[name][index] = text(self[name][key])
    end
  end
  return made
end

return sums
