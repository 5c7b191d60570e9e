-- Sends a plan, one command at a time.
--
-- Each passes two kinds of checks in its slot. First the slow ones: what the ledger knows, and the guard. Then, when no
-- wait is left before the bytes, those that may have changed meanwhile: stop, expiry, protection, quiet hours; and last
-- of all the ledger gives the intent to this run.

local awaiting = require "imr.workflow.supply.awaiting"
local claims = require "imr.workflow.supply.claims"
local copy = require "imr.base.copy"
local errors = require "imr.errors"
local guard = require "imr.workflow.supply.guard"
local moment = require "imr.workflow.supply.moment"
local protection = require "imr.workflow.supply.protection"
local runs = require "imr.workflow.supply.runs"
local runtimes = require "imr.runtime"
local watched = require "imr.workflow.supply.interruptible"

local STOP_AFTER = 3      -- failures in a row
local LOOK = 0.25         -- seconds between two looks for a wish to stop, or at the lock
local SOON = 0.2          -- seconds in which a queue that somebody only looks at is free again
local URGENT = 120        -- the same for who restores supply: whoever cuts gives way
local GIVE_WAY = 10       -- seconds in which they have to come, before cutting goes on
local BACK = 600          -- seconds that they may take

-- Errors after which no command will fare better.
local hopeless = { auth = true, closed = true, phase = true, store = true }

---What became of a plan.
---@class imr.SupplyReport
---@field total integer commands in the plan
---@field counts table<string, integer> intents by state, as the plan's intents are now
---@field intents table[] the plan's intents
---@field left integer still planned
---@field recovered table[] intents that a process before left behind and that are of unknown outcome since this run
---@field unknown table[] all intents of this ledger whose outcome nobody knows, whoever sent them
---@field stopped? "interrupted"|"failures"|"quiet hours"|"error"|"approval" why it ended early
---@field error? imr.Error the latest error

local Run = {}
Run.__index = Run

local queue = {}

function Run:wants_stop()
  return self.env.stopping or (self.options.interrupted and self.options.interrupted()) or false
end

function Run:stop(why, err)
  self.stopped = self.stopped or why
  self.error = err or self.error
end

-- Without a state the intent is no concern of this run any more.
local function held(state, detail, stop)
  return errors.new { kind = "held", message = detail, retryable = false, executed = "no", state = state, stop = stop }
end

function Run:stop_wanted()
  return self:wants_stop() and held("planned", "interrupted", "interrupted") or nil
end

-- Why an entry must not be sent at this moment, as an error that says what becomes of it, or nil. Quick: it is the last
-- question. Otherwise also the seconds for which that holds.
function Run:objection(entry)
  local settings, time = entry.settings, self.time
  local covered, problem = protection.covers(entry, settings.protected, self.env.protected)
  if problem then return problem end
  if covered then return held("protected", "the device is protected") end
  local left = time:left_until(entry.expires, entry.made)
  if left <= 0 then return held("expired", "it was not sent in time") end
  if entry.command == "disconnect" then
    local quiet = time:left_until_quiet(settings.quiet_hours, settings.utc_offset or self.env.utc_offset)
    if quiet <= 0 then return held("planned", "quiet hours " .. settings.quiet_hours, "quiet hours") end
    left = math.min(left, quiet)
  end
  return self:stop_wanted(), left
end

local function held_by(obstacle)
  if not obstacle then return nil end
  local err = held(obstacle.state, obstacle.message)
  err.now, err.detail = obstacle.now, obstacle.detail
  return err
end

function Run:ask_guard(entry)
  local goes, why, silent = guard.ask(self.options.guard or entry.settings.guard, entry, {
    timeout = self.options.guard_timeout, interrupted = function() return self:wants_stop() end })
  local stop = self:stop_wanted()
  entry.guard_said = goes and why and "the guard said: " .. why or nil
  if goes or stop then return stop end
  if goes == nil then return why end
  local no = held("skipped", why)
  no.failure = silent -- it is not there: no use in asking it for all the others
  return no
