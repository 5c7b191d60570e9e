--- When meters report and what their registers show then: closed formulas, so that row 8,000,000 costs what row 1 does.
---
--- A register is a straight line plus a jitter below one step of the line, hence it never falls, and any consumption is
--- exactly the difference of two readings. Registers are integers, in hundredths of a kWh or m3. Times are local
--- seconds.

local calendar = require "imr.simulator.calendar"
local hash = require "imr.simulator.hash"

local DAY = calendar.DAY
local REGISTERS_START = calendar.days(2015, 1, 1)
local SHARES = { 0.10, 0.32, 0.36, 0.22 } -- sharp, peak, flat, valley
local DRAW = {
  point = 41, freeze = 42, image = 43, register = 44, late = 51, delay = 52, restated = 53, correction = 54,
}
local CORRECTED_AFTER = 2 -- days

---@class imr.simulator.History
local History = {}
History.__index = History

---@param fleet imr.simulator.Fleet
---@param settings table checked options
---@return imr.simulator.History
function History.new(fleet, settings)
  local self = setmetatable({ fleet = fleet, settings = settings, points = settings.points }, History)
  local slot = DAY / self.points
  local spread = math.max(1, math.min(1800, math.floor(slot / 4)))
  local daily_slot = math.floor((self.points - 1) / 2)
  local function point_time(meter, n)
    return math.floor((n + 0.75) * slot) + hash.of(fleet.seed, DRAW.point, meter.id, n) % spread
  end
  local function once(draw, earliest, within)
    return function(meter, day)
      return day * DAY + earliest + hash.of(fleet.seed, draw, meter.id, day) % within
    end
  end
  self.series = {
    points = { length = slot, time = point_time },
    daily = { length = DAY, time = function(meter, day) return point_time(meter, day * self.points + daily_slot) end },
    tou = { length = DAY, time = once(DRAW.freeze, 300, 4800) },
    camera = { length = DAY, time = once(DRAW.image, 7200, 3600) },
  }
  self.daily_slot = daily_slot
  return self
end

local function day_of_option(today, offset)
  if type(today) == "string" then
    return calendar.day_of(calendar.parse(today, 0))
  end
  return calendar.day_of(today + offset)
end

--- Moves the end of the history to the last midnight. Its beginning stays, as rows do not vanish from a platform.
--- Days in progress are left out, so that a listing does not grow while somebody pages through it.
---@param now_local number local seconds
function History:advance(now_local)
  local settings = self.settings
  local today = settings.today and day_of_option(settings.today, settings.utc_offset) or calendar.day_of(now_local)
  self.first_day = self.first_day or today - settings.days
  self.origin = self.origin or today
  self.end_day = math.max(self.end_day or today, today)
end

--- The first index and the number of a meter's rows with from <= time <= to.
---@param name "points"|"daily"|"tou"|"camera"
---@return number first, number count
function History:span(name, meter, from, to)
  local series = self.series[name]
  local per_day = DAY / series.length
  local first, last = self.first_day * per_day, self.end_day * per_day - 1
  local low, high = math.floor(from / series.length), math.floor(to / series.length)
  if low >= first then
    first = series.time(meter, low) < from and low + 1 or low
  end
  if high <= last then
    last = series.time(meter, high) > to and high - 1 or high
  end
  return first, math.max(0, last - first + 1)
end

--- Whether a listing shows this row yet; some come days after their time.
---@param name "points"|"daily"|"tou"|"camera"
---@return boolean
function History:is_shown(name, meter, index)
  local settings, day = self.settings, math.floor(index * self.series[name].length / DAY)
  if day + 1 + settings.late_days < self.end_day
    or hash.unit(settings.seed, DRAW.late, meter.id, day) >= settings.late then
    return true
  end
  return day + 1 + hash.of(settings.seed, DRAW.delay, meter.id, day) % math.max(1, settings.late_days) < self.end_day
end

function History:time(name, meter, index)
  return self.series[name].time(meter, index)
end

-- Hundredths that a register gains in a day; nothing where nobody lives.
local function daily_rate(fleet, meter)
  if fleet:vacant(meter.id) then
    return 0
  end
  local draw = fleet:draw("rate", meter.id)
  return meter.kind == "water" and 12 + draw % 60 or 300 + draw % 1500
end

-- Rows of a meter come together, so its line is worked out once for all of them.
local function line_of(self, meter)
  if not meter.line then
    local installed = REGISTERS_START + self.fleet:draw("install", meter.id) % 1800
    meter.line = { rate = daily_rate(self.fleet, meter) / self.points, start = installed * self.points }
  end
  return meter.line
end

local function register(self, meter, n, share, part)
  local line = line_of(self, meter)
  local age, rate = n - line.start, math.ceil(line.rate * share)
  if age <= 0 or rate == 0 then
    return 0
  end
  return age * rate + hash.of(self.fleet.seed, DRAW.register + part, meter.id, n) % (rate + 1)
end

-- What somebody corrected afterwards: less than half a day's gain, so a day's reading stays between its neighbours.
local function correction(self, meter, n)
  local day = math.floor(n / self.points)
  local seed, rate = self.fleet.seed, line_of(self, meter).rate * self.points
  if self.settings.restated == 0 or n ~= self:daily_point(day) or day + CORRECTED_AFTER >= self.end_day or rate == 0
    or hash.unit(seed, DRAW.restated, meter.id, day) >= self.settings.restated then
    return 0
  end
  return 1 + hash.of(seed, DRAW.correction, meter.id, day) % math.ceil(rate / 2)
end

local function exact_registers(self, meter, n)
  local corrected = correction(self, meter, n)
  if not meter.tou then
    return { total = register(self, meter, n, 1, 0) + corrected }
  end
  local registers = { total = 0 }
  for part, share in ipairs(SHARES) do
    registers[part] = register(self, meter, n, share, part)
    registers.total = registers.total + registers[part]
  end
  registers[3], registers.total = registers[3] + corrected, registers.total + corrected
  return registers
end

--- Registers at a recorded point; with time-of-use [1..4] are sharp, peak, flat, valley and add up to the total.
---@param n number index of the point
function History:registers(meter, n)
  return exact_registers(self, meter, n)
end

--- Registers at any moment, in between two points.
---@param time number local seconds
function History:registers_at(meter, time)
  local points = self.series.points
  local n = math.floor(time / points.length)
  if points.time(meter, n) > time then
    n = n - 1
  end
  local before, after = exact_registers(self, meter, n), exact_registers(self, meter, n + 1)
  local start, stop = points.time(meter, n), points.time(meter, n + 1)
  local share = (time - start) / (stop - start)
  local function between(key)
    return before[key] + math.floor((after[key] - before[key]) * share)
  end
  if not meter.tou then
    return { total = between("total") }
  end
  local registers = { between(1), between(2), between(3), between(4) }
  registers.total = registers[1] + registers[2] + registers[3] + registers[4]
  return registers
end

--- The point that a daily row shows.
function History:daily_point(day)
  return day * self.points + self.daily_slot
end

return History
