-- The rows of all meters out of the database, a meter at a time, in one ordered statement a table: however many meters
-- there are, one of them is in memory.

local load = require "imr.workflow.quality.load"
local sources = require "imr.workflow.quality.sources"
local tables = require "imr.database.tables"
local unpack = require "imr.base.unpack"

local rows = {}

local METERS = { "meter_no", "device_id", "project_code", "first_seen", "last_seen", "removed_at", "kind", "address",
  "user_code", "user_name", "online", "last_online" }
local TENANCIES = { "meter_no", "project_code", "user_code", "user_name", "house_number", "since", "until" }

local OLDER = 60 -- rows that are looked at where a meter has none in the window

local function has_column(name, wanted)
  for _, column in ipairs(tables[name].columns) do
    if column.name == wanted then return true end
  end
  return false
end

local function columns_of(source)
  local list = { "meter_no", source.time, "stored_at" }
  if has_column(source.table, "project_code") then list[4] = "project_code" end
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

local function stream_of(db, source, period)
  local where, values, also = selection_of(db, source, period.meters)
  also(source.time .. " >= ?", period.from)
  also(source.time .. " <= ?", period.to)
  local sql = load.query(db, source.table, columns_of(source)) .. text_of(where)
    .. in_order(db, source.table, ("%s.%s, copy"):format(source.table, source.time))
  return db:rows(sql, unpack(values))
end

local function plain_stream(db, name, columns, order, meters)
  local where, values = selection_of(db, nil, meters)
  return db:rows(load.query(db, name, columns) .. text_of(where) .. in_order(db, name, order), unpack(values))
end

local function streams_of(db, period)
  local list = {
    { name = "history", read = plain_stream(db, "meters", METERS, "meters.first_seen", period.meters) },
    { name = "tenancies", read = plain_stream(db, "tenancies", TENANCIES, "tenancies.since", period.meters) },
  }
  for _, source in ipairs(sources) do
    list[#list + 1] = { name = source.name, source = true, read = stream_of(db, source, period) }
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
---@field rows table<string, table[]> by source, in order of time

---The meters, in the order of their numbers. Raises what the database raises.
---@param db imr.Database
---@param period { from: integer, to: integer, meters: string[]? }
---@return fun(): imr.MeteringRows|nil
function rows.meters(db, period)
  local streams = streams_of(db, period)
  return function()
    local meter_no = next_meter(streams)
    if not meter_no then return nil end
    local given = { meter_no = meter_no, rows = {}, tenancies = {} }
    for _, stream in ipairs(streams) do
      (stream.source and given.rows or given)[stream.name] = take(stream, meter_no)
    end
    return given
  end
end

---Puts the newest rows before the window in front of a meter's rows.
---@param db imr.Database
---@param given imr.MeteringRows
---@param from integer where the window begins
function rows.add_older(db, given, from)
  for _, source in ipairs(sources) do
    local where, values, also = selection_of(db, source, { given.meter_no })
    also(source.time .. " < ?", from)
    local sql = ("%s%s ORDER BY %s.%s DESC, copy DESC LIMIT %d"):format(
      load.query(db, source.table, columns_of(source)), text_of(where), source.table, source.time, OLDER)
    local newest_first, all = load.all(db, sql, unpack(values)), {}
    for index = #newest_first, 1, -1 do all[#all + 1] = newest_first[index] end
    for _, row in ipairs(given.rows[source.name]) do all[#all + 1] = row end
    given.rows[source.name] = all
  end
end

return rows
