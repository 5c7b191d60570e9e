--- Rows of the database in pages, exact, however many there are.

local expect_database = require "imr.database.expected"
local settings = require "imr.workflow.quality.settings"
local tables = require "imr.database.tables"
local unpack = require "imr.base.unpack"

local export = {}

local PAGE = 1000

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

---Pages of a table's rows, in the order of its key.
---@param db imr.Database
---@param name string of the table
---@param period? { from: integer?, to: integer?, meters: string[]? }
---@return fun(): table[]|nil
function export.pages(db, name, period)
  expect_database(db, "export.pages", 2)
  check_table(name, 2)
  local problem = settings.problem(period or {})
  if problem then error(problem, 2) end
  if (period or {}).from or (period or {}).to then check_moment(name, 2) end
  local where, given = condition(db, name, period or {})
  local next_row = db:select(name, where .. " ORDER BY " .. keys_of(name), unpack(given))
  return function()
    local page = {}
    for row in next_row do
      page[#page + 1] = row
      if #page == PAGE then break end
    end
    return #page > 0 and page or nil
  end
end

return export
