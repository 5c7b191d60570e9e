-- What a plan is decided on: the platform's meters, by device and by number.
--
-- A device may be listed more than once, under several numbers. All of its rows count: it is protected when any of its
-- numbers is, and what the rows do not agree on is not known.

local sorted_names = require "imr.base.names"

local facts = {
  TENANT = { "user_code", "user_name", "house_number", "address" }, -- whose it is, and where
}

local function add(found, row)
  local device, number = row.device_id, row.meter_no
  if device then
    found.by_device[device] = found.by_device[device] or {}
    table.insert(found.by_device[device], row)
  end
  if number then
    found.by_number[number] = found.by_number[number] or {}
    if device then found.by_number[number][device] = true end
  end
end

---Reads the meter list. One that may lack some is no ground to plan on. Raises.
---@param client imr.Client
---@param deadline number|nil seconds
---@return { by_device: table<string, table[]>, by_number: table<string, table<string, true>>, pages: integer }
function facts.read(client, deadline)
  local found = { by_device = {}, by_number = {} }
  local cursor = client:meters { deadline = deadline, incomplete = "error" }
  local row, err = cursor:next()
  while row do
    add(found, row)
    row, err = cursor:next()
  end
  if err then error(err, 0) end
  found.pages = cursor.report.pages
  return found
end

-- What all rows say of a field, else nil.
local function agreed(rows, name)
  local value = rows[1][name]
  for _, row in ipairs(rows) do
    if row[name] ~= value then return nil end
  end
  return value
end

---What the rows of one device say together.
---@param found table of facts.read
---@param device string
---@return { meter_no: string?, numbers: table<string, true>, supply: string?, online: boolean?, user_code: string?,
--- user_name: string?, house_number: string?, address: string? }|nil
function facts.meter(found, device)
  local rows = found.by_device[device]
  if not rows then return nil end
  local meter = { numbers = {}, supply = agreed(rows, "supply"), online = agreed(rows, "online") }
  for _, name in ipairs(facts.TENANT) do meter[name] = agreed(rows, name) end
  for _, row in ipairs(rows) do
    meter.meter_no = meter.meter_no or row.meter_no
    if row.meter_no then meter.numbers[row.meter_no] = true end
  end
  return meter
end

---What whoever sends a command to a device should know of its name.
---@param found table of facts.read
---@param device string
---@return string[]
function facts.warnings(found, device)
  local list, meter = {}, facts.meter(found, device)
  local numbers = sorted_names(meter and meter.numbers or {})
  if #numbers > 1 then
    list[1] = ("device %s is listed under %d meter numbers: %s"):format(device, #numbers, table.concat(numbers, ", "))
  end
  local others = {}
  for _, other in ipairs(sorted_names(found.by_number[device] or {})) do
    if other ~= device then others[#others + 1] = other end
  end
  if #others > 0 and meter then
    list[#list + 1] = ("%s is also the meter number of device %s: the command goes to device %s"):format(device,
      table.concat(others, ", "), device)
  end
  return list
end

return facts
