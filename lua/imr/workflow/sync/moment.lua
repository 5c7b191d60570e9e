--- Moments that are not written as the platform's document says. What can mean only one thing is read; no part of it is
--- guessed.

local time = require "imr.time"

local moment = {}

-- A date with / or 年月日, or 14 digits.
local function plain(text)
  text = text:gsub("年", "-"):gsub("月", "-"):gsub("日", " "):gsub("/", "-"):match("^%s*(.-)%s*$")
  local digits = ("%d"):rep(2)
  local year, rest = text:match("^(%d%d%d%d)(" .. digits:rep(5) .. ")$")
  if not year then return text end
  return ("%s-%s-%s %s:%s:%s"):format(year, rest:match(("(%d%d)"):rep(5)))
end

-- Seconds that a zone is ahead of UTC; nil where the text is none.
local function zone_of(text, utc_offset)
  if text == "" then return utc_offset end
  if text == "Z" then return 0 end
  local sign, hours, minutes = text:match("^([+-])(%d%d):?(%d%d)$")
  return sign and tonumber(hours) <= 14 and (hours * 3600 + minutes * 60) * (sign == "-" and -1 or 1) or nil
end

local function clock_of(rest)
  local hours, minutes, more = rest:match("^[T ]%s*(%d%d?):(%d%d)(.*)$")
  if not hours then return nil end
  local seconds, behind = more:match("^:(%d%d)(.*)$")
  return ("%02d:%s:%s"):format(hours, minutes, seconds or "00"), ((behind or more):gsub("^%.%d+", ""))
end

---@param text any as the platform wrote it
---@param utc_offset integer the platform's zone
---@param date_alone boolean a date without a time is its midnight
---@return integer|nil seconds Unix seconds; nil: it means nothing, or more than one thing
function moment.read(text, utc_offset, date_alone)
  if type(text) ~= "string" then return nil end
  local year, month, day, rest = plain(text):match("^(%d%d%d%d)%-(%d%d?)%-(%d%d?)(.*)$")
  if not year then return nil end
  local clock, zone = "00:00:00", ""
  if rest ~= "" then
    clock, zone = clock_of(rest)
  elseif not date_alone then
    return nil
  end
  local offset = clock and zone_of(zone, utc_offset)
  return offset and time.parse(("%s-%02d-%02d %s"):format(year, month, day, clock), offset) or nil
end

---The date that stands in front of a text.
---@param text any
---@return string|nil YYYY-MM-DD
function moment.date(text)
  if type(text) ~= "string" then return nil end
  local year, month, day = plain(text):match("^(%d%d%d%d)%-(%d%d?)%-(%d%d?)")
  local date = year and ("%s-%02d-%02d"):format(year, month, day)
  return date and time.parse(date, 0) and date or nil
end

return moment
