-- A call of the client from one of the caller's own functions is answered at once: refused where it would wait for
-- itself, done where it need not.
local imr = require "imr"
local world = require "support.world"

-- What a call inside on_event came to, at each event; all of them took no time.
local function calls_inside(call, run)
  return world.run({}, function(new)
    local found, client = {}, nil
    client = new:client { on_event = function(event)
      local before = new:now()
      local result, err = call(client, new)
      found[#found + 1] = { event.type, result, err, new:now() - before }
    end }
    local result, err = run(client, new)
    return { found = found, result = result, err = err, now = new:now(), logins = world.count(new, "login") }
  end)
end

local function list(client) return client:meters():collect() end
local function login(client) return client:login() end
local function disconnect(client, new) return client:disconnect(new.platform:meter(1).device) end

local calls = {
  listing = list, login = login, command = disconnect,
  ["listing in a coroutine"] = function(client) return coroutine.wrap(list)(client) end,
}

describe("inside on_event", function()
  for name, call in pairs(calls) do
    for around, run in pairs { listing = list, login = login, command = disconnect } do
      it(("a %s is refused at once, during a %s"):format(name, around), function()
        local seen = calls_inside(call, run)
        assert.truthy(seen.result, tostring(seen.err))
        assert.is_true(#seen.found >= 1)
        for _, entry in ipairs(seen.found) do
          assert.same({ "request", "phase", "no", 0 }, { entry[1], entry[3].kind, entry[3].executed, entry[4] })
          assert.is_nil(entry[2])
          assert.matches("cannot be called from inside on_event", entry[3].message, 1, true)
        end
        assert.equal(1, seen.logins)
        assert.is_true(seen.now < 5)
      end)
    end
  end

  it("the cursor whose page it is about is refused too", function()
    world.run({}, function(new)
      local cursor, err
      local client = new:client { on_event = function(event)
        if event.endpoint == "meters" then err = select(2, cursor:next()) end
      end }
      cursor = client:meters()
      assert.equal(23, #assert(cursor:collect()))
      assert.equal("phase", err.kind)
    end)
  end)

  it("another client, and what waits for nothing, can be called", function()
    world.run({}, function(new)
      local other, client, rows, stats = new:client {}, nil, nil, nil
      client = new:client { on_event = function()
        rows = rows or other:meters():collect()
        stats = client:stats()
      end }
      assert(client:login())
      assert.equal(23, #rows)
      assert.equal(1, stats.logins)
    end)
  end)

  it("others go on meanwhile, and so does the client afterwards", function()
    world.run({}, function(new)
      local held = true
      local client = new:client { on_event = function()
        if held then held = false; new:sleep(30) end
      end }
      local results = imr.all { login = nil, function() return client:login() end, function()
        new:sleep(40)
        return client:meters():collect()
      end }
      assert.equal(23, #results[2])
    end)
  end)
end)

describe("inside a transport", function()
  it("a call is refused at once", function()
    world.run({}, function(new)
      local inner, client, err = new:transport(), nil, nil
      client = new:client { transport = function(request)
        err = err or select(2, client:meters():collect())
        return inner(request)
      end }
      assert.equal(23, #assert(client:meters():collect()))
      assert.equal("phase", err.kind)
      assert.is_true(new:now() < 5)
    end)
  end)
end)

describe("inside before_send", function()
  it("the client can be asked for a reading", function()
    world.run({}, function(new)
      local client, meter, reading = new:client {}, new.platform:meter(1), nil
      assert(client:disconnect(meter.device, { before_send = function()
        reading = assert(client:latest_reading(meter.number))
        return true
      end }))
      assert.equal(meter.number, reading.meter_no)
      assert.is_true(new:now() < 5)
    end)
  end)
end)
