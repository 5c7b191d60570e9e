--- From a record to the values of its row: what the columns hold, in their order.

local cjson = require "cjson"
local core = require "imr.core"
local tables = require "imr.database.tables"

local find = string.find

local values = {}

local MOST_DIGITS = 1000 -- no meter's number is longer, and a NUMERIC has its limits

local function reject(row, name, value)
  row.invalid = row.invalid or {}
  row.invalid[name] = value
  return nil
end

-- A text ends at a NUL in either database, which would cut it without a word.
local function text(row, name)
  local value = row[name]
  if value == nil then return nil end
  if find(value, "\0", 1, true) then return reject(row, name, value) end
  return value
end

local function fits(value)
  if #value > MOST_DIGITS then return false end
  local exponent = value:match("[eE]([+-]?%d+)$")
  return not exponent or math.abs(tonumber(exponent)) <= MOST_DIGITS
end

local function dec(row, name)
  local value = row[name]
  if value == nil or (#value < 30 and not find(value, "[eE]")) or fits(value) then return value end
  return reject(row, name, value)
end

local function plain(row, name)
  return row[name]
end

local function json(row, name)
  local value = row[name]
  return value and cjson.encode(value) or nil
end

local readers = { text = text, dec = dec, int = plain, time = plain, flag = plain, json = json }

local function reader_of(column, offset)
  local field = column.type == "text" and column.name:match("^(.*)_local$")
  if not field then return readers[column.type] end
  return function(row)
    local time = row[field]
    return time and core.format_time(time, offset) or nil
  end
end

---Makes what turns a record into a list of values, one a column. A value that can't be stored goes to `invalid`.
---@param name string of the table
---@param offset integer the platform's zone
---@return fun(row: table, list: table) fill
---@return integer count of columns
function values.filler(name, offset)
  local columns = tables[name].columns
  local names, read = {}, {}
  for index, column in ipairs(columns) do names[index], read[index] = column.name, reader_of(column, offset) end
  local count = #columns
  return function(row, list)
    for index = 1, count do list[index] = read[index](row, names[index]) end
  end, count
end

return values
