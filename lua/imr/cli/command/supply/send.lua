--- Sends a plan, or shows it: what leaves somebody has seen and wanted.

local approval = require "imr.workflow.supply.approval"
local exit = require "imr.cli.exit"
local interrupt = require "imr.cli.interrupt"
local language = require "imr.language"
local messages = require "imr.cli.output.messages"
local progress = require "imr.cli.command.supply.progress"
local rows = require "imr.cli.command.supply.rows"
local system = require "imr.os"
local terminal = require "imr.cli.output.terminal"
local time_text = require("imr.cli.output.progress").time_text
local times = require "imr.workflow.supply.times"
local unknown = require "imr.cli.command.supply.unknown"

local send = {}

-- What became of commands has to be told, whatever becomes of the output: it decides the status first.
---@param arguments table
---@param out imr.cli.Output
---@param list table[] rows
---@param tell fun(): integer status
---@return integer status
function send.finish(arguments, out, list, tell)
  local fine, problem = pcall(function()
    out:write(list)
    out:finish(true)
  end)
  local status = tell()
  if fine then return status end
  if status == 0 then error(problem, 0) end
  exit.report(problem, arguments.json_errors)
  return status
end

---Has somebody asked for the end?
---@return boolean
function send.interrupted()
  return system.caught_signal() ~= nil
end

-- ---------------------------------------------------------------- how it ended

