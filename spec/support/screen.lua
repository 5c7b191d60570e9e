-- What a terminal shows of a text: carriage returns, erased lines, wide characters. Colours change nothing of that.
local text = require "imr.cli.output.width"

local screen = {}

-- A wide character's second column holds an empty text.
local function put(line, column, character)
  local width = text.width(character)
  line[column] = character
  if width == 2 then line[column + 1] = "" end
  return column + width
end

local function joined(line)
  local last = 0
  for column in pairs(line) do last = math.max(last, column) end
  local cells = {}
  for column = 1, last do cells[column] = line[column] or " " end
  return (table.concat(cells):gsub(" +$", ""))
end

---@param written string
---@param columns integer
---@return string[] lines
function screen.lines(written, columns)
  local lines, line, column = {}, {}, 1
  local plain = written:gsub("\27%[[%d;]*m", "")
  local at = 1
  while at <= #plain do
    local character = plain:match("^[%z\1-\127\194-\244][\128-\191]*", at)
    if plain:find("^\27%[K", at) then
      for index = column, columns do line[index] = nil end
      character = "\27[K"
    elseif character == "\r" then
      column = 1
    elseif character == "\n" then
      lines[#lines + 1], line = joined(line), {}
    else
      if column > columns then lines[#lines + 1], line, column = joined(line), {}, 1 end
      column = put(line, column, character)
    end
    at = at + #character
  end
  if next(line) then lines[#lines + 1] = joined(line) end
  return lines
end

return screen
