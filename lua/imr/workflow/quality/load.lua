-- A meter's rows out of the database, exactly as they were stored.

local sources = require "imr.workflow.quality.sources"
local tables = require "imr.database.tables"
local unpack = require "imr.base.unpack"

local load = {}

local exact = { time = true, int = true, dec = true }

---SELECT and FROM for some columns of a table.
---@param db imr.Database
---@param name string
---@param columns string[]
---@return string SQL
function load.query(db, name, columns)
  local types, list = {}, {}
  for _, column in ipairs(tables[name].columns) do types[column.name] = column.type end
  for index, column in ipairs(columns) do
    list[index] = exact[types[column]] and db:exact(types[column], column) .. " AS " .. column or column
  end
  return ("SELECT %s FROM %s"):format(table.concat(list, ", "), name)
end

---All rows of a query.
---@return table[]
function load.all(db, sql, ...)
  local list = {}
  for row in db:rows(sql, ...) do list[#list + 1] = row end
  return list
end

local function columns_of(source)
  local list = { source.time, "stored_at" }
  for _, names in ipairs { source.registers, source.others or {} } do
    for _, name in ipairs(names) do list[#list + 1] = name end
  end
  return list
end

local function rows_of(db, source, meter_no, from, to)
  local where, values = { "meter_no = ?" }, { meter_no }
  local function also(condition, value)
    if value ~= nil then where[#where + 1], values[#values + 1] = condition, value end
  end
  also("granularity = ?", source.granularity)
  also(source.time .. " >= ?", from)
  also(source.time .. " <= ?", to)
  -- By the column itself, not by what SELECT makes of it: so the key's own order serves.
  local sql = ("%s WHERE %s ORDER BY %s.%s, copy"):format(load.query(db, source.table, columns_of(source)),
    table.concat(where, " AND "), source.table, source.time)
  return load.all(db, sql, unpack(values))
end

---The devices that a meter number has stood for, oldest first.
---@return table[]
function load.history(db, meter_no)
  return load.all(db, load.query(db, "meters", { "device_id", "first_seen", "last_seen", "removed_at", "kind" })
    .. " WHERE meter_no = ? ORDER BY meters.first_seen", meter_no)
end

local function restatements(db, meter_no)
  return load.all(db, load.query(db, "restatements",
    { "table_name", "row_time", "granularity", "field", "old_value", "new_value", "old_seen" })
    .. " WHERE meter_no = ? ORDER BY id", meter_no)
end

---What imr.workflow.quality.view takes, but for the period.
---@param db imr.Database
---@param meter_no string
---@param from integer|nil
---@param to integer|nil
---@return table
function load.meter(db, meter_no, from, to)
  local rows = {}
  for _, source in ipairs(sources) do rows[source.name] = rows_of(db, source, meter_no, from, to) end
  return { meter_no = meter_no, rows = rows, history = load.history(db, meter_no),
    restatements = restatements(db, meter_no) }
end

return load
