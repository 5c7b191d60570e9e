-- Do two listings of one register stand at different levels, as when one has the transformers' ratio in it? Pure.

local ends = require "imr.workflow.metering.ends"

local levels = {}

-- Of one moment, and not another scale: two values.
local function name_of(found, one, other)
  local low, high = math.min(one, other), math.max(one, other)
  return found.distance == 0 and high < 2 * low and "duplicate" or "scale"
end

-- What is wrong with a reading beside the other listing's, where that has one then.
local function problem_at(series, found, point, other)
  local off = math.abs(other.points[found.index].number - point.number)
  local room = math.max(other.limits.rise(found.distance), series.limits.rise(found.distance))
  if off > room + 2 * 10 ^ -other.resolution + 2 * 10 ^ -series.resolution then
    return name_of(found, other.points[found.index].number, point.number)
  end
end

-- Where the other listing has ended before, its last reading is compared: there two values of one moment are no more
-- than suspect, but another level is another scale.
local function problem_before(series, last, other, period)
  local found = ends.at(series, last.time, period)
  if found and not found.far and problem_at(other, found, last, series) == "scale" then return "scale" end
end

---Two listings may be read at different times, and rounded; but a bill must never be of both scales.
---@param device imr.MeteringDevice
---@param series imr.MeteringSeries
---@param point imr.MeteringPoint of the series
---@param period { utc_offset: integer, window: integer }
---@param since? integer a listing that has ended before then is not compared
---@return string|nil rule nil where they agree
function levels.problem(device, series, point, period, since)
  for _, other in ipairs(device.series) do
    local found, problem = other ~= series and ends.at(other, point.time, period), nil
    if found and not found.far then
      problem = problem_at(series, found, point, other)
    elseif found and found.time > (since or -math.huge) then
      problem = problem_before(series, other.points[found.index], other, period)
    end
    if problem then return problem end
  end
end

return levels
