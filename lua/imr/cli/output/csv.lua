--- Rows as CSV (RFC 4180): a header, CRLF, quotes where they are needed.
---
--- A spreadsheet takes a text that begins with = + - @ or a control character for a formula, and runs it; such a text
--- gets an apostrophe in front, unless `raw`. With `excel` there is a byte order mark, and texts that a spreadsheet
--- would turn into numbers or dates (000100000001, 3-12) are written as ="000100000001". On a terminal a text has no
--- control characters; anywhere else it is what the platform sent.

local packed = require "imr.database.packed"
local terminal = require "imr.cli.output.terminal"
local value = require "imr.cli.output.value"

local concat = table.concat

local format = {}

local BOM = "\239\187\191"

local function quoted(text)
  if text:find('[",\r\n]') then return '"' .. text:gsub('"', '""') .. '"' end
  return text
end

-- Blanks, and what is not seen, which a spreadsheet may leave out before it looks at a text.
local leading = {
  "^[%z\1-\32\127]+", "^\194[\128-\160\173]", "^\205\143", "^\216\156", "^\225\133[\159\160]", "^\225\154\128",
  "^\225\158[\180\181]", "^\225\160[\139-\143]", "^\226\128[\128-\143\168-\175]", "^\226\129[\159-\175]",
  "^\226\160\128", "^\227\128\128", "^\227\133\164", "^\239\184[\128-\143]", "^\239\187\191", "^\239\190\160",
  "^\239\191[\185-\187]", "^\243\160[\128-\135][\128-\191]",
}

local function behind_leading(text)
  local at, moved = 1, true
  while moved do
    moved = false
    for _, pattern in ipairs(leading) do
      local _, last = text:find(pattern, at)
      if last then at, moved = last + 1, true end
    end
  end
  return at
end

-- Also full-width and small ones (＝＋－＠, ﹦﹢﹣﹫), which spreadsheets in East Asia may take for the others; and a tab
-- or carriage return.
local function is_formula(text)
  if not text:find("^[%z\1-\32\127=+%-@\194\205\216\225-\227\239\243]") then return false end
  local at = behind_leading(text)
  return text:find("^[=+%-@]", at) or text:find("^\239\188[\157\139\141\160]", at)
    or text:find("^\239\185[\162\163\166\171]", at) or text:find("^%s*[\t\r]")
end

local function looks_like_number(text)
  return text:find("^%d[%d%-+/.:eE ,%%]*$")
end

-- Texts are whatever somebody typed into the platform. 1 when it got an apostrophe.
local function text_cell(text, options)
  if options.excel and looks_like_number(text) then return quoted('="' .. text .. '"'), 0 end
  if options.raw or not is_formula(text) then return quoted(text), 0 end
  return quoted("'" .. text), 1
end

local function headings_of(columns)
  local list = {}
  for index, column in ipairs(columns) do
    list[index] = column.parts and headings_of(column.parts) or quoted(column.heading or column.name)
  end
  return concat(list, ",")
end

local function header(columns, options)
  return (options.excel and BOM or "") .. headings_of(columns) .. "\r\n"
end

-- What we make of numbers is plain, and what has been parsed is ours to trust.
local plain = { int = true, time = true, flag = true }
local trusted = { dec = true, money = true, enum = true }

---@return fun(any: any): string, integer
local function cell_writer(column, text_of, options)
  local is_plain, is_trusted, words = plain[column.type], trusted[column.type], column.words
  return function(any)
    if any == nil then return "", 0 end
    if words and words[any] then return words[any], 0 end
    local text = text_of(any)
    if is_plain then return text, 0 end
    if options.terminal then text = terminal.safe(text) end
    if is_trusted then return quoted(text), 0 end
    return text_cell(text, options)
  end
end

-- Several columns in one.
local function pack_writer(column, texts, options)
  local writers = {}
  for at, part in ipairs(column.parts) do writers[at] = cell_writer(part, texts[part.type], options) end
  return function(any)
    local values, cells, guarded = packed.values(any), {}, 0
    for at, write in ipairs(writers) do
      local guard
      cells[at], guard = write(values[at])
      guarded = guarded + guard
    end
    return concat(cells, ","), guarded
  end
end

-- A meter's rows come one after the other, and most of their values are those of the row before: only what changed is
-- made into text again.
local function line_writer(columns, options, count)
  local texts, keys, writers, last, cells, guards = value.texts(options.utc_offset), {}, {}, {}, {}, {}
  for at, column in ipairs(columns) do
    keys[at] = column.at or column.name
    writers[at] = column.parts and pack_writer(column, texts, options)
      or cell_writer(column, texts[column.type], options)
    cells[at], guards[at] = "", 0
  end
  local most, guarded = #keys, 0
  return function(row)
    local places, before = keys, last
    for at = 1, most do
      local any = row[places[at]]
      if any ~= before[at] then
        last[at], guarded = any, guarded - guards[at]
        cells[at], guards[at] = writers[at](any)
        guarded = guarded + guards[at]
      end
    end
    count.guarded = count.guarded + guarded
    return concat(cells, ",")
  end
end

---@return fun(rows: table[]): string write
---@return fun(): string finish
---@return { guarded: integer } count of cells that got an apostrophe
function format.csv(columns, options)
  local count, head = { guarded = 0 }, header(columns, options)
  local line_of = line_writer(columns, options, count)
  local function write(rows)
    local lines = {}
    for index, row in ipairs(rows) do lines[index] = line_of(row) end
    lines[#lines + 1] = ""
    local text = head .. concat(lines, "\r\n")
    head = ""
    return text
  end
  return write, function() return head end, count
end

return format