end

-- The slow questions.
function Run:first_word(entry)
  self:recover()
  local objection = held_by(claims.obstacle(self.ledger, entry.id)) or self:objection(entry) or self:ask_guard(entry)
  if objection then return false, objection end
  return true
end

-- The last ones, with nothing between them and the bytes.
function Run:last_word(entry)
  local objection, left = self:objection(entry)
  objection = objection or held_by(claims.claim(self.ledger, entry.id, self.run, { confirm = self.options.confirm,
    detail = entry.guard_said }))
  if objection then return false, objection end
  self.leaving = entry
  self:tell(entry, "sending")
  return true, left
end

-- It certainly did not happen, and is tried again: until then anybody may call it off.
function Run:not_gone(entry, err)
  self:set_state(entry, "planned", "no", tostring(err))
  self.leaving = nil
end

-- ---------------------------------------------------------------- one entry

function Run:tell(entry, state, detail, more)
  if not self.options.on_progress then return end
  local left = #self.plan.entries - self.done
  self.options.on_progress(copy({ entry = entry, state = state, detail = detail, done = self.done,
    total = #self.plan.entries, left = left * self.spacing, following = #self.awaiting.list }, more))
end

function Run:set_state(entry, state, executed, detail)
  local now = claims.record(self.ledger, entry.id, self.run, state, executed, detail)
  if now then self:tell(entry, now, detail) end
end

function Run:failed(err)
  self.failures, self.error = self.failures + 1, err
  if hopeless[err.kind] then
    self:stop("error", err)
  elseif self.failures >= (self.options.stop_after or STOP_AFTER) then
    self:stop("failures", err)
  end
end

-- A check spoke against it. What stays planned is so on record already.
function Run:held_back(entry, err)
  if err.stop then self:stop(err.stop) end
  if err.now then self:tell(entry, err.now, err.detail) end -- somebody else has cancelled or superseded it
  if err.state and (err.state ~= "planned" or self.leaving) then self:set_state(entry, err.state, "no", err.message) end
  if err.failure then
    self:failed(errors.new { kind = "guard", message = err.message, retryable = false, executed = "no" })
  end
end

-- What is certainly not executed and may fare better another time stays planned.
function Run:not_sent(entry, err)
  if err.kind == "vetoed" then return self:held_back(entry, held("planned", err.message, "interrupted")) end
  if err.kind == "held" then return self:held_back(entry, err) end
  local again = err.retryable or err.kind == "guard" or err.kind == "protection" or hopeless[err.kind]
  self:set_state(entry, again and "planned" or "refused", "no", tostring(err))
  self:failed(err)
end

function Run:answered(entry, outcome, err)
  self.done = self.done + 1
  if outcome or err.executed ~= "no" then self.sent[#self.sent + 1] = entry.command .. " " .. entry.device end
  if outcome then
    self.failures = 0
    self:set_state(entry, "accepted", "yes", outcome.message)
    if self.options.confirm and entry.meter_no then self.awaiting:add(entry, outcome) end
  elseif err.executed == "no" then
    self:not_sent(entry, err)
  else
    self:set_state(entry, "unknown", "maybe", tostring(err))
    self:failed(err)
  end
  self.leaving = nil
end

-- Whoever wants to stop waits for no slot, no login and no connection; only for the answer to what may have left.
function Run:send(entry)
  local client = self.env.client
  local function ends() return not self.leaving and self:wants_stop() end
  local finished, outcome, err = watched(self.runtime, ends, function()
    return client[entry.command](client, entry.device, {
      before_send = function() return self:first_word(entry) end,
      last_check = function() return self:last_word(entry) end,
      not_sent = function(problem) self:not_gone(entry, problem) end,
      interrupted = function() return self:wants_stop() end,
    })
  end)
  if not finished then return self:stop("interrupted") end
  self:answered(entry, outcome, err)
end

-- A ledger that fails behind a command's back leaves it `sending`, which counts as unknown: the error has to say so. It
-- also says what was sent before: the ledger may be gone.
function Run:lost(problem)
  local entry, kind, executed, message = self.leaving, problem.kind, "yes", problem.message
  if entry then
    kind, executed = "unknown_outcome", "maybe"
    message = ("%s of device %s (intent %d) may have been executed, and what became of it could not be recorded: %s; "
      .. "resolve() reads it back"):format(entry.command, entry.device, entry.id, message)
  elseif #self.sent == 0 then
    return problem
  end
  if #self.sent > 0 then message = ("%s; sent before that: %s"):format(message, table.concat(self.sent, ", ")) end
  return errors.new { kind = kind, retryable = false, executed = executed, message = message }
end

-- ---------------------------------------------------------------- confirmation, beside the sending of the next

-- Where a later command was sent to the device, what its meter shows says nothing of this one.
function Run:confirmed(entry, state, detail)
  local later = state ~= "confirmed" and self.ledger:later_sent(entry)
  if later then state, detail = "overtaken", ("intent %d was sent to the device later"):format(later.id) end
  self:set_state(entry, state, nil, detail)
end

function Run:awaited()
  local entries = {}
  for index, item in ipairs(self.awaiting.list) do entries[index] = item.entry end
  return entries
end

function Run:looked()
  local awaited = self:awaited()
  if not awaited[1] or not self.options.on_progress then return end
  self:tell(awaited[1], "awaiting", nil, { awaited = awaited, ends = self.awaiting:left() })
end

-- ---------------------------------------------------------------- all of them

-- How the intents of a plan are now.
local function report_of(ledger, plan, more)
  local report = copy({ total = #plan.entries, counts = {}, intents = {}, recovered = {},
    unknown = ledger:unknown(false) }, more)
  for index, entry in ipairs(plan.entries) do
    local intent = ledger:intents({ id = entry.id })[1]
    report.intents[index] = intent
    report.counts[intent.state] = (report.counts[intent.state] or 0) + 1
  end
  report.left = report.counts.planned or 0
  return report
end

function Run:report()
  return report_of(self.ledger, self.plan, { stopped = self.stopped, error = self.error, recovered = self.recovered })
end

---What becomes of a plan that somebody else has to approve: nothing is sent.
---@param ledger imr.Ledger
---@param plan imr.SupplyPlan
---@return imr.SupplyReport
function queue.waiting(ledger, plan)
  return report_of(ledger, plan, { stopped = "approval" })
end

-- Numbers of intents mean something in their own ledger only: a command of another one would be sent on this one's
-- record.
local function foreign(ledger)
  error(errors.new { kind = "ledger", retryable = false, executed = "no",
    message = ("the plan is not on record in %s: it belongs to another ledger"):format(ledger.path) }, 0)
end

-- Only what is still planned: the ledger may know more than the plan that somebody kept.
function Run:prepare()
  local seconds = self.ledger.seconds
  for _, entry in ipairs(self.plan.entries) do
    local intent = self.ledger:intents({ id = entry.id })[1]
    if not intent or intent.device ~= entry.device or intent.command ~= entry.command then foreign(self.ledger) end
    entry.state, entry.expires, entry.made = intent.state, seconds(intent.expires), seconds(intent.created)
  end
end

-- Also what another process leaves while this run is at work, with its lock gone.
function Run:recover()
  for _, intent in ipairs(self.ledger:recover()) do self.recovered[#self.recovered + 1] = intent end
end

-- Restoring supply goes ahead of cutting, in whichever process: with the queue free the others have their turn.
function Run:give_way(entry)
  if entry.command == "reconnect" then return end
  if self.run.urgent then runs.calm(self.ledger, self.run) end
  local other = runs.urgent(self.ledger, self.run, self.passed)
  if not other then return end
  self:tell(entry, "waiting", "another process restores supply")
  self.ledger:unlock()
  local ends = self.runtime:now() + GIVE_WAY
  while other and self.runtime:now() < ends and not self:wants_stop() do
    self.runtime:sleep(LOOK)
    other = runs.urgent(self.ledger, self.run, self.passed)
  end
  if other then self.passed[other.id] = true end
  local locked, problem = self:take_lock(BACK)
  if not locked then return self:stop(self:wants_stop() and "interrupted" or "error", problem) end
  self:recover()
end

-- The queue is held for sending, not for waiting.
function Run:work()
  self:recover()
  self:prepare()
  for _, entry in ipairs(self.plan.entries) do
    if self:wants_stop() then self:stop("interrupted") end
    if not self.stopped and entry.state == "planned" then self:give_way(entry) end
    if self.stopped then break end
    if entry.state == "planned" then self:send(entry) else self.done = self.done + 1 end
  end
  if self.run.urgent then runs.calm(self.ledger, self.run) end
  self.ledger:unlock()
  local awaited = self:awaited()
  if awaited[1] then self:tell(awaited[1], "sent", nil, { awaited = awaited, ends = self.awaiting:left() }) end
  if not self.awaiting:join(LOOK) then self:stop "interrupted" end
  return self:report()
end

---@param seconds number
---@param on_wait? fun() told once, where somebody else has it
---@return true|nil
---@return imr.Error|nil err kind "locked" when the seconds are over
function Run:take_lock(seconds, on_wait)
  local ends = self.runtime:now() + seconds
  while true do
    local locked, problem = self.ledger:lock()
    if locked then return true end
    if problem.kind ~= "locked" or self.runtime:now() >= ends or self:wants_stop() then return nil, problem end
    if on_wait then on_wait() end
    on_wait = nil
    self.runtime:sleep(LOOK)
  end
end

function Run:cleanup()
  self.awaiting:close()
  if self.run then runs.finish(self.ledger, self.run) end
  self.ledger:unlock()
end

local function new_run(env, plan, options)
  local runtime = runtimes.current()
  local self = setmetatable({ env = env, ledger = env.ledger, plan = plan, options = options, failures = 0, done = 0,
    recovered = {}, sent = {}, passed = {}, runtime = runtime, spacing = env.client:spacing("instruct") }, Run)
  self.awaiting = awaiting.new { client = env.client, runtime = runtime, seconds = options.confirm_deadline,
    pages = plan.pages, wants_stop = function() return self:wants_stop() end,
    conclude = function(...) self:confirmed(...) end, on_look = function() self:looked() end }
  return self
end

-- Whoever restores supply says so before the queue is theirs: who has it gives way.
function Run:begin()
  local first = self.plan.entries[1]
  if first and first.command == "reconnect" then
    self.run = runs.begin(self.ledger, self.env.who, true)
    return self:take_lock(URGENT, function() self:tell(first, "waiting", "another process has the queue") end)
  end
  local locked, problem = self:take_lock(SOON)
  if locked then self.run = runs.begin(self.ledger, self.env.who) end
  return locked, problem
end

---Sends what is planned of a plan that is on record.
---@param env table client, ledger, clock, utc_offset, protected, stopping, who
---@param plan imr.SupplyPlan
---@param options table
---@return imr.SupplyReport|nil
---@return imr.Error|nil err
function queue.apply(env, plan, options)
  local self = new_run(env, plan, options)
  local busy
  local fine, report = pcall(function()
    local locked, problem = self:begin()
    if not locked then
      busy = problem
      return nil
    end
    self.time = moment.new(env.clock, function() return self.runtime:now() end, self.ledger:latest_time())
    return self:work()
  end)
  self:cleanup()
  if busy then return nil, busy end
  if not fine then error(errors.is(report) and self:lost(report) or report, 0) end
  return report
end

return queue
