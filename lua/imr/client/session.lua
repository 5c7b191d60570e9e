-- The token of an account: one login for everybody who shares the store.
--
-- Whoever needs a token and finds none takes the login lock and logs in; the others wait and take the outcome, also a
-- failure. A refused account (1002, 1005) stays refused until the credentials change: repeating it would lock the
-- account.

local backoff = require "imr.client.backoff"
local copy = require "imr.base.copy"
local core = require "imr.core"
local errors = require "imr.errors"
local limits = require "imr.client.limits"

local POLL, POLL_MOST = 0.005, 0.1      -- how often a waiter looks for the outcome, growing
local LOCK_SPARE = 10                   -- the lock outlives the longest login by this

---@class imr.Session
local Session = {}
Session.__index = Session

---@class imr.SessionSettings
---@field store table
---@field key string base URL, account and fingerprint of the credentials
---@field secret table
---@field lifetime table
---@field login fun(encoding: string, wish: table, keep: fun(): any): table|nil, table|nil keep: asked before each
--- attempt; nil alone when it was false
---@field encoding "auto"|"json"|"form"
---@field lock_time number seconds that one attempt to log in takes at most
---@field emit fun(event: table)

---@param settings imr.SessionSettings
function Session.new(settings)
  return setmetatable(copy(settings), Session)
end

local function failure_error(failure, now)
  return errors.new {
    kind = failure.kind, code = failure.code, message = failure.message, endpoint = "login",
    retryable = failure.kind ~= "auth", executed = "no",
    retry_after = failure.kind ~= "auth" and math.max(0, failure.retry_at - now) or nil,
  }
end

-- Some servers repeat a command that they refuse, and the record of a token is a part of one.
local function store_failed(self, message)
  return errors.new { kind = "store", message = self.secret.redact(tostring(message)), endpoint = "login",
    retryable = true, executed = "no" }
end

local function moment_of(record)
  return record and (record.obtained or (record.failure and record.failure.at)) or -math.huge
end

-- What the store holds, or what it could not take from us, if that is newer.
---@return table|nil record without a token when there is none
---@return table|nil err
function Session:record()
  local stored, message = self.store:get_token(self.key, self.lifetime:now())
  if message then return nil, store_failed(self, message) end
  if moment_of(self.unsaved) > moment_of(stored) then return self.unsaved end
  return stored or {}
end

function Session:save(record)
  local ok, message = self.store:put_token(self.key, record, self.lifetime:now())
  self.unsaved = not ok and record or nil
  if ok then return end
  message = self.secret.redact(tostring(message))
  self.emit { type = "store", message = "the token could not be shared: " .. message }
end

-- Told apart by login, not by text: two logins within a second give the same token.
local function usable(record, stale, now)
  return record.token and not (stale and record.id == stale.id) and core.token_fresh(record.obtained, now)
end

---The encoding that this account's platform speaks, as far as a record tells.
function Session:encoding_of(record)
  return self.encoding ~= "auto" and self.encoding or record.encoding or "json"
end

---The age of the token that would be used now, seconds, or nil when a login is due.
function Session:token_age()
  local record, now = self:record(), self.lifetime:now()
  return record and usable(record, nil, now) and now - record.obtained or nil
end

local function credible(failure, now)
  return failure.kind == "auth" or backoff.is_credible(failure, now)
end

-- What a record says to somebody who has been waiting since `began`: a token, an error, or when a login may be tried.
local function judge(record, stale, began, now)
  if usable(record, stale, now) then return record end
  local failure = record.failure
  if not failure or not credible(failure, now) then return nil, nil, 0 end
  if failure.kind == "auth" or failure.at > began then return nil, failure_error(failure, now) end
  return nil, nil, failure.retry_at - now
end

function Session:too_long(wish, now, waited, wait)
  local given = { deadline = wish.deadline, max_wait = wish.max_wait, began = now - waited }
  local err = limits.exceeded(given, now, wait, "a login may be tried again")
  if err then err.endpoint = "login" end
  return err
end

