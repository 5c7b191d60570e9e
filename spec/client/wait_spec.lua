-- How long a caller may be made to wait: max_wait, deadline, timeout, and what a failed login or a refusal costs.
local imr = require "imr"
local world = require "support.world"

describe("max_wait", function()
  it("is an error at once when the slot is further away, and takes none", function()
    world.run({}, function(new)
      local client = new:client()
      assert(client:meters():collect())
      local began = new:now()
      for _ = 1, 5 do
        local rows, err = client:meters { max_wait = 1 }:collect()
        assert.same({ nil, "throttled", true, "no", "meters" },
          { rows, err.kind, err.retryable, err.executed, err.endpoint })
        assert.is_near(2.01, err.retry_after, 0.01)
      end
      assert.equal(began, new:now())
      assert(client:meters():collect())
      assert.is_near(2.05, world.gap_after(world.entries(new, "meters"), 1), 0.005)
    end)
  end)

  it("of zero takes a free slot", function()
    world.run({}, function(new)
      assert(new:client():meters { max_wait = 0 }:collect())
    end)
  end)

  it("tells the time after which it works", function()
    world.run({}, function(new)
      local client = new:client()
      client:meters():collect()
      local _, err = client:meters { max_wait = 0 }:collect()
      new:sleep(err.retry_after)
      assert(client:meters { max_wait = 0 }:collect())
    end)
  end)

  it("bounds the wait for somebody else's login", function()
    world.run({ faults = { stall = 1 } }, function(new)
      local client = new:client()
      local ended
      imr.all { function() client:login { deadline = 20 } end, function()
        new:sleep(1)
        local _, err = client:meters { max_wait = 2, deadline = 15 }:collect()
        ended = new:now()
        assert.equal("throttled", err.kind)
        assert.is_number(err.retry_after)
      end }
      assert.is_near(3, ended, 0.15)
    end)
  end)

  it("and the deadline: the tighter one names the error", function()
    world.run({}, function(new)
      local client = new:client { prefetch = 0 }
      client:meters():collect()
      imr.all { function() client:meters():collect() end, function() client:meters():collect() end, function()
        local _, err = client:meters { max_wait = 3, deadline = 4 }:collect()
        assert.equal("throttled", err.kind)
        _, err = client:meters { max_wait = 4, deadline = 3 }:collect()
        assert.equal("timeout", err.kind)
        assert.is_true(err.retry_after > 4)
      end }
    end)
  end)

  it("holds for commands too", function()
    world.run({}, function(new)
      local client, device = new:client(), new.platform:meter(1).device
      assert(client:request_reading(device))
      local outcome, err = client:disconnect(device, { max_wait = 1 })
      assert.same({ nil, "throttled", "no" }, { outcome, err.kind, err.executed })
      assert.equal(1, world.count(new, "instruct"))
    end)
  end)
end)

