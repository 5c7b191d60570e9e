--- Devices for `imr supply`: from the arguments, or from a CSV file.
---
--- The file's first column is the device, or its header names the columns: device_id (device, deviceId) and, if there
--- is one, command. A byte order mark, quotes, and the ="0001" of spreadsheets are understood.

local environment = require "imr.cli.environment"
local exit = require "imr.cli.exit"
local read_file = require "imr.cli.input_file"

local input = {}

local device_names = { device_id = true, device = true, deviceid = true }

local function plain(cell)
  return cell:match('^="(.*)"$') or cell:match("^%s*(.-)%s*$")
end

-- Where the quoted cell that begins at `position` ends: its closing quote, or nil.
local function closing_quote(text, position)
  local at = text:find('"', position + 1, true)
  while at and text:sub(at + 1, at + 1) == '"' do at = text:find('"', at + 2, true) end
  return at
end

local function cell_at(text, position)
  if text:sub(position, position) ~= '"' then
    local cell = text:match("^[^,\r\n]*", position)
    return plain(cell), position + #cell
  end
  local closing = closing_quote(text, position)
  if not closing then return nil end
  return plain((text:sub(position + 1, closing - 1):gsub('""', '"'))), closing + 1
end

-- One record from `position` on, and where the next begins.
local function record(text, position)
  local cells, mark = {}
  repeat
    local cell, after = cell_at(text, position)
    if not cell then return nil end
    cells[#cells + 1], mark = cell, text:sub(after, after)
    position = after + 1
  until mark ~= ","
  return cells, text:find("[^\r\n]", position) or #text + 1
end

local function header_of(cells)
  local places = {}
  for place, name in ipairs(cells) do
    name = name:lower()
    if device_names[name] then places.device = place elseif name == "command" then places.command = place end
  end
  return places.device and places or nil
end

---The devices of a CSV text.
---@param text string
---@param where string for messages
---@return table[] { device_id, command } each
function input.parse(text, where)
  local devices, places, position, number = {}, nil, text:find("[^\r\n]") or #text + 1, 0
  while position <= #text do
    local cells, after = record(text, position)
    number = number + 1
    if not cells then exit.usage("%s: record %d has a quote that is not closed", where, number) end
    local header = number == 1 and header_of(cells)
    places = places or header or { device = 1 }
    if not header and cells[1]:sub(1, 1) ~= "#" and table.concat(cells) ~= "" then
      local device, command = cells[places.device], cells[places.command]
      if not device or device == "" then exit.usage("%s: record %d names no device", where, number) end
      devices[#devices + 1] = { device_id = device, command = command ~= "" and command or nil }
    end
    position = after
  end
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

---The devices that --protected and IMR_PROTECTED name: an id, or @FILE.
---@param given string[]|nil
---@return string[]
function input.protected(given)
  local list, all = {}, {}
  for _, value in ipairs(given or {}) do all[#all + 1] = value end
  local file = environment "IMR_PROTECTED"
  if file then all[#all + 1] = "@" .. file end
  for _, value in ipairs(all) do
    if value:sub(1, 1) == "@" then
      local path = value:sub(2)
      for _, device in ipairs(input.parse(read_file("--protected @", path), path)) do
        list[#list + 1] = device.device_id
      end
    else
      list[#list + 1] = value
    end
  end
  return list
end

return input
