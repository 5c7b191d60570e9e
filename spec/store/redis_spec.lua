-- The redis store and a Redis that is restarted, forgets, or has another clock.
local core = require "imr.core"
local imr = require "imr"
local redis = require "support.redis"
local redis_store = require "support.redis_store"
local timing = require "support.timing"

-- Slots are two seconds apart.
local NEAR = timing.room(0.1, 0.9)

local RECORD, reserve, take = redis_store.RECORD, redis_store.reserve, redis_store.take

describe("the redis store", function()
  local case = redis_store.case(before_each, after_each)

  it("goes on after Redis was restarted", function()
    local server = case:start()
    local store = case:open()
    take(store)
    server:stop()
    server:again()
    for _ = 1, 3 do take(store) end
    assert(store:put_token("k", RECORD, core.now()))
    server:stop()
    server:again()
    assert.is_nil((store:get_token("k", core.now())))
    server:stop()
    server:again()
    assert(store:lock("k", core.now(), 60))
    assert.same({}, case.events)
  end)

  it("begins an interval later where a restarted Redis has lost the slot that was used", function()
    local server = case:start()
    local store, other = case:open(), case:open()
    for _, key in ipairs { "k", "l" } do take(store, key) end
    take(other, "m")
    server:stop()
    server:again()
    local now = core.now()
    assert(store:look("l", now))
    for _, used in ipairs { { store, "k" }, { store, "l" }, { other, "m" } } do
      local start = take(used[1], used[2])
      assert.near(now + 2, start, NEAR, used[2])
      assert.near(start + 2, take(case:open(), used[2]), NEAR)
    end
    assert.near(now + 2, take(case:open(), "new"), NEAR) -- a Redis that knows nothing of what was before
    local wait = select(2, store:reserve("another", 2, core.now(), 0.5))
    assert.is_true(wait > 1 and wait <= 2)
    core.sleep(2.1)
    assert.near(core.now(), take(store, "later"), NEAR)
    assert.same({}, case.events)
  end)

  it("loads its scripts again when Redis has forgotten them", function()
    local server = case:start()
    local store = case:open()
    local first = take(store)
    server:cli("script flush")
    assert.near(first + 2, take(store), NEAR)
    assert(store:put_token("k", RECORD, core.now()))
    server:cli("script flush")
    assert.equal("a-token", store:get_token("k", core.now()).token)
  end)

  -- The address leads to another server by now, but the old one has not closed the connection.
  it("leaves a server that has become a replica for the one at its address", function()
    local server = case:start()
    local other = redis.start()
    finally(function() other:close() end)
    local store = case:open()
    take(store)
    server:cli("replicaof 127.0.0.1 " .. other.port)
    local message = select(3, reserve(store))
    assert.truthy(message:find("READONLY", 1, true), message)
    server:cli("replicaof no one")
    take(store)
    server:cli("replicaof 127.0.0.1 " .. other.port)
    server:cli("config set port " .. require("support.port").free())
    other:cli("config set port " .. server.port)
    take(store)
    assert(store:put_token("k", RECORD, core.now()))
    assert.equal("a-token", case:open():get_token("k", core.now()).token)
    assert.same({}, case.events)
  end)

  it("takes one step for a reservation", function()
    local server = case:start()
    local store = case:open()
    take(store)
    local function calls(name)
      return tonumber(server:cli("info commandstats"):match("cmdstat_" .. name .. ":calls=(%d+)"))
    end
    local before, loads = calls("evalsha"), calls("script|load")
    for _ = 1, 10 do take(store) end
    assert.equal(10, calls("evalsha") - before)
    assert.equal(loads, calls("script|load"))
  end)

  it("keeps prefixes and databases apart", function()
    local server = case:start()
    take(case:open())
    assert.near(core.now() + 2, take(case:open { prefix = "other:" }), NEAR)
    assert.near(core.now() + 2, take(case:open { db = 3 }), NEAR)
    assert.near(core.now() + 4, take(case:open { db = 3 }), NEAR)
    assert.equal("imr:k", server:cli("keys '*'"):match("imr:k"))
    local keys = server:cli("-n 3 keys '*'")
    assert.equal("imr:k", keys:match("imr:k"))
    assert.equal("imr:made", keys:match("imr:made"))
  end)

  it("leaves nothing in Redis for ever", function()
    local server = case:start()
    local store = case:open()
    take(store)
    store:push_back("p", core.now() + 100, core.now())
    assert(store:put_token("t", RECORD, core.now()))
    assert(store:lock("l", core.now(), 60))
    for name in server:cli("keys '*'"):gmatch("[^\n]+") do
      assert.is_true(tonumber(server:cli("pttl '" .. name .. "'")) > 0, name)
    end
  end)

  it("has a connection for each process after a fork", function()
    local server = case:start()
    local starts = redis_store.fork_and_take(case:open(), 200)
    assert.equal(400, #starts)
    redis_store.is_one_pace(starts)
    -- One of the parent, one of the child, one of redis-cli: nobody had to connect again.
    assert.equal("3", server:cli("info stats"):match("total_connections_received:(%d+)"))
  end)

  -- A server that knows only `script load` and has one answer to all else.
  local SAY = [[
    local function line()
      local text = ""
      while text:sub(-1) ~= "\n" do
        local byte = c:read(1)
        if not byte or byte == "" then return end
        text = text .. byte
      end
      return text
    end
    while true do
      local words = {}
      for number = 1, tonumber((line() or ""):match("%d+")) or 0 do
        words[number] = c:read(tonumber(line():match("%d+")))
        c:read(2)
      end
      if not words[1] then return end
      c:send(words[1]:lower() == "script" and "$3\r\nsha\r\n" or ANSWER)
    end]]

  it("says so when an answer makes no sense, and takes another connection", function()
    local wire, talker = require "support.wire", nil
    finally(function() talker:stop() end)
    local no_token = { ["$-1"] = true, ["*2\r\n$1\r\n1\r\n$1\r\nx"] = true }
    for _, answer in ipairs { ":7", "+OK", "$-1", "$1\r\nx", "*0", "*2\r\n$1\r\n1\r\n$1\r\nx", "*1\r\n*0" } do
      talker = wire.start(("local ANSWER = %q\n"):format(answer .. "\r\n") .. SAY)
      local store = imr.store.redis { port = talker.port }
      local start, wait, message = reserve(store)
      local record, problem = store:get_token("k", core.now())
      store:push_back("k", core.now(), core.now())
      assert.is_nil((store:look("k", core.now())))
      local _, told = store:lock("k", core.now(), 60)
      talker:wait("connect", 2)
      talker:stop()
      assert.is_nil(start or wait, answer)
      assert.truthy(message:find("redis: what was answered to 'reserve' makes no sense", 1, true), message)
      assert.is_nil(record)
      if not no_token[answer] then assert.truthy(problem:find("makes no sense", 1, true), problem) end
      if answer ~= ":7" then assert.truthy(told:find("makes no sense", 1, true), told) end
    end
  end)

  -- ---------------------------------------------------------------- clocks

  it("makes nobody wait longer when Redis's clock was set back", function()
    local server = case:start()
    local store = case:open()
    take(store)
    take(store)
    local next_slot, seen = server:cli("get imr:k"):match("^(%d+) (%d+)")
    local hour = 3600 * 1e6
    server:cli(("set imr:k '%.0f %.0f'"):format(next_slot + hour, seen + hour))
    server:cli(("set imr:made '%.0f'"):format(seen + hour))
    assert.near(core.now() + 6, take(store), NEAR)
    assert.near(core.now() + 8, take(store), NEAR)
    assert.near(core.now() + 2, take(store, "new"), NEAR)
  end)

  it("starts anew from a key that is not a slot", function()
    local server = case:start()
    take(case:open(), "first")
    core.sleep(2.1)
    for _, text in ipairs { "garbage", "1 x", "-5 3", "" } do
      server:cli("set imr:k '" .. text .. "'")
      assert.near(core.now(), take(case:open()), NEAR, text)
    end
    server:cli("set 'imr:t' 'not a record'")
    assert.is_nil((case:open():get_token("t", core.now())))
  end)

  it("remembers the encoding when the token is gone", function()
    local server = case:start()
    assert(case:open():put_token("k", RECORD, core.now()))
    server:cli("del imr:k")
    assert.same({ encoding = "form" }, case:open():get_token("k", core.now()))
  end)

  it("tells wrong use", function()
    local cases = {
      { { prot = 1 }, "did you mean 'port'" }, { { port = "1" }, "'port' must be a number" },
      { { fallback = "file" }, "must be \"memory\"" }, { { tls = "yes" }, "'tls' must be a boolean" },
      { "host", "redis options are a table, not a string" },
    }
    for _, wrong in ipairs(cases) do
      local fine, message = pcall(imr.store.redis, wrong[1])
      assert.is_false(fine)
      assert.truthy(message:find(wrong[2], 1, true), message)
    end
    local fine, message = pcall(imr.store.redis, { password = 123 })
    assert.is_false(fine)
    assert.is_nil(message:find("123", 1, true), message)
  end)

  it("needs redis-lua, and says how to get it", function()
    local path, loaded = package.path, package.loaded.redis
    package.path, package.loaded.redis = "./lua/?.lua", nil
    finally(function() package.path, package.loaded.redis = path, loaded end)
    local message = select(3, imr.store.redis({ port = 1 }):reserve("k", 2, core.now(), 1))
    assert.truthy(message:find("luarocks install redis-lua", 1, true), message)
  end)
end)
