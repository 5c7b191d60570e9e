--- Rows as a workbook: typed cells, meter numbers as text, headings that stay in sight, a filter.
---
--- A spreadsheet keeps numbers as doubles. What has more digits than a double keeps is written as text, so that no
--- digit is lost.

local core = require "imr.core"
local exact = require "imr.decimal"
local exit = require "imr.cli.exit"
local language = require "imr.language"
local needs = require "imr.base.needs"
local time = require "imr.time"
local width_of = require("imr.cli.output.width").width
local value = require "imr.cli.output.value"

local format = {}

local SHEET = "imr"
local LAST_ROW = 1048575
local MOST_CHARACTERS = 32767 -- of a cell
local DAY = require("imr.base.calendar").DAY
local WIDTHS = { time = 20, dec = 14, int = 10, str = 16 }
local INTEGER, MONEY = "0", "#,##0.00"
local EPOCH = 25569 -- 1970-01-01 as a spreadsheet counts days

-- Control characters that XML cannot hold are written as spreadsheets write them; so is a text that looks like one.
local function xml_safe(text)
  return (text:gsub("_x(%x%x%x%x)_", "_x005F_x%1_"):gsub("[%z\1-\8\11-\31]", function(character)
    return ("_x%04X_"):format(character:byte())
  end))
end

local function must(ok, message)
  if not ok then exit.fail("output", "the workbook cannot be written: %s", message) end
end

-- A double holds fifteen digits of any decimal.
local function fits_double(text)
  local digits = text:gsub("[eE].*$", ""):gsub("%D", ""):gsub("^0+", "")
  return #digits <= 15 and text:find "^[+-]?%d"
end

-- A cell's text has an end: then its beginning is kept, and counted.
local function write_text(book, row, column, text, count)
  local safe = xml_safe(text)
  local ok, message = book:text(row, column, safe)
  if ok or #safe <= MOST_CHARACTERS then return must(ok, message) end
  count.cut = count.cut + 1
  must(book:text(row, column, core.cut(safe, MOST_CHARACTERS)))
end

-- How a value of each type becomes a cell.
local function cell_writers(book, utc_offset, count)
  local texts, formats = value.texts(utc_offset), {
    time = book:format "yyyy-mm-dd hh:mm:ss", day = book:format "yyyy-mm-dd", int = book:format(INTEGER),
    money = book:format(MONEY),
  }
  local function number(row, column, any, kind) must(book:number(row, column, any, formats[kind])) end
  local function text(row, column, any, kind) write_text(book, row, column, texts[kind](any), count) end
  local function decimal(row, column, any, kind)
    local shown = texts[kind](any)
    if not fits_double(shown) then return write_text(book, row, column, shown, count) end
    number(row, column, tonumber(shown), kind)
  end
  local by_type = {
    int = number, dec = decimal, money = decimal,
    time = function(row, column, any, kind) number(row, column, (any + utc_offset) / DAY + EPOCH, kind) end,
    day = function(row, column, any, kind)
      local seconds = time.parse(any, 0)
      if not seconds then return text(row, column, any, kind) end
      number(row, column, seconds / DAY + EPOCH, kind)
    end,
  }
  return function(row, column, any, kind) return (by_type[kind] or text)(row, column, any, kind) end
end

local Sheets = {}
Sheets.__index = Sheets

local function name_of(sheet) return sheet == 1 and SHEET or SHEET .. " " .. sheet end

-- The next sheet, with its headings.
local function begin_sheet(self)
  self.sheets, self.row = self.sheets + 1, 1
  must(self.book:sheet(name_of(self.sheets)))
  for at, column in ipairs(self.columns) do
    local heading = column.heading or column.name
    must(self.book:width(at - 1, math.max(WIDTHS[column.type] or WIDTHS.str, width_of(heading) + 2)))
    must(self.book:text(0, at - 1, heading, self.heading))
  end
  self.book:freeze(1)
end

