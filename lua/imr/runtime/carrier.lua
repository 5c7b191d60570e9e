-- Work that outlives the request which asked for it, inside nginx: light threads of a timer.
--
-- One timer carries the work of many requests, because nginx runs only so many timers at once (256 unless
-- lua_max_running_timers says otherwise) and drops the next one with no more than a line in its log.

local core = require "imr.core"

local ngx = rawget(_G, "ngx")

local THREADS_MOST = 256 -- in one timer's life: nginx frees what a thread took only at the timer's end
local LONGEST_WAIT = 3600
local PATIENCE = 0.25    -- seconds; a timer that has not come by then was dropped

local carrier = {}

local queue = { first = 1, last = 0 }
local current  -- the timer that takes work
local asked_at -- when one was asked for that has not come yet

local function is_empty()
  return queue.first > queue.last
end

local function push(job)
  queue.last = queue.last + 1
  queue[queue.last] = job
end

local function take()
  local job = queue[queue.first]
  queue[queue.first], queue.first = nil, queue.first + 1
  return job
end

local function log_failure(ok, problem)
  if not ok then ngx.log(ngx.ERR, "imr: ", tostring(problem)) end
end

local function run_job(own, job)
  log_failure(pcall(job))
  own.running = own.running - 1
  if own.running == 0 then own.bell:post(1) end
end

local function begin(own, job)
  own.begun, own.running = own.begun + 1, own.running + 1
  assert(ngx.thread.spawn(run_job, own, job))
end

local function serve(own)
  while true do
    while not is_empty() and own.begun < THREADS_MOST do begin(own, take()) end
    if own.running == 0 or own.begun >= THREADS_MOST then return end
    own.bell:wait(LONGEST_WAIT)
  end
end

local ask

-- The timer lives on, after this, as long as one of its threads does.
local function carry()
  local own = { bell = assert(require("ngx.semaphore").new()), begun = 0, running = 0 }
  current, asked_at = own, nil
  log_failure(pcall(serve, own))
  if current == own then current = nil end
  if not is_empty() and not current then ask() end
end

-- A timer that a worker makes while it is exiting would still run, but leaves nginx with an alert in its log.
function ask()
  if not asked_at and ngx.worker.exiting() then return false end
  if not asked_at then asked_at = ngx.timer.at(0, carry) and core.now() end
  return asked_at ~= nil
end

---Runs a function in a timer.
---@param job fun(homeless: boolean?) `homeless`: it had to be run by the request that waits for it, and ends with that
---@return boolean taken false where there is no timer to be had: in a worker that is exiting
function carrier.run(job)
  if not current and not ask() then return false end
  push(job)
  if current then current.bell:post(1) end
  return true
end

---How long a wait may last until somebody has to look whether the timer came; nil when nothing waits for one.
---@return number|nil seconds
function carrier.patience()
  return not is_empty() and PATIENCE or nil
end

---Runs what waits for a timer that never came, as light threads of this very request.
function carrier.rescue()
  if is_empty() or current or (asked_at and core.now() - asked_at < PATIENCE) then return end
  asked_at = nil
  ngx.log(ngx.WARN, "imr: nginx dropped a timer, so the request does its work; raise lua_max_running_timers")
  while not is_empty() do
    local job = take()
    assert(ngx.thread.spawn(function() log_failure(pcall(job, true)) end))
  end
end

return carrier
