--- The first sheet of a workbook (.xlsx), as the CSV text that it would be saved as: each row on the line of its
--- number. A sheet that is hidden is none; rows that are hidden are counted, since nobody sees that they are there.

local core = require "imr.core"
local inflate = require "imr.base.inflate"

local workbook = {}

local function broken(what) error({ broken = what }, 0) end

-- ---------------------------------------------------------------- the archive

local function number(text, at, bytes)
  local value = 0
  for index = bytes, 1, -1 do
    value = value * 256 + (text:byte(at + index - 1) or broken "the archive ends in the middle")
  end
  return value
end

local STORED, DEFLATED = 0, 8

-- The content of an entry, by its place in the archive's directory.
local function content_at(text, at)
  local method, size, start = number(text, at + 10, 2), number(text, at + 20, 4), number(text, at + 42, 4) + 1
  local from = start + 30 + number(text, start + 26, 2) + number(text, start + 28, 2)
  local data = text:sub(from, from + size - 1)
  if #data < size then broken "the archive ends in the middle" end
  if method == STORED then return data end
  if method ~= DEFLATED then broken "it is encrypted, or packed in a way that is not known" end
  local content, problem = inflate.raw(data)
  return content or broken(problem)
end

local LONGEST_COMMENT = 65557

-- The places of all entries by their names.
local function entries_of(text)
  local tail = math.max(1, #text - LONGEST_COMMENT)
  local ending = text:find("PK\5\6", tail, true) or broken "the archive has no end"
  local at, places = number(text, ending + 16, 4) + 1, {}
  for _ = 1, number(text, ending + 10, 2) do
    local length = number(text, at + 28, 2)
    places[text:sub(at + 46, at + 45 + length)] = at
    at = at + 46 + length + number(text, at + 30, 2) + number(text, at + 32, 2)
  end
  return places
end

-- ---------------------------------------------------------------- the parts of it

local NAMED = { amp = "&", lt = "<", gt = ">", quot = '"', apos = "'" }

local function character(code)
  if not code or code > 0x10FFFF then return "?" end
  if code < 0x80 then return string.char(code) end
  if code < 0x800 then return string.char(0xC0 + math.floor(code / 64), 0x80 + code % 64) end
  if code < 0x10000 then
    return string.char(0xE0 + math.floor(code / 4096), 0x80 + math.floor(code / 64) % 64, 0x80 + code % 64)
  end
  return string.char(0xF0 + math.floor(code / 262144), 0x80 + math.floor(code / 4096) % 64,
    0x80 + math.floor(code / 64) % 64, 0x80 + code % 64)
end

local function plain(text)
  return (text:gsub("&(#?)(x?)(%w+);", function(is_code, is_hex, name)
    if is_code == "" then return NAMED[is_hex .. name] end
    return character(tonumber(name, is_hex == "x" and 16 or 10))
  end))
end

-- Without prefixes of names, and without elements that are empty.
local function part(text, places, name)
  if not places[name] then return nil end
  local xml = content_at(text, places[name]):gsub("<(/?)[%w_]+:", "<%1")
  return (xml:gsub("<row%s[^>]*/>", ""):gsub("<c%s[^>]*/>", ""):gsub("<si%s*/>", "<si></si>"))
end

local function texts_in(xml)
  local parts = {}
  for text in xml:gsub("<rPh.-</rPh>", ""):gmatch "<t[^>]*>(.-)</t>" do parts[#parts + 1] = plain(text) end
  return table.concat(parts)
end

local function shared_texts(xml)
  local list = {}
  for item in (xml or ""):gmatch "<si[^>]*>(.-)</si>" do list[#list + 1] = texts_in(item) end
  return list
end

-- The name of the first sheet's part, and how many sheets there are.
local function first_sheet(text, places)
  local book, links = part(text, places, "xl/workbook.xml"), part(text, places, "xl/_rels/workbook.xml.rels")
  local id, count = nil, 0
  for attributes in (book or ""):gmatch "<sheet%s([^>]*)>" do
    local seen = not attributes:find '%f[%w]state="%w*[hH]idden"'
    id, count = id or seen and attributes:match ':id="([^"]*)"' or nil, count + (seen and 1 or 0)
  end
  for attributes in (links or ""):gmatch "<Relationship%s([^>]*)>" do
    local target = attributes:match 'Target="/?([^"]*)"'
    if attributes:match '%f[%w]Id="([^"]*)"' == id and target then
      return places[target] and target or "xl/" .. target, count
    end
  end
  return "xl/worksheets/sheet1.xml", count
end

-- ---------------------------------------------------------------- cells

local MOST_DIGITS = 15 -- that a number of a spreadsheet keeps

-- A number that is too long has lost digits: it is shown in the form that readers refuse.
local function number_text(text)
  local value = tonumber(text)
  if not value or value % 1 ~= 0 then return text end
  local digits = ("%.0f"):format(value)
  return #digits <= MOST_DIGITS and digits or ("%.3E"):format(value)
end

local function value_of(attributes, xml, shared)
  local kind = attributes:match '%f[%w]t="(%w+)"'
  if kind == "inlineStr" then return texts_in(xml) end
  local text = plain(xml:match "<v[^>]*>(.-)</v>" or "")
  if kind == "s" then return shared[(tonumber(text) or -1) + 1] or broken "a text of it is missing" end
  if kind == "b" then return text == "1" and "TRUE" or "FALSE" end
  return (kind == nil or kind == "n") and number_text(text) or text
end

local function column_of(attributes)
  local letters, column = attributes:match '%f[%w]r="(%u+)%d+"', 0
  if not letters then return nil end
  for letter in letters:gmatch "%u" do column = column * 26 + letter:byte() - 64 end
  return column
end

local MOST_COLUMNS = 1000

local function line_of(xml, shared)
  local cells, last = {}, 0
  for attributes, content in xml:gmatch "<c%f[%s>]([^>]*)>(.-)</c>" do
    last = column_of(attributes) or last + 1
    if last > MOST_COLUMNS then broken "it has too many columns" end
    cells[last] = value_of(attributes, content, shared)
  end
  for index = 1, last do
    cells[index] = '"' .. (cells[index] or ""):gsub("[\r\n]+", " "):gsub('"', '""') .. '"'
  end
  return table.concat(cells, ",", 1, last)
end

local MOST_ROWS = 1048576

local function run(text)
  local places = entries_of(text)
  local name, sheets = first_sheet(text, places)
  local sheet = part(text, places, name) or broken "it has no sheet"
  local shared, lines, last, hidden = shared_texts(part(text, places, "xl/sharedStrings.xml")), {}, 0, 0
  for attributes, content in sheet:gmatch "<row%f[%s>]([^>]*)>(.-)</row>" do
    local row = tonumber(attributes:match '%f[%w]r="(%d+)"') or last + 1
    if row <= last or row > MOST_ROWS then broken "its rows are not in order" end
    for empty = last + 1, row - 1 do lines[empty] = "" end
    lines[row], last = line_of(content, shared), row
    if attributes:find '%f[%w]hidden="[1t]' and lines[row]:find '[^",]' then hidden = hidden + 1 end
  end
  local csv = table.concat(lines, "\n") .. "\n"
  return core.is_utf8(csv) and csv or broken "it is not UTF-8", sheets, hidden
end

---@param text string of the file
---@return string|nil csv
---@return integer|string sheets that it shows, or what is wrong with it
---@return integer|nil hidden rows of the first one
function workbook.csv(text)
  local fine, csv, sheets, hidden = pcall(run, text)
  if fine then return csv, sheets, hidden end
  if type(csv) == "table" and csv.broken then return nil, csv.broken end
  error(csv, 0)
end

return workbook
