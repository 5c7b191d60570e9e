-- Which calendar day a row closes: one rule for sync, certificate, cutoff, usage, report and the documented SQL.
--
-- A row of 00:00:00 closes the day before. Of a meter that is read around midnight once a day, so does a row of the
-- first `window` seconds after midnight: its registers were frozen as the day ended, and reported a little later.

local core = require "imr.core"
local DAY = require("imr.base.calendar").DAY

local day = {
  WINDOW = 7200, -- seconds after midnight
}

local function second_of(time, utc_offset) return (time + utc_offset) % DAY end

---The day that a row closes.
---@param time integer Unix seconds
---@param utc_offset integer seconds east of UTC
---@param window? integer seconds, default 7200
---@param reads_at_midnight? boolean whether the meter is read around midnight once a day
---@return string "YYYY-MM-DD"
function day.of(time, utc_offset, window, reads_at_midnight)
  local since = second_of(time, utc_offset)
  local before = since == 0 or reads_at_midnight and since <= (window or day.WINDOW)
  return core.format_time(before and time - since - 1 or time, utc_offset):sub(1, 10)
end

---The midnights inside a period.
---@param from integer Unix seconds
---@param to integer
---@param utc_offset integer seconds east of UTC
---@return integer[]
function day.midnights(from, to, utc_offset)
  local list, time = {}, from - second_of(from, utc_offset) + DAY
  while time < to do list[#list + 1], time = time, time + DAY end
  return list
end

---Is a meter read around midnight, once a day? Most of its readings lie in the window, and few are a second one of a
---day. Of no readings at all nobody knows: false.
---@param count integer readings
---@param inside integer those in the window
---@param further integer those of a calendar day that has one already
---@return boolean
function day.is_at_midnight(count, inside, further)
  return inside > 0 and inside >= 0.8 * count and further <= 0.25 * count
end

---The same of a meter that was read at these times.
---@param times integer[] Unix seconds, in order
---@param utc_offset integer seconds east of UTC
---@param window? integer seconds, default 7200
---@return boolean
function day.reads_at_midnight(times, utc_offset, window)
  local inside, further, last = 0, 0, nil
  for _, time in ipairs(times) do
    local number = math.floor((time + utc_offset) / DAY)
    if second_of(time, utc_offset) <= (window or day.WINDOW) then inside = inside + 1 end
    if number == last then further = further + 1 end
    last = number
  end
  return day.is_at_midnight(#times, inside, further)
end

return day