---The record of a token; logs in when there is none, or only `stale`, which the platform has refused.
---@param wish { deadline: number, max_wait: number } on the runtime's clock; seconds that others may keep it waiting
---@param stale? table the record that failed
---@return table|nil record { token, id, encoding }
---@return table|nil err
---@return number|nil waited seconds, for others
function Session:token(wish, stale)
  local began, poll, waited = self.lifetime:now(), POLL, 0
  while true do
    local now = self.lifetime:now()
    local fresh, err, wait = self:look(stale, began)
    if fresh or err then return fresh, err, waited end
    if wait <= 0 then
      fresh, err = self:try_login(now, wish, stale, began)
      if fresh or err then return fresh, err, waited end
      wait, poll = poll, math.min(poll * 1.5, POLL_MOST)
    end
    err = self:too_long(wish, now, waited, wait)
    if err then return nil, err end
    local ok, closed = self.lifetime:sleep(wait)
    if not ok then return nil, closed end
    waited = waited + wait
  end
end

function Session:look(stale, began)
  local record, err = self:record()
  if not record then return nil, err end
  return judge(record, stale, began, self.lifetime:now())
end

-- One caller of this process at a time. From the question for the lock on it runs to its end whatever becomes of the
-- request: what a store across the network has locked for a caller that is gone, nobody would give back.
---@return table|nil record
---@return table|nil err nil alone: others log in
function Session:try_login(now, wish, stale, began)
  if self.trying_until and now < self.trying_until then return nil end
  self.trying_until = now + self.lock_time + LOCK_SPARE
  local fine, fresh, err = pcall(function()
    return self.lifetime:runtime():protect(self.lock_and_login, self, wish, stale, began)
  end)
  if not fine then
    self.trying_until = nil
    error(fresh, 0)
  end
  return fresh, err
end

function Session:lock_and_login(wish, stale, began)
  local owner, message = self.store:lock(self.key, self.lifetime:now(), self.lock_time + LOCK_SPARE)
  local fresh, err
  if owner then fresh, err = self:login_with(owner, wish, stale, began) end
  self.trying_until = nil
  if message then err = store_failed(self, message) end
  return fresh, err
end

-- Holding the lock: look once more (another may have just finished), then log in. The lock goes back whatever happens.
---@return table|nil record
---@return table|nil err nil alone: the lock went to others meanwhile, whose login counts
function Session:login_with(owner, wish, stale, began)
  local fine, fresh, err = pcall(function()
    local found, problem = self:look(stale, began)
    if found or problem then return found, problem end
    return self:login_once(wish, function() return self:keep(owner) end)
  end)
  self.store:unlock(self.key, owner)
  if not fine then error(fresh, 0) end
  return fresh, err
end

-- Is the lock still ours? A store that does not answer gives it to nobody else either.
function Session:keep(owner)
  local kept, message = self.store:lock(self.key, self.lifetime:now(), self.lock_time + LOCK_SPARE, owner)
  return kept or message
end

-- `keep` prolongs the lock before each attempt, so that it can be short: a host that dies does not hold up the others.
-- Whoever was stopped for longer has lost it by then: what others have found meanwhile stays in the store.
function Session:login_once(wish, keep)
  local record = self:record() or {}
  local encoding = self:encoding_of(record)
  local sent = self.lifetime:now()
  local answer, err = self.login(encoding, wish, keep)
  if not answer and err and err.code == 1008 and self.encoding == "auto" then
    encoding, sent = encoding == "json" and "form" or "json", self.lifetime:now()
    answer, err = self.login(encoding, wish, keep)
  end
  local kept = keep()
  if not answer then return nil, kept and err and self:remember_failure(record, err) or nil end
  return self:remember(answer.token, sent, encoding, kept)
end

function Session:remember(token, obtained, encoding, kept)
  self.secret.add(token)
  local record = { token = token, obtained = obtained, id = ("%.6f"):format(obtained), encoding = encoding }
  if kept then self:save(record) end
  return record
end

-- A closed client or a caller's short deadline says nothing about the account: no record of it.
function Session:remember_failure(record, err)
  if err.kind == "closed" or err.by_deadline then return err end
  local now = self.lifetime:now()
  local least = backoff.after(record.failure)
  local pause = math.max(least, math.min(err.retry_after or 0, backoff.LONGEST))
  self:save {
    encoding = record.encoding,
    failure = { kind = err.kind, code = err.code, message = err.message,
      at = now, retry_at = now + pause, backoff = least },
  }
  if err.kind ~= "auth" then err.retry_after = math.max(least, err.retry_after or 0) end
  return err
end

return Session
