--- Rows as a table for people. It streams: the columns are as wide as the first rows need, and a later, wider cell
--- only moves what is right of it.

local terminal = require "imr.cli.output.terminal"
local text = require "imr.cli.output.width"
local value = require "imr.cli.output.value"

local format = {}

local FIRST = 100 -- rows that are waited for; some commands write a meter at a time

local BOLD, RED, RESET = "\27[1m", "\27[31m", "\27[0m"
local WORDS = { [true] = "yes", [false] = "no" }

-- What somebody should look at.
local function is_alarming(name, any)
  return (name == "online" and any == false) or (name == "supply" and any == "disconnected")
    or (name == "image_ok" and any == false)
end

local right_aligned = { dec = true, money = true, int = true }

local function cell_of(row, column, texts)
  local any = row[column.at or column.name]
  if any == nil then return row.invalid and row.invalid[column.name] ~= nil and "?" or "" end
  return terminal.safe((column.words or WORDS)[any] or texts[column.type](any))
end

local function headings_of(columns)
  local list = {}
  for index, column in ipairs(columns) do list[index] = column.heading or column.name end
  return list
end

-- Padded first: colour takes no columns.
local function line_of(cells, state, colours)
  local padded, last = {}, #cells
  for index, cell in ipairs(cells) do
    local filled = right_aligned[state.columns[index].type] and text.pad(cell, state.widths[index], true)
      or (index < last and text.pad(cell, state.widths[index]) or cell)
    padded[index] = colours[index] and colours[index] .. filled .. RESET or filled
  end
  return (table.concat(padded, "  "):gsub(" +$", "")) .. "\n"
end

local function measure(state, grid)
  for _, cells in ipairs(grid) do
    for index, cell in ipairs(cells) do
      state.widths[index] = math.max(state.widths[index] or 0, text.width(cell))
    end
  end
end

local GAP, LEAST = 2, 6 -- columns between two cells, and of a text that is cut
local WHOLE = { meter_no = true, device_id = true } -- what one types again

-- The column that gives the most: the widest text. Numbers and times are never cut.
local function widest(state)
  local found
  for index, column in ipairs(state.columns) do
    local width = state.widths[index]
    local may = not right_aligned[column.type] and column.type ~= "time" and not WHOLE[column.name] and width > LEAST
    if may and (not found or width > state.widths[found]) then found = index end
  end
  return found
end

-- Makes texts narrower until a row fits the terminal, or none can be.
local function fit(state, most)
  local total = -GAP
  for _, width in ipairs(state.widths) do total = total + width + GAP end
  while total > most do
    local index = widest(state)
    if not index then return end
    state.widths[index], total, state.cut = state.widths[index] - 1, total - 1, true
  end
end

-- What does not fit is cut, and shows it.
local function cut(state, cells)
  for index, cell in ipairs(cells) do
    if not right_aligned[state.columns[index].type] and text.width(cell) > state.widths[index] then
      cells[index] = text.cut(cell, state.widths[index] - 1) .. "…"
    end
  end
  return cells
end

local function header(state)
  local colours = {}
  for index in ipairs(state.columns) do colours[index] = state.colour and BOLD or nil end
  local names = headings_of(state.columns)
  return line_of(state.cut and cut(state, names) or names, state, colours)
end

local function colours_of(row, state)
  local colours = {}
  for index, column in ipairs(state.columns) do
    if state.colour and is_alarming(column.name, row[column.at or column.name]) then colours[index] = RED end
  end
  return colours
end

---@return fun(rows: table[]): string write
---@return fun(): string finish
---@return nil
---@return fun(): string abort what was waiting
function format.table(columns, options)
  local texts = value.texts(options.utc_offset)
  local state = { columns = columns, colour = options.colour, widths = {} }
  local first = {}
  local function lines_of(rows)
    local grid, lines = {}, {}
    for index, row in ipairs(rows) do
      grid[index] = {}
      for at, column in ipairs(columns) do grid[index][at] = cell_of(row, column, texts) end
    end
    if first then
      measure(state, { headings_of(columns) })
      measure(state, grid)
      if options.columns then fit(state, options.columns) end
      lines[1], first = header(state), nil
    end
    for index, cells in ipairs(grid) do
      if state.cut then cut(state, cells) end
      lines[#lines + 1] = line_of(cells, state, colours_of(rows[index], state))
    end
    return table.concat(lines)
  end
  local function write(rows)
    if not first then return lines_of(rows) end
    for _, row in ipairs(rows) do first[#first + 1] = row end
    return #first < FIRST and "" or lines_of(first)
  end
  return write, function() return first and lines_of(first) or "" end, nil,
    function() return first and first[1] and lines_of(first) or "" end
end

return format
