-- The runtime of plain Lua: light threads over one poll loop.
--
-- Every wait is a wait for an event. Inside one of our light threads it yields; anywhere else (the main
-- program, somebody else's coroutine, a callback through which Lua can't yield) it turns the loop until
-- the event has come, so the caller just blocks and the light threads go on.

local core = require "imr.core"
local errors = require "imr.errors"
local Event = require "imr.runtime.event"
local Timers = require "imr.runtime.timers"
local host = require "imr.base.host"
local pack = require "imr.base.pack"
local unpack = require "imr.base.unpack"

local now, sleep = core.now, core.sleep

-- In PUC Lua 5.1 every wait turns the loop, and a thread below another one on the stack can't go on before it. So
-- nothing there runs side by side.
local never_yields = host.is_puc_5_1
local isyieldable = coroutine.isyieldable or function() return true end

-- What a killed thread's waits raise; it unwinds the thread, so that locks and transfers are let go.
local CANCELLED = setmetatable({}, { __tostring = function() return "this light thread was cancelled" end })

---@class imr.Plain
local Plain = { sequential = never_yields }
Plain.__index = Plain

---@param clock? { now: (fun(): number), idle: fun(seconds: number) } another clock, for tests; idle passes the time
function Plain.new(clock)
  return setmetatable({
    now_of = clock and clock.now or now,
    idle = clock and clock.idle or sleep,
    ready = { first = false, last = false, count = 0 }, -- threads in order, linked by `next`
    timers = Timers.new(), pollers = {},
    current = nil,   -- the light thread that is running
    inside = 0,      -- so many of our waits are on the stack
    abandoned = {},  -- work to cancel at the next turn
  }, Plain)
end

function Plain:now()
  return self.now_of()
end

-- ---------------------------------------------------------------- waits

---A one-shot event: once set it stays set.
function Plain:event()
  return Event.new(self)
end

-- Ends a wait: the waiter is out of its event and its timer, and its thread is ready. Like all that runs the loop, it
-- allocates nothing (event.lua says why).
function Plain:wake(waiter)
  if waiter.woken then return end
  waiter.woken = true
  waiter.event:forget(waiter)
  if waiter.timer then self.timers:remove(waiter.timer) end
  if waiter.thread then self:make_ready(waiter.thread) end
end

function Plain:make_ready(thread)
  local ready = self.ready
  if ready.last then ready.last.next = thread else ready.first = thread end
  ready.last, thread.next, ready.count = thread, false, ready.count + 1
end

local function take_ready(self)
  local ready = self.ready
  local thread = ready.first
  ready.first, ready.count = thread.next, ready.count - 1
  if not ready.first then ready.last = false end
  return thread
end

-- Only our own thread may yield, and only when nothing but Lua is between: a coroutine of the caller's inside
-- it, or a C function below it, would take our yield for its own.
function Plain:thread_to_yield()
  local thread = self.current
  if never_yields or not thread or coroutine.running() ~= thread.co or not isyieldable() then return nil end
  return thread
end

local function turn_until(self, done, object)
  while not done(object) and not self:is_cancelled() do self:turn() end
end

---Blocks until `done(object)`.
---@return boolean fine
---@return any problem what the caller has to raise
function Plain:block(done, object)
  self.inside = self.inside + 1
  local fine, problem = pcall(turn_until, self, done, object)
  self.inside = self.inside - 1
  if fine and self:is_cancelled() then return false, CANCELLED end
  return fine, problem
end

local function is_woken(waiter)
  return waiter.woken
end

function Plain:park(waiter)
  local thread = self:thread_to_yield()
  if thread then
    waiter.thread, thread.waiter = thread, waiter
    coroutine.yield()
    thread.waiter = false
    self:check_cancelled()
  else
    local fine, problem = self:block(is_woken, waiter)
    self:wake(waiter)
    if not fine then error(problem, 0) end
  end
end

function Plain:sleep(seconds)
  self:event():wait(math.max(0, seconds))
end

-- ---------------------------------------------------------------- light threads

local function new_thread(self, fn, ...)
  local arguments = pack(...)
  local thread = {
    finished = self:event(), co = false, ok = false, cancelled = false, waiter = false, next = false,
    results = { n = 1, "not enough memory" }, -- room for an error
  }
  thread.co = coroutine.create(function() thread.results = pack(fn(unpack(arguments, 1, arguments.n))) end)
  return thread
end

---Makes a light thread. It runs when the caller next waits.
---@return table thread
function Plain:spawn(fn, ...)
  local thread = new_thread(self, fn, ...)
  self:make_ready(thread)
  return thread
end

-- What it did before, a command perhaps, nobody can tell.
local function yielded_itself()
  return errors.new { kind = "phase", retryable = false, executed = "maybe",
    message = "a light thread called coroutine.yield() itself: nothing would wake it (imr.sleep waits)" }
end

local function finish(thread, ok, problem)
  if coroutine.status(thread.co) ~= "dead" then
    if thread.waiter then return end
    ok, problem = false, yielded_itself()
  end
  thread.ok = ok
  if not ok then thread.results[1] = problem end
  thread.finished:set()
end

