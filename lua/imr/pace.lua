-- A client's side of pacing: take a slot from the store, wait for it, and use it only while it is still good.
--
-- What the platform counts is the gap between arrivals, which jitter shortens. So slots stand a margin further apart
-- than the interval, and whoever wakes later than half of that after its slot takes a new one, because the next
-- caller's slot may already be too near.

local errors = require "imr.errors"

local MARGIN, MARGIN_SHARE = 0.05, 0.05 -- seconds, and at most this share of the interval
local LATEST = 0.5                      -- share of the margin; the rest is for the way to the platform
local WIDEN, SHRINK = 2, 0.98           -- on 1011 or waking late, and on each accepted request

---@class imr.Pace
local Pace = {}
Pace.__index = Pace

local function least_margin(interval)
  return math.min(MARGIN, interval * MARGIN_SHARE)
end

---Seconds between two slots while nothing asks for more room.
---@param interval number seconds
---@return number
function Pace.least_spacing(interval)
  return interval + least_margin(interval)
end

---@param settings { store: table, key: string, interval: number }
function Pace.new(settings)
  return setmetatable({
    store = settings.store, key = settings.key, interval = settings.interval,
    least_margin = least_margin(settings.interval),
    margins = {}, -- by endpoint
    departed = {}, delays = {}, -- by endpoint: when our last request left, and how long they took to
  }, Pace)
end

function Pace:slot_key(endpoint)
  return self.key .. "|" .. endpoint
end

---Seconds between two slots of an endpoint, margin included.
function Pace:spacing(endpoint)
  return self.interval + (self.margins[endpoint] or self.least_margin)
end

local function too_long(wait, now, limits)
  local by_deadline = now + wait > limits.deadline
  return errors.new {
    kind = by_deadline and "timeout" or "throttled",
    message = ("the next slot comes in %.1f s, later than %s allows"):format(wait,
      by_deadline and "the deadline" or "max_wait"),
    retryable = true, executed = "no", retry_after = wait,
  }
end

local function store_failed(message)
  return errors.new { kind = "store", message = message, retryable = true, executed = "no" }
end

-- Has one of our requests left so late that one of now would come too soon after it? A clock that was set back says
-- nothing.
local function is_near(self, endpoint, now)
  local departed = self.departed[endpoint]
  return departed ~= nil and departed <= now and now - departed < self.interval
end

-- The slot goes back, and no other comes before its time.
local function step_back(self, key, slot, spacing, endpoint, now)
  self.store:release(key, spacing, slot, now)
  self.store:push_back(key, self.departed[endpoint] + spacing, now)
end

---Waits for a slot.
---@param endpoint string
---@param scope table  the client's waits: scope:sleep(seconds) -> true | nil, err
---@param limits { deadline: number, max_wait: number }  on the runtime's clock; seconds
---@param held? number a slot that came and is past; it goes back where nobody has queued behind it
---@param spacing? number that it was taken with
---@return number|nil waited seconds
---@return number|table|nil slot its start, or the error
---@return number|nil spacing that it was taken with
function Pace:wait(endpoint, scope, limits, held, spacing)
  if self.interval == 0 then return 0, scope:now(), 0 end
  local key, began = self:slot_key(endpoint), scope:now()
  local late, err
  repeat
    local now, before = scope:now(), spacing
    spacing = self:spacing(endpoint)
    if held and spacing ~= before then
      self.store:release(key, before, held, now) -- reserve() knows a held slot by today's spacing
      held = nil
    end
    local longest = math.max(0, math.min(limits.max_wait - (now - began), limits.deadline - now))
    local start, wait, message = self.store:reserve(key, spacing, now, longest, held)
    if not start then
      return nil, wait and too_long(wait, now, limits) or store_failed(message)
    end
    -- Late once may be chance. Late again, and somebody behind us: this process needs more room.
    if late and start > now then self:widen(endpoint) end
    held, err = self:sleep_until(start, spacing, key, scope)
    if err then return nil, err end
    late = held and scope:now() - held -- also when there was no wait: we may have been stopped in between
    if held and is_near(self, endpoint, scope:now()) then
      step_back(self, key, held, spacing, endpoint, scope:now())
      held, late = nil, nil
    end
  until held and late <= (spacing - self.interval) * LATEST
  return scope:now() - began, held, spacing
