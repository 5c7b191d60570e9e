--- A record's value as text.

local imr = require "imr"
local json = require "imr.base.json"

local value = {}

local function is_true(flag) return flag and "true" or "false" end
local function flag(any) return is_true(any == true or any == 1) end -- SQLite has no booleans
local function integer(number) return ("%d"):format(number) end
local function as_it_is(text) return text end

local function as_text(any)
  if type(any) == "string" then return any end
  if type(any) == "boolean" then return is_true(any) end
  if type(any) == "table" then return json.encode(any) end
  return type(any) == "number" and ("%.14g"):format(any) or any
end

-- Every minute of a day, by its first second, and every second of a minute, as text.
local MINUTES, SECONDS = {}, {}
for minute = 0, 1439 do MINUTES[minute * 60] = (" %02d:%02d:"):format(math.floor(minute / 60), minute % 60) end
for second = 0, 59 do SECONDS[second] = ("%02d"):format(second) end

local DAY, MOST_DAYS, MOST_MOMENTS = 86400, 1000, 1000

-- Few days come again and again, so each is made into text once, and found by its midnight. Many meters are read at the
-- very same moments, too; where that is not so, moments are kept no longer. Seconds that no calendar has, which the
-- client's records never hold, stay a number.
local function times(utc_offset)
  local days, count, known, left, hits = {}, 0, {}, MOST_MOMENTS, 0
  local function seldom(seconds, midnight)
    local text = imr.time.format(seconds, utc_offset)
    if text and midnight % DAY == 0 then
      if count == MOST_DAYS then days, count = {}, 0 end
      days[midnight], count = text:match "^(.-) ", count + 1
    end
    return text or as_text(seconds)
  end
  local function made(seconds)
    local of_clock = seconds + utc_offset
    local second = of_clock % DAY
    local of_minute = second % 60
    local day, ending = days[of_clock - second], SECONDS[of_minute]
    if day and ending then return day .. MINUTES[second - of_minute] .. ending end
    return seldom(seconds, of_clock - second)
  end
  return function(seconds)
    local text = known[seconds]
    if text then
      hits = hits + 1
      return text
    end
    if left == 0 and hits > MOST_MOMENTS then known, left, hits = {}, MOST_MOMENTS, 0 end
    text = made(seconds)
    if left > 0 then known[seconds], left = text, left - 1 end
    return text
  end
end

---For people and spreadsheets; nil stays nil. A time is on the platform's clock.
---@param utc_offset integer
---@return table<string, fun(any): string> by a column's type
function value.texts(utc_offset)
  return setmetatable({
    time = times(utc_offset), int = integer, flag = flag,
  }, { __index = function() return as_text end })
end

local function as_json(any)
  return type(any) == "number" and ("%.14g"):format(any) or json.encode(any)
end

local function zone(utc_offset)
  local minutes = math.floor(math.abs(utc_offset) / 60)
  return ("%s%02d:%02d"):format(utc_offset < 0 and "-" or "+", math.floor(minutes / 60), minutes % 60)
end

---For programs: a decimal is a string with the platform's own digits, a time is RFC 3339; `json_text` is JSON already.
---@param utc_offset integer
---@return table<string, fun(any): string> by a column's type
function value.json(utc_offset)
  local ending, time = zone(utc_offset) .. '"', times(utc_offset)
  return setmetatable({
    time = function(seconds)
      local text = time(seconds)
      return text:find(" ", 1, true) and '"' .. text:gsub(" ", "T") .. ending or text
    end,
    int = integer, flag = flag, str = json.quote, dec = json.quote, json_text = as_it_is,
  }, { __index = function() return as_json end })
end

return value
