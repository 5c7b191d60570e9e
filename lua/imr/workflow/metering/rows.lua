-- The rows of all meters out of the database, a meter at a time, in one ordered statement a table: however many meters
-- there are, one of them is in memory.

local copy = require "imr.base.copy"
local load = require "imr.workflow.quality.load"
local sources = require "imr.workflow.quality.sources"
local tables = require "imr.database.tables"
local unpack = require "imr.base.unpack"

local rows = {}

local METERS = { "meter_no", "device_id", "project_code", "first_seen", "last_seen", "removed_at", "kind", "address",
  "user_code", "user_name", "online", "last_online" }
local TENANCIES = { "meter_no", "project_code", "user_code", "user_name", "house_number", "since", "until" }

local RESTATEMENTS = { "meter_no", "table_name", "row_time", "granularity", "field", "old_value", "new_value",
  "old_seen" }

local OLDER = 60 -- rows that are looked at where a meter has none in the window

local types = {}
for _, entry in ipairs(tables) do
  types[entry.name] = {}
  for _, column in ipairs(entry.columns) do types[entry.name][column.name] = column.type end
end

local function columns_of(source)
  local list = { "meter_no", source.time, "stored_at" }
  if types[source.table].project_code then list[4] = "project_code" end
  for _, names in ipairs { source.registers, source.others or {} } do
    for _, name in ipairs(names) do list[#list + 1] = name end
  end
  return list
end

-- The order of bytes, as ours below.
local function in_order(db, name, columns)
  local bytes = db.dialect == "postgres" and ' COLLATE "C"' or ""
  return (" ORDER BY %s.meter_no%s, %s"):format(name, bytes, columns)
end

-- Conditions and their values.
local function selection_of(db, source, meters)
  local where, values = {}, {}
  local function also(condition, value) where[#where + 1], values[#values + 1] = condition, value end
  if meters then also(db:among("meter_no", meters)) end
  if source and source.granularity then also("granularity = ?", source.granularity) end
  if source then where[#where + 1] = "withdrawn_at IS NULL" end
  return where, values, also
end

local function text_of(where) return #where > 0 and " WHERE " .. table.concat(where, " AND ") or "" end

-- How a value of a column becomes ours: as Database:rows does it.
local convert = {
  time = math.floor, int = math.floor, id = math.floor,
  flag = function(value)
    if type(value) == "number" then return value ~= 0 end
    return value
  end,
}

-- The rows of a query by column name, read the fastest way.
local function reader(db, name, columns, tail, values)
  local next_list, conversions = db:lists(load.query(db, name, columns) .. tail, unpack(values)), {}
  for index, column in ipairs(columns) do conversions[index] = convert[types[name][column]] end
  return function()
    local list = next_list()
    if not list then return nil end
    local row = {}
    for index = 1, #columns do
      local value, conversion = list[index], conversions[index]
      if conversion and value ~= nil then value = conversion(value) end
      row[columns[index]] = value
    end
    return row
  end
end

local function stream_of(db, source, period)
  local where, values, also = selection_of(db, source, period.meters)
  also(source.time .. " >= ?", period.from)
  also(source.time .. " <= ?", period.to)
  local tail = text_of(where) .. in_order(db, source.table, ("%s.%s, copy"):format(source.table, source.time))
  return reader(db, source.table, columns_of(source), tail, values)
end

local function plain_stream(db, name, columns, order, meters)
  local where, values = selection_of(db, nil, meters)
  return reader(db, name, columns, text_of(where) .. in_order(db, name, order), values)
end

local function restatements(db, period)
  local where, values, also = selection_of(db, nil, period.meters)
  also("row_time >= ?", period.from)
  also("row_time <= ?", period.to)
  return reader(db, "restatements", RESTATEMENTS, text_of(where) .. in_order(db, "restatements", "id"), values)
end

local function none() return nil end

local function streams_of(db, period)
  local list = {
    { name = "history", read = plain_stream(db, "meters", METERS, "meters.first_seen", period.meters) },
    { name = "tenancies", read = plain_stream(db, "tenancies", TENANCIES, "tenancies.since", period.meters) },
    { name = "restatements", read = restatements(db, period) },
  }
  for _, source in ipairs(sources) do
    local wanted = not period.sources or period.sources[source.name]
    list[#list + 1] = { name = source.name, source = true, read = wanted and stream_of(db, source, period) or none }
  end
  for _, stream in ipairs(list) do stream.head = stream.read() end
  return list
end

-- By bytes: `<` asks the locale.
local function is_before(one, other)
  for index = 1, math.min(#one, #other) do
    local a, b = one:byte(index), other:byte(index)
    if a ~= b then return a < b end
  end
  return #one < #other
end

local function next_meter(streams)
  local first
  for _, stream in ipairs(streams) do
    local number = stream.head and stream.head.meter_no
    if number and (not first or number ~= first and is_before(number, first)) then first = number end
  end
  return first
end

local function take(stream, meter_no)
  local list = {}
  while stream.head and stream.head.meter_no == meter_no do
    list[#list + 1] = stream.head
    stream.head = stream.read()
  end
  return list
end

---A meter with everything that there is of it in a window of time.
---@class imr.MeteringRows
---@field meter_no string
---@field history table[] rows of the table meters, oldest first
---@field tenancies table[] oldest first
---@field restatements table[] of rows in the window, in order
---@field rows table<string, table[]> by source, in order of time

---The meters, in the order of their numbers. Raises what the database raises.
---@param db imr.Database
---@param period { from: integer, to: integer, meters: string[]?, sources: table<string, true>? }
---@return fun(): imr.MeteringRows|nil
function rows.meters(db, period)
  local streams = streams_of(db, period)
  return function()
    local meter_no = next_meter(streams)
    if not meter_no then return nil end
    local given = { meter_no = meter_no, rows = {} }
    for _, stream in ipairs(streams) do
      (stream.source and given.rows or given)[stream.name] = take(stream, meter_no)
    end
    return given
  end
end

---A meter as it stood at a moment: without later rows.
---@param given imr.MeteringRows
---@param limit integer Unix seconds, also its `to`
---@return imr.MeteringRows
function rows.known(given, limit)
  local known = copy(given, { rows = {}, to = limit })
  for _, source in ipairs(sources) do
    local list = {}
    for _, row in ipairs(given.rows[source.name] or {}) do
      if row[source.time] <= limit then list[#list + 1] = row end
    end
    known.rows[source.name] = list
  end
  return known
end

---Puts the newest rows before the window in front of a meter's rows.
---@param db imr.Database
---@param given imr.MeteringRows
---@param period { from: integer, sources: table<string, true>? }
function rows.add_older(db, given, period)
  for _, source in ipairs(sources) do
    if not period.sources or period.sources[source.name] then
      local where, values, also = selection_of(db, source, { given.meter_no })
      also(source.time .. " < ?", period.from)
      local tail = ("%s ORDER BY %s.%s DESC, copy DESC LIMIT %d"):format(text_of(where), source.table, source.time,
        OLDER)
      local newest_first, all = {}, {}
      for row in reader(db, source.table, columns_of(source), tail, values) do newest_first[#newest_first + 1] = row end
      for index = #newest_first, 1, -1 do all[#all + 1] = newest_first[index] end
      for _, row in ipairs(given.rows[source.name]) do all[#all + 1] = row end
      given.rows[source.name] = all
    end
  end
end

return rows
