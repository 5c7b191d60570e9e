-- The runtime inside nginx: light threads are nginx's, a wait is a wait for a semaphore, and nothing blocks the worker.
--
-- nginx ends a coroutine without a word: with its request, by ngx.exit, by ngx.thread.kill. It does not even unwind. So
-- a thread of ours looks, as often as it wakes, whether the one that it works for is still there; and because nginx
-- uses an ended coroutine again, for another request, what we know of one counts only in the request that it is of.

local poller_loop = require "imr.runtime.poller"
local core = require "imr.core"
local pack = require "imr.base.pack"
local unpack = require "imr.base.unpack"

local ngx = require("imr.base.host").nginx()

local LEAST_WAIT = 0.001 -- nginx counts in milliseconds; a shorter wait would return at once
local LOOK_EVERY = 0.1   -- seconds between two looks of a thread that waits
local PATIENCE = 0.25    -- seconds; a timer that has not come by then was dropped

local CANCELLED = setmetatable({}, { __tostring = function() return "this light thread was cancelled" end })

-- The phases in which nginx lets a light thread wait.
local may_wait = { rewrite = true, access = true, content = true, timer = true, preread = true, server_rewrite = true,
  ssl_cert = true, ssl_session_fetch = true, ssl_client_hello = true }

---@class imr.Nginx
local Nginx = { LOOK_EVERY = LOOK_EVERY }

local threads = setmetatable({}, { __mode = "kv" }) -- coroutine -> thread of ours
local phases = setmetatable({}, { __mode = "k" })   -- ngx.ctx -> name of a phase -> what stands for it

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

-- The phase of the request that runs now: light threads live and end with it.
local function this_phase()
  local ctx, name = ngx.ctx, ngx.get_phase()
  local of_request = phases[ctx] or {}
  phases[ctx] = of_request
  of_request[name] = of_request[name] or {}
  return of_request[name]
end

local function this_thread()
  local thread = threads[coroutine.running()]
  return thread and thread.phase == this_phase() and thread or nil
end

local function is_cancelled(thread)
  if not thread then return false end
  if not thread.cancelled and not thread.is_wanted() then thread.cancelled = true end
  return thread.cancelled
end

---Raises in a thread that was cancelled.
function Nginx.check_cancelled()
  if is_cancelled(this_thread()) then error(CANCELLED, 0) end
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

---Does anybody wait for it? Whoever nginx has ended does not.
---@return boolean
function Event:is_awaited()
  for waiter in pairs(self.waiters) do
    if waiter:count() < 0 then return true end
  end
  return false
end

---Has nginx ended the coroutine that waited for it, with its request? It does not unwind then.
---@return boolean
function Event:is_lost()
  return not self:is_awaited()
end

local function patience_of(thread)
  local longest = poller_loop.patience()
  return thread and math.min(longest, LOOK_EVERY) or longest
end

-- nginx's timers start from a time that it looked up before our last piece of work: only core.now tells the end.
local function wait_for(waiter, event, timeout, thread)
  local deadline = timeout and core.now() + timeout or math.huge
  local left = deadline - core.now()
  while left > 0 and not event.is_set and not is_cancelled(thread) do
    local posted, problem = waiter:wait(math.max(LEAST_WAIT, math.min(left, patience_of(thread))))
    if not posted and problem ~= "timeout" then error("imr: nginx does not let us wait: " .. tostring(problem), 0) end
    if not event.is_set then poller_loop.look_in() end
    left = deadline - core.now()
  end
end

---Waits until the event is set, at most `timeout` seconds.
---@param timeout? number
---@return boolean set
function Event:wait(timeout)
  local thread = this_thread()
  if is_cancelled(thread) then error(CANCELLED, 0) end
  if self.is_set then return true end
  local waiter = assert(require("ngx.semaphore").new())
  self.waiters[waiter] = true
  if thread then thread.waiter = waiter end
  wait_for(waiter, self, timeout, thread)
  self.waiters[waiter] = nil
  if thread then thread.waiter = nil end
  if is_cancelled(thread) then error(CANCELLED, 0) end
  return self.is_set
