-- The circuit breaker: a platform that takes no connection, or does not answer, is asked by one caller at a time, at
-- growing distances. All others of the account hear at once that it is away.
--
-- What is known of it stands in the store, where the failure of a login stands, under a key of its own; whoever tries
-- again holds the lock of that key.

local backoff = require "imr.client.backoff"
local errors = require "imr.errors"

---@class imr.Breaker
local Breaker = {}
Breaker.__index = Breaker

---What lets a call go on; `owner` of the lock and the last pause, when it is the one that tries.
---@class imr.BreakerPass
---@field owner? any
---@field failure? table

---@param settings { store: imr.Store, key: string, lifetime: imr.Lifetime, emit: fun(event: table), enabled: boolean,
--- try_time: number } seconds that a try takes at most
---@return imr.Breaker
function Breaker.new(settings)
  return setmetatable({
    store = settings.store, key = settings.key .. "|away", lifetime = settings.lifetime, emit = settings.emit,
    enabled = settings.enabled, try_time = settings.try_time,
  }, Breaker)
end

-- The failure on record.
local function failure_of(self, now)
  local record = self.store:get_token(self.key, now)
  local failure = record and record.failure
  return failure and backoff.is_credible(failure, now) and failure or nil
end

local function unavailable(failure, wait)
  return errors.new {
    kind = "unavailable", retryable = true, executed = "no", retry_after = math.max(0.1, wait),
    message = ("the platform does not answer, and is tried again in %.1f s: %s"):format(wait, failure.message),
  }
end

---May a call be made?
---@param pass? imr.BreakerPass that it got earlier
---@return imr.BreakerPass|nil
---@return imr.Error|nil err kind "unavailable"
function Breaker:enter(pass)
  if not self.enabled then return pass or {} end
  if pass and pass.owner then return pass end
  local now = self.lifetime:now()
  local failure = failure_of(self, now)
  if not failure then return {} end
  if now < failure.retry_at then return nil, unavailable(failure, failure.retry_at - now) end
  local owner, problem = self.store:lock(self.key, now, self.try_time)
  if owner or problem then return { owner = owner, failure = failure } end
  return nil, unavailable(failure, backoff.FIRST)
end

-- Where nothing was heard of the platform. The deadline of a caller says nothing of it.
local function is_away(err)
  if err.by_deadline then return false end
  return err.kind == "timeout" or err.kind == "network" and err.executed == "no"
end

-- Errors that tell nothing of the platform, unless they have its code.
local OURS = { closed = true, vetoed = true, store = true, unavailable = true, throttled = true, timeout = true,
  request = true }

local function is_there(err)
  return not err or err.code ~= nil or err.http_status ~= nil or not OURS[err.kind]
end

local function open(self, pass, err, now)
  local known = not pass.owner and failure_of(self, now) -- it had left before
  if known then
    err.retry_after = math.max(err.retry_after or 0, known.retry_at - now)
    return
  end
  local pause = backoff.after(pass.failure)
  self.store:put_token(self.key, { failure = { kind = "unavailable", message = err.message, at = now,
    retry_at = now + pause, backoff = pause } }, now)
  err.retry_after = math.max(err.retry_after or 0, pause)
  if not pass.failure then
    self.emit { type = "breaker", open = true, error = err,
      message = "the platform does not answer; one request at a time tries it: " .. err.message }
  end
end

local function close(self, pass, now)
  if not pass.failure then return end
  self.store:put_token(self.key, {}, now)
  self.emit { type = "breaker", open = false, message = "the platform answers again" }
end

---Is this a failure that the breaker repeats in its own time?
---@return boolean
function Breaker:counts(err)
  return self.enabled and is_away(err)
end

---How a call ended that was let go on.
---@param pass imr.BreakerPass
---@param err? imr.Error
function Breaker:left(pass, err)
  if not self.enabled then return end
  local now = self.lifetime:now()
  if err and is_away(err) then
    open(self, pass, err, now)
  elseif is_there(err) then
    close(self, pass, now)
  end
  if pass.owner then self.store:unlock(self.key, pass.owner) end
end

---Is the platform away, as far as is known?
---@return boolean
function Breaker:is_open()
  return self.enabled and failure_of(self, self.lifetime:now()) ~= nil
end

return Breaker
