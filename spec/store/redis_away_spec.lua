-- The redis store while its Redis is away.
local core = require "imr.core"
local imr = require "imr"
local redis_store = require "support.redis_store"
local timing = require "support.timing"

-- Slots are two seconds apart.
local NEAR = timing.room(0.2, 0.9)

local take = redis_store.take

describe("the redis store", function()
  local case = redis_store.case(before_each, after_each)

  it("fails while Redis is away, and sends nothing", function()
    local server = case:start()
    local sent = 0
    local client = assert(imr.new { username = "u", password = "a-password", store = case:open(), retries = 0,
      transport = function() sent = sent + 1 return 200, '{"code":200,"data":"t"}' end })
    server:stop()
    local _, err = client:meters():collect()
    assert.equal("store", err.kind)
    assert.equal("no", err.executed)
    assert.truthy(err.message:find("could not connect to 127.0.0.1:" .. server.port, 1, true), err.message)
    assert.equal(0, sent)
    server:again()
    assert(client:login())
  end)

  -- Puts the clock ahead, so that nobody has to wait for a store's next look at Redis.
  local function moved_clock()
    local clock, ahead = core.now, 0
    core.now = function() return clock() + ahead end
    finally(function() core.now = clock end)
    return function(seconds) ahead = ahead + seconds end
  end

  it("keeps a pace of its own with fallback = memory, says so, and comes back", function()
    local server = case:start()
    local store, pass = case:open { fallback = "memory" }, moved_clock()
    take(store)
    assert(store:put_token("k", { token = "shared", id = "1", obtained = core.now(), encoding = "form" }, core.now()))
    store:get_token("k", core.now())
    server:stop()
    local first = take(store)
    assert.near(core.now() + 2, first, NEAR) -- the slot before may just have been used
    assert.near(first + 2, take(store), 1e-5)
    assert.equal("shared", store:get_token("k", core.now()).token)
    local owner = assert(store:lock("k", core.now(), 60))
    assert.is_nil((store:lock("k", core.now(), 60)))
    store:unlock("k", owner)
    assert.equal(1, #case.events)
    assert.truthy(case.events[1]:find("a pace and a token of its own", 1, true), case.events[1])
    server:again()
    assert.near(first + 4, take(store), 1e-5) -- not yet looked at again
    pass(5.5)
    local back = take(store)
    assert.is_true(back >= first + 6 - 0.001, "Redis has not been told of the slots that were used meanwhile")
    assert.near(back + 2, take(case:open()), NEAR)
    assert.equal(2, #case.events)
    assert.truthy(case.events[2]:find("Redis is back", 1, true), case.events[2])
  end)

  -- Whoever logs in says before each attempt that the lock is still wanted; Redis may come and go between two of them.
  it("gives a lock back wherever it was prolonged: Redis came back", function()
    local server = case:start()
    local store, other, pass = case:open { fallback = "memory" }, case:open(), moved_clock()
    server:stop()
    local owner = assert(store:lock("k", core.now(), 60))
    server:again()
    pass(5.5)
    assert(store:lock("k", core.now(), 60, owner))
    assert.is_nil((other:lock("k", core.now(), 60)))
    store:unlock("k", owner)
    assert(other:lock("k", core.now(), 60))
  end)

  it("gives a lock back wherever it was prolonged: Redis went away", function()
    local server = case:start()
    local store = case:open { fallback = "memory" }
    local owner = assert(store:lock("k", core.now(), 60))
    server:stop()
    assert(store:lock("k", core.now(), 60, owner))
    assert.is_nil((store:lock("k", core.now(), 60)))
    store:unlock("k", owner)
    assert(store:lock("k", core.now(), 60))
  end)

  it("keeps the token and the refusals that it knew, while Redis is away", function()
    local server = case:start()
    local mine, other = case:open { fallback = "memory" }, case:open()
    assert(other:put_token("k", { encoding = "json", failure = { kind = "auth", code = 1005, message = "no",
      at = core.now(), retry_at = core.now(), backoff = 1 } }, core.now()))
    assert.equal("auth", mine:get_token("k", core.now()).failure.kind)
    server:stop()
    assert.equal(1005, mine:get_token("k", core.now()).failure.code)
  end)
end)
