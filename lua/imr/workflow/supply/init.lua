-- Cutting and restoring supply, on record: plans, a queue that sends each command at most once, and a ledger that says
-- afterwards what became of it.
--
--   local supply = assert(require("imr.workflow.supply").open { client = client, ledger = "supply.db" })
--   local plan = assert(supply.plan({ "60001", "60002" }, "disconnect", { reason = "unpaid since May", guard = owes }))
--   print(plan)
--   local report = assert(supply.apply(plan, { confirm = true }))

local approval = require "imr.workflow.supply.approval"
local check_kinds = require "imr.base.options"
local checked_clock = require "imr.workflow.checked_clock"
local claims = require "imr.workflow.supply.claims"
local core = require "imr.core"
local errors = require "imr.errors"
local ledgers = require "imr.workflow.supply.ledger"
local pending = require "imr.workflow.supply.pending"
local person = require "imr.workflow.supply.person"
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
---@field ledger? string a file, by default $XDG_STATE_HOME/imr/supply.db or ~/.local/state/imr/supply.db; or
--- postgres://user:password@host/name, which several hosts may share
---@field existing? boolean a ledger that is named and is not there is an error, and nothing is made
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
  protected = "any", existing = "boolean" }

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

-- ---------------------------------------------------------------- what a plan has to know

local function facts_of(env, options)
  local seen = env.ledger:seen() -- before the platform is read
  local facts = supply_facts.read(env.client, options.deadline)
  facts.unknown, facts.now, facts.who, facts.protected, facts.seen = {}, env.clock(), env.who, env.protected, seen
  facts.utc_offset, facts.unseen = env.utc_offset, env.ledger:unseen()
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

-- ---------------------------------------------------------------- what it hands out

local function need_client(env, level)
  if not (env.client and env.client.meters) then error("this needs a client: give supply.open one", level + 1) end
end

local function apply(env, plan, options)
  env.stopping = false
  if plan.resumed and not plan.judged then pending.judge(env, plan, options) end
  enqueue(env, plan)
  if plan.approving then approval.give(env.ledger, plan.approving, env.who) end
  if plan.approver then return queue.waiting(env.ledger, plan) end
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
  ---@param options? { plan: integer?, approve: integer?, guard: string|function|nil, allow_unmatched: boolean?,
  --- deadline: number? } approve: the number of a plan that whoever is at work approves by applying it
  ---@return imr.SupplyPlan|nil plan
  ---@return imr.Error|nil err kind "unsafe" when the guard, quiet hours or protection of a plan cannot be read,
  --- "forbidden" when the plan is not for the user at work to approve
  function supply.pending(options)
    local problem = supply_options.problem("pending", options)
    if problem then error(problem, 2) end
    return returning(pending.plan)(env, options or {})
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
    local env = { client = options.client, clock = clock, who = options.who or person.name(),
      protected = options.protected, utc_offset = options.utc_offset or CHINA }
    env.ledger = ledgers.open(options.ledger or default_path(), clock, options.ledger and options.existing)
    return hand_out(env)
  end)()
end

return workflow
