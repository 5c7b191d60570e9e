-- A plan: which commands would be sent, which not and why. Making one sends nothing and writes nothing.

local unknown_option = require "imr.base.unknown_option"
local errors = require "imr.errors"
local guard = require "imr.workflow.supply.guard"
local hours = require "imr.workflow.supply.hours"
local lookup = require "imr.workflow.supply.lookup"
local number_problem = require("imr.workflow.supply.options").number_problem
local protection = require "imr.workflow.supply.protection"
local supply_facts = require "imr.workflow.supply.facts"
local text_problem = require("imr.base.text").problem
local wanted = require("imr.client.confirmation").wanted

local EXPIRES = require("imr.base.calendar").DAY -- what is older than that was decided on facts that may have changed

local commands = { disconnect = "disconnect", reconnect = "reconnect", request_reading = "request_reading",
  read = "request_reading" }

-- Who gets supply back comes first; cutting can wait.
local rank = { reconnect = 1, request_reading = 2, disconnect = 3 }

---One command of a plan.
---@class imr.SupplyEntry
---@field device string
---@field command "disconnect"|"reconnect"|"request_reading"
---@field meter_no? string
---@field numbers table<string, true> all meter numbers of the device
---@field state_before? "connected"|"disconnected" as the meter list has it
---@field online? boolean
---@field user_code? string whose meter it is, as the meter list has it; so are user_name, house_number and address
---@field user_name? string
---@field house_number? string
---@field address? string
---@field id? integer of its intent, once that is on record
---@field settings table guard, quiet_hours, utc_offset, protected
---@field why? string why it will not be sent, of a plan on record

---What a plan takes.
---@class imr.SupplyPlanOptions
---@field reason? string on record; required but for readings
---@field guard? string|fun(device: string, entry: imr.SupplyEntry): boolean, string? asked right before each command
--- leaves; its reason, the second result or a command's first line of output, goes on record
---@field max? integer more commands than that are an error, and nothing is planned
---@field quiet_hours? string "HH:MM-HH:MM" on the platform's clock: no supply is cut then
---@field protected? table|fun(device: string): boolean devices or meter numbers that are left out; a function says true
--- or false, anything else stops the plan
---@field allow_unmatched? boolean plan also where `protected` is empty, or names what no meter or several devices have
---@field expires? number seconds after which what was not sent is not sent any more, 86400
---@field who? string on record as who asked
---@field force? boolean also meters that are in the wanted state already
---@field by? "device"|"meter_no"|"user_code"|"house_number" what the devices are called by; default "device". One that
--- no meter has, or that means several devices, is an error
---@field approve_by? string login name of who has to approve it with another user's number, "*" for anybody else: then
--- apply puts it on record and sends nothing
---@field all_of_tenant? boolean a user code or house number may mean several devices of one tenant: all of them
---@field offline? "send"|"skip"|"last" what to do with devices that are offline, which obey when they are back, if at
--- all: send like the others, leave out, or send behind the others of their kind; default "send"
---@field deadline? number seconds for reading the meter list

---Which commands would be sent, which not and why. `print(plan)` shows it.
---@class imr.SupplyPlan
---@field who string
---@field reason string
---@field entries imr.SupplyEntry[] in the order of sending
---@field left_out { device: string, command: string, kind: string, why: string }[] kind: protected, unlisted, unknown,
--- already, offline. They are wishes as well: once on record, what was planned for the device before is not sent any
--- more
---@field unlisted string[] what is protected and no meter of the platform has, with allow_unmatched
---@field warnings string[] what is odd about the devices: listed under two numbers, say
---@field made number Unix seconds; what the platform showed then is what the plan was decided on
---@field seen integer the newest transition in the ledger then: what comes later overtakes the plan
---@field expires integer Unix seconds
---@field approver? string who has to approve it, "*" for anybody else
---@field approving? integer the plan on record that is approved when this is applied
---@field supersedes? table[] intents that are planned and give way once this is on record
---@field id? integer once its intents are on record
---@field superseded? table[] those that then gave way
local Plan = {}
Plan.__index = Plan
Plan.__name = "imr.supply.plan"

local plan = {}

---Is this one of ours?
---@param value any
---@return boolean
function plan.is_plan(value)
  return type(value) == "table" and getmetatable(value) == Plan
end

-- ---------------------------------------------------------------- what was asked for

local known = { reason = "string", who = "string", max = "number", quiet_hours = "string", expires = "number",
  force = "boolean", deadline = "number", allow_unmatched = "boolean", offline = "string",
  by = "string", all_of_tenant = "boolean", approve_by = "string" }
local ways_offline = { send = true, skip = true, last = true }
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

