-- Too fast (1011, HTTP 429), and the pauses that a platform asks for.
local imr = require "imr"
local world = require "support.world"

describe("1011", function()
  it("is waited out, and costs no row", function()
    world.run({ on_request = world.script("meterList", { false, { code = 1011 }, { code = 1011 } }) }, function(new)
      local cursor = new:client { page_size = 5 }:meters()
      assert.same(world.truth({}, "meters"), world.keys(cursor:collect()))
      assert.is_true(cursor.report.complete)
      assert.equal(7, cursor.report.requests)
    end)
  end)

  it("because of a stranger is met by one caller only", function()
    world.run({}, function(new)
      local client, stranger = new:client(), new:client { store = imr.store.memory() }
      client:login()
      assert(stranger:meters():collect())
      new:sleep(1)
      local works = {}
      for index = 1, 10 do works[index] = function() return #assert(client:meters():collect()) end end
      for _, count in ipairs(imr.all(works)) do assert.equal(23, count) end
      assert.equal(1, world.count(new, "meters", 1011))
    end)
  end)

  it("pushes the slot of every client of the store back by a full interval", function()
    world.run({ on_request = world.script("meterList", { { code = 1011 } }) }, function(new)
      local store = imr.store.memory()
      local first, second = new:client { store = store }, new:client { store = store }
      assert(first:login())
      imr.all { function() return first:meters():collect() end,
        function()
          new:sleep(0.1)
          return second:meters():collect()
        end }
      local entries = world.entries(new, "meters")
      assert.equal(3, #entries)
      assert.is_true(world.gap_after(entries, 1) >= 2.05 + 0.02 and world.gap_after(entries, 2) >= 2.05)
    end)
  end)

  it("widens the margin, which shrinks back slowly", function()
    world.run({ meters = 100, on_request = world.script("meterList", { false, false, { code = 1011 } }) }, function(new)
      assert(new:client { page_size = 1 }:meters():collect())
      local entries = world.entries(new, "meters")
      assert.is_near(2.05, world.gap_after(entries, 1), 0.005)
      assert.is_near(2.1, world.gap_after(entries, 4), 0.01)
      assert.is_true(world.gap_after(entries, 14) < world.gap_after(entries, 4))
      assert.is_near(2.05, world.gap_after(entries, #entries - 1), 0.005)
    end)
  end)

  it("is counted and told of", function()
    local events = {}
    world.run({ on_request = world.script("meterList", { { code = 1011 } }) }, function(new)
      local client = new:client { on_event = function(event) events[#events + 1] = event.type end }
      client:meters():collect()
      local stats = client:stats()
      assert.same({ 1, 1, 1, 2 }, { stats.throttled, stats.codes[1011], stats.endpoints.meters.throttled,
        stats.endpoints.meters.requests })
    end)
    assert.same({ "request", "request", "throttled", "request" }, events)
  end)

  it("as HTTP 429 is waited out for as long as it says", function()
    local answer = { status = 429, headers = { ["retry-after"] = "7" }, body = "slow down" }
    world.run({ on_request = world.script("meterList", { answer }) }, function(new)
      assert(new:client():meters():collect())
      assert.is_near(7.02, world.gap_after(world.entries(new, "meters"), 1), 0.1) -- the wait begins with the answer
    end)
  end)

  it("as HTTP 429 with a long Retry-After is for the caller to wait out", function()
    local answer = { status = 429, headers = { ["retry-after"] = "3600" }, body = "tomorrow" }
    world.run({ on_request = world.script("meterList", { answer }) }, function(new)
      local rows, err = new:client():meters():collect()
      assert.same({ nil, "throttled", 3600 }, { rows, err.kind, err.retry_after })
      assert.is_true(new:now() < 1)
    end)
  end)

  -- The pause as a server may ask for it, and the seconds that it means.
  local PAUSES = { ["3.5"] = 3.5, ["7"] = 7, [" 4 "] = 4, ["Wed, 09 Jul 2025 02:40:09 GMT"] = 9 }
  local DATE = "Wed, 09 Jul 2025 02:40:00 GMT"

  it("asks for a pause in seconds, in parts of one or with a date, beside any status and code", function()
    local kinds = { { status = 429, body = "slow" }, { status = 503, body = "" }, { code = 1011 }, { code = 1001 },
      { status = 500, code = 1011 } }
    for text, seconds in pairs(PAUSES) do
      for _, kind in ipairs(kinds) do
        local body = kind.body or ('{"code":%d,"msg":"x"}'):format(kind.code)
        local answer = { status = kind.status or 200, headers = { ["retry-after"] = text, date = DATE }, body = body }
        for _, interval in ipairs { 2, 0 } do
          world.run({ on_request = world.script("meterList", { answer }) }, function(new)
            assert(new:client { interval = interval }:meters():collect())
            local gap = world.gap_after(world.entries(new, "meters"), 1)
            assert.is_true(gap >= seconds - 0.001 and gap < math.max(seconds, 2) + 0.6, text .. " " .. gap)
          end)
        end
      end
    end
  end)

  it("asks everybody for the pause: other callers, clients on the store, pages ahead, and after a success", function()
    local ok = '{"code":200,"msg":"","data":[],"totalCount":0}'
    for _, answer in ipairs { { status = 503, body = "" }, { status = 200, body = ok } } do
      for _, interval in ipairs { 2, 0 } do
        answer.headers = { ["retry-after"] = "20.25" }
        world.run({ on_request = world.script("meterList", { answer }), interval = 0 }, function(new)
          local store = imr.store.memory()
          local one, other = new:client { interval = interval, store = store },
            new:client { interval = interval, store = store }
          one:meters():next()
          assert.is_true(new:now() >= 20.25 or answer.status == 200)
          local function list(client) return function() client:meters({ page_size = 2 }):collect() end end
          imr.all { list(one), list(other) }
          local entries = world.entries(new, "meters")
          assert.is_true(#entries > 3)
          assert.is_true(world.gap_after(entries, 1) >= 20.249, world.gap_after(entries, 1))
        end)
      end
    end
  end)

  it("is an error with a finite pause where it asks for days, and no pause where it makes no sense", function()
    local far = { ["3600"] = 3600, [("9"):rep(400)] = 2592000, ["Fri, 31 Dec 9999 23:59:59 GMT"] = 2592000 }
    for text, seconds in pairs(far) do
      local answer = { status = 503, headers = { ["retry-after"] = text, date = DATE }, body = "" }
      world.run({ on_request = world.script("meterList", { answer }) }, function(new)
        local store = imr.store.memory()
        local rows, err = new:client({ store = store }):meters():collect()
        assert.same({ nil, seconds, true }, { rows, err.retry_after, new:now() < 1 })
        rows, err = new:client({ store = store }):meters({ max_wait = 10 }):collect()
        assert.is_true(rows == nil and err.retry_after > 50 and err.retry_after <= 60.1) -- nobody waits longer for it
      end)
    end
    for _, text in ipairs { "-5", "soon", "", "0x10", "1e9", "inf", "nan", "1,5", "Thu, 01 Jan 1970 00:00:00 GMT",
      "Wed, 99 Jul 2025 02:40:00 GMT" } do
      local answer = { status = 503, headers = { ["retry-after"] = text, date = DATE }, body = "" }
      world.run({ on_request = world.script("meterList", { answer }) }, function(new)
        assert(new:client():meters():collect())
        assert.is_true(world.gap_after(world.entries(new, "meters"), 1) < 2.6, text)
      end)
    end
  end)

  it("never happens with a pace of our own, whatever runs side by side", function()
    world.run({ jitter = 1 }, function(new)
      local client, works = new:client { page_size = 3 }, {}
      for _ = 1, 3 do
        for _, name in ipairs(world.listings) do
          works[#works + 1] = function() return #assert(world.open(client, name):collect()) end
        end
      end
      imr.all(works)
      for _, name in ipairs(world.listings) do assert.equal(0, world.count(new, name, 1011)) end
    end)
  end)

  -- As long as names, handshakes and proxies take, the request has not left.
  local function slow_to_connect(new, seconds, fails)
    local send, connected = new:transport(), false
    return function(request)
      local took = connected and 0 or seconds
      new:sleep(took)
      local status, body, headers = send(request)
      if fails and not connected then
        status, body = nil, { kind = "network", message = "cut", executed = "maybe", sent_after = took }
      end
      connected = true
      return status, body, headers, took
    end
  end

  it("never happens after a request that left late, over a connection that had to be made", function()
    for _, seconds in ipairs { 0.04, 0.3, 1.5 } do
      world.run({}, function(new)
        local store = imr.store.memory()
        assert(new:client { store = store }:login())
        local client = new:client { store = store, page_size = 5, transport = slow_to_connect(new, seconds) }
        local works = {}
        for index = 1, 3 do works[index] = function() return #assert(client:meters():collect()) end end
        works[4] = function()
          new:sleep(1.6)
          return #assert(new:client { store = store, page_size = 5 }:meters():collect())
        end
        for _, count in ipairs(imr.all(works)) do assert.equal(23, count) end
        assert.equal(0, world.count(new, "meters", 1011))
        local entries = world.entries(new, "meters")
        assert.is_true(entries[#entries].time - entries[1].time < 2.05 * (#entries - 1) + 2 * seconds + 2.1)
      end)
    end
  end)

  it("never happens after one that left late and failed", function()
    world.run({}, function(new)
      local store = imr.store.memory()
      assert(new:client { store = store }:login())
      local client = new:client { store = store, page_size = 5, transport = slow_to_connect(new, 1.9, true) }
      assert.equal(23, #assert(client:meters():collect()))
      assert.equal(0, world.count(new, "meters", 1011))
    end)
  end)

  it("is no reason to wait where every request makes a connection, as commands do", function()
    for _, name in ipairs { "request_reading", "latest_reading" } do
      world.run({}, function(new)
        local send, times = new:transport(), {}
        local client = new:client { transport = function(request)
          new:sleep(0.3)
          if not request.url:find "login" then times[#times + 1] = new:now() end
          local status, body, headers = send(request)
          return status, body, headers, 0.3
        end }
        assert(client:login())
        local works = {}
        for index = 1, 10 do works[index] = function() return client[name](client, "202020500037") end end
        imr.all(works)
        assert.equal(10, #times)
        for index = 2, 10 do assert.is_true(times[index] - times[index - 1] >= 2, "too soon") end
        assert.is_true(times[10] - times[1] < 9 * 2.05 + 2.4, ("%.2f s"):format(times[10] - times[1]))
      end)
    end
  end)

  it("does not exist where the pace is turned off", function()
    world.run({ interval = 0 }, function(new)
      assert(new:client { interval = 0, page_size = 5 }:meters():collect())
      assert.is_true(new:now() < 0.5)
    end)
  end)
end)
