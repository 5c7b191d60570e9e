-- The rows of all meters out of the database, a meter at a time, in one ordered statement a table: however many meters
-- there are, one of them is in memory.

local copy = require "imr.base.copy"
local delays_of = require "imr.workflow.metering.delay"
local is_before = require "imr.base.is_before"
local load = require "imr.workflow.quality.load"
local numbers = require "imr.database.numbers"
local row_maker = require "imr.database.row_maker"
local sources = require "imr.workflow.quality.sources"
local tables = require "imr.database.tables"
local unpack = require "imr.base.unpack"

local rows = {}

local METERS = { "meter_no", "device_id", "project_code", "first_seen", "last_seen", "removed_at", "kind", "address",
  "user_code", "user_name", "house_number", "online", "last_online" }
local TENANCIES = { "meter_no", "project_code", "user_code", "user_name", "house_number", "since", "until" }

local RESTATEMENTS = { "meter_no", "table_name", "row_time", "granularity", "field", "old_value", "new_value",
  "old_seen" }

local OLDER = 60 -- rows that are looked at where a meter has none in the window
local UNSET = require("imr.workflow.metering.clock").UNSET

local function has_column(name, wanted)
  for _, column in ipairs(tables[name].columns) do
    if column.name == wanted then return true end
  end
  return false
end

-- Columns that only the rules look at, and whether the row is withdrawn.
local IN_FULL = { withdrawn_at = true, invalid = true, amount = true, image_status = true }

local function columns_of(source, brief)
  local list = {}
  local function add(name)
    if not (brief and IN_FULL[name]) then list[#list + 1] = name end
  end
  for _, name in ipairs { "meter_no", source.time, "stored_at", "withdrawn_at", "invalid" } do add(name) end
  if has_column(source.table, "project_code") then add "project_code" end
  for _, names in ipairs { source.registers, source.others } do
    for _, name in ipairs(names) do add(name) end
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
  local function also(condition, value)
    if value ~= nil then where[#where + 1], values[#values + 1] = condition, value end
  end
  if meters then also(db:among("meter_no", meters)) end
  if source and source.granularity then also("granularity = ?", source.granularity) end
  return where, values, also
end

local function text_of(where) return #where > 0 and " WHERE " .. table.concat(where, " AND ") or "" end

-- The rows of a query by column name, read the fastest way.
local function reader(db, name, columns, tail, values, from)
  local sql, make = load.query(db, name, columns, from) .. tail, row_maker(name, columns)
  local next_list = db:lists(sql, unpack(values))
  return function()
    local list = next_list()
    return list and make(list)
  end
end

-- The key's own order, which needs no sorting; copies of a row stay one after the other.
local function source_reader(db, source, where, values, brief, from)
  if brief then where[#where + 1] = "withdrawn_at IS NULL" end
  local keys = {}
  for _, column in ipairs(tables[source.table].columns) do
    if column.key and column.name ~= "meter_no" then keys[#keys + 1] = source.table .. "." .. column.name end
  end
  local tail = text_of(where) .. in_order(db, source.table, table.concat(keys, ", "))
  return reader(db, source.table, columns_of(source, brief), tail, values, from)
end

-- SQLite would look up the times of a window in their index, and sort what it finds. By the meters in turn it goes
-- along the key, and reads no row outside the window either.
local function by_meters(db, source, period)
  if db.dialect ~= "sqlite" or period.meters or not (period.from or period.to) then return nil end
  return ("(%s) AS known CROSS JOIN %s"):format(numbers.distinct(source.table), source.table), "meter_no = known.number"
end

local function stream_of(db, source, period)
  local where, values, also = selection_of(db, source, period.meters)
  also(source.time .. " >= ?", period.from)
  also(source.time .. " <= ?", period.to)
  local from, joined = by_meters(db, source, period)
  where[#where + 1] = joined
  return source_reader(db, source, where, values, period.brief, from)
end

-- What came in the window and says that it is of another time: of years ago, or of a time after the window.
local function stray_stream(db, source, period)
  local where, values, also = selection_of(db, source, period.meters)
  also(("(%s < %d OR %s > ? AND %s > stored_at)"):format(source.time, UNSET, source.time, source.time), period.to)
  also("stored_at >= ?", period.from)
  also("stored_at <= ?", period.to)
  return source_reader(db, source, where, values)
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
    list[#list + 1] = { name = source.name, of = "rows", read = wanted and stream_of(db, source, period) or none }
    if period.strays and period.from and period.to then
      list[#list + 1] = { name = source.name, of = "strays", read = stray_stream(db, source, period) }
    end
  end
  for _, stream in ipairs(list) do stream.head = stream.read() end
  return list
end

local function next_meter(streams)
  local first
  for _, stream in ipairs(streams) do
    local number = stream.head and stream.head.meter_no
    if number and (not first or number ~= first and is_before(number, first)) then first = number end
  end
  return first
end

-- A meter's rows; those that the platform has withdrawn apart.
local function take(stream, meter_no)
  local list, withdrawn, head, read = {}, {}, stream.head, stream.read
  while head and head.meter_no == meter_no do
    local kept = head.withdrawn_at and withdrawn or list
    kept[#kept + 1] = head
    head = read()
  end
  stream.head = head
  return list, withdrawn
end

---A meter with everything that there is of it in a window of time.
---@class imr.MeteringRows
---@field meter_no string
---@field history table[] rows of the table meters, oldest first
---@field tenancies table[] oldest first
---@field restatements table[] of rows in the window, in order
---@field rows table<string, table[]> by source, in order of time
---@field withdrawn table<string, table[]> rows that the platform lists no more, by source
---@field strays table<string, table[]> rows that came in the window and say that they are of another time, by source
---@field delays table<string, number> seconds after which the fleet's rows come, by source

---The meters, in the order of their numbers. Raises what the database raises.
---@param db imr.Database
---@param period { from: integer?, to: integer?, meters: string[]?, sources: table<string, true>?, strays: boolean?,
--- brief: boolean?, delays: table? } brief: without what only the rules look at; delays: where they are known
---@return fun(): imr.MeteringRows|nil
function rows.meters(db, period)
  local delays, streams = period.delays or delays_of(db, period), streams_of(db, period)
  return function()
    local meter_no = next_meter(streams)
    if not meter_no then return nil end
    local given = { meter_no = meter_no, rows = {}, withdrawn = {}, strays = {}, delays = delays }
    for _, stream in ipairs(streams) do
      local list, withdrawn = take(stream, meter_no)
      if stream.of then given[stream.of][stream.name] = list else given[stream.name] = list end
      if stream.of == "rows" then given.withdrawn[stream.name] = withdrawn end
    end
    return given
  end
end

---The devices and tenants of the meters, by number: what imr.workflow.metering.place is told.
---@param db imr.Database
---@param meters? string[] default all
---@return table<string, { history: table[], tenancies: table[] }>
function rows.histories(db, meters)
  local found = {}
  local function add(name, read)
    for row in read do
      local given = found[row.meter_no] or { history = {}, tenancies = {} }
      found[row.meter_no] = given
      table.insert(given[name], row)
    end
  end
  add("history", plain_stream(db, "meters", METERS, "meters.first_seen", meters))
  add("tenancies", plain_stream(db, "tenancies", TENANCIES, "tenancies.since", meters))
  return found
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
      where[#where + 1] = "withdrawn_at IS NULL"
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
