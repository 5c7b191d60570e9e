--- The columns of a listing: which there are, which a table shows, and which the caller wants.

local copy = require "imr.base.copy"
local exit = require "imr.cli.exit"
local nearest = require "imr.base.nearest"
local schema = require "imr.schema"
local unpack = require "imr.base.unpack"

local columns = {}

---@class imr.cli.Column
---@field name string of the record's field
---@field type string str, int, dec, time, enum, flag, json
---@field sum? boolean whether a workbook ends with its sum
---@field at? integer|string where a row holds its value; default: under its name
---@field endpoint? string whose field it is, where not that of the rows
---@field parts? imr.cli.Column[] several columns in one
---@field heading string
---@field words? table what is written for a value, where that is a word of ours

-- What the platform sent beyond the known fields, and values that did not parse.
local REST = { { name = "extra", type = "json" }, { name = "invalid", type = "json" } }

---Columns from one line of text.
---@param text string "name:type name:type"; a type with + is summed at the end of a workbook
---@return imr.cli.Column[]
function columns.typed(text)
  local list = {}
  for name, kind, sum in text:gmatch("(%S+):(%a+)(%+?)") do
    list[#list + 1] = { name = name, type = kind, sum = sum == "+" or nil }
  end
  return list
end

---All columns of a listing: what follows from a field comes behind it.
---@param endpoint string
---@return imr.cli.Column[]
function columns.all(endpoint)
  local list = {}
  for _, field in ipairs(schema.by_name[endpoint].fields) do
    list[#list + 1] = { name = field.name, type = field.type }
    for _, one in ipairs(field.derived or {}) do list[#list + 1] = { name = one.name, type = one.type } end
  end
  return list
end

local function names_of(list)
  local names = {}
  for index, column in ipairs(list) do names[index] = column.name end
  return names
end

local function refuse(list, name)
  local names = names_of(list)
  local near = nearest(name, names)
  if near then
    exit.usage("there is no field '%s', did you mean '%s'? There are: %s", name, near, table.concat(names, ", "))
  end
  exit.usage("there is no field '%s'; there are: %s", name, table.concat(names, ", "))
end

---The columns that are named.
---@param list imr.cli.Column[]
---@param wanted string names joined by commas
---@return imr.cli.Column[]
function columns.pick(list, wanted)
  local by_name, picked = {}, {}
  for _, column in ipairs(list) do by_name[column.name] = column end
  for name in wanted:gmatch("[^,%s]+") do
    if not by_name[name] then refuse(list, name) end
    picked[#picked + 1] = by_name[name]
  end
  if #picked == 0 then exit.usage("--fields names no field; there are: %s", table.concat(names_of(list), ", ")) end
  return picked
end

---The columns that `--fields` may name of rows with a place: also those of imr.workflow.metering.place.
---@param list imr.cli.Column[]
---@return imr.cli.Column[]
function columns.with_place(list)
  local all, there = { unpack(list) }, {}
  for _, column in ipairs(list) do there[column.name] = true end
  for _, name in ipairs(require("imr.workflow.metering.place").FIELDS) do
    if not there[name] then all[#all + 1] = { name = name, type = "str" } end
  end
  return all
end

local function joined(list, more)
  local all = { unpack(list) }
  for _, column in ipairs(more) do all[#all + 1] = column end
  return all
end

-- A terminal is not as wide as a record.
local function in_table(endpoint, list, more)
  local picked = columns.pick(list, schema.by_name[endpoint].columns)
  for _, column in ipairs(more) do
    if column.shown then picked[#picked + 1] = column end
  end
  return picked
end

---The columns to write.
---@param endpoint string
---@param format "table"|"csv"|"jsonl"|"json"
---@param wanted? string names joined by commas
---@param more? imr.cli.Column[] behind the endpoint's own; `shown`: also in a table
---@return imr.cli.Column[]
function columns.choose(endpoint, format, wanted, more)
  more = more or {}
  local list = joined(columns.all(endpoint), more)
  if wanted then return columns.pick(joined(list, REST), wanted) end
  if format == "table" and schema.by_name[endpoint].columns then return in_table(endpoint, list, more) end
  return (format == "csv" or format == "table") and list or joined(list, REST)
end

local headers = {
  name = function(column) return { heading = column.name } end,
  wire = function(column, endpoint)
    return { heading = require("imr.language.headings").wire(column.name, endpoint) }
  end,
  zh = function(column)
    return { heading = require("imr.language.headings").zh(column.name) or column.name,
      words = require("imr.language.values").of(column) }
  end,
}

---The columns with their headings. Only a table, CSV and a workbook show them.
---@param list imr.cli.Column[]
---@param headings "name"|"wire"|"zh"
---@param endpoint? string whose spelling is meant
---@return imr.cli.Column[]
function columns.headed(list, headings, endpoint)
  local made = {}
  for index, column in ipairs(list) do
    local parts = column.parts and columns.headed(column.parts, headings, endpoint)
    made[index] = copy(column, parts and { parts = parts } or headers[headings](column, column.endpoint or endpoint))
  end
  return made
end

return columns
