-- Text on a terminal: how many columns it takes, Chinese included.

local unpack = require "imr.base.unpack"

local text = {}

-- The blocks that terminals draw two columns wide (East Asian Wide and Fullwidth), first and last code point.
local wide = {
  { 0x1100, 0x115F }, { 0x2E80, 0x303E }, { 0x3041, 0x33FF }, { 0x3400, 0x4DBF }, { 0x4E00, 0x9FFF },
  { 0xA000, 0xA4CF }, { 0xAC00, 0xD7A3 }, { 0xF900, 0xFAFF }, { 0xFE30, 0xFE4F }, { 0xFF00, 0xFF60 },
  { 0xFFE0, 0xFFE6 }, { 0x1F300, 0x1F64F }, { 0x1F900, 0x1F9FF }, { 0x20000, 0x3FFFD },
}

local function code_point(character)
  local first, rest = character:byte(1), #character - 1
  local point = first
  if rest > 0 then point = first % 2 ^ (6 - rest) end
  for index = 2, #character do point = point * 64 + character:byte(index) % 64 end
  return point
end

local function columns(character)
  local point = code_point(character)
  for _, range in ipairs(wide) do
    if point >= range[1] and point <= range[2] then return 2 end
  end
  return 1
end

local CHARACTER = "[%z\1-\127\194-\244][\128-\191]*"

---Columns that a UTF-8 text takes on a terminal.
---@param value string
---@return integer
function text.width(value)
  if not value:find("[\128-\255]") then return #value end
  local total = 0
  for character in value:gmatch(CHARACTER) do total = total + columns(character) end
  return total
end

---As much of a text as so many columns hold; no character is cut in two.
---@param value string
---@param most integer columns
---@return string
function text.cut(value, most)
  if #value <= most then return value end
  local kept = {}
  for character in value:gmatch(CHARACTER) do
    most = most - columns(character)
    if most < 0 then break end
    kept[#kept + 1] = character
  end
  return table.concat(kept)
end

-- Where a line may end: behind a blank, or a character that is two columns wide.
local function words_of(value)
  local words, word = {}, ""
  for character in value:gmatch(CHARACTER) do
    word = word .. character
    if character == " " or columns(character) == 2 then words[#words + 1], word = word, "" end
  end
  words[#words + 1] = word
  return words
end

-- What no line begins with.
local CLOSING = {}
for character in ("，。；：、）！？”"):gmatch(CHARACTER) do CLOSING[character] = true end

---Breaks a text into lines of so many columns, as East Asian text is broken.
---@param value string
---@param most integer columns
---@return string[]
function text.lines(value, most)
  local lines = {}
  for paragraph in (value .. "\n"):gmatch "(.-)\n" do
    local line, rest = paragraph:match "^( *)(.*)$" -- what is set in stays so
    local taken = #line
    for _, word in ipairs(words_of(rest)) do
      local width = text.width(word)
      if taken + width > most and line:find "%S" and not CLOSING[word] then
        lines[#lines + 1], line, taken = line:gsub(" +$", ""), "", 0
      end
      if word ~= " " or line ~= "" then line, taken = line .. word, taken + width end
    end
    lines[#lines + 1] = line
  end
  return lines
end

---Fills a text with blanks up to a width; to its left when `right_aligned`.
---@param value string
---@param width integer columns
---@param right_aligned? boolean
---@return string
function text.pad(value, width, right_aligned)
  local blanks = (" "):rep(width - text.width(value))
  return right_aligned and blanks .. value or value .. blanks
end

---Lines of a table whose columns are aligned.
---@param header string[]
---@param rows string[][]
---@param right_aligned table<integer, boolean> columns of numbers
---@return string[]
function text.table(header, rows, right_aligned)
  local widths, lines = {}, {}
  for _, row in ipairs { header, unpack(rows) } do
    for column, value in ipairs(row) do widths[column] = math.max(widths[column] or 0, text.width(value)) end
  end
  local function add(row)
    local cells = {}
    for column, value in ipairs(row) do cells[column] = text.pad(value, widths[column], right_aligned[column]) end
    lines[#lines + 1] = (table.concat(cells, "  "):gsub(" +$", ""))
  end
  add(header)
  for _, row in ipairs(rows) do add(row) end
  return lines
end

return text
