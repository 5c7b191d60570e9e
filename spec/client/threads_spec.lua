-- imr.run and imr.all: functions side by side.
local imr = require "imr"
local world = require "support.world"

local unpack = table.unpack or unpack

describe("imr.all", function()
  it("returns what comes behind nil by its index, and goes on", function()
    local results, errors = imr.all {
      function() return nil, "one" end, function() return 2, "not an error" end, function() return nil end,
      function() return false, "four" end,
    }
    assert.same({ nil, 2, nil, false }, { results[1], results[2], results[3], results[4] })
    assert.same({ "one" }, errors)
    assert.same({ {}, {} }, { imr.all {} })
  end)

  it("refuses a list with a hole instead of waiting for it", function()
    assert.has_error(function() require("imr").all { nil, function() end } end)
  end)
end)

describe("imr.run", function()
  it("returns what its function returns, nils included", function()
    world.run({}, function()
      local function pass(...) return ... end
      assert.same({ n = 3, [2] = 2 }, { n = select("#", imr.run(pass, nil, 2, nil)), imr.run(pass, nil, 2, nil) })
      assert.equal(0, select("#", imr.run(function() end)))
    end)
  end)

  it("raises the same object that its function raises", function()
    local problem = {}
    local fine, raised = pcall(imr.run, function() error(problem) end)
    assert.is_false(fine)
    assert.equal(problem, raised)
  end)

  it("can be nested", function()
    world.run({}, function(new)
      local value = imr.run(function()
        return imr.run(function()
          new:sleep(1)
          return imr.all { function() return imr.run(function() return "deep" end) end }[1]
        end)
      end)
      assert.same({ "deep", 1 }, { value, new:now() })
    end)
  end)

  it("works on real time too", function()
    assert.same({ 1, 2 }, imr.run(function() return imr.all { function() return 1 end, function() return 2 end } end))
  end)
end)

