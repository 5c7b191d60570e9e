-- Listings that are left before their end, in plain Lua: nothing of them goes on, and a cursor outlives its callers.
local imr = require "imr"
local world = require "support.world"

local function count_timers(new) return new.runtime.timers.size end

-- How a listing is left; each is called with a client and its world.
local ways = {
  ["by break"] = function(client)
    for _ in client:meters() do break end -- luacheck: ignore 512
  end,
  ["by an error"] = function(client)
    pcall(function()
      for _ in client:meters() do error("enough") end
    end)
  end,
  ["by next() once"] = function(client) assert(client:meters():next()) end,
  ["by pages() once"] = function(client) assert(client:meters():pages()()) end,
  ["by imr.all that raises"] = function(client, new)
    pcall(imr.all, {
      function() for _ in client:meters() do new:sleep(0.1) end end,
      function() new:sleep(3); error("enough", 0) end,
    })
  end,
  ["by a generator that is dropped"] = function(client)
    coroutine.wrap(function()
      for row in client:meters() do coroutine.yield(row) end
    end)()
  end,
}

describe("300 listings left", function()
  for name, leave in pairs(ways) do
    for where, inside in pairs { ["in a light thread"] = true, ["outside of one"] = false } do
      it(("%s, %s, leave nothing behind"):format(name, where), function()
        local new = world.new { latency = 3 }
        local client = new:client { page_size = 2, prefetch = 4 }
        local function some(count)
          for _ = 1, count do leave(client, new) end
          world.collect_garbage()
          new:sleep(0.01)
          world.collect_garbage()
        end
        local function run(...)
          if inside then new:run(some, ...) else some(...) end
        end
        run(30)
        local memory = collectgarbage "count"
        run(270)
        assert.equal(0, count_timers(new))
        assert.equal(0, new.runtime.ready.count)
        new.platform.log = {}
        collectgarbage()
        new:sleep(60)
        assert.equal(0, #new.platform.log)
        assert.is_true(collectgarbage "count" < memory + 512, collectgarbage "count" - memory)
      end)
    end
  end
end)

describe("a cursor whose reader is cancelled in the middle of next()", function()
  it("can be read by another", function()
    world.run({ latency = 3 }, function(new)
      local cursor = new:client({ page_size = 5 }):meters()
      pcall(imr.all, { function() cursor:next() end, function() new:sleep(1); error("enough") end })
      assert.equal(23, #assert(cursor:collect()))
      assert.is_true(cursor.report.complete)
    end)
  end)

  it("goes on for others who wait for the same page", function()
    world.run({ latency = 3 }, function(new)
      local client = new:client { page_size = 5 }
      assert(client:login())
      local cursor, rows = client:meters(), nil
      local other = new.runtime:spawn(function() rows = assert(cursor:collect()) end)
      pcall(imr.all, { function() cursor:next() end, function() new:sleep(1); error("enough") end })
      assert.is_true((new.runtime:join(other)))
      assert.equal(23, #rows)
      assert.equal(5, world.count(new, "meters"))
    end)
  end)
end)
