--- From a record to the values of its row: what the columns hold, in their order.

local core = require "imr.core"
local encode = require("imr.base.json").encode
local tables = require "imr.database.tables"

local find, is_utf8 = string.find, core.is_utf8

local values = {}

local MOST_DIGITS = 1000 -- no meter's number is longer, and a NUMERIC has its limits

local function reject(row, name, value)
  row.invalid = row.invalid or {}
  row.invalid[name] = value
  return nil
end

local LONG = 4096 -- bytes; in a longer text each byte is looked at by itself

local function escape(byte) return ("\\x%02X"):format(byte:byte()) end

-- A text that was cut inside a character: PostgreSQL takes no such bytes, and no JSON has room for them.
local function escaped(value)
  if #value > LONG then return (value:gsub("[\128-\255]", escape)) end
  local parts, fine, place = {}, is_utf8(value)
  while not fine do
    parts[#parts + 1] = value:sub(1, place - 1) .. escape(value:sub(place, place))
    value = value:sub(place + 1)
    fine, place = is_utf8(value)
  end
  return table.concat(parts) .. value
end

-- A text ends at a NUL in either database, which would cut it without a word.
local function text(row, name, value)
  if find(value, "\0", 1, true) then return reject(row, name, value) end
  return is_utf8(value) and value or escaped(value)
end

local function fits(value)
  if #value > MOST_DIGITS then return false end
  local exponent = value:match("[eE]([+-]?%d+)$")
  return not exponent or math.abs(tonumber(exponent)) <= MOST_DIGITS
end

local function dec(row, name, value)
  if (#value < 30 and not find(value, "[eE]")) or fits(value) then return value end
  return reject(row, name, value)
end

local function json(_, _, value)
  return encode(value)
end

local readers = { text = text, dec = dec, json = json }

-- What a column does to a field that is there; nil: nothing. The texts of times are made of another field.
local function reader_of(column, offset)
  local field = column.type == "text" and column.name:match("^(.*)_local$")
  if not field then return column.name, readers[column.type] end
  local format_time = core.format_time
  return field, function(_, _, time) return format_time(time, offset) end
end

-- The decoder leaves a text out that is no UTF-8: what came stands in `invalid`. Of a project or device it stays out:
-- there is one without, and a cut name would be another one.
local function undecoded(row, name)
  local raw = row.invalid and row.invalid[name]
  return type(raw) == "string" and not is_utf8(raw) and text(row, name, raw) or nil
end

-- What the sync fills in itself.
local OURS = { copy = true, granularity = true, day = true, stored_at = true, changed_at = true, withdrawn_at = true,
  first_seen = true, last_seen = true, removed_at = true }

---Makes what turns a record into a list of values, one a column; those that are the sync's own are left as they are. A
---value that can't be stored goes to `invalid`.
---@param name string of the table
---@param offset integer the platform's zone
---@return fun(row: table, list: table) fill
---@return integer count of columns
function values.filler(name, offset)
  local columns = tables[name].columns
  local places, names, read, plain = {}, {}, {}, {}
  for index, column in ipairs(columns) do
    if not OURS[column.name] then
      local place = #places + 1
      places[place], names[place], read[place] = index, reader_of(column, offset)
      plain[place] = column.type == "text" and names[place] == column.name and not column.default
    end
  end
  local count = #places
  return function(row, list)
    for place = 1, count do
      local field, reader = names[place], read[place]
      local value = row[field]
      if reader and value ~= nil then
        value = reader(row, field, value)
      elseif value == nil and plain[place] and row.invalid then
        value = undecoded(row, field)
      end
      list[places[place]] = value
    end
  end, #columns
end

---Where each column stands in the list, and which of them are an empty text where a record has nothing.
---@param name string of the table
---@return table<string, integer> at
---@return integer[] defaults
function values.places(name)
  local at, defaults = {}, {}
  for index, column in ipairs(tables[name].columns) do
    at[column.name] = index
    if column.default then defaults[#defaults + 1] = index end
  end
  return at, defaults
end

return values