-- `finished` stands for the whole of it: a thread that has ended may still be in the ready list.
function Plain:resume(thread)
  if thread.finished.is_set or coroutine.status(thread.co) ~= "suspended" then return end
  local previous = self.current
  self.current = thread
  finish(thread, coroutine.resume(thread.co))
  self.current = previous
end

---Makes a light thread that runs at once, until it first waits: what must not stand behind others.
---@return table thread
function Plain:start(fn, ...)
  local thread = new_thread(self, fn, ...)
  self:resume(thread)
  return thread
end

---A light thread that has not begun. In nginx it ends with the one that it works for, and with its request; here
---whoever ends unwinds, and says so.
---@return table thread
function Plain:thread_for(_, fn, ...)
  return new_thread(self, fn, ...)
end

---Lets it begin: it runs when the caller next waits.
Plain.begin = Plain.make_ready

---In nginx, the one that the owner's threads work for.
function Plain.own() end

---Can this thread be waited for here? In nginx not from another request.
function Plain.can_join() return true end

---The light thread that runs, where it can wait.
Plain.this_thread = Plain.thread_to_yield

---In nginx a function that outlives its request.
function Plain.protect(_, fn, ...)
  return fn(...)
end

---What forbids a call here: nothing.
function Plain.problem() end

---Waits for a thread's end.
---@return boolean ok
---@return any ... its results, or the error it raised
function Plain:join(thread)
  thread.finished:wait()
  return thread.ok, unpack(thread.results, 1, thread.results.n)
end

---Cancels a thread: it unwinds at once, or, when it is below us on the stack, at its next wait.
function Plain:kill(thread)
  if thread.finished.is_set or thread.cancelled then return end
  thread.cancelled = true
  if thread.waiter then
    local waiter = thread.waiter
    waiter.thread = false
    self:wake(waiter)
    self:resume(thread)
  elseif thread ~= self.current and coroutine.status(thread.co) == "suspended" then
    thread.ok, thread.results[1] = false, CANCELLED -- not begun: it never runs
    thread.finished:set()
  end
end

---Cancels work from a finalizer: at the next turn when it runs in the middle of our own doings. Inside nginx, where
---specs run this runtime too, always then: a coroutine that is resumed from a finalizer crashes the worker there.
function Plain:abandon(work)
  if self.inside == 0 and not self.current and not host.nginx() then return work:cancel() end
  self.abandoned[#self.abandoned + 1] = work
end

local function reap(self)
  while #self.abandoned > 0 do table.remove(self.abandoned):cancel() end
end

function Plain:is_cancelled()
  return self.current ~= nil and self.current.cancelled == true
end

function Plain:check_cancelled()
  if self:is_cancelled() then error(CANCELLED, 0) end
end

-- ---------------------------------------------------------------- the loop

---A poller has `busy()` and `poll(timeout)`: the loop waits in it while it is busy.
function Plain:add_poller(poller)
  for _, other in ipairs(self.pollers) do
    if other == poller then return end
  end
  table.insert(self.pollers, poller)
end

local function count_busy(pollers)
  local count = 0
  for index = 1, #pollers do
    if pollers[index].busy() then count = count + 1 end
  end
  return count
end

-- With two pollers no one call can wait for both: they take turns.
local TURN = 0.002

local function wait_for_work(self, timeout)
  local busy = count_busy(self.pollers)
  if busy > 1 then timeout = math.min(timeout, TURN) end
  for index = 1, #self.pollers do
    local poller = self.pollers[index]
    if poller.busy() then poller.poll(timeout) end
  end
  if busy > 0 then return end
  if timeout == math.huge then error("imr: deadlock: a wait for something that nothing will do", 0) end
  self.idle(timeout)
end

-- The list is shared with the loops that a blocking thread turns below us: each takes the first that is there.
local function run_ready(self)
  local ready = self.ready
  local count = ready.count
  for _ = 1, count do
    if not ready.first then break end
    self:resume(take_ready(self))
  end
  return count > 0
end

local function fire_timers(self)
  if not self.timers:next_time() then return end
  local time = self:now()
  local waiter = self.timers:pop_due(time)
  while waiter do
    self:wake(waiter)
    waiter = self.timers:pop_due(time)
  end
end

---One turn: what is ready runs; then we wait for the first timer or transfer.
function Plain:turn()
  reap(self)
  if not run_ready(self) then
    local at = self.timers:next_time()
    wait_for_work(self, at and math.max(0, at - self:now()) or math.huge)
  end
  fire_timers(self)
end

---Runs what is ready without waiting for anything; not from within a light thread, where the loop below does it.
function Plain:run_pending()
  reap(self)
  while not self.current and run_ready(self) do end
end

-- Nobody waits for the thread any more when the wait itself fails.
local function joined(self, thread, fine, ...)
  if fine then return ... end
  self:kill(thread)
  error((...), 0)
end

---Runs `fn` as a light thread until it ends.
---@return boolean ok
---@return any ... its results, or the error it raised
function Plain:run(fn, ...)
  if self:thread_to_yield() then return true, fn(...) end
  local thread = self:spawn(fn, ...)
  return joined(self, thread, pcall(self.join, self, thread))
end

return Plain
