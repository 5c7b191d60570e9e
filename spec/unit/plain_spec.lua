-- The plain runtime: light threads, events and timers, on a virtual clock.
local Plain = require "imr.runtime.plain"
local Timers = require "imr.runtime.timers"

local function virtual()
  local time = 0
  return Plain.new { now = function() return time end, idle = function(seconds) time = time + seconds end }
end

describe("timers", function()
  it("come in the order of their times, equal ones in that of their making", function()
    local timers, popped = Timers.new(), {}
    for index, at in ipairs { 5, 1, 3, 1, 4, 1, 5, 9, 2, 6 } do timers:add(at, { at = at, index = index }) end
    for _ = 1, 10 do table.insert(popped, timers:pop_due(100)) end
    for index = 2, #popped do
      local before, this = popped[index - 1], popped[index]
      assert.is_true(before.at < this.at or (before.at == this.at and before.index < this.index))
    end
    assert.is_nil(timers:next_time())
  end)

  it("can be taken out in the middle of a change, as a finalizer may", function()
    local timers, victims = Timers.new(), {}
    local at = {}
    local Time = {} -- a time whose comparison takes timers out
    function Time.__lt(a, b)
      if victims[1] then timers:remove(table.remove(victims)) end
      return a.number < b.number
    end
    function Time.__le(a, b) return a.number <= b.number end
    local function time(number) return setmetatable({ number = number }, Time) end
    for index = 1, 40 do at[index] = timers:add(time(index * 7 % 40), index) end
    for index = 1, 40, 2 do victims[#victims + 1] = at[index] end
    for index = 41, 60 do timers:add(time(index * 7 % 40), index) end
    assert.is_nil(victims[1])
    local last, count = time(-1), 0
    while timers.size > 0 do
      local now = timers:next_time()
      assert.is_true(count < 60)
      assert.is_true(last.number <= now.number)
      assert.is_truthy(timers:pop_due(now))
      last, count = now, count + 1
    end
    assert.equal(40, count)
  end)

  it("can be taken out anywhere, and keep nothing alive", function()
    math.randomseed(7)
    local timers, kept, weak = Timers.new(), {}, setmetatable({}, { __mode = "k" })
    for _ = 1, 200 do table.insert(kept, timers:add(math.random(50), {})) end
    for _, timer in ipairs(kept) do weak[timer.value] = true end
    for index = 1, 200, 2 do timers:remove(kept[index]) end
    timers:remove(kept[1]) -- once more changes nothing
    local last, count = 0, 0
    while timers.size > 0 do
      local at = timers:next_time()
      assert.is_true(at >= last)
      last, count = at, count + 1
      timers:pop_due(at)
    end
    assert.equal(100, count)
    kept = nil -- luacheck: ignore
    collectgarbage() collectgarbage()
    assert.is_nil(next(weak))
  end)
end)

describe("the plain runtime", function()
  it("runs threads side by side", function()
    local runtime, order = virtual(), {}
    local ok = runtime:run(function()
      local slow = runtime:spawn(function() runtime:sleep(2) table.insert(order, "slow") return "s" end)
      local quick = runtime:spawn(function() runtime:sleep(1) table.insert(order, "quick") return "q", 2 end)
      assert.same({ true, "s" }, { runtime:join(slow) })
      assert.same({ true, "q", 2 }, { runtime:join(quick) })
    end)
    assert.is_true(ok)
    assert.same({ "quick", "slow" }, order)
    assert.equal(2, runtime:now())
  end)

  it("gives join the error that a thread raised, as it was", function()
    local runtime, problem = virtual(), {}
    local ok, raised = runtime:run(function() error(problem, 0) end)
    assert.is_false(ok)
    assert.equal(problem, raised)
  end)

  it("times a wait out, and an event stays set", function()
    local runtime = virtual()
    assert(runtime:run(function()
      local event = runtime:event()
      assert.is_false(event:wait(3))
      assert.equal(3, runtime:now())
      event:set()
      assert.is_true(event:wait(3))
      assert.is_true(event:wait())
      assert.equal(3, runtime:now())
    end))
  end)

  it("blocks outside of its threads while these go on", function()
    local runtime, ticks = virtual(), 0
    local thread = runtime:spawn(function() for _ = 1, 5 do runtime:sleep(1) ticks = ticks + 1 end end)
    runtime:sleep(3.5)
    assert.equal(3, ticks)
    assert.is_true((runtime:join(thread)))
    assert.equal(5, ticks)
  end)

  it("never yields through somebody else's coroutine", function()
    local runtime, seen = virtual(), {}
    assert(runtime:run(function()
      local other = runtime:spawn(function() runtime:sleep(1) table.insert(seen, "other") end)
      local generate = coroutine.wrap(function()
        for index = 1, 3 do
          runtime:sleep(1)
          coroutine.yield(index)
        end
      end)
      for index in generate do table.insert(seen, index) end
      runtime:join(other)
    end))
    table.sort(seen, function(a, b) return tostring(a) < tostring(b) end)
    assert.same({ 1, 2, 3, "other" }, seen)
  end)

  it("begins at once what a lifetime runs, so that no computing thread stands before a request", function()
    local runtime, seen = virtual(), {}
    local lifetime = require("imr.client.lifetime").new(runtime)
    assert(runtime:run(function()
      local sender = runtime:spawn(function()
        return lifetime:run(function(...)
          table.insert(seen, "sent")
          runtime:sleep(1)
          return ...
        end, "an", "answer")
      end)
      local other = runtime:spawn(function() table.insert(seen, "other") end)
      assert.same({ true, true, "an", "answer" }, { runtime:join(sender) })
      runtime:join(other)
    end))
    assert.same({ "sent", "other" }, seen)
  end)

  it("waits below a C function that can't be yielded through", function()
    local runtime, list = virtual(), { 3, 1, 2 }
    assert(runtime:run(function()
      table.sort(list, function(a, b)
        runtime:sleep(1)
        return a < b
      end)
    end))
    assert.same({ 1, 2, 3 }, list)
  end)

  it("lets a blocking thread's loop run the others of its turn", function()
    local runtime = virtual()
    assert(runtime:run(function()
      local flag = runtime:event()
      local blocked = runtime:spawn(function() coroutine.wrap(function() flag:wait() end)() return "through" end)
      runtime:spawn(function() flag:set() end)
      assert.same({ true, "through" }, { runtime:join(blocked) })
    end))
  end)

  it("unwinds a killed thread at once", function()
    local runtime, unwound = virtual(), false
    assert(runtime:run(function()
      local thread = runtime:spawn(function()
        local fine, problem = pcall(runtime.sleep, runtime, 100)
        unwound = not fine
        error(problem, 0)
      end)
      runtime:sleep(1)
      runtime:kill(thread)
      assert.is_true(unwound)
      assert.is_false((runtime:join(thread)))
      runtime:kill(thread) -- once more changes nothing
    end))
    assert.equal(1, runtime:now())
  end)

  it("never runs a thread that was killed before it began", function()
    local runtime, ran = virtual(), false
    assert(runtime:run(function()
      local thread = runtime:spawn(function() ran = true end)
      runtime:kill(thread)
      assert.is_false((runtime:join(thread)))
      runtime:sleep(1)
    end))
    assert.is_false(ran)
  end)

  it("raises at every wait of a killed thread that goes on", function()
    local runtime, caught = virtual(), 0
    local thread
    assert(runtime:run(function()
      thread = runtime:spawn(function()
        for _ = 1, 3 do
          if not pcall(runtime.sleep, runtime, 10) then caught = caught + 1 end
        end
      end)
      runtime:sleep(1)
      runtime:kill(thread)
    end))
    assert.equal(3, caught)
  end)

  it("ends a thread that yields by itself, which nothing would wake", function()
    local runtime = virtual()
    local thread = runtime:spawn(function() coroutine.yield() end)
    local fine, problem = runtime:join(thread)
    assert.is_false(fine)
    assert.equal("phase", problem.kind)
    assert.matches("coroutine.yield", problem.message, 1, true)
  end)

  it("says when nothing can ever end a wait", function()
    local runtime = virtual()
    local fine, problem = pcall(function() runtime:event():wait() end)
    assert.is_false(fine)
    assert.matches("deadlock", problem)
  end)

  it("waits in its busy pollers, two in turns", function()
    local runtime, calls = virtual(), { 0, 0 }
    for index = 1, 2 do
      runtime:add_poller {
        busy = function() return calls[index] < 3 end,
        poll = function(timeout)
          assert.is_true(timeout <= 1)
          calls[index] = calls[index] + 1
        end,
      }
    end
    runtime:sleep(1)
    assert.same({ 3, 3 }, calls)
  end)

  it("keeps nothing of threads that have ended", function()
    local runtime, weak = virtual(), setmetatable({}, { __mode = "k" })
    assert(runtime:run(function()
      for _ = 1, 10 do
        local payload = {}
        weak[payload] = true
        weak[runtime:spawn(function() runtime:sleep(1) return payload end)] = true
      end
      runtime:sleep(2)
    end))
    collectgarbage() collectgarbage()
    assert.is_nil(next(weak))
  end)
end)
