-- Devices by what people know: the meter's number, the tenant's code, the house number. What may mean more than one
-- device, or none, is refused: nobody's supply is cut by a guess.

local errors = require "imr.errors"
local sorted_names = require "imr.base.names"

local SHOWN = 10 -- names in a message

local lookup = { WAYS = { device = true, meter_no = true, user_code = true, house_number = true } }

local WORDS = { meter_no = "meter number", user_code = "user code", house_number = "house number" }

local NOBODY = "nobody"

-- Adds whose a device is, by all that is listed of it.
local function add_tenants(people, rows)
  local somebody = false
  for _, row in ipairs(rows) do
    if (row.user_code or "") ~= "" then people[row.user_code], somebody = true, true end
  end
  if not somebody then people[NOBODY] = true end
end

-- The devices by a field's value, and the tenants of these devices.
local function index_of(facts, by)
  local devices, tenants = {}, {}
  for device, rows in pairs(facts.by_device) do
    for _, row in ipairs(rows) do
      local key = row[by]
      if key and key ~= "" then
        devices[key], tenants[key] = devices[key] or {}, tenants[key] or {}
        devices[key][device] = true
        add_tenants(tenants[key], rows)
      end
    end
  end
  return devices, tenants
end

-- Why a key does not name what is meant, or nil.
local function doubt(key, by, devices, tenants, all_of_tenant)
  local found = sorted_names(devices[key] or {})
  if #found == 0 then return ("no meter has the %s %s"):format(WORDS[by], key) end
  local people = sorted_names(tenants[key])
  if by ~= "meter_no" and #people > 1 then
    return ("%s %s is that of several tenants: %s"):format(WORDS[by], key, table.concat(people, ", "))
  end
  local of_one = by ~= "meter_no" and not tenants[key][NOBODY] -- several flats that nobody lives in are no tenant's
  if #found == 1 or (all_of_tenant and of_one) then return nil end
  return ("%s %s has %d devices: %s%s"):format(WORDS[by], key, #found, table.concat(found, ", "),
    not of_one and "" or " (all_of_tenant, --all-of-tenant: all of them)")
end

local function refuse(doubts)
  local more = #doubts > SHOWN and (" and %d more"):format(#doubts - SHOWN) or ""
  error(errors.new { kind = "usage", retryable = false, executed = "no",
    message = ("%s%s; nothing is planned or sent"):format(table.concat(doubts, "; ", 1, math.min(#doubts, SHOWN)),
      more) }, 0)
end

---Puts the device in the place of what it was called by. Raises where that is in doubt.
---@param wishes table[] { device, command }: the device is a number, a code or a house number here
---@param by "device"|"meter_no"|"user_code"|"house_number"|nil
---@param facts table of facts.read
---@param all_of_tenant boolean|nil several devices of one tenant are meant
---@return table[] wishes
function lookup.devices(wishes, by, facts, all_of_tenant)
  if not by or by == "device" then return wishes end
  local devices, tenants = index_of(facts, by)
  local found, commands, doubts = {}, {}, {}
  for _, wish in ipairs(wishes) do
    doubts[#doubts + 1] = doubt(wish.device, by, devices, tenants, all_of_tenant)
    for _, device in ipairs(sorted_names(devices[wish.device] or {})) do
      local other = commands[device]
      if other and other ~= wish.command then
        doubts[#doubts + 1] = ("device %s: %s and %s in one plan"):format(device, other, wish.command)
      end
      if not other then found[#found + 1] = { device = device, command = wish.command } end
      commands[device] = wish.command
    end
  end
  if #doubts > 0 then refuse(doubts) end
  return found
end

return lookup
