-- The runtime inside nginx: light threads are nginx's, a wait is a wait for a semaphore, and nothing blocks the worker.
--
-- Threads are joined and cancelled through events of ours: nginx lets only a thread's parent do that, and only within
-- one request, while pages and logins here outlive the request that asked for them first.

local attendant = require "imr.runtime.attendant"
local carrier = require "imr.runtime.carrier"
local core = require "imr.core"
local forsaken = require "imr.runtime.forsaken"

local ngx = rawget(_G, "ngx")
local unpack = table.unpack or unpack

local LEAST_WAIT = 0.001 -- nginx counts in milliseconds; a shorter wait would return at once

local CANCELLED = setmetatable({}, { __tostring = function() return "this light thread was cancelled" end })

-- The phases in which nginx lets a light thread wait.
local may_wait = { rewrite = true, access = true, content = true, timer = true, preread = true, server_rewrite = true,
  ssl_cert = true, ssl_session_fetch = true, ssl_client_hello = true }

---@class imr.Nginx
local Nginx = {}

local threads = setmetatable({}, { __mode = "k" }) -- coroutine -> thread of ours

---Seconds on the host's boot clock, which workers share with cron jobs beside nginx and nobody sets back.
function Nginx.now()
  return core.now()
end

---What forbids a call here, or nil.
---@return string|nil problem
function Nginx.problem()
  local phase = ngx.get_phase()
  if may_wait[phase] then return nil end
  local way_out = phase == "init" and "call from ngx.timer.at(0, ...) in init_worker_by_lua"
    or "start it with ngx.timer.at(0, ...), or make it in the content phase"
  return ("a call cannot wait in nginx's %s phase: %s"):format(phase, way_out)
end

-- ---------------------------------------------------------------- events

local Event = {}
Event.__index = Event

function Nginx.event()
  return setmetatable({ is_set = false, waiters = {} }, Event)
end

function Event:set()
  if self.is_set then return end
  self.is_set = true
  for waiter in pairs(self.waiters) do waiter:post(1) end
end

-- nginx's timers start from a time that it looked up before our last piece of work: only core.now tells the end.
local function wait_for(waiter, event, timeout)
  local deadline = timeout and core.now() + timeout or math.huge
  local left = deadline - core.now()
  while left > 0 do
    local posted, problem = waiter:wait(math.max(LEAST_WAIT, math.min(left, attendant.patience())))
    if not posted and problem ~= "timeout" then error("imr: nginx does not let us wait: " .. tostring(problem), 0) end
    if posted or event.is_set then return end
    attendant.look_in()
    left = event.is_set and 0 or deadline - core.now()
  end
end

local function check_cancelled(thread)
  if thread and thread.cancelled then error(CANCELLED, 0) end
end

---Waits until the event is set, at most `timeout` seconds.
---@param timeout? number
---@param on_gone? fun() called, in another thread, when nginx has ended this one in the middle of the wait. None of its
---upvalues may be a variable of a function that has not returned yet: those are gone with the coroutine
---@return boolean set
function Event:wait(timeout, on_gone)
  local thread = threads[coroutine.running()]
  check_cancelled(thread)
  if self.is_set then return true end
  local waiter = assert(require("ngx.semaphore").new())
  self.waiters[waiter] = true
  if thread then thread.waiter = waiter end
  if on_gone then forsaken.watch(waiter, on_gone) end
  wait_for(waiter, self, timeout)
  forsaken.forget(waiter)
  self.waiters[waiter] = nil
  if thread then thread.waiter = nil end
  check_cancelled(thread)
  return self.is_set
end

function Nginx:sleep(seconds)
  self.event():wait(math.max(0, seconds))
end

---Lets the worker do what else there is to do, and goes on.
function Nginx.breathe()
  local thread = threads[coroutine.running()]
  check_cancelled(thread)
  ngx.sleep(LEAST_WAIT) -- with 0, nginx looks at its timers again, and at no socket
  check_cancelled(thread)
end

-- ---------------------------------------------------------------- threads

local function finish(thread, ok, ...)
  thread.ok, thread.results = ok, { n = select("#", ...), ... }
  thread.finished:set()
end

local function body(thread)
  if thread.cancelled then return finish(thread, false, CANCELLED) end
  local co = coroutine.running()
  threads[co] = thread
  finish(thread, pcall(thread.fn, unpack(thread.arguments, 1, thread.arguments.n)))
  threads[co] = nil
end

local function new_thread(fn, ...)
  return { fn = fn, arguments = { n = select("#", ...), ... }, finished = Nginx.event() }
end

---Starts a light thread of this request: it runs at once until it first waits, and ends with the request.
function Nginx.spawn(_, fn, ...)
  local problem = Nginx.problem()
  if problem then error("imr: " .. problem, 0) end
  local thread = new_thread(fn, ...)
  assert(ngx.thread.spawn(body, thread))
  return thread
end

Nginx.start = Nginx.spawn

---Starts a thread that outlives the request. A worker that is exiting may have no place for it: there it is the
---request's.
function Nginx.detach(_, fn, ...)
  local thread = new_thread(fn, ...)
  if not carrier.run(function() body(thread) end) then assert(ngx.thread.spawn(body, thread)) end
  return thread
end

---Waits for a thread's end.
---@return boolean ok
---@return any ... its results, or the error it raised
function Nginx.join(_, thread)
  thread.finished:wait()
  return thread.ok, unpack(thread.results, 1, thread.results.n)
end

---Cancels a thread: its present wait, or its next, raises.
function Nginx.kill(_, thread)
  if thread.finished.is_set or thread.cancelled then return end
  thread.cancelled = true
  if thread.waiter then thread.waiter:post(1) end
end

---Runs a function to its end even if the request that asked for it is aborted meanwhile.
function Nginx:protect(fn, ...)
  local results = { n = 0 }
  local function keep(...) results = { n = select("#", ...), ... } end
  keep(self:join(self:detach(fn, ...)))
  if not results[1] then error(results[2], 0) end
  return unpack(results, 2, results.n)
end

---The request is a light thread already.
function Nginx.run(_, fn, ...)
  return true, fn(...)
end

---Work whose owner was collected: nothing may be posted from a finalizer, so it is only told; its next step sees it.
function Nginx.abandon(_, work)
  work.abandoned = true
end

function Nginx.settle() end

---Has a poller polled as long as it is busy: `busy()`, and `poll(timeout)`, which tells whether anything moved.
function Nginx.watch(_, poller)
  attendant.watch(poller)
end

return Nginx
