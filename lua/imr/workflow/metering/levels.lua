-- Do two listings of one register stand at different levels, as when one has the transformers' ratio in it? Pure.

local ends = require "imr.workflow.metering.ends"

local levels = {}

-- Of one moment, and not another scale: two values.
local function name_of(found, one, other)
  local low, high = math.min(one, other), math.max(one, other)
  return found.distance == 0 and high < 2 * low and "duplicate" or "scale"
end

---Two listings may be read at different times, and rounded; but a bill must never be of both scales.
---@param device imr.MeteringDevice
---@param series imr.MeteringSeries
---@param point imr.MeteringPoint of the series
---@param period { utc_offset: integer, window: integer }
---@return string|nil rule nil where they agree
function levels.problem(device, series, point, period)
  for _, other in ipairs(device.series) do
    local found = other ~= series and ends.at(other, point.time, period)
    if found and not found.far then
      local off = math.abs(other.points[found.index].number - point.number)
      local room = math.max(other.limits.rise(found.distance), series.limits.rise(found.distance))
      if off > room + 2 * 10 ^ -other.resolution + 2 * 10 ^ -series.resolution then
        return name_of(found, other.points[found.index].number, point.number)
      end
    end
  end
end

return levels
