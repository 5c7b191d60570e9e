-- Timers: a binary heap that knows where each timer stands, so that a cancelled one leaves at once
-- and keeps nothing alive.

local Timers = {}
Timers.__index = Timers

function Timers.new()
  return setmetatable({ size = 0, order = 0 }, Timers)
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

local function sink(self, timer)
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

---Adds a timer for `value` at the time `at`; equal times keep their order.
function Timers:add(at, value)
  local timer = { at = at, order = 0, value = value, index = 0 }
  local index = self.size + 1 -- behind the allocation: a finalizer may have taken timers out in it
  timer.order, timer.index = self.order + 1, index
  self[index] = timer -- may run out of memory: then nothing has changed
  self.size, self.order = index, timer.order
  rise(self, timer)
  return timer
end

---Takes a timer out; one that is out already is left alone.
function Timers:remove(timer)
  local index = timer.index
  if not index then return end
  local last = self[self.size]
  self[self.size], self.size, timer.index = nil, self.size - 1, nil
  if last == timer then return end
  last.index = index
  rise(self, last)
  sink(self, last)
end

---The earliest time, or nil when there is no timer.
function Timers:next_time()
  return self.size > 0 and self[1].at or nil
end

---Takes out the first timer that is due and returns its value, or nil.
function Timers:pop_due(now)
  local first = self[1]
  if not first or first.at > now then return nil end
  self:remove(first)
  return first.value
end

return Timers
