--- `imr supply`: cuts and restores supply, on record.

local columns = require("imr.cli.output.columns").typed
local connect = require "imr.cli.input.connect"
local exit = require "imr.cli.exit"
local input = require "imr.cli.command.supply.devices"
local ledger = require "imr.cli.command.supply.ledger"
local messages = require "imr.cli.output.messages"
local output = require "imr.cli.output"
local system = require "imr.os"
local text_problem = require("imr.base.text").problem
local time_text = require("imr.cli.output.progress").time_text
local unknown = require "imr.cli.command.supply.unknown"
local interrupt = require "imr.cli.interrupt"
local workflow = require "imr.workflow.supply"

local supply = {
  summary = "Cut or restore supply, at most once and on record.", configure = require "imr.cli.command.supply.flags",
}

local actions = { disconnect = "disconnect", reconnect = "reconnect", read = "request_reading" }

-- ---------------------------------------------------------------- rows

local INTENT = columns "id:int device:str meter_no:str command:str state:str executed:enum sent:str detail:str"
local HISTORY = columns "id:int sent:str device:str command:str state:str executed:enum who:str reason:str detail:str"
local TRANSITION = columns "at:str state:str executed:enum detail:str"
local PLAN = columns "device:str meter_no:str command:str state_before:str online:enum send:enum why:str"

local function write(arguments, list, rows)
  local out = output.open(arguments, { columns = list })
  out:write(rows)
  out:finish(true)
end

-- What became of commands has to be told, whatever becomes of the output: it decides the status first.
local function finish(arguments, out, rows, tell)
  local fine, problem = pcall(function()
    out:write(rows)
    out:finish(true)
  end)
  local status = tell()
  if fine then return status end
  if status == 0 then error(problem, 0) end
  exit.report(problem, arguments.json_errors)
  return status
end

