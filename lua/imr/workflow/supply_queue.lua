-- Sends a plan, one command at a time. Each passes its last checks in its slot, right before it would leave: stop,
-- expiry, protection, quiet hours, the guard, and the ledger, which also knows of newer intents.

local confirmation = require "imr.confirmation"
local core = require "imr.core"
local guard = require "imr.workflow.supply_guard"
local hours = require "imr.workflow.supply_hours"
local protection = require "imr.workflow.supply_protection"
local runtimes = require "imr.runtime"

local STOP_AFTER = 3     -- failures in a row
local CONFIRM_TIME = 120 -- seconds from the acceptance
local LOOK = 0.25        -- seconds between two looks for a wish to stop

-- Errors after which no command will fare better.
local hopeless = { auth = true, closed = true, phase = true, store = true }

---What became of a plan.
---@class imr.SupplyReport
---@field total integer commands in the plan
---@field counts table<string, integer> intents by state, as the plan's intents are now
---@field intents table[] the plan's intents
---@field left integer still planned
---@field stopped? "interrupted"|"failures"|"quiet hours"|"error" why it ended early
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

local function held(state, detail, stop)
  return core.error { kind = "held", message = detail, retryable = false, executed = "no", state = state, stop = stop }
end

-- Why an entry must not be sent at this moment, as an error that says what becomes of it, or nil.
function Run:objection(entry)
  local settings, now = entry.settings, self.env.clock()
  if self:wants_stop() then return held("planned", "interrupted", "interrupted") end
  if now >= entry.expires then return held("expired", "it was not sent in time") end
  local covered, problem = protection.covers(entry, settings.protected, self.env.protected)
  if problem then return problem end
  if covered then return held("protected", "the device is protected") end
  if entry.command == "disconnect" and hours.covers(settings.quiet_hours, now, self.env.utc_offset) then
    return held("planned", "quiet hours " .. settings.quiet_hours, "quiet hours")
  end
  local goes, err = guard.ask(self.options.guard or settings.guard, entry)
  if self:wants_stop() then return held("planned", "interrupted", "interrupted") end -- Ctrl-C hits the guard too
  if err then return err end
  if not goes then return held("skipped", "the guard said no") end
end

function Run:last_word(entry)
  local objection = self:objection(entry)
  if objection then return false, objection end
  local started, unknown = self.ledger:start(entry.id, self.options.confirm)
  if started then
    self:tell(entry, "sending")
    return true
  elseif unknown then
    return false, held("planned", ("the outcome of intent %d is unknown: resolve it first"):format(unknown))
  end
  return false, held("superseded", "a newer intent for the device stands, or the same was sent meanwhile")
end

-- ---------------------------------------------------------------- one entry

