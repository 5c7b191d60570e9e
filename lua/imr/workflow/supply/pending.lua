-- What is on record as planned, made a plan again: with the guard, quiet hours and protection that it was made with.

local approval = require "imr.workflow.supply.approval"
local errors = require "imr.errors"
local moment = require "imr.workflow.supply.moment"
local plans = require "imr.workflow.supply.plan"
local protection = require "imr.workflow.supply.protection"
local supply_facts = require "imr.workflow.supply.facts"
local supply_settings = require "imr.workflow.supply.settings"

local pending = {}

local function missing(what, intent)
  error(errors.new { kind = "guard", retryable = false, executed = "no",
    message = ("plan %d was made with %s of its own: give it again"):format(intent.plan, what) }, 0)
end

-- One plan whose guard, quiet hours, protection or intents cannot be read stops the whole run: what else is wrong with
-- the ledger nobody knows.
local function settings_of(intent, options)
  local settings, err = supply_settings.read(intent.settings, intent.plan)
  if not settings then error(err, 0) end
  settings.guard = options.guard or settings.guard
  return settings
end

-- What is on record is looked at as if it came from outside: anybody may have written it.
local function check_record(env, intent)
  local what, wishes, problem = ("intent %d"):format(intent.id), plans.wishes({ intent.device }, intent.command)
  if wishes and wishes[1].command ~= intent.command then
    problem = ("there is no command '%s'"):format(intent.command)
  elseif wishes and not (env.ledger.seconds(intent.expires) and env.ledger.seconds(intent.created)) then
    what, problem = "end", ("'%s' to '%s'"):format(tostring(intent.created), tostring(intent.expires))
  end
  if problem then error(supply_settings.unreadable(intent.plan, what, problem), 0) end
end

-- Nobody has approved it yet: then it will not be sent.
local function wait_for(intent)
  return approval.waits(intent) and ("plan %d waits for the approval of %s"):format(intent.plan,
    approval.whom(intent.approver)) or nil
end

local function entry_of(env, intent, settings, time)
  if settings.needs_guard and not settings.guard then missing("a guard", intent) end
  if settings.needs_protected and not env.protected then missing("protected devices", intent) end
  local numbers = {}
  if intent.meter_no then numbers[intent.meter_no] = true end
  local left = time:left_until(env.ledger.seconds(intent.expires), env.ledger.seconds(intent.created))
  return { id = intent.id, device = intent.device, meter_no = intent.meter_no, numbers = numbers,
    command = intent.command, state_before = intent.state_before, settings = settings,
    user_code = intent.user_code, user_name = intent.user_name, house_number = intent.house_number,
    address = intent.address, why = left <= 0 and "it has expired" or nil }
end

-- Says of entries why they will not be sent. Asked again when they are to leave.
local function mark_protected(env, plan)
  local judges = setmetatable({}, { __index = function(judges, protected)
    judges[protected] = protection.judge(protected)
    return judges[protected]
  end })
  local everywhere = type(env.protected) == "table" and env.protected or {}
  for _, entry in ipairs(plan.entries) do
    if judges[everywhere](entry) or judges[entry.settings.protected or everywhere](entry) then
      entry.why = "the device is protected"
    end
  end
end

-- What is protected by name is looked up in the meter list of today; a meter number that is on record counts too.
---@param env table
---@param plan imr.SupplyPlan of pending.plan
---@param options { allow_unmatched: boolean?, deadline: number? }
function pending.judge(env, plan, options)
  local by_name = type(env.protected) == "table"
  for _, entry in ipairs(plan.entries) do by_name = by_name or entry.settings.protected ~= nil end
  plan.judged = true
  if not by_name or #plan.entries == 0 then return end
  local facts = supply_facts.read(env.client, options.deadline)
  local err = not options.allow_unmatched and protection.objection(protection.doubts(facts, env.protected), facts)
  if err then error(err, 0) end
  for _, entry in ipairs(plan.entries) do
    local meter = supply_facts.meter(facts, entry.device)
    for number in pairs(meter and meter.numbers or {}) do entry.numbers[number] = true end
  end
  mark_protected(env, plan)
end

---@param env table client, ledger, clock, protected
---@param options { plan: integer?, approve: integer?, guard: any, allow_unmatched: boolean?, deadline: number? }
---@return imr.SupplyPlan
function pending.plan(env, options)
  if options.approve then approval.check(env.ledger, options.approve) end
  local entries, settings, time = {}, {}, moment.new(env.clock, env.clock, env.ledger:latest_time())
  for _, intent in ipairs(env.ledger:intents { state = "planned", plan = options.approve or options.plan }) do
    check_record(env, intent)
    settings[intent.plan] = settings[intent.plan] or settings_of(intent, options)
    entries[#entries + 1] = entry_of(env, intent, settings[intent.plan], time)
    entries[#entries].why = not options.approve and wait_for(intent) or entries[#entries].why
  end
  local plan = plans.resumed(entries)
  plan.approving = options.approve
  if env.client then pending.judge(env, plan, options) end
  return plan
end

return pending
