-- A plan: which commands would be sent, which not and why. Making one sends nothing and writes nothing.

local core = require "imr.core"
local hours = require "imr.workflow.supply_hours"
local protection = require "imr.workflow.supply_protection"
local wanted = require("imr.confirmation").wanted

local EXPIRES = 86400 -- seconds; what is older than that was decided on facts that may have changed

local commands = { disconnect = "disconnect", reconnect = "reconnect", request_reading = "request_reading",
  read = "request_reading" }

-- Who gets supply back comes first; cutting can wait.
local rank = { reconnect = 1, request_reading = 2, disconnect = 3 }

---One command of a plan.
---@class imr.SupplyEntry
---@field device string
---@field command "disconnect"|"reconnect"|"request_reading"
---@field meter_no? string
---@field state_before? "connected"|"disconnected" as the meter list has it
---@field online? boolean
---@field id? integer of its intent, once that is on record
---@field settings table guard, quiet_hours, protected

---What a plan takes.
---@class imr.SupplyPlanOptions
---@field reason? string on record; required but for readings
---@field guard? string|fun(device: string, entry: imr.SupplyEntry): boolean asked right before each command leaves
---@field max? integer more commands than that are an error, and nothing is planned
---@field quiet_hours? string "HH:MM-HH:MM" on the platform's clock: nothing is sent then
---@field protected? table|fun(device: string): boolean devices or meter numbers that are left out
---@field expires? number seconds after which what was not sent is not sent any more, 86400
---@field who? string on record as who asked
---@field force? boolean also meters that are in the wanted state already
---@field deadline? number seconds for reading the meter list

---Which commands would be sent, which not and why. `print(plan)` shows it.
---@class imr.SupplyPlan
---@field who string
---@field reason string
---@field entries imr.SupplyEntry[] in the order of sending
---@field left_out { device: string, command: string, kind: string, why: string }[] kind: protected, unlisted, unknown,
--- already
---@field unlisted string[] what is protected and no meter of the platform has: mistyped, perhaps
---@field made number Unix seconds; what the platform showed then is what the plan was decided on
---@field expires integer Unix seconds
---@field id? integer once its intents are on record
local Plan = {}
Plan.__index = Plan
Plan.__name = "imr.supply.plan"

local plan = {}

-- ---------------------------------------------------------------- what was asked for

local known = { reason = "string", who = "string", max = "number", quiet_hours = "string", expires = "number",
  force = "boolean", deadline = "number" }
local mixed = { guard = { ["function"] = true, string = true, table = true },
  protected = { table = true, ["function"] = true } }

