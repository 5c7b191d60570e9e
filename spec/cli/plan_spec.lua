local cjson = require "cjson"
local cli = require "support.cli"
local plan = require "imr.workflow.plan"
local simulator = require "support.simulator"
local world = require "support.world"

local DAY = 86400
local FROM = 1748707200 -- 2025-06-01 00:00:00 in China

local function numbers(count)
  local list = {}
  for index = 1, count do list[index] = ("%012d"):format(index) end
  return list
end

local function new(options)
  options.endpoint = options.endpoint or "readings"
  options.from = options.from or FROM
  options.to = options.to or FROM + (options.days or 30) * DAY - 1
  options.days = nil
  return plan.new(options)
end

-- The fewest requests over every way to part `count` meters into lists of at most `longest`, by trying them all.
local function fewest(count, longest, rows_each, page_size)
  local best = { [0] = 0 }
  for all = 1, count do
    best[all] = math.huge
    for list = 1, math.min(longest, all) do
      best[all] = math.min(best[all], best[all - list] + math.floor(list * rows_each / page_size) + 1)
    end
  end
  return best[count]
end

describe("a plan", function()
  it("joins meters in one request", function()
    local made = new { meters = numbers(30), project = 500 }
    assert.same({ "list", 30, 1 }, { made.strategy, made.list_size, made.requests })
    assert.same(numbers(30), made.steps[1].parameters.meters)
  end)

  it("takes the whole project when that costs less", function()
    local made = new { meters = numbers(450), project = 500, days = 1, list_size = 50 }
    assert.same({ "project", 1, true }, { made.strategy, made.requests, made.filter })
    assert.same({ from = FROM, to = FROM + DAY - 1 }, made.steps[1].parameters)
  end)

  it("asks for one meter at a time where the endpoint takes only one", function()
    local made = new { endpoint = "consumption", meters = numbers(3) }
    assert.same({ "single", 3 }, { made.strategy, made.requests })
    assert.equal("000000000002", made.steps[2].parameters.meter)
    made = new { endpoint = "consumption", meters = numbers(3), project = 20 }
    assert.same({ "project", 1 }, { made.strategy, made.requests })
  end)

  it("counts the empty page after a full one", function()
    assert.equal(2, new({ meters = numbers(100), days = 10 }).requests)
    assert.equal(1, new({ meters = numbers(99), days = 10 }).requests)
  end)

  it("is the cheapest of all its ways, and no parting into lists is cheaper", function()
    for count = 1, 40 do
      for _, longest in ipairs { 1, 3, 7, 40 } do
        for _, page_size in ipairs { 10, 31, 100, 1000 } do
          local made = new { meters = numbers(count), days = 10, list_size = longest, page_size = page_size }
          local best = fewest(count, longest, 10, page_size)
          -- Lists of one length, against lists of any: at most one request more.
          assert.is_true(made.requests <= best + 1, ("%d meters, lists of %d"):format(count, longest))
          for _, way in ipairs(made.ways) do assert.is_true(made.requests <= way.requests) end
        end
      end
    end
  end)

  it("splits a long period into days that neither overlap nor leave a gap", function()
    local made = new { meters = numbers(1), days = 100, max_days = 31 }
    assert.equal(4, #made.steps)
    local at = FROM
    for _, step in ipairs(made.steps) do
      assert.equal(at, step.parameters.from)
      assert.is_true(step.parameters.to - at < 31 * DAY)
      at = step.parameters.to + 1
    end
    assert.equal(FROM + 100 * DAY, at)
  end)

  it("splits by itself what would be a very deep listing", function()
    local made = new { project = 1000, days = 365 }
    assert.equal(4, #made.steps)
    assert.equal(369, made.requests)
  end)

  it("tells time and logins", function()
    local made = new { project = 10000, days = 730, spacing = 2 }
    assert.equal((made.requests - 1) * 2, made.seconds)
    assert.equal(1 + math.floor(made.seconds / 7080), made.logins)
  end)

  it("asks nothing for nobody", function()
    local made = new { meters = {} }
    assert.same({ 0, 0 }, { made.requests, #made.steps })
  end)

  it("needs a period that is one", function()
    assert.error_matches(function() plan.new { endpoint = "readings" } end, "needs from and to")
    assert.error_matches(function() new { from = FROM, to = FROM - 1 } end, "before it begins")
    assert.error_matches(function() new { endpoint = "meter" } end, "no listing 'meter'")
  end)
end)

describe("a plan and what really happens", function()
  -- Daily readings of meters that are all online: the guess of one row a day is exact.
  local function requests_of(options)
    return world.run({ meters = 40, days = 12, today = "2025-07-09" }, function(new_world)
      local client = new_world:client { page_size = options.page_size }
      local all, wanted = assert(client:meters():collect()), {}
      for index = 1, options.count do wanted[index] = all[index].meter_no end
      local made = plan.new {
        endpoint = "readings", meters = wanted, project = 40, list_size = options.list_size,
        page_size = options.page_size, from = require("imr").time.parse "2025-06-28",
        to = require("imr").time.parse "2025-07-08 23:59:59",
      }
      local rows, requests = 0, 0
      for _, step in ipairs(made.steps) do
        local cursor = client:readings(step.parameters)
        rows, requests = rows + #assert(cursor:collect()), requests + cursor.report.requests
      end
      return made, requests, rows
    end)
  end

  for _, options in ipairs {
    { count = 7, list_size = 3, page_size = 50 }, { count = 40, list_size = 5, page_size = 110 },
    { count = 10, list_size = 10, page_size = 11 }, { count = 33, list_size = 4, page_size = 1000 },
  } do
    it(("agree for %d meters in lists of %d, pages of %d"):format(options.count, options.list_size, options.page_size),
      function()
        local made, requests, rows = requests_of(options)
        assert.same({ made.requests, made.rows }, { requests, rows })
      end)
  end
end)

describe("imr plan", function()
  local user, platform

  setup(function()
    platform = simulator.start { meters = 30, interval = 0 }
    user = cli.user()
  end)

  teardown(function()
    platform:stop()
    user:remove()
  end)

  local function rows_of(result)
    assert.equal(0, result.status, result.err)
    local rows = {}
    for line in result.out:gmatch("[^\n]+") do rows[#rows + 1] = cjson.decode(line) end
    return rows
  end

  it("asks nobody when it is told how many meters and days", function()
    local rows = rows_of(user:run "plan readings --meters 500 --days 30")
    assert.same({ "readings", "project", 16, 15000, 31, true },
      { rows[1].listing, rows[1].way, rows[1].requests, rows[1].rows, rows[1].seconds, rows[1].chosen })
  end)

  it("adds all listings up, side by side", function()
    local rows = rows_of(user:run "plan --meters 500 --days 30")
    assert.same({ "all", 66, 31, 1 }, { rows[7].listing, rows[7].requests, rows[7].seconds, rows[7].logins })
  end)

  it("shows the ways that it compared", function()
    user:write("numbers", table.concat(numbers(400), "\n"))
    local rows = rows_of(user:run("plan readings --meters 500 --days 365 --meter @" .. user.home .. "/numbers"))
    assert.same({ "list", true, "project", false }, { rows[1].way, rows[1].chosen, rows[2].way, rows[2].chosen })
    assert.is_true(rows[1].requests < rows[2].requests)
  end)

  it("asks the platform for the number of meters otherwise", function()
    local rows = rows_of(user:run("plan latest", {
      IMR_BASE_URL = platform.url, IMR_USERNAME = "demo", IMR_PASSWORD = "demo-secret",
    }))
    assert.equal(30, rows[1].rows)
    assert.equal(1, #platform:entries "meters")
  end)

  it("is a table for people", function()
    local result = user:run "plan readings --meters 500 --days 30 --format table"
    assert.matches("listing +way +list_size +requests +rows +seconds +time +logins +chosen\n", result.out)
    assert.matches("readings +project +16 +15000 +31 +31 s +1 +yes\n", result.out)
  end)

  it("shows what a sync costs each run, once a day and once a week", function()
    local rows, found = rows_of(user:run "plan --sync --meters 3000 --weekly-reread 100"), {}
    for _, row in ipairs(rows) do found[row.way .. " " .. row.listing] = { row.requests, row.rows } end
    assert.same({ 13, 12000 }, found["each run readings"])
    assert.same({ 4, 3000 }, found["once a week meters"])
    assert.same({ 35, 33000 }, found["once a day readings"])
    assert.same(303000, found["once a week readings"][2])
    assert.equal(4 * found["once a week readings"][1] + 2 * 4, found["once a week all"][1])
    assert.equal(2, user:run("plan --sync readings --meters 10").status)
  end)

  it("does not mix two periods", function()
    local result = user:run "plan readings --meters 5 --days 3 --from yesterday"
    assert.equal(2, result.status)
  end)
end)
