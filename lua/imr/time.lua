---Times as the platform writes them: "YYYY-MM-DD HH:MM:SS" on China's clock, +08:00 unless said otherwise.

local core = require "imr.core"

local options = require "imr.client.options"

local CHINA, FURTHEST = options.defaults.utc_offset, options.FURTHEST

local time = {}

-- A wrong type is told at the line of the caller of the function that asks.
local function must_be_number(value, what, level)
  if type(value) ~= "number" then error(("%s must be a number, not a %s"):format(what, type(value)), level) end
end

local function must_be_text(value, what, level)
  if type(value) ~= "string" then error(("%s must be a string, not a %s"):format(what, type(value)), level) end
end

local function checked_offset(value, what)
  if value == nil then return CHINA end
  must_be_number(value, what, 4)
  if not (value >= -FURTHEST and value <= FURTHEST) then
    error(("%s must be seconds from %d to %d"):format(what, -FURTHEST, FURTHEST), 3)
  end
  return value
end

---Unix seconds of a date or a date and time.
---@param text string "YYYY-MM-DD", "YYYY-MM-DD HH:MM" or "YYYY-MM-DD HH:MM:SS"; 24:00 is the next day's midnight
---@param utc_offset? integer seconds east of UTC, default 28800
---@return integer|nil seconds
---@return string|nil problem what is wrong with the text
function time.parse(text, utc_offset)
  must_be_text(text, "time.parse: text", 3)
  return core.parse_time(text, (checked_offset(utc_offset, "time.parse: utc_offset")))
end

---A time in the platform's form.
---@param seconds integer Unix seconds
---@param utc_offset? integer seconds east of UTC, default 28800
---@return string|nil text "YYYY-MM-DD HH:MM:SS"
---@return string|nil problem outside the years 1 to 9999
function time.format(seconds, utc_offset)
  must_be_number(seconds, "time.format: seconds", 3)
  return core.format_time(seconds, (checked_offset(utc_offset, "time.format: utc_offset")))
end

return time
