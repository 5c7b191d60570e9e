-- A platform that fails now and then: every row, or an error that says what is missing; never a silent short list.
local world = require "support.world"

local quiet = function() end

local kinds = { "drop_before", "drop_after", "502", "html", "truncate", "1001", "1011", "stall" }

-- All six listings under faults, and what a platform without them gives.
local function listings(options, settings, visit)
  world.run(options, function(new)
    local client = new:client(settings)
    for _, name in ipairs(world.listings) do
      local cursor = world.open(client, name)
      local rows, err, before = cursor:collect()
      visit(name, { keys = world.keys(rows or before), err = err, report = cursor.report, all = rows ~= nil })
    end
  end)
end

local truths = {}

local function truth(seed, name)
  local key = seed .. name
  truths[key] = truths[key] or world.truth({ seed = seed }, name)
  return truths[key]
end

-- The first rows, in order: what came before an error.
local function assert_begins(expected, keys)
  for index, key in ipairs(keys) do assert.equal(expected[index], key) end
end

local function assert_honest(seed, name, got)
  local expected = truth(seed, name)
  if got.all then
    assert.same(expected, got.keys)
    assert.is_true(got.report.complete)
    return
  end
  assert_begins(expected, got.keys)
  assert.is_false(got.report.complete)
  assert.matches("%(page %d+; .*delivered%)", got.err.message)
  assert.is_string(got.err.kind)
end

describe("with 10 % of faults", function()
  for _, kind in ipairs(kinds) do
    it(("of kind %s every listing has all rows or says what is missing"):format(kind), function()
      local whole = 0
      for seed = 1, 10 do
        listings({ seed = seed, faults = { [kind] = 0.1 } }, { page_size = 5, on_event = quiet }, function(name, got)
          assert_honest(seed, name, got)
          whole = whole + (got.all and 1 or 0)
        end)
      end
      assert.is_true(whole >= 58, whole .. " of 60 listings had all rows")
    end)
  end

  it("and no retries nothing is hidden", function()
    local settings, failed = { page_size = 5, retries = 0, on_event = quiet }, 0
    for seed = 1, 10 do
      listings({ seed = seed, faults = { ["502"] = 0.1 } }, settings, function(name, got)
        assert_honest(seed, name, got)
        failed = failed + (got.all and 0 or 1)
      end)
    end
    assert.is_true(failed > 10)
  end)

  -- A total that is too low goes without the cap: where it happens to be the capped page's length, nothing tells.
  it("of every kind at once, caps and totals that say nothing, no row is lost in silence", function()
    local faults = {}
    for _, kind in ipairs(kinds) do faults[kind] = 0.04 end
    for seed = 1, 10 do
      for totals, cap in pairs { right = 4, absent = 4, string = 4, wrong_low = 1000 } do
        local options = { seed = seed, faults = faults, page_cap = cap, totals = totals, latency = 1, jitter = 3 }
        listings(options, { page_size = 7, timeout = 10, on_event = quiet }, function(name, got)
          assert_honest(seed, name, got)
        end)
      end
    end
  end)

  it("reading on after errors brings all rows in the end", function()
    for seed = 1, 10 do
      local options = { seed = seed, faults = { html = 0.3, stall = 0.1, ["1001"] = 0.1 } }
      world.run(options, function(new)
        local client, rows = new:client { page_size = 5, retries = 0, on_event = quiet }, {}
        local cursor = client:meters()
        local tries = 0
        repeat
          local got, _, before = cursor:collect()
          for _, row in ipairs(got or before) do rows[#rows + 1] = row end
          tries = tries + 1
          if not got then new:sleep(60) end
        until got or tries == 200
        assert.same(truth(seed, "meters"), world.keys(rows))
        assert.is_true(cursor.report.complete)
      end)
    end
  end)
end)

describe("a platform that always fails", function()
  -- fault, kind of the error, HTTP status
  local cases = {
    { "drop_before", "network" }, { "drop_after", "network" }, { "502", "http", 502 }, { "html", "protocol", 200 },
    { "truncate", "network" }, { "stall", "timeout" }, { "1001", "failed" },
  }
  for _, case in ipairs(cases) do
    local fault, kind, status = case[1], case[2], case[3]
    it(("with %s is given up after the retries, with an error of kind %s"):format(fault, kind), function()
      world.run({ faults = { [fault] = { rate = 1, endpoints = { "meters" } } } }, function(new)
        local rows, err = new:client { retries = 3, prefetch = 0 }:meters():collect()
        assert.is_nil(rows)
        assert.same({ kind, status, true, "meters" }, { err.kind, err.http_status, err.retryable, err.endpoint })
        assert.equal("maybe", err.executed)
        assert.equal(4, world.count(new, "meters"))
      end)
    end)
  end

  it("with 1011 is given up after thirty", function()
    world.run({ faults = { ["1011"] = 1 } }, function(new)
      local rows, err = new:client { prefetch = 0 }:meters():collect()
      assert.is_nil(rows)
      assert.same({ "throttled", 1011, "no" }, { err.kind, err.code, err.executed })
      assert.equal(31, world.count(new, "meters"))
    end)
  end)

  it("pauses longer before each repetition", function()
    world.run({ faults = { ["502"] = { rate = 1, endpoints = { "meters" } } } }, function(new)
      local pauses = {}
      new:client { retries = 6, prefetch = 0, on_event = function(event)
        if event.type == "retry" then pauses[#pauses + 1] = event.pause end
      end }:meters():collect()
      assert.same({ 0.5, 1, 2, 4, 8, 8 }, pauses)
    end)
  end)

  it("can be turned to without repeating", function()
    world.run({ faults = { ["502"] = { rate = 1, endpoints = { "meters" } } } }, function(new)
      assert.is_nil((new:client { retries = 0 }:meters():collect()))
      assert.equal(1, world.count(new, "meters"))
    end)
  end)
end)
