-- Waits that nginx ends together with their request: when the client hangs up (lua_check_client_abort on), by ngx.exit
-- or by ngx.thread.kill. Such a coroutine never runs again, not even to unwind: what it holds is given back here.
--
-- A semaphore counts who waits for it, and nginx takes the ended ones off. One coroutine of a worker looks at all of
-- them; it belongs to no request and is there only while there are any.

local carrier = require "imr.runtime.carrier"

local ngx = rawget(_G, "ngx")

local LOOK_EVERY = 0.1 -- seconds
local LOOKS_MOST = 600 -- of one coroutine; then a fresh one

local forsaken = {}

local waits = {} -- semaphore -> { on_gone, number, missed }
local count = 0
local watching = false

-- Who was woken is counted no more either, but runs before the next look.
local function is_gone(waiter, wait)
  wait.missed = waiter:count() < 0 and 0 or wait.missed + 1
  return wait.missed > 1
end

---@return boolean more were there any?
local function collect(gone)
  local before = #gone
  for waiter, wait in pairs(waits) do
    if is_gone(waiter, wait) then
      waits[waiter] = nil
      gone[#gone + 1] = wait
    end
  end
  return #gone > before
end

-- The last first: a slot with others behind it may be lost.
local function give_back(gone)
  table.sort(gone, function(one, other) return one.number > other.number end)
  for _, wait in ipairs(gone) do
    local fine, problem = pcall(wait.on_gone)
    if not fine then ngx.log(ngx.ERR, "imr: ", tostring(problem)) end
  end
end

-- Those that end together are given back together.
local function look()
  local gone, looks = {}, 0
  while gone[1] or (next(waits) and looks < LOOKS_MOST) do
    ngx.sleep(LOOK_EVERY)
    looks = looks + 1
    if not collect(gone) and gone[1] then
      give_back(gone)
      gone = {}
    end
  end
end

local start

-- A request that did this would not end before the waits of others do.
local function look_out(homeless)
  local fine, problem = true, nil
  if not homeless then fine, problem = pcall(look) end
  watching = false
  if not fine then ngx.log(ngx.ERR, "imr: ", tostring(problem)) end
  if fine and not homeless and next(waits) then start() end
end

function start()
  watching = carrier.run(look_out)
end

---For a wait that is about to begin.
---@param waiter table the semaphore
---@param on_gone fun() called by somebody else, when nginx has ended who waited
function forsaken.watch(waiter, on_gone)
  count = count + 1
  waits[waiter] = { on_gone = on_gone, number = count, missed = 0 }
  if not watching then start() end
end

---For a wait that is over.
function forsaken.forget(waiter)
  waits[waiter] = nil
end

return forsaken
