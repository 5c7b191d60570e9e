-- The life of one call: token -> slot -> send -> decode -> repeat, or not.
--
-- A read is repeated after a failure that may pass. A command is repeated only when it certainly did not happen.

local errors = require "imr.errors"
local wire = require "imr.client.wire"

local BACKOFF, BACKOFF_MOST = 0.5, 8 -- before a repetition, doubling; seconds
local THROTTLED_MOST = 30            -- 1011s in one call before it gives up: by then somebody else uses the account
local RETRY_AFTER_MOST = 60          -- a server that wants us to wait longer: the caller decides
local LEAST_TIME = 0.001             -- no request is sent with less time than this left
local LEAVE_WITHIN, LEAVE_MOST = 1, 4 -- seconds from the last check of a command to its first byte; doubling

---@class imr.Call
local Call = { LONGEST_PAUSE = BACKOFF_MOST }
Call.__index = Call

---@param settings table lifetime, session, breaker, pace, requests, transport, secret, stats, emit, and options of
--- imr.new
function Call.new(settings)
  return setmetatable(settings, Call)
end

-- ---------------------------------------------------------------- one request

function Call:time_left(deadline)
  return deadline - self.lifetime:now()
end

local function late_error(endpoint, left)
  return errors.new { kind = "timeout", endpoint = endpoint, retryable = true, executed = "no", by_deadline = true,
    message = ("the deadline passed before the request was sent (%.1f s ago)"):format(-left) }
end

-- What was checked right before a command leaves holds for a moment only: it has to be gone by then.
local function limit(request, call, now)
  if not call or not call.leave_by then return end
  request.leave_within, request.interrupted = call.leave_by - now, call.interrupted
end

local function late_to_leave(endpoint, call)
  return errors.new { kind = "timeout", endpoint = endpoint, retryable = true, executed = "no", by_deadline = true,
    message = ("the last check took longer than the %g s in which the command had to leave"):format(call.leave_limit) }
end

-- A transport may return a string, or { kind, message, executed }. Only a plain "no" says that nothing has left.
local function transport_error(problem, redact)
  if type(problem) ~= "table" then problem = { message = problem } end
  return errors.new {
    kind = problem.kind or "network", message = redact(tostring(problem.message or "the transport failed")),
    retryable = problem.kind ~= "protocol" and problem.kind ~= "closed" and problem.kind ~= "vetoed",
    executed = problem.executed == "no" and "no" or "maybe",
  }
end

local function is_response(status, text, headers)
  return type(status) == "number" and status % 1 == 0 and type(text) == "string"
    and (headers == nil or type(headers) == "table")
end

-- The request in a light thread of its own, so that close() can end it. Then nobody knows how far it came; no more
-- than after a transport that raises or returns what makes no sense.
function Call:send(request)
  local ran, status, text, headers, sent_after = self.lifetime:run(self.transport, request)
  local makes_sense = ran and (not status or is_response(status, text, headers))
  if makes_sense then return status, text, headers, sent_after end
  if ran then return nil, { kind = "protocol", message = "the transport returned no status, body and headers" } end
  if not self.lifetime.closed then return nil, { message = "the transport raised: " .. tostring(status) } end
  return nil, { kind = "closed", message = "the client was closed while the request was under way", executed = "maybe" }
end

-- Seconds that a request took to leave, as far as its transport tells; nil when it did not leave. A transport of the
-- caller's own may say what cannot be.
local function delay_of(elapsed, status, problem, sent_after)
  if not status then
    if type(problem) == "table" and problem.executed == "no" then return nil end
    sent_after = type(problem) == "table" and problem.sent_after
  end
  return type(sent_after) == "number" and sent_after > 0 and math.min(sent_after, elapsed) or 0
end

