-- How far the host's boot clock, on which a shared store keeps its times, is ahead of a caller's clock.
--
-- The runtimes of imr have that very clock. Then the difference is none: what passes between the caller's look at it
-- and ours is no difference, and taking it for one would let a process that was paused just there send too early.
-- Only a clock that is clearly another one (a test's) is converted.

local core = require "imr.core"

local clock = {}

local SAME = 60 -- seconds; nobody is paused that long at the first look

---@return fun(now: number): number shift seconds from the caller's clock to core.now
---@return fun(now: number): number later the caller's clock at this very moment
function clock.new()
  local same

  local function shift(now)
    if same then return 0 end
    local difference = core.now() - now
    if same == nil then same = difference > -0.001 and difference < SAME end
    return same and 0 or difference
  end

  return shift, function(now)
    shift(now)
    return same and core.now() or now
  end
end

return clock
