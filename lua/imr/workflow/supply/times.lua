-- Times for people: on the platform's clock, with its zone behind them. On record they are UTC.

local core = require "imr.core"

local times = {}

local function zone(utc_offset)
  local minutes = math.floor(math.abs(utc_offset) / 60)
  return ("%s%02d:%02d"):format(utc_offset < 0 and "-" or "+", math.floor(minutes / 60), minutes % 60)
end

---@param seconds number Unix seconds
---@param utc_offset integer
---@return string text "2025-07-09 10:40:00+08:00"; of a time that no calendar has the seconds
function times.text(seconds, utc_offset)
  local text = core.format_time(math.floor(seconds), utc_offset)
  return text and text .. zone(utc_offset) or ("%.0f"):format(seconds)
end

---Unix seconds of a time on record, or nil.
---@param stamp string|nil "2025-07-09T02:40:00Z"
---@return integer|nil
function times.seconds(stamp)
  return stamp and core.parse_time(stamp:sub(1, 19), 0) or nil
end

---A time on record for people; what is none stays as it is.
---@param stamp string|nil
---@param utc_offset integer
---@return string|nil
function times.shown(stamp, utc_offset)
  local seconds = times.seconds(stamp)
  return seconds and times.text(seconds, utc_offset) or stamp
end

return times
