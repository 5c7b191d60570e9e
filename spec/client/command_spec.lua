-- Commands: sent at most once, and an outcome that says no more than is known.
local imr = require "imr"
local world = require "support.world"

local commands = { disconnect = 1, reconnect = 2, request_reading = 3 }

-- Scripts the latest reading: its time and gate by the number of the look.
local function looks(list)
  local number = 0
  return function(request)
    if not request.path:match("readMeter$") then return nil end
    number = math.min(number + 1, #list)
    local look = list[number]
    return { code = 200, data = { deviceId = look.device, tableNo = look.meter, reading = "1", readTime = look.at,
      gate = look.gate } }
  end
end

local function executions(new, device)
  local count = 0
  for _, entry in ipairs(world.entries(new, "instruct")) do
    if entry.executed and (not device or entry.device == device) then count = count + 1 end
  end
  return count
end

describe("a command", function()
  for command, number in pairs(commands) do
    it(("%s is accepted"):format(command), function()
      world.run({}, function(new)
        local client, device = new:client(), new.platform:meter(3).device
        local outcome = assert(client[command](client, device))
        assert.same({ state = "accepted", device_id = device, command = command, executed = "yes", message = "操作成功" },
          outcome)
        local entry = world.entries(new, "instruct")[1]
        assert.same({ device, number, true }, { entry.device, entry.command, entry.executed })
      end)
    end)
  end

  it("keeps its distance also when before_send takes long and others wait behind it", function()
    world.run({}, function(new)
      local client, threads = new:client(), {}
      for index = 1, 3 do
        threads[index] = function()
          return client:disconnect(new.platform:meter(index).device, { before_send = function()
            new:sleep(1.5)
            return true
          end })
        end
      end
      for _, outcome in ipairs(imr.all(threads)) do assert.equal("accepted", outcome.state) end
      local entries = world.entries(new, "instruct")
      assert.equal(3, #entries)
      for index = 2, 3 do assert.is_true(entries[index].time - entries[index - 1].time >= 2) end
    end)
  end)

  it("leaves its slot to the next one when before_send or last_check raises", function()
    world.run({}, function(new)
      local client = new:client()
      assert(client:login())
      for _, name in ipairs { "before_send", "last_check" } do
        new:sleep(5)
        local began = new:now()
        local _, problem = pcall(client.disconnect, client, new.platform:meter(1).device,
          { [name] = function() error("no " .. name, 0) end })
        assert.equal("no " .. name, problem)
        assert(client:disconnect(new.platform:meter(1).device))
        assert.is_true(new:now() - began < 1, new:now() - began)
      end
    end)
  end)

  it("whose deadline is over before it begins is an error, no wrong use", function()
    world.run({}, function(new)
      local outcome, err = new:client():disconnect(new.platform:meter(1).device, { confirm = true, deadline = 0 })
      assert.same({ nil, "timeout", "no" }, { outcome, err.kind, err.executed })
    end)
  end)

  it("changes the supply", function()
    world.run({}, function(new)
      local client, device = new:client(), new.platform:meter(3).device
      for command, state in pairs { disconnect = "disconnected", reconnect = "connected" } do
        assert(client[command](client, device))
        new:sleep(3)
        assert.equal(state, new.platform:gate(device, new:now()))
      end
    end)
  end)

  it("that stands already is a duplicate", function()
    world.run({ command_delay = 60 }, function(new)
      local client, device = new:client(), new.platform:meter(3).device
      assert(client:disconnect(device))
      local outcome, err = client:disconnect(device)
      assert.same({ nil, "duplicate", 1010, false, "maybe" },
        { outcome, err.kind, err.code, err.retryable, err.executed })
      assert.equal(1, executions(new))
    end)
  end)

  it("to an unknown device has an unknown outcome", function()
    world.run({}, function(new)
      local outcome, err = new:client():disconnect("nobody")
      assert.same({ nil, "unknown_outcome", 1001, "maybe" }, { outcome, err.kind, err.code, err.executed })
    end)
  end)
end)

describe("with confirm a command", function()
  for command, state in pairs { disconnect = "disconnected", reconnect = "connected" } do
    it(command .. " is confirmed when the meter shows it", function()
      world.run({ command_delay = 9 }, function(new)
        local client, meter = new:client(), new.platform:meter(3)
        new.platform:set_gate(meter.device, command == "disconnect" and "connected" or "disconnected")
        local outcome = assert(client[command](client, meter.device, { confirm = true }))
        assert.same({ "confirmed", state, true }, { outcome.state, outcome.reading.supply, outcome.online })
        assert.equal(1, executions(new))
        assert.is_true(new:now() > 9 and new:now() < 18)
      end)
    end)
  end

  it("request_reading is confirmed by a newer reading", function()
    world.run({}, function(new)
      local client, meter = new:client(), new.platform:meter(3)
      local before = assert(client:latest_reading(meter.number))
      local outcome = assert(client:request_reading(meter.device, { confirm = true }))
      assert.equal("confirmed", outcome.state)
      assert.is_true(outcome.reading.read_time > before.read_time)
    end)
  end)

  it("is contradicted when a newer reading shows the opposite", function()
    local old, newer = { at = "2025-07-09 00:00:00", gate = "合闸" }, { at = "2025-07-09 03:00:00", gate = "合闸" }
    local new = world.new {}
    old.meter, newer.meter = new.platform:meter(3).number, new.platform:meter(3).number
    new.platform.settings.on_request = looks { old, old, newer }
    new:run(function()
      local outcome = new:client():disconnect(new.platform:meter(3).device, { confirm = true, deadline = 30 })
      assert.same({ "contradicted", "connected", "yes" }, { outcome.state, outcome.reading.supply, outcome.executed })
      assert.is_near(30, new:now(), 0.1)
    end)
  end)

  it("is not confirmed by the reading of another device, which has the meter's number by now", function()
    local new = world.new {}
    local meter = new.platform:meter(3)
    local function look(at, gate) return { meter = meter.number, device = "another", at = at, gate = gate } end
    new.platform.settings.on_request = looks { look("2025-07-09 00:00:00", "合闸"), look("2025-07-09 03:00:00", "跳闸") }
    new:run(function()
      local outcome = new:client():disconnect(meter.device, { confirm = true, deadline = 30 })
      assert.same({ "unconfirmed", "yes", "not_found" }, { outcome.state, outcome.executed, outcome.error.kind })
      assert.matches("is device another by now", outcome.error.message, 1, true)
    end)
  end)

  it("sends nothing, and says so, where the meter list fails or has no number for the device", function()
    for _, case in ipairs {
      { { status = 200, body = "<html>" }, "protocol" }, { { number = "" }, "not_found" },
      { { number = "12,13" }, "not_found" }, { { number = " 12" }, "not_found" },
    } do
      local new = world.new {}
      new.platform.settings.on_request = function(request)
        if not request.path:match("meterList$") then return nil end
        if case[1].body then return { code = 200, data = "nonsense" } end
        return { code = 200, data = { { deviceId = "d", tableNo = case[1].number } }, totalCount = 1 }
      end
      new:run(function()
        local outcome, err = new:client { retries = 0 }:disconnect("d", { confirm = true })
        assert.same({ nil, case[2], "no" }, { outcome, err.kind, err.executed }, tostring(err))
        assert.equal(0, executions(new))
      end)
    end
  end)

  it("is confirmed when a contradiction turns", function()
    local new = world.new {}
    local number = new.platform:meter(3).number
    local function look(at, gate) return { meter = number, at = "2025-07-09 " .. at, gate = gate } end
    new.platform.settings.on_request = looks { look("00:00:00", "合闸"), look("03:00:00", "合闸"),
      look("03:00:09", "跳闸") }
    new:run(function()
      local outcome = new:client():disconnect(new.platform:meter(3).device, { confirm = true })
      assert.same({ "confirmed", "disconnected" }, { outcome.state, outcome.reading.supply })
    end)
  end)

  it("is unconfirmed when the meter is offline, and says that it is", function()
    world.run({}, function(new)
      local meter = new.platform:meter(3)
      new.platform:set_gate(meter.device, "connected")
      new.platform:set_online(meter.device, false)
      local outcome = assert(new:client():disconnect(meter.device, { confirm = true }))
      assert.same({ "unconfirmed", false, "yes" }, { outcome.state, outcome.online, outcome.executed })
      assert.is_near(120, new:now(), 0.1)
      assert.equal(1, executions(new))
    end)
  end)

  it("keeps its deadline", function()
    world.run({ command_delay = 1000, latency = 0.7 }, function(new)
      local outcome = assert(new:client():disconnect(new.platform:meter(3).device, { confirm = true, deadline = 20 }))
      assert.equal("unconfirmed", outcome.state)
      assert.is_near(20, new:now(), 0.05)
    end)
  end)

  it("says why the state could not be read", function()
    local broken = { faults = { html = { rate = 1, endpoints = { "latest_readings" } } } }
    world.run(broken, function(new)
      local options = { confirm = true, deadline = 60 }
      local outcome = assert(new:client { retries = 0 }:disconnect(new.platform:meter(3).device, options))
      assert.same({ "unconfirmed", "protocol" }, { outcome.state, outcome.error.kind })
    end)
  end)

  it("to an unknown device sends nothing", function()
    world.run({}, function(new)
      local outcome, err = new:client():disconnect("nobody", { confirm = true })
      assert.same({ nil, "not_found", "no" }, { outcome, err.kind, err.executed })
      assert.equal(0, world.count(new, "instruct"))
    end)
  end)

  it("and the meter's number needs no meter list", function()
    world.run({}, function(new)
      local meter = new.platform:meter(3)
      local outcome = assert(new:client():disconnect(meter.device, { confirm = true, meter = meter.number }))
      assert.same({ "confirmed", 0 }, { outcome.state, world.count(new, "meters") })
    end)
  end)
end)

describe("a command under faults", function()
  for _, fault in ipairs { "drop_before", "drop_after", "502", "html", "truncate", "1001", "stall" } do
    it(("of kind %s is sent once, and its outcome is unknown"):format(fault), function()
      world.run({ faults = { [fault] = { rate = 1, endpoints = { "instruct" } } } }, function(new)
        local outcome, err = new:client():disconnect(new.platform:meter(3).device)
        assert.same({ nil, "unknown_outcome", "maybe", false }, { outcome, err.kind, err.executed, err.retryable })
        new:sleep(600)
        assert.equal(1, world.count(new, "instruct"))
      end)
    end)
  end

  for _, rate in ipairs { 0.1, 0.4 } do
    it(("of every kind (%g each) is executed at most once, and says so rightly"):format(rate), function()
      for seed = 1, 10 do
        local faults = {}
        for _, fault in ipairs { "drop_before", "drop_after", "502", "html", "truncate", "1001", "1011", "stall" } do
          faults[fault] = rate / 4
        end
        world.run({ seed = seed, faults = faults, token_life = 20 }, function(new)
          local client = new:client()
          for place = 1, 20 do
            local device = new.platform:meter(place).device
            local outcome, err = client:disconnect(device)
            local executed = executions(new, device)
            assert.is_true(executed <= 1)
            if outcome then assert.equal(1, executed) end
            if err and err.executed == "no" then assert.equal(0, executed) end
            if err and err.executed ~= "no" then assert.equal("unknown_outcome", err.kind) end
          end
        end)
      end
    end)
  end

  for _, code in ipairs { 1006, 1007, 1011 } do
    it(("%d is repeated, and executed once"):format(code), function()
      world.run({ on_request = world.script("meterInstruct", { { code = code } }) }, function(new)
        local outcome = assert(new:client():disconnect(new.platform:meter(3).device))
        assert.equal("accepted", outcome.state)
        assert.same({ 2, 1 }, { world.count(new, "instruct"), executions(new) })
      end)
    end)
  end

  it("is repeated when the transport knows that nothing has left", function()
    world.run({}, function(new)
      local inner, refused = new:transport(), 0
      local client = new:client { transport = function(request)
        if request.command and refused < 2 then
          refused = refused + 1
          return nil, { kind = "network", message = "connection refused", executed = "no" }
        end
        return inner(request)
      end }
      assert.equal("accepted", assert(client:disconnect(new.platform:meter(3).device)).state)
      assert.same({ 2, 1 }, { refused, executions(new) })
    end)
  end)

  it("is not repeated when the transport says nothing about it", function()
    world.run({}, function(new)
      local inner = new:transport()
      local client = new:client { transport = function(request)
        if request.command then return nil, "something broke" end
        return inner(request)
      end }
      local _, err = client:disconnect(new.platform:meter(3).device)
      assert.same({ "unknown_outcome", "maybe" }, { err.kind, err.executed })
      assert.matches("something broke", err.message, 1, true)
    end)
  end)

  it("past its deadline in flight has an unknown outcome, before it none was sent", function()
    world.run({ latency = 5 }, function(new)
      local client, device = new:client(), new.platform:meter(3).device
      client:login()
      local _, err = client:disconnect(device, { deadline = 2 })
      assert.same({ "unknown_outcome", "maybe" }, { err.kind, err.executed })
      local _, second = client:disconnect(device, { deadline = 0.01 })
      assert.same({ "timeout", "no" }, { second.kind, second.executed })
      assert.equal(1, world.count(new, "instruct"))
    end)
  end)

  it("whose new login is refused was not executed", function()
    world.run({}, function(new)
      local client = new:client()
      client:login()
      new.platform:revoke_tokens()
      new.platform:set_password("another")
      local _, err = client:disconnect(new.platform:meter(3).device)
      assert.same({ "auth", 1005, "no" }, { err.kind, err.code, err.executed })
    end)
  end)

  it("is marked for the transport, and reads are not", function()
    world.run({}, function(new)
      local inner, marks = new:transport(), {}
      local client = new:client { transport = function(request)
        marks[#marks + 1] = request.url:match("[^/]+$") .. "=" .. tostring(request.command)
        return inner(request)
      end }
      imr.all { function() return client:disconnect(new.platform:meter(3).device, { confirm = true }) end }
      assert.same({ "login=nil", "meterList=nil", "readMeter=nil", "meterInstruct=true", "readMeter=nil" },
        { marks[1], marks[2], marks[3], marks[4], marks[5] })
    end)
  end)
end)
