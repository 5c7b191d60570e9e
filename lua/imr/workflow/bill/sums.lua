-- Sums of lines: all, by tariff, by building, by kind. The sum of the lines is the total, to the last place. Pure.

local copy = require "imr.base.copy"
local decimal = require "imr.decimal"
local sorted_names = require "imr.base.names"

local sums = {}

---A sum of lines.
---@class imr.BillSum
---@field lines integer
---@field held integer lines among them that have no amount
---@field usage string of those billed
---@field amount string

---Sums of all lines, and of those of each tariff, building, tenant and kind.
---@class imr.BillSums
---@field total imr.BillSum
---@field tariff table[] imr.BillSum with the name
---@field building table[]
---@field tenant table[] with user_code and user_name
---@field kind table[]
local Sums = {}
Sums.__index = Sums

local BY = { "tariff", "building", "tenant", "kind" }

-- What a sum is of: the key that it is known and sorted by, and what is shown of that.
local function group_of(line, by)
  local name = by == "tenant" and "user_code" or by
  local found = line[name] ~= "" and line[name] or nil
  if by ~= "tenant" then return found or "", { [by] = found } end
  return found or line.user_name or "", { user_code = found, user_name = line.user_name }
end

local function new_sum(shown)
  return { lines = 0, held = 0, usage = decimal.zero, amount = decimal.zero, shown = shown }
end

---@return imr.BillSums
function sums.new()
  local all = setmetatable({ total = new_sum() }, Sums)
  for _, name in ipairs(BY) do all[name] = {} end
  return all
end

local function add(sum, line, amount, usage)
  sum.lines = sum.lines + 1
  if line.status == "held" then sum.held = sum.held + 1 end
  if not amount then return end
  sum.amount = sum.amount + amount
  if usage then sum.usage = sum.usage + usage end
end

---@param line imr.BillLine
function Sums:add(line)
  local amount, usage = line.amount and decimal.of(line.amount), line.usage and decimal.of(line.usage)
  add(self.total, line, amount, usage)
  for _, name in ipairs(BY) do
    local key, shown = group_of(line, name)
    self[name][key] = self[name][key] or new_sum(shown)
    add(self[name][key], line, amount, usage)
  end
end

local function text(sum)
  return copy(sum.shown, { lines = sum.lines, held = sum.held, usage = tostring(sum.usage),
    amount = tostring(sum.amount) })
end

---Lists with exact texts, in the order of names.
---@return imr.BillSums
function Sums:texts()
  local made = { total = text(self.total) }
  for _, name in ipairs(BY) do
    made[name] = {}
    for index, key in ipairs(sorted_names(self[name])) do
      made[name][index] = text(self[name][key])
    end
  end
  return made
end

return sums
