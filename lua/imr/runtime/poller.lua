-- Polls the transfers that nobody tells nginx about: one timer for all of a worker's, which is there only while there
-- are any. Where nginx gives none (in a worker that is exiting, or beyond lua_max_running_timers), whoever waits polls.

local core = require "imr.core"

local ngx = require("imr.base.host").nginx()

local PAUSE, PAUSE_MOST, GROWTH = 0.001, 0.005, 1.5 -- seconds between two looks
local TURNS_MOST = 2000                             -- looks of one timer, which keeps memory until its end
local SWEEP_EVERY = 0.1                             -- seconds
local STALE = 0.25                                  -- seconds without a look: the timer never came, or has failed
local LONGEST_WAIT = 3600

local poller_loop = {}

local rounds = {} -- busy poller -> { looked_at, begun, warned } of the timer that polls it

local function look(poller, round)
  local pause, turns, swept_at = PAUSE, 0, core.now()
  while rounds[poller] == round and poller.busy() and (turns < TURNS_MOST or ngx.worker.exiting()) do
    local moved = poller.poll(0)
    pause, turns = moved and PAUSE or math.min(pause * GROWTH, PAUSE_MOST), turns + 1
    local now = core.now()
    round.looked_at = now
    if now - swept_at > SWEEP_EVERY then
      poller.sweep()
      swept_at = now
    end
    ngx.sleep(pause)
  end
end

local function attend(_, poller, round)
  round.begun = true
  look(poller, round)
  if rounds[poller] ~= round then return end -- another timer was asked for meanwhile
  rounds[poller] = nil
  if poller.busy() then poller_loop.add_poller(poller) end
end

local function is_stale(round)
  return core.now() - round.looked_at > STALE
end

---Polls as long as the poller is busy. It has `busy()`, `poll(timeout)`, which tells whether anything moved, and
---`sweep()`, which ends what nobody waits for any more.
function poller_loop.add_poller(poller)
  local round = rounds[poller]
  if round and not is_stale(round) then return end
  round = { looked_at = core.now(), begun = false, warned = false }
  rounds[poller] = round
  -- A timer that a worker makes while it is exiting would still run, but leaves nginx with an alert in its log.
  if ngx.worker.exiting() or not ngx.timer.at(0, attend, poller, round) then round.looked_at = -math.huge end
end

---The longest that a wait may last before it has to call `look_in`.
---@return number seconds
function poller_loop.patience()
  local longest = LONGEST_WAIT
  for poller, round in pairs(rounds) do
    if poller.busy() then longest = math.min(longest, is_stale(round) and PAUSE_MOST or STALE) end
  end
  return longest
end

---Says that nginx has dropped a timer: its own alert does not say whose.
function poller_loop.warn()
  ngx.log(ngx.WARN, "imr: nginx dropped a timer, so the request does its work; raise lua_max_running_timers")
end

local function warn_once(round)
  if round.begun or round.warned or ngx.worker.exiting() then return end
  round.warned = true
  poller_loop.warn()
end

---For whoever waits, from time to time: polls where no timer does.
function poller_loop.look_in()
  for poller, round in pairs(rounds) do
    if not poller.busy() then
      if is_stale(round) then rounds[poller] = nil end
    elseif is_stale(round) then
      warn_once(round)
      poller.poll(0)
    end
  end
end

return poller_loop
