--- Devices for `imr supply`: from the arguments, or from a CSV file.
---
--- The file's first column is the device, or its header names the columns: device_id (device, deviceId) and, if there
--- is one, command. A byte order mark, quotes and the ="0001" of spreadsheets are understood; # begins a comment line.

local exit = require "imr.cli.exit"
local read_file = require "imr.cli.input.file"

local input = {}

-- As a header names them, without case, blanks, underscores and dashes.
local device_names = { device = true, deviceid = true }
local protected_names = { device = true, deviceid = true, meterno = true }

local function plain(cell)
  return cell:match('^="(.*)"$') or cell:match("^%s*(.-)%s*$")
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
    return plain(cell), position + #cell
  end
  local closing, problem = closing_quote(text, position)
  if not closing then return nil, problem end
  return plain((text:sub(position + 1, closing - 1):gsub('""', '"'))), closing + 1
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

-- The next record's place, behind empty lines and comments, whose quotes mean nothing.
local function next_record(text, position)
  position = text:find("[^\r\n]", position)
  while position and text:sub(position, position) == "#" do
    position = text:find("[\r\n]", position)
    position = position and text:find("[^\r\n]", position)
  end
  return position
end

local function header_of(cells, names)
  local places = { devices = {} }
  for place, name in ipairs(cells) do
    name = name:lower():gsub("[%s_-]", "")
    if names[name] then table.insert(places.devices, place) elseif name == "command" then places.command = place end
  end
  return #places.devices > 0 and places or nil
end

-- Adds what a record names; false when that is nothing.
local function add(devices, cells, places)
  local count, command = #devices, cells[places.command]
  for _, place in ipairs(places.devices) do
    local device = cells[place] or ""
    if device ~= "" then devices[#devices + 1] = { device_id = device, command = command ~= "" and command or nil } end
  end
  return #devices > count
end

-- The first record may be a header; otherwise it is a device already. What is protected may be named by its id and its
-- number at once, and both count; a command goes to one device.
local function devices_of(records, names)
  local devices, places = {}, { devices = { 1 } }
  for number, cells in ipairs(records) do
    local header = number == 1 and header_of(cells, names)
    places = header or places
    if #places.devices > 1 and names ~= protected_names then
      return nil, "the header names the device more than once"
    end
    if number == 1 and not header and names == device_names and not cells[1]:find "%d" and #records > 1 then
      return nil, ("its first line is no device, and names no column device_id: %s"):format(table.concat(cells, ", "))
    end
    if not header and table.concat(cells) ~= "" and not add(devices, cells, places) then
      return nil, ("record %d names no device"):format(number)
    end
  end
  return devices
end

---The devices of a CSV text. Raises.
---@param text string
---@param where string for messages
---@param names? table<string, true> what the column of devices may be called
---@return table[] { device_id, command } each
function input.parse(text, where, names)
  local records, position = {}, next_record(text, 1)
  while position do
    local cells, after = record(text, position)
    if not cells then exit.usage("%s: record %d %s", where, #records + 1, after) end
    records[#records + 1] = cells
    position = next_record(text, after)
  end
  local devices, problem = devices_of(records, names or device_names)
  if not devices then exit.usage("%s: %s", where, problem) end
  return devices
end

---@param arguments table device (list), from
---@return table[]
function input.devices(arguments)
  local devices = {}
  for _, device in ipairs(arguments.device or {}) do devices[#devices + 1] = { device_id = device } end
  if arguments.from then
    for _, device in ipairs(input.parse(read_file("--from ", arguments.from), "--from " .. arguments.from)) do
      devices[#devices + 1] = device
    end
  end
  if #devices == 0 then exit.usage("say which devices: DEVICE ..., or --from FILE") end
  return devices
end

-- A file without a device protects nobody: it is not what somebody meant who names it.
local function protected_in(path, allow_empty)
  local list = {}
  for _, device in ipairs(input.parse(read_file("--protected @", path), path, protected_names)) do
    list[#list + 1] = device.device_id
  end
  if #list == 0 and not allow_empty then
    exit.usage("--protected @%s names no device (--allow-unmatched goes on)", path)
  end
  return list
end

---The devices or meters that --protected and IMR_PROTECTED name: an id, or @FILE.
---@param arguments table protected (list), allow_unmatched
---@return string[]|nil nil where nobody names any
function input.protected(arguments)
  local list, all = {}, {}
  for _, value in ipairs(arguments.protected or {}) do all[#all + 1] = value end
  local file = os.getenv "IMR_PROTECTED"
  if file then all[#all + 1] = "@" .. file end
  if #all == 0 then return nil end
  for _, value in ipairs(all) do
    if value == "" or value == "@" then exit.usage("--protected, or IMR_PROTECTED, is set to nothing") end
    local named = value:sub(1, 1) == "@" and protected_in(value:sub(2), arguments.allow_unmatched) or { value }
    for _, name in ipairs(named) do list[#list + 1] = name end
  end
  return list
end

return input
