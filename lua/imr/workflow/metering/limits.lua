-- How much a register may go up in a time, by what it usually does and by what a connection can carry at all.
--
-- These are thresholds, so doubles do.

local DAY = require("imr.base.calendar").DAY

local limits = {}

---By the meter's kind: `floor` a day is nothing to wonder at however little is usual, and `connection` a day is what
---the connection can carry (three phases of 100 A; 10 cubic metres an hour).
---@type table<string, { floor: number, connection: number }>
limits.by_kind = {
  electricity = { floor = 50, connection = 1656 },
  water = { floor = 5, connection = 240 },
}

local LEAST = 5 -- rates that show what is usual
local RESTING = 8 -- days that show it of a register that hardly moves
local TIMES = 20 -- what is usual on a busy day, times this, is out of the ordinary
local MOST_OFTEN = 1.5 -- times the third largest rate: what happens three times is ordinary

-- The rates of a day or more, so that readings close to each other say nothing of bursts; without what stands above the
-- next or below the one before: a misread digit is no rate. And on how many days nothing moved.
local function rates_of(points)
  local rates, rests, from, before = {}, 0, nil, points[1]
  for index = 1, #points do
    local point = points[index]
    if before.number <= point.number and point.number <= (points[index + 1] or point).number then
      from = from or point
      local rise, seconds = point.number - from.number, point.time - from.time
      if rise > 0 and seconds >= 0.8 * DAY then rates[#rates + 1] = rise * DAY / seconds end
      if rise == 0 and seconds >= 0.8 * DAY then rests = rests + 1 end
      if rise < 0 or seconds >= 0.8 * DAY then from = point end
    end
    before = point
  end
  table.sort(rates)
  return rates, rests
end

local function at_share(sorted, share) return sorted[math.max(1, math.ceil(#sorted * share))] end

-- In a day, in each further one, and of a register that begins: no time without readings is one busy day after another.
local function daily(rates, rests, own)
  if #rates >= LEAST then
    local third = rates[#rates - 2]
    local busy, often = math.min(at_share(rates, 0.8), third), MOST_OFTEN * math.min(third, own.connection)
    local usual = math.max(3 * busy, often)
    return math.max(own.floor, TIMES * busy, often), math.max(own.floor, usual), usual
  end
  if #rates + rests >= RESTING then -- two rates may both be wrong
    local per_day = math.max(own.floor, MOST_OFTEN * (rates[#rates - 2] or 0))
    return per_day, per_day, own.floor
  end
  local middle = #rates > 1 and at_share(rates, 0.5) or 0
  local per_day = math.max(own.connection, TIMES * middle)
  return per_day, per_day, own.floor
end

---What every register may rise at the least, whatever else is usual for it.
---@param own { floor: number, connection: number }
---@return fun(seconds: number): number
function limits.always(own)
  local a_day = math.min(own.floor, own.connection)
  return function(seconds)
    local days = seconds / DAY
    return days >= 1 and a_day * days or math.min(a_day, own.connection * days)
  end
end

---What a register may rise.
---@class imr.MeteringLimits
---@field per_day number
---@field rise fun(seconds: number): number the most that is ordinary
---@field from_zero fun(seconds: number): number the most that is usual: of a new register from nothing, or over its end

---What a kind of meter may rise, where nothing else is set.
---@param kind string|nil
---@return { floor: number, connection: number }
function limits.of_kind(kind) return limits.by_kind[kind] or limits.by_kind.electricity end

---@param points table[] with time and number, those that say something
---@param own { floor: number, connection: number }
---@param unit number of the last place
---@return imr.MeteringLimits
function limits.new(points, own, unit)
  local rates, rests = rates_of(points)
  local per_day, further, fresh = daily(rates, rests, own)
  local connection = math.max(own.connection, per_day)
  return {
    per_day = per_day,
    rise = function(seconds)
      local days = seconds / DAY
      if days >= 1 then return per_day + further * (days - 1) + 2 * unit end
      return math.min(per_day, connection * days) + 2 * unit
    end,
    from_zero = function(seconds) return fresh * math.max(seconds / DAY, 1) + 2 * unit end,
  }
end

return limits
