-- A part of what `make supply-endurance` runs: faults at random, and processes that die at any step.
local chaos = require "support.supply_chaos"
local kill = require "support.supply_kill"
local process = require "support.process"
local storm = require "support.supply_storm"

local SEEDS, STORMS, PROCESSES = 50, 30, 16

describe("whatever happens", function()
  it("a command is executed at most once, and what was executed is on record as sent", function()
    local executed, deaths = 0, 0
    for seed = 1, SEEDS do
      local fine, counts = pcall(chaos.run, seed)
      assert(fine, ("seed %d: %s"):format(seed, tostring(counts)))
      executed, deaths = executed + counts.executed, deaths + counts.deaths
    end
    assert.is_true(executed > SEEDS and deaths > SEEDS)
  end)

  it("nothing is sent against guard, hours, protection, cancel or a newer wish, side by side", function()
    local executed, cancelled = 0, 0
    for seed = 1, STORMS do
      local fine, counts = pcall(storm.run, seed)
      assert(fine, ("seed %d: %s"):format(seed, tostring(counts)))
      executed, cancelled = executed + counts.executed, cancelled + counts.cancelled
    end
    assert.is_true(executed > STORMS and cancelled > 0)
  end)

  it("so it is with real processes and SIGKILL", function()
    local counts = kill.run(process.interpreter == "luajit" and PROCESSES / 2 or PROCESSES)
    assert.is_true(counts.executed > 0)
  end)
end)
