--- Rows of the database in pages, exact, however many there are.

local expect_database = require "imr.database.expected"
local load = require "imr.workflow.quality.load"
local packed = require "imr.database.packed"
local placed_rows = require "imr.workflow.placed_rows"
local settings = require "imr.workflow.quality.settings"
local tables = require "imr.database.tables"
local unpack = require "imr.base.unpack"
local where = require "imr.workflow.metering.where"

local export = {}

local PAGE = 200 -- few enough that a page of rows stays in the processor's cache

-- `level` is that of the caller of the function that was given the name.
local function check_table(name, level)
  if type(name) ~= "string" or not tables[name] then
    error(("there is no table '%s'"):format(tostring(name)), level + 1)
  end
end

---The column whose time a period is about; nil where a table has none.
---@param name string of the table
---@return string|nil
function export.moment(name)
  check_table(name, 2)
  for _, column in ipairs(tables[name].columns) do
    if column.name == "read_time" or column.name == "freeze_time" or column.name == "row_time" then
      return column.name
    end
  end
end

local function check_moment(name, level)
  if not export.moment(name) then error(("the rows of %s have no time, so no period"):format(name), level + 1) end
end

local function keys_of(name)
  local keys = {}
  for _, column in ipairs(tables[name].columns) do
    if column.key then keys[#keys + 1] = column.name end
  end
  return table.concat(keys, ", ")
end

local function condition(db, name, period)
  local parts, given = {}, {}
  local moment = export.moment(name)
  local function add(sql, value)
    if value then parts[#parts + 1], given[#given + 1] = sql, value end
  end
  add((moment or "") .. " >= ?", period.from)
  add((moment or "") .. " <= ?", period.to)
  if period.meters then add(db:among("meter_no", period.meters)) end
  return #parts > 0 and "WHERE " .. table.concat(parts, " AND ") or "", given
end

local function check_columns(name, columns, period, level)
  local known = {}
  for _, column in ipairs(tables[name].columns) do known[column.name] = true end
  if type(columns) ~= "table" or #columns == 0 then error("export.lists takes a list of columns", level + 1) end
  for _, entry in ipairs(columns) do
    for _, column in ipairs(type(entry) == "table" and entry or { entry }) do
      if not known[column] and not placed_rows.is_joined(name, column, period) then
        error(("%s has no column '%s'"):format(name, tostring(column)), level + 1)
      end
    end
  end
end

local function has_joined(name, columns, period)
  for _, column in ipairs(columns) do
    if placed_rows.is_joined(name, column, period) then return true end
  end
  return false
end

-- The columns, those that are to come as one as such.
local function selected(db, name, columns)
  local list, types = {}, {}
  for _, column in ipairs(tables[name].columns) do types[column.name] = column.type end
  for index, entry in ipairs(columns) do
    list[index] = type(entry) == "table" and packed.sql(db, entry) or load.expression(db, types[entry], entry)
  end
  return table.concat(list, ", ")
end

local function check(db, name, period, of)
  expect_database(db, of, 3)
  check_table(name, 3)
  local problem = settings.problem(period, { places = "boolean" })
  if problem then error(problem, 3) end
  if period.from or period.to then check_moment(name, 3) end
  if period.where and not placed_rows.possible(name) then
    error(("the rows of %s are of no meter, so of no tenant or place"):format(name), 3)
  end
end

local function narrowed(db, name, period)
  return (placed_rows.is_whole(name) and where.narrow_silent or where.narrow)(db, period)
end

local function paged(next_row)
  return function()
    local page, count = {}, 0
    for row in next_row do
      count = count + 1
      page[count] = row
      if count == PAGE then break end
    end
    return count > 0 and page or nil
  end
end

---Pages of a table's rows, in the order of its key.
---@param db imr.Database
---@param name string of the table
---@param period? { from: integer?, to: integer?, meters: string[]?, where: imr.Where? }
---@return fun(): table[]|nil
function export.pages(db, name, period)
  period = period or {}
  check(db, name, period, "export.pages")
  period = narrowed(db, name, period)
  local tail, given = condition(db, name, period)
  local rows = db:select(name, tail .. " ORDER BY " .. keys_of(name), unpack(given))
  return paged(placed_rows.kept(db, name, period, export.moment(name), rows))
end

---The same with rows as lists, which is much faster: a whole number may come as a float, a flag of SQLite as 0 or 1. A
---list of columns, none of them a decimal, comes as one value: a list as JSON. With `places`, user_code, user_name,
---address, house_number and device_id may be among the columns, and are those of the row's moment, as far as the row
---does not say them; the `user_code` of readings is so always: the platform may write today's tenant beside an old row.
---@param db imr.Database
---@param name string of the table
---@param columns (string|string[])[] in the order of the lists
---@param period? { from: integer?, to: integer?, meters: string[]?, where: imr.Where?, places: boolean? }
---@return fun(): any[][]|nil
function export.lists(db, name, columns, period)
  period = period or {}
  check(db, name, period, "export.lists")
  check_columns(name, columns, period, 2)
  period = narrowed(db, name, period)
  local tail, given = condition(db, name, period)
  local function read(read_columns)
    return db:lists(("SELECT %s FROM %s %s ORDER BY %s"):format(selected(db, name, read_columns), name, tail,
      keys_of(name)), unpack(given))
  end
  if not period.where and not has_joined(name, columns, period) then return paged(read(columns)) end
  return paged(placed_rows.lists(db, name, columns, period, export.moment(name), read))
end

return export
