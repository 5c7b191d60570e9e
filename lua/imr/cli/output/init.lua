--- Rows out: --format, --fields, --headings, --output, --excel.
---
---   output.configure(parser)                        adds the flags
---   local out = output.open(arguments, {            raises when they make no sense
---     endpoint = "readings",                        or columns = { { name =, type = } }
---     utc_offset = 28800,
---   })
---   out:write(rows)      a page; rows are the client's records; raises when nobody reads any more
---   out:finish(true)     false: the listing is not known to be complete
---   out:abort()          instead of finish, when something failed: leaves no half file behind

local defaults = require("imr.client.options").defaults
local exit = require "imr.cli.exit"
local language = require "imr.language"
local messages = require "imr.cli.output.messages"
local target = require "imr.cli.output.target"
local terminal = require "imr.cli.output.terminal"

local output = {}

---@class imr.cli.Output
local Output = {}
Output.__index = Output

local modules = { table = "table", csv = "csv", json = "json", jsonl = "json", xlsx = "xlsx" }
local ENDINGS = { csv = "csv", json = "json", jsonl = "jsonl", ndjson = "jsonl", xlsx = "xlsx" }

---Adds the flags of an output to a command.
function output.configure(parser)
  parser:group("Output",
    parser:option("--format", "table (default on a terminal), csv, jsonl (default elsewhere), json or xlsx.")
      :choices { "table", "csv", "jsonl", "json", "xlsx" },
    parser:option("--fields", "Only these fields, in this order, joined by commas; also extra and invalid.")
      :argname "A,B,C",
    parser:option("--headings", "Of a table, csv or xlsx: wire (the platform's spelling), name (ours; default) or zh "
      .. "(Chinese, words in cells too; default of a table or xlsx where the language is Chinese).")
      :choices { "wire", "name", "zh" },
    parser:option("--output",
      "Write to this file, which is replaced only as a whole. Its ending chooses the format."):argname "FILE",
    parser:flag("--wide", "A table may be wider than the terminal; else texts are cut with … to fit."),
    parser:flag("--excel", "CSV for a spreadsheet: byte order mark, meter numbers kept as text."),
    parser:flag("--raw-csv", "CSV without the apostrophe before a text that a spreadsheet would run as a formula."))
end

-- The format that a file's name says; one without an ending says nothing.
local function format_of(path)
  local ending = path:match "%.(%w+)$"
  return not ending and "jsonl" or ENDINGS[ending:lower()]
    or exit.usage("--output %s: .%s names no format; .csv, .jsonl, .json and .xlsx do, or add --format", path, ending)
end

local function refuse_what_does_not_fit(format, arguments)
  local path = arguments.output or ""
  if (arguments.excel or arguments.raw_csv) and format ~= "csv" then
    exit.usage("--excel and --raw-csv go with --format csv, not with %s", format)
  end
  if arguments.headings and modules[format] == "json" then
    exit.usage("--headings goes with table, csv and xlsx, not with %s", format)
  end
  if format == "xlsx" and path == "" and terminal.is_output() then
    exit.usage("a workbook is not for a terminal: add --output FILE.xlsx")
  end
  local named = ENDINGS[(path:match "%.(%w+)$" or ""):lower()]
  if named and (named == "xlsx") ~= (format == "xlsx") then
    exit.usage("--output %s is no name for %s", path, format)
  end
end

---The format that is asked for, or that fits where the output goes.
---@return "table"|"csv"|"jsonl"|"json"|"xlsx"
function output.format(arguments)
  local format = arguments.format or (arguments.excel or arguments.raw_csv) and "csv"
    or arguments.output and format_of(arguments.output) or terminal.is_output() and "table" or "jsonl"
  refuse_what_does_not_fit(format, arguments)
  return format
end

local function columns_of(arguments, settings, format)
  local columns = require "imr.cli.output.columns"
  local list = not settings.columns and columns.choose(settings.endpoint, format, arguments.fields, settings.more)
    or arguments.fields and columns.pick(settings.all or settings.columns, arguments.fields) or settings.columns
  local of_people = format ~= "csv" and language.chosen == "zh" -- what scripts read changes for nobody
  return columns.headed(list, arguments.headings or of_people and "zh" or "name", settings.endpoint)
end

local function place_of_invalid(columns)
  for _, column in ipairs(columns or {}) do
    if column.name == "invalid" then return column.at or column.name end
  end
  return "invalid"
end

---@param arguments table of the command line
---@param settings { endpoint: string?, columns: table[]?, all: table[]?, more: table[]?, utc_offset: integer? }
--- endpoint: of which the rows are; all: what --fields may choose from, where that is more than `columns`; more:
--- columns behind the endpoint's; a column may say `at` which key of a row its value is
---@return imr.cli.Output
function output.open(arguments, settings)
  local format = output.format(arguments)
  local columns = columns_of(arguments, settings, format)
  local write, finish, count, abort = require("imr.cli.output." .. modules[format])[format](columns, {
    utc_offset = settings.utc_offset or defaults.utc_offset, excel = arguments.excel, raw = arguments.raw_csv,
    terminal = not arguments.output and terminal.is_output(),
    columns = not arguments.output and not arguments.wide and terminal.output_columns() or nil,
    colour = not arguments.output and terminal.colour_output(),
  })
  local shown = {}
  for _, column in ipairs(columns) do shown[column.name] = true end
  return setmetatable({
    format_rows = write, format_end = finish, format_abort = abort, count = count or { guarded = 0 }, rows = 0,
    shown = shown, unshown = 0, invalid = place_of_invalid(settings.all or settings.columns),
    target = arguments.output and target.file(arguments.output) or target.stdout(), path = arguments.output,
  }, Output)
end

-- A value that did not parse must not vanish without a word where its column can't show it.
local function note_invalid(self, rows)
  if self.shown.invalid then return end
  for _, row in ipairs(rows) do
    if row[self.invalid] then self.unshown = self.unshown + 1 end
  end
end

---@param rows table[] records
function Output:write(rows)
  if #rows == 0 then return end
  note_invalid(self, rows)
  self.rows = self.rows + #rows
  self.target.write(self.format_rows(rows))
end

local function say_rest(self, kept)
  if self.unshown > 0 then
    messages.say("%d rows have values that could not be read as what they should be; --fields …,invalid shows them",
      self.unshown)
  end
  if self.count.guarded > 0 then
    messages.say("%d cells that a spreadsheet would run as formulas got an apostrophe; --raw-csv leaves them alone",
      self.count.guarded)
  end
  if (self.count.cut or 0) > 0 then
    messages.say("%d texts are longer than a cell may be, and were cut", self.count.cut)
  end
  if kept then messages.say("%s is left as it was; the rows that came are in %s", self.path, kept) end
end

---@param complete boolean
function Output:finish(complete)
  self.target.write(self.format_end())
  local kept = self.target.commit(complete)
  say_rest(self, kept)
  if self.path and not kept and terminal.is_error() then messages.say("%d rows in %s", self.rows, self.path) end
end

---Runs what writes to it: when that raises, no half file stays behind.
---@param work function
---@param ... any
---@return any what it returns
function Output:during(work, ...)
  local fine, result = pcall(work, ...)
  if fine then return result end
  self:abort()
  error(result, 0)
end

function Output:abort()
  local rest = self.format_abort and self.format_abort()
  if rest then pcall(self.target.write, rest) end -- what failed before is what is told
  self.target.abort()
end

return output
