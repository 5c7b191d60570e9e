-- What a sync asks for, run after run, on the virtual clock.
local database = require "imr.database"
local sync = require "imr.workflow.sync"
local sync_client = require "support.sync_client"
local shell = require "support.shell"
local truth = require "support.sync_truth"
local testing = require "imr.testing"

local EPOCH = 1752028200 -- 2025-07-09 10:30 on the platform's clock
local DAY = 86400

describe("sync", function()
  local directory, db, world

  before_each(function()
    directory = shell.scratch()
    db = assert(database.open(directory .. "/imr.db"))
  end)

  after_each(function()
    db:close()
    shell.must("rm -rf " .. directory)
  end)

  local function clock() return EPOCH + math.floor(world:now()) end

  local function make(options)
    local given = { meters = 12, days = 8, offline = 0, epoch = EPOCH }
    for name, value in pairs(options or {}) do given[name] = value end
    world = testing.new(given)
  end

  local function try(options)
    local report, err
    world:run(function()
      local client = world:client { retries = 0, on_event = function() end }
      local given = { client = client, db = db, clock = clock, first_days = 20 }
      for name, value in pairs(options or {}) do given[name] = value end
      report, err = sync.run(given)
      client:close()
    end)
    return report, err
  end

  local function run(options) return assert(try(options)) end

  local function missing_rows(days)
    local options = {}
    for name, value in pairs(world.platform.settings) do options[name] = value end
    options.interval, options.epoch = 0, EPOCH + days * DAY
    options.days = options.days + days
    local all, problems = truth.read(options, EPOCH - 400 * DAY, EPOCH + 60 * DAY), {}
    for _, name in ipairs(truth.listings) do
      for _, problem in ipairs(truth.compare(db, name, all[name])) do problems[#problems + 1] = problem end
    end
    return problems
  end

  local function asked(endpoint)
    local count = 0
    for _, entry in ipairs(world.platform.log) do
      if entry.endpoint == endpoint then count = count + 1 end
    end
    return count
  end

  local function listings_of(run_id, name)
    local found = {}
    for row in db:select("listings", "WHERE run_id = ? AND listing = ? ORDER BY id", run_id, name) do
      found[#found + 1] = row
    end
    return found
  end

  it("stores all that there is, and then nothing new", function()
    make()
    local first = run()
    assert.equal("complete", first.state)
    assert.same({}, missing_rows(0))
    local second = run()
    assert.same({ 0, 0 }, { second.new_rows, second.restated })
    assert.is_true(second.rows < first.rows)
    assert.same({}, missing_rows(0))
  end)

  it("reads all listings at once, each at its own pace", function()
    make { latency = 1 }
    local before, most, all = world:now(), 0, 0
    run { page_size = 20 }
    for _, name in ipairs { "meters", "latest_readings", "readings", "consumption", "tou_readings",
      "camera_readings" } do
      most, all = math.max(most, asked(name)), all + asked(name)
    end
    local took = world:now() - before
    assert.is_true(all > 1.5 * most)
    assert.is_true(took < (most - 1) * 2.05 + 4, took) -- the login and the last answer take a second each
  end)

  it("goes on where the run before ended", function()
    make()
    run()
    world:sleep(DAY)
    local report = run()
    assert.is_true(report.new_rows > 0)
    assert.same({}, missing_rows(1))
    local read = listings_of(report.run_id, "readings")
    assert.equal(1, #read)
    assert.is_true(EPOCH + DAY - read[1].period_from < 12 * DAY) -- the first run of a day looks back ten days
    read = listings_of(run().run_id, "readings")
    assert.is_true(EPOCH + DAY - read[1].period_from < 6 * DAY)
  end)

  it("gets all the rows of a meter that was offline for weeks", function()
    make { days = 3 }
    run()
    local meter = world.platform:meter(5)
    world.platform:set_online(meter.device, false)
    for _ = 1, 20 do
      world:sleep(DAY)
      run()
    end
    assert.is_true(#missing_rows(20) > 20) -- the platform has rows that it does not show
    world.platform:set_online(meter.device, true)
    local report = run()
    assert.same({}, missing_rows(20))
    local behind = listings_of(report.run_id, "readings")
    assert.equal(meter.number, require("cjson").decode(behind[#behind].meters)[1])
  end)

  it("gets the history of a meter that joins", function()
    make { days = 15 }
    run()
    world:sleep(DAY)
    world.platform:insert_meters(1)
    run()
    local count = db:row("SELECT count(*) AS count FROM readings WHERE meter_no = ?",
      world.platform:meter(1).number).count
    assert.is_true(count >= 15, count)
  end)

  it("finds late rows, and looks back further where they come later", function()
    make { days = 3, late = 0.3, late_days = 9 }
    for _ = 1, 25 do
      run()
      world:sleep(DAY)
    end
    local cursor = require("imr.workflow.sync.cursors")
    local back = cursor.look_back(cursor.project(db, "readings").lateness)
    assert.is_true(back >= 12 * DAY and back <= 30 * DAY, back / DAY)
    -- What came while the look-back was still short may have been missed; from then on nothing is.
    local late = db:row("SELECT count(*) AS count FROM readings WHERE stored_at - read_time > ?", 6 * DAY).count
    assert.is_true(late > 5, late)
  end)

  it("looks back three days at least and thirty at most", function()
    local look_back = require("imr.workflow.sync.cursors").look_back
    assert.same({ 3 * DAY, 3 * DAY, 8 * DAY, 30 * DAY }, { look_back(nil), look_back(DAY), look_back(4 * DAY),
      look_back(99 * DAY) })
  end)

  it("stores corrected values as restatements", function()
    make { restated = 0.3 }
    run()
    local restated = 0
    for _ = 1, 4 do
      world:sleep(DAY)
      restated = restated + run().restated
    end
    assert.same({}, missing_rows(4))
    assert.is_true(restated > 10, restated)
  end)

  it("reads a period that is asked for", function()
    make { days = 15 }
    run { first_days = 3 }
    local report = run { from = EPOCH - 12 * DAY, to = EPOCH - 10 * DAY }
    assert.is_true(report.new_rows > 0)
    assert.equal(EPOCH - 12 * DAY, db:row("SELECT period_from FROM runs WHERE id = ?", report.run_id).period_from)
  end)

  it("goes on with the other listings when one is refused", function()
    make { forbidden = { "camera_readings" } }
    local report = run()
    assert.equal("failed", report.state)
    assert.equal("forbidden", report.errors.camera_readings.kind)
    assert.is_nil(report.errors.readings)
    assert.is_true(db:row("SELECT count(*) AS count FROM tou_readings").count > 0)
    assert.equal("complete", run({ listings = { "meters", "readings" } }).state)
  end)

  it("says what is not known to be complete, and reads it again", function()
    make { totals = "wrong_high" }
    local report = run { listings = { "readings" }, first_days = 5 }
    assert.equal("incomplete", report.state)
    assert.equal("readings", report.incomplete[1].listing)
    assert.equal(2, #listings_of(report.run_id, "readings") + asked("readings") / 4) -- one on record, read twice
  end)

  it("lets no second one at the same database", function()
    make()
    local other = assert(database.open(directory .. "/imr.db"))
    assert.is_true(other:lock())
    local report, err = try()
    assert.is_nil(report)
    assert.equal("busy", err.kind)
    other:close()
    assert.is_truthy(run())
  end)

  it("leaves the lock of the one at work on the same open database alone", function()
    make()
    local other = assert(database.open(directory .. "/imr.db"))
    assert.is_true(db:lock())
    assert.equal("busy", select(2, try()).kind)
    collectgarbage()
    assert.is_false(other:lock())
    db:unlock()
    other:close()
    assert.is_truthy(run())
  end)

  it("raises where it is used in a wrong way", function()
    assert.has_error(function() sync.run { client = {}, db = db, lookback = 3 } end,
      "unknown option 'lookback'; there are client, clock, daily_reread, db, first_days, from, granularity, "
      .. "listings, on_progress, page_size, reread, to, trust_clock, utc_offset, weekly_reread")
    assert.error_matches(function() sync.run { client = {}, db = db, from = 1 } end, "from and to")
    assert.error_matches(function() sync.run { client = {}, db = db, listings = { "rows" } } end,
      "no listing 'rows'; there are: meters, latest_readings, readings,")
  end)

  it("begins no run with values that make no sense", function()
    for _, wrong in ipairs { { first_days = -5 }, { first_days = 0 }, { first_days = 0 / 0 }, { first_days = 1e9 },
      { first_days = 1.5 }, { from = 0 / 0, to = 1 }, { from = -1e300, to = 1 }, { from = 1, to = math.huge },
      { page_size = 0 }, { utc_offset = 1e9 }, { granularity = "real-time" }, { listings = {} },
      { listings = { readings = true } }, { listings = { 7 } }, { db = 7 } } do
      local options = { client = {}, db = db }
      for name, value in pairs(wrong) do options[name] = value end
      local fine, problem = pcall(function() return (sync.run(options)) end)
      assert.is_false(fine)
      assert.matches("sync_spec.lua:%d+: ", problem)
    end
    assert.is_nil(db:select("runs")())
  end)

  it("reads consumption of several rows a day where its listing is named", function()
    local client = sync_client.new { consumption = { { meter_no = "1", read_time = os.time() - DAY, usage = "1" } } }
    local function granularities(options)
      local found = {}
      options.client, options.db = client, db
      client.asked.consumption = {}
      assert.equal("complete", assert(sync.run(options)).state)
      for _, parameters in ipairs(client.asked.consumption) do found[parameters.granularity] = true end
      return found
    end
    assert.same({ realtime = true }, granularities { listings = { "consumption_realtime" } })
    assert.same({ realtime = true }, granularities { listings = { "consumption" }, granularity = "realtime" })
    assert.same({ realtime = true, daily = true },
      granularities { listings = { "consumption", "consumption_realtime" } })
    assert.same({ daily = true }, granularities {})
    assert.equal(2, db:row("SELECT count(*) AS count FROM consumption").count)
  end)

  it("begins no run for a period that cannot be read", function()
    local client, now = {}, os.time()
    for message, period in pairs {
      ["ends before it begins"] = { now - DAY, now - 2 * DAY }, ["lies ahead"] = { now + DAY, now + 2 * DAY },
    } do
      local fine, problem = pcall(function()
        return (sync.run { client = client, db = db, from = period[1], to = period[2] })
      end)
      assert.is_false(fine)
      assert.matches("sync_spec.lua:%d+: the period " .. message, problem)
    end
    assert.is_nil(db:select("runs")())
  end)

  it("refuses inside an nginx worker", function()
    rawset(_G, "ngx", { get_phase = function() return "content" end })
    local fine, result, err = pcall(database.open, directory .. "/other.db")
    rawset(_G, "ngx", nil)
    assert.is_true(fine)
    assert.is_nil(result)
    assert.equal("phase", err.kind)
    assert.matches("beside nginx", err.message)
  end)

  -- Each run dies a few statements further than the one before; what it did not commit is gone.
  it("ends up the same wherever runs die", function()
    local path, left = directory .. "/dying.db", nil
    local execute = getmetatable(db).execute
    local function open()
      db:close()
      left = math.huge
      db = assert(database.open(path))
      rawset(db, "execute", function(self, ...)
        left = left - 1
        if left <= 0 then error("dead", 0) end
        return execute(self, ...)
      end)
    end
    local function die_everywhere(stride)
      local deaths = 0
      repeat
        open()
        left = deaths * stride + 1
        local fine = pcall(run, { first_days = 40, page_size = 20 })
        if not fine then deaths = deaths + 1 end
      until fine
      return deaths
    end
    make { meters = 3, days = 36, restated = 0.5, late = 0.1, late_days = 3, interval = 0 }
    assert.is_true(die_everywhere(5) > 20)
    open()
    assert.same({}, missing_rows(0))
    world:sleep(2 * DAY)
    assert.is_true(die_everywhere(3) > 20)
    open()
    assert.same({}, missing_rows(2))
    local doubles = db:row("SELECT count(*) AS count FROM (SELECT table_name, meter_no, row_time, field FROM "
      .. "restatements GROUP BY 1, 2, 3, 4 HAVING count(*) > 1) AS doubled").count
    assert.equal(0, doubles)
    assert.is_true(db:row("SELECT count(*) AS count FROM restatements").count > 5)
  end)
end)