---Sends one request and reads its answer; neither paced nor repeated.
---@param call? table whose last check limits when it may leave
---@return table|nil answer
---@return table|nil err
---@return number|nil began
---@return number|nil delay seconds until the request left, if it did
function Call:exchange(endpoint, parameters, encoding, deadline, decimals, call)
  local left, redact = self:time_left(deadline), self.secret.redact
  if self.lifetime.closed then return nil, self.lifetime.closed_error() end
  if left < LEAST_TIME then return nil, late_error(endpoint.name, left) end
  local body, content_type = wire.encode(parameters, encoding)
  local request, problem = self.requests:of(endpoint, body, content_type, left)
  if not request then return nil, problem end
  local began = self.lifetime:now()
  limit(request, call, began)
  if (request.leave_within or 1) <= 0 then return nil, late_to_leave(endpoint.name, call) end
  self.stats:sent(endpoint.name, request)
  local status, text, headers, sent_after = self:send(request)
  local elapsed = self.lifetime:now() - began
  self.stats:ended(endpoint.name, request, elapsed)
  local delay = delay_of(elapsed, status, text, sent_after)
  local answer, err, date
  if status then
    local settings = { decimals = decimals, utc_offset = self.utc_offset, redact = redact, learn = self.secret.add,
      breathe = self.lifetime:breather() }
    answer, err = wire.read(endpoint.name, status, headers, text, settings)
    date = wire.said(wire.header(headers, "date"), redact)
    if answer then answer.date = date end
  else
    err = transport_error(text, redact)
    err.by_deadline = err.kind == "timeout" and left < self.timeout or nil
  end
  if err then err.endpoint = endpoint.name end
  self:record(endpoint, answer, err, {
    elapsed = self.lifetime:now() - began, bytes = status and #text or 0, encoding = encoding, date = date,
  })
  return answer, err, began, delay
end

function Call:record(endpoint, answer, err, facts)
  local code, rows = answer and 200 or err.code, answer and answer.rows and #answer.rows
  self.stats:answered(endpoint.name, code, err, rows or 0, facts.bytes)
  facts.type, facts.endpoint, facts.code, facts.rows, facts.error = "request", endpoint.name, code, rows, err
  self.emit(facts)
end

-- ---------------------------------------------------------------- what to do with a failure

-- A command whose fate is not known is of a kind of its own, unless the platform says that it has one like it already;
-- nothing ever repeats it.
local function final_error(endpoint, err)
  if endpoint.command and err.executed == "maybe" then
    err.kind, err.retryable = err.kind == "duplicate" and err.kind or "unknown_outcome", false
    err.message = err.message .. "; the command may have been executed: read the meter's state before you send another"
  elseif endpoint.command then
    err.retryable = err.retryable and err.executed == "no"
  end
  return err
end

-- A command that certainly did not happen: whoever keeps a record of it hears that before anything is waited for.
local function tell_not_sent(call, err)
  if call.not_sent then call.not_sent(err) end
end

local function again_after_token(self, call, err)
  if call.relogins > 0 then return false end
  tell_not_sent(call, err)
  call.relogins, call.stale = call.relogins + 1, call.record
  self.emit { type = "token", endpoint = call.endpoint.name, code = err.code }
  return true
end

local function wants_long_pause(err)
  return (err.retry_after or 0) > RETRY_AFTER_MOST
end

local function again_after_failure(self, call, err)
  if not err.retryable or call.failures >= self.retries or wants_long_pause(err) then return false end
  local pause = math.max(math.min(BACKOFF * 2 ^ call.failures, BACKOFF_MOST), err.retry_after or 0)
  if pause >= self:time_left(call.deadline) or pause > call.max_wait then return false end
  call.failures, call.max_wait = call.failures + 1, call.max_wait - pause
  self.stats:retried(call.endpoint.name)
  tell_not_sent(call, err)
  self.emit { type = "retry", endpoint = call.endpoint.name, attempt = call.failures, pause = pause, error = err }
  local slept, closed = self.lifetime:sleep(pause)
  if not slept then return false, closed end
  return true
end

-- With pacing turned off there is no slot to push back: then this is a failure like another.
local function again_after_throttle(self, call, err)
  self.emit { type = "throttled", endpoint = call.endpoint.name, code = err.code }
  if wants_long_pause(err) then return false end
  if self.pace.interval == 0 then return again_after_failure(self, call, err) end
  self.pace:throttled(call.endpoint.name, self.lifetime:now(), err.retry_after)
  call.throttled = call.throttled + 1
  if call.throttled > THROTTLED_MOST then return false end
  tell_not_sent(call, err)
  return true
