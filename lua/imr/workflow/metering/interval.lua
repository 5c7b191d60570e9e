-- How long it usually takes from one reading to the next.

local DAY = require("imr.base.calendar").DAY

---The longest time without a reading on a usual day: two readings seconds apart, or a meter that is read by day only,
---do not make a night look like a gap.
---@param points { time: integer }[] in order of time
---@return integer|nil seconds nil while there are too few to tell
return function(points)
  local longest, day = {}, nil
  for index = 2, #points do
    local seconds = points[index].time - points[index - 1].time
    local number = math.floor(points[index].time / DAY)
    if number == day then
      longest[#longest] = math.max(longest[#longest], seconds)
    else
      longest[#longest + 1], day = seconds, number
    end
  end
  if #longest < 3 then return nil end
  table.sort(longest)
  return longest[math.ceil(#longest / 2)]
end
