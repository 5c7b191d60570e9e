--- CSV in (RFC 4180): rows under the names of the first line.

local unknown_option = require "imr.base.unknown_option"

local csv = {}

-- A text that a spreadsheet was kept from taking for a number: ="000100000001".
local function plain(text)
  return (text:match '^="(.*)"$' or text):match "^%s*(.-)%s*$"
end

-- The cell that begins at `at`, and where the next one begins; also whether the line ends behind it.
local function next_cell(text, at)
  local cell
  if text:sub(at, at) == '"' then
    local parts, from = {}, at + 1
    repeat
      local quote = text:find('"', from, true)
      if not quote then return nil end
      local doubled = text:sub(quote + 1, quote + 1) == '"'
      parts[#parts + 1] = text:sub(from, doubled and quote or quote - 1)
      from = quote + (doubled and 2 or 1)
    until not doubled
    cell, at = table.concat(parts), from
  else
    local last = text:find("[,\r\n]", at) or #text + 1
    cell, at = text:sub(at, last - 1), last
  end
  local ending = text:match("^\r?\n", at) or text:match("^\r", at)
  if ending then return cell, at + #ending, true end
  if at > #text then return cell, at, true end
  if text:sub(at, at) == "," then return cell, at + 1, false end
  return nil
end

local function lines_of(text)
  local lines, at, number = {}, 1, 1
  while at <= #text do
    local line, begins, done = { number = number }, at
    repeat
      local cell
      cell, at, done = next_cell(text, at)
      if not cell then return nil, ("line %d: a quote is not closed, or not where a cell begins"):format(number) end
      line[#line + 1] = plain(cell)
    until done
    local _, breaks = text:sub(begins, at - 1):gsub("\n", "")
    number = number + breaks
    local blank = #line == 1 and line[1] == ""
    if not blank then lines[#lines + 1] = line end
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
    if #line > #header then return nil, ("line %d: it has more cells than the first line"):format(line.number) end
    local row = { line = line.number }
    for at, name in ipairs(header) do row[name] = line[at] ~= "" and line[at] or nil end
    rows[index] = row
  end
  return rows
end

return csv
