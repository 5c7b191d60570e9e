-- Do two listings of one register stand at different levels, as when one has the transformers' ratio in it? Pure.

local ends = require "imr.workflow.metering.ends"

local levels = {}

---Two listings may be read at different times, and rounded; but a bill must never be of both scales.
---@param device imr.MeteringDevice
---@param series imr.MeteringSeries
---@param point imr.MeteringPoint of the series
---@param period { utc_offset: integer, window: integer }
---@return boolean
function levels.differ(device, series, point, period)
  for _, other in ipairs(device.series) do
    local found = other ~= series and ends.at(other, point.time, period)
    if found and not found.far then
      local off = math.abs(other.points[found.index].number - point.number)
      local room = math.max(other.limits.rise(found.distance), series.limits.rise(found.distance))
      if off > room + 2 * 10 ^ -other.resolution + 2 * 10 ^ -series.resolution then return true end
    end
  end
  return false
end

return levels
