-- Events of the plain runtime: what its light threads wait for.
--
-- Memory may run out at any allocation. What wakes a thread, runs it and notes its end therefore allocates nothing:
-- else the loop would lose a thread, or stop for the rest of the process. Fields that are set later are there from the
-- beginning, so that no table has to grow.

---@class imr.Event
local Event = {}
Event.__index = Event

function Event.new(runtime)
  return setmetatable({ runtime = runtime, is_set = false, first = false, last = false, blocked = 0 }, Event)
end

-- Waiters in order, linked by `next` and `previous`.
local function append(event, waiter)
  waiter.previous = event.last
  if event.last then event.last.next = waiter else event.first = waiter end
  event.last = waiter
end

---Takes a waiter out. Only the runtime does, when it wakes him.
function Event:forget(waiter)
  if waiter.previous then waiter.previous.next = waiter.next else self.first = waiter.next end
  if waiter.next then waiter.next.previous = waiter.previous else self.last = waiter.previous end
end

function Event:set()
  if self.is_set then return end
  self.is_set = true
  while self.first do self.runtime:wake(self.first) end
end

---Does anybody wait for it?
---@return boolean
function Event:is_awaited()
  return self.first ~= false or self.blocked > 0
end

---Has the coroutine that waited for it ended without a word? Here none does.
---@return boolean
function Event.is_lost()
  return false
end

local function is_set(event)
  return event.is_set
end

-- Who just blocks needs nobody to wake him.
local function block(event)
  event.blocked = event.blocked + 1
  local fine, problem = event.runtime:block(is_set, event)
  event.blocked = event.blocked - 1
  if not fine then error(problem, 0) end
end

---Waits until the event is set, at most `timeout` seconds.
---@return boolean set false when the time ran out first
function Event:wait(timeout)
  local runtime = self.runtime
  runtime:check_cancelled()
  if self.is_set then return true end
  if not timeout and not runtime:thread_to_yield() then
    block(self)
    return true
  end
  local waiter = { event = self, woken = false, timer = false, thread = false, next = false, previous = false }
  append(self, waiter)
  if timeout and timeout < math.huge then
    waiter.timer = runtime.timers:add(runtime:now() + timeout, waiter)
  end
  runtime:park(waiter)
  return self.is_set
end

return Event
