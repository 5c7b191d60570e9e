--- CSV in (RFC 4180): rows under the names of the first line.

local unknown_option = require "imr.base.unknown_option"

local csv = {}

-- A text that a spreadsheet was kept from taking for a number: ="000100000001".
local function plain(text)
  return (text:match '^="(.*)"$' or text):match "^%s*(.-)%s*$"
end

-- Where the quoted cell that begins at `position` ends: its closing quote, or nil and what is wrong.
local function closing_quote(text, position)
  local at = text:find('"', position + 1, true)
  while at and text:sub(at + 1, at + 1) == '"' do at = text:find('"', at + 2, true) end
  if not at then return nil, "has a quote that is not closed" end
  if not text:find("^[,\r\n]", at + 1) and at < #text then return nil, "goes on behind a closing quote" end
  return at
end

local function cell_at(text, position)
  if text:sub(position, position) ~= '"' then
    local cell = text:match("^[^,\r\n]*", position)
    return cell, position + #cell
  end
  local closing, problem = closing_quote(text, position)
  if not closing then return nil, problem end
  return (text:sub(position + 1, closing - 1):gsub('""', '"')), closing + 1
end

-- One record from `position` on, and where it ends; or nil and what is wrong.
local function record(text, position)
  local cells, mark = {}
  repeat
    local cell, after = cell_at(text, position)
    if not cell then return nil, after end
    cells[#cells + 1], mark = cell, text:sub(after, after)
    position = after + 1
  until mark ~= ","
  return cells, position
end

local function behind_line_ends(text, position) return text:find("[^\r\n]", position) end

---The records of a text, their cells as they stand inside of their quotes; `line` is the number of the line.
---@param text string
---@param next_record? fun(text: string, position: integer): integer|nil where one begins that counts, from there on
---@return table[]|nil
---@return { line: integer, record: integer, text: string }|nil problem
function csv.records(text, next_record)
  next_record = next_record or behind_line_ends
  local records, line, counted = {}, 1, 1
  local position = next_record(text, 1)
  while position do
    local _, breaks = text:sub(counted, position - 1):gsub("\n", "")
    line, counted = line + breaks, position
    local cells, after = record(text, position)
    if not cells then return nil, { line = line, record = #records + 1, text = after } end
    cells.line = line
    records[#records + 1] = cells
    position = next_record(text, after)
  end
  return records
end

-- Without those that are empty.
local function lines_of(text)
  local records, problem = csv.records(text)
  if not records then
    return nil, ("line %d: a quote is not closed, or not where a cell begins"):format(problem.line)
  end
  local lines = {}
  for _, cells in ipairs(records) do
    for place, cell in ipairs(cells) do cells[place] = plain(cell) end
    if #cells > 1 or cells[1] ~= "" then lines[#lines + 1] = cells end
  end
  return lines
end

local function problem_of_header(header, columns, needed)
  local there, known = {}, {}
  for _, name in ipairs(columns) do known[name] = true end
  for _, name in ipairs(header) do
    if not known[name] then return (unknown_option(name, columns):gsub("option", "column", 1)) end
    if there[name] then return ("there are two columns '%s'"):format(name) end
    there[name] = true
  end
  for _, name in ipairs(needed) do
    if not there[name] then return ("there is no column '%s'"):format(name) end
  end
end

---The rows of a text, by the names of its first line; an empty cell is absent. `line` is the number of the line.
---@param text string
---@param columns string[] that there may be
---@param needed string[] that there must be
---@param also? table<string, string> further names of columns
---@return table[]|nil
---@return string|nil problem
function csv.parse(text, columns, needed, also)
  local lines, problem = lines_of((text:gsub("^\239\187\191", "")))
  if not lines then return nil, problem end
  local header = table.remove(lines, 1)
  if not header then return nil, "it is empty" end
  for place, name in ipairs(header) do header[place] = also and also[name] or name end
  problem = problem_of_header(header, columns, needed)
  if problem then return nil, "line 1: " .. problem end
  local rows = {}
  for index, line in ipairs(lines) do
    if #line > #header then return nil, ("line %d: it has more cells than the first line"):format(line.line) end
    local row = { line = line.line }
    for at, name in ipairs(header) do row[name] = line[at] ~= "" and line[at] or nil end
    rows[index] = row
  end
  return rows
end

return csv
