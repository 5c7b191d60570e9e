-- The callers of one endpoint and account in this process, in the order in which they came, and the slot that the
-- process has reserved for them in the store: one at a time.
--
-- A slot is handed out when it comes, to the first caller who still waits; then the next one is reserved, at most an
-- interval ahead. So a process that is killed wastes one slot at most, however many callers it had, and a caller that
-- goes away wastes none.
--
-- The callers do the work themselves. The first sleeps until the slot, the others a moment longer: one whose coroutine
-- nginx has ended, or which is below another on the stack, cannot take its slot, and the next one does.

local limits = require "imr.client.limits"

local GRACE = 0.005       -- seconds that the first caller has a slot for itself
local WORKS_WITHIN = 5    -- seconds; who asks the store for longer may be gone
local HOLD_BACK = 0.25    -- share of the interval, after we had a slot, before we reserve the next
local LOST_MOST = 20      -- times that others had the next slot; then we take one however far it is
local SHORTEST = 0.0001   -- of a sleep
local RUNS_WITHIN = 1     -- seconds; who was woken and has not run by then is gone

---@class imr.Pacer
local Pacer = {}
Pacer.__index = Pacer

-- By store and key. A pacer does not know its store, or neither would ever be collected.
local pacers = setmetatable({}, { __mode = "k" })

---The pacer of a key in a store; clients that share the store share it.
---@param store imr.Store
---@param key string
---@return imr.Pacer
function Pacer.of(store, key)
  local of_store = pacers[store] or {}
  pacers[store] = of_store
  if not of_store[key] then
    of_store[key] = setmetatable({ key = key, callers = {}, slots = {}, earliest = -math.huge, seen = -math.huge,
      try_at = -math.huge, lost = 0 }, Pacer)
  end
  return of_store[key]
end

-- ---------------------------------------------------------------- callers

-- Inside nginx an ended coroutine does not unwind, so that its caller is still in the list. Of one that waits nginx
-- tells whether it does; one that is at work, or was woken for it, has until `due` to come to its next wait.
local function is_gone(caller, now)
  local event = caller.event
  if event and not event.is_set then return event:is_lost() end
  return now > caller.due
end

local function remove(self, caller)
  caller.is_queued = false
  for index, other in ipairs(self.callers) do
    if other == caller then return table.remove(self.callers, index) end
  end
end

-- The caller is here and goes to work. Also again, since it may have been taken for gone.
local function join(self, caller, now)
  caller.due = now + WORKS_WITHIN
  if not caller.is_queued then table.insert(self.callers, caller) end
  caller.is_queued = true
end

-- The first caller who still waits; those before it who do not are taken out.
local function first(self, now)
  while self.callers[1] and is_gone(self.callers[1], now) do remove(self, self.callers[1]) end
  return self.callers[1]
end

-- So many callers before this one still wait. Only a limit wants to know.
local function count_before(self, caller, now)
  if limits.left(caller.limits, now) == math.huge then return 0 end
  local count, index = 0, 1
  while self.callers[index] ~= caller do
    if not is_gone(self.callers[index], now) then count = count + 1 end
    index = index + 1
  end
  return count
end

local function wake(caller, now)
  if not caller or not caller.event or caller.event.is_set then return end
  caller.due = now + RUNS_WITHIN
  caller.event:set()
end

-- Who came while a slot was being reserved does not know yet when it comes.
local function wake_blind(self, now)
  for _, caller in ipairs(self.callers) do
    if caller.is_blind then wake(caller, now) end
  end
end

local function leave(self, caller, now)
  remove(self, caller)
  if self.reserving == caller then self.reserving = nil end
  wake(first(self, now), now)
end

-- ---------------------------------------------------------------- slots