local function plan_rows(plan)
  local rows = {}
  for _, entry in ipairs(plan.entries) do
    rows[#rows + 1] = { device = entry.device, meter_no = entry.meter_no, command = entry.command,
      state_before = entry.state_before, online = entry.online, send = not entry.why, why = entry.why }
  end
  for _, left in ipairs(plan.left_out) do
    rows[#rows + 1] = { device = left.device, command = left.command, send = false, why = left.why }
  end
  return rows
end

-- ---------------------------------------------------------------- sending

local function interrupted()
  return system.caught_signal() ~= nil
end

local NAMED = 3 -- of those that are awaited

local function awaited_text(awaited)
  local names = {}
  for index = 1, math.min(#awaited, NAMED) do names[index] = awaited[index].device end
  return table.concat(names, ", ") .. (#awaited > NAMED and (" and %d more"):format(#awaited - NAMED) or "")
end

local progress = {}

function progress.sending(event)
  messages.progress(("%d of %d, %s left%s"):format(event.done, event.total, time_text(event.left),
    event.following > 0 and (", %d to be confirmed"):format(event.following) or ""))
end

progress.accepted = progress.sending

function progress.waiting(event)
  messages.say("%s %s waits: %s", event.entry.command, event.entry.device, event.detail)
end

-- Where no terminal is, this says why it does not end yet.
function progress.sent(event)
  messages.say("all is sent; up to %s for the confirmation of %s: %s", time_text(event.ends),
    #event.awaited == 1 and "1 meter" or #event.awaited .. " meters", awaited_text(event.awaited))
end

function progress.awaiting(event)
  local done = event.done < event.total and ("%d of %d, %s left, "):format(event.done, event.total,
    time_text(event.left)) or ""
  messages.progress(("%s%d to be confirmed within %s: %s"):format(done, #event.awaited, time_text(event.ends),
    awaited_text(event.awaited)))
end

local function show_progress(event)
  if progress[event.state] then return progress[event.state](event) end
  messages.say("%s %s: %s%s", event.entry.command, event.entry.device, event.state,
    event.detail and " (" .. event.detail .. ")" or "")
end

-- Does anybody see what is said?
local function has_terminal()
  return system.is_terminal(1) or system.is_terminal(2)
end

local function counts_text(counts)
  local parts = {}
  for state, count in pairs(counts) do parts[#parts + 1] = ("%d %s"):format(count, state) end
  table.sort(parts)
  return #parts > 0 and table.concat(parts, ", ") or "there was nothing to send"
end

local function left_out_status(plan)
  local status = 0
  for _, left in ipairs(plan.left_out) do
    if left.kind == "unknown" then return 6 end
    if left.kind == "unlisted" or left.kind == "offline" then status = 5 end
  end
  return status
end

-- What is being sent another process has: that one will know what became of it.
local not_done = { "planned", "sending", "unconfirmed", "expired", "superseded", "overtaken" }

-- The gravest first: a command of unknown fate, then what ended the run, then what did not come about.
local function status_of(report, plan)
  local counts = report.counts
  if #report.unknown > 0 then return 6 end
  if report.stopped == "interrupted" then return 128 + (system.caught_signal() or 2) end
  if report.error and (report.left > 0 or counts.refused) then return exit.status_of(report.error) end
  if counts.contradicted then return 1 end
  local left = left_out_status(plan)
  if left ~= 0 then return left end
  for _, state in ipairs(not_done) do
    if counts[state] then return 5 end
  end
  return 0
end

local PLANNED = "%d on record as planned: `imr supply resume --yes` sends them"

local function say_end(report)
  messages.say("%s", counts_text(report.counts))
  if report.stopped then messages.say("ended early: %s%s", report.stopped,
    report.error and " (" .. tostring(report.error) .. ")" or "") end
  if report.left > 0 then messages.say(PLANNED, report.left) end
  unknown.say(report.unknown)
end

-- The output is opened first: what is wrong with it has to be said before a command leaves.
local function send(handle, plan, arguments)
  local out = output.open(arguments, { columns = INTENT })
  local report, err = handle.apply(plan, { confirm = arguments.confirm, stop_after = arguments.stop_after,
    guard = arguments.guard, guard_timeout = arguments.guard_timeout, on_progress = show_progress,
    interrupted = interrupted })
  messages.clear()
  if not report then
    out:abort()
    if err.kind == "locked" then
      err.advice = PLANNED:format(#plan.entries) .. " when that one has ended"
    elseif plan.id then
      err.advice = "the plan is on record: `imr supply status` says what of it is still planned"
    end
    error(err, 0)
  end
  return finish(arguments, out, report.intents, function()
    say_end(report)
    return status_of(report, plan)
  end)
end

-- Without --yes nothing leaves. Where nobody is there to see the plan, that is an error: a cron job must not look as if
-- it had sent something.
local function show_or_send(handle, plan, arguments, spacing)
  if arguments.yes then return send(handle, plan, arguments) end
  write(arguments, PLAN, plan_rows(plan))
  local count = plan:count()
  messages.say("%d to send in about %s, %d left out; nothing was sent%s", count, time_text(count * spacing),
    #plan.entries - count + #plan.left_out, arguments.dry_run and "" or " (--yes sends)")
  local status = unknown.status(handle, left_out_status(plan))
  if arguments.dry_run or has_terminal() then return status end
  exit.usage("nothing was sent: without a terminal say --yes to send, or --dry-run to see the plan only")
end

-- ---------------------------------------------------------------- opening

-- Only what puts commands on record makes a ledger.
local function open(arguments, options)
  options.ledger = (actions[arguments.action] and ledger.named or ledger.existing)(arguments)
  local handle, err = exit.wrong_use(workflow.open, options)
  if not handle then error(err, 0) end
  return handle
end

local function with_client(arguments, protected)
  system.catch_signals()
  local client, chosen = connect.client(arguments, { on_event = require("imr.cli.command.listing.reader").on_event })
  return client, open(arguments, { client = client, protected = protected, utc_offset = chosen.utc_offset })
end

-- Nothing has been sent yet: here an interrupt ends it at once.
local function make_plan(handle, devices, protected, arguments)
  local plan, err
  interrupt.run(function()
    plan, err = exit.wrong_use(handle.plan, devices, actions[arguments.action], { reason = arguments.reason,
      max = arguments.max, guard = arguments.guard, quiet_hours = arguments.quiet_hours, force = arguments.force,
      offline = arguments.offline, protected = protected, allow_unmatched = arguments.allow_unmatched })
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
  local client, handle = with_client(arguments, protected)
  local plan = make_plan(handle, devices, protected, arguments)
  for _, left in ipairs(plan.left_out) do messages.say("not sent to %s: %s", left.device, left.why) end
  for _, warning in ipairs(plan.warnings) do messages.say("%s", warning) end
  for _, name in ipairs(plan.unlisted) do messages.say("protected, but no meter there is: %s", name) end
  return show_or_send(handle, plan, arguments, client:spacing("instruct"))
end

local run = { disconnect = run_command, reconnect = run_command, read = run_command }

function run.resume(arguments)
  check_flags(arguments)
  local client, handle = with_client(arguments, input.protected(arguments))
  local plan, err
  interrupt.run(function()
    plan, err = exit.wrong_use(handle.pending, { guard = arguments.guard,
      allow_unmatched = arguments.allow_unmatched })
  end)
  if not plan then error(err, 0) end
  return show_or_send(handle, plan, arguments, client:spacing("instruct"))
end

function run.resolve(arguments)
  local _, handle = with_client(arguments)
  local out = output.open(arguments, { columns = INTENT })
  local resolved, err = handle.resolve { interrupted = interrupted, on_progress = function(event)
    messages.progress("read back %d of %d", event.done, event.total)
  end }
  if not resolved then
    out:abort()
    error(err, 0)
  end
  local rows, problem = {}, nil
  for index, entry in ipairs(resolved) do
    local intent = entry.intent
    rows[index] = { id = intent.id, device = intent.device, meter_no = intent.meter_no, command = intent.command,
      state = entry.state, executed = intent.executed, sent = intent.sent, detail = entry.detail }
    if entry.state == "unknown" then problem = entry.error or problem end
  end
  messages.clear()
  for _, intent in ipairs(resolved.recovered) do
    messages.say("intent %d, %s %s: %s", intent.id, intent.command, intent.device, intent.detail)
  end
  return finish(arguments, out, rows, function()
    if #resolved == 0 then messages.say "no command is of unknown outcome" end
    if problem then messages.say("%s", tostring(problem)) end
    return unknown.status(handle, interrupted() and 128 + system.caught_signal() or 0)
  end)
end

-- Also beside a process that is at work; what is on its way is told, and no success.
function run.cancel(arguments)
  local handle, device = open(arguments, {}), arguments.device
  local intents, err = exit.wrong_use(handle.cancel, { intent = arguments.intent, plan = arguments.plan,
    device = device, all = arguments.all, reason = arguments.reason })
  if not intents then error(err, 0) end
  write(arguments, INTENT, intents)
  local away = 0
  for _, intent in ipairs(intents) do
    if intent.state ~= "cancelled" then away = away + 1 end
  end
  if away > 0 then messages.say("%d are being sent: cancelled only if they do not get away", away) end
  if #intents > 0 then return unknown.status(handle, away > 0 and 5 or 0) end
  local mistyped = device and #assert(handle.history { device = device, last = 1 }) == 0
  messages.say("%s", mistyped and "the ledger knows no such device" or "nothing of it is planned")
  return unknown.status(handle, (arguments.intent or arguments.plan or mistyped) and 5 or 0)
end

function run.status(arguments)
  local handle = open(arguments, {})
  local status, err = handle.status()
  if not status then error(err, 0) end
  local rows = {}
  for state, count in pairs(status.counts) do rows[#rows + 1] = { state = state, count = count } end
  table.sort(rows, function(a, b) return a.state < b.state end)
  write(arguments, columns "state:str count:int", rows)
  if status.running then messages.say("a process is at work on the queue of %s", status.path) end
  if #status.unresolved > 0 then
    messages.say("%d are not known to be done: `imr supply resolve`", #status.unresolved)
  end
  if #status.planned > 0 then messages.say("%d planned: `imr supply resume --yes` sends them", #status.planned) end
  return unknown.status(handle, 0)
end

function run.history(arguments)
  local handle = open(arguments, {})
  local intents, err = handle.history { device = arguments.device, id = arguments.intent,
    last = arguments.last }
  if not intents then error(err, 0) end
  if arguments.intent then
    write(arguments, TRANSITION, intents[1] and intents[1].transitions or {})
  else
    write(arguments, HISTORY, intents)
  end
  unknown.status(handle, 0)
  return 0
end

---@return integer exit status
function supply.run(arguments)
  return run[arguments.action](arguments)
end

return supply
