---Times as the platform writes them: "YYYY-MM-DD HH:MM:SS" on China's clock, +08:00 unless said otherwise.

local core = require "imr.core"

local CHINA = require("imr.options").defaults.utc_offset

local time = {}

---Unix seconds of a date or a date and time.
---@param text string "YYYY-MM-DD", "YYYY-MM-DD HH:MM" or "YYYY-MM-DD HH:MM:SS"; 24:00 is the next day's midnight
---@param utc_offset? integer seconds east of UTC, default 28800
---@return integer|nil seconds
---@return string|nil problem what is wrong with the text
function time.parse(text, utc_offset)
  return core.parse_time(text, utc_offset or CHINA)
end

---A time in the platform's form.
---@param seconds integer Unix seconds
---@param utc_offset? integer seconds east of UTC, default 28800
---@return string text "YYYY-MM-DD HH:MM:SS"
function time.format(seconds, utc_offset)
  return core.format_time(seconds, utc_offset or CHINA)
end

return time
