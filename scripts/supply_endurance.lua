-- What `make supply-endurance` runs: 2,000 seeded runs of the supply queue. Most are processes on a virtual clock that
-- die at any step, with faults on the way; 300 are real processes that a real SIGKILL ends.
package.path = package.path .. ";./spec/?.lua"

local chaos = require "support.supply_chaos"
local core = require "imr.core"
local kill = require "support.supply_kill"

io.stdout:setvbuf "line"

local RUNS, REAL = tonumber(arg[1]) or 2000, tonumber(arg[2]) or 300
local began, failed = core.now(), 0

local function show(name, runs, counts)
  print(("%s: %d runs, %d intents, %d executed once, %d of unknown outcome, %d deaths, %.0f s"):format(name, runs,
    counts.intents, counts.executed, counts.unknown, counts.deaths, core.now() - began))
end

local sum = { intents = 0, executed = 0, unknown = 0, deaths = 0 }
for seed = 1, RUNS - REAL do
  local fine, counts = pcall(chaos.run, seed)
  if fine then
    for name, count in pairs(counts) do sum[name] = sum[name] + count end
  else
    failed = failed + 1
    print(("seed %d: %s"):format(seed, tostring(counts)))
  end
end
show("virtual", RUNS - REAL, sum)

began = core.now()
local fine, counts = pcall(kill.run, REAL)
if fine then
  show("SIGKILL", REAL, counts)
else
  failed = failed + 1
  print("SIGKILL: " .. tostring(counts))
end
print(failed == 0 and "passed" or failed .. " FAILED")
os.exit(failed == 0 and 0 or 1, true)