end

---A slot that was waited for and will not be used.
---@param slot number its start
---@param spacing number that it was taken with
function Pace:give_back(endpoint, slot, spacing, now)
  if self.interval > 0 then self.store:release(self:slot_key(endpoint), spacing, slot, now) end
end

---Is it too late to use a slot, because the next one may be too near by now?
---@param slot number its start
---@param spacing number that it was taken with
---@return boolean
function Pace:is_past(slot, spacing, now)
  return self.interval > 0 and now - slot > (spacing - self.interval) * LATEST
end

-- The delay that the next request will have as well: where none has gone over a kept connection, each makes its own.
local function common_delay(self, endpoint, delay, never_kept)
  local delays = self.delays[endpoint] or { count = 0, least = math.huge }
  self.delays[endpoint] = delays
  delays.count, delays.least = delays.count + 1, math.min(delays.least, delay)
  return (never_kept or delays.count > 1) and delays.least or 0
end

---A request has left. A new connection takes time to make, a kept one none: so where this one left later than the next
---one will, the next slot moves, which might otherwise come too soon after it.
---@param slot number its start
---@param spacing number that it was taken with
---@param began number when it began
---@param delay number seconds until it left
---@param never_kept? boolean requests of this endpoint never go over a kept connection
function Pace:left(endpoint, slot, spacing, began, delay, never_kept, now)
  if self.interval == 0 then return end
  local departed = began + delay - common_delay(self, endpoint, delay, never_kept)
  local last = self.departed[endpoint]
  if not last or last > now or last < departed then self.departed[endpoint] = departed end
  if self:is_past(slot, spacing, departed) and departed + spacing > now then
    self.store:push_back(self:slot_key(endpoint), departed + spacing, now)
  end
end

-- Some stores give a slot to others when its holder is not heard of, or an earlier one to us.
local function keep(store, slot, spacing, scope)
  if slot.start and store.keep then slot.start = store:keep(slot.key, spacing, slot.start, scope:now()) end
end

-- Once: afterwards it may be somebody else's.
local function release(store, slot, spacing, scope)
  local start = slot.start
  slot.start = nil
  if start then store:release(slot.key, spacing, start, scope:now()) end
end

local function releaser(store, slot, spacing, scope)
  return function() release(store, slot, spacing, scope) end
end

local function sleep_and_keep(self, slot, spacing, scope)
  local longest = self.store.keep and self.store.keep_every or math.huge
  local on_gone = releaser(self.store, slot, spacing, scope)
  while slot.start and scope:now() < slot.start do
    local ok, err = scope:sleep(math.min(longest, slot.start - scope:now()), on_gone)
    if not ok then return err end
    keep(self.store, slot, spacing, scope)
  end
end

-- A caller that is told to stop gives its slot back; so does one whose thread is cancelled (the error goes on), and
-- one that nginx ends with its request.
---@return number|nil start nil when the slot was lost
---@return table|nil err
function Pace:sleep_until(start, spacing, key, scope)
  local slot = { key = key, start = start }
  local fine, err = pcall(sleep_and_keep, self, slot, spacing, scope)
  if fine and not err then return slot.start end
  release(self.store, slot, spacing, scope)
  if not fine then error(err, 0) end
  return nil, err
end

function Pace:widen(endpoint)
  local wider = math.max((self.margins[endpoint] or self.least_margin) * WIDEN, 0.001)
  self.margins[endpoint] = math.min(wider, self.interval / 2)
end

---The platform said 1011: everybody waits a full interval from now, and we keep a wider margin.
function Pace:throttled(endpoint, now, least_wait)
  self:widen(endpoint)
  self.store:push_back(self:slot_key(endpoint), now + math.max(self:spacing(endpoint), least_wait or 0), now)
end

---The platform took a request: the margin shrinks slowly back.
function Pace:accepted(endpoint)
  local margin = self.margins[endpoint]
  if margin then self.margins[endpoint] = math.max(self.least_margin, margin * SHRINK) end
end

return Pace
