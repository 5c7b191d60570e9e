--- Devices for `imr supply`: from the arguments, or from a CSV file (imr.cli.input.list).
---
--- The file's first column is the device, or its header names the columns: device_id and, if there is one, command.
--- With --by it is the meter's number, the tenant's code or the house number that is named so.

local copy = require "imr.base.copy"
local exit = require "imr.cli.exit"
local list = require "imr.cli.input.list"
local read_file = require "imr.cli.input.file"

local input = {}

-- What names a device, and the field that a file's header calls so.
local FIELDS = { device = "device_id", meter_no = "meter_no", user_code = "user_code", house_number = "house_number" }

-- What files call the commands: the names of the program, what it writes in Chinese, and what people say.
local COMMANDS = {
  disconnect = "disconnect", ["断开供应"] = "disconnect", ["切断供应"] = "disconnect", ["跳闸"] = "disconnect",
  reconnect = "reconnect", ["恢复供应"] = "reconnect", ["合闸"] = "reconnect",
  read = "read", request_reading = "request_reading", ["抄表"] = "read",
}

local protected_names = copy(list.names "device_id", list.names "meter_no")

local function header_of(records, names, where)
  local keys = list.header(records, names, where)
  if not keys then return nil end
  local commands = list.places(records[1], list.names "command")
  if #commands > 1 then exit.usage("%s: the header names the command more than once", where) end
  return { keys = keys, command = commands[1] }
end

-- What is wrong with a record, or nil.
local function record_problem(keys, command)
  if #keys == 0 then return "names no device" end
  for _, key in ipairs(keys) do
    local problem = list.cell_problem(key)
    if problem then return ("has '%s', which %s"):format(key, problem) end
  end
  if command and not COMMANDS[command] then return ("has the command '%s', which there is not"):format(command) end
end

-- Adds what a record names.
local function add(found, cells, places)
  local keys, command = {}, cells[places.command]
  if command == "" then command = nil end
  for _, place in ipairs(places.keys) do
    if (cells[place] or "") ~= "" then keys[#keys + 1] = cells[place] end
  end
  local problem = record_problem(keys, command)
  if problem then return problem end
  for _, key in ipairs(keys) do found[#found + 1] = { device_id = key, command = COMMANDS[command] } end
end

-- A first line that is neither a header nor a device.
local function is_foreign(records, field)
  return field and #records > 1 and not records[1][1]:find "%d"
end

-- The first record may be a header; otherwise it is a device already. What is protected may be named by its id and its
-- number at once, and both count; a command goes to one device.
local function devices_of(records, names, field, where)
  local found, header = {}, header_of(records, names, where)
  local places = header or { keys = { 1 } }
  if #places.keys > 1 and field then exit.usage("%s: the header names the device more than once", where) end
  if not header and is_foreign(records, field) then
    exit.usage("%s: its first line is no device, and names no column %s: %s", where, field,
      table.concat(records[1], ", "))
  end
  for number = header and 2 or 1, #records do
    local cells = records[number]
    local problem = table.concat(cells) ~= "" and add(found, cells, places)
    if problem then exit.usage("%s, line %d: record %d %s", where, cells.line, number, problem) end
  end
  return found
end

---The devices of a CSV text. Raises.
---@param text string
---@param where string for messages
---@param by string|nil "device", "meter_no", "user_code" or "house_number"; nil: what is protected
---@return table[] { device_id, command } each; with `by` the device_id is that
function input.parse(text, where, by)
  local field = FIELDS[by]
  return devices_of(list.records(text, where), field and list.names(field) or protected_names, field, where)
end

---@param arguments table device (list), from, by
---@return table[]
function input.devices(arguments)
  local devices = {}
  for _, device in ipairs(arguments.device or {}) do devices[#devices + 1] = { device_id = device } end
  if arguments.from then
    local text = read_file("--from ", arguments.from)
    for _, device in ipairs(input.parse(text, "--from " .. arguments.from, arguments.by or "device")) do
      devices[#devices + 1] = device
    end
  end
  if #devices == 0 then exit.usage("say which devices: DEVICE ..., or --from FILE") end
  return devices
end

-- A file without a device protects nobody: it is not what somebody meant who names it.
local function protected_in(path, allow_empty)
  local names = {}
  for _, device in ipairs(input.parse(read_file("--protected @", path), path)) do
    names[#names + 1] = device.device_id
  end
  if #names == 0 and not allow_empty then
    exit.usage("--protected @%s names no device (--allow-unmatched goes on)", path)
  end
  return names
end

---The devices or meters that --protected and IMR_PROTECTED name: an id, or @FILE.
---@param arguments table protected (list), allow_unmatched
---@return string[]|nil nil where nobody names any
function input.protected(arguments)
  local names, all = {}, {}
  for _, value in ipairs(arguments.protected or {}) do all[#all + 1] = value end
  local file = os.getenv "IMR_PROTECTED"
  if file then all[#all + 1] = "@" .. file end
  if #all == 0 then return nil end
  for _, value in ipairs(all) do
    if value == "" or value == "@" then exit.usage("--protected, or IMR_PROTECTED, is set to nothing") end
    local named = value:sub(1, 1) == "@" and protected_in(value:sub(2), arguments.allow_unmatched) or { value }
    for _, name in ipairs(named) do names[#names + 1] = name end
  end
  return names
end

return input
