-- The token: one login for everybody, no row lost when it ends, no second try with a wrong password.
local imr = require "imr"
local world = require "support.world"

local function many(count, fn)
  local works = {}
  for index = 1, count do works[index] = function() return fn(index) end end
  return imr.all(works)
end

local function after(number, path, change)
  local asked = 0
  return function(request)
    asked = asked + (request.path:find(path, 1, true) and 1 or 0)
    if asked == number then
      asked = math.huge
      change()
    end
  end
end

describe("a token that is refused in mid-listing", function()
  for method, code in pairs { expire_tokens = 1007, revoke_tokens = 1006 } do
    for latency = 0, 5, 5 do
      it(("with %d costs one login and no row (latency %d)"):format(code, latency), function()
        local new
        new = world.new { latency = latency, on_request = after(3, "meterList", function()
          new.platform[method](new.platform)
        end) }
        new:run(function()
          local client = new:client { page_size = 4 }
          local cursor = client:meters()
          assert.same(world.truth({}, "meters"), world.keys(cursor:collect()))
          assert.same({ true, 2 }, { cursor.report.complete, client:stats().logins })
          assert.same({ 2, 2 }, { world.count(new, "login"), world.count(new, "login", 200) })
          assert.is_true(world.count(new, "meters", code) >= 1)
        end)
      end)
    end
  end

  it("costs one login for six listings side by side", function()
    local new
    new = world.new { latency = 1, on_request = after(4, "readMeterList", function() new.platform:revoke_tokens() end) }
    new:run(function()
      local client, works = new:client { page_size = 5 }, {}
      for index, name in ipairs(world.listings) do
        works[index] = function() return world.keys((world.open(client, name):collect())) end
      end
      local results = imr.all(works)
      for index, name in ipairs(world.listings) do assert.same(world.truth({}, name), results[index]) end
      assert.equal(2, world.count(new, "login"))
    end)
  end)

  it("again after the new login is an error, not a loop", function()
    world.run({ on_request = function(request)
      if request.path:find("meterList", 1, true) then return { code = 1006 } end
    end }, function(new)
      local rows, err = new:client():meters():collect()
      assert.is_nil(rows)
      assert.same({ "token", 1006, true, "no" }, { err.kind, err.code, err.retryable, err.executed })
      assert.equal(2, world.count(new, "login"))
    end)
  end)
end)

describe("a token's two hours", function()
  it("never run out in a long listing", function()
    world.run({ meters = 4000 }, function(new)
      local client = new:client { page_size = 1, prefetch = 1 }
      assert.equal(4000, #client:meters():collect())
      assert.is_true(new:now() > 2 * 3600)
      assert.equal(0, world.count(new, "meters", 1007))
      assert.equal(2, world.count(new, "login"))
    end)
  end)

  it("are used until shortly before their end", function()
    world.run({}, function(new)
      local client = new:client()
      client:login()
      new:sleep(6600)
      assert.is_true(client:login())
      assert.equal(1, world.count(new, "login"))
      new:sleep(590)
      assert(client:latest_reading(new.platform:meter(1).number))
      assert.equal(2, world.count(new, "login"))
      assert.equal(0, world.count(new, "latest_readings", 1007))
    end)
  end)

  it("show as token_age", function()
    world.run({}, function(new)
      local client = new:client()
      assert.is_nil(client:stats().token_age)
      client:login()
      new:sleep(100)
      assert.is_near(100, client:stats().token_age, 0.1)
      new:sleep(7200)
      assert.is_nil(client:stats().token_age)
    end)
  end)
end)

describe("a refused account", function()
  local cases = { { 1005, { password = "wrong" } }, { 1002, { username = "nobody" } } }
  for _, case in ipairs(cases) do
    local code, options = case[1], case[2]

    it(("(%d) is tried once by fifty light threads, which get the same error"):format(code), function()
      world.run({ latency = 1 }, function(new)
        local client = new:client(options)
        local errors = many(50, function(index)
          if index % 2 == 0 then return select(2, client:login()) end
          return select(2, client:meters():collect())
        end)
        assert.equal(50, #errors)
        for _, err in ipairs(errors) do
          assert.same({ "auth", code, false, "no", "login" },
            { err.kind, err.code, err.retryable, err.executed, err.endpoint })
        end
        assert.equal(1, world.count(new, "login"))
        assert.equal(1, #new.platform.log)
      end)
    end)

    it(("(%d) is not tried again by later calls, which fail at once"):format(code), function()
      world.run({}, function(new)
        local client = new:client(options)
        client:login()
        for _ = 1, 5 do
          new:sleep(3600)
          local began = new:now()
          local done, err = client:disconnect("1")
          assert.same({ nil, "auth", code, began }, { done, err.kind, err.code, new:now() })
        end
        assert.equal(1, #new.platform.log)
      end)
    end)

    it(("(%d) is not tried again by another client of the store"):format(code), function()
      world.run({}, function(new)
        local given = { store = imr.store.memory() }
        for name, value in pairs(options) do given[name] = value end
        new:client(given):login()
        local _, err = new:client(given):login()
        assert.same({ "auth", code }, { err.kind, err.code })
        assert.equal(1, world.count(new, "login"))
      end)
    end)
  end

  it("is tried again with another password", function()
    world.run({}, function(new)
      local store = imr.store.memory()
      assert.is_nil((new:client { store = store, password = "wrong" }:login()))
      assert.is_true(new:client { store = store }:login())
      assert.same({ 1, 1 }, { world.count(new, "login", 1005), world.count(new, "login", 200) })
    end)
  end)

  it("does not take another client's good token away", function()
    world.run({}, function(new)
      local store = imr.store.memory()
      local good = new:client { store = store }
      assert(good:login())
      local bad, err = new:client { store = store, password = "wrong" }:login()
      assert.same({ nil, "auth" }, { bad, err and err.kind })
      assert.is_true(good:login())
      assert.equal(1, world.count(new, "login", 200))
    end)
  end)

  it("in mid-listing ends the listing with what is missing", function()
    local new
    new = world.new { on_request = after(3, "meterList", function()
      new.platform:revoke_tokens()
      new.platform:set_password("another")
    end) }
    new:run(function()
      local rows, err, before = new:client { page_size = 5 }:meters():collect()
      assert.same({ nil, "auth", 1005, 10 }, { rows, err.kind, err.code, #before })
      assert.matches("10 rows of 23 were delivered", err.message, 1, true)
    end)
  end)
end)
