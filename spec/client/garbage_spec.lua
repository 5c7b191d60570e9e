-- Nothing is kept alive: weak tables show that clients, cursors and worlds go when nobody has them any more.
local core = require "imr.core"
local imr = require "imr"
local world = require "support.world"

local function weak() return setmetatable({}, { __mode = "k" }) end

local function count(set)
  local number = 0
  for _ in pairs(set) do number = number + 1 end
  return number
end

-- Makes garbage in a function of its own, so that no register of the spec's keeps any of it.
local function left_after(make)
  local set = weak()
  local keep = make(set)
  world.collect_garbage()
  local left = count(set)
  return left, keep
end

describe("the default store", function()
  it("keeps the pace and the token when the last client goes, however the address is spelt", function()
    local sent, logins = {}, 0
    local function transport(request)
      if request.url:find("login", 1, true) then
        logins = logins + 1
        return 200, '{"code":200,"data":"a-token"}'
      end
      sent[#sent + 1] = core.now()
      return 200, '{"code":200,"data":{"tableNo":"1","deviceId":"1","reading":"5"}}'
    end
    for _, base_url in ipairs { "http://spelt.invalid", "HTTP://Spelt.invalid/", "http://spelt.invalid:80" } do
      local client = imr.new { username = "u", password = "pass", interval = 0.2, base_url = base_url,
        transport = transport }
      assert(client:latest_reading("1"))
      client = nil -- luacheck: ignore 311
      world.collect_garbage()
    end
    assert.equal(1, logins)
    assert.is_true(sent[2] - sent[1] >= 0.2 and sent[3] - sent[2] >= 0.2)
  end)
end)

describe("garbage:", function()
  for _, closing in ipairs { true, false } do
    local how = closing and "closed" or "abandoned"

    it(("a client %s after its listings"):format(how), function()
      assert.equal(0, (left_after(function(set)
        local new = world.new {}
        new:run(function()
          for _ = 1, 5 do
            local client = new:client { page_size = 5 }
            local cursor = client:meters()
            assert(cursor:collect())
            set[client], set[cursor] = true, true
            if closing then client:close() end
          end
        end)
        return new
      end)))
    end)

    it(("a client %s in mid-listing with pages ahead in flight"):format(how), function()
      assert.equal(0, (left_after(function(set)
        local new = world.new { latency = 5 }
        new:run(function()
          for _ = 1, 5 do
            local client = new:client { page_size = 2, prefetch = 4 }
            local cursor = client:meters()
            assert(cursor:next())
            set[client], set[cursor] = true, true
            if closing then client:close() end
          end
        end)
        return new
      end)))
    end)

    it(("a client %s while light threads run in it"):format(how), function()
      assert.equal(0, (left_after(function(set)
        local new = world.new { latency = 5 }
        new:run(function()
          local client = new:client()
          set[client] = true
          local thread = new.runtime:spawn(function() client:meters():collect() end)
          new:sleep(1)
          if closing then client:close() else new.runtime:kill(thread) end
          new:sleep(0) -- the thread hears of it when the loop turns
        end)
        return new
      end)))
    end)

    it(("a world %s with all its clients"):format(how), function()
      assert.equal(0, (left_after(function(set)
        for _ = 1, 5 do
          local new = world.new { latency = 3 }
          local client = new:client { page_size = 2 }
          local cursor = client:meters()
          cursor:next()
          set[new], set[client], set[cursor], set[new.runtime] = true, true, true, true
          if closing then client:close() end
        end
      end)))
    end)
  end

  it("a cursor abandoned in mid-listing, and what it asked for ahead is not sent", function()
    local new = world.new {}
    new:run(function()
      local client, set = new:client { page_size = 2, prefetch = 4 }, weak()
      ;(function()
        for _ = 1, 5 do
          local cursor = client:meters()
          assert(cursor:next())
          set[cursor] = true
        end
      end)()
      world.collect_garbage()
      new:sleep(0)
      world.collect_garbage()
      assert.equal(0, count(set))
      local requests = #new.platform.log
      new:sleep(100)
      assert.equal(requests, #new.platform.log)
    end)
  end)

  it("a cursor that was never read", function()
    assert.equal(0, (left_after(function(set)
      local client = world.new {}:client()
      for _, name in ipairs(world.listings) do set[world.open(client, name)] = true end
      return client
    end)))
  end)

  it("a cursor whose listing failed", function()
    assert.equal(0, (left_after(function(set)
      local new = world.new { faults = { html = { rate = 1, endpoints = { "meters" } } } }
      local client = new:client { retries = 1 }
      new:run(function()
        for _ = 1, 5 do
          local cursor = client:meters()
          assert.is_nil((cursor:collect()))
          set[cursor] = true
        end
      end)
      return client
    end)))
  end)

  it("rows that were handed out", function()
    assert.equal(0, (left_after(function(set)
      local new = world.new {}
      return new:run(function()
        local cursor = new:client { page_size = 5 }:meters()
        for _ = 1, 20 do set[cursor:next()] = true end
        cursor:collect()
        return cursor
      end)
    end)))
  end)

  it("light threads that have ended, and those that were cancelled", function()
    assert.equal(0, (left_after(function(set)
      local new = world.new {}
      new:run(function()
        pcall(imr.all, { function() new:sleep(1); error("stop") end, function()
          set[coroutine.running()] = true
          new:sleep(100)
        end, function() set[coroutine.running()] = true end })
      end)
      return new
    end)))
  end)

  -- How much more memory is in use after a hundred turns than after ten.
  local function growth(use)
    local jit = rawget(_G, "jit")
    if jit then -- its traces take memory too
      jit.off()
      jit.flush()
    end
    for _ = 1, 10 do use() end
    world.collect_garbage()
    local before = collectgarbage("count")
    for _ = 1, 100 do use() end
    world.collect_garbage()
    if jit then jit.on() end
    return collectgarbage("count") - before
  end

  it("memory stays where it is over a hundred clients", function()
    local new, store = world.new { keep_log = false }, imr.store.memory()
    local more = growth(function()
      new:run(function()
        local client = new:client { page_size = 5, store = store }
        client:meters():collect()
        client:readings(world.parameters("readings")):next()
      end)
    end)
    assert.is_true(more < 20, more)
  end)

  it("memory stays where it is over a hundred cursors of one client", function()
    local new = world.new { keep_log = false }
    local client = new:client { page_size = 5 }
    local more = growth(function()
      new:run(function()
        client:meters():collect()
        client:meters():next()
      end)
    end)
    assert.is_true(more < 10, more)
  end)
end)