local function names()
  local list = {}
  for _, names_of in ipairs { known, mixed } do
    for name in pairs(names_of) do list[#list + 1] = name end
  end
  table.sort(list)
  return list
end

local function check_option(name, value)
  local kind = type(value)
  if not known[name] and not mixed[name] then return core.unknown_option(tostring(name), names()) end
  if known[name] and kind ~= known[name] then return ("option '%s' must be a %s"):format(name, known[name]) end
  if mixed[name] and not mixed[name][kind] then return ("option '%s' cannot be a %s"):format(name, kind) end
  if kind == "number" and (value < 0 or value ~= value) then return ("option '%s' must be 0 or more"):format(name) end
end

---What is wrong with a plan's options, or nil.
function plan.check(command, options)
  if not commands[command] then
    return ("a command is disconnect, reconnect or request_reading, not %s"):format(tostring(command))
  end
  for name, value in pairs(options) do
    local problem = check_option(name, value)
    if problem then return problem end
  end
  local problem = protection.problem(options.protected)
  if problem then return problem end
  if options.quiet_hours then
    local _, wrong = hours.parse(options.quiet_hours)
    if wrong then return wrong end
  end
  if not (options.reason or ""):find("%S") and commands[command] ~= "request_reading" then
    return ("a plan to %s needs a reason"):format(command)
  end
end

-- A device is an id, or a table with device_id (such as a meter record) and perhaps a command of its own.
local function wish_of(device, command)
  local id = type(device) == "table" and (device.device_id or device.device) or device
  if type(id) ~= "string" or id == "" or id:find("%c") then
    return nil, ("a device is its id, a string, or a table with device_id, not %s"):format(
      type(id) == "string" and "'" .. id:gsub("%c", "?") .. "'" or "a " .. type(id))
  end
  local own = type(device) == "table" and device.command
  local chosen = commands[own or command]
  if not chosen then return nil, ("device %s: there is no command '%s'"):format(id, tostring(own)) end
  return { device = id, command = chosen }
end

---What is asked for, each device once, or what is wrong with it.
---@return table[]|nil wishes
---@return string|nil problem
function plan.wishes(devices, command)
  if type(devices) ~= "table" then return nil, "the devices are a list, not a " .. type(devices) end
  local wishes, seen = {}, {}
  for _, device in ipairs(devices) do
    local wish, problem = wish_of(device, command)
    if not wish then return nil, problem end
    local other = seen[wish.device]
    if other and other ~= wish.command then
      return nil, ("device %s: %s and %s in one plan"):format(wish.device, other, wish.command)
    end
    if not other then wishes[#wishes + 1] = wish end
    seen[wish.device] = wish.command
  end
  return wishes
end

-- ---------------------------------------------------------------- what stays of it

-- Why a wish is left out, as a kind and in words, or nil. `facts` knows the platform's meter list and the ledger.
local function objection(wish, meter, facts, settings, force)
  if protection.covers(settings.protected, wish) or protection.covers(facts.protected, wish) then
    return "protected", "the device is protected"
  end
  if not meter then
    local number = facts.by_number[wish.device]
    return "unlisted", number and ("that is a meter number; its device is %s"):format(number.device_id)
      or "the platform lists no such device"
  end
  local open = facts.unknown[wish.command .. " " .. wish.device]
  if open then return "unknown", ("the outcome of intent %d is unknown: resolve it first"):format(open) end
  if not force and wanted[wish.command] and meter.supply == wanted[wish.command] then
    return "already", ("it is %s already"):format(meter.supply)
  end
end

local function sort(entries)
  for index, entry in ipairs(entries) do entry.place = index end
  table.sort(entries, function(a, b)
    if rank[a.command] ~= rank[b.command] then return rank[a.command] < rank[b.command] end
    return a.place < b.place
  end)
  for _, entry in ipairs(entries) do entry.place = nil end
  return entries
end

---@param wishes table[] from plan.wishes
---@param facts table by_device, by_number, unknown, protected, now, who
---@param options table checked
---@return imr.SupplyPlan|nil
---@return imr.Error|nil err kind "limit" when more would be sent than options.max
function plan.new(wishes, facts, options)
  local settings = { guard = options.guard, quiet_hours = options.quiet_hours, protected = options.protected }
  local self = setmetatable({ who = options.who or facts.who, reason = options.reason or "", entries = {},
    left_out = {}, unlisted = protection.unlisted(facts, options.protected, facts.protected), made = facts.now,
    expires = math.floor(facts.now + (options.expires or EXPIRES)) }, Plan)
  for _, wish in ipairs(wishes) do
    local meter = facts.by_device[wish.device]
    wish.meter_no, wish.online = meter and meter.meter_no, meter and meter.online
    wish.state_before, wish.settings = meter and meter.supply, settings
    local kind, why = objection(wish, meter, facts, settings, options.force)
    if kind then
      self.left_out[#self.left_out + 1] = { device = wish.device, command = wish.command, kind = kind, why = why }
    else
      self.entries[#self.entries + 1] = wish
    end
  end
  if options.max and #self.entries > options.max then
    return nil, core.error { kind = "limit", retryable = false, executed = "no",
      message = ("the plan would send %d commands, more than the %d allowed: nothing is planned"):format(#self.entries,
        options.max) }
  end
  sort(self.entries)
  return self
end

---A plan of intents that are on record already.
---@param entries imr.SupplyEntry[]
---@return imr.SupplyPlan
function plan.resumed(entries)
  return setmetatable({ who = "", reason = "", entries = sort(entries), left_out = {}, unlisted = {},
    expires = 0, resumed = true }, Plan)
end

-- ---------------------------------------------------------------- as text

local function line_of(entry)
  return ("%-15s %s%s  %s%s"):format(entry.command, entry.device,
    entry.meter_no and "  meter " .. entry.meter_no or "", entry.state_before or "state unknown",
    entry.online == false and "  OFFLINE" or "")
end

---@param spacing? number seconds between two commands, for the time that it takes
---@return string[]
function Plan:lines(spacing)
  local lines = {}
  for _, entry in ipairs(self.entries) do lines[#lines + 1] = line_of(entry) end
  for _, left in ipairs(self.left_out) do
    lines[#lines + 1] = ("not sent        %s  %s"):format(left.device, left.why)
  end
  for _, name in ipairs(self.unlisted) do lines[#lines + 1] = ("protected, but no meter there is: %s"):format(name) end
  local time = spacing and (", about %.0f s"):format(#self.entries * spacing) or ""
  lines[#lines + 1] = ("%d to send, %d left out%s"):format(#self.entries, #self.left_out, time)
  return lines
end

function Plan:__tostring()
  local head = self.reason ~= "" and ("plan by %s: %s\n"):format(self.who, self.reason) or ""
  return head .. table.concat(self:lines(), "\n")
end

return plan
