-- A function that makes a row by name of a driver's list: whole numbers are integers, flags are booleans.
--
-- It is compiled, as the columns are known: a table of the right size at once takes a third of the time.

local tables = require "imr.database.tables"

local compile = loadstring or load -- luacheck: ignore

local FORMATS = {
  time = "[%q] = v[%d] and floor(v[%d])", int = "[%q] = v[%d] and floor(v[%d])", flag = "[%q] = flags[v[%d]]",
  other = "[%q] = v[%d]",
}
local FLAGS = { [true] = true, [1] = true, [false] = false, [0] = false }

---@param name string of the table
---@param columns string[] in the order of the lists
---@return fun(list: any[]): table
return function(name, columns)
  local types, parts = {}, {}
  for _, column in ipairs(tables[name].columns) do types[column.name] = column.type end
  for at, column in ipairs(columns) do
    parts[at] = (FORMATS[types[column]] or FORMATS.other):format(column, at, at)
  end
  local source = ("local floor, flags = ... return function(v) return { %s } end"):format(table.concat(parts, ", "))
  return assert(compile(source, "=row of " .. name))(math.floor, FLAGS)
end