end

local again = { token = again_after_token, throttled = again_after_throttle }

local function may_repeat(self, call, err)
  if call.endpoint.command and err.executed ~= "no" then return false end
  return (again[err.kind] or again_after_failure)(self, call, err)
end

-- ---------------------------------------------------------------- the call

---Waits for a slot.
function Call:take_slot(call)
  local waited, slot = self.pace:wait(call.endpoint.name, self.lifetime, call)
  if not waited then return nil, slot end
  call.max_wait = call.max_wait - waited
  self.stats:waited(call.endpoint.name, waited)
  call.trace.waited = call.trace.waited + waited
  call.slot = slot
  return true
end

-- What was taken for a request that does not leave.
local function pass_on(self, call)
  self.pace:pass_on(call.endpoint.name, call.slot, self.lifetime:now())
end

local function veto(why)
  if errors.is(why) then return why end
  return errors.new { kind = "vetoed", message = tostring(why or "before_send said no"), retryable = false,
    executed = "no" }
end

-- What the caller's function says of a request whose slot has come. A no, and whatever it raises, passes the slot on.
---@return table|nil err
---@return any more what comes with a yes
local function ask(self, call, question)
  local fine, goes, why = pcall(question)
  if fine and goes then return nil, why end
  pass_on(self, call)
  if not fine then error(goes, 0) end
  return veto(why)
end

-- The caller may still say no when the slot has come. Then the next caller has it. A yes that took long needs another
-- slot, and is not asked for again: a caller that always takes long would never send. What may have changed while it
-- took its time is the last check's to say.
---@return table|nil err
function Call:ask_first(call)
  if not call.before_send then return nil end
  local err = ask(self, call, call.before_send)
  if err or not self.pace:is_past(call.slot, self.lifetime:now()) then return err end
  pass_on(self, call)
  local another, problem = self:take_slot(call)
  return not another and problem or nil
end

-- A quick question in the slot that the command leaves in. Its yes holds for a moment, or less where it says so; a
-- connection that takes longer to make gets more time in the next attempt.
---@return table|nil err
function Call:ask_last(call)
  if not call.endpoint.command or not (call.before_send or call.last_check) then return nil end
  local asked_at, left = self.lifetime:now(), nil
  if call.last_check then
    local err, why = ask(self, call, call.last_check)
    if err then return err end
    left = type(why) == "number" and why or nil
  end
  call.leave_limit = math.min(LEAVE_WITHIN * 2 ^ call.failures, LEAVE_MOST, left or LEAVE_MOST)
  call.leave_by = asked_at + call.leave_limit
end

-- Others may have found out meanwhile that the platform is away.
function Call:ask_breaker(call)
  local pass, err = self.breaker:enter(call.pass)
  call.pass = pass or call.pass
  if err then pass_on(self, call) end
  return err
end

-- A pause that the server asks for is one for everybody who shares the store. It holds them no longer than we would
-- wait ourselves: who tries then is told anew, and may decide.
function Call:hold(name, seconds)
  if seconds and seconds > 0 then self.pace:hold(name, math.min(seconds, RETRY_AFTER_MOST), self.lifetime:now()) end
end

function Call:ask_and_send(call)
  local record, err, waited = self.session:token(call, call.stale)
  if not record then return nil, err end
  self.secret.add(record.token)
  call.max_wait = call.max_wait - waited
  local taken, no_slot = self:take_slot(call)
  if not taken then return nil, no_slot end
  err = self:ask_breaker(call) or self:ask_first(call) or self:ask_last(call)
  if err then return nil, err end
  call.trace.requests = call.trace.requests + 1
  if call.on_send then call.on_send() end
  call.record = record
  call.parameters.token, call.parameters.admin_user_name = record.token, self.username
  local endpoint = call.endpoint
  local answer, problem, began, delay = self:exchange(endpoint, call.parameters, self.session:encoding_of(record),
    call.deadline, call.decimals, call)
  if delay then
    self.pace:left(endpoint.name, call.slot, began, delay, endpoint.command, self.lifetime:now())
  else
    pass_on(self, call)
  end
  self:hold(endpoint.name, (answer or problem).retry_after)
  return answer, problem
