-- How a listing is paged: prefetching, slots, and the ways to read a cursor.
local imr = require "imr"
local world = require "support.world"

local quiet = function() end

local function gaps(entries)
  local list = {}
  for index = 2, #entries do list[index - 1] = entries[index].time - entries[index - 1].time end
  return list
end

describe("a cursor that several light threads read", function()
  it("gives each row once, to one of them", function()
    world.run({ meters = 40 }, function(new)
      local cursor, seen, count = new:client({ page_size = 10 }):meters(), {}, 0
      local function read()
        for row in cursor do
          assert.is_nil(seen[row.meter_no])
          seen[row.meter_no], count = true, count + 1
          new:sleep(0.1)
        end
      end
      imr.all { read, read, read }
      assert.same({ 40, 40, true }, { count, cursor.report.rows, cursor.report.complete })
    end)
  end)
end)

describe("prefetching", function()
  for prefetch = 0, 4 do
    it(("of %d loses and doubles nothing"):format(prefetch), function()
      for _, latency in ipairs { 0, 1.5, 3, 9 } do
        world.run({ latency = latency }, function(new)
          local cursor = new:client { page_size = 4, prefetch = prefetch, interval = 2 }:readings(
            world.parameters("readings"))
          assert.same(world.truth({}, "readings"), world.keys(cursor:collect()))
          assert.same({ true, 0 }, { cursor.report.complete, cursor.report.duplicates })
        end)
      end
    end)

    it(("of %d asks for no page after the end"):format(prefetch), function()
      for _, latency in ipairs { 0, 1.5 } do
        world.run({ latency = latency }, function(new)
          new:client { page_size = 5, prefetch = prefetch }:meters():collect()
          new:sleep(60)
          assert.equal(5, world.count(new, "meters"))
        end)
      end
    end)

    it(("of %d sends nobody too soon"):format(prefetch), function()
      world.run({ latency = 3, jitter = 2 }, function(new)
        new:client { page_size = 2, prefetch = prefetch }:meters():collect()
        assert.equal(0, world.count(new, "meters", 1011))
        for _, gap in ipairs(gaps(world.entries(new, "meters"))) do assert.is_true(gap >= 2) end
      end)
    end)
  end

  it("keeps a page in every slot while the server is slower than the pace", function()
    world.run({ latency = 5 }, function(new)
      local client = new:client { page_size = 2, prefetch = 2 }
      client:login()
      local began = new:now()
      client:meters():collect()
      local list = gaps(world.entries(new, "meters"))
      assert.equal(11, #list)
      assert.is_near(5.04, list[1] + list[2], 0.06) -- the third leaves when the first has come
      table.remove(list, 2)
      for _, gap in ipairs(list) do assert.is_near(2.05, gap, 0.06) end
      assert.is_true(new:now() - began < 5.1 + 9 * 2.1 + 5 + 0.2)
    end)
  end)

  it("has at most so many pages ahead in flight", function()
    world.run({ latency = 50 }, function(new)
      local cursor = new:client { page_size = 2, prefetch = 3, timeout = 100 }:meters()
      for number = 1, 5 do assert.truthy(cursor:next(), number) end -- the third page's first row
      assert.equal(6, world.count(new, "meters"))
    end)
  end)

  for _, case in ipairs { { interval = 2, ahead = 1, later = 7 }, { interval = 0, ahead = 0, later = 6 } } do
    it(("of a listing of unknown size is %d with an interval of %d"):format(case.ahead, case.interval), function()
      world.run({ latency = 50, interval = case.interval }, function(new)
        local client = new:client { page_size = 2, prefetch = 4, timeout = 100, interval = case.interval }
        assert(client:login())
        local cursor, before = client:meters(), nil
        imr.all { function() assert.truthy(cursor:next()) end, function()
          new:sleep(49)
          before = world.count(new, "meters")
        end }
        assert.equal(1 + case.ahead, before)
        for _ = 2, 5 do assert.truthy(cursor:next()) end -- the third page's first row
        assert.equal(case.later, world.count(new, "meters"))
      end)
    end)
  end

  it("makes one coroutine a page", function()
    world.run({ latency = 3 }, function(new)
      local client, made, create = new:client { page_size = 2 }, 0, coroutine.create
      assert(client:login())
      local cursor = client:meters()
      coroutine.create = function(...) -- luacheck: ignore 122
        made = made + 1
        return create(...)
      end
      local fine, rows = pcall(cursor.collect, cursor)
      coroutine.create = create -- luacheck: ignore 122
      assert.same({ true, 23, 12 }, { fine, #rows, made })
    end)
  end)

  it("asks for no page after one that holds all, with an interval of 0", function()
    world.run({ latency = 0.5, interval = 0 }, function(new)
      assert.equal(23, #assert(new:client({ interval = 0 }):meters():collect()))
      new:sleep(60)
      assert.equal(1, world.count(new, "meters"))
    end)
  end)

  it("takes no slot away from the listing that comes next", function()
    world.run({ latency = 1 }, function(new)
      local client = new:client { prefetch = 4 }
      client:meters():collect()
      client:meters():collect()
      local entries = world.entries(new, "meters")
      assert.equal(2, #entries)
      assert.is_near(2.05, entries[2].time - entries[1].time, 0.01)
    end)
  end)

  it("gives its slot back when the cursor is closed", function()
    world.run({}, function(new)
      local client = new:client { page_size = 2, prefetch = 4 }
      local cursor = client:meters()
      cursor:next()
      new:sleep(1)
      cursor:close()
      client:meters():next()
      local entries = world.entries(new, "meters")
      assert.is_near(2.05, entries[#entries].time - entries[#entries - 1].time, 0.01)
    end)
  end)
end)

describe("six listings side by side", function()
  for _, latency in ipairs { 0.05, 0.5 } do
    it(("take the time of one when answers take %g s"):format(latency), function()
      world.run({ latency = latency, interval = 0.2 }, function(new)
        local client, works = new:client { interval = 0.2 }, {}
        for index, name in ipairs(world.listings) do
          local size = math.ceil(#world.truth({}, name) / 5)
          works[index] = function() return #world.open(client, name, { page_size = size }):collect() end
        end
        assert(client:login())
        local began = new:now()
        local counts = imr.all(works)
        assert.equal(6, #counts)
        for _, name in ipairs(world.listings) do assert.equal(0, world.count(new, name, 1011)) end
        local answer = latency + 2 * new.network
        local third = math.max(2 * 0.21, answer) -- leaves when the first has come
        assert.is_true(new:now() - began <= 1.1 * (third + 2 * 0.21) + answer, new:now() - began)
      end)
    end)
  end
end)

describe("a cursor", function()
  local function with_cursor(fn)
    world.run({}, function(new) fn(new:client { page_size = 5 }:meters(), world.truth({}, "meters"), new) end)
  end

  it("sends nothing before the first row is asked for", function()
    with_cursor(function(_, _, new) assert.equal(0, #new.platform.log) end)
  end)

  it("gives rows one by one, then nil for good", function()
    with_cursor(function(cursor, truth)
      local rows = {}
      for row in cursor.next, cursor do rows[#rows + 1] = row end
      assert.same(truth, world.keys(rows))
      for _ = 1, 3 do assert.same({}, { cursor:next() }) end
    end)
  end)

  it("gives rows in a for loop", function()
    with_cursor(function(cursor, truth)
      local rows = {}
      for row in cursor do rows[#rows + 1] = row end
      assert.same(truth, world.keys(rows))
    end)
  end)

  it("gives pages", function()
    with_cursor(function(cursor, truth)
      local rows, sizes = {}, {}
      for page in cursor:pages() do
        sizes[#sizes + 1] = #page
        for _, row in ipairs(page) do rows[#rows + 1] = row end
      end
      assert.same({ 5, 5, 5, 5, 3 }, sizes)
      assert.same(truth, world.keys(rows))
    end)
  end)

  it("loses no row when it is read in different ways", function()
    with_cursor(function(cursor, truth)
      local rows = { cursor:next(), cursor:next() }
      for row in cursor do
        rows[#rows + 1] = row
        if #rows == 7 then break end
      end
      local next_page = cursor:pages()
      for _ = 1, 2 do
        for _, row in ipairs(next_page()) do rows[#rows + 1] = row end
      end
      for _, row in ipairs(cursor:collect()) do rows[#rows + 1] = row end
      assert.same(truth, world.keys(rows))
    end)
  end)

  it("reports what came and what it cost", function()
    with_cursor(function(cursor)
      cursor:collect()
      local report = cursor.report
      assert.is_near(4 * 2.01, report.waited, 0.1)
      report.waited = nil
      assert.same({ rows = 23, pages = 5, claimed_total = 23, duplicates = 0, drifted = false, complete = true,
        requests = 5 }, report)
    end)
  end)

  it("does not claim to be complete before its end", function()
    with_cursor(function(cursor)
      for _ = 1, 23 do
        assert.truthy(cursor:next())
        assert.is_true(cursor.report.rows == 23 or not cursor.report.complete)
      end
    end)
  end)

  it("reads a thousand paced pages in moments", function()
    local began = os.clock()
    world.run({ meters = 1000 }, function(new)
      local cursor = new:client { page_size = 1, on_event = quiet }:meters()
      assert.equal(1000, #cursor:collect())
      assert.is_true(cursor.report.requests >= 1000 and new:now() > 999 * 2)
    end)
    assert.is_true(os.clock() - began < 10)
  end)
end)
