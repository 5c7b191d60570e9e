-- What a Retry-After asks for, in seconds: a number, with a fraction or without, or a date.

local core = require "imr.core"
local DAY = require("imr.base.calendar").DAY
local http_date = require "imr.base.http_date"
local numbers = require "imr.base.number"

local MOST = 30 * DAY -- no server means more, and a store keeps no slot for longer

---@param text string|nil the header
---@param date string|nil the answer's Date: the clock that a date is of; ours where there is none
---@return number|nil seconds from 0 to 30 days; nil where there is no such header, nobody can read it, or it is past
return function(text, date)
  if not text then return nil end
  local digits = text:match "^%s*(%d+%.?%d*)%s*$"
  if digits then return math.min(numbers.read(digits), MOST) end
  local time = http_date(text)
  local seconds = time and time - (http_date(date) or core.unix_time())
  return seconds and seconds > 0 and math.min(seconds, MOST) or nil
end
