-- The rows of all meters out of the database, a meter at a time, in one ordered statement a table: however many meters
-- there are, one of them is in memory.

local copy = require "imr.base.copy"
local delays_of = require "imr.workflow.metering.delay"
local load = require "imr.workflow.quality.load"
local numbers = require "imr.database.numbers"
local sources = require "imr.workflow.quality.sources"
local stream = require "imr.workflow.metering.stream"
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

-- The rows of a query, whose first column is the meter's number.
local function query(db, name, columns, tail, values, from)
  return stream.new(db:lists(load.query(db, name, columns, from) .. tail, unpack(values)), name, columns)
end

-- The key's own order, which needs no sorting; copies of a row stay one after the other.
local function of_source(db, source, where, values, brief, from)
  if brief then where[#where + 1] = "withdrawn_at IS NULL" end
  local keys = {}
  for _, column in ipairs(tables[source.table].columns) do
    if column.key and column.name ~= "meter_no" then keys[#keys + 1] = source.table .. "." .. column.name end
  end
  local tail = text_of(where) .. in_order(db, source.table, table.concat(keys, ", "))
  return query(db, source.table, columns_of(source, brief), tail, values, from)
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
  return of_source(db, source, where, values, period.brief, from)
end

-- What came in the window and says that it is of another time: of years ago, or of a time after the window.
local function stray_stream(db, source, period)
  local where, values, also = selection_of(db, source, period.meters)
  also(("(%s < %d OR %s > ? AND %s > stored_at)"):format(source.time, UNSET, source.time, source.time), period.to)
  also("stored_at >= ?", period.from)
  also("stored_at <= ?", period.to)
  return of_source(db, source, where, values)
end

local function plain_stream(db, name, columns, order, meters)
  local where, values = selection_of(db, nil, meters)
  return query(db, name, columns, text_of(where) .. in_order(db, name, order), values)
end

local function restatements(db, period)
  local where, values, also = selection_of(db, nil, period.meters)
  also("row_time >= ?", period.from)
  also("row_time <= ?", period.to)
  return query(db, "restatements", RESTATEMENTS, text_of(where) .. in_order(db, "restatements", "id"), values)
end

local function histories_of(db, meters)
  return { { name = "history", stream = plain_stream(db, "meters", METERS, "meters.first_seen", meters) },
    { name = "tenancies", stream = plain_stream(db, "tenancies", TENANCIES, "tenancies.since", meters) } }
end

local function streams_of(db, period)
  local list = histories_of(db, period.meters)
  list[#list + 1] = { name = "restatements", stream = restatements(db, period) }
  for _, source in ipairs(sources) do
    if not period.sources or period.sources[source.name] then
      list[#list + 1] = { name = source.name, of = "lists", stream = stream_of(db, source, period) }
    end
    if period.strays and period.from and period.to then
      list[#list + 1] = { name = source.name, of = "strays", stream = stray_stream(db, source, period) }
    end
  end
  return list
end

-- The streams of the sources, by name.
local function by_source(list)
  local streams = {}
  for _, one in ipairs(list) do
    if one.of == "lists" then streams[one.name] = one.stream end
  end
  return streams
end

-- Rows by source, made when somebody asks for them: most meters are told by their lists.
local function with_rows(given)
  local lists, streams = given.lists, given.streams
  given.rows = setmetatable({}, { __index = function(self, name)
    self[name] = streams[name] and streams[name]:rows(lists[name] or {}) or {}
    return self[name]
  end })
  return given
end

local function take(given, one)
  local lists, withdrawn = one.stream:take(given.meter_no)
  if one.of == "lists" then
    given.lists[one.name], given.withdrawn[one.name] = lists, one.stream:rows(withdrawn or {})
  elseif one.of then
    given.strays[one.name] = one.stream:rows(lists)
  else
    given[one.name] = one.stream:rows(lists)
  end
end

---A meter with everything that there is of it in a window of time.
---@class imr.MeteringRows
---@field meter_no string
---@field history table[] rows of the table meters, oldest first
---@field tenancies table[] oldest first
---@field restatements table[] of rows in the window, in order
---@field rows table<string, table[]> by source, in order of time
---@field lists table<string, any[][]>|nil the same as the database gives them, with the columns of `streams`
---@field streams table<string, imr.MeteringStream>|nil
---@field withdrawn table<string, table[]> rows that the platform lists no more, by source
---@field strays table<string, table[]> rows that came in the window and say that they are of another time, by source
---@field delays table<string, number> seconds after which the fleet's rows come, by source
---@field begun fun(): integer|nil when the database's first meter list was read: of what was before, nobody knows

local BEGUN = "SELECT %s AS seen FROM meters"

-- Few meters ask, and there is one answer.
local function begun_of(db)
  local found
  return function()
    found = found or db:row(BEGUN:format(db:exact("time", "min(first_seen)")))
    return found.seen
  end
end

---The meters, in the order of their numbers. Raises what the database raises.
---@param db imr.Database
---@param period { from: integer?, to: integer?, meters: string[]?, sources: table<string, true>?, strays: boolean?,
--- brief: boolean?, delays: table? } brief: without what only the rules look at; delays: where they are known
---@return fun(): imr.MeteringRows|nil
function rows.meters(db, period)
  local delays, list = period.delays or delays_of(db, period), streams_of(db, period)
  local streams, begun = by_source(list), begun_of(db)
  return function()
    local meter_no = stream.next_meter(list)
    if not meter_no then return nil end
    local given = { meter_no = meter_no, lists = {}, withdrawn = {}, strays = {}, delays = delays, begun = begun,
      streams = streams }
    for _, one in ipairs(list) do take(given, one) end
    return with_rows(given)
  end
end

---The devices and tenants of the meters, by number: what imr.workflow.metering.place is told.
---@param db imr.Database
---@param meters? string[] default all
---@return table<string, { history: table[], tenancies: table[] }>
function rows.histories(db, meters)
  local found, list = {}, histories_of(db, meters)
  for meter_no in function() return stream.next_meter(list) end do
    found[meter_no] = { meter_no = meter_no }
    for _, one in ipairs(list) do take(found[meter_no], one) end
  end
  return found
end

---A meter as it stood at a moment: without later rows.
---@param given imr.MeteringRows
---@param limit integer Unix seconds, also its `to`
---@return imr.MeteringRows
function rows.known(given, limit)
  local known = copy(given, { lists = {}, to = limit })
  for _, source in ipairs(sources) do
    local kept, stream_of_source = {}, given.streams[source.name]
    for _, list in ipairs(given.lists[source.name] or {}) do
      if list[stream_of_source.at[source.time]] <= limit then kept[#kept + 1] = list end
    end
    known.lists[source.name] = kept
  end
  return with_rows(known)
end

---Puts the newest rows before the window in front of a meter's rows.
---@param db imr.Database
---@param given imr.MeteringRows
---@param period { from: integer, sources: table<string, true>?, brief: boolean? } as of rows.meters
function rows.add_older(db, given, period)
  for _, source in ipairs(sources) do
    if not period.sources or period.sources[source.name] then
      local where, values, also = selection_of(db, source, { given.meter_no })
      also(source.time .. " < ?", period.from)
      where[#where + 1] = "withdrawn_at IS NULL"
      local tail = ("%s ORDER BY %s.%s DESC, copy DESC LIMIT %d"):format(text_of(where), source.table, source.time,
        OLDER)
      local older = query(db, source.table, columns_of(source, period.brief), tail, values)
      local all = older:take(given.meter_no)
      for index = 1, #all / 2 do all[index], all[#all + 1 - index] = all[#all + 1 - index], all[index] end
      for _, list in ipairs(given.lists[source.name]) do all[#all + 1] = list end
      given.lists[source.name] = all
    end
  end
  with_rows(given)
end

return rows