local function counts_text(counts)
  local parts = {}
  for state, count in pairs(counts) do
    parts[#parts + 1] = language.text("%d %s", count, language.word("state", state))
  end
  table.sort(parts)
  return #parts > 0 and language.list(parts) or language.text "there was nothing to send"
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
  if report.stopped == "approval" and #report.unknown == 0 then return left_out_status(plan) end
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

-- The intents that are still planned: how many, those that `resume` sends, until when, and what calls all of them off.
local function armed(intents)
  local count, ready, ends, plans, number = 0, 0, nil, 0, nil
  for _, intent in ipairs(intents) do
    if intent.state == "planned" then
      count = count + 1
      if not approval.waits(intent) then
        ready = ready + 1
        if not ends or intent.expires > ends then ends = intent.expires end
      end
      if intent.plan ~= number then plans, number = plans + 1, intent.plan end
    end
  end
  return count, ready, ends, plans == 1 and ("--plan %d"):format(number) or "--all"
end

---Says what is still planned, how it goes on and how it is taken back.
---@param intents table[]
---@param utc_offset integer
function send.say_armed(intents, utc_offset)
  local count, ready, ends, which = armed(intents)
  if count == 0 then return end
  if ready > 0 then
    messages.say("%d on record as planned: `imr supply resume --yes` sends them, until %s", ready,
      times.shown(ends, utc_offset))
  end
  messages.say("`imr supply cancel %s --reason TEXT` takes them back", which)
end

local function say_superseded(plan)
  for _, intent in ipairs(plan.superseded or {}) do
    messages.say("intent %d, %s %s, planned by %s, is superseded %s", intent.id, intent.command, intent.device,
      intent.who, intent.detail)
  end
end

-- What has left stays so; the opposite command is what undoes it.
local function say_sent(report)
  local cut = 0
  for _, intent in ipairs(report.intents) do
    if intent.command == "disconnect" and intent.executed ~= "no" then cut = cut + 1 end
  end
  if cut > 0 then messages.say("%d have left: `imr supply reconnect` restores supply", cut) end
  if report.counts.accepted then messages.say "`imr supply resolve` reads whether the meters have obeyed" end
end

local function say_end(report, plan, utc_offset)
  messages.say("%s", counts_text(report.counts))
  if report.stopped == "approval" then
    messages.say("nothing is sent: plan %d waits for the approval of %s: `imr supply approve %d`", plan.id,
      approval.whom(plan.approver), plan.id)
    return unknown.say(report.unknown)
  end
  if report.stopped then
    messages.say("ended early: %s%s", report.stopped, report.error and " (" .. tostring(report.error) .. ")" or "")
  end
  send.say_armed(report.intents, utc_offset)
  if report.stopped == "interrupted" then say_sent(report) end
  unknown.say(report.unknown)
end

-- ---------------------------------------------------------------- sending

local function options_of(arguments)
  return { confirm = arguments.confirm, stop_after = arguments.stop_after, guard = arguments.guard,
    guard_timeout = arguments.guard_timeout, on_progress = progress, interrupted = send.interrupted }
end

-- Nothing of it has been sent, or nobody knows of what has: what is on record is said either way.
local function failed(handle, plan, err, utc_offset)
  say_superseded(plan)
  if plan.id then send.say_armed(handle.history { plan = plan.id } or {}, utc_offset) end
  if err.kind == "locked" and send.interrupted() then return 128 + system.caught_signal() end
  if plan.id and err.kind ~= "locked" then
    err.advice = language.text "the plan is on record: `imr supply status` says what of it is still planned"
  end
  error(err, 0)
end

-- The output is opened first: what is wrong with it has to be said before a command leaves.
local function apply(context, plan, arguments)
  local out, show = rows.open(arguments, "intent", context.utc_offset)
  local report, err = context.handle.apply(plan, options_of(arguments))
  messages.clear()
  if not report then
    out:abort()
    return failed(context.handle, plan, err, context.utc_offset)
  end
  return send.finish(arguments, out, show(report.intents), function()
    say_superseded(plan)
    say_end(report, plan, context.utc_offset)
    return status_of(report, plan)
  end)
end

-- ---------------------------------------------------------------- the question

local function say_plan(plan, spacing, ending)
  for _, line in ipairs(plan:superseding()) do messages.say("%s", line) end
  local count = plan:count()
  messages.say("%d to send in about %s, %d left out%s", count, time_text(count * spacing),
    #plan.entries - count + #plan.left_out, ending)
end

-- Somebody who sees the plan and can type.
local function can_ask()
  return system.is_terminal(0) and system.is_terminal(1)
end

local function question(plan, count)
  if plan.approver then
    return language.text("put %d commands on record, for %s to approve? type %d: ", count,
      approval.whom(plan.approver), count)
  end
  return language.text("send %d commands? type %d: ", count, count)
end

-- Only the number of commands is a yes: it has been read, not only confirmed.
local function ask(context, plan, arguments)
  rows.write({}, "plan", rows.of_plan(plan), context.utc_offset)
  say_plan(plan, context.spacing, "")
  local count = plan:count()
  if count == 0 and #plan:superseding() == 0 then return unknown.status(context.handle, left_out_status(plan)) end
  local answer = terminal.ask(question(plan, count))
  interrupt.check()
  if answer and tonumber(answer) == count then return apply(context, plan, arguments) end
  messages.say "nothing was sent"
  return unknown.status(context.handle, 2)
end

---Without --yes nothing leaves unasked. Where nobody is there to see the plan, that is an error: a cron job must not
---look as if it had sent something.
---@param context { handle: imr.Supply, utc_offset: integer, spacing: number }
---@param plan imr.SupplyPlan
---@param arguments table
---@return integer status
function send.show_or_send(context, plan, arguments)
  if arguments.yes then return apply(context, plan, arguments) end
  if not arguments.dry_run and can_ask() then return ask(context, plan, arguments) end
  rows.write(arguments, "plan", rows.of_plan(plan), context.utc_offset)
  say_plan(plan, context.spacing, arguments.dry_run and "; nothing was sent" or "; nothing was sent (--yes sends)")
  local status = unknown.status(context.handle, left_out_status(plan))
  if arguments.dry_run or system.is_terminal(1) or system.is_terminal(2) then return status end
  exit.usage("nothing was sent: without a terminal say --yes to send, or --dry-run to see the plan only")
end

return send