-- What is wrong with the words that some options take.
local words = {
  approve_by = function(value) return not value:find "%S" and "option 'approve_by' names nobody" end,
  by = function(value)
    return not lookup.WAYS[value] and "option 'by' must be device, meter_no, user_code or house_number"
  end,
  offline = function(value) return not ways_offline[value] and "option 'offline' must be send, skip or last" end,
}

local function check_text(name, value)
  local problem = text_problem(value)
  if problem then return ("option '%s' %s"):format(name, problem) end
  return words[name] and words[name](value) or nil
end

local function check_option(name, value)
  local kind = type(value)
  if not known[name] and not mixed[name] then return unknown_option(tostring(name), names()) end
  if known[name] and kind ~= known[name] then return ("option '%s' must be a %s"):format(name, known[name]) end
  if mixed[name] and not mixed[name][kind] then return ("option '%s' cannot be a %s"):format(name, kind) end
  if kind == "string" then return check_text(name, value) end
  return kind == "number" and number_problem(name, value) or nil
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
  local problem = protection.problem(options.protected) or guard.problem(options.guard)
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
  local problem = text_problem(id)
  if problem then return nil, ("device %s: its id %s"):format(id:gsub("[\128-\255]", "?"), problem) end
  local own = type(device) == "table" and device.command
  local chosen = commands[own or command]
  if not chosen then return nil, ("device %s: there is no command '%s'"):format(id, tostring(own)) end
  return { device = id, command = chosen }
end

-- A set of devices, one meter's record or a list with a hole would lose wishes without a word.
local function is_list(devices)
  local listed, all = 0, 0
  for _ in ipairs(devices) do listed = listed + 1 end
  for _ in pairs(devices) do all = all + 1 end
  return listed == all
end

---What is asked for, each device once, or what is wrong with it.
---@return table[]|nil wishes
---@return string|nil problem
function plan.wishes(devices, command)
  if type(devices) ~= "table" then return nil, "the devices are a list, not a " .. type(devices) end
  if not is_list(devices) then return nil, "the devices are a list, without names as keys and without holes" end
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

-- What has left for the device, wants the opposite and may be obeyed yet: what the platform shows until then is no
-- reason to leave a wish out.
local function opposed(wish, facts)
  local last = facts.unseen and facts.unseen[wish.device]
  return wanted[wish.command] and last and last.command ~= wish.command and last or nil
end

-- Why a wish is left out, as a kind and in words, or nil.
local function objection(wish, meter, facts, options)
  if not meter then
    local device = next(facts.by_number[wish.device] or {})
    return "unlisted", device and ("that is a meter number; its device is %s"):format(device)
      or "the platform lists no such device"
  end
  local open = facts.unknown[wish.command .. " " .. wish.device]
  if open then return "unknown", ("the outcome of intent %d is unknown: resolve it first"):format(open) end
  local is_so = wanted[wish.command] and meter.supply == wanted[wish.command]
  if is_so and not options.force and not opposed(wish, facts) then
    return "already", ("it is %s already"):format(meter.supply)
  end
  if options.offline == "skip" and meter.online == false then return "offline", "it is offline" end
end