end

function Nginx:sleep(seconds)
  self.event():wait(math.max(0, seconds))
end

---Lets the worker do what else there is to do, and goes on.
function Nginx.breathe()
  Nginx.check_cancelled()
  ngx.sleep(LEAST_WAIT) -- with 0, nginx looks at its timers again, and at no socket
  Nginx.check_cancelled()
end

-- ---------------------------------------------------------------- threads

local function finish(thread, ok, ...)
  thread.ok, thread.results = ok, { n = select("#", ...), ... }
  thread.finished:set()
end

local function body(thread)
  local co = coroutine.running()
  local fn, arguments = thread.fn, thread.arguments
  thread.phase, threads[co], thread.fn, thread.arguments = this_phase(), thread, nil, nil -- it may be kept for long
  finish(thread, pcall(fn, unpack(arguments, 1, arguments.n)))
  threads[co] = nil
end

local function new_thread(fn, ...)
  return { fn = fn, arguments = { n = select("#", ...), ... }, finished = Nginx.event(), cancelled = false }
end

-- What has ended stays until its parent has waited for it; and when the parent is killed before, the request never
-- ends. So the parent of our threads is one that ends at once.
local function spawn_orphan(thread)
  ngx.thread.spawn(body, thread)
end

---Makes this very coroutine the one that the owner's threads work for.
---@param owner table
function Nginx.own(_, owner)
  owner.co = coroutine.running()
end

---A light thread of this request that has not begun. It is cancelled when its owner's coroutine has ended, or the owner
---was abandoned.
---@param owner table
---@return table thread
function Nginx.thread_for(_, owner, fn, ...)
  local thread = new_thread(fn, ...)
  thread.phase = this_phase()
  function thread.is_wanted() return not owner.abandoned and coroutine.status(owner.co) ~= "dead" end
  return thread
end

---Lets it begin: it runs at once until it first waits. Then others may run before this returns.
function Nginx.begin(_, thread)
  assert(ngx.thread.wait(assert(ngx.thread.spawn(spawn_orphan, thread))))
end

---Starts a light thread that works for the coroutine that calls this.
---@return table thread
function Nginx:spawn(fn, ...)
  local problem = Nginx.problem()
  if problem then error("imr: " .. problem, 0) end
  local thread = self:thread_for({ co = coroutine.running() }, fn, ...)
  self:begin(thread)
  return thread
end

Nginx.start = Nginx.spawn
Nginx.this_thread = this_thread

---Can this thread be waited for here? One of another request may end without a word, or has.
function Nginx.can_join(_, thread)
  return thread.finished.is_set or thread.phase == this_phase()
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

-- Whether a timer took it. In a worker that is exiting there is none to be had, and nginx drops one too many.
local function run_in_timer(thread)
  local function take()
    if thread.taken then return end
    thread.taken = true
    body(thread)
  end
  if ngx.worker.exiting() or not ngx.timer.at(0, take) then return false end
  if thread.finished:wait(PATIENCE) or thread.taken then return true end
  thread.taken = true
  poller_loop.warn()
  return false
end

---Runs a function to its end even if the request that asked for it is aborted meanwhile; only a worker that is exiting
---does not stay for what nobody waits for.
function Nginx:protect(fn, ...)
  local thread = new_thread(fn, ...)
  function thread.is_wanted() return not ngx.worker.exiting() or thread.finished:is_awaited() end
  if not run_in_timer(thread) then return fn(...) end
  local results = pack(self:join(thread))
  if not results[1] then error(results[2], 0) end
  return unpack(results, 2, results.n)
end

---The request is a light thread already.
function Nginx.run(_, fn, ...)
  return true, fn(...)
end

---An owner was collected: nothing may be posted from a finalizer, so it is only told, and its threads see it when they
---look.
function Nginx.abandon(_, owner)
  owner.abandoned = true
end

function Nginx.run_pending() end

---Has a poller polled as long as it is busy.
function Nginx.add_poller(_, poller)
  poller_loop.add_poller(poller)
end

return Nginx
