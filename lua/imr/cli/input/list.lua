--- Lists that people keep in files: meters, devices, tenants. CSV as spreadsheets and our own --excel write it: a byte
--- order mark, quotes, ="0001", CRLF; # begins a comment line. What cannot be read is named with its line.

local csv = require "imr.base.csv"
local exit = require "imr.cli.exit"
local headings = require "imr.language.headings"

local list = {}

---@class imr.cli.Record
---@field [integer] string its cells
---@field line integer where it begins

-- Further names of columns, beside ours, the platform's and the Chinese one.
local ALSO = {
  device_id = { "device", "设备", "设备号", "设备ID" }, meter_no = { "表计号", "表具号" },
  user_code = { "用户号", "用户编号", "户号" }, house_number = { "house", "房号", "房间号" },
  command = { "指令", "操作" },
}

-- As a header names it, without case, blanks, underscores and dashes.
local function plain_name(name)
  return (name:lower():gsub("[%s_-]", ""))
end

---What a column of this field may be called.
---@param field string
---@return table<string, true> names as `list.places` compares them
function list.names(field)
  local names = { [plain_name(field)] = true, [plain_name(headings.wire(field))] = true }
  local chinese = headings.zh(field)
  if chinese then names[plain_name(chinese)] = true end
  for _, name in ipairs(ALSO[field] or {}) do names[plain_name(name)] = true end
  return names
end

---The columns of a header that are called so.
---@param cells string[]
---@param names table<string, true>
---@return integer[]
function list.places(cells, names)
  local places = {}
  for place, name in ipairs(cells) do
    if names[plain_name(name)] then places[#places + 1] = place end
  end
  return places
end

---The columns of the first record that are called so. Raises where only a later one names them: what stands above it, a
---title say, would be taken for the list, and a number of the row for what is meant.
---@param records imr.cli.Record[]
---@param names table<string, true>
---@param where string for messages
---@return integer[]|nil places nil: the first record is no header
function list.header(records, names, where)
  for index, cells in ipairs(records) do
    local places = list.places(cells, names)
    if #places > 0 and index == 1 then return places end
    if #places > 0 then
      exit.usage("%s, line %d: record %d is a header: remove what is above it", where, cells.line, index)
    end
  end
end

-- ---------------------------------------------------------------- records

local function plain(cell)
  return cell:match('^="(.*)"$') or cell:match("^%s*(.-)%s*$")
end

-- What a spreadsheet shows instead of a value that it has not got. It begins like a comment, and is none.
local function is_error(cell)
  return cell == "#N/A" or cell:find "^#[%u/0]+[!?]$" ~= nil
end

local function is_comment(text, position)
  return text:sub(position, position) == "#" and not is_error(plain(text:match("^[^,\r\n]*", position)))
end

-- The next record's place, behind empty lines and comments, whose quotes mean nothing.
local function next_record(text, position)
  position = text:find("[^\r\n]", position)
  while position and is_comment(text, position) do
    position = text:find("[\r\n]", position)
    position = position and text:find("[^\r\n]", position)
  end
  return position
end

---The records of a CSV text. Raises.
---@param text string
---@param where string for messages
---@return imr.cli.Record[]
function list.records(text, where)
  local records, problem = csv.records(text, next_record)
  if not records then
    exit.usage("%s, line %d: record %d %s", where, problem.line, problem.record, problem.text)
  end
  for _, cells in ipairs(records) do
    for place, cell in ipairs(cells) do cells[place] = plain(cell) end
  end
  return records
end

---Why a cell can be no number or code of anything, or nil: what a spreadsheet has made of it.
---@param cell string
---@return string|nil
function list.cell_problem(cell)
  if cell:find "^%d[%d.,]*[eE][+-]?%d+$" then return "is what a spreadsheet makes of a long number" end
  if is_error(cell) or cell:find "^#[%a/]+$" then return "is an error of a spreadsheet" end
end

return list
