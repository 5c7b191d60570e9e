--- Dates as people say them: "2025-06-01", "2025-06-01 12:00", yesterday, -7d, this-month.

local DAY = require("imr.base.calendar").DAY
local exit = require "imr.cli.exit"
local imr = require "imr"
local language = require "imr.language"

local dates = {}

local unit = { h = 3600, m = 60 }

local function day_start(seconds, offset)
  return seconds - (seconds + offset) % DAY
end

local function calendar(seconds, offset)
  local year, month = imr.time.format(seconds, offset):match("^(%d+)-(%d+)")
  return tonumber(year), tonumber(month)
end

local function month_start(year, month, offset)
  local months = year * 12 + month - 1
  return assert(imr.time.parse(("%04d-%02d-01"):format(math.floor(months / 12), months % 12 + 1), offset))
end

-- Monday is the first day; 1970-01-01 was a Thursday.
local function week_start(seconds, offset)
  local day = math.floor((seconds + offset) / DAY)
  return day_start(seconds, offset) - (day + 3) % 7 * DAY
end

-- First and last second of what a word means.
local words = {
  now = function(now) return now, now end,
  today = function(now, offset) return day_start(now, offset), day_start(now, offset) + DAY - 1 end,
  yesterday = function(now, offset) return day_start(now, offset) - DAY, day_start(now, offset) - 1 end,
  ["this-week"] = function(now, offset) return week_start(now, offset), week_start(now, offset) + 7 * DAY - 1 end,
  ["last-week"] = function(now, offset) return week_start(now, offset) - 7 * DAY, week_start(now, offset) - 1 end,
}

local function month(shift)
  return function(now, offset)
    local year, number = calendar(now, offset)
    return month_start(year, number + shift, offset), month_start(year, number + shift + 1, offset) - 1
  end
end

words["this-month"], words["last-month"] = month(0), month(-1)
words["this-year"] = function(now, offset)
  local year = calendar(now, offset)
  return month_start(year, 1, offset), month_start(year + 1, 1, offset) - 1
end

-- "-7d" is that day as a whole, "-12h" that very moment.
local function relative(text, now, offset)
  local count, letter = text:match("^%-(%d+)([dhmw])$")
  if not count then return nil end
  count = tonumber(count)
  if letter == "w" then count, letter = count * 7, "d" end
  if letter ~= "d" then return now - count * unit[letter], now - count * unit[letter] end
  local start = day_start(now, offset) - count * DAY
  return start, start + DAY - 1
end

local function absolute(text, offset)
  local seconds, problem = imr.time.parse(text, offset)
  if not seconds then return nil, problem end
  return seconds, #text == 10 and seconds + DAY - 1 or seconds
end

local OUTSIDE = "%s '%s' is not in the years 1 to 9999"

-- "2025-06" is that month as a whole.
local function month_named(text, flag, offset)
  local year, number = text:match("^(%d%d%d%d)%-(%d%d)$")
  if not year then return nil end
  if tonumber(number) < 1 or tonumber(number) > 12 then exit.usage("%s '%s' is no month", flag, text) end
  if year == "0000" or text == "9999-12" then exit.usage(OUTSIDE, flag, text) end
  return month_start(year, number, offset), month_start(year, number + 1, offset) - 1
end

local HELP = "dates are YYYY-MM-DD, YYYY-MM, \"YYYY-MM-DD HH:MM:SS\", today, yesterday, -7d, -12h, this-week,"
  .. " last-week, this-month, last-month, this-year or now"

-- Beyond the calendar nothing can be written to the platform, or counted day by day.
local FIRST, LAST = assert(imr.time.parse("0001-01-02", 0)), assert(imr.time.parse("9999-12-30", 0))

local function span(text, flag, now, offset)
  local first, last
  if words[text] then
    first, last = words[text](now, offset)
  else
    first, last = relative(text, now, offset)
  end
  if not first then first, last = month_named(text, flag, offset) end
  if not first then first, last = absolute(text, offset) end
  if not first then
    exit.usage("%s '%s': %s", flag, text, last:match("calendar") and language.again(last) or language.text(HELP))
  end
  if first < FIRST or last > LAST then exit.usage(OUTSIDE, flag, text) end
  return first, last
end

---The period of --from and --to, both seconds included. Without --to it ends now.
---@param arguments { from: string?, to: string? }
---@param offset integer the platform's zone
---@param now? integer Unix seconds
---@return integer from
---@return integer to
function dates.period(arguments, offset, now)
  now = now or os.time()
  if not arguments.from then
    exit.usage("say from when: --from yesterday, --from 2025-06-01; %s", language.text(HELP))
  end
  local from = span(arguments.from, "--from", now, offset)
  local _, to = span(arguments.to or "now", "--to", now, offset)
  if to < from then
    exit.usage("the period ends (%s) before it begins (%s)", imr.time.format(to, offset), imr.time.format(from, offset))
  end
  return from, to
end

---The period of a text that --from and --to may say, such as a month.
---@param text string
---@param flag string for messages
---@param offset integer the platform's zone
---@return integer from
---@return integer to its last second
function dates.named(text, flag, offset)
  return span(text, flag, os.time(), offset)
end

---@param parser table
function dates.configure(parser)
  parser:option("--from", "First day or moment: 2025-06-01, 2025-06 (its first day), yesterday, -7d, this-month.")
    :argname "DATE"
  parser:option("--to", "Last day or moment: 2025-06-30, 2025-06 (its last day), yesterday (default: now).")
    :argname "DATE"
end

return dates