describe("a deadline", function()
  -- Runs fn(client, new) and checks that it failed in time.
  local function ends_at(seconds, options, fn, settings)
    return world.run(options, function(new)
      local client = new:client(settings)
      local began = new:now()
      local result, err = fn(client, new)
      assert.is_nil(result)
      assert.is_true(new:now() - began <= seconds + 0.05, ("%.3f s"):format(new:now() - began))
      return err, new
    end)
  end

  it("ends a wait for a server that stalls", function()
    local err = ends_at(3, { faults = { stall = { rate = 1, endpoints = { "meters" } } } }, function(client)
      return client:meters { deadline = 3 }:collect()
    end)
    assert.same({ "timeout", "maybe", "meters" }, { err.kind, err.executed, err.endpoint })
  end)

  it("ends a wait for a login", function()
    local err, new = ends_at(3, { faults = { stall = 1 } }, function(client) return client:login { deadline = 3 } end)
    assert.same({ "timeout", "login" }, { err.kind, err.endpoint })
    assert.equal(1, #new.platform.log)
  end)

  it("covers login, queue and sending together", function()
    ends_at(4, { latency = 1.5 }, function(client) return client:meters { deadline = 4, page_size = 10 }:collect() end)
  end)

  it("covers repetitions", function()
    local err = ends_at(6, { faults = { ["502"] = { rate = 1, endpoints = { "meters" } } } }, function(client)
      return client:meters { deadline = 6 }:collect()
    end, { retries = 100 })
    assert.is_true(err.kind == "http" or err.kind == "timeout")
  end)

  it("covers a wait for somebody else's login", function()
    world.run({ faults = { stall = 1 } }, function(new)
      local client = new:client()
      local ended
      imr.all { function() client:login { deadline = 20 } end, function()
        new:sleep(1)
        local _, err = client:meters { deadline = 3 }:collect()
        ended = new:now()
        assert.equal("timeout", err.kind)
      end }
      assert.is_near(4, ended, 0.15)
    end)
  end)

  it("that is too near for the next slot is an error at once, and takes none", function()
    world.run({}, function(new)
      local client = new:client()
      client:meters():collect()
      local began = new:now()
      local rows, err = client:meters { deadline = 1 }:collect()
      assert.same({ nil, "timeout", "no", began }, { rows, err.kind, err.executed, new:now() })
      client:meters():collect()
      assert.is_near(2.05, world.gap_after(world.entries(new, "meters"), 1), 0.005)
    end)
  end)

  it("is for the whole listing", function()
    local err = ends_at(5, {}, function(client) return client:meters { deadline = 5, page_size = 5 }:collect() end)
    assert.matches("page 4; 15 rows of 23 were delivered", err.message, 1, true)
  end)

  it("counts from the first page on, not from the making of the cursor", function()
    world.run({}, function(new)
      local cursor = new:client():meters { deadline = 2 }
      new:sleep(10)
      assert.equal(23, #cursor:collect())
    end)
  end)

  it("of zero sends nothing", function()
    local _, new = ends_at(0, {}, function(client) return client:meters { deadline = 0 }:collect() end)
    assert.equal(0, #new.platform.log)
  end)

  it("of one caller does not fail the login of another", function()
    world.run({ latency = 2 }, function(new)
      local client = new:client()
      local results = imr.all { function() return client:login { deadline = 1 } or "late" end,
        function() return client:login() or "late" end }
      assert.same({ "late", true }, results)
    end)
  end)
end)

describe("the timeout", function()
  it("gives a stalled server up", function()
    world.run({ faults = { stall = { rate = 1, endpoints = { "meters" } } } }, function(new)
      local client = new:client { timeout = 7, retries = 0 }
      client:login()
      local began = new:now()
      local _, err = client:meters():collect()
      assert.same({ "timeout", "maybe", true }, { err.kind, err.executed, err.retryable })
      assert.is_near(7, new:now() - began, 0.05)
    end)
  end)
end)

describe("a platform that refuses connections", function()
  it("costs the retries of a read one slot, not one each", function()
    world.run({}, function(new)
      local store, tried = imr.store.memory(), 0
      local working = new:transport()
      local client = new:client { store = store, retries = 3, prefetch = 0, breaker = false, transport = function(sent)
        if sent.url:find("login", 1, true) then return working(sent) end
        tried = tried + 1
        return nil, { kind = "network", message = "connection refused", executed = "no" }
      end }
      local _, err = client:meters():collect()
      assert.same({ "network", 4 }, { err.kind, tried })
      assert.is_true(new:now() < 4, new:now()) -- the pauses between the tries, 0.5 + 1 + 2 s, and no slot beside them
      local started = new:now()
      assert.is_nil((client:meters { max_wait = 3.6 }:collect()))
      assert.equal(8, tried)
      assert.is_true(new:now() - started < 4)
    end)
  end)
end)

describe("a failed login", function()
  it("says when one may be tried again", function()
    world.run({}, function(new)
      local store, working = imr.store.memory(), new:transport()
      local is_down = true
      local client = new:client { store = store, retries = 0, transport = function(request)
        if is_down then return nil, { kind = "network", message = "connection refused", executed = "no" } end
        return working(request)
      end }
      local _, failed = client:login()
      assert.equal(1, failed.retry_after) -- whoever has tried it is told, too
      local _, err = client:meters { max_wait = 3.6 }:collect()
      assert.is_true(err.retry_after > 0)
      is_down = false
      new:sleep(err.retry_after)
      assert.truthy(client:meters():collect())
    end)
  end)
end)
