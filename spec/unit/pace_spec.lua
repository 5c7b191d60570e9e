-- Slots: the arithmetic, and a client's side of waiting for them, on a virtual clock.
local Pace = require "imr.pace"
local Plain = require "imr.runtime.plain"
local Scope = require "imr.scope"
local core = require "imr.core"
local memory = require "imr.store.memory"

describe("slot arithmetic", function()
  local cases = {
    -- name, next, now, interval, max_wait -> start, next  or  nil, wait
    { "a free slot is now", 0, 100, 2, 10, 100, 102 },
    { "a taken one comes an interval later", 102, 100, 2, 10, 102, 104 },
    { "longer than max_wait takes none", 102, 100, 2, 1.5, nil, 2 },
    { "exactly max_wait is allowed", 102, 100, 2, 2, 102, 104 },
    { "without end", 200, 100, 2, math.huge, 200, 202 },
    { "no wait at all", 100, 100, 2, 0, 100, 102 },
    { "to the microsecond", 1000000.000001, 1000000, 2, 1, 1000000.000001, 1000002.000001 },
  }
  for _, case in ipairs(cases) do
    it(case[1], function()
      assert.same({ case[6], case[7] }, { core.pace_reserve(case[2], case[3], case[4], case[5]) })
    end)
  end

  it("gives a slot back only when nobody has queued behind it", function()
    assert.equal(100, core.pace_release(102, 100, 2))
    assert.equal(104, core.pace_release(104, 100, 2))
  end)

  it("refuses what is no number", function()
    assert.has_error(function() core.pace_reserve("x", 1, 1, 1) end)
  end)
end)

describe("pace", function()
  local runtime, scope, store, pace, time

  before_each(function()
    time = 0
    runtime = Plain.new { now = function() return time end, idle = function(seconds) time = time + seconds end }
    scope, store = Scope.new(runtime), memory.new()
    pace = Pace.new { store = store, key = "k", interval = 2 }
  end)

  local forever = { deadline = math.huge, max_wait = math.huge }

  it("lets callers go an interval and a margin apart, in the order they came", function()
    local times = {}
    runtime:run(function()
      local threads = {}
      for index = 1, 5 do
        threads[index] = runtime:spawn(function()
          assert(pace:wait("meters", scope, forever))
          table.insert(times, { index, scope:now() })
        end)
      end
      for _, thread in ipairs(threads) do assert(runtime:join(thread)) end
    end)
    for index = 1, 5 do
      assert.equal(index, times[index][1])
      assert.is_near((index - 1) * 2.05, times[index][2], 1e-6)
    end
  end)

  it("keeps endpoints apart", function()
    pace:wait("meters", scope, forever)
    assert.equal(0, pace:wait("readings", scope, forever))
  end)

  it("fails at once when the slot is too far, and takes none", function()
    pace:wait("meters", scope, forever)
    local waited, err = pace:wait("meters", scope, { deadline = math.huge, max_wait = 1 })
    assert.is_nil(waited)
    assert.equal("throttled", err.kind)
    assert.is_near(2.05, err.retry_after, 1e-6)
    waited, err = pace:wait("meters", scope, { deadline = scope:now() + 1, max_wait = math.huge })
    assert.is_nil(waited)
    assert.equal("timeout", err.kind)
    assert.equal(0, scope:now())
    assert.is_near(2.05, pace:wait("meters", scope, forever), 1e-6)
  end)

  it("takes a new slot when it woke too late for its own", function()
    pace:wait("meters", scope, forever)
    local idle, late = runtime.idle, true
    runtime.idle = function(seconds) -- the machine was busy: the first wait takes a second longer
      idle(seconds + (late and 1 or 0))
      late = false
    end
    pace:wait("meters", scope, forever)
    assert.is_near(3.05, scope:now(), 1e-6) -- nobody had queued behind it: it may go right then
    pace:wait("meters", scope, forever)
    assert.is_near(5.1, scope:now(), 1e-6)
  end)

  it("queues again when it woke too late and somebody had queued behind it", function()
    pace:wait("meters", scope, forever)
    local second, third
    runtime:run(function()
      local threads = {
        runtime:spawn(function() pace:wait("meters", scope, forever) second = scope:now() end),
        runtime:spawn(function() pace:wait("meters", scope, forever) third = scope:now() end),
        runtime:spawn(function() runtime:sleep(1.9) time = time + 1 end), -- blocks the loop
      }
      for _, thread in ipairs(threads) do runtime:join(thread) end
    end)
    assert.is_near(4.1, third, 1e-6)
    assert.is_near(6.15, second, 1e-6)
  end)

  it("backs off for everybody after a 1011, with a wider margin that shrinks again", function()
    pace:wait("meters", scope, forever)
    pace:throttled("meters", scope:now())
    assert.is_near(2.1, pace:spacing("meters"), 1e-9)
    pace:wait("meters", scope, forever)
    assert.is_near(2.1, scope:now(), 1e-6)
    for _ = 1, 20 do pace:throttled("meters", scope:now()) end
    assert.equal(3, pace:spacing("meters"))
    for _ = 1, 500 do pace:accepted("meters") end
    assert.is_near(2.05, pace:spacing("meters"), 1e-9)
  end)

  it("gives the slot of a cancelled or closed caller back", function()
    pace:wait("meters", scope, forever)
    runtime:run(function()
      local thread = runtime:spawn(function() pace:wait("meters", scope, forever) end)
      runtime:sleep(1)
      runtime:kill(thread)
    end)
    assert.is_near(2.05, store:reserve("k|meters", 2.05, 1, 10), 1e-6)
    local other = Scope.new(runtime)
    runtime:run(function()
      local thread = runtime:spawn(function() return pace:wait("meters", other, forever) end)
      runtime:sleep(0.5)
      other:close()
      local _, waited, err = runtime:join(thread)
      assert.is_nil(waited)
      assert.equal("closed", err.kind)
    end)
    assert.is_near(4.1, store:reserve("k|meters", 2.05, scope:now(), 10), 1e-6)
  end)

  it("gives back the slot as it was taken, also after the margin has grown", function()
    local _, slot, spacing = pace:wait("meters", scope, forever)
    pace:widen("meters")
    pace:give_back("meters", slot, spacing, scope:now())
    assert.equal(0, store:reserve("k|meters", 2, scope:now(), 10))
  end)

  it("does nothing when pacing is off", function()
    pace = Pace.new { store = store, key = "k", interval = 0 }
    for _ = 1, 10 do assert.equal(0, pace:wait("meters", scope, forever)) end
  end)
end)
