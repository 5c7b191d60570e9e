-- What a record has to be, worked out a second time and in another way: from what lua-cjson made of the row.
local cjson = require "cjson"
local compare = require "compare"

local expected = {}

local NOT_OURS = {} -- the value does not fit its field: it has to be under `invalid`
local UNKNOWN = {}  -- nothing can be said
local CHINA = 8 * 3600
local LONG = 15     -- digits that a float surely holds

local derived = { kind = true, type_name = true, image_ok = true, extra = true, invalid = true }

local function is_decimal(text)
  return text:find("^[+-]?%d+$") or text:find("^[+-]?%d+%.%d+$") or text:find("^[+-]?%d+[eE][+-]?%d+$") or
    text:find("^[+-]?%d+%.%d+[eE][+-]?%d+$")
end

local function number_of(value)
  if type(value) == "number" then return value end
  return is_decimal(value) and tonumber((value:gsub("^%+", ""))) + 0.0 or nil
end

local function finite(number)
  return number == number and number ~= math.huge and number ~= -math.huge
end

local readers = {}

function readers.str(value)
  return type(value) == "number" and UNKNOWN or value
end

function readers.dec(value, style)
  local number = number_of(value)
  if style == "number" then return number and finite(number) and number or NOT_OURS end
  if type(value) == "number" then return UNKNOWN end
  return number and value or NOT_OURS
end

function readers.int(value)
  local number = number_of(value)
  if not number then return NOT_OURS end
  if type(value) == "number" or select(2, value:gsub("%d", "")) > LONG then return UNKNOWN end
  if number == 0 and value:match("^[^eE]*"):find("[1-9]") then return NOT_OURS end -- 1e-400: too small for a double
  return finite(number) and number % 1 == 0 and math.abs(number) <= 2 ^ 53 and math.tointeger(number) or NOT_OURS
end

local function days_in(year, month)
  if month == 2 then return (year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)) and 29 or 28 end
  return ({ 31, 0, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 })[month]
end

local function days_before(year)
  return year * 365 + year // 4 - year // 100 + year // 400
end

local function days_since_1970(year, month, day)
  local days = days_before(year - 1) - days_before(1969) + day - 1
  for earlier = 1, month - 1 do days = days + days_in(year, earlier) end
  return days
end

local function is_date(year, month, day)
  return year >= 1 and month >= 1 and month <= 12 and day >= 1 and day <= days_in(year, month)
end

-- 24:00 is the next day's midnight, if there is a next day.
local function is_clock(hour, minute, second, last)
  if hour == 24 then return minute + second == 0 and not last end
  return hour < 24 and minute < 60 and second < 60
end

function readers.time(value)
  if type(value) ~= "string" then return NOT_OURS end
  local parts = { value:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)[ T](%d%d):(%d%d):(%d%d)$") }
  if #parts == 0 then return NOT_OURS end
  for index, text in ipairs(parts) do parts[index] = tonumber(text) end
  local year, month, day, hour, minute, second = table.unpack(parts)
  local last = year == 9999 and month == 12 and day == 31
  if not is_date(year, month, day) or not is_clock(hour, minute, second, last) then return NOT_OURS end
  return days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - CHINA
end

function readers.enum(value, _, field)
  local word = type(value) == "string" and field.words[value]
  if word == nil or type(value) ~= "string" then return NOT_OURS end
  return word
end

local function is_scalar(value)
  return type(value) == "string" or type(value) == "number"
end

-- cjson.null is a light userdata.
local function is_empty(value)
  return value == nil or value == cjson.null or value == ""
end

local function read(field, value, style)
  if not is_scalar(value) or type(value) == "string" and not utf8.len(value) then return NOT_OURS end
  return readers[field.type](value, style, field)
end

local function holds_bad_text(value)
  if type(value) == "string" then return not utf8.len(value) end
  if type(value) ~= "table" then return false end
  for key, entry in pairs(value) do
    if holds_bad_text(key) or holds_bad_text(entry) then return true end
  end
  return false
end

local function holds_huge_number(text)
  for digits in text:gmatch("%d[%d.]*[eE]?[+-]?%d*") do
    local number = tonumber(digits)
    if number and not finite(number) then return true end
  end
  return false
end

local function fail(what, record, theirs)
  error(("%s of %s from %s"):format(what, compare.show(record), compare.show(theirs)), 0)
end

-- Does the row have a key or a spelling of it more than once? cjson shows one of them only.
local function is_repeated(row, keys, text)
  if text:find("\\", 1, true) then return true end
  local present, count = 0, 0
  for _, key in ipairs(keys) do
    if row[key] ~= nil then present = present + 1 end
    local at = 1
    repeat
      local found, last = text:find('"' .. key .. '"', at, true)
      count, at = count + (found and 1 or 0), (last or 0) + 1
    until not found
  end
  return present > 1 or count > 1
