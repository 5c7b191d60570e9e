-- Looks after transfers that nobody tells nginx about: one coroutine for all of a worker's, which belongs to no request
-- and is there only while there are any. Where nginx gives no timer for it (a worker that is exiting), whoever waits
-- looks for himself.

local carrier = require "imr.runtime.carrier"

local ngx = rawget(_G, "ngx")

local PAUSE, PAUSE_MOST, GROWTH = 0.001, 0.005, 1.5 -- seconds between two looks
local TURNS_MOST = 2000                             -- looks of one coroutine; then a fresh one
local LONGEST_WAIT = 3600

local attendant = {}

local attended = {}   -- poller -> true: a coroutine looks after it
local unattended = {} -- poller -> true: whoever waits has to

local function look(poller)
  local pause, turns = PAUSE, 0
  while poller.busy() and (turns < TURNS_MOST or ngx.worker.exiting()) do
    local moved = poller.poll(0)
    pause = moved and PAUSE or math.min(pause * GROWTH, PAUSE_MOST)
    turns = turns + 1
    ngx.sleep(pause)
  end
end

local function leave_to_waiters(poller, problem)
  if problem then ngx.log(ngx.ERR, "imr: ", tostring(problem)) end
  attended[poller], unattended[poller] = nil, true
end

-- A request must not look after other requests' transfers: it would not end before them, and they not without it.
local function look_after(poller, homeless)
  if homeless then return leave_to_waiters(poller) end
  local fine, problem = pcall(look, poller)
  if not fine then return leave_to_waiters(poller, problem) end
  attended[poller] = nil
  if poller.busy() then attendant.watch(poller) end
end

---Polls as long as the poller is busy. It has `busy()` and `poll(timeout)`, which tells whether anything moved.
function attendant.watch(poller)
  if attended[poller] or (unattended[poller] and ngx.worker.exiting()) then return end
  if carrier.run(function(homeless) look_after(poller, homeless) end) then
    attended[poller], unattended[poller] = true, nil
  else
    unattended[poller] = true
  end
end

---The longest that a wait may last before it has to call `look_in`.
---@return number seconds
function attendant.patience()
  return next(unattended) and PAUSE_MOST or carrier.patience() or LONGEST_WAIT
end

---For whoever waits, from time to time: does what nobody else does.
function attendant.look_in()
  for poller in pairs(unattended) do
    if poller.busy() then poller.poll(0) else unattended[poller] = nil end
  end
  carrier.rescue()
end

return attendant
