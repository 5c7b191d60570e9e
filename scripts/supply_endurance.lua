-- What `make supply-endurance` runs: 2,000 seeded runs of the supply queue. Most are on a virtual clock: one process
-- after the other that dies at any step, with faults on the way; then the same seed as a storm, in which several are at
-- one ledger at once, with clocks that are set, locks that are unlinked, cancels, approvals, newer wishes, meters that
-- are awaited beside the queue and what else may happen. 300 are real
-- processes that a real SIGKILL ends, or that work side by side with their lock unlinked.
package.path = package.path .. ";./spec/?.lua"

local chaos = require "support.supply_chaos"
local core = require "imr.core"
local kill = require "support.supply_kill"
local storm = require "support.supply_storm"

io.stdout:setvbuf "line"

local RUNS, REAL = tonumber(arg[1]) or 2000, tonumber(arg[2]) or 300
local began, failed = core.now(), 0

local OTHERS = { "cancelled", "approved", "locked", "unsafe" }

local function show(name, runs, counts)
  local others = {}
  for _, other in ipairs(OTHERS) do
    if counts[other] then others[#others + 1] = (", %d %s"):format(counts[other], other) end
  end
  print(("%s: %d runs, %d intents, %d executed once, %d of unknown outcome, %d deaths%s, %.0f s"):format(name, runs,
    counts.intents, counts.executed, counts.unknown, counts.deaths, table.concat(others), core.now() - began))
  began = core.now()
end

local function virtual(name, run)
  local sum = { intents = 0, executed = 0, unknown = 0, deaths = 0 }
  for seed = 1, RUNS - REAL do
    local fine, counts = pcall(run, seed)
    if fine then
      for count_of, count in pairs(counts) do sum[count_of] = (sum[count_of] or 0) + count end
    else
      failed = failed + 1
      print(("%s, seed %d: %s"):format(name, seed, tostring(counts)))
    end
  end
  show(name, RUNS - REAL, sum)
end

virtual("one after the other", chaos.run)
virtual("storm", storm.run)
local fine, counts = pcall(kill.run, REAL)
if fine then
  show("SIGKILL", REAL, counts)
else
  failed = failed + 1
  print("SIGKILL: " .. tostring(counts))
end
print(failed == 0 and "passed" or failed .. " FAILED")
os.exit(failed == 0 and 0 or 1, true)
