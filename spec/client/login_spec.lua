-- The login itself: single flight, its failures, and the encoding it finds out.
local core = require "imr.core"
local imr = require "imr"
local world = require "support.world"

local function many(count, fn)
  local works = {}
  for index = 1, count do works[index] = function() return fn(index) end end
  return imr.all(works)
end

describe("a login", function()
  it("is one for fifty light threads", function()
    world.run({ latency = 2 }, function(new)
      local client = new:client()
      local results = many(50, function() return client:login() end)
      for index = 1, 50 do assert.is_true(results[index]) end
      assert.equal(1, world.count(new, "login"))
      assert.is_true(new:now() < 2.3)
    end)
  end)

  it("is one for fifty clients of a store", function()
    world.run({ latency = 2 }, function(new)
      local store = imr.store.memory()
      many(50, function() return assert(new:client { store = store }:login()) end)
      assert.equal(1, world.count(new, "login"))
    end)
  end)

  it("is one at the end of a token too", function()
    world.run({ latency = 1 }, function(new)
      local client = new:client()
      client:login()
      new.platform:revoke_tokens()
      many(6, function(index) return assert(world.open(client, world.listings[index]):next()) end)
      assert.equal(2, world.count(new, "login"))
    end)
  end)

  it("is one where the store takes its time over the lock", function()
    world.run({ latency = 1 }, function(new)
      local slow, inner = {}, imr.store.memory()
      for name, method in pairs(inner) do slow[name] = function(_, ...) return method(inner, ...) end end
      function slow:lock(...)
        new:sleep(math.random())
        return inner:lock(...)
      end
      many(20, function() return assert(new:client { store = slow }:login()) end)
      assert.equal(1, world.count(new, "login"))
    end)
  end)

  it("is one for two clients whose sessions exclude each other", function()
    world.run({ single_session = true }, function(new)
      local store = imr.store.memory()
      for _ = 1, 10 do
        assert(new:client { store = store }:meters():collect())
        assert(new:client { store = store }:readings(world.parameters("readings")):collect())
      end
      assert.equal(1, world.count(new, "login"))
    end)
  end)

  -- A process that is stopped for long in the middle of a login loses the lock, and another logs in.
  local late = { fails = { 502, "bad gateway" }, succeeds = { 200, '{"code":200,"data":"mine"}' } }
  for name, answer in pairs(late) do
    it("that " .. name .. " after its lock went to others leaves theirs alone", function()
      local store, lost, key = imr.store.memory(), false, nil
      local inner = store.lock
      function store:lock(name_, now, ttl, owner)
        key = name_
        if lost and owner then return nil end
        return inner(self, name_, now, ttl, owner)
      end
      local client = assert(imr.new { username = "u", password = "a-password", store = store, interval = 0,
        on_event = function() end, transport = function(request)
          if not request.url:find("login", 1, true) then return 200, '{"code":200,"data":[]}' end
          lost = true
          store:put_token(key, { token = "theirs", id = "1", obtained = core.now(), encoding = "form" })
          return answer[1], answer[2]
        end })
      assert(client:login())
      assert.equal(1, client:stats().logins)
      local record = store:get_token(key)
      assert.same({ "theirs" }, { record.token, record.failure })
    end)
  end

  it("of a stranger who revokes ours costs one more each time, and no row", function()
    world.run({ single_session = true }, function(new)
      local ours = new:client { page_size = 4 }
      local stranger = new:client { store = imr.store.memory() }
      local rows, cursor = {}, ours:meters()
      for row in cursor do
        rows[#rows + 1] = row
        if #rows == 8 then stranger:login() end
      end
      assert.same(world.truth({}, "meters"), world.keys(rows))
      assert.equal(3, world.count(new, "login"))
    end)
  end)

  it("is never paced", function()
    world.run({}, function(new)
      for _ = 1, 3 do assert(new:client():login()) end
      assert.is_true(new:now() < 0.2)
    end)
  end)

  it("is not repeated while there is a good token", function()
    world.run({}, function(new)
      local client = new:client()
      for _ = 1, 3 do assert.is_true(client:login()) end
      assert.equal(1, world.count(new, "login"))
    end)
  end)
end)

describe("a login that fails", function()
  local broken = { faults = { ["502"] = { rate = 1, endpoints = { "login" } } } }

  it("is shared by all who wait for it", function()
    world.run(broken, function(new)
      local client = new:client { retries = 2 }
      local errors = many(20, function() return select(2, client:login()) end)
      assert.equal(20, #errors)
      for _, err in ipairs(errors) do
        assert.same({ "http", "login", true }, { err.kind, err.endpoint, err.retryable })
      end
      assert.equal(3, world.count(new, "login"))
    end)
  end)

  it("is tried again by later calls, each after a longer pause", function()
    world.run(broken, function(new)
      local client = new:client { retries = 0 }
      for _ = 1, 9 do client:login() end
      local entries = world.entries(new, "login")
      assert.equal(9, #entries)
      for index, least in ipairs { 1, 2, 4, 8, 16, 30, 30, 30 } do
        assert.is_near(least, entries[index + 1].time - entries[index].time, 0.2)
      end
    end)
  end)

  it("is not waited for beyond the deadline", function()
    world.run(broken, function(new)
      local client = new:client { retries = 0 }
      for _ = 1, 6 do client:login() end
      local began = new:now()
      local done, err = client:login { deadline = 5 }
      assert.same({ nil, "timeout" }, { done, err.kind })
      assert.is_true(err.retry_after > 20 and new:now() - began <= 5.05)
    end)
  end)

  it("is forgotten once one succeeds", function()
    local failing = { { code = 1001 }, { code = 1001 } }
    world.run({ on_request = world.script("login", failing) }, function(new)
      local client = new:client { retries = 0 }
      assert.is_nil((client:login()))
      assert.is_nil((client:login()))
      assert.is_true(client:login())
      assert(client:meters():collect())
    end)
  end)

  for name, time in pairs { ["years ahead"] = 1e9, ["for ever"] = math.huge, ["no number"] = 0 / 0 } do
    it("is left out of account when a damaged store dates it " .. name, function()
      world.run({}, function(new)
        local store = imr.store.memory()
        local record = { failure = { kind = "network", message = "x", backoff = 1, at = time, retry_at = time } }
        function store.get_token() return record end
        function store:put_token(_, value) record = value return true end
        assert.is_true(new:client({ store = store }):login { deadline = 5 })
        assert.truthy(record.token)
      end)
    end)
  end

  it("passes by itself within the retries", function()
    local failing = { { status = 502, body = "x" }, { fault = "drop_before", body = "" }, { code = 1001 } }
    world.run({ on_request = world.script("login", failing) }, function(new)
      assert.is_true(new:client():login())
    end)
  end)

  it("because the answer holds no token says so", function()
    for _, data in ipairs { "", {} } do
      world.run({ on_request = function() return { code = 200, data = data } end }, function(new)
        local done, err = new:client { retries = 1 }:login()
        assert.same({ nil, "protocol", "login" }, { done, err.kind, err.endpoint })
        assert.matches("no token", err.message, 1, true)
      end)
    end
  end)
end)

describe("the encoding", function()
  local function encodings(new)
    local list = {}
    for _, entry in ipairs(new.platform.log) do list[#list + 1] = entry.endpoint .. " " .. entry.encoding end
    return list
  end

  it("is json by default where that is understood", function()
    world.run({}, function(new)
      assert(new:client():meters():collect())
      assert.same({ "login json", "meters json" }, encodings(new))
    end)
  end)

  it("is found out with one more login on a platform that wants forms", function()
    world.run({ encoding = "form" }, function(new)
      local client = new:client()
      assert(client:meters():collect())
      assert(client:readings(world.parameters("readings")):collect())
      assert.same({ "login json", "login form", "meters form", "readings form" }, encodings(new))
    end)
  end)

  it("is remembered in the store for another client, and for the next login", function()
    world.run({ encoding = "form" }, function(new)
      local store = imr.store.memory()
      new:client { store = store }:login()
      new.platform:revoke_tokens()
      assert(new:client { store = store }:meters():collect())
      assert.same({ "login json", "login form", "meters form", "login form", "meters form" }, encodings(new))
    end)
  end)

  it("is found out again when the platform changes", function()
    local new = world.new { encoding = "form" }
    new:run(function()
      local client = new:client()
      client:login()
      new.platform.settings.encoding = "json"
      new.platform:revoke_tokens()
      new:sleep(7200)
      assert(client:meters():collect())
      assert.same({ "login json", "login form", "login form", "login json", "meters json" }, encodings(new))
    end)
  end)

  for _, encoding in ipairs { "json", "form" } do
    it(("is not probed when it is said to be %s"):format(encoding), function()
      world.run({ encoding = encoding == "json" and "form" or "json" }, function(new)
        local done, err = new:client { encoding = encoding, retries = 0 }:login()
        assert.same({ nil, "request", 1008 }, { done, err.kind, err.code })
        assert.same({ "login " .. encoding }, encodings(new))
      end)
    end)

    it(("%s carries every parameter"):format(encoding), function()
      world.run({ encoding = encoding }, function(new)
        local client = new:client { encoding = encoding, page_size = 4 }
        for _, name in ipairs(world.listings) do
          assert.same(world.truth({}, name), world.keys((world.open(client, name):collect())))
        end
      end)
    end)
  end

  it("is never probed with anything but the login", function()
    world.run({ on_request = world.script("meterList", { { code = 1008 } }) }, function(new)
      local _, err = new:client { prefetch = 0 }:meters():collect()
      assert.same({ "request", 1008, false, "no" }, { err.kind, err.code, err.retryable, err.executed })
      assert.equal(2, #new.platform.log)
    end)
  end)

  it("survives passwords of any bytes", function()
    local password = "p&=+% \"\\/密码"
    for _, encoding in ipairs { "json", "form" } do
      world.run({ password = password, encoding = encoding }, function(new)
        assert.is_true(new:client { encoding = encoding }:login())
      end)
    end
  end)
end)