describe("imr.all", function()
  it("runs its functions side by side", function()
    world.run({}, function(new)
      imr.all { function() new:sleep(3) end, function() new:sleep(2) end, function() new:sleep(1) end }
      assert.equal(3, new:now())
    end)
  end)

  it("returns the first result of each, in order", function()
    world.run({}, function(new)
      local results = imr.all { function() new:sleep(3); return "a", "x" end, function() end,
        function() new:sleep(1); return "c" end }
      assert.same({ [1] = "a", [3] = "c" }, results)
    end)
  end)

  it("of nothing returns nothing", function()
    assert.same({}, imr.all {})
  end)

  it("takes a failure that is returned for a result", function()
    world.run({}, function(new)
      local client = new:client { password = "wrong" }
      local results = imr.all { function() return client:login() end, function() return 2 end }
      assert.same({ [2] = 2 }, results)
    end)
  end)

  for name, problem in pairs { text = "a text", table = { 1 }, boolean = false } do
    it(("raises the same %s that a function raised"):format(name), function()
      world.run({}, function()
        local fine, raised = pcall(imr.all, { function() error(problem, 0) end, function() end })
        assert.is_false(fine)
        assert.equal(problem, raised)
      end)
    end)
  end

  it("raises the client's own error object", function()
    world.run({}, function(new)
      local client = new:client { password = "wrong" }
      local fine, err = pcall(imr.all, { function()
        for _ in client:meters() do end -- luacheck: ignore 542
      end })
      assert.same({ false, "auth", 1005 }, { fine, err.kind, err.code })
    end)
  end)

  it("cancels the others at once when one raises", function()
    world.run({}, function(new)
      local done = {}
      local fine, raised = pcall(imr.all, {
        function() new:sleep(5); done[1] = true end,
        function() new:sleep(1); error("stop", 0) end,
        function() new:sleep(1); new:sleep(0); done[3] = true end,
      })
      assert.same({ false, "stop", 1 }, { fine, raised, new:now() })
      new:sleep(100)
      assert.same({}, done)
    end)
  end)

  it("cancels listings and logins under way, and nothing is sent afterwards", function()
    world.run({ latency = 3 }, function(new)
      local client, works = new:client { page_size = 5 }, {}
      for index, name in ipairs(world.listings) do
        works[index] = function() return (world.open(client, name):collect()) end
      end
      works[7] = function() new:sleep(8); error("stop", 0) end
      assert.is_false((pcall(imr.all, works)))
      local requests = #new.platform.log
      new:sleep(100)
      assert.equal(requests, #new.platform.log)
    end)
  end)

  it("cancels a transport that waits", function()
    world.run({}, function(new)
      local went_on
      local client = new:client { transport = function()
        new:sleep(5)
        went_on = true
      end }
      pcall(imr.all, { function() return client:login() end, function() new:sleep(1); error("stop", 0) end })
      new:sleep(100)
      assert.is_nil(went_on)
    end)
  end)

  it("that cancelled a login lets the next caller log in", function()
    world.run({ latency = 3 }, function(new)
      local client = new:client()
      pcall(imr.all, { function() return client:login() end, function() new:sleep(1); error("stop", 0) end })
      local began = new:now()
      assert.is_true(client:login())
      assert.is_true(new:now() - began < 3.2)
    end)
  end)

  it("that cancelled a wait for a slot gives the slot back", function()
    world.run({}, function(new)
      local client = new:client()
      assert(client:meters():collect())
      pcall(imr.all, { function() return client:meters():collect() end, function() new:sleep(1); error("stop", 0) end })
      assert(client:meters():collect())
      local entries = world.entries(new, "meters")
      assert.is_near(2.05, entries[2].time - entries[1].time, 0.01)
    end)
  end)

  it("can be nested, and an error goes through all of it", function()
    world.run({}, function(new)
      local done
      local fine, raised = pcall(imr.all, {
        function()
          return imr.all { function() new:sleep(9); done = true end, function() new:sleep(1); error("inner", 0) end }
        end,
        function() new:sleep(9); done = true end,
      })
      assert.same({ false, "inner", 1 }, { fine, raised, new:now() })
      new:sleep(20)
      assert.is_nil(done)
    end)
  end)

  it("that is cancelled cancels its own functions", function()
    world.run({}, function(new)
      local done
      pcall(imr.all, { function() return imr.all { function() new:sleep(5); done = true end } end,
        function() new:sleep(1); error("outer", 0) end })
      new:sleep(20)
      assert.is_nil(done)
    end)
  end)

  it("works outside of imr.run, on this thread", function()
    local new = world.new {}
    local client, works = new:client(), {}
    for index, name in ipairs(world.listings) do
      works[index] = function() return #world.open(client, name):collect() end
    end
    local before = require("imr.runtime").replace(new.runtime)
    local fine, results = pcall(imr.all, works)
    require("imr.runtime").replace(before)
    assert(fine, results)
    assert.equal(6, #results)
    assert.is_true(new:now() < 1)
  end)

  it("leaves a world's clock behind, also after a wait that nothing could end", function()
    local new = world.new {}
    local fine, problem = pcall(new.run, new, function() new.runtime:event():wait() end)
    local after = require("imr.runtime").replace(nil)
    assert.is_false(fine)
    assert.matches("deadlock", problem)
    assert.is_nil(after)
  end)

  it("takes six listings in the time of the longest", function()
    world.run({}, function(new)
      local client, works, longest = new:client { page_size = 5 }, {}, 0
      for index, name in ipairs(world.listings) do
        works[index] = function()
          local cursor = world.open(client, name)
          cursor:collect()
          longest = math.max(longest, cursor.report.pages)
        end
      end
      imr.all(works)
      assert.is_true(new:now() < longest * 2.05 + 0.2)
    end)
  end)
end)

describe("a plain call", function()
  it("outside of imr.run just blocks", function()
    local new = world.new {}
    local client = new:client { page_size = 5 }
    assert.same(world.truth({}, "meters"), world.keys(client:meters():collect()))
    assert.is_true(new:now() > 8)
  end)

  it("inside somebody else's coroutine never yields through it", function()
    for _, inside in ipairs { false, true } do
      local new = world.new { latency = 3 }
      local client = new:client { page_size = 5 }
      local function body()
        local foreign = coroutine.create(function()
          local rows = assert(client:meters():collect())
          coroutine.yield("mine")
          return #rows
        end)
        local first, second = { coroutine.resume(foreign) }, { coroutine.resume(foreign) }
        assert.same({ { true, "mine" }, { true, 23 } }, { first, second })
      end
      if inside then new:run(body) else body() end
    end
  end)

  it("in a generator of the caller's gives its rows", function()
    world.run({}, function(new)
      local client = new:client { page_size = 5 }
      local rows = {}
      for row in coroutine.wrap(function()
        for row in client:meters() do coroutine.yield(row) end
      end) do rows[#rows + 1] = row end
      assert.same(world.truth({}, "meters"), world.keys(rows))
    end)
  end)

  it("below a function of C's that calls back works", function()
    world.run({}, function(new)
      local client, counts = new:client(), {}
      table.sort({ 3, 1, 2 }, function(a, b)
        counts[#counts + 1] = #assert(client:meters():collect())
        return a < b
      end)
      for _, count in ipairs(counts) do assert.equal(23, count) end
      assert.is_true(#counts >= 2)
    end)
  end)

  it("below pcall lets other light threads go on", function()
    world.run({}, function(new)
      local client, order = new:client(), {}
      imr.all {
        function()
          assert(pcall(function() assert(client:login()) end))
          order[#order + 1] = "login"
        end,
        function()
          new:sleep(0.01)
          order[#order + 1] = "sleep"
        end,
      }
      assert.same({ "sleep", "login" }, order)
    end)
  end)
end)

describe("a world", function()
  it("passes results and errors of its function on", function()
    local new = world.new {}
    assert.same({ 1, nil, 3 }, { new:run(function(...) return ... end, 1, nil, 3) })
    local problem = {}
    local fine, raised = pcall(new.run, new, function() error(problem) end)
    assert.same({ false, true }, { fine, raised == problem })
  end)

  it("gives the runtime back that was there before", function()
    local runtime = require "imr.runtime"
    local before = runtime.current()
    pcall(world.run, {}, function() error("x") end)
    assert.equal(before, runtime.current())
    assert.is_true(unpack == (table.unpack or unpack))
  end)
end)
