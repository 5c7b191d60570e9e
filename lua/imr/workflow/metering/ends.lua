-- The readings at the ends of a period: which they are, and what is wrong with them. Pure.

local DAY = require("imr.base.calendar").DAY
local reasons = require "imr.workflow.metering.reasons"

local ends = {}

---The reading at a moment.
---@class imr.MeteringEnd
---@field index integer of the register's points
---@field time integer
---@field distance integer seconds between it and the moment
---@field doubts string[] names of rules
---@field far boolean further than usual

-- The last point up to a moment.
local function place_of(points, moment)
  local low, high = 0, #points
  while low < high do
    local middle = math.ceil((low + high) / 2)
    if points[middle].time <= moment then low = middle else high = middle - 1 end
  end
  return low
end

local function accepted(points, index, step)
  while points[index] and not points[index].accepted do index = index + step end
  return points[index] and index or nil
end

-- How far from midnight its reading usually is.
local function usual_distance(series, period)
  local list, last = {}, nil
  for _, point in ipairs(series.points) do
    if point.accepted then
      local midnight = last and last.time + DAY - (last.time + period.utc_offset) % DAY
      if last and point.time >= midnight then
        local after = point.time - midnight
        list[#list + 1] = math.min(midnight - last.time, after <= period.window and after or math.huge)
      end
      last = point
    end
  end
  table.sort(list)
  return #list >= 3 and list[math.ceil(#list * 0.8)] or nil
end

-- How far from an end of the period its reading may be: one and a half of the usual intervals; and, where there is a
-- reading a day, no further than usual by more than half an interval, so that a missing one is seen.
local function reach_of(series, period)
  if series.reach then return series.reach end
  local interval = series.interval or DAY
  local usual = interval <= 1.5 * DAY and usual_distance(series, period)
  series.reach = math.min(1.5 * interval, usual and usual + 0.5 * interval or math.huge)
  return series.reach
end

local function is_far(series, distance, period)
  if series.shortest and distance <= 0.5 * series.shortest then return false end
  return distance > 0.5 * (series.interval or DAY) and distance > reach_of(series, period)
end

-- What is suspect, and nearer to the moment than the reading that is taken instead.
local function doubts_of(series, found, moment, window)
  local points, list = series.points, {}
  if points[found.index].contradicted then list[1] = "duplicate" end
  if series.plain then return list end
  local latest = moment + math.min(found.distance, window)
  for at = place_of(points, moment - found.distance) + 1, #points do
    local point = points[at]
    if point.time > latest then break end
    if not point.accepted then list[#list + 1] = reasons.of_suspect[point.suspect] end
  end
  return list
end

local function find(series, moment, period, window)
  local points = series.points
  local place = place_of(points, moment)
  local before, after = accepted(points, place, -1), accepted(points, place + 1, 1)
  if after and points[after].time > moment + window then after = nil end
  local index = before or after
  if before and after and points[after].time - moment < moment - points[before].time then index = after end
  if not index then return nil end
  local found = { index = index, time = points[index].time, distance = math.abs(points[index].time - moment) }
  found.doubts = doubts_of(series, found, moment, window)
  found.far = is_far(series, found.distance, period)
  return found
end

---The accepted reading at a moment: the last before it, whatever its age, or one within the window after it that is
---nearer.
---@param series imr.MeteringSeries
---@param moment integer
---@param period { utc_offset: integer, window: integer } always the same for a series
---@param window? integer instead of the period's
---@return imr.MeteringEnd|nil
function ends.at(series, moment, period, window)
  if window then return find(series, moment, period, window) end
  local known = series.ends or {} -- the end of a part is where the next one begins
  if known[moment] == nil then known[moment] = find(series, moment, period, period.window) or false end
  series.ends = known
  return known[moment] or nil
end

---The first accepted reading after a moment.
---@param series imr.MeteringSeries
---@param moment integer
---@return integer|nil index
function ends.first_after(series, moment)
  return accepted(series.points, place_of(series.points, moment) + 1, 1)
end

return ends
