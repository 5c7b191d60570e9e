-- A slot of the redis store belongs to whoever says so from time to time; that of a dead process goes to others.
local core = require "imr.core"
local imr = require "imr"
local Pace = require "imr.pace"
local redis = require "support.redis"
local timing = require "support.timing"

local INTERVAL, FOREVER = 3, math.huge
local LEASE = 0.8

describe("a slot of the redis store", function()
  local server, store, other

  before_each(function()
    server = redis.start()
    store, other = imr.store.redis { port = server.port }, imr.store.redis { port = server.port }
  end)
  after_each(function() server:close() end)

  local function reserve(from, interval, max_wait)
    local start, wait, message = from:reserve("k", interval or INTERVAL, core.now(), max_wait or FOREVER)
    assert.is_nil(message)
    return start, wait
  end

  local function keep(from, held)
    return from:keep("k", INTERVAL, held, core.now())
  end

  local function near(expected, start) assert.near(expected, start, timing.room(0.05, INTERVAL / 3)) end

  it("is taken over when nothing was heard of its holder", function()
    local first = reserve(store)
    local lost, behind = reserve(store), reserve(other)
    near(first + INTERVAL, lost)
    core.sleep(LEASE + 0.1)
    near(lost, reserve(other))
    assert.equal(behind, keep(other, behind))
    assert.is_nil(keep(store, lost))
    near(behind + INTERVAL, reserve(other))
  end)

  it("stays with its holder as long as that keeps it", function()
    reserve(store)
    local kept = reserve(store)
    for _ = 1, 4 do
      core.sleep(store.keep_every)
      assert.equal(kept, keep(store, kept))
    end
    near(kept + INTERVAL, reserve(other))
  end)

  it("is left for an earlier one that is free, and goes to those behind in turn", function()
    reserve(store)
    local second, third, fourth = reserve(store), reserve(other), reserve(store)
    store:release("k", INTERVAL, second, core.now())
    core.sleep(store.keep_every)
    near(second, keep(other, third))
    near(third, keep(store, fourth))
    near(fourth, reserve(other)) -- the end of the queue came nearer
    near(fourth + INTERVAL, reserve(other))
  end)

  it("goes to the next at once when it is given back, also with others behind it", function()
    reserve(store)
    local second, third = reserve(store), reserve(other)
    store:release("k", INTERVAL, second, core.now())
    near(second, reserve(other))
    near(third + INTERVAL, reserve(other))
  end)

  it("is left to pass by whoever needs more distance, or has less time", function()
    reserve(store)
    local second, third = reserve(store), reserve(other)
    store:release("k", INTERVAL, second, core.now())
    near(third + INTERVAL, reserve(other, INTERVAL + 0.5))
    assert.is_nil((reserve(other, INTERVAL, 1)))
    near(second, reserve(other))
  end)

  it("is left to pass when it is before the time to which the pace was pushed back", function()
    reserve(store)
    local second = reserve(store)
    local third = reserve(store)
    store:release("k", INTERVAL, second, core.now())
    other:push_back("k", third + 1, core.now())
    near(third + INTERVAL, reserve(other))
  end)

  it("is its holder's for a while when Redis does not answer", function()
    reserve(store)
    local held = reserve(store)
    server:stop()
    core.sleep(store.keep_every)
    assert.equal(held, keep(store, held))
    core.sleep(LEASE)
    assert.is_nil(keep(store, held))
  end)

  -- A caller that was stopped in its sleep wakes when its slot is somebody else's.
  it("is not used by one who has lost it", function()
    local first, taken = reserve(other), nil
    local scope = { now = core.now }
    function scope:sleep(seconds)
      if taken then
        core.sleep(seconds)
        keep(other, taken)
      else
        core.sleep(LEASE + 0.2)
        taken = reserve(other)
      end
      return true
    end
    local pace = Pace.new { store = store, key = "k", interval = INTERVAL - 0.05 }
    pace.slot_key = function() return "k" end
    local waited, slot = pace:wait("any", scope, { deadline = math.huge, max_wait = FOREVER })
    near(first + pace:spacing("any"), taken)
    -- Who wakes late, on a busy machine, takes a later one.
    assert.is_true(slot > taken + INTERVAL - 0.05 and slot < taken + INTERVAL + timing.room(0.05))
    assert.is_true(waited > LEASE)
  end)
end)