local function sort(entries, offline_last)
  for index, entry in ipairs(entries) do
    entry.place = index + (offline_last and entry.online == false and #entries or 0)
  end
  table.sort(entries, function(a, b)
    if rank[a.command] ~= rank[b.command] then return rank[a.command] < rank[b.command] end
    return a.place < b.place
  end)
  for _, entry in ipairs(entries) do entry.place = nil end
  return entries
end

-- What the meter list says of a wish's device, written into the wish.
local function describe(wish, facts, settings)
  local meter = supply_facts.meter(facts, wish.device)
  wish.numbers, wish.settings = meter and meter.numbers or {}, settings
  if not meter then return nil end
  wish.meter_no, wish.online, wish.state_before = meter.meter_no, meter.online, meter.supply
  for _, name in ipairs(supply_facts.TENANT) do wish[name] = meter[name] end
  return meter
end

local NAMED = 10 -- devices in a warning

local function offline_warning(entries)
  local named, count = {}, 0
  for _, entry in ipairs(entries) do
    if entry.online == false then
      count = count + 1
      if count <= NAMED then named[count] = entry.device end
    end
  end
  if count == 0 then return nil end
  return ("%d offline, which obey when they are back, if at all: %s%s"):format(count, table.concat(named, ", "),
    count > NAMED and ", …" or "")
end

local function opposed_warning(wish, facts)
  local last = wish.state_before == wanted[wish.command] and opposed(wish, facts)
  return last and ("%s is sent to %s, which may obey intent %d, %s, yet"):format(wish.command, wish.device, last.id,
    last.command) or nil
end

-- Puts each wish among what is sent or what is left out. Raises where nobody knows what is protected.
local function sort_out(self, wishes, facts, settings, options)
  local judges = { protection.judge(settings.protected), protection.judge(facts.protected) }
  for _, wish in ipairs(wishes) do
    local meter = describe(wish, facts, settings)
    local kind, why = objection(wish, meter, facts, options)
    for _, judge in ipairs(judges) do
      local covered, err = judge(wish)
      if err then error(err, 0) end
      if covered then kind, why = "protected", "the device is protected" end
    end
    if kind then
      wish.kind, wish.why = kind, why
      self.left_out[#self.left_out + 1] = wish
    else
      self.entries[#self.entries + 1] = wish
      for _, warning in ipairs(supply_facts.warnings(facts, wish.device)) do table.insert(self.warnings, warning) end
      self.warnings[#self.warnings + 1] = opposed_warning(wish, facts)
    end
  end
  sort(self.entries, options.offline == "last")
  self.warnings[#self.warnings + 1] = offline_warning(self.entries)
end

---@param wishes table[] from plan.wishes
---@param facts table by_device, by_number, unknown, protected, now, who
---@param options table checked
---@return imr.SupplyPlan|nil
---@return imr.Error|nil err kind "limit" when more would be sent than options.max, "protection"
function plan.new(wishes, facts, options)
  local settings = { guard = options.guard, quiet_hours = options.quiet_hours, protected = options.protected,
    utc_offset = facts.utc_offset }
  local doubts = protection.doubts(facts, options.protected, facts.protected)
  local doubt = not options.allow_unmatched and protection.objection(doubts, facts)
  if doubt then return nil, doubt end
  local self = setmetatable({ who = options.who or facts.who, reason = options.reason or "", entries = {},
    left_out = {}, unlisted = doubts.unlisted, warnings = doubts.ambiguous, made = facts.now, seen = facts.seen or 0,
    pages = facts.pages, approver = options.approve_by,
    expires = math.floor(facts.now + (options.expires or EXPIRES)) }, Plan)
  sort_out(self, lookup.devices(wishes, options.by, facts, options.all_of_tenant), facts, settings, options)
  if options.max and #self.entries > options.max then
    return nil, errors.new { kind = "limit", retryable = false, executed = "no",
      message = ("the plan would send %d commands, more than the %g allowed: nothing is planned"):format(#self.entries,
        options.max) }
  end
  return self
end

---A plan of intents that are on record already.
---@param entries imr.SupplyEntry[]
---@return imr.SupplyPlan
function plan.resumed(entries)
  return setmetatable({ who = "", reason = "", entries = sort(entries), left_out = {}, unlisted = {},
    warnings = {}, expires = 0, resumed = true }, Plan)
end

-- ---------------------------------------------------------------- as text

-- Whose it is, and where.
local function tenant_of(entry)
  local parts = {}
  for _, name in ipairs { "user_name", "house_number", "address" } do parts[#parts + 1] = entry[name] end
  return #parts > 0 and "  " .. table.concat(parts, ", ") or ""
end

local function line_of(entry)
  if entry.why then return ("not sent        %s  %s%s"):format(entry.device, entry.why, tenant_of(entry)) end
  return ("%-15s %s%s%s  %s%s"):format(entry.command, entry.device,
    entry.meter_no and "  meter " .. entry.meter_no or "", tenant_of(entry), entry.state_before or "state unknown",
    entry.online == false and "  OFFLINE" or "")
end

---What is planned already and gives way once this is on record.
---@return string[]
function Plan:superseding()
  local lines = {}
  for _, intent in ipairs(self.supersedes or {}) do
    lines[#lines + 1] = ("intent %d, %s %s, planned by %s, gives way to this"):format(intent.id, intent.command,
      intent.device, intent.who)
  end
  return lines
end

---How many commands would be sent, as far as one knows now.
---@return integer
function Plan:count()
  local count = 0
  for _, entry in ipairs(self.entries) do count = count + (entry.why and 0 or 1) end
  return count
end

---@param spacing? number seconds between two commands, for the time that it takes
---@return string[]
function Plan:lines(spacing)
  local lines = {}
  for _, entry in ipairs(self.entries) do lines[#lines + 1] = line_of(entry) end
  for _, left in ipairs(self.left_out) do
    lines[#lines + 1] = line_of(left)
  end
  for _, warning in ipairs(self.warnings) do lines[#lines + 1] = warning end
  for _, line in ipairs(self:superseding()) do lines[#lines + 1] = line end
  for _, name in ipairs(self.unlisted) do lines[#lines + 1] = ("protected, but no meter there is: %s"):format(name) end
  local count = self:count()
  local time = spacing and (", about %.0f s"):format(count * spacing) or ""
  lines[#lines + 1] = ("%d to send, %d left out%s"):format(count, #self.entries - count + #self.left_out, time)
  return lines
end

function Plan:__tostring()
  local head = self.reason ~= "" and ("plan by %s: %s\n"):format(self.who, self.reason) or ""
  return head .. table.concat(self:lines(), "\n")
end

return plan
