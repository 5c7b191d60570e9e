-- What the times of a device's rows say of its clock. Pure.
--
-- A row is stored soon after it was read. One that is ahead of the moment at which it was stored, years old, or that
-- comes late by the same days run after run, while the fleet's rows do not, tells of the device's clock.

local DAY = require("imr.base.calendar").DAY

local clock = {
  UNSET = 978307200, -- 2001: a clock that was never set is in a year before
}

local LEAST_RUNS, LEAST_SPAN = 3, 2 * DAY -- in which a clock is slow, before that is said
local LONG = 3 -- times the usual interval of a jump
local STEADY = DAY -- by which the delays of a slow clock may differ

---@class imr.ClockFinding
---@field row table the first row that shows it
---@field first integer when that was stored
---@field seen integer when the last row that shows it was stored
---@field seconds number how far the clock is off
---@field count integer rows that show it

local function note(found, kind, row, seconds)
  local one = found[kind]
  if not one then
    found[kind] = { row = row, first = row.stored_at, seen = row.stored_at, seconds = seconds, count = 1 }
    return
  end
  one.count, one.seconds = one.count + 1, math.max(one.seconds, seconds)
  one.seen = math.max(one.seen, row.stored_at)
  if row.stored_at < one.first then one.row, one.first = row, row.stored_at end
end

-- The newest row of each run that stored some.
local function newest_by_run(rows, time)
  local runs, by_run = {}, {}
  for _, row in ipairs(rows) do
    local stored = row.stored_at
    if stored and row[time] <= stored and row[time] >= clock.UNSET then
      if not by_run[stored] then runs[#runs + 1] = stored end
      if not by_run[stored] or by_run[stored][time] < row[time] then by_run[stored] = row end
    end
  end
  table.sort(runs)
  return runs, by_run
end

-- The last runs in which the delay was long, and always the same.
local function slow_runs(runs, by_run, time, least)
  local first, low, high = nil, math.huge, 0
  for index = #runs, 1, -1 do
    local delay = runs[index] - by_run[runs[index]][time]
    if delay < least or math.max(high, delay) - math.min(low, delay) > STEADY then break end
    first, low, high = index, math.min(low, delay), math.max(high, delay)
  end
  return first, low
end

-- The newest row of the last run, of rows that came in order: nearly always it is in time, and no clock is slow.
local function is_in_time(rows, time, least)
  local newest
  for index = 1, #rows do
    local row = rows[index]
    local stored = row.stored_at
    if stored and row[time] <= stored and row[time] >= clock.UNSET and (not newest or stored > newest.stored_at
      or stored == newest.stored_at and row[time] > newest[time]) then
      newest = row
    end
  end
  return not newest or newest.stored_at - newest[time] < least
end

local function find_slow(rows, time, usual, least)
  if is_in_time(rows, time, usual + least) then return nil end
  local runs, by_run = newest_by_run(rows, time)
  if #runs < LEAST_RUNS then return nil end
  local first, delay = slow_runs(runs, by_run, time, usual + least)
  if not first or #runs - first + 1 < LEAST_RUNS or runs[#runs] - runs[first] < LEAST_SPAN then return nil end
  return { row = by_run[runs[first]], first = runs[first], seen = runs[#runs], seconds = delay - usual,
    count = #runs - first + 1 }
end

---Can nothing be wrong with the clock of a device whose rows are steady, as none of them is ahead?
---@param known imr.MeteringSteady
---@param settings { delay: number?, slow: number }
---@return boolean
function clock.is_right(known, settings)
  return known.late < (settings.delay or 0) + settings.slow and known.longest < LONG * DAY
end

---What is wrong with a device's clock, as far as its rows show it in a period.
---@param rows table[] with stored_at, in any order
---@param time string field
---@param from integer the period in which the rows were stored
---@param to integer
---@param settings { delay: number?, ahead: number, slow: number } seconds: after which the fleet's rows come, and from
--- when on a clock is ahead or slow
---@return { unset: imr.ClockFinding?, ahead: imr.ClockFinding?, slow: imr.ClockFinding? }
function clock.judge(rows, time, from, to, settings)
  local found = {}
  for _, row in ipairs(rows) do
    local stored = row.stored_at
    if stored and stored >= from and stored <= to then
      if row[time] < clock.UNSET then
        note(found, "unset", row, stored - row[time])
      elseif row[time] > stored + settings.ahead then
        note(found, "ahead", row, row[time] - stored)
      end
    end
  end
  local slow = find_slow(rows, time, settings.delay or 0, settings.slow)
  if slow and slow.first <= to and slow.seen >= from then found.slow = slow end
  return found
end

local LEAST_STEPS = 5
local LEAST, MOST = 0.25, 1.5 -- times what is used in one: an empty flat uses less, wherever its clock stands

local function median(list)
  table.sort(list)
  return list[math.ceil(#list / 2)]
end

local function usual_rise(points)
  local rises, before = {}, nil
  for _, point in ipairs(points) do
    if point.accepted then
      if before and point.number >= before.number then rises[#rises + 1] = point.number - before.number end
      before = point
    end
  end
  return #rises >= LEAST_STEPS and median(rises) or 0
end

---Where a clock has jumped ahead, for all that the register says: a long time without a reading, in which only so much
---was used as else from one reading to the next.
---@param series imr.MeteringRegister
---@return { from: imr.MeteringPoint, to: imr.MeteringPoint, seconds: integer }[]
function clock.jumps(series)
  local list, usual, interval, before = {}, nil, series.interval, nil
  if not interval then return list end
  local long = LONG * math.max(interval, DAY)
  for _, point in ipairs(series.points) do
    if point.accepted then
      local seconds = before and point.time - before.time or 0
      if seconds >= long and point.number >= before.number then -- seldom, so what is usual is only then looked for
        usual = usual or usual_rise(series.points)
        local rise = point.number - before.number
        if usual > 0 and rise >= LEAST * usual and rise <= MOST * usual then
          list[#list + 1] = { from = before, to = point, seconds = seconds - interval }
        end
      end
      before = point
    end
  end
  return list
end

return clock
