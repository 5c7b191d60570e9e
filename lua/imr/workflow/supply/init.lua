-- Cutting and restoring supply, on record: plans, a queue that sends each command at most once, and a ledger that says
-- afterwards what became of it.
--
--   local supply = assert(require("imr.workflow.supply").open { client = client, ledger = "supply.db" })
--   local plan = assert(supply.plan({ "60001", "60002" }, "disconnect", { reason = "unpaid since May", guard = owes }))
--   print(plan)
--   local report = assert(supply.apply(plan, { confirm = true }))

local check_kinds = require "imr.base.options"
local checked_clock = require "imr.workflow.checked_clock"
local claims = require "imr.workflow.supply.claims"
local core = require "imr.core"
local errors = require "imr.errors"
local ledgers = require "imr.workflow.supply.ledger"
local moment = require "imr.workflow.supply.moment"
local plans = require "imr.workflow.supply.plan"
local protection = require "imr.workflow.supply.protection"
local queue = require "imr.workflow.supply.queue"
local refuse_in_nginx = require("imr.database.connect").refuse_in_nginx
local resolve = require "imr.workflow.supply.resolve"
local runs = require "imr.workflow.supply.runs"
local state_path = require "imr.base.state_path"
local supply_facts = require "imr.workflow.supply.facts"
local supply_options = require "imr.workflow.supply.options"
local supply_settings = require "imr.workflow.supply.settings"
local system = require "imr.os"
local text_problem = require("imr.base.text").problem

local workflow = {}

local client_options = require "imr.client.options"
local CHINA = client_options.defaults.utc_offset

---What `open` takes.
---@class imr.SupplyOptions
---@field client? imr.Client needed for plan, apply and resolve
---@field ledger? string path; by default $XDG_STATE_HOME/imr/supply.db or ~/.local/state/imr/supply.db
---@field who? string on record as who asked; by default the login name of the process's real user
---@field protected? table|fun(device: string): boolean devices that are never sent anything, whatever a plan says; a
--- function says true or false
---@field utc_offset? integer of quiet hours, seconds; default 28800
---@field clock? fun(): number Unix seconds; default os.time, to the fraction

---What `apply` takes.
---@class imr.ApplyOptions
---@field confirm? boolean read the meters until they show the change
---@field confirm_deadline? number seconds for that, each; default 120
---@field stop_after? integer failures in a row; default 3
---@field guard? string|fun(device: string, entry: imr.SupplyEntry): boolean, string? instead of the plan's own
---@field allow_unmatched? boolean as of plan, for what `open` protects, where a plan goes on
---@field guard_timeout? number seconds after which a guard command is ended and counts as no; default 30. A function is
--- never ended: give it a limit of its own
---@field on_progress? fun(event: table) { entry, state, detail, done, total, left (seconds), following }
---@field interrupted? fun(): boolean asked several times a second: true ends it. What has not left by then is not sent,
--- what may have left is waited for

-- Everything below raises error objects; here they become the second result. What is no error object is a bug.
local function returning(fn)
  local function give(fine, ...)
    if fine then return ... end
    local problem = ...
    if errors.is(problem) then return nil, problem end
    error(problem, 0)
  end
  return function(...) return give(pcall(fn, ...)) end
end

local IN_NGINX = "the supply ledger's database would block the nginx worker: run it beside nginx (imr supply, a timer "
  .. "of the system), and let the worker hand over what is to be done"

local known = { client = "table", ledger = "string", who = "string", utc_offset = "number", clock = "function",
  protected = "any" }

local function check(options)
  if type(options) ~= "table" then error("supply.open takes a table of options", 3) end
  local problem = check_kinds(options, known) or protection.problem(options.protected)
  if not problem and options.utc_offset then problem = client_options.problem("utc_offset", options.utc_offset) end
  local wrong = not problem and options.who and text_problem(options.who)
  if wrong then problem = "option 'who' " .. wrong end
  if problem then error(problem, 3) end
end

-- In the directory of the file store, which is its owner's alone.
local function default_path()
  local directory = state_path()
  local fine, message = nil, "there is no HOME or XDG_STATE_HOME to find a place for it"
  if directory then fine, message = system.private_directory(directory) end
  if fine then return directory .. "/supply.db" end
  return error(errors.new { kind = "ledger", message = "the supply ledger: " .. message, retryable = false,
    executed = "no" }, 0)
end

-- os.time's second is not over until the next one begins: quiet hours may be nearer than it shows.
local function time_of_day()
  local second, exact = os.time(), core.unix_time()
  return exact >= second and exact < second + 2 and exact or second
end

