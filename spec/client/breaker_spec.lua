-- A platform that is away: who tries it, how often, and what the others hear.
local imr = require "imr"
local world = require "support.world"

-- A transport whose platform takes no connection, or says nothing, from one moment to another; and its tries.
local function away(new, from, to, how)
  local real, tries = new:transport(), {}
  return function(request)
    local now = new:now()
    if now < from or now >= to then return real(request) end
    tries[#tries + 1] = now - from
    if how ~= "stall" then return nil, { kind = "network", message = "connection refused", executed = "no" } end
    new:sleep(request.timeout)
    return nil, { kind = "timeout", message = "no answer in time", executed = "maybe" }
  end, tries
end

-- Calls, so many a second, each in a light thread of its own; what became of each, in the order of their beginnings.
local function crowd(new, seconds, per_second, call)
  local results, works = {}, {}
  for index = 1, seconds * per_second do
    works[index] = function()
      new:sleep((index - 1) / per_second)
      local began = new:now()
      local fine, err = call(index)
      results[index] = { at = began, took = new:now() - began, fine = fine, err = err }
    end
  end
  imr.all(works)
  return results
end

local function client_of(new, transport, options)
  local given = { breaker = true, transport = transport, on_event = function() end }
  for name, value in pairs(options or {}) do given[name] = value end
  return new:client(given)
end

describe("the breaker", function()
  for name, has_token in pairs { ["with a token"] = true, ["without one, where logins fail"] = false } do
    it("asks a platform that is away for a minute seldom, and finds it at once when it is back, " .. name, function()
      world.run({}, function(new)
        local transport, tries = away(new, 10, 70)
        local client = client_of(new, transport)
        if has_token then assert(client:login()) end
        new:sleep(10.5 - new:now())
        local results = crowd(new, 70, 50, function()
          return client:latest_reading(new.platform:meter(1).number, { max_wait = 1 })
        end)
        assert.is_true(#tries >= 3 and #tries <= 6, #tries)
        local first
        for _, result in ipairs(results) do
          assert.is_true(result.took <= 1.1, result.took)
          if result.fine then first = first or result.at end
          if not result.fine then
            assert.is_true(result.err.retry_after > 0 and result.err.retry_after <= 31, tostring(result.err))
          end
        end
        assert.is_true(first >= 69 and first < 75, first)
        assert.is_false(client:metrics().breaker_open)
      end)
    end)
  end

  it("tells the others at once, with the reason, while one waits for an answer", function()
    world.run({}, function(new)
      local transport, tries = away(new, 10, 200, "stall")
      local client = client_of(new, transport, { retries = 0, timeout = 5 })
      assert(client:login())
      new:sleep(10 - new:now())
      local results = crowd(new, 30, 2, function() return client:latest_readings({ max_wait = 1 }):collect() end)
      local slow = 0
      for _, result in ipairs(results) do
        assert.is_nil(result.fine)
        if result.took > 0.1 then slow = slow + 1 end
      end
      assert.is_true(slow <= #tries + 3, slow) -- those who waited for a slot when it went away
      local last = results[#results].err
      assert.same({ "unavailable", "no", true }, { last.kind, last.executed, last.retryable })
      assert.matches("the platform does not answer, and is tried again in %d+%.%d s: no answer in time", last.message)
    end)
  end)

  it("is shared by all clients of a store, and says when it opens and closes", function()
    world.run({}, function(new)
      local events, store = {}, imr.store.memory()
      local transport, tries = away(new, 10, 12)
      local function note(event) if event.type == "breaker" then events[#events + 1] = event end end
      local one = client_of(new, transport, { store = store, retries = 0, on_event = note })
      local other = client_of(new, transport, { store = store })
      assert(one:login())
      new:sleep(10 - new:now())
      local _, err = one:latest_readings():collect()
      assert.same({ "network", 1 }, { err.kind, err.retry_after })
      _, err = other:meters():collect()
      assert.equal("unavailable", err.kind)
      assert.is_true(one:metrics().breaker_open and other:metrics().breaker_open)
      new:sleep(3)
      assert(other:meters():collect())
      assert(one:latest_readings():collect())
      assert.equal(1, #tries)
      assert.same({ true }, { events[1].open })
      assert.matches("the platform does not answer", events[1].message)
    end)
  end)

  it("lets a call that may wait repeat its request, and keeps its place at the platform", function()
    world.run({}, function(new)
      local transport, tries = away(new, 10, 14)
      local client = client_of(new, transport)
      assert(client:login())
      new:sleep(10 - new:now())
      assert.equal(23, #assert(client:latest_readings():collect()))
      assert.is_near(1, tries[2] - tries[1], 1.2) -- a second, and its slot
      assert.is_true(#tries <= 3, #tries)
    end)
  end)

  it("goes to another when whoever tried is gone without a word", function()
    world.run({}, function(new)
      local transport = away(new, 10, 12)
      local client = client_of(new, transport, { retries = 0, timeout = 3 })
      assert(client:login())
      new:sleep(10 - new:now())
      client:latest_readings():collect()
      new:sleep(2)
      local broken = client_of(new, function() error("never", 0) end)
      local _, err = broken:latest_readings():collect() -- raises inside its transport: the lock goes back
      assert.equal("network", err.kind)
      new:sleep(30)
      assert(client:latest_readings():collect())
    end)
  end)

  it("does not open because of a deadline, a veto, or an answer that is an error", function()
    world.run({ latency = 3, on_request = world.script("latestReading", { { code = 1001 } }) }, function(new)
      local client = client_of(new, nil, { retries = 0 })
      assert(client:login())
      local _, err = client:meters({ deadline = 1 }):collect()
      assert.equal("timeout", err.kind)
      client:latest_readings():collect()
      _, err = client:latest_readings { deadline = 1 }:collect() -- its slot comes later
      assert.same({ "timeout", "no" }, { err.kind, err.executed })
      client:disconnect("D1", { before_send = function() return false end })
      assert.is_false(client:metrics().breaker_open)
      assert.equal(23, #assert(client:meters():collect()))
    end)
  end)

  it("is off outside nginx unless asked for", function()
    world.run({}, function(new)
      local transport, tries = away(new, 10, 1e9)
      local client = new:client { transport = transport, retries = 1, on_event = function() end }
      assert(client:login())
      new:sleep(10 - new:now())
      local _, err = client:meters():collect()
      assert.equal("network", err.kind)
      _, err = client:meters():collect()
      assert.same({ "network", 4 }, { err.kind, #tries })
    end)
  end)

  it("refuses a value that says nothing", function()
    local fine, problem = pcall(imr.new, { username = "u", password = "p", breaker = 1 })
    assert.is_false(fine)
    assert.matches("option 'breaker' must be true or false, not 1", problem, 1, true)
  end)
end)
