-- Deadlines, max_wait and close() over real HTTP. On a quiet machine each ends within 50 ms of the moment asked for.
local imr = require "imr"
local runtime = require "imr.runtime"
local own = require "support.own"
local scripted = require "support.scripted"
local simulator = require "support.simulator"
local timing = require "support.timing"

local SLACK = 0.05
local EARLY = 0.005 -- timers count in whole milliseconds

describe("a deadline over HTTP", function()
  local server, client

  local function serve(script, options)
    server = scripted.start(script)
    client = server:client_of(options)
    assert(client:login())
  end

  after_each(function()
    if client then client:close() end
    if server then server:stop() end
    client, server = nil, nil
  end)

  -- The call ends with an error of this kind after so many seconds.
  local function gives_up(seconds, kind, fn)
    local result, err = timing.within(seconds - EARLY, seconds + SLACK, fn)
    assert.is_nil(result)
    assert.equal(kind, err.kind)
    return err
  end

  local function list(params)
    return function() return client:meters(params):collect() end
  end

  it("ends a call to a server that never answers, and the next one works", function()
    serve([[if r.body:find('"pageSize":1[,}]') then c:stall() else c:send(ok("[]")) end]])
    local err = gives_up(0.3, "timeout", list { page_size = 1, deadline = 0.3 })
    assert.equal("maybe", err.executed)
    assert.is_true(err.retryable)
    timing.within(0, SLACK, function() assert.same({}, assert(client:meters():collect())) end)
  end)

  it("is not needed: the time for one request ends it too", function()
    serve("c:stall()", { timeout = 0.25 })
    gives_up(0.25, "timeout", list())
  end)

  it("ends a call to a server that is too slow", function()
    serve([[c:sleep(1) c:send(ok("[]"))]])
    gives_up(0.3, "timeout", list { deadline = 0.3 })
  end)

  it("ends an answer that comes one byte a second", function()
    serve([[for byte in ok("[]"):gmatch(".") do c:send(byte) c:sleep(1) end]])
    gives_up(0.4, "timeout", list { deadline = 0.4 })
  end)

  it("covers repetitions", function()
    serve([[c:send(answer("", "", "502 Bad Gateway"))]], { retries = 50 })
    local rows, err = timing.within(0, 1.4 + SLACK, list { deadline = 1.4 })
    assert.is_nil(rows)
    assert.equal(502, err.http_status)
    assert.equal(0, #server:requests() % 2) -- at once, and half a second later; a third would be too late
  end)

  it("covers repetitions that take all the time", function()
    serve("c:stall()", { retries = 50, timeout = 0.1 })
    local _, err = timing.within(0, 1 + SLACK, list { deadline = 1 })
    assert.equal("timeout", err.kind)
  end)

  it("covers all pages of a listing", function()
    serve([[
      local page = r.body:match('"pageNo":(%d+)')
      if page == "3" then c:stall() else c:sleep(0.4) c:send(ok('[{"deviceId":"' .. page .. '"}]')) end
    ]])
    local cursor, received
    local _, err = timing.within(2 - EARLY, 2 + SLACK, function()
      cursor = client:meters { deadline = 2, page_size = 1 }
      local rows, problem, before = cursor:collect()
      received = before
      return rows, problem
    end)
    assert.equal("timeout", err.kind)
    assert.equal(2, #received)
    assert.is_false(cursor.report.complete)
  end)

  it("covers the login", function()
    server = simulator.start { latency = 2 }
    client = scripted.client(server.url)
    gives_up(0.3, "timeout", list { deadline = 0.3 })
    local err = gives_up(0.3, "timeout", function() return client:login { deadline = 0.3 } end)
    assert.equal("login", err.endpoint)
  end)

  it("leaves the fate of a command open", function()
    serve("c:stall()")
    local err = gives_up(0.3, "unknown_outcome", function() return client:disconnect("70001", { deadline = 0.3 }) end)
    assert.equal("maybe", err.executed)
    assert.is_false(err.retryable)
    assert.is_true(#server:requests() <= 3) -- one a run
  end)

  it("covers the confirmation of a command", function()
    server = simulator.start { meters = 5, interval = 0, command_delay = 60, duplicate_orders = false }
    client = scripted.client(server.url)
    local meter = assert(client:meters():next())
    local outcome = timing.within(0.6 - EARLY, 0.6 + SLACK, function()
      return client:disconnect(meter.device_id, { confirm = true, deadline = 0.6 })
    end)
    assert.equal("unconfirmed", outcome.state)
  end)

  describe("and a queue for slots", function()
    -- Takes the slot, so that the next is a second away.
    local function take_slot()
      assert(client:meters():collect())
    end

    local function serve_slots(interval) serve([[c:send(ok("[]"))]], { interval = interval }) end

    it("fails at once with max_wait, and says when", function()
      serve_slots(10)
      take_slot()
      local rows, err = timing.within(0, SLACK, list { max_wait = 0.2 })
      assert.is_nil(rows)
      assert.equal("throttled", err.kind)
      assert.equal("no", err.executed)
      assert.is_true(err.retry_after > timing.room(9.5, 0.2) and err.retry_after <= 10.05)
      assert.equal(1, #server:requests())
    end)

    it("fails at once with a deadline that the slot cannot keep", function()
      serve_slots(10)
      take_slot()
      local rows, err = timing.within(0, SLACK, list { deadline = 0.3 })
      assert.is_nil(rows)
      assert.equal("timeout", err.kind)
      assert.equal("no", err.executed)
      assert.equal(1, #server:requests())
    end)

    it("serves who has the time, and no later for those who gave up", function()
      serve_slots(2)
      take_slot()
      local began, ended = timing.now(), nil
      imr.run(imr.all, {
        function() assert(client:meters({ max_wait = 2.2 }):collect()) ended = timing.now() - began end,
        function() return (client:meters({ max_wait = 2.2 }):collect()) end,
        function() return (client:meters({ deadline = 0.5 }):collect()) end,
      })
      assert.equal(2, #server:requests())
      assert.is_true(ended >= timing.room(1.9, 1) and ended <= timing.room(2.05 + SLACK), ended)
      -- The slot of one who gave up is not lost: the next would be two seconds later.
      assert(client:meters({ max_wait = 2.1 }):collect())
    end)
  end)
end)

describe("close() over HTTP", function()
  local server, client

  local function serve(script, options)
    server = scripted.start(script)
    client = server:client_of(options)
    assert(client:login())
  end

  after_each(function()
    client:close()
    server:stop()
  end)

  local DATES = { from = "2026-01-01", to = "2026-01-02" }
  local calls = {
    function() return client:meters():collect() end,
    function() return client:latest_readings():collect() end,
    function() return client:readings(DATES):collect() end,
    function() return client:latest_reading("001") end,
    function() return client:disconnect("70001") end,
  }

  it("ends what is under way, and leaves no connection and no descriptor", function()
    serve("c:stall()")
    assert.equal(1, own.sockets_to(server.wire.port)) -- the login's, kept
    local before, errors = own.descriptors(), {}
    local seconds = timing.of(function()
      imr.run(function()
        local jobs = {}
        for index, call in ipairs(calls) do
          jobs[index] = function() errors[index] = select(2, call()) end
        end
        jobs[#jobs + 1] = function()
          while #server:requests() < #calls do runtime.current():sleep(0.01) end
          client:close()
        end
        imr.all(jobs)
      end)
    end)
    assert.is_true(seconds < timing.room(2))
    for index = 1, 4 do assert.equal("closed", errors[index].kind) end
    assert.equal("unknown_outcome", errors[5].kind)
    assert.equal(0, own.sockets_to(server.wire.port))
    assert.is_true(own.descriptors() <= before)
    server.wire:wait("end", server.wire:count("connect")) -- the server has seen each of them end
  end)

  it("ends who waits for a slot", function()
    serve([[c:send(ok("[]"))]], { interval = 60 })
    assert(client:meters():collect())
    local err
    local seconds = timing.of(function()
      imr.run(imr.all, {
        function() err = select(2, client:meters():collect()) end,
        function() assert(client:latest_readings():collect()) client:close() end,
      })
    end)
    assert.is_true(seconds < timing.room(1))
    assert.equal("closed", err.kind)
    assert.equal("no", err.executed)
  end)

  it("is final, and twice is fine", function()
    serve([[c:send(ok("[]"))]])
    client:close()
    client:close()
    timing.within(0, SLACK, function()
      for index, call in ipairs(calls) do
        local result, err = call()
        assert.is_nil(result)
        assert.equal("closed", err.kind, index)
        assert.equal("no", err.executed)
      end
    end)
    assert.equal(0, #server:requests())
  end)

  it("leaves other clients of the process alone", function()
    serve([[c:sleep(0.2) c:send(ok("[]"))]])
    local other, rows = server:client_of(), nil
    imr.run(imr.all, {
      function() rows = assert(other:meters():collect()) end,
      function() client:meters({ deadline = 0.05 }):collect() client:close() end,
    })
    assert.same({}, rows)
    other:close()
  end)
end)
