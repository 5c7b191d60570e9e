-- The rows of a query, one at a time, however many there are.
--
-- `access` is a database's way to its connection: open(db, sql, ...) gives a statement that has been run, again(db,
-- statement) runs it once more; both raise. reading(db) is the set of statements whose rows have not come to their end.

local tables = require "imr.database.tables"

local rows = {}

local FETCHED = 500 -- rows of PostgreSQL in memory at a time

local flags = {}
for _, entry in ipairs(tables) do
  for _, column in ipairs(entry.columns) do
    if column.type == "flag" then flags[column.name] = true end
  end
end

---A row of ours: LuaDBI hands out the same table again and again, floats for whole numbers, SQLite's flags as numbers.
---@param raw table
---@return table
function rows.copy(raw)
  local row = {}
  for name, value in pairs(raw) do
    if flags[name] and type(value) == "number" then
      value = value ~= 0
    elseif type(value) == "number" and value % 1 == 0 and math.abs(value) < 2 ^ 53 then
      value = math.floor(value)
    end
    row[name] = value
  end
  return row
end

-- A query that somebody breaks off leaves its statement open; the database's close() ends it. SQLite would not let go
-- of the file, and PostgreSQL's driver uses its connection, freed by then, when the statement is collected. So the
-- database refers to it until then: in a weak table the collector could drop it before close() and free it after.

local function as_it_is(raw) return raw end

---@param db imr.Database
---@param access table
---@param named boolean rows by column name, copied; else lists, as the driver hands them out
---@return fun(): table|nil
function rows.sqlite(db, access, named, sql, ...)
  local reading, statement = access.reading(db), access.open(db, sql, ...)
  reading[statement] = true
  local next_row = statement:rows(named)
  return function()
    local raw = reading[statement] and next_row()
    if raw then return named and rows.copy(raw) or raw end
    if reading[statement] then statement:close() end
    reading[statement] = nil
  end
end

local cursors = 0

-- PostgreSQL would send the whole result at once; a cursor hands it out in parts.
local function declare(db, access, sql, ...)
  cursors = cursors + 1
  local name = "imr_" .. cursors
  access.open(db, ("DECLARE %s NO SCROLL CURSOR WITH HOLD FOR %s"):format(name, sql), ...):close()
  return name
end

---@param db imr.Database
---@param access table
---@param named boolean
---@return fun(): table|nil
function rows.postgres(db, access, named, sql, ...)
  local reading, name = access.reading(db), declare(db, access, sql, ...)
  local fetch = access.open(db, ("FETCH %d FROM %s"):format(FETCHED, name))
  reading[fetch] = true
  local next_row, seen, convert = fetch:rows(named), 0, named and rows.copy or as_it_is
  local function more()
    access.again(db, fetch)
    next_row, seen = fetch:rows(named), 0
    return next_row()
  end
  return function()
    if not reading[fetch] then return nil end
    local raw = next_row()
    if not raw and seen == FETCHED then raw = more() end
    if raw then
      seen = seen + 1
      return convert(raw)
    end
    fetch:close()
    reading[fetch] = nil
    access.open(db, "CLOSE " .. name):close()
  end
end

return rows
