--- `imr export`: a table of the database as CSV, JSON or a workbook.

local output_columns = require "imr.cli.output.columns"
local database = require "imr.cli.input.database"
local dates = require "imr.cli.input.dates"
local exit = require "imr.cli.exit"
local language = require "imr.language"
local output = require "imr.cli.output"
local selection = require "imr.cli.input.selection"
local settings = require "imr.cli.input.settings"
local tables = require "imr.database.tables"
local takes_names = require "imr.cli.input.names"
local interrupt = require "imr.cli.interrupt"
local workflow = require "imr.workflow.export"

local export = { summary = "Write a table of the database as CSV, JSON or a workbook." }

local types = { text = "str", int = "int", id = "int", time = "time", dec = "dec", flag = "flag", json = "json_text" }

function export.configure(parser)
  local names = {}
  for index, entry in ipairs(tables) do names[index] = entry.name end
  takes_names(parser:option("--table", language.text("Which: %s.", table.concat(names, ", "))):argname("NAME")
    :default "readings", names)
  database.configure(parser)
  dates.configure(parser)
  selection.configure(parser, "place")
  output.configure(parser)
  settings.configure_clock(parser)
end

-- A time is written on the platform's clock, so the text beside it says nothing more: it has to be asked for.
local function columns_of(entry)
  local all, default = {}, {}
  for index, column in ipairs(entry.columns) do
    all[index] = { name = column.name, type = types[column.type] }
    if not column.name:match("_local$") then default[#default + 1] = all[index] end
  end
  local possible = require("imr.workflow.placed_rows").possible(entry.name)
  return default, possible and output_columns.with_place(all) or all
end

-- Those that are named, and what did not parse, of which the output has to tell.
local function picked(all, wanted)
  local list = output_columns.pick(all, wanted)
  for _, column in ipairs(all) do
    if column.name == "invalid" then list[#list + 1] = column end
  end
  return list
end

-- Columns that seldom change from one row to the next.
local function is_steady(column)
  return column.type ~= "time" and column.type ~= "dec" and column.name ~= "meter_no" and column.name ~= "day"
    or column.name == "changed_at" or column.name == "withdrawn_at"
end

local function names_of(columns)
  local names = {}
  for index, column in ipairs(columns) do names[index] = column.name end
  return names
end

-- Steady columns side by side are read, and written as CSV, as one.
local function packed(columns)
  local list, parts = {}, nil
  for _, column in ipairs(columns) do
    if not is_steady(column) then
      list[#list + 1], parts = column, nil
    elseif parts then
      parts[#parts + 1] = column
    else
      parts = { column }
      list[#list + 1] = { parts = parts }
    end
  end
  for _, column in ipairs(list) do
    if column.parts then column.name = table.concat(names_of(column.parts), ",") end
  end
  return list
end

-- What is read: each column's place is that in the rows.
local function read_columns(columns)
  local names = {}
  for index, column in ipairs(columns) do
    names[index], column.at = column.parts and names_of(column.parts) or column.name, index
  end
  return names
end

local function period_of(arguments, offset)
  local period = { meters = selection.numbers(arguments), places = arguments.fields ~= nil }
  local columns = {}
  for _, column in ipairs(tables[arguments.table].columns) do columns[column.name] = true end
  period.where = selection.where(arguments)
  if (period.meters or period.where) and not columns.meter_no then
    exit.usage("%s has no meters to choose from", arguments.table)
  end
  if not arguments.from and not arguments.to then return period end
  if not workflow.moment(arguments.table) then exit.usage("%s has no period to choose from", arguments.table) end
  period.from, period.to = dates.period(arguments, offset)
  database.expect_times(period)
  return period
end

local function copy(arguments, db, out, names, period)
  for rows in workflow.lists(db, arguments.table, names, period) do
    out:write(rows)
    interrupt.check()
  end
end

---@return integer exit status
function export.run(arguments)
  local offset = settings.read(arguments).utc_offset
  local period = period_of(arguments, offset)
  local columns, all = columns_of(tables[arguments.table])
  if not arguments.fields and output.format(arguments) == "csv" then columns = packed(columns) end
  local names = read_columns(arguments.fields and picked(all, arguments.fields) or columns)
  local db = database.open(arguments, period.meters)
  local out = output.open(arguments, { endpoint = arguments.table, columns = columns,
    all = arguments.fields and all, utc_offset = offset })
  require("imr.os").catch_signals()
  local fine, problem = pcall(copy, arguments, db, out, names, period)
  db:close()
  if not fine then
    out:abort()
    error(problem, 0)
  end
  out:finish(true)
  return 0
end

return export
