-- One register of one device in one listing: which of its readings are accepted, and where it ran over or broke.
--
--   local register = require "imr.workflow.metering.register"
--   local one = register.new(points, { kind = row.kind, now = os.time() })
--   one:between(3, 9)        what went through it, exactly
--
-- A point is { time, text } (or value, a decimal, instead of text), with stored_at where that is known. Each gets
-- `accepted`, and where it is not, `suspect`:
--   "sentinel"  a value by which a device says that it has none      "future"    a moment that had not come yet
--   "clock"     the device's clock stood at its beginning            "zero"      zero while the register was not
--   "jitter"    a unit or so of the last place below its neighbours  "misread"   beside its neighbours, then back
--   "falls"     below what came before, and nothing after says why   "spike"     far above, and nothing confirms it
--   "unreadable" no number, or what `invalid` says of the point
-- Nothing is edited, and nothing suspect is counted.

local course = require "imr.workflow.metering.course"
local decimal = require "imr.decimal"
local limits = require "imr.workflow.metering.limits"
local seconds_between = require "imr.workflow.metering.interval"
local value = require "imr.workflow.metering.value"

local register = {}

---A reading of a register.
---@class imr.MeteringPoint
---@field time integer Unix seconds
---@field text? string the platform's digits
---@field value? imr.Decimal
---@field stored_at? integer
---@field invalid? string why it is no reading at all
---@field accepted boolean
---@field suspect? string why it is not

---Where a register does not simply go on.
---@class imr.MeteringBreak
---@field kind "rollover"|"reset"|"scale"|"jump"
---@field from integer index of the reading before
---@field capacity? imr.Decimal of a roll-over

---@class imr.MeteringRegister
---@field points imr.MeteringPoint[]
---@field resolution integer places that most rows have
---@field width integer digits before the point
---@field interval integer|nil usual seconds between two readings
---@field breaks table<integer, imr.MeteringBreak> by the index of the reading after
---@field limits imr.MeteringLimits
---@field plain boolean nothing is suspect, and it simply goes on
local Register = {}
Register.__index = Register

local AHEAD = 600 -- seconds that a clock may be wrong
local FIRST_YEAR = { 946598400, 978393600 } -- the year 2000, in which a device's clock begins

-- ---------------------------------------------------------------- what a single reading says

local function suspicion(point, now)
  if point.invalid then return point.invalid end
  if not value.read(point) then return "unreadable" end
  local seen = point.stored_at or now
  if seen and point.time > seen + AHEAD then return "future" end
  if point.time >= FIRST_YEAR[1] and point.time < FIRST_YEAR[2] then return "clock" end
  if value.is_sentinel(point) then return "sentinel" end
  return point.number < 0 and "misread" or nil
end

local function reject(point, reason) point.accepted, point.suspect = false, reason end

-- The places that most rows have; the finer where there are as many.
local function most_of(counts)
  local best = 0
  for places, count in pairs(counts) do
    local most = counts[best] or 0
    if count > most or count == most and places > best then best = places end
  end
  return best
end

-- What each reading says by itself; and of all, their places and their width: with zeros in front that is a register's
-- true one, and else the least that it can be.
local function read_all(self, now)
  local counts, width, zeros, lost = {}, 1, false, false
  for _, point in ipairs(self.points) do
    local suspect = suspicion(point, now)
    point.suspect, point.accepted = suspect, suspect == nil
    if suspect then
      lost = true
    else
      counts[point.places] = (counts[point.places] or 0) + 1
      if point.width > width then width = point.width end
      zeros = zeros or point.number == 0
    end
  end
  self.resolution, self.width = most_of(counts), width
  return zeros, lost
end

-- ---------------------------------------------------------------- zeros

-- A register that has shown something shows nothing only while its device is offline, or new. At the beginning nobody
-- knows what it has shown; a climb that is out of the ordinary says it.
local function reject_zeros(points, bounds)
  local first
  for index, point in ipairs(points) do
    if point.number > 0 then
      first = index
      break
    end
  end
  if not first then return end
  local climb = first > 1 and points[first].number > bounds.from_zero(points[first].time - points[first - 1].time)
  for index, point in ipairs(points) do
    if point.number == 0 and (index > first or climb) then reject(point, "zero") end
  end
end

-- ---------------------------------------------------------------- steps

local BINARY = { 16, 23, 24, 31, 32 }

