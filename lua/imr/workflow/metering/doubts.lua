-- What else may be wrong with a span of readings that were accepted: what the register alone does not show. Pure.

local clock = require "imr.workflow.metering.clock"
local DAY = require("imr.base.calendar").DAY
local levels = require "imr.workflow.metering.levels"
local span = require "imr.workflow.metering.span"

local doubts = {}

local CLOCK = { ahead = 600, slow = 1.5 * DAY } -- as the rule `clock` has them

-- A clock that is slow by days, or ahead, makes every end one of another day; so does one that has jumped since the
-- opening.
local function doubt_clock(found, given, device, part)
  local source = found.series.source
  local rows, limits = device.rows[source.name],
    { delay = (given.delays or {})[source.name], ahead = CLOCK.ahead, slow = CLOCK.slow }
  if device.steady and clock.is_right(device.steady, limits) then return end
  device.clocks = device.clocks or {} -- what all its rows say; there are many parts, and seldom anything to find
  local whole = device.clocks[source] or clock.judge(rows, source.time, -math.huge, math.huge, limits)
  device.clocks[source] = whole
  local seen = next(whole) and clock.judge(rows, source.time, part.from, part.to + 7 * DAY, limits) or whole
  local wrong = seen.slow or seen.ahead
  for _, jump in ipairs(clock.jumps(found.series)) do
    wrong = wrong or jump.to.time > found.opening.time and jump.to.time <= found.closing.time
  end
  if wrong then span.doubt(found, "clock") end
end

-- A value that was changed more than once may change again.
local function doubt_restated(found, given)
  local source = found.series.source
  local granularity = source.granularity
  for _, point in ipairs { found.opening, found.closing } do
    local count = 0
    for _, change in ipairs(given.restatements or {}) do
      if change.row_time == point.time and change.table_name == source.table and change.field == source.registers[1]
        and (not granularity or change.granularity == granularity) then
        count = count + 1
      end
    end
    if count == 1 then found.reasons:add "restated" end
    if count > 1 then span.doubt(found, "restated") end
  end
end

---Adds them.
---@param found imr.MeteringSpan
---@param given imr.MeteringRows
---@param device imr.MeteringDevice
---@param part imr.MeteringPart
---@param period { utc_offset: integer, window: integer }
function doubts.add(found, given, device, part, period)
  local from, opening, closing = found.opening.time, found.opening, found.closing
  local disagreement = levels.problem(device, found.series, closing, period, from)
    or levels.problem(device, found.series, opening, period, from)
  if disagreement then span.doubt(found, disagreement) end
  doubt_clock(found, given, device, part)
  doubt_restated(found, given)
end

return doubts