local function end_sheet(self)
  if #self.columns > 0 then must(self.book:filter(0, math.max(self.row - 1, 1), #self.columns - 1)) end
end

-- Where sums are kept: of each column that has one, by its place.
local function sums_of(columns)
  local sums
  for at, column in ipairs(columns) do
    if column.sum then
      sums = sums or {}
      sums[at] = { exact = exact.zero, computed = true }
    end
  end
  return sums
end

local function add(sums, columns, row)
  for at, sum in pairs(sums) do
    local any = row[columns[at].name]
    local text = any ~= nil and tostring(any)
    if text then
      sum.exact, sum.computed = sum.exact + exact.of(text), sum.computed and fits_double(text)
    end
  end
end

local function letters_of(at)
  local text = ""
  while at > 0 do
    text, at = string.char(65 + (at - 1) % 26) .. text, math.floor((at - 1) / 26)
  end
  return text
end

-- The sum of a column in all sheets; before the last one they are full.
local function formula_of(self, at)
  local parts, letters = {}, letters_of(at)
  for sheet = 1, self.sheets - 1 do
    parts[sheet] = ("SUM('%s'!%s2:%s%d)"):format(name_of(sheet), letters, letters, LAST_ROW + 1)
  end
  parts[self.sheets] = ("SUM(%s2:%s%d)"):format(letters, letters, math.max(self.row, 2))
  return "=" .. table.concat(parts, "+")
end

-- Below the rows, and out of the filter's way. What cells of text are among is no formula's business.
local function write_sums(self)
  local word = language.chosen == "zh" and language.zh "Total" or "Total"
  if not self.sums[1] then must(self.book:text(self.row, 0, word, self.heading)) end
  for at, sum in pairs(self.sums) do
    local kind, text = self.columns[at].type, tostring(sum.exact)
    if sum.computed and self.row > 1 and fits_double(text) then
      must(self.book:formula(self.row, at - 1, formula_of(self, at), tonumber(text), self.bold[kind]))
    else
      must(self.book:text(self.row, at - 1, text, self.heading))
    end
  end
end

function Sheets:write(rows)
  for _, row in ipairs(rows) do
    if self.row > LAST_ROW then
      end_sheet(self)
      begin_sheet(self)
    end
    for at, column in ipairs(self.columns) do
      local any = row[column.at or column.name]
      local word = column.words and any ~= nil and column.words[any]
      if any ~= nil then self.cell(self.row, at - 1, word or any, word and "str" or column.type) end
    end
    if self.sums then add(self.sums, self.columns, row) end
    self.row = self.row + 1
  end
  return ""
end

function Sheets:abort()
  self.book:close()
  os.remove(self.path)
end

-- The file's bytes.
function Sheets:finish()
  end_sheet(self)
  if self.sums and self.row <= LAST_ROW then write_sums(self) end
  local ok, message = self.book:close()
  local file = ok and io.open(self.path, "rb")
  local bytes = file and file:read "*a"
  if file then file:close() end
  os.remove(self.path)
  must(bytes, message or self.path)
  return bytes
end

---@return fun(rows: table[]): string write
---@return fun(): string finish
---@return { guarded: integer, cut: integer } count of cells that were cut
---@return fun() abort
function format.xlsx(columns, options)
  local xlsx = needs("--format xlsx", "imr.xlsx", "imr-xlsx", "libxlsxwriter-dev, and build imr again")
  local path, count = os.tmpname(), { guarded = 0, cut = 0 }
  local book = xlsx.create(path)
  local sheets = setmetatable({ book = book, path = path, columns = columns, sheets = 0,
    heading = book:format(nil, true), cell = cell_writers(book, options.utc_offset, count), sums = sums_of(columns),
    bold = { int = book:format(INTEGER, true), money = book:format(MONEY, true) } }, Sheets)
  begin_sheet(sheets)
  return function(rows) return sheets:write(rows) end, function() return sheets:finish() end, count,
    function() sheets:abort() end
end

return format
