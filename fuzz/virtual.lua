-- The virtual clock of an input. A wait that an option has made endless ends as a deadlock does, which is fair: after
-- so many seconds, or so many looks at what does not come. Who turns without waiting is caught by the harness.
local LONGEST, LOOKS = 1e7, 5000

return function()
  local time, looks = 0, 0
  return { now = function() return time end, idle = function(passed)
    time = time + passed
    if passed > 0 then looks = looks + 1 end
    if time > LONGEST or looks > LOOKS then error("imr: deadlock: a wait without an end", 0) end
  end }
end
