-- What `make soak` runs: thirty virtual days of use, a round each hour, with expiring tokens, faults and a clock that
-- drifts. `make soak HOURS=1` is one real hour instead, over HTTP at the platform's own pace, with memory and
-- descriptors of this process watched.
package.path = package.path .. ";./spec/?.lua"

local copy = require "imr.base.copy"
local core = require "imr.core"
local imr = require "imr"
local own = require "support.own"
local process = require "support.process"
local simulator = require "support.simulator"
local soak = require "support.soak"

io.stdout:setvbuf "line"

local DAYS, EVERY = 30, 3600
local MOST_HEAP = 64                       -- KB more at the end than after the first day or the first minutes
local MOST_RESIDENT, MOST_DESCRIPTORS = 2048, 2

local function virtual()
  for _, drift in ipairs { -0.002, 0.002 } do
    local began = core.now()
    local state = soak.virtual({ days = DAYS, every = EVERY, seed = 1, drift = drift })
    print(("%d days, the platform's clock %+.1f %%: %s; heap %+.0f KB; %.0f s"):format(DAYS, drift * 100,
      soak.show(state), state.heap - state.first_heap, core.now() - began))
    assert(state.too_fast == 0, "the platform was asked too soon")
    assert(state.heap - state.first_heap < MOST_HEAP, "the heap has grown")
  end
end

-- It ends by itself should nobody stop it.
local function start(flags, seconds)
  local command = simulator.command(("simulate --port 0 --exit-after %d --meters 23 --days 4 --offline 0 %s"):format(
    seconds + 600, flags))
  return process.start(command, "^listening on (%S+)$")
end

local function snapshot()
  local resident, heap = own.memory()
  return { heap = heap, resident = resident, descriptors = own.descriptors() }
end

local function check_growth(before, after)
  print(("heap %+.0f KB, resident %+d KB, descriptors %+d"):format(after.heap - before.heap,
    after.resident - before.resident, after.descriptors - before.descriptors))
  assert(after.heap - before.heap < MOST_HEAP, "the heap has grown")
  assert(after.resident - before.resident < MOST_RESIDENT, "the process has grown")
  assert(after.descriptors - before.descriptors <= MOST_DESCRIPTORS, "descriptors have been left open")
end

local function client_of(url, more)
  local given = copy({ base_url = url, username = "demo", password = "demo-secret", store = imr.store.memory(),
    on_event = function() end }, more)
  return assert(imr.new(given))
end

-- Without injected 1011s, so that the client's own count must stay 0.
local function real(seconds)
  local platform = start("--token-life 300 --latency 0.2 --jitter 0.3 --fault drop_after=0.004 --fault 502=0.006 "
    .. "--fault html=0.004 --fault truncate=0.004 --fault 1001=0.004", seconds)
  local calm = start("--interval 0", seconds)
  local state = soak.new_state(client_of(platform.match, { retries = 6 }), client_of(calm.match, { interval = 0 }))
  local fine, problem = pcall(function()
    local began, first = core.now(), nil
    while core.now() - began < seconds do
      soak.round(state, os.time())
      if not first and core.now() - began > seconds / 10 then first = snapshot() end
    end
    local stats = state.client:stats()
    print(("%.0f s: %d rounds, %d requests, %d logins, %d listings (%d with an error), %d rows, %d commands"):format(
      core.now() - began, state.rounds, stats.requests, stats.logins, state.listings, state.failed, state.rows,
      state.commands))
    assert(stats.throttled == 0, "the platform was asked too soon")
    check_growth(assert(first, "too short for a comparison"), snapshot())
  end)
  platform:stop()
  calm:stop()
  assert(fine, problem)
end

local hours = tonumber(arg[1] or "")
if hours then real(hours * 3600) else virtual() end
print "passed"