end

---One attempt: token, slot, request. The breaker hears how it ended, whatever it raises.
---@return table|nil answer
---@return table|nil err
function Call:attempt(call)
  local pass, away = self.breaker:enter()
  if not pass then return nil, away end
  call.pass = pass
  local fine, answer, err = pcall(self.ask_and_send, self, call)
  if not fine then
    self.breaker:left(call.pass, self.lifetime.closed_error())
    error(answer, 0)
  end
  self.breaker:left(call.pass, err)
  return answer, err
end

---@class imr.CallOptions
---@field deadline number on the runtime's clock
---@field max_wait number seconds for which it may wait: for others, for slots, and before repetitions
---@field decimals "number"|"string"
---@field trace { requests: integer, waited: number } counted up here
---@field on_send? fun() called when a request leaves
---@field before_send? fun(): boolean?, any asked before each request leaves, in its slot: true, or why it must not
---@field last_check? fun(): boolean?, any asked after it, as the last thing before the bytes: true and perhaps the
---seconds for which that holds, or why it must not
---@field not_sent? fun(err: imr.Error) told that an attempt certainly did nothing, before the next one
---@field interrupted? fun(): boolean asked while a command's connection is made: true takes the command back

---Runs one call to its end.
---@param endpoint table an entry of the schema
---@param parameters table<string, string|integer> the platform's names; token and account are added here
---@param options imr.CallOptions
---@return table|nil answer
---@return table|nil err
function Call:run(endpoint, parameters, options)
  local call = {
    endpoint = endpoint, parameters = parameters, deadline = options.deadline, max_wait = options.max_wait,
    decimals = options.decimals, trace = options.trace, on_send = options.on_send,
    before_send = options.before_send, last_check = options.last_check, not_sent = options.not_sent,
    interrupted = options.interrupted, relogins = 0, throttled = 0, failures = 0,
  }
  while true do
    local before = call.trace.requests
    local answer, err = self:attempt(call)
    if answer then
      self.pace:accepted(endpoint.name)
      return answer
    end
    err.endpoint = err.endpoint or endpoint.name
    -- An error from before the request left (no token, no slot) has been waited out where that was allowed.
    local repeats, other
    if call.trace.requests > before then
      repeats, other = may_repeat(self, call, err)
    elseif endpoint.command then
      err.executed = "no" -- a login may have got lost on the way: that says nothing about the command
    end
    if not repeats then return nil, final_error(endpoint, other or err) end
  end
end

-- ---------------------------------------------------------------- login

local function no_token()
  return errors.new { kind = "protocol", message = "the login succeeded but gave no token", endpoint = "login",
    retryable = true, executed = "yes" }
end

---One login, repeated after failures that may pass. Never paced (platform document §3).
---@param wish { deadline: number, max_wait: number } the caller's
---@param keep fun(): any asked before each attempt: false ends it
---@return table|nil answer with the token
---@return table|nil err nil alone when `keep` ended it
function Call:login(encoding, wish, keep)
  local parameters = { admin_user_name = self.username, api_password = self.secret.password() }
  local call = { endpoint = self.login_endpoint, deadline = wish.deadline, max_wait = wish.max_wait, failures = 0 }
  while true do
    if not keep() then return nil end
    self.stats:login()
    local answer, err = self:exchange(call.endpoint, parameters, encoding, call.deadline, "number")
    if answer and not answer.token then
      answer, err = nil, no_token()
    end
    if answer then return answer end
    local repeats, other
    if err.kind ~= "token" and not self.breaker:counts(err) then
      repeats, other = again_after_failure(self, call, err)
    end
    if not repeats then return nil, other or err end
  end
end

return Call
