--- A record's value as text.

local imr = require "imr"
local json = require "imr.base.json"

local value = {}

local function is_true(flag) return flag and "true" or "false" end
local function integer(number) return ("%d"):format(number) end
local function as_it_is(text) return text end

local function as_text(any)
  if type(any) == "boolean" then return is_true(any) end
  if type(any) == "table" then return json.encode(any) end
  return type(any) == "number" and ("%.14g"):format(any) or any
end

-- Seconds that no calendar has, which the client's records never hold, stay a number.
local function time(seconds, utc_offset)
  return imr.time.format(seconds, utc_offset) or as_text(seconds)
end

---For people and spreadsheets; nil stays nil. A time is on the platform's clock.
---@param utc_offset integer
---@return table<string, fun(any): string> by a column's type
function value.texts(utc_offset)
  return setmetatable({
    time = function(seconds) return time(seconds, utc_offset) end, int = integer,
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
  local ending = zone(utc_offset) .. '"'
  return setmetatable({
    time = function(seconds)
      local text = time(seconds, utc_offset)
      return text:find(" ", 1, true) and '"' .. text:gsub(" ", "T") .. ending or text
    end,
    int = integer, str = json.quote, dec = json.quote, json_text = as_it_is,
  }, { __index = function() return as_json end })
end

return value