-- Where a register may end: at its written width, and at the binary widths of its unit.
local function capacities_of(self)
  local list = { { number = 10 ^ self.width, exact = decimal.power(self.width) } }
  for places = 0, math.max(self.resolution, 3) do
    for _, bits in ipairs(BINARY) do
      local exact = decimal.of(("%.0f"):format(2 ^ bits)) * decimal.power(-places)
      list[#list + 1] = { number = exact:number(), exact = exact }
    end
  end
  table.sort(list, function(a, b) return a.number < b.number end)
  return list
end

-- What may have gone over a register's end: readings that are left out in between make room for what is usual, of which
-- a limit is so many times. For a rise they make none.
local OVER = 3

local function seconds_over(from, to)
  return math.max(to.time - to.since, (to.time - from.time) / OVER)
end

local NEAR = 0.1 -- of the range, before its end and after its beginning
local DIGITS = 4 -- before the point: fewer has no register

-- What went through it meanwhile must be what usually does: a reset close to the end of its range is none.
local function capacity_of(self, from, to)
  self.capacities = self.capacities or capacities_of(self)
  local most = self.limits.from_zero(seconds_over(from, to))
  for _, capacity in ipairs(self.capacities) do
    local size = capacity.number
    if size >= self.least and size > from.number and from.number >= size * (1 - self.near)
      and to.number <= size * self.near and size - from.number + to.number <= most then
      return capacity.exact
    end
  end
end

local RATIOS = { 10, 15, 20, 25, 30, 40, 50, 60, 75, 80, 100, 120, 150, 160, 200, 240, 250, 300, 400, 500, 600, 800,
  1000 }

-- Is one of them the other in another scale, as by the ratio of current transformers? A small number fits any ratio.
local function is_rescaled(from, to)
  local low, high = math.min(from.number, to.number), math.max(from.number, to.number)
  if low < 50 then return false end
  for _, ratio in ipairs(RATIOS) do
    if math.abs(high / ratio - low) <= 0.02 * low then return true end
  end
  return false
end

local function step_kind(self, from, to)
  local rise, most = to.number - from.number, self.limits.rise(to.time - to.since)
  if rise >= 0 and rise <= most then return nil end
  if rise < 0 and capacity_of(self, from, to) then return "rollover" end
  if is_rescaled(from, to) then return "scale" end
  return rise < 0 and "reset" or "jump"
end

-- ---------------------------------------------------------------- the register

-- A unit of the last place, or a few small ones.
local function jitter_of(unit) return math.max(unit, math.min(5 * unit, 0.05)) + 1e-9 end

local function name_suspect(point, before, after, jitter)
  local near = before and math.abs(point.number - before.number) <= jitter
    or after and math.abs(point.number - after.number) <= jitter
  if near then return "jitter" end
  if before and after then return "misread" end
  if not before then return after and point.number > after.number and "spike" or "misread" end
  return point.number < before.number and "falls" or "spike"
end

local function judge(self, candidates, unit)
  local jitter = jitter_of(unit)
  for index, point in ipairs(candidates) do point.since = (candidates[index - 1] or point).time end
  local suspect = course.suspects(candidates, function(from, to) return step_kind(self, from, to) end, jitter)
  local before, waiting = nil, {}
  local function name_all(after)
    for _, point in ipairs(waiting) do reject(point, name_suspect(point, before, after, jitter)) end
    waiting = {}
  end
  for index, point in ipairs(candidates) do
    if suspect[index] then
      waiting[#waiting + 1] = point
    else
      name_all(point)
      before = point
    end
  end
  name_all(nil)
end

local function find_breaks(self)
  local last
  for index, point in ipairs(self.points) do
    if point.accepted then
      local kind = last and step_kind(self, self.points[last], point)
      if kind then
        self.breaks[index] = { kind = kind, from = last,
          capacity = kind == "rollover" and capacity_of(self, self.points[last], point) or nil }
      end
      last = index
    end
  end
end

local function still_accepted(points)
  local list = {}
  for _, point in ipairs(points) do
    if point.accepted then list[#list + 1] = point end
  end
  return list
end

local function positive(points)
  local list = {}
  for _, point in ipairs(points) do
    if point.number > 0 then list[#list + 1] = point end
  end
  return list
end

-- Most registers simply go up.
local function is_plain(points, rise)
  local seconds, most
  for index = 2, #points do
    local from, to = points[index - 1], points[index]
    local between = to.time - from.time
    if between ~= seconds then seconds, most = between, rise(between) end
    local step = to.number - from.number
    if step < 0 or step > most then return false end
  end
  return true
end

local function fill(self, settings)
  local points = self.points
  local zeros, lost = read_all(self, settings.now)
  local candidates = lost and still_accepted(points) or points
  local unit, rollover = 10 ^ -self.resolution, settings.rollover or {}
  self.interval = seconds_between(candidates)
  self.near = rollover.near and rollover.near:number() or NEAR
  self.least = 10 ^ (rollover.digits or DIGITS)
  local own = settings.limits or limits.of_kind(settings.kind)
  self.limits = limits.new(zeros and positive(candidates) or candidates, own, unit)
  if zeros then
    reject_zeros(candidates, self.limits)
    candidates = still_accepted(candidates)
  end
  local plain = is_plain(candidates, self.limits.rise)
  if not plain then
    judge(self, candidates, unit)
    find_breaks(self)
  end
  self.plain = plain and #candidates == #points
  return self
end

---@param points imr.MeteringPoint[] in order of time; each gets `accepted`
---@param settings { kind: string?, now: integer?, limits: { floor: number, connection: number }?, rollover: table? }
--- rollover: how many digits a register has at the least, and which share of its range is near its end
---@return imr.MeteringRegister
function register.new(points, settings)
  return fill(setmetatable({ points = points, breaks = {} }, Register), settings)
end

local LATER = { interval = true, resolution = true, width = true, limits = true }

---The same of points that are all accepted, in a register that simply goes up, as imr.workflow.metering.steady knows:
---what else there is to say of it is worked out when somebody asks.
---@param points imr.MeteringPoint[]
---@param settings table
---@return imr.MeteringRegister
function register.plain(points, settings)
  return setmetatable({ points = points, breaks = {}, plain = true }, { __index = function(self, name)
    if not LATER[name] then return Register[name] end
    return fill(setmetatable(self, Register), settings)[name]
  end })
end

---What went through the register between two of its accepted readings: the later one minus the earlier one; a
---roll-over counts its capacity, and a step at which the register became another counts nothing.
---@param from integer index
---@param to integer index, not before `from`
---@return imr.Decimal used
---@return imr.MeteringBreak[] breaks in between, in order
function Register:between(from, to)
  local used = value.of(self.points[to]) - value.of(self.points[from])
  local breaks = {}
  for index = self.plain and to + 1 or from + 1, to do
    local at = self.breaks[index]
    if at then
      breaks[#breaks + 1] = at
      used = used + (at.capacity or value.of(self.points[at.from]) - value.of(self.points[index]))
    end
  end
  return used, breaks
end

return register
