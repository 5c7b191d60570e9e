-- A client's side of pacing: how far apart its slots stand, and what is known of the requests that left in them. The
-- waiting is the pacer's.
--
-- What the platform counts is the gap between arrivals, which jitter shortens. So slots stand a margin further apart
-- than the interval, and a slot is past half of that after its start, because the next caller's may be too near then.

local Pacer = require "imr.client.pacer"
local errors = require "imr.errors"
local limits = require "imr.client.limits"

local MARGIN, MARGIN_SHARE = 0.05, 0.05 -- seconds, and at most this share of the interval
local LATEST = 0.5                      -- share of the margin; the rest is for the way to the platform
local WIDEN, SHRINK = 2, 0.98           -- on 1011 or waking late, and on each accepted request

---@class imr.Pace
local Pace = {}
Pace.__index = Pace

---A slot: when it comes, and how far behind it the next one may come (seconds).
---@class imr.Slot
---@field start number
---@field interval number

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
    delays = {},  -- by endpoint: how long requests took to leave
  }, Pace)
end

local function slot_key(self, endpoint)
  return self.key .. "|" .. endpoint
end

local function pacer_of(self, endpoint)
  return Pacer.of(self.store, slot_key(self, endpoint))
end

---Seconds between two slots of an endpoint, margin included.
function Pace:spacing(endpoint)
  return self.interval + (self.margins[endpoint] or self.least_margin)
end

---@param message any
function Pace.store_failed(message)
  return errors.new { kind = "store", message = tostring(message), retryable = true, executed = "no" }
end

-- With pacing turned off there are no slots, but pauses that the server has asked for.
local function wait_out(self, endpoint, lifetime, given, began)
  local pause = pacer_of(self, endpoint).earliest - began
  if pause > 0 then
    local err = limits.exceeded({ deadline = given.deadline, max_wait = given.max_wait, began = began }, began, pause,
      "the server allows the next request")
    if err then return nil, err end
    local slept, closed = lifetime:sleep(pause)
    if not slept then return nil, closed end
  end
  return math.max(0, pause), { start = lifetime:now(), interval = 0 }
end

---Waits for a slot.
---@param endpoint string
---@param lifetime table  the client's waits
---@param given { deadline: number, max_wait: number }  on the runtime's clock; seconds
---@return number|nil waited seconds
---@return imr.Slot|table|nil slot or the error
function Pace:wait(endpoint, lifetime, given)
  local began = lifetime:now()
  if self.interval == 0 then return wait_out(self, endpoint, lifetime, given, began) end
  local slot, err = pacer_of(self, endpoint):wait {
    pace = self, endpoint = endpoint, lifetime = lifetime,
    limits = { deadline = given.deadline, max_wait = given.max_wait, began = began },
  }
  if not slot then return nil, err end
  return lifetime:now() - began, slot
end

---A slot that was waited for and will not be used: the next caller has it.
---@param slot imr.Slot
function Pace:pass_on(endpoint, slot, now)
  if self.interval > 0 then pacer_of(self, endpoint):pass_on(slot, self, now) end
end

---How many callers wait for a slot of an endpoint here, and in how many seconds the one that is reserved comes.
---@return integer queue
---@return number|nil seconds
function Pace:state(endpoint, now)
  if self.interval == 0 then return 0 end
  return pacer_of(self, endpoint):state(now)
end

---Is it too late to use a slot, because the next one may be too near by now?
---@param slot imr.Slot
---@return boolean
function Pace:is_past(slot, now)
  return self.interval > 0 and now - slot.start > (slot.interval - self.interval) * LATEST
end

-- The delay that the next request will have as well: where none has gone over a kept connection, each makes its own.
local function common_delay(self, endpoint, delay, never_kept)
  local delays = self.delays[endpoint] or { count = 0, least = math.huge }
  self.delays[endpoint] = delays
  delays.count, delays.least = delays.count + 1, math.min(delays.least, delay)
  return (never_kept or delays.count > 1) and delays.least or 0
end

-- No slot of anybody comes before `time`.
local function push_back(self, endpoint, time, now)
  self.store:push_back(slot_key(self, endpoint), time, now)
  pacer_of(self, endpoint):push_back(time, now)
end

---A request has left. A new connection takes time to make, a kept one none: so where this one left later than the next
---one will, the next slot moves, which might otherwise come too soon after it.
---@param slot imr.Slot
---@param began number when it began
---@param delay number seconds until it left
---@param never_kept? boolean requests of this endpoint never go over a kept connection
function Pace:left(endpoint, slot, began, delay, never_kept, now)
  if self.interval == 0 then return end
  local departed = began + delay - common_delay(self, endpoint, delay, never_kept)
  local time = departed + self:spacing(endpoint)
  if self:is_past(slot, departed) and time > now then push_back(self, endpoint, time, now) end
end

---The server wants a pause: nobody has a slot of this endpoint before its end.
---@param seconds number
function Pace:hold(endpoint, seconds, now)
  if self.interval > 0 then return push_back(self, endpoint, now + seconds, now) end
  pacer_of(self, endpoint):push_back(now + seconds, now)
end

function Pace:widen(endpoint)
  local wider = math.max((self.margins[endpoint] or self.least_margin) * WIDEN, 0.001)
  self.margins[endpoint] = math.min(wider, self.interval / 2)
end

---The platform said 1011: everybody waits a full interval from now, and we keep a wider margin.
function Pace:throttled(endpoint, now, least_wait)
  self:widen(endpoint)
  push_back(self, endpoint, now + math.max(self:spacing(endpoint), least_wait or 0), now)
end

---The platform took a request: the margin shrinks slowly back.
function Pace:accepted(endpoint)
  local margin = self.margins[endpoint]
  if margin then self.margins[endpoint] = math.max(self.least_margin, margin * SHRINK) end
end

return Pace