function Run:tell(entry, state, detail)
  if not self.options.on_progress then return end
  local left = #self.plan.entries - self.done
  self.options.on_progress { entry = entry, state = state, detail = detail, done = self.done,
    total = #self.plan.entries, left = left * self.spacing, following = self.following }
end

function Run:settle(entry, state, executed, detail)
  self.ledger:record(entry.id, state, executed, detail)
  self:tell(entry, state, detail)
end

function Run:failed(err)
  self.failures, self.error = self.failures + 1, err
  if hopeless[err.kind] then
    self:stop("error", err)
  elseif self.failures >= (self.options.stop_after or STOP_AFTER) then
    self:stop("failures", err)
  end
end

-- What is certainly not executed and may fare better another time stays planned.
function Run:not_sent(entry, err)
  if err.kind == "held" then
    if err.stop then self:stop(err.stop) end
    if err.state == "planned" and not entry.started then return end
    return self:settle(entry, err.state, "no", err.message)
  end
  local again = err.retryable or err.kind == "guard" or err.kind == "protection" or hopeless[err.kind]
  self:settle(entry, again and "planned" or "refused", "no", tostring(err))
  self:failed(err)
end

function Run:answered(entry, outcome, err)
  self.done = self.done + 1
  if outcome then
    self.failures = 0
    self:settle(entry, "accepted", "yes", outcome.message)
    if self.options.confirm and entry.meter_no then self:follow(entry, outcome) end
  elseif err.executed == "no" then
    self:not_sent(entry, err)
  else
    self:settle(entry, "unknown", "maybe", tostring(err))
    self:failed(err)
  end
end

function Run:send(entry)
  local client = self.env.client
  self:answered(entry, client[entry.command](client, entry.device, {
    before_send = function()
      local goes, err = self:last_word(entry)
      entry.started = entry.started or goes
      self.unrecorded = goes and entry or self.unrecorded
      return goes, err
    end,
  }))
  self.unrecorded = nil
end

-- A ledger that fails behind a command's back leaves it `sending`, which counts as unknown: the error has to say so.
function Run:lost(problem)
  local entry = self.unrecorded
  if not entry or not core.is_error(problem) then return problem end
  return core.error { kind = "unknown_outcome", retryable = false, executed = "maybe",
    message = ("%s of device %s (intent %d) may have been executed, and what became of it could not be recorded: %s; "
      .. "resolve() reads it back"):format(entry.command, entry.device, entry.id, problem.message) }
end

-- ---------------------------------------------------------------- confirmation, beside the sending of the next

local function describe(outcome, online)
  local reading = outcome.reading
  local said = reading and ("the meter shows %s"):format(reading.supply or "no state") or "its state could not be read"
  if outcome.error then said = said .. ": " .. tostring(outcome.error) end
  return online == false and "the meter is offline; " .. said or said
end

function Run:follow(entry, outcome)
  self.following = self.following + 1
  local runtime = self.runtime
  local before = entry.state_before and { supply = entry.state_before }
  local thread = runtime:spawn(function()
    confirmation.new(entry.command, before, outcome.platform_time, entry.device):follow({
      client = self.env.client, meter_no = entry.meter_no,
      deadline = runtime:now() + (self.options.confirm_deadline or CONFIRM_TIME),
      now = function() return runtime:now() end,
      sleep = function(seconds)
        runtime:sleep(seconds)
        return not self:wants_stop()
      end,
    }, outcome)
    self.following = self.following - 1
    if outcome.state ~= "confirmed" and self:wants_stop() then return self:stop("interrupted") end
    self:settle(entry, outcome.state, nil, describe(outcome, entry.online))
  end)
  self.followers[#self.followers + 1] = thread
end

-- Whoever wants to stop does not wait for meters: what is not confirmed yet stays `accepted`, and resolve() reads it.
function Run:join_followers()
  for _, thread in ipairs(self.followers) do
    while not thread.finished.is_set and not self:wants_stop() do self.runtime:sleep(LOOK) end
    if thread.finished.is_set then
      local fine, problem = self.runtime:join(thread)
      if not fine then error(problem, 0) end
    else
      self:stop("interrupted")
      self.runtime:kill(thread)
    end
  end
end

-- ---------------------------------------------------------------- all of them

function Run:report()
  local report = { total = #self.plan.entries, counts = {}, intents = {}, stopped = self.stopped, error = self.error }
  for index, entry in ipairs(self.plan.entries) do
    local intent = self.ledger:intents({ id = entry.id })[1]
    report.intents[index] = intent
    report.counts[intent.state] = (report.counts[intent.state] or 0) + 1
  end
  report.left = report.counts.planned or 0
  return report
end

-- Only what is still planned: the ledger may know more than the plan that somebody kept.
local function prepare(self)
  for _, entry in ipairs(self.plan.entries) do
    local intent = self.ledger:intents({ id = entry.id })[1]
    entry.state, entry.expires, entry.started = intent.state, self.ledger.seconds(intent.expires), nil
  end
end

function Run:work()
  prepare(self)
  for _, entry in ipairs(self.plan.entries) do
    if self:wants_stop() then self:stop("interrupted") end
    if self.stopped then break end
    if entry.state == "planned" then self:send(entry) else self.done = self.done + 1 end
  end
  self:join_followers()
  return self:report()
end

local function cleanup(run)
  for _, thread in ipairs(run.followers) do run.runtime:kill(thread) end
  run.ledger:unlock()
end

---Sends what is planned of a plan that is on record.
---@param env table client, ledger, clock, utc_offset, protected, stopping
---@param plan imr.SupplyPlan
---@param options table
---@return imr.SupplyReport|nil
---@return imr.Error|nil err
function queue.apply(env, plan, options)
  local locked, problem = env.ledger:lock()
  if not locked then return nil, problem end
  local run = setmetatable({ env = env, ledger = env.ledger, plan = plan, options = options, failures = 0, done = 0,
    following = 0, followers = {}, runtime = runtimes.current(), spacing = env.client:spacing("instruct") }, Run)
  local fine, report = pcall(function()
    env.ledger:recover()
    return run:work()
  end)
  cleanup(run)
  if not fine then error(run:lost(report), 0) end
  return report
end

return queue
