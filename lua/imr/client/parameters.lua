-- Parameters in our names, checked, as the platform's parameters.

local core = require "imr.core"
local schema = require "imr.schema"
local unknown_option = require "imr.base.unknown_option"

local parameters = {}

local MOST_PAGES, MOST_ROWS = 1e9, 1000

-- A check takes a value, its parameter and what is known of the call; it returns what is sent, or nil and a message.
-- Values are not shown: one of them is a password.
local checks = {}

local function refuse(param, wanted)
  return nil, ("option '%s' must be %s"):format(param.name, wanted)
end

function checks.text(value, param)
  if type(value) == "number" then return refuse(param, "a string, not a number, which would lose leading zeros") end
  if type(value) ~= "string" then return refuse(param, "a string") end
  if value == "" then return refuse(param, "more than an empty string") end
  if value:find("%z") then return refuse(param, "without a zero byte") end
  if not core.is_utf8(value) then return refuse(param, "valid UTF-8") end
  return value
end

-- A blank would go out as part of a number, and nobody would say that there is no such meter.
local function check_numbers(value, param)
  local text, problem = checks.text(value, param)
  if not text then return nil, problem end
  if text:find("[ \t\r\n]") then return refuse(param, "without blanks") end
  return text
end

function checks.meter(value, param)
  local text, problem = check_numbers(value, param)
  if text and text:find(",", 1, true) then return refuse(param, "one meter number, without a comma") end
  return text, problem
end

-- "1,2" as it is; but an empty part would be no meter, or all of them.
local function check_joined(value, param)
  local text, problem = check_numbers(value, param)
  if text and ("," .. text .. ","):find(",,", 1, true) then
    return refuse(param, "meter numbers with one comma between them")
  end
  return text, problem
end

local function count_entries(list)
  local count = 0
  for _ in next, list do count = count + 1 end
  return count
end

function checks.meters(value, param)
  if type(value) ~= "table" then return check_joined(value, param) end
  local numbers, count = {}, count_entries(value)
  if count == 0 then return refuse(param, "left out for all meters; an empty list names none") end
  for index = 1, count do
    local number = rawget(value, index)
    if number == nil then return refuse(param, "a list of meter numbers") end
    numbers[index] = number
  end
  for _, number in ipairs(numbers) do
    local text, problem = checks.meter(number, param)
    if not text then return nil, problem end
  end
  return table.concat(numbers, ",")
end

-- Unix seconds, or a text that says so.
local function read_time(value, param, call)
  if type(value) == "number" then return math.floor(value) end
  if type(value) ~= "string" then return refuse(param, "Unix seconds or a time as text") end
  local seconds, problem = core.parse_time(value, call.utc_offset, param.type)
  if not seconds then return nil, ("option '%s': %s"):format(param.name, problem) end
  return seconds
end

local function written(seconds, param, call)
  local text = core.format_time(seconds, call.utc_offset)
  if text then return text end
  return refuse(param, "in the years 1 to 9999")
end

checks["from"] = function(value, param, call)
  local seconds, problem = read_time(value, param, call)
  if not seconds then return nil, problem end
  call.from = seconds
  return written(seconds, param, call)
end

function checks.to(value, param, call)
  local seconds, problem = read_time(value, param, call)
  if not seconds then return nil, problem end
  if call.from and seconds < call.from then return nil, "option 'to' is before 'from'" end
  return written(seconds, param, call)
end

local function integer(value, most)
  if type(value) ~= "number" or not (value >= 1 and value <= most) or value % 1 ~= 0 then return nil end
  return math.floor(value)
end

function checks.page(value, param)
  local number = integer(value, MOST_PAGES)
  if number then return number end
  return refuse(param, "an integer from 1")
end

checks.count = checks.page

function checks.page_size(value, param)
  local number = integer(value, MOST_ROWS)
  if number then return number end
  return refuse(param, "an integer from 1 to 1000")
end

-- `more` says what else would do.
local function check_choice(value, param, more)
  for wire, word in pairs(param.words) do
    if value == word then return wire end
  end
  return refuse(param, '"' .. table.concat(param.choices, '" or "') .. '"' .. more)
end

function checks.word(value, param) return check_choice(value, param, "") end

checks["word or number"] = function(value, param)
  local number = integer(value, MOST_PAGES)
  if number then return ("%d"):format(number) end
  if type(value) == "string" and value:find("^%d+$") then return value end
  return check_choice(value, param, " or a raw number")
end

function checks.seconds(value, param)
  if type(value) == "number" and value >= 0 then return value end
  return refuse(param, "a number of seconds, 0 or more")
end

local function one_of(first, second)
  return function(value, param)
    if value == first or value == second then return value end
    return refuse(param, ('"%s" or "%s"'):format(first, second))
  end
end

checks.decimals, checks.incomplete = one_of("number", "string"), one_of("warn", "error")

-- ---------------------------------------------------------------- names

-- Somebody who has read the platform's document may use its names.
local function said_of(name, endpoint)
  local names = {}
  for index, param in ipairs(endpoint.params) do
    if param.wire == name then return ("unknown option '%s', did you mean '%s'?"):format(name, param.name) end
    names[index] = param.name
  end
  for _, param in ipairs(endpoint.listing and schema.call_options or {}) do names[#names + 1] = param.name end
  return unknown_option(name, names)
end

local function is_known(name, list)
  for _, param in ipairs(list) do
    if param.name == name then return true end
  end
  return false
end

local function name_problem(name, endpoint)
  if type(name) ~= "string" then return "options have names, not keys of type " .. type(name) end
  if is_known(name, endpoint.params) then return nil end
  if endpoint.listing and is_known(name, schema.call_options) then return nil end
  return said_of(name, endpoint)
end

-- ---------------------------------------------------------------- all of them

local function take(wire, given, endpoint, list, call)
  for _, param in ipairs(list) do
    local value = rawget(given, param.name)
    if value ~= nil then
      local sent, problem = checks[param.type](value, param, call)
      if problem then return problem end
      value = sent
    elseif param.required then
      return ("%s needs '%s'"):format(endpoint.name, param.name)
    elseif param.type == "page" then
      value = 1
    end
    if param.wire then wire[param.wire] = value end
  end
end

---Checks the parameters of a call.
---@param name string the endpoint's
---@param given table<string, any> in our names
---@param utc_offset number seconds east of UTC of the platform's clock
---@return table<string, string|integer>|nil wire what is sent, in the platform's names; without token and account
---@return string|nil problem
function parameters.check(name, given, utc_offset)
  local endpoint = schema.by_name[name] or error(("there is no endpoint '%s'"):format(tostring(name)), 2)
  for option in next, given do
    local problem = name_problem(option, endpoint)
    if problem then return nil, problem end
  end
  local wire, call = {}, { utc_offset = utc_offset }
  local problem = take(wire, given, endpoint, endpoint.params, call)
  if not problem and endpoint.listing then problem = take(wire, given, endpoint, schema.call_options, call) end
  if problem then return nil, problem end
  return wire
end

return parameters
