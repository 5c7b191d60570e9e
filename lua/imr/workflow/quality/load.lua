-- Rows out of the database, exactly as they were stored.

local tables = require "imr.database.tables"

local load = {}

local exact = { time = true, int = true, dec = true }

---A column of a type so that its value arrives exactly.
---@param db imr.Database
---@param type string
---@param column string
---@return string SQL
function load.expression(db, type, column)
  return exact[type] and db:exact(type, column) .. " AS " .. column or column
end

---SELECT and FROM for some columns of a table.
---@param db imr.Database
---@param name string
---@param columns string[]
---@param from? string what to select from; default: the table
---@return string SQL
function load.query(db, name, columns, from)
  local types, list = {}, {}
  for _, column in ipairs(tables[name].columns) do types[column.name] = column.type end
  for index, column in ipairs(columns) do
    list[index] = load.expression(db, types[column], column)
  end
  return ("SELECT %s FROM %s"):format(table.concat(list, ", "), from or name)
end

---All rows of a query.
---@return table[]
function load.all(db, sql, ...)
  local list = {}
  for row in db:rows(sql, ...) do list[#list + 1] = row end
  return list
end

return load
