-- The platform's own usage, for a meter without any register. Pure.

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
local function by_moment(rows)
  local list, last = {}, nil
  for _, row in ipairs(rows) do
    if row.read_time ~= last and decimal.parse(row.usage) then list[#list + 1], last = row, row.read_time end
  end
  return list
end

-- One for a day of the daily listing: of a row that moves and grows during the day, the last counts.
local function newest(rows, period, at_midnight, daily)
  local list, last = {}, nil
  for _, row in ipairs(by_moment(rows)) do
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

---@param device imr.MeteringDevice
---@param from integer
---@param to integer
---@param period { utc_offset: integer, window: integer }
---@return imr.MeteringSpan|nil nil where it gives none
function platform.span(device, from, to, period)
  local found = { status = "doubtful", reasons = reasons.new(), distance = 0 }
  local daily = device.rows.consumption
  local rows = daily or device.rows.consumption_realtime or {}
  local at_midnight = day.reads_at_midnight(times_of(rows), period.utc_offset, period.window)
  for _, row in ipairs(newest(rows, period, at_midnight, daily ~= nil)) do
    local time, used = ends_at(row.read_time, period, at_midnight), decimal.parse(row.usage)
    if time > from and time <= to then
      if used.negative then
        found.reasons:add "negative"
      else
        found.used = (found.used or decimal.zero) + used
      end
    end
  end
  found.reasons:add "unreadable"
  return found.used and found or nil
end

return platform