-- Who the system says it is. The environment may say anything: what sudo left there is no more than a note.
local function user()
  local name, number = system.user_name()
  if not name or text_problem(name) then name = ("uid %d"):format(number) end
  local behind = os.getenv "SUDO_USER" or ""
  if number ~= 0 or not behind:find "^[%w_][%w_.-]*$" or not system.is_user(behind) then return name end
  return ("%s (sudo: %s)"):format(name, behind)
end

-- ---------------------------------------------------------------- what a plan has to know

local function facts_of(env, options)
  local seen = env.ledger:seen() -- before the platform is read
  local facts = supply_facts.read(env.client, options.deadline)
  facts.unknown, facts.now, facts.who, facts.protected, facts.seen = {}, env.clock(), env.who, env.protected, seen
  facts.utc_offset = env.utc_offset
  for _, state in ipairs { "unknown", "sending" } do
    for _, intent in ipairs(env.ledger:intents { state = state }) do
      facts.unknown[intent.command .. " " .. intent.device] = intent.id
    end
  end
  return facts
end

local supplies = { disconnect = true, reconnect = true }

-- What is planned for the devices of a plan, and is of the same kind.
local function superseded_by(env, plan)
  local wishes, found = {}, {}
  for _, list in ipairs { plan.entries, plan.left_out } do
    for _, wish in ipairs(list) do wishes[wish.device] = wish.command end
  end
  for _, intent in ipairs(env.ledger:intents { state = "planned" }) do
    local command = wishes[intent.device]
    if command and (supplies[command] == supplies[intent.command]) then found[#found + 1] = intent end
  end
  return found
end

local function new_plan(env, wishes, options)
  local plan, err = plans.new(wishes, facts_of(env, options), options)
  if not plan then return nil, err end
  plan.supersedes = superseded_by(env, plan)
  return plan
end

local function enqueue(env, plan)
  if plan.id or plan.resumed or #plan.entries + #plan.left_out == 0 then return end
  local text, err = supply_settings.write((plan.entries[1] or plan.left_out[1]).settings)
  if not text then error(err, 0) end
  plan.settings = text
  env.ledger:add(plan)
end

-- ---------------------------------------------------------------- what was left over

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
local function judge(env, plan, options)
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

local function pending(env, options)
  local entries, settings, time = {}, {}, moment.new(env.clock, env.clock, env.ledger:latest_time())
  for _, intent in ipairs(env.ledger:intents { state = "planned", plan = options.plan }) do
    check_record(env, intent)
    settings[intent.plan] = settings[intent.plan] or settings_of(intent, options)
    entries[#entries + 1] = entry_of(env, intent, settings[intent.plan], time)
  end
  local plan = plans.resumed(entries)
  if env.client then judge(env, plan, options) end
  return plan
end

-- ---------------------------------------------------------------- what it hands out

local function need_client(env, level)
  if not (env.client and env.client.meters) then error("this needs a client: give supply.open one", level + 1) end
end

local function apply(env, plan, options)
  env.stopping = false
  if plan.resumed and not plan.judged then judge(env, plan, options) end
  enqueue(env, plan)
  return queue.apply(env, plan, options)
end

local function status(env)
  local locked, err = env.ledger:lock()
  if locked then env.ledger:unlock() end
  local running = (err ~= nil and err.kind == "locked") or #runs.living(env.ledger) > 0
  return { counts = env.ledger:counts(), running = running, path = env.ledger.path,
    planned = env.ledger:intents { state = "planned" }, sending = env.ledger:intents { state = "sending" },
    unresolved = env.ledger:unresolved(), unknown = env.ledger:unknown(locked == true) }
end

local function reason_problem(reason)
  if not reason:find "%S" then return "cancelling needs a reason: it stays on record" end
  local problem = text_problem(reason)
  return problem and "the reason " .. problem
end

-- The one thing that is to be called off, and why.
local function cancel_problem(options)
  if type(options) ~= "table" then return "cancel takes a table of options" end
  local problem = check_kinds(options, { intent = "number", plan = "number", device = "string", all = "boolean",
    reason = "string" })
  if problem then return problem end
  local count = 0
  for _, name in ipairs { "intent", "plan", "device", "all" } do count = count + (options[name] and 1 or 0) end
  if count ~= 1 then return "say what to cancel: one of intent, plan, device and all" end
  local number = options.intent or options.plan or 0
  if number % 1 ~= 0 or number >= 2 ^ 31 then return "there is no intent or plan of that number" end
  return reason_problem(options.reason or "")
end

local function cancel(env, options)
  return claims.cancel(env.ledger, options, ("cancelled by %s: %s"):format(env.who, options.reason))
end

local function history(env, filter)
  local intents = env.ledger:intents(filter)
  for _, intent in ipairs(intents) do intent.transitions = env.ledger:transitions(intent.id) end
  return intents
end

local function hand_out(env)
  ---A ledger that is open.
  ---@class imr.Supply
  local supply = {}

  ---Which commands would be sent: nothing is sent or written. Reads the meter list.
  ---@param devices (string|table)[] ids, or tables with device_id and perhaps a command of their own
  ---@param command "disconnect"|"reconnect"|"request_reading"
  ---@param options imr.SupplyPlanOptions
  ---@return imr.SupplyPlan|nil plan
  ---@return imr.Error|nil err kind "limit" when more would be sent than options.max, "protection" when it is in doubt
  --- what is protected
  function supply.plan(devices, command, options)
    options = options or {}
    if type(options) ~= "table" then error("supply.plan takes a table of options, not a " .. type(options), 2) end
    need_client(env, 2)
    local problem = plans.check(command, options)
    if problem then error(problem, 2) end
    local wishes
    wishes, problem = plans.wishes(devices, command)
    if not wishes then error(problem, 2) end
    return returning(new_plan)(env, wishes, options)
  end

  ---Puts a plan on record and sends it. A plan that was applied before goes on where it stopped.
  ---@param plan imr.SupplyPlan
  ---@param options? imr.ApplyOptions
  ---@return imr.SupplyReport|nil report
  ---@return imr.Error|nil err kind "locked" when another process is at this ledger's queue: then the plan is on record
  function supply.apply(plan, options)
    need_client(env, 2)
    if not plans.is_plan(plan) then error("supply.apply takes a plan, as supply.plan and supply.pending make it", 2) end
    local problem = supply_options.problem("apply", options)
    if problem then error(problem, 2) end
    return returning(apply)(env, plan, options or {})
  end

  ---What is on record as planned and was not sent, as a plan to print or apply. A guard given here is the plan's guard.
  ---@param options? { plan: integer?, guard: string|function|nil, allow_unmatched: boolean?, deadline: number? }
  ---@return imr.SupplyPlan|nil plan
  ---@return imr.Error|nil err kind "unsafe" when the guard, quiet hours or protection of a plan cannot be read
  function supply.pending(options)
    local problem = supply_options.problem("pending", options)
    if problem then error(problem, 2) end
    return returning(pending)(env, options or {})
  end

  ---Calls off what is planned, also beside a process that is sending it. Nothing that has left comes back: see in
  ---`state` what became of each.
  ---@param options { intent: integer?, plan: integer?, device: string?, all: boolean?, reason: string } one of the
  --- first four
  ---@return table[]|nil intents that were planned or being sent: "cancelled", or "sending" where the command may be
  ---away already (if it is not, it will be cancelled)
  ---@return imr.Error|nil err
  function supply.cancel(options)
    local problem = cancel_problem(options)
    if problem then error(problem, 2) end
    return returning(cancel)(env, options)
  end

  ---Ends apply(). What has not left by then is not sent.
  function supply.stop() env.stopping = true end

  ---Reads back what became of commands whose outcome is unknown. Sends nothing.
  ---@param options? { deadline: number?, on_progress: function?, interrupted: (fun(): boolean)? } seconds for each
  ---@return table[]|nil resolved { intent, was, state, detail, reading, error } each; its field `recovered` holds those
  ---that a process before left behind and that are of unknown outcome since
  ---@return imr.Error|nil err
  function supply.resolve(options)
    need_client(env, 2)
    local problem = supply_options.problem("resolve", options)
    if problem then error(problem, 2) end
    return returning(resolve.run)(env, options or {})
  end

  ---How many intents are in which state, and whether a process is at this ledger's queue.
  ---@return table|nil status { counts, running, path, planned, sending, unresolved, unknown }; unknown: of unknown
  --- outcome, or left behind by a process that ended
  ---@return imr.Error|nil err
  function supply.status() return returning(status)(env) end

  ---Intents with their transitions, oldest first.
  ---@param filter? { id: integer?, device: string?, plan: integer?, state: string?, last: integer? }
  ---@return table[]|nil intents
  ---@return imr.Error|nil err
  function supply.history(filter)
    local problem = supply_options.problem("history", filter)
    if problem then error(problem, 2) end
    return returning(history)(env, filter)
  end

  ---Closes the ledger's database. Twice is fine.
  function supply.close() env.ledger:close() end

  return supply
end

---Opens a ledger.
---@param options imr.SupplyOptions
---@return imr.Supply|nil supply with the other functions of this page
---@return imr.Error|nil err
function workflow.open(options)
  check(options)
  return returning(function()
    refuse_in_nginx(IN_NGINX)
    local clock = checked_clock(options.clock or time_of_day)
    local env = { client = options.client, clock = clock, who = options.who or user(), protected = options.protected,
      utc_offset = options.utc_offset or CHINA }
    env.ledger = ledgers.open(options.ledger or default_path(), clock)
    return hand_out(env)
  end)()
end

return workflow
