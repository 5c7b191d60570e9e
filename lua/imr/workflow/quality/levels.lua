-- Whether two listings of one device stand at the same level. Pure.
--
-- They may be read at different times, and one may be rounded; so a reading of one has to lie between what the other
-- shows some time before and some time after it.

local DAY = require("imr.base.calendar").DAY

local levels = {}

local SHIFT = 1.5 -- of the longer interval: a listing may date a reading by its day

---@class imr.QualityLevels
---@field compared integer readings that could be compared
---@field apart integer those that lie outside
---@field last imr.MeteringPoint|nil the last of them that lies outside
---@field beside imr.MeteringPoint|nil the other listing's reading near it
---@field ratio number|nil the median of their ratios

local function accepted(series)
  local list = {}
  for _, point in ipairs(series.points) do
    if point.accepted then list[#list + 1] = point end
  end
  return list
end

local function shift_of(one, other)
  return SHIFT * math.max(one.interval or DAY, other.interval or DAY, DAY)
end

-- The reading that is the last one at a time, and the first from another time on.
local function around(points, at, before, after)
  while points[at + 1] and points[at + 1].time <= before do at = at + 1 end
  local next_at = math.max(at, 1)
  while points[next_at] and points[next_at].time < after do next_at = next_at + 1 end
  return at, points[at], points[next_at]
end

-- The most that went through it in a second, twice.
local function rate_of(points)
  local most
  for index = 2, #points do
    local from, to = points[index - 1], points[index]
    local rate = (to.number - from.number) / math.max(to.time - from.time, DAY / 2)
    most = math.max(most or 0, rate)
  end
  return most and 2 * most
end

local function is_apart(point, low, high, rate, unit)
  if low and point.number < low.number - unit then return true end
  if high then return point.number > high.number + unit end
  return rate ~= nil and point.number > low.number + rate * (point.time - low.time) + unit
end

local function median(list)
  table.sort(list)
  return list[math.ceil(#list / 2)]
end

---@param one imr.MeteringSeries
---@param other imr.MeteringSeries
---@param from integer readings of `other` from then on are compared
---@param to integer
---@return imr.QualityLevels
function levels.compare(one, other, from, to)
  local points, shift = accepted(one), shift_of(one, other)
  local unit = 10 ^ -math.min(one.resolution, other.resolution)
  local found, ratios, at, rate = { compared = 0, apart = 0 }, {}, 0, rate_of(points)
  for _, point in ipairs(accepted(other)) do
    if point.time >= from and point.time <= to then
      local low, high
      at, low, high = around(points, at, point.time - shift, point.time + shift)
      if low or high then
        found.compared = found.compared + 1
        if is_apart(point, low, high, rate, unit) then
          local beside = low or high
          found.apart, found.last, found.beside = found.apart + 1, point, beside
          if beside.number > 0 then ratios[#ratios + 1] = point.number / beside.number end
        end
      end
    end
  end
  found.ratio = #ratios > 0 and median(ratios) or nil
  return found
end

return levels
