-- Slots: the arithmetic, and a client's side of waiting for them, on a virtual clock.
local Pace = require "imr.client.pace"
local Plain = require "imr.runtime.plain"
local Lifetime = require "imr.client.lifetime"
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
  local runtime, lifetime, store, pace, time

  before_each(function()
    time = 0
    runtime = Plain.new { now = function() return time end, idle = function(seconds) time = time + seconds end }
    lifetime, store = Lifetime.new(runtime), memory.new()
    pace = Pace.new { store = store, key = "k", interval = 2 }
  end)

  -- What is raised in there goes on.
  local function run(fn) assert(runtime:run(fn)) end

  local forever = { deadline = math.huge, max_wait = math.huge }

  it("lets callers go an interval and a margin apart, in the order they came", function()
    local times = {}
    run(function()
      local threads = {}
      for index = 1, 5 do
        threads[index] = runtime:spawn(function()
          assert(pace:wait("meters", lifetime, forever))
          table.insert(times, { index, lifetime:now() })
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
    pace:wait("meters", lifetime, forever)
    assert.equal(0, pace:wait("readings", lifetime, forever))
  end)

  it("fails at once when the slot is too far, and takes none", function()
    pace:wait("meters", lifetime, forever)
    local waited, err = pace:wait("meters", lifetime, { deadline = math.huge, max_wait = 1 })
    assert.is_nil(waited)
    assert.equal("throttled", err.kind)
    assert.is_near(2.05, err.retry_after, 1e-6)
    waited, err = pace:wait("meters", lifetime, { deadline = lifetime:now() + 1, max_wait = math.huge })
    assert.is_nil(waited)
    assert.equal("timeout", err.kind)
    assert.equal(0, lifetime:now())
    assert.is_near(2.05, pace:wait("meters", lifetime, forever), 1e-6)
  end)

  it("takes a new slot when it woke too late for its own", function()
    pace:wait("meters", lifetime, forever)
    local idle, late = runtime.idle, true
    runtime.idle = function(seconds) -- the machine is busy: the wait for the slot takes a second longer
      local is_last = late and time + seconds >= 2.05
      idle(seconds + (is_last and 1 or 0))
      late = late and not is_last
    end
    pace:wait("meters", lifetime, forever)
    assert.is_near(3.05, lifetime:now(), 1e-6) -- nobody had queued behind it: it may go right then
    pace:wait("meters", lifetime, forever)
    assert.is_near(5.1, lifetime:now(), 1e-6)
  end)

  it("queues again when it woke too late and another process had queued behind it", function()
    pace:wait("meters", lifetime, forever)
    local second, other
    run(function()
      local waits = runtime:spawn(function() pace:wait("meters", lifetime, forever) second = lifetime:now() end)
      runtime:sleep(0.6)
      other = store:reserve("k|meters", 2.05, lifetime:now(), 10)
      runtime:sleep(1.4)
      time = time + 1 -- blocks the loop
      runtime:join(waits)
    end)
    assert.is_near(4.1, other, 1e-6)
    assert.is_near(6.15, second, 1e-6)
    assert.is_near(2.1, pace:spacing("meters"), 1e-6) -- late, with somebody behind it: more room
  end)

  it("reserves one slot at a time, whoever waits", function()
    run(function()
      local threads = {}
      for index = 1, 40 do threads[index] = runtime:spawn(function() pace:wait("meters", lifetime, forever) end) end
      runtime:sleep(1)
      assert.is_near(4.1, store:look("k|meters", lifetime:now()), 1e-6)
      for index = 1, 40 do runtime:kill(threads[index]) end
    end)
    assert.is_near(4.1, store:look("k|meters", lifetime:now()), 1e-6)
    pace:wait("meters", lifetime, forever) -- in the slot that none of them had
    assert.is_near(2.05, lifetime:now(), 1e-6)
  end)

  it("hands a slot to the first who still waits", function()
    local went = {}
    run(function()
      local threads = {}
      for index = 1, 5 do
        threads[index] = runtime:spawn(function()
          pace:wait("meters", lifetime, forever)
          went[#went + 1] = ("%d at %.2f"):format(index, lifetime:now())
        end)
      end
      runtime:sleep(1)
      runtime:kill(threads[2])
      runtime:kill(threads[3])
      for _, thread in ipairs(threads) do runtime:join(thread) end
    end)
    assert.same({ "1 at 0.00", "4 at 2.05", "5 at 4.10" }, went)
  end)

  it("goes on where the first caller is below another on the stack", function()
    pace:wait("meters", lifetime, forever)
    local inner
    runtime:spawn(function()
      runtime:sleep(0.5)
      -- No thread of ours can yield out of this: it turns the loop itself, on top of the caller below.
      coroutine.wrap(function()
        pace:wait("meters", lifetime, forever)
        inner = lifetime:now()
      end)()
    end)
    pace:wait("meters", lifetime, forever) -- the main program, which blocks
    assert.is_near(2.055, inner, 1e-6)
    assert.is_near(4.105, lifetime:now(), 0.01)
  end)

  it("fails at once when the callers before it take too long", function()
    local limits = { deadline = math.huge, max_wait = 7 }
    run(function()
      local threads = {}
      for index = 1, 5 do
        threads[index] = runtime:spawn(function() return pace:wait("meters", lifetime, limits) end)
      end
      for index = 1, 4 do
        local _, waited = runtime:join(threads[index])
        assert.is_near((index - 1) * 2.05, waited, 1e-6)
      end
      local _, waited, err = runtime:join(threads[5])
      assert.is_nil(waited)
      assert.equal("throttled", err.kind)
      assert.is_near(8.2, err.retry_after, 1e-6)
    end)
  end)

  it("says of two limits the tighter one", function()
    store:push_back("k|meters", 15, 0)
    local _, err = pace:wait("meters", lifetime, { deadline = 10, max_wait = 5 })
    assert.equal("throttled", err.kind)
    _, err = pace:wait("meters", lifetime, { deadline = 5, max_wait = 10 })
    assert.equal("timeout", err.kind)
    assert.is_near(15, err.retry_after, 1e-6)
  end)

  it("backs off for everybody after a 1011, with a wider margin that shrinks again", function()
    pace:wait("meters", lifetime, forever)
    pace:throttled("meters", lifetime:now())
    assert.is_near(2.1, pace:spacing("meters"), 1e-9)
    pace:wait("meters", lifetime, forever)
    assert.is_near(2.1, lifetime:now(), 1e-6)
    for _ = 1, 20 do pace:throttled("meters", lifetime:now()) end
    assert.equal(3, pace:spacing("meters"))
    for _ = 1, 500 do pace:accepted("meters") end
    assert.is_near(2.05, pace:spacing("meters"), 1e-9)
  end)

  it("leaves the slot of a cancelled or closed caller to the next", function()
    pace:wait("meters", lifetime, forever)
    local other = Lifetime.new(runtime)
    run(function()
      local cancelled = runtime:spawn(function() pace:wait("meters", lifetime, forever) end)
      local closed = runtime:spawn(function() return pace:wait("meters", other, forever) end)
      runtime:sleep(1)
      runtime:kill(cancelled)
      other:close()
      local _, waited, err = runtime:join(closed)
      assert.is_nil(waited)
      assert.equal("closed", err.kind)
    end)
    pace:wait("meters", lifetime, forever)
    assert.is_near(2.05, lifetime:now(), 1e-6)
  end)

  it("passes over the callers of a client that was closed just now", function()
    local other = Lifetime.new(runtime)
    run(function()
      pace:wait("meters", lifetime, forever)
      local closed = runtime:spawn(function() return pace:wait("meters", other, forever) end)
      runtime:sleep(0.1)
      other:close()
      assert(pace:wait("meters", lifetime, forever)) -- those have not run yet
      assert.is_near(2.05, lifetime:now(), 1e-6)
      local fine, waited, err = runtime:join(closed)
      assert.same({ true, nil, "closed" }, { fine, waited, err.kind })
    end)
  end)

  it("bears a store that takes long to answer, and callers who meanwhile take the one who asked for gone", function()
    local answers = setmetatable({ reserve = function(_, ...)
      local start, wait = store:reserve(...)
      runtime:sleep(12)
      return start, wait
    end }, { __index = store })
    pace = Pace.new { store = answers, key = "k", interval = 40 }
    local went = {}
    run(function()
      local threads, limits = {}, { deadline = 1000, max_wait = math.huge }
      for index = 1, 4 do
        threads[index] = runtime:spawn(function()
          assert(pace:wait("meters", lifetime, limits))
          went[#went + 1] = lifetime:now()
        end)
      end
      for _, thread in ipairs(threads) do assert(runtime:join(thread)) end
    end)
    assert.equal(4, #went)
  end)

  it("passes a slot on that came and was not used, to whoever waits", function()
    local second
    run(function()
      local _, slot = pace:wait("meters", lifetime, forever)
      local thread = runtime:spawn(function() pace:wait("meters", lifetime, forever) second = lifetime:now() end)
      runtime:sleep(0.01)
      pace:pass_on("meters", slot, lifetime:now())
      runtime:join(thread)
    end)
    assert.is_near(0.01, second, 1e-6)
  end)

  it("takes an unused slot again when it is past, as it was taken, also after the margin has grown", function()
    local _, slot = pace:wait("meters", lifetime, forever)
    pace:widen("meters")
    runtime:sleep(1)
    pace:pass_on("meters", slot, lifetime:now())
    pace:wait("meters", lifetime, forever)
    assert.is_near(1, lifetime:now(), 1e-6)
  end)

  it("does nothing when pacing is off", function()
    pace = Pace.new { store = store, key = "k", interval = 0 }
    for _ = 1, 10 do assert.equal(0, pace:wait("meters", lifetime, forever)) end
  end)
end)
