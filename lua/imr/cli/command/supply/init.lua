--- `imr supply`: cuts and restores supply, on record.

local approval = require "imr.workflow.supply.approval"
local config = require "imr.cli.input.config"
local connect = require "imr.cli.input.connect"
local copy = require "imr.base.copy"
local exit = require "imr.cli.exit"
local input = require "imr.cli.command.supply.devices"
local interrupt = require "imr.cli.interrupt"
local ledger = require "imr.cli.command.supply.ledger"
local language = require "imr.language"
local messages = require "imr.cli.output.messages"
local rows = require "imr.cli.command.supply.rows"
local send = require "imr.cli.command.supply.send"
local settings = require "imr.cli.input.settings"
local system = require "imr.os"
local text_problem = require("imr.base.text").problem
local times = require "imr.workflow.supply.times"
local unknown = require "imr.cli.command.supply.unknown"
local workflow = require "imr.workflow.supply"

local supply = {
  summary = "Cut or restore supply, at most once and on record.", configure = require "imr.cli.command.supply.flags",
}

local actions = { disconnect = "disconnect", reconnect = "reconnect", read = "request_reading" }

-- ---------------------------------------------------------------- opening

local opened -- the ledger of this command, which is closed at its end

-- Only what puts commands on record makes a ledger.
local function open(arguments, options)
  options.existing = not actions[arguments.action]
  options.ledger = (options.existing and ledger.existing or ledger.named)(arguments)
  local handle, err = exit.wrong_use(workflow.open, options)
  if not handle then error(err, 0) end
  opened = handle
  return handle
end

local function with_client(arguments, protected)
  system.catch_signals()
  local client, chosen = connect.client(arguments, { on_event = require("imr.cli.command.listing.reader").on_event })
  local handle = open(arguments, { client = client, protected = protected, utc_offset = chosen.utc_offset })
  return { handle = handle, utc_offset = chosen.utc_offset, spacing = client:spacing "instruct" }
end

-- A ledger that is only looked at, and the clock to show it on.
local function without_client(arguments)
  local utc_offset = settings.read(arguments).utc_offset
  return open(arguments, { utc_offset = utc_offset }), utc_offset
end

-- Who has to approve a plan. Reading cuts nobody's supply.
local function approver(arguments)
  if arguments.approve_by == "" then exit.usage "--approve-by names nobody" end
  if arguments.approve_by or arguments.action == "read" then return arguments.approve_by end
  local wanted = (config.load().supply or {}).approval or 1
  if wanted ~= 1 and wanted ~= 2 then exit.usage("%s: supply.approval must be 1 or 2", config.path()) end
  return wanted == 2 and "*" or nil
end

-- Nothing has been sent yet: here an interrupt ends it at once.
local function make_plan(handle, devices, protected, arguments)
  local plan, err
  interrupt.run(function()
    plan, err = exit.wrong_use(handle.plan, devices, actions[arguments.action], { reason = arguments.reason,
      max = arguments.max, guard = arguments.guard, quiet_hours = arguments.quiet_hours, force = arguments.force,
      offline = arguments.offline, by = arguments.by, all_of_tenant = arguments.all_of_tenant,
      approve_by = approver(arguments), protected = protected, allow_unmatched = arguments.allow_unmatched })
  end)
  if not plan then error(err, 0) end
  return plan
end

-- What would be on record, or run, for as long as the plan waits.
local function check_flags(arguments)
  for _, name in ipairs { "guard", "reason" } do
    local problem = arguments[name] and text_problem(arguments[name])
    if problem then exit.usage("--%s %s", name, problem) end
  end
  if arguments.dry_run and arguments.yes then exit.usage("--dry-run and --yes exclude each other") end
end

local function run_command(arguments)
  check_flags(arguments)
  local devices = input.devices(arguments)
  if not (arguments.reason or ""):find("%S") and arguments.action ~= "read" then
    exit.usage("say why with --reason: it stays on record")
  end
  local protected = input.protected(arguments)
  local context = with_client(arguments, protected)
  local plan = make_plan(context.handle, devices, protected, arguments)
  for _, left in ipairs(plan.left_out) do messages.say("not sent to %s: %s", left.device, left.why) end
  for _, warning in ipairs(plan.warnings) do messages.say("%s", warning) end
  for _, name in ipairs(plan.unlisted) do messages.say("protected, but no meter there is: %s", name) end
  return send.show_or_send(context, plan, arguments)
end

local run = { disconnect = run_command, reconnect = run_command, read = run_command }

-- A command that somebody else has written down is going to run here.
local function say_guards(plan, arguments)
  local said = {}
  for _, entry in ipairs(plan.entries) do
    local command = not arguments.guard and entry.settings.guard
    if type(command) == "string" and not said[command] then
      said[command] = true
      messages.say("asks the guard of its plan first: %s", command)
    end
  end
end

local function go_on(arguments, options)
  check_flags(arguments)
  local context = with_client(arguments, input.protected(arguments))
  options.guard, options.allow_unmatched = arguments.guard, arguments.allow_unmatched
  local plan, err
  interrupt.run(function() plan, err = exit.wrong_use(context.handle.pending, options) end)
  if not plan then
    if err.kind == "forbidden" and options.approve then
      err.advice = language.text "`imr supply status` names what waits for whom"
    end
    error(err, 0)
  end
  say_guards(plan, arguments)
  return send.show_or_send(context, plan, arguments)
end

function run.resume(arguments) return go_on(arguments, {}) end

function run.approve(arguments) return go_on(arguments, { approve = arguments.plan }) end