end

-- Has the row an unknown key that is called as we call this field? `invalid` may hold either.
local function is_ambiguous(field, theirs)
  return theirs[field.name] ~= nil and field.wire[1] ~= field.name and field.wire[2] ~= field.name
end

local judges = {} -- by what was to be expected: is that what the record holds?

judges[NOT_OURS] = function(held, invalid, _, value)
  return held == nil and invalid ~= nil and (type(value) ~= "string" or invalid == value)
end

judges[UNKNOWN] = function(held, invalid, _, value)
  local meant = tonumber(held or invalid)
  return meant and meant + 0.0 == number_of(value)
end

local function is_held(held, invalid, wanted)
  return compare.same(held, wanted) and invalid == nil
end

local function check_field(field, record, theirs, style, text)
  if is_repeated(theirs, field.wire, text) or is_ambiguous(field, theirs) then return end
  local value = theirs[field.wire[1]]
  if value == nil then value = theirs[field.wire[2]] end
  local held, invalid = record[field.name], record.invalid and record.invalid[field.name]
  local right
  if is_empty(value) then
    right = held == nil and invalid == nil
  else
    local wanted = read(field, value, style)
    right = (judges[wanted] or is_held)(held, invalid, wanted, value)
  end
  if not right then fail(field.name, record, theirs) end
end

-- An unknown number: text, unless it is wanted as a number and a Lua number holds it.
local function is_same_number(held, number, style)
  if type(held) == "number" then return style == "number" and compare.same(held, number) end
  if type(held) ~= "string" or (tonumber(held) or 0) + 0.0 ~= number then return false end
  return style == "string" or held:find("^-?%d+$") ~= nil and math.type(tonumber(held)) == "float"
end

local is_same_value

-- Of a repeated key cjson has the last value only, we have it under one of these names.
local function is_among(held, key, value, style)
  for name, entry in pairs(held) do
    local of_key = name == key or type(name) == "string" and type(key) == "string" and name:sub(1, #key) == key
      and name:find("^ %(%d+%)$", #key + 1)
    if of_key and is_same_value(entry, value, style) then return true end
  end
  return false
end

function is_same_value(held, value, style)
  if type(value) == "number" then return is_same_number(held, value, style) end
  if type(held) ~= "table" or type(value) ~= "table" then return rawequal(held, value) end
  for key, entry in pairs(value) do
    if not is_among(held, key, entry, style) then return false end
  end
  for key in pairs(held) do
    local repeated = type(key) == "string" and key:find(" %(%d+%)$")
    if value[key] == nil and not repeated then return false end
  end
  return true
end

-- May there be more than what a record holds of unknown values?
local function is_too_much(text)
  if #text < 1000 then return false end
  local _, values = text:gsub("[,{%[]", "")
  return values >= 1000 or #text > 2 ^ 18 or text:find(('[^"]'):rep(1000)) ~= nil
end

local function check_other(key, value, record, style, text)
  if is_empty(value) or is_repeated({}, { key }, text) or is_too_much(text) then return end
  local extra, invalid = record.extra and record.extra[key], record.invalid and record.invalid[key]
  -- What is unusable may stand where cjson does not keep it: below a key that comes again.
  if invalid ~= nil and (not utf8.len(text) or holds_huge_number(text)) then return end
  if not utf8.len(key) or holds_bad_text(value) then
    if invalid == nil then fail("unusable " .. key, record, value) end
  elseif not is_same_value(extra, value, style) then
    fail("extra " .. key, record, value)
  end
end

local function is_of_schema(endpoint, name)
  if derived[name] then return true end
  for _, field in ipairs(endpoint.fields) do
    if field.name == name then return true end
  end
  return false
end

--- Raises when the record is not what the row says.
---@param endpoint table of schema.describe()
---@param style "number"|"string"
---@param record table
---@param theirs table the row as cjson has it
---@param text string and as it was written
function expected.check(endpoint, style, record, theirs, text)
  local known = {}
  for _, field in ipairs(endpoint.fields) do
    check_field(field, record, theirs, style, text)
    for _, key in ipairs(field.wire) do known[key] = true end
  end
  for key, value in pairs(theirs) do
    if not known[key] then check_other(key, value, record, style, text) end
  end
  for name in pairs(record) do
    if not is_of_schema(endpoint, name) then fail("strange " .. tostring(name), record, theirs) end
  end
end

return expected
