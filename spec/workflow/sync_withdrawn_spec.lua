-- Rows that the platform takes back, corrects or shows late, and rows that share a moment.
local databases = require "support.databases"
local sync = require "imr.workflow.sync"
local sync_client = require "support.sync_client"

local DAY, HOUR = 86400, 3600
local NOW = 1752028200 -- 2025-07-09 10:30 on the platform's clock
local METERS = { { meter_no = "1", device_id = "D1", online = true },
  { meter_no = "2", device_id = "D2", online = true } }

describe("a sync", function()
  for place, make in pairs(databases.places(setup, teardown)) do
    describe("into " .. place, function()
      local db, now

      local own = databases.fresh(before_each, after_each, make)
      before_each(function() db, now = own.db, NOW end)

      -- What the platform has: rows as { meter, seconds before NOW, value, more }; a listing shows those of its period.
      local function platform(rows)
        local records = {}
        for index, row in ipairs(rows) do
          records[index] = { meter_no = row[1], device_id = "D" .. row[1], read_time = NOW - row[2], reading = row[3] }
          for name, value in pairs(row[4] or {}) do records[index][name] = value end
        end
        return { meters = METERS, readings = function(asked)
          local pages = {}
          for _, record in ipairs(records) do
            if record.read_time >= asked.from and record.read_time <= asked.to then pages[#pages + 1] = { record } end
          end
          return { pages = pages, complete = rows.complete, drifted = rows.drifted }
        end }
      end

      local function run(answers, options)
        local given = { client = sync_client.new(answers), db = db, clock = function() return now end,
          first_days = 80, listings = { "meters", "readings" } }
        for name, value in pairs(options or {}) do given[name] = value end
        return assert(sync.run(given)), given.client
      end

      -- The rows that count: "meter@days copy value"; those that are withdrawn behind a minus.
      local function stored()
        local found = {}
        for row in db:select("readings", "ORDER BY meter_no, read_time, device_id, copy") do
          found[#found + 1] = ("%s%s@%g %d %s"):format(row.withdrawn_at and "-" or "", row.meter_no,
            (NOW - row.read_time) / DAY, row.copy, row.reading)
        end
        return found
      end

      local function restatements() return db:row("SELECT count(*) AS count FROM restatements").count end

      local function days_of(...)
        local rows = {}
        for meter = 1, 2 do
          for day = 40, 1, -1 do rows[#rows + 1] = { tostring(meter), day * DAY, ("%d.0"):format(100 - day) } end
        end
        for _, change in ipairs { ... } do
          for index, row in ipairs(rows) do
            if row[1] == change[1] and row[2] == change[2] * DAY then
              if change[3] then row[3] = change[3] else table.remove(rows, index) end
            end
          end
        end
        return rows
      end

      local function withdrawn()
        local found = {}
        for row in db:select("readings", "WHERE withdrawn_at IS NOT NULL ORDER BY meter_no, read_time") do
          found[#found + 1] = ("%s@%g since %d"):format(row.meter_no, (NOW - row.read_time) / DAY,
            row.withdrawn_at - NOW)
        end
        return found
      end

      it("withdraws a row that a complete listing does not have, until it is back", function()
        run(platform(days_of()))
        now = NOW + HOUR
        local report, client = run(platform(days_of { "1", 2 }))
        assert.same({ "complete", 1, 0 }, { report.state, report.withdrawn, report.restated })
        assert.equal(2, #client.asked.readings) -- once more, to be sure
        assert.same({ "1@2 since 3600" }, withdrawn())
        now = NOW + 2 * HOUR
        report, client = run(platform(days_of { "1", 2 }))
        assert.same({ 0, 1 }, { report.withdrawn, #client.asked.readings })
        now = NOW + 3 * HOUR
        report = run(platform(days_of()))
        assert.same({ 0, 0, {} }, { report.new_rows, report.restated, withdrawn() })
        run(platform(days_of { "1", 2 }))
        run(platform(days_of { "1", 2, "98.5" })) -- back with another value
        assert.same({ {}, 1 }, { withdrawn(), restatements() })
      end)

      it("withdraws nothing for a listing that is incomplete, moved, or lacks it only once", function()
        run(platform(days_of()))
        for _, wrong in ipairs { { complete = false }, { drifted = true, complete = true } } do
          local rows = days_of { "1", 2 }
          rows.complete, rows.drifted = wrong.complete, wrong.drifted
          run(platform(rows))
          assert.same({}, withdrawn())
        end
        local lacks, whole, count = platform(days_of { "2", 1 }), platform(days_of()), 0
        run { meters = METERS, readings = function(asked)
          count = count + 1
          return (count == 1 and lacks or whole).readings(asked)
        end }
        assert.same({ 2, {} }, { count, withdrawn() })
      end)

      it("looks ten days back once a day and sixty-two once a week", function()
        run(platform(days_of()))
        local deep = days_of({ "1", 8 }, { "1", 33 }, { "2", 9, "77.7" }, { "2", 35, "66.6" })
        now = NOW + HOUR
        run(platform(deep))
        assert.same({ {}, 0 }, { withdrawn(), restatements() })
        now = NOW + DAY
        run(platform(deep))
        assert.same({ { "1@8 since 86400" }, 1 }, { withdrawn(), restatements() })
        for day = 2, 6 do
          now = NOW + day * DAY
          run(platform(deep))
        end
        assert.same({ 1, 1 }, { #withdrawn(), restatements() })
        now = NOW + 7 * DAY
        run(platform(deep))
        assert.same({ "1@33 since 604800", "1@8 since 86400" }, withdrawn())
        assert.equal(2, restatements())
      end)

      it("reads the open billing period again when it is told so, and as far as it is told", function()
        run(platform(days_of()))
        now = NOW + HOUR
        local deep = days_of({ "1", 8 }, { "1", 33 })
        run(platform(deep), { reread = true, weekly_reread = 20 })
        assert.equal(1, #withdrawn())
        run(platform(deep), { reread = true })
        assert.equal(2, #withdrawn())
        now = NOW + 3 * DAY
        local _, client = run(platform(deep), { daily_reread = 0 })
        assert.is_true(client.asked.readings[1].from > NOW - 5 * DAY)
      end)

      it("finds rows that come two weeks late while newer ones are there", function()
        local late = days_of({ "1", 14 }, { "1", 13 }, { "1", 12 })
        run(platform(late))
        now = NOW + 7 * DAY
        assert.equal(3, run(platform(days_of())).new_rows)
      end)

      it("keeps the rows of a meter that is not listed any more, and those that the platform's history left", function()
        run(platform(days_of()))
        now = NOW + HOUR
        local gone, young = {}, {}
        for _, row in ipairs(days_of()) do
          if row[1] == "2" then gone[#gone + 1] = row end
          if row[2] < 30 * DAY then young[#young + 1] = row end
        end
        local answers = platform(gone)
        answers.meters = { METERS[2] }
        run(answers, { reread = true })
        assert.same({}, withdrawn())
        run(platform(young), { reread = true })
        assert.same({}, withdrawn())
        run(platform(days_of({ "1", 40 }, { "2", 40 })), { reread = true })
        assert.same({}, withdrawn())
        run(platform(days_of { "1", 39 }), { reread = true })
        assert.same({ "1@39 since 3600" }, withdrawn())
      end)

      it("doubts a listing that shows nothing any more, until a run an hour later agrees", function()
        run(platform(days_of()))
        local nothing = platform {}
        for _, minutes in ipairs { 5, 50 } do
          now = NOW + minutes * 60
          local report = run(nothing)
          assert.same({ "incomplete", 0, "readings" }, { report.state, report.withdrawn, report.incomplete[1].listing })
          assert.matches("no row is listed any more", report.incomplete[1].doubt, 1, true)
        end
        now = NOW + 66 * 60
        local report = run(nothing)
        assert.same({ "complete", 8 }, { report.state, report.withdrawn })
      end)

      it("doubts a listing that shows hardly anything any more", function()
        run(platform(days_of()))
        local rest = platform { { "1", 40 * DAY, "60.0" }, { "1", 20 * DAY, "80.0" } }
        local report = run(rest, { reread = true })
        assert.same({ "incomplete", 0 }, { report.state, #withdrawn() })
        assert.matches("most rows are not listed any more", report.incomplete[1].doubt, 1, true)
        now = NOW + 2 * HOUR
        assert.same({ "complete", 78 }, { run(rest, { reread = true }).state, #withdrawn() })
      end)

      it("begins the doubt anew after a listing that shows something", function()
        run(platform(days_of()))
        for minutes, rows in ipairs { {}, days_of(), {} } do
          now = NOW + minutes * 2 * HOUR
          run(platform(rows))
        end
        assert.same({}, withdrawn())
      end)

      it("keeps two rows of one moment apart wherever they stand, in any order", function()
        local a, b = { "1", 5 * HOUR, "10.0" }, { "1", 5 * HOUR, "70.0" }
        local far = { a }
        for minute = 1, 30 do far[#far + 1] = { "2", minute * 60, tostring(minute) } end
        far[#far + 1] = b
        local back = {}
        for index = #far, 1, -1 do back[#back + 1] = far[index] end
        for _, rows in ipairs { far, back, far, { b, a }, { a, b } } do
          run(platform(rows))
          assert.same({ "1@0.208333 0 10.0", "1@0.208333 1 70.0" }, { stored()[1], stored()[2] })
          assert.equal(0, restatements())
        end
        local report = run(platform { b })
        assert.same({ "1@0.208333 0 70.0", "-1@0.208333 1 10.0" }, { stored()[1], stored()[2] })
        assert.equal(0, report.restated)
        run(platform { { "1", 5 * HOUR, "71.0" } })
        assert.same({ "1@0.208333 0 71.0", 1 }, { stored()[1], restatements() })
      end)

      it("keeps devices and projects of one number apart", function()
        local function use(project, device, value)
          return { meter_no = "1", project_code = project, device_id = device, read_time = NOW - HOUR, usage = value }
        end
        local answers = { consumption = { use("east", "D1", "4"), use("west", "D1", "9"), use("west", "D7", "9") } }
        answers.meters = { { meter_no = "1", project_code = "east", device_id = "D1" },
          { meter_no = "1", project_code = "west", device_id = "D1" } }
        for _ = 1, 2 do
          local report = run(answers, { listings = { "meters", "consumption" } })
          assert.equal(0, report.restated)
          assert.equal(3, db:row("SELECT count(*) AS count FROM consumption WHERE copy = 0").count)
          assert.equal(2, db:row("SELECT count(*) AS count FROM meters WHERE removed_at IS NULL").count)
          now = now + HOUR
        end
        assert.equal(2, db:row("SELECT count(*) AS count FROM meters").count)
      end)

      it("takes the noise of a double for no correction", function()
        run(platform { { "1", HOUR, "346.9" } })
        assert.equal(0, run(platform { { "1", HOUR, "346.90000000000003" } }).restated)
        assert.same({ "1@0.0416667 0 346.9" }, stored())
        run(platform { { "2", HOUR, "0.30000000000000004" } })
        run(platform { { "2", HOUR, "0.3" } })
        assert.equal(0, restatements())
        assert.equal("2@0.0416667 0 0.3", stored()[2])
        run(platform { { "1", 2 * HOUR, "12345678901234567.10" } })
        assert.equal(1, run(platform { { "1", 2 * HOUR, "12345678901234567.20" } }).restated)
      end)
    end)
  end
end)
