-- Quiet hours: "20:00-08:00" on the platform's clock, in which no supply is cut.

local DAY = require("imr.base.calendar").DAY
local LAST = 1440 -- minutes: 24:00

local hours = {}

local function minutes(hour, minute)
  hour, minute = tonumber(hour), tonumber(minute)
  if not hour or hour > 24 or minute > 59 or (hour == 24 and minute > 0) then return nil end
  return hour * 60 + minute
end

---@param text string "HH:MM-HH:MM", over midnight where the first is later
---@return { from: integer, to: integer }|nil seconds of the day
---@return string|nil problem
function hours.parse(text)
  local first, first_minute, last, last_minute = tostring(text):match("^(%d%d?):(%d%d)%-(%d%d?):(%d%d)$")
  local from, to = minutes(first, first_minute), minutes(last, last_minute)
  if not from or not to or from == to or (from == LAST and to == 0) then
    return nil, ("quiet hours are written HH:MM-HH:MM, such as 20:00-08:00, not %q"):format(tostring(text))
  end
  return { from = from * 60, to = to * 60 }
end

---Seconds until quiet hours begin; 0 within them, math.huge without any. Quiet hours that nobody can read, and a clock
---that shows no time, cover every moment.
---@param text string|nil
---@param now number Unix seconds
---@param utc_offset integer
---@return number
function hours.left(text, now, utc_offset)
  if text == nil then return math.huge end
  local span = hours.parse(text)
  local second = (now + utc_offset) % DAY
  if not span or second ~= second then return 0 end
  local inside = second >= span.from and second < span.to
  if span.from > span.to then inside = second >= span.from or second < span.to end
  return inside and 0 or (span.from - second) % DAY
end

return hours
