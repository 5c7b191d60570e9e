--- Rows as JSON: one object a line, or one list. Absent fields are left out; the order is that of the columns.

local terminal = require "imr.cli.output.terminal"
local value = require "imr.cli.output.value"

local format = {}

-- JSON leaves some characters as they are that a terminal obeys.
local function row_writer(columns, options)
  local writers, keys, places = {}, {}, {}
  local by_type, final = value.json(options.utc_offset), options.terminal and terminal.safe or tostring
  for index, column in ipairs(columns) do
    writers[index], keys[index] = by_type[column.type], '"' .. column.name .. '":'
    places[index] = column.at or column.name
  end
  return function(row)
    local parts, count = {}, 0
    for index, place in ipairs(places) do
      local any = row[place]
      if any ~= nil then
        count = count + 1
        parts[count] = keys[index] .. writers[index](any)
      end
    end
    return final("{" .. table.concat(parts, ",") .. "}")
  end
end

---@return fun(rows: table[]): string write
---@return fun(): string finish
function format.jsonl(columns, options)
  local row_text = row_writer(columns, options)
  local function write(rows)
    local lines = {}
    for index, row in ipairs(rows) do lines[index] = row_text(row) end
    return table.concat(lines, "\n") .. "\n"
  end
  return write, function() return "" end
end

function format.json(columns, options)
  local row_text = row_writer(columns, options)
  local before = "[\n  "
  local function write(rows)
    local parts = {}
    for _, row in ipairs(rows) do
      parts[#parts + 1] = before
      parts[#parts + 1] = row_text(row)
      before = ",\n  "
    end
    return table.concat(parts)
  end
  return write, function() return before == ",\n  " and "\n]\n" or "[]\n" end
end

return format
