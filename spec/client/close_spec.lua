-- close() in mid-flight: everybody who waits is told so at once, and nothing is sent afterwards.
local imr = require "imr"
local world = require "support.world"

-- Closes the client `at` seconds after `work` began; its results, and that all stood still from then on.
local function closed_at(at, options, settings, work)
  return world.run(options, function(new)
    local client = new:client(settings)
    local result, err, ended
    imr.all { function()
      result, err = work(client, new)
      ended = new:now()
    end, function()
      new:sleep(at)
      client:close()
    end }
    assert.is_near(at, ended, 0.001)
    local requests = #new.platform.log
    new:sleep(600)
    assert.equal(requests, #new.platform.log)
    return result, err, new
  end)
end

local function list(client) return client:meters():collect() end

describe("close()", function()
  local broken = { faults = { ["502"] = 1 } }
  -- stage, when, platform, client, work, executed
  local cases = {
    { "in a login", 1, { latency = 5 }, {}, function(client) return client:login() end, "maybe" },
    { "in a listing's login", 1, { latency = 5 }, {}, list, "no" },
    { "in the pause after a failed login", 0.3, broken, {}, list, "no" },
    { "in the backoff of a failed login", 0.5, broken, { retries = 0 }, function(client)
      client:login()
      return list(client)
    end, "no" },
    { "in a wait for a slot", 1, {}, { prefetch = 0 }, function(client)
      assert(list(client))
      return list(client)
    end, "no" },
    { "in a wait for a slot, with prefetching", 1, {}, { page_size = 5, prefetch = 4 }, list, "no" },
    { "in flight", 3, { latency = 2 }, { prefetch = 0 }, list, "maybe" },
    { "in flight, with pages ahead", 11, { latency = 5 }, { page_size = 5, prefetch = 4 }, list, "maybe" },
    { "in the pause before a repetition", 0.4, { faults = { html = { rate = 1, endpoints = { "meters" } } } }, {}, list,
      "maybe" },
    { "while a server stalls", 3, { faults = { stall = { rate = 1, endpoints = { "meters" } } } }, {}, list, "maybe" },
  }
  for _, case in ipairs(cases) do
    local stage, at, options, settings, work, executed = (table.unpack or unpack)(case, 1, 6)
    it(stage .. " ends it at once", function()
      local result, err = closed_at(at, options, settings, work)
      assert.same({ nil, "closed", executed, false }, { result, err.kind, err.executed, err.retryable })
    end)
  end

  it("in a wait for somebody else's login ends both", function()
    world.run({ latency = 5 }, function(new)
      local client = new:client()
      local works = {}
      for index = 1, 10 do works[index] = function() return select(2, client:login()) end end
      works[11] = function()
        new:sleep(1)
        client:close()
        return "closed"
      end
      local results = imr.all(works)
      for index = 1, 10 do assert.equal("closed", results[index].kind) end
      assert.equal(1, new:now())
    end)
  end)

  it("in a command's flight leaves its outcome unknown", function()
    local outcome, err, new = closed_at(3, { latency = 2 }, {}, function(client, new)
      return client:disconnect(new.platform:meter(1).device)
    end)
    assert.same({ nil, "unknown_outcome", "maybe" }, { outcome, err.kind, err.executed })
    assert.matches("closed while", err.message, 1, true)
    assert.equal(1, world.count(new, "instruct"))
  end)

  it("before a command's slot leaves it unsent", function()
    local outcome, err, new = closed_at(1, {}, {}, function(client, new)
      assert(client:request_reading(new.platform:meter(1).device))
      return client:disconnect(new.platform:meter(1).device)
    end)
    assert.same({ nil, "closed", "no" }, { outcome, err.kind, err.executed })
    assert.equal(1, world.count(new, "instruct"))
  end)

  it("while a command is being confirmed says that it was accepted", function()
    local outcome = closed_at(20, { command_delay = 1000 }, {}, function(client, new)
      return client:disconnect(new.platform:meter(1).device, { confirm = true })
    end)
    assert.same({ "unconfirmed", "yes" }, { outcome.state, outcome.executed })
  end)

  it("raises its error in a for loop", function()
    local fine, err = closed_at(1, {}, { page_size = 5 }, function(client)
      return pcall(function()
        for _ in client:meters() do end -- luacheck: ignore 542
      end)
    end)
    assert.same({ false, "closed" }, { fine, err.kind })
  end)

  it("gives the slot back that nobody uses any more", function()
    world.run({}, function(new)
      local store = imr.store.memory()
      local first, second = new:client { store = store, prefetch = 0 }, new:client { store = store }
      assert(list(first))
      imr.all { function() return list(first) end, function()
        new:sleep(1)
        first:close()
        assert(list(second))
      end }
      local entries = world.entries(new, "meters")
      assert.is_near(2.05, entries[2].time - entries[1].time, 0.01)
    end)
  end)

  it("lets another client of the store log in at once", function()
    world.run({ latency = 5 }, function(new)
      local store = imr.store.memory()
      local first, second = new:client { store = store }, new:client { store = store }
      imr.all { function() return first:login() end, function()
        new:sleep(1)
        first:close()
        assert(second:login())
        assert.is_near(6.04, new:now(), 0.2)
      end }
    end)
  end)

  it("twice is fine, also before anything was done", function()
    world.run({}, function(new)
      local client = new:client()
      for _ = 1, 3 do client:close() end
    end)
  end)

  it("outside of light threads lets these hear of it before it returns", function()
    local new = world.new { latency = 5 }
    local client, heard = new:client(), nil
    new.runtime:spawn(function() heard = select(2, client:login()) end)
    new:sleep(1)
    client:close()
    assert.equal("closed", heard and heard.kind)
  end)

  it("can be called outside a light thread too", function()
    local new = world.new {}
    local client = new:client()
    assert(client:meters():next())
    client:close()
    client:close()
    local _, err = client:meters():next()
    assert.equal("closed", err.kind)
  end)
end)

describe("after close()", function()
  it("every call returns an error of kind closed, and sends nothing", function()
    world.run({}, function(new)
      local client, device = new:client(), new.platform:meter(1).device
      assert(list(client))
      client:close()
      local requests = #new.platform.log
      local calls = {
        function() return client:meter("1") end, function() return client:latest_reading("1") end,
        function() return client:disconnect(device) end, function() return client:reconnect(device) end,
        function() return client:request_reading(device) end,
        function() return client:disconnect(device, { confirm = true }) end,
      }
      for _, name in ipairs(world.listings) do
        calls[#calls + 1] = function() return world.open(client, name):collect() end
      end
      for _, call in ipairs(calls) do
        local result, err = call()
        assert.same({ nil, "closed", "no", false }, { result, err.kind, err.executed, err.retryable })
      end
      assert.equal(requests, #new.platform.log)
    end)
  end)

  it("login says so too", function()
    world.run({}, function(new)
      local client = new:client()
      client:login()
      client:close()
      local done, err = client:login()
      assert.same({ nil, "closed" }, { done, err and err.kind })
    end)
  end)

  it("rows that have come are still there", function()
    world.run({}, function(new)
      local client = new:client { page_size = 5 }
      local cursor = client:meters()
      cursor:next()
      client:close()
      for _ = 2, 5 do assert.truthy(cursor:next()) end
      local row, err = cursor:next()
      assert.same({ nil, "closed" }, { row, err.kind })
    end)
  end)

  it("stats, tostring and cursor:close still work", function()
    world.run({}, function(new)
      local client = new:client()
      local cursor = client:meters()
      cursor:next()
      client:close()
      assert.equal(2, client:stats().requests)
      assert.equal("imr.client(http://simulator.invalid, demo)", tostring(client))
      assert.equal("imr.cursor(meters, 23 rows)", tostring(cursor))
      cursor:close()
      cursor:close()
    end)
  end)
end)

describe("cursor:close()", function()
  it("by another light thread is an error for who waits, and the next call asks again", function()
    world.run({ latency = 5 }, function(new)
      local cursor = new:client { page_size = 5 }:meters()
      local waiting = new.runtime:spawn(function() return cursor:next() end)
      new:sleep(3)
      cursor:close()
      local fine, row, err = new.runtime:join(waiting)
      assert.same({ true, nil, "closed" }, { fine, row, err.kind })
      assert.matches("the cursor was closed while its page was awaited", err.message, 1, true)
      assert.equal(23, #assert(cursor:collect()))
    end)
  end)

  it("ends what was asked for ahead", function()
    world.run({ latency = 5 }, function(new)
      local cursor = new:client { page_size = 2, prefetch = 4 }:meters()
      cursor:next()
      cursor:close()
      local requests = #new.platform.log
      new:sleep(100)
      assert.equal(requests, #new.platform.log)
    end)
  end)
end)