local function resolved_rows(resolved)
  local list, problem = {}, nil
  for index, entry in ipairs(resolved) do
    local intent = entry.intent
    list[index] = { id = intent.id, device = intent.device, meter_no = intent.meter_no, command = intent.command,
      state = entry.state, executed = intent.executed, sent = intent.sent, detail = entry.detail }
    if entry.state == "unknown" then problem = entry.error or problem end
  end
  return list, problem
end

function run.resolve(arguments)
  local context = with_client(arguments)
  local out, show = rows.open(arguments, "intent", context.utc_offset)
  local resolved, err = context.handle.resolve { interrupted = send.interrupted, on_progress = function(event)
    messages.progress("read back %d of %d", event.done, event.total)
  end }
  if not resolved then
    out:abort()
    error(err, 0)
  end
  local list, problem = resolved_rows(resolved)
  messages.clear()
  for _, intent in ipairs(resolved.recovered) do
    messages.say("intent %d, %s %s: %s", intent.id, intent.command, intent.device, intent.detail)
  end
  return send.finish(arguments, out, show(list), function()
    if #resolved == 0 then messages.say "no command is of unknown outcome" end
    if problem then messages.say("%s", tostring(problem)) end
    return unknown.status(context.handle, send.interrupted() and 128 + system.caught_signal() or 0)
  end)
end

-- Also beside a process that is at work; what is on its way is told, and no success.
function run.cancel(arguments)
  local handle, utc_offset = without_client(arguments)
  local device = arguments.device
  local intents, err = exit.wrong_use(handle.cancel, { intent = arguments.intent, plan = arguments.plan,
    device = device, all = arguments.all, reason = arguments.reason })
  if not intents then error(err, 0) end
  rows.write(arguments, "intent", intents, utc_offset)
  local away = 0
  for _, intent in ipairs(intents) do
    if intent.state == "cancelled" then
      messages.say("intent %d, %s %s, is cancelled and will not be sent", intent.id, intent.command, intent.device)
    else
      away = away + 1
    end
  end
  if away > 0 then messages.say("%d are being sent: cancelled only if they do not get away", away) end
  if #intents > 0 then return unknown.status(handle, away > 0 and 5 or 0) end
  local mistyped = device and #assert(handle.history { device = device, last = 1 }) == 0
  messages.say(mistyped and "the ledger knows no such device" or "nothing of it is planned")
  return unknown.status(handle, (arguments.intent or arguments.plan or mistyped) and 5 or 0)
end

local ARMED = 20 -- intents that are named

-- What is armed leaves as soon as somebody says resume: who wants it taken back has to know of it.
local function say_armed(status, utc_offset)
  local now, waiting = os.time(), nil
  for index = 1, math.min(#status.planned, ARMED) do
    local intent = status.planned[index]
    local ends = times.seconds(intent.expires)
    messages.say(ends and ends > now and "armed: intent %d, %s %s%s, since %s, until %s (plan %d of %s: %s)"
      or "expired: intent %d, %s %s%s, since %s, until %s (plan %d of %s: %s)", intent.id, intent.command,
      intent.device, intent.user_name and " (" .. intent.user_name .. ")" or "",
      times.shown(intent.created, utc_offset), times.shown(intent.expires, utc_offset), intent.plan, intent.who,
      intent.reason)
    if approval.waits(intent) and intent.plan ~= waiting then
      waiting = intent.plan
      messages.say("plan %d waits for the approval of %s: `imr supply approve %d`", waiting,
        approval.whom(intent.approver), waiting)
    end
  end
  if #status.planned > ARMED then messages.say("%d more are armed", #status.planned - ARMED) end
  send.say_armed(status.planned, utc_offset)
end

function run.status(arguments)
  local handle, utc_offset = without_client(arguments)
  local status, err = handle.status()
  if not status then error(err, 0) end
  rows.write(arguments, "status", rows.of_status(status), utc_offset)
  if status.running then messages.say("a process is at work on the queue of %s", status.path) end
  if #status.unresolved > 0 then
    messages.say("%d are not known to be done: `imr supply resolve`", #status.unresolved)
  end
  say_armed(status, utc_offset)
  return unknown.status(handle, 0)
end

function run.history(arguments)
  local handle, utc_offset = without_client(arguments)
  local intents, err = handle.history { device = arguments.device, id = arguments.intent, last = arguments.last }
  if not intents then error(err, 0) end
  if arguments.intent then
    rows.write(arguments, "transition", intents[1] and intents[1].transitions or {}, utc_offset)
  else
    rows.write(arguments, "history", intents, utc_offset)
  end
  unknown.status(handle, 0)
  return 0
end

local function steps_of(intents)
  local list = {}
  for _, intent in ipairs(intents) do
    for _, step in ipairs(intent.transitions) do
      list[#list + 1] = copy(step, { intent = intent.id, device = intent.device, meter_no = intent.meter_no,
        user_name = intent.user_name, command = intent.command })
    end
  end
  return list
end

function run.export(arguments)
  local handle, utc_offset = without_client(arguments)
  local intents, err = handle.history { device = arguments.device }
  if not intents then error(err, 0) end
  local view = arguments.transitions and "steps" or "all"
  rows.write(arguments, view, arguments.transitions and steps_of(intents) or intents, utc_offset)
  unknown.status(handle, 0)
  return 0
end

---@return integer exit status
function supply.run(arguments)
  local fine, status = pcall(run[arguments.action], arguments)
  if opened then opened.close() end
  opened = nil
  if not fine then error(status, 0) end
  return status
end

return supply
