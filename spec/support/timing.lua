-- Real time in specs. A machine that is busy with something else makes things late, never early. So what must not come
-- too soon is asserted always; for what must not come too late there are two limits: the exact one, for a machine that
-- does nothing else (`make test-timing`), and one that only tells "at once" from "never", or one slot from the next.
local socket = require "socket"
local unpack = require "imr.base.unpack"

local now = socket.gettime

local timing = { now = now, exact = os.getenv "IMR_TIMING" == "exact" }

local RUNS = 3
local ROOM = 20

--- One of two limits.
---@param exact number for a quiet machine
---@param busy? number for any other; `exact` and 20 seconds more
---@return number
function timing.room(exact, busy)
  return timing.exact and exact or busy or exact + ROOM
end

--- Waits until fn() is true.
---@param fn fun(): boolean
---@param what string
---@param seconds? number 60
function timing.eventually(fn, what, seconds)
  local limit = now() + (seconds or 60)
  while not fn() do
    assert(now() < limit, "did not happen: " .. what)
    socket.sleep(0.02)
  end
end

---@return number seconds
---@return any ... what fn returned
function timing.of(fn)
  local began = now()
  local results = { fn() }
  return now() - began, unpack(results)
end

--- Runs `fn`, which has to take at least `least` and at most `most` seconds, or `busy` where the machine may be busy.
--- Noise only makes things slower, so where it has to be exact one run of three within the limits proves them.
---@param busy? number
---@return any ... what fn returned
function timing.within(least, most, fn, busy)
  local seconds, limit = {}, timing.room(most, busy)
  for run = 1, timing.exact and RUNS or 1 do
    local results = { timing.of(fn) }
    seconds[run] = ("%.3f"):format(results[1])
    assert(results[1] >= least, ("too early: %s s, not before %.3f s"):format(seconds[run], least))
    if results[1] <= limit then return unpack(results, 2, 10) end
  end
  error(("took %s s, allowed are %.3f s"):format(table.concat(seconds, ", "), limit), 2)
end

return timing
