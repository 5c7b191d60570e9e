-- What a cursor does when a page can't be had, and how it says that rows are missing.
local imr = require "imr"
local pack = require "imr.base.pack"
local world = require "support.world"

-- Fails the requests with these numbers, once each, in a way that is not repeated.
local function failing(numbers)
  local answers = {}
  for number = 1, 20 do answers[number] = false end
  for _, number in ipairs(numbers) do answers[number] = { code = 1008, msg = "scripted" } end
  return world.script("meterList", answers)
end

describe("after an error a cursor", function()
  for prefetch = 0, 4, 2 do
    for _, latency in ipairs { 0, 5 } do
      it(("asks for the same page again (prefetch %d, latency %d)"):format(prefetch, latency), function()
        world.run({ on_request = failing { 1, 4, 5, 9 }, latency = latency }, function(new)
          local cursor = new:client { page_size = 5, prefetch = prefetch }:meters()
          local rows, errors = {}, 0
          repeat
            local row, err = cursor:next()
            rows[#rows + 1] = row
            errors = errors + (err and 1 or 0)
          until not row and not err
          assert.same(world.truth({}, "meters"), world.keys(rows))
          assert.is_true(errors >= 2 and cursor.report.complete)
        end)
      end)
    end
  end

  it("has delivered the rows before it, and says how many", function()
    world.run({ on_request = failing { 3 } }, function(new)
      local rows, err, before = new:client { page_size = 5 }:meters():collect()
      assert.is_nil(rows)
      assert.same({ 10, "request", "meters" }, { #before, err.kind, err.endpoint })
      assert.matches("page 3; 10 rows of 23 were delivered", err.message, 1, true)
    end)
  end)

  it("says that no row came when it was the first page", function()
    world.run({ on_request = failing { 1 } }, function(new)
      local _, err = new:client():meters():collect()
      assert.matches("page 1; no row was delivered", err.message, 1, true)
    end)
  end)

  it("does not claim to be complete", function()
    world.run({ on_request = failing { 5 } }, function(new)
      local cursor = new:client { page_size = 5 }:meters()
      assert.is_nil((cursor:collect()))
      assert.is_false(cursor.report.complete)
    end)
  end)

  it("raises what a store of the caller's raises, be it nothing", function()
    for _, raised in ipairs { "ouch", false, "nothing" } do
      if raised == "nothing" then raised = nil end
      world.run({}, function(new)
        local store = imr.store.memory()
        function store.get_token() error(raised, 0) end
        local cursor = new:client { store = store }:meters()
        assert.same({ n = 2, false, raised }, pack(pcall(cursor.next, cursor)))
      end)
    end
  end)

  it("goes on with collect", function()
    world.run({ on_request = failing { 3 } }, function(new)
      local cursor = new:client { page_size = 5 }:meters()
      local _, _, before = cursor:collect()
      local after = cursor:collect()
      for _, row in ipairs(after) do before[#before + 1] = row end
      assert.same(world.truth({}, "meters"), world.keys(before))
    end)
  end)

  it("raises the very object that next() returns, in a for loop and in pages()", function()
    world.run({ on_request = failing { 1, 2 } }, function(new)
      local client = new:client()
      for _, read in ipairs { function(cursor) for _ in cursor do end end, -- luacheck: ignore 542
        function(cursor) for _ in cursor:pages() do end end } do -- luacheck: ignore 542
        local fine, err = pcall(read, client:meters())
        assert.is_false(fine)
        assert.same({ "table", "request", 1008 }, { type(err), err.kind, err.code })
        assert.equal("meters: ", tostring(err):sub(1, 8))
      end
    end)
  end)
end)

describe("an incomplete listing", function()
  local incomplete = { totals = "wrong_high" }

  -- Runs fn with stderr replaced, and returns what was warned.
  local function warnings(fn)
    local stderr, said = io.stderr, {}
    local function hear(...) said[#said + 1] = table.concat({ ... }) end
    io.stderr = { write = function(_, ...) hear(...) end } -- luacheck: ignore 122
    local fine, problem = pcall(fn)
    io.stderr = stderr -- luacheck: ignore 122
    assert(fine, problem)
    return said
  end

  it("warns by default, once, with the counts", function()
    local said = warnings(function()
      world.run(incomplete, function(new) assert.equal(23, #new:client { page_size = 5 }:meters():collect()) end)
    end)
    assert.equal(1, #said)
    assert.matches("imr: meters: the listing is not known to be complete: 23 rows of 74", said[1], 1, true)
  end)

  it("is silent when it is complete", function()
    assert.same({}, warnings(function()
      world.run({}, function(new) assert.equal(23, #new:client { page_size = 5 }:meters():collect()) end)
    end))
  end)

  it("is an event with the report where there is on_event, and then no warning", function()
    local events, report = {}, nil
    local said = warnings(function()
      world.run(incomplete, function(new)
        local cursor = new:client { on_event = function(event) events[#events + 1] = event end }:meters()
        cursor:collect()
        report = cursor.report
      end)
    end)
    assert.same({}, said)
    local event = events[#events]
    assert.same({ "incomplete", "meters" }, { event.type, event.endpoint })
    assert.same(report, event.report)
    assert.matches("23 rows of 74", event.message, 1, true)
  end)

  it("is an error after the last row with incomplete = 'error'", function()
    world.run(incomplete, function(new)
      local cursor = new:client { page_size = 5 }:meters { incomplete = "error" }
      local rows, err, before = cursor:collect()
      assert.is_nil(rows)
      assert.same({ 23, "incomplete", "yes", true }, { #before, err.kind, err.executed, err.retryable })
      assert.matches("23 rows of 74 were delivered", err.message, 1, true)
      assert.is_nil(cursor:next())
    end)
  end)

  it("raises that error in a for loop, after the last row", function()
    world.run(incomplete, function(new)
      local count = 0
      local fine, err = pcall(function()
        for _ in new:client():meters { incomplete = "error" } do count = count + 1 end
      end)
      assert.same({ false, 23, "incomplete" }, { fine, count, err.kind })
    end)
  end)

  it("says that rows moved", function()
    world.run({ totals = "shift" }, function(new)
      local _, err = new:client { page_size = 5 }:meters { incomplete = "error" }:collect()
      assert.matches("rows moved while paging", err.message, 1, true)
    end)
  end)
end)

describe("client:meter and client:latest_reading", function()
  it("find one record", function()
    world.run({}, function(new)
      local client, meter = new:client { page_size = 4 }, new.platform:meter(11)
      assert.equal(meter.device, assert(client:meter(meter.number)).device_id)
      assert.equal(meter.number, assert(client:latest_reading(meter.number)).meter_no)
    end)
  end)

  it("stop at the page where it is", function()
    world.run({}, function(new)
      assert(new:client { page_size = 4 }:meter(new.platform:meter(1).number))
      new:sleep(30)
      assert.equal(1, world.count(new, "meters"))
    end)
  end)

  it("say that there is none", function()
    world.run({}, function(new)
      for _, method in ipairs { "meter", "latest_reading" } do
        local client = new:client()
        local row, err = client[method](client, "000000000001")
        assert.is_nil(row)
        assert.same({ "not_found", false }, { err.kind, err.retryable })
        assert.matches("lists no meter 000000000001", err.message, 1, true)
      end
    end)
  end)

  it("say that the search was not complete", function()
    world.run({ totals = "wrong_high" }, function(new)
      local _, err = new:client { on_event = function() end }:meter("000000000001")
      assert.matches("its listing was not complete", err.message, 1, true)
    end)
  end)

  it("pass errors on", function()
    world.run({ on_request = failing { 1 } }, function(new)
      local row, err = new:client():meter("000000000001")
      assert.same({ nil, "request" }, { row, err.kind })
    end)
  end)
end)
