-- The platform's own usage, for a meter without any register, and its own amounts of money. Pure.

local DAY = require("imr.base.calendar").DAY
local day = require "imr.workflow.metering.day"
local decimal = require "imr.decimal"
local reasons = require "imr.workflow.metering.reasons"

local platform = {}

local function times_of(rows)
  local times = {}
  for index, row in ipairs(rows) do times[index] = row.read_time end
  return times
end

-- The first that can be read of each moment: the others are copies, and a flag.
local function by_moment(rows, field)
  local list, last = {}, nil
  for _, row in ipairs(rows) do
    if row.read_time ~= last and decimal.parse(row[field]) then list[#list + 1], last = row, row.read_time end
  end
  return list
end

-- One for a day of the daily listing: of a row that moves and grows during the day, the last counts.
local function newest(rows, field, period, at_midnight, daily)
  local list, last = {}, nil
  for _, row in ipairs(by_moment(rows, field)) do
    local key = daily and day.of(row.read_time, period.utc_offset, period.window, at_midnight) or row.read_time
    if key ~= last then list[#list + 1] = row else list[#list] = row end
    last = key
  end
  return list
end

-- When what a row is of ends: a row that closes the day before is of that midnight.
local function ends_at(time, period, at_midnight)
  local since = (time + period.utc_offset) % DAY
  return at_midnight and since <= period.window and time - since or time
end

-- What the rows that end in a part of time say of a field.
local function values_of(device, field, from, to, period)
  local daily, values = device.rows.consumption, {}
  local rows = daily or device.rows.consumption_realtime or {}
  local at_midnight = day.reads_at_midnight(times_of(rows), period.utc_offset, period.window)
  for _, row in ipairs(newest(rows, field, period, at_midnight, daily ~= nil)) do
    local time = ends_at(row.read_time, period, at_midnight)
    if time > from and time <= to then values[#values + 1] = decimal.of(row[field]) end
  end
  return values
end

---@param device imr.MeteringDevice
---@param from integer
---@param to integer
---@param period { utc_offset: integer, window: integer }
---@return imr.MeteringSpan|nil nil where it gives none
function platform.span(device, from, to, period)
  local found = { status = "doubtful", reasons = reasons.new(), distance = 0 }
  for _, used in ipairs(values_of(device, "usage", from, to, period)) do
    if used.negative then
      found.reasons:add "negative"
    else
      found.used = (found.used or decimal.zero) + used
    end
  end
  found.reasons:add "unreadable"
  return found.used and found or nil
end

---The money that the platform counts; its rows have to be read with their amounts.
---@param device imr.MeteringDevice
---@param from integer
---@param to integer
---@param period { utc_offset: integer, window: integer }
---@return imr.Decimal|nil nil where it gives none
function platform.amount(device, from, to, period)
  local sum
  for _, amount in ipairs(values_of(device, "amount", from, to, period)) do sum = (sum or decimal.zero) + amount end
  return sum
end

return platform
