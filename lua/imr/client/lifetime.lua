-- The waits of one client. Closing the client ends them all with an error, so that close() in mid-flight leaves
-- nothing behind.

local errors = require "imr.errors"
local host = require "imr.base.host"
local pack = require "imr.base.pack"
local runtime = require "imr.runtime"
local unpack = require "imr.base.unpack"

local MAIN = {} -- stands for the main program, where a coroutine's name is nil

---@class imr.Lifetime
local Lifetime = {}
Lifetime.__index = Lifetime

---@param fixed? table a runtime to use always (tests); else the one of the moment
function Lifetime.new(fixed)
  local tracked = setmetatable({}, { __mode = "k" })
  local outside = setmetatable({}, { __mode = "k" })
  local waits = setmetatable({}, { __mode = "k" }) -- inside nginx whoever waits may end without a word
  return setmetatable({ fixed = fixed, waits = waits, tracked = tracked, closed = false, outside = outside }, Lifetime)
end

---The runtime that this very call waits in.
function Lifetime:runtime()
  return self.fixed or runtime.current()
end

function Lifetime:now()
  return self:runtime():now()
end

function Lifetime.closed_error()
  return errors.new { kind = "closed", message = "the client is closed", retryable = false, executed = "no" }
end

---Waits for an event; closing the client ends the wait early.
---@param event table of this lifetime's runtime
---@param seconds number
---@return true|nil
---@return table|nil err
function Lifetime:wait(event, seconds)
  if self.closed then return nil, Lifetime.closed_error() end
  self.waits[event] = true
  local fine, problem = pcall(event.wait, event, seconds)
  self.waits[event] = nil
  if not fine then error(problem, 0) end
  if self.closed then return nil, Lifetime.closed_error() end
  return true
end

---Sleeps; closing the client ends it early.
---@param seconds number
---@return true|nil
---@return table|nil err
function Lifetime:sleep(seconds)
  if self.closed then return nil, Lifetime.closed_error() end
  if seconds <= 0 then return true end
  return self:wait(self:runtime():event(), seconds)
end

---What long work has to call from time to time, so that others have their turn; nil where nobody waits for one.
---@return fun()|nil
function Lifetime:breather()
  local current = self:runtime()
  return current.breathe and function() current:breathe() end
end

---Says that close() cancels the light thread that calls this.
function Lifetime:cancels_this_thread()
  local thread = self:runtime():this_thread()
  if thread then thread.lifetime = self end
end

-- What it raises when it is cancelled goes on.
local function run_here(current, fn, ...)
  local results = pack(pcall(fn, ...))
  if not results[1] then current:check_cancelled() end
  return unpack(results, 1, results.n)
end

local function run_beside(self, current, fn, ...)
  local thread
  local work = { cancel = function() if thread then current:kill(thread) end end }
  self:track(work)
  thread = current:start(fn, ...)
  local joined = pack(pcall(current.join, current, thread))
  self.tracked[work] = nil
  if not joined[1] then -- we were cancelled ourselves
    current:kill(thread)
    error(joined[2], 0)
  end
  return unpack(joined, 2, joined.n)
end

---Runs `fn(...)` in a light thread that close() cancels: in this one, if it is such a one already. It begins at once:
---behind others that compute it would begin when its slot is past.
---@return boolean ok false when it was cancelled so, or raised
---@return any ... its results, or what it raised
function Lifetime:run(fn, ...)
  local current = self:runtime()
  local thread = current:this_thread()
  if thread and thread.lifetime == self then return run_here(current, fn, ...) end
  return run_beside(self, current, fn, ...)
end

-- ---------------------------------------------------------------- the caller's own functions

local function this_thread()
  return coroutine.running() or MAIN
end

local function came_back(self, thread, before, ...)
  self.outside[thread] = before
  return ...
end

---Calls a function of the caller's in the middle of our work, which may hold the login's lock, or be what the caller
---waits for: a call of the client inside it would wait for itself, so `problem` refuses it.
---@return boolean ok
---@return any ... its results, or what it raised
function Lifetime:call_out(fn, ...)
  local thread = this_thread()
  local before = self.outside[thread]
  self.outside[thread] = true
  return came_back(self, thread, before, pcall(fn, ...))
end

-- Also below a coroutine that the function has made: then the thread that it was called in is on the stack. (nginx does
-- not tell that from a thread that waits.)
function Lifetime:is_outside()
  local thread = this_thread()
  if self.outside[thread] then return true end
  if host.nginx() then return false end
  for other in pairs(self.outside) do
    if other == MAIN or coroutine.status(other) == "normal" then return true end
  end
  return false
end

---What forbids a call at this very place, or that the client is closed; nil when a call may be made.
---@return table|nil err
function Lifetime:problem()
  if self.closed then return Lifetime.closed_error() end
  local message = self:is_outside() and "the client cannot be called from inside on_event or a transport, in the "
    .. "middle of its own work: note what there is to do, and do it after the call" or self:runtime():problem()
  return message and errors.new { kind = "phase", message = message, retryable = false, executed = "no" } or nil
end

---Work that close() has to cancel: an object with `cancel()`. It is not kept alive by this.
function Lifetime:track(work)
  self.tracked[work] = true
end

---Ends every wait and all that is tracked.
function Lifetime:close()
  self.closed = true
  for work in pairs(self.tracked) do work:cancel() end
  local waits = self.waits
  self.waits = {}
  for wait in pairs(waits) do wait:set() end
end

return Lifetime
