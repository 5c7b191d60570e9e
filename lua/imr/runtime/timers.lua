-- Timers: a binary heap that knows where each timer stands, so that a cancelled one leaves at once
-- and keeps nothing alive.
--
-- A finalizer may take a timer out at any moment, under LuaJIT also in the middle of a change of the heap: then it only
-- marks it, and the change that is under way takes it out at its end.

local Timers = {}
Timers.__index = Timers

function Timers.new()
  return setmetatable({ size = 0, order = 0, changing = false, marked = false }, Timers)
end

local function earlier(a, b)
  if a.at ~= b.at then return a.at < b.at end
  return a.order < b.order
end

local function place(self, timer, index)
  self[index], timer.index = timer, index
end

local function rise(self, timer)
  local index = timer.index
  while index > 1 do
    local parent = (index - index % 2) / 2
    if not earlier(timer, self[parent]) then break end
    place(self, self[parent], index)
    index = parent
  end
  place(self, timer, index)
end

local function move_down(self, timer)
  local index = timer.index
  while 2 * index <= self.size do
    local child = 2 * index
    if child < self.size and earlier(self[child + 1], self[child]) then child = child + 1 end
    if not earlier(self[child], timer) then break end
    place(self, self[child], index)
    index = child
  end
  place(self, timer, index)
end

local function take_out(self, timer)
  local index = timer.index
  if not index then return end
  local last = self[self.size]
  self[self.size], self.size, timer.index = nil, self.size - 1, nil
  if last == timer then return end
  last.index = index
  rise(self, last)
  move_down(self, last)
end

-- A change that memory ran out in left `changing` behind; the next one ends as always.
local function finish(self)
  while self.marked do
    local timer = self.marked
    self.marked = timer.marked ~= true and timer.marked -- true ends the list
    take_out(self, timer)
  end
  self.changing = false
end

---Adds a timer for `value` at the time `at`; equal times keep their order.
function Timers:add(at, value)
  local timer = { at = at, order = 0, value = value, index = 0, marked = false }
  self.changing = true
  local index = self.size + 1
  timer.order, timer.index = self.order + 1, index
  self[index] = timer -- may run out of memory: then nothing has changed
  self.size, self.order = index, timer.order
  rise(self, timer)
  finish(self)
  return timer
end

---Takes a timer out; one that is out already is left alone.
function Timers:remove(timer)
  if timer.index and not timer.marked then timer.marked, self.marked = self.marked or true, timer end
  if self.changing then return end
  self.changing = true
  finish(self)
end

---The earliest time, or nil when there is no timer.
function Timers:next_time()
  return self.size > 0 and self[1].at or nil
end

---Takes out the first timer that is due and returns its value, or nil.
function Timers:pop_due(now)
  if self.marked then finish(self) end
  self.changing = true
  local first = self[1]
  local due = first ~= nil and first.at <= now
  if due then take_out(self, first) end
  finish(self)
  return due and first.value or nil
end

return Timers
