-- Listings: nothing lost, nothing doubled, and a report that says how sure that is.
local world = require "support.world"

-- Everything that a listing of this platform gives, and its report.
local function listing(options, name, settings, others)
  return world.run(options, function(new)
    local cursor = world.open(new:client(settings), name, others)
    local rows, err = cursor:collect()
    return rows and world.keys(rows), cursor.report, err, new
  end)
end

local quiet = function() end

local function small_pages(size)
  return { page_size = size, on_event = quiet }
end

describe("a listing has every row once", function()
  -- name, platform, page size, complete
  local cases = {
    { "when totals are right", {}, 5, true },
    { "when totals are too low", { totals = "wrong_low" }, 5, true },
    { "when totals are too high, but does not claim to be complete", { totals = "wrong_high" }, 5, false },
    { "when there are no totals", { totals = "absent" }, 5, true },
    { "when totals are strings", { totals = "string" }, 5, true },
    { "when the total is always 1", { totals = 1 }, 5, true },
    { "when the total is that of the first pages", { totals = 10 }, 5, true },
    { "when the total is always 0", { totals = 0 }, 5, true },
    { "when the total is far too high, but does not claim to be complete", { totals = 520 }, 5, false },
    { "when totals move with the page, but does not claim to be complete", { totals = "shift" }, 5, false },
    { "when the server caps its pages", { page_cap = 3 }, 10, true },
    { "when the server caps its pages and has no totals", { page_cap = 3, totals = "absent" }, 10, true },
    { "when the server caps its pages and totals are too low", { page_cap = 4, totals = "wrong_low" }, 10, true },
    { "when it fills its pages exactly", { meters = 20 }, 5, true },
    { "when it fills its pages exactly and has no totals", { meters = 20, totals = "absent" }, 5, true },
    { "when it is exactly one page", { meters = 5 }, 5, true },
    { "when a page is one row", {}, 1, true },
    { "when one page is enough", {}, 1000, true },
    { "when codes are strings and bodies begin with a byte order mark", { codes = "string", bom = true }, 5, true },
  }
  for _, case in ipairs(cases) do
    local name, options, size, complete = (table.unpack or unpack)(case, 1, 4)
    it(name, function()
      for _, endpoint in ipairs { "meters", "readings" } do
        local keys, report = listing(options, endpoint, small_pages(size))
        assert.same(world.truth(options, endpoint), keys)
        assert.same({ #keys, complete, 0 }, { report.rows, report.complete, report.duplicates })
      end
    end)
  end

  it("when 1000 rows a page are asked for and 300 served", function()
    local keys, report, _, new = listing({ meters = 1000, page_cap = 300 }, "meters")
    for place = 1, 1000 do assert.equal(new.platform:meter(place).number .. "@", keys[place]) end
    assert.same({ 1000, 4, true }, { #keys, report.pages, report.complete })
  end)

  it("in the platform's order", function()
    local keys, _, _, new = listing({}, "meters", small_pages(4))
    for place = 1, 23 do assert.equal(new.platform:meter(place).number .. "@", keys[place]) end
  end)

  for _, endpoint in ipairs(world.listings) do
    it("at " .. endpoint, function()
      local keys, report = listing({}, endpoint, { page_size = 4 })
      assert.is_true(#keys > 4)
      assert.same(world.truth({}, endpoint), keys)
      assert.is_true(report.complete)
    end)

    it("at " .. endpoint .. " with a cap and wrong totals", function()
      local options = { page_cap = 3, totals = "wrong_low" }
      assert.same(world.truth(options, endpoint), (listing(options, endpoint, small_pages(10))))
    end)
  end

  it("of several a day", function()
    local others = { granularity = "realtime" }
    local keys = listing({}, "consumption", { page_size = 50 }, others)
    assert.equal(23 * 3 * 4, #keys)
    assert.same(world.truth({}, "consumption", others), keys)
  end)
end)

describe("an empty listing", function()
  for _, form in ipairs { "list", "null", "string", "object", "absent" } do
    it(("has no row and is complete when it comes as %s"):format(form), function()
      for _, endpoint in ipairs(world.listings) do
        local keys, report, err = listing({ meters = 0, empty = form }, endpoint)
        assert.same({ {}, true, 0, 1 }, { keys, report.complete, report.rows, report.pages }, err)
      end
    end)

    it(("as the last page ends a listing when it comes as %s"):format(form), function()
      local keys, report = listing({ empty = form, totals = "absent" }, "meters", { page_size = 5 })
      assert.same({ 23, 6, true }, { #keys, report.pages, report.complete })
    end)
  end
end)

describe("the latest reading of one meter", function()
  for _, single in ipairs { "object", "list" } do
    it("is one row when it comes as " .. single, function()
      world.run({ single = single }, function(new)
        local number = new.platform:meter(7).number
        local cursor = new:client():latest_readings { meter = number }
        local rows = cursor:collect()
        assert.same({ 1, number, true }, { #rows, rows[1].meter_no, cursor.report.complete })
        assert.equal(1, cursor.report.requests)
      end)
    end)
  end

  it("as an object needs no second request, whatever the total says", function()
    for _, totals in ipairs { "wrong_high", "absent", "wrong_low" } do
      world.run({ totals = totals }, function(new)
        local cursor = new:client():latest_readings { meter = new.platform:meter(7).number }
        assert.equal(1, #cursor:collect())
        assert.same({ 1, true }, { cursor.report.requests, cursor.report.complete })
      end)
    end
  end)

  it("of an unknown meter is an empty listing", function()
    local keys, report = listing({}, "latest_readings", nil, { meter = "000000000001" })
    assert.same({ {}, true }, { keys, report.complete })
  end)
end)

describe("rows that move while paging", function()
  -- Lets `change` happen when page `number` of the meters is asked for.
  local function moved(change, number, options)
    local new, asked = nil, 0
    options.on_request = function(request)
      asked = asked + (request.path:find("meterList", 1, true) and 1 or 0)
      if asked == number then
        asked = asked + 100
        change(new.platform)
      end
    end
    new = world.new(options)
    return new:run(function()
      local cursor = new:client(small_pages(5)):meters()
      return world.keys(assert(cursor:collect())), cursor.report
    end)
  end

  for _, count in ipairs { 1, 4, 5, 7, 10 } do
    for _, totals in ipairs { "right", "absent" } do
      it(("come once after %d were inserted, totals %s"):format(count, totals), function()
        local keys, report = moved(function(platform) platform:insert_meters(count) end, 3, { totals = totals })
        assert.same(world.truth({}, "meters"), keys)
        assert.same({ true, false, count }, { report.drifted, report.complete, report.duplicates })
      end)
    end

    it(("are told of after %d were removed"):format(count), function()
      local _, report = moved(function(platform) platform:remove_meters(count) end, 3, {})
      assert.same({ true, false, 23 - count }, { report.drifted, report.complete, report.rows })
    end)
  end
end)
