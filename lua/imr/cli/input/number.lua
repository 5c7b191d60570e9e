--- Flags whose value is a number.
---
---   number.flag(parser, "--days D", "A period of so many days.", number.whole(1, 36500))
local language = require "imr.language"

local number = {}

-- Only what has digits: "nan" and "inf" are numbers to some Luas.
local function read(text)
  return text:find("%d") and tonumber(text) or nil
end

---A whole number from `least` to `most`.
---@param least integer
---@param most? integer
---@return fun(text: string): integer|nil, string|nil
function number.whole(least, most)
  return function(text)
    local found = read(text)
    if found and found >= least and found <= (most or 2 ^ 53) and found % 1 == 0 then return math.floor(found) end
    if most then return nil, language.text("'%s' is not a whole number from %d to %d", text, least, most) end
    return nil, language.text("'%s' is not a whole number from %d on", text, least)
  end
end

---A number from 0 on, of what `unit` names.
---@param unit string such as "seconds"
---@return fun(text: string): number|nil, string|nil
function number.of(unit)
  return function(text)
    local found = read(text)
    if found and found >= 0 and found < math.huge then return found end
    return nil, language.text("'%s' is not a number of %s", text, language.text(unit))
  end
end

local SECONDS = { m = 60, h = 3600, d = 86400, w = 604800 }

---A duration such as 3d, in seconds.
---@param text string
---@return integer|nil
---@return string|nil problem
function number.duration(text)
  local count, unit = text:match "^(%d+)(%l)$"
  if count and SECONDS[unit] and #count <= 6 then return tonumber(count) * SECONDS[unit] end
  return nil, language.text("'%s' is no duration such as 90m, 12h, 3d or 2w", text)
end

---Adds a flag; whatever is wrong with its value is told with its name, which the parser would leave out.
---@param parser table
---@param usage string the flag and the name of its value
---@param help string
---@param read_value fun(text: string): number|nil, string|nil
---@return table option
function number.flag(parser, usage, help, read_value)
  local name, value = usage:match("^(%S+) (%S+)$")
  return parser:option(name, help):argname(value):convert(function(text)
    local found, problem = read_value(text)
    return found, problem and name .. ": " .. problem
  end)
end

return number
