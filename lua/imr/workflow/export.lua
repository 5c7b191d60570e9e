--- Rows of the database in pages, exact, however many there are.

local tables = require "imr.database.tables"

local export = {}

local PAGE = 1000

---The column whose time a period is about; nil where a table has none.
---@param name string of the table
---@return string|nil
function export.moment(name)
  for _, column in ipairs(tables[name].columns) do
    if column.name == "read_time" or column.name == "freeze_time" or column.name == "row_time" then
      return column.name
    end
  end
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
  local where, given = condition(db, name, period or {})
  local next_row = db:select(name, where .. " ORDER BY " .. keys_of(name), (table.unpack or unpack)(given))
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
