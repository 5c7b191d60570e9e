-- How long something takes, on a machine that may be busy with something else.
local now = require("socket").gettime

local timing = { now = now }

local RUNS = 3

---@return number seconds
---@return any ... what fn returned
function timing.of(fn)
  local began = now()
  local results = { fn() }
  return now() - began, (table.unpack or unpack)(results)
end

--- Runs `fn` until it takes at least `least` and at most `most` seconds; noise only makes things slower, so one run of
--- three inside the limits proves that they hold.
---@return any ... what fn returned
function timing.within(least, most, fn)
  local seconds = {}
  for run = 1, RUNS do
    local results = { timing.of(fn) }
    seconds[run] = results[1]
    assert(results[1] >= least, ("too early: %.3f s, not before %.3f s"):format(results[1], least))
    if results[1] <= most then return (table.unpack or unpack)(results, 2, 10) end
  end
  error(("took %.3f, %.3f, %.3f s, allowed are %.3f s"):format(seconds[1], seconds[2], seconds[3], most), 2)
end

return timing
