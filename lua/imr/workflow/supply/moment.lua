-- What time it is, when the clock may have been set.
--
-- A clock that is set back would stretch what expires, and lead back out of quiet hours; one that is set forward, out
-- of them at the other end. So the time is a span of all that one has reason to believe: what the clock says, what it
-- said when the run began and the seconds since then, and the newest time in the ledger. A ledger that is more than a
-- day ahead was written by a clock that was wrong: it says nothing.

local hours = require "imr.workflow.supply.hours"

local WRONG = require("imr.base.calendar").DAY

---@class imr.SupplyMoment
local Moment = {}
Moment.__index = Moment

local moment = {}

-- Also of a clock that shows no time at all, which leaves none.
local function at_least_none(seconds) return seconds > 0 and seconds or 0 end

---@param clock fun(): number Unix seconds, as they are set
---@param steady fun(): number seconds that nobody sets
---@param known number|nil a Unix time that has been
---@return imr.SupplyMoment
function moment.new(clock, steady, known)
  local now = clock()
  if known and known - now > WRONG then known = nil end
  return setmetatable({ clock = clock, steady = steady, ahead = now - steady(), known = known or now }, Moment)
end

---@return number earliest Unix seconds
---@return number latest
function Moment:span()
  local now, reckoned = self.clock(), self.steady() + self.ahead
  return math.min(now, reckoned), math.max(now, reckoned, self.known)
end

---Seconds until what was made at one Unix time and ends at another has ended; 0 when it may have. When that is nobody
---knows of something that was made more than a day from now.
---@param ends number
---@param made number
---@return number
function Moment:left_until(ends, made)
  local _, latest = self:span()
  return made - latest > WRONG and 0 or at_least_none(ends - latest)
end

---Seconds until it may be quiet hours; 0 when it may be already.
---@param quiet string|nil
---@param utc_offset integer
---@return number
function Moment:left_until_quiet(quiet, utc_offset)
  local earliest, latest = self:span()
  return at_least_none(hours.left(quiet, earliest, utc_offset) - (latest - earliest))
end

return moment
