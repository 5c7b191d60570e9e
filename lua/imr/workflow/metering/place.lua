--- Who lived at a meter, where that is and which device it had: of a moment, since tenants and devices change. Pure.
---
--- What it is told of, `given`, has a meter's rows of the tables meters (`history`) and tenancies, oldest first: those
--- of imr.workflow.metering.rows, also without readings.

local tenancies = require "imr.workflow.metering.tenancies"

local place = {}

---A meter's place at a moment; what is not known is absent.
---@class imr.Place
---@field user_code? string
---@field user_name? string
---@field address? string
---@field house_number? string
---@field device_id? string
---@field kind? string

---What `--fields` of each command on the database takes.
---@type string[]
place.FIELDS = { "user_code", "user_name", "address", "house_number", "device_id" }

local ALL = { "user_code", "user_name", "address", "house_number", "device_id", "kind" }

local function text_or_nil(text) return text ~= "" and text or nil end

-- The device that the number stood for. A device in two projects, of which the row names none, is nobody's.
local function entry_at(history, moment, device, project)
  local found, several = nil, false
  for _, entry in ipairs(history) do
    local fits = not project or text_or_nil(entry.project_code) == project
    if fits and (not device or entry.device_id == device) then
      several = several or device and found and entry.project_code ~= found.project_code
      if not found or entry.first_seen <= moment then found = entry end
    end
  end
  return not several and found or nil, several
end

---The place of a meter at a moment.
---@param given { history: table[], tenancies: table[] }
---@param moment integer Unix seconds
---@param row? { device_id: string?, project_code: string? } what it says itself
---@return imr.Place
function place.at(given, moment, row)
  local device, project = row and text_or_nil(row.device_id), row and text_or_nil(row.project_code)
  local entry, several = entry_at(given.history, moment, device, project)
  if several then return { device_id = device } end
  entry = entry or entry_at(given.history, moment, nil, project) or {}
  local tenancy, vacant = tenancies.at(given.tenancies, moment, project or text_or_nil(entry.project_code))
  local tenant = tenancy or not vacant and entry or {}
  return { user_code = text_or_nil(tenant.user_code), user_name = tenant.user_name,
    house_number = tenant.house_number, address = entry.address, device_id = device or text_or_nil(entry.device_id),
    kind = entry.kind }
end

---The moments from which it may be another.
---@param given { history: table[], tenancies: table[] }
---@return integer[] in no order
function place.changes(given)
  local list = {}
  for _, entry in ipairs(given.history) do list[#list + 1] = entry.first_seen end
  for _, tenancy in ipairs(given.tenancies) do
    list[#list + 1] = tenancy.since
    list[#list + 1] = tenancy["until"]
  end
  return list
end

---Where that is, in words: most addresses end with the house's number.
---@param row { address: string?, house_number: string? }
---@return string|nil
function place.text(row)
  local address, number = row.address or "", row.house_number or ""
  if address:find(number, 1, true) then return text_or_nil(address) end
  return address == "" and number or address .. " " .. number
end

---Gives a row its place, but for what it says itself.
---@param row table
---@param given { history: table[], tenancies: table[] }
---@param moment integer Unix seconds
---@return table row
function place.fill(row, given, moment)
  local found = place.at(given, moment, row)
  for _, name in ipairs(ALL) do
    if row[name] == nil then row[name] = found[name] end
  end
  return row
end

return place