-- What nobody has used may count as free in the store, if it was the last that was taken there.
local function drop_slots(self)
  self.unused = self.slots[#self.slots] or self.unused
  self.slots = {}
end

-- A clock that was set back tells nothing of what was known before.
local function look_at_clock(self, now)
  if now < self.seen then
    self.slots, self.unused, self.earliest, self.try_at = {}, nil, -math.huge, -math.huge
  end
  self.seen = now
end

-- A slot that is past. Where a caller waited for it, this process was late.
local function expire(self, caller, now)
  local slot = self.slots[1]
  if not slot or not caller.pace:is_past(slot, now) then return end
  table.remove(self.slots, 1)
  if not self.slots[1] then self.unused, self.try_at = slot, now end
  self.was_late = caller.came < slot.start
end

local function is_reserving(self, now)
  local caller = self.reserving
  if caller and is_gone(caller, now) then
    remove(self, caller)
    self.reserving = nil
  end
  return self.reserving ~= nil
end

local function too_far(caller, now, wait)
  return limits.exceeded(caller.limits, now, wait, "the next slot comes")
end

-- A slot from the store that is not before `earliest`: one that is goes back for a later one with more room behind it.
local function from_store(self, caller, now, longest)
  local store, spacing = caller.pace.store, caller.pace:spacing(caller.endpoint)
  local start, wait, message = store:reserve(self.key, spacing, now, longest, self.unused)
  if not start then return nil, wait, message end
  local slot = { start = start, interval = spacing }
  if start >= self.earliest then return slot end
  local room = spacing + self.earliest - math.max(start, now)
  start, wait, message = store:reserve(self.key, room, now, longest, slot)
  if not start then return nil, wait, message end
  slot.start = math.max(start, self.earliest)
  slot.interval = start + room - slot.start
  return slot
end

-- Another process has the next slot: we try again when the one after it is an interval away. Who has lost more often
-- tries sooner than the others.
local function try_later(self, now, wait, spacing)
  self.lost = self.lost + 1
  self.try_at = math.max(now + SHORTEST, now + wait - spacing + HOLD_BACK * spacing / (1 + self.lost))
end

-- Reserves the next slot, also for those before this caller. As a rule none that is further away than an interval, so
-- that no number of processes that are killed costs the others more than that.
local function reserve(self, caller, now)
  local spacing = caller.pace:spacing(caller.endpoint)
  local behind = count_before(self, caller, now) * spacing
  self.reserving = caller
  local longest = math.max(0, limits.left(caller.limits, now) - behind)
  local ahead = self.lost < LOST_MOST and spacing + SHORTEST or math.huge
  local slot, wait, message = from_store(self, caller, now, math.min(longest, ahead))
  if self.reserving == caller then self.reserving = nil end
  if not slot and not wait then return caller.pace.store_failed(message) end
  now = caller.lifetime:now()
  if not slot then
    try_later(self, now, wait, spacing)
    return too_far(caller, now, wait + behind)
  end
  if self.was_late and slot.start > now then caller.pace:widen(caller.endpoint) end -- somebody was behind it
  self.unused, self.was_late, self.lost = nil, false, 0
  table.insert(self.slots, slot)
  wake_blind(self, now)
end

-- The other processes may try first.
local function take(self, caller, now)
  local slot = table.remove(self.slots, 1)
  self.unused, self.try_at = nil, now + HOLD_BACK * caller.pace:spacing(caller.endpoint)
  return slot
end

-- ---------------------------------------------------------------- waiting

-- Sleeps until there is something to do for the caller.
local function sleep(self, caller, now, is_first)
  local slot = self.slots[1]
  local wait = slot and slot.start - now + (is_first and 0 or GRACE)
    or self.reserving and WORKS_WITHIN or self.try_at - now
  wait = math.max(SHORTEST, math.min(wait, limits.left(caller.limits, now)))
  caller.event, caller.is_blind = caller.lifetime:runtime():event(), not slot
  local ok, err = caller.lifetime:wait(caller.event, wait)
  caller.event, caller.is_blind = nil, nil
  return not ok and err or nil
end

-- In how many seconds the next slot comes, at least. While none is reserved, whoever has a limit asks the store, once.
local function next_in(self, caller, now)
  local slot, store = self.slots[1], caller.pace.store
  if slot then return math.max(0, slot.start - now) end
  if caller.has_looked or limits.left(caller.limits, now) == math.huge or not store.look then return 0 end
  caller.has_looked = true
  local at, message = store:look(self.key, now)
  return at and math.max(0, at - now), message
end

-- Would the caller have to wait for longer than it may? Past a limit it would always.
local function limit_error(self, caller, now)
  local wait, message = next_in(self, caller, now)
  if not wait then return caller.pace.store_failed(message) end
  join(self, caller, now)
  local spacing = caller.pace:spacing(caller.endpoint)
  local comes = wait + count_before(self, caller, now) * spacing
  return too_far(caller, now, limits.left(caller.limits, now) < 0 and math.max(comes, spacing) or comes)
end

-- One step: a slot, an error, or neither while there is more to wait for.
local function step(self, caller)
  local now = caller.lifetime:now()
  join(self, caller, now)
  look_at_clock(self, now)
  expire(self, caller, now)
  local slot, is_first = self.slots[1], first(self, now) == caller
  if not slot and now >= self.try_at and not is_reserving(self, now) then
    local err = reserve(self, caller, now)
    if err then return nil, err end
    slot, now = self.slots[1], caller.lifetime:now()
    join(self, caller, now)
  end
  if slot and now >= slot.start + (is_first and 0 or GRACE) then return take(self, caller, now) end
  return nil, limit_error(self, caller, now) or sleep(self, caller, now, is_first)
end

local function stand(self, caller)
  while true do
    local slot, err = step(self, caller)
    if slot or err then return slot, err end
  end
end

---Waits until a slot comes to this caller.
---@param caller { pace: imr.Pace, endpoint: string, lifetime: imr.Lifetime, limits: imr.Limits }
---@return table|nil slot { start: number, interval: number }
---@return table|nil err
function Pacer:wait(caller)
  caller.came = caller.lifetime:now()
  local fine, slot, err = pcall(stand, self, caller)
  leave(self, caller, caller.lifetime:now())
  if not fine then error(slot, 0) end
  return slot, err
end

---What can be seen from outside.
---@return integer queue callers that wait
---@return number|nil seconds until the slot that this process has reserved; nil while it has none
function Pacer:state(now)
  local waiting = 0
  for _, caller in ipairs(self.callers) do
    if not is_gone(caller, now) then waiting = waiting + 1 end
  end
  return waiting, self.slots[1] and math.max(0, self.slots[1].start - now)
end

---A slot that came and was not used goes to the next caller.
---@param slot table
---@param pace imr.Pace
function Pacer:pass_on(slot, pace, now)
  if not pace:is_past(slot, now) then
    table.insert(self.slots, 1, slot)
  elseif not self.slots[1] then
    self.unused, self.try_at = slot, now
  end
  wake(first(self, now), now)
end

---No slot of this process comes before `time`, also none that it has reserved already.
---@param time number
function Pacer:push_back(time, now)
  self.earliest = math.max(self.earliest, time)
  if self.slots[1] and self.slots[1].start < time then
    drop_slots(self)
    self.try_at = now
    wake(first(self, now), now)
  end
end

return Pacer
