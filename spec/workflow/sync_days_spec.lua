-- Which day a row closes, and what a certificate makes of rows of midnight and of rows that fit no table.
local coverage = require "imr.workflow.sync.coverage"
local databases = require "support.databases"
local moment = require "imr.workflow.sync.moment"
local sync = require "imr.workflow.sync"
local sync_client = require "support.sync_client"

local DAY, HOUR, OFFSET = 86400, 3600, 8 * 3600
local FROM = 1751299200 -- 2025-07-01 00:00 on the platform's clock
local NOW = FROM + 10 * DAY + 12 * HOUR

describe("a moment that is written otherwise", function()
  local time = require "imr.time"

  it("is read where it can mean one thing only", function()
    for text, expected in pairs {
      ["2025-07-06 10:30:00.250"] = "2025-07-06 10:30:00", ["2025-07-06T10:30:00"] = "2025-07-06 10:30:00",
      ["2025-07-06T02:30:00Z"] = "2025-07-06 10:30:00", ["2025-07-06T09:30:00+07:00"] = "2025-07-06 10:30:00",
      ["2025/7/6 10:30"] = "2025-07-06 10:30:00", ["20250706103000"] = "2025-07-06 10:30:00",
      ["2025年07月06日 9:05:00 "] = "2025-07-06 09:05:00", ["2025-07-06"] = "2025-07-06 00:00:00",
    } do
      assert.equal(expected, time.format(moment.read(text, OFFSET, true), OFFSET), text)
    end
  end)

  it("is not guessed", function()
    for _, text in ipairs { "2025-07-00 10:00:00", "2025-02-29 10:00:00", "06.07.2025 10:30", "1751299200", "", "soon",
      "2025-07-06 10:30:00 +99:00", "2025-07-06 25:00:00", "07-06 10:30", "2025-07-06 10" } do
      assert.is_nil(moment.read(text, OFFSET, true), text)
    end
    assert.is_nil(moment.read("2025-07-06", OFFSET, false))
    assert.is_nil(moment.read(nil, OFFSET, true))
  end)
end)

describe("the days of a sync", function()
  for place, make in pairs(databases.places(setup, teardown)) do
    describe("into " .. place, function()
      local db, now

      local own = databases.fresh(before_each, after_each, make)
      before_each(function() db, now = own.db, NOW end)

      local METER = { meter_no = "1", device_id = "D1", online = true }

      local function run(answers, options)
        answers.meters = answers.meters or { METER }
        local given = { client = sync_client.new(answers), db = db, listings = { "meters", "readings", "tou_readings" },
          clock = function() return now end, first_days = 20, utc_offset = OFFSET }
        for name, value in pairs(options or {}) do given[name] = value end
        return assert(sync.run(given))
      end

      -- Rows at a second of each of these days of July.
      local function rows(first, last, second, field)
        local list = {}
        for day = first, last do
          list[#list + 1] = { meter_no = "1", device_id = "D1", reading = "1",
            [field or "read_time"] = FROM + (day - 1) * DAY + second }
        end
        return list
      end

      local function certify(name)
        local found = coverage.certify(db, { from = FROM, to = FROM + 10 * DAY - 1, utc_offset = OFFSET, now = now })
        for _, sum in ipairs(found.listings) do
          if sum.listing == name then return sum, found.missing end
        end
      end

      local function days(name)
        local found = {}
        for row in db:rows(("SELECT day FROM %s ORDER BY 1"):format(name or "readings")) do
          found[#found + 1] = row.day:sub(6)
        end
        return table.concat(found, " ")
      end

      it("are those before midnight of a meter that is read soon after it", function()
        for _, second in ipairs { 0, 57 * 60 + 5, 2 * HOUR } do
          db:execute "DELETE FROM readings"
          run { readings = rows(2, 4, second) }
          assert.equal("07-01 07-02 07-03", days(), second)
        end
      end)

      it("are those of the moment of a meter that is read by the hour, but for 00:00:00", function()
        local list = {}
        for hour = 0, 30 do
          list[#list + 1] = { meter_no = "1", device_id = "D1", reading = "1", read_time = FROM + hour * HOUR }
        end
        run { readings = list }
        assert.equal("06-30" .. (" 07-01"):rep(24) .. (" 07-02"):rep(6), days())
      end)

      it("are set right when more rows tell how the meter is read", function()
        run { readings = rows(9, 9, HOUR) }
        assert.equal("07-08", days())
        local list = rows(1, 8, HOUR)
        for _, row in ipairs(rows(1, 9, 12 * HOUR)) do list[#list + 1] = row end
        run { readings = list }
        now = now + DAY
        run { readings = list }
        assert.is_nil(days():find("06-30", 1, true))
        assert.equal(2, select(2, days():gsub("07%-09", "")))
      end)

      it("lack the closing row when that of the morning after is missing", function()
        run { readings = rows(2, 10, 57 * 60) }
        local sum, missing = certify "readings"
        assert.same({ 10, 9, 1, false }, { sum.expected, sum.received, sum.missing, sum.complete })
        assert.same({ "2025-07-10", "unknown" }, { missing[1].from, missing[1].cause })
        run { readings = rows(2, 11, 57 * 60) }
        assert.is_true(certify("readings").complete)
      end)

      it("of which a period was asked for are read with their closing row", function()
        local report = run({ readings = rows(2, 11, HOUR) }, { from = FROM, to = FROM + 10 * DAY - 1 })
        assert.is_true(report.certificate.complete)
      end)

      it("of a freeze that is a date is that of its midnight", function()
        local list = {}
        for day = 1, 3 do
          list[day] = { meter_no = "1", device_id = "D1", energy_total = "5",
            invalid = { freeze_time = ("2025-07-%02d"):format(day + 1) } }
        end
        run { tou_readings = list }
        assert.equal("07-01 07-02 07-03", days "tou_readings")
        assert.equal("2025-07-02 00:00:00", db:select("tou_readings", "ORDER BY freeze_time")().freeze_time_local)
      end)

      it("of rows that fit no table are missing because of that", function()
        local list = rows(1, 10, 12 * HOUR)
        list[3].read_time, list[3].invalid = nil, { read_time = "2025-07-03 1o:00:00" }
        list[5].read_time, list[5].invalid = nil, { read_time = "the fifth" }
        table.remove(list, 7)
        run { readings = list }
        local sum, missing = certify "readings"
        assert.same({ 10, 7, 3, 2, 1, false },
          { sum.expected, sum.received, sum.missing, sum.rejected, sum.unknown, sum.complete })
        assert.same({ "2025-07-03", "rejected" }, { missing[1].from, missing[1].cause })
        local kept = db:select("rejected", "WHERE day IS NOT NULL")()
        assert.same({ "1", "2025-07-03" }, { kept.meter_no, kept.day })
        assert.equal(1, db:select("coverage", "WHERE listing = 'readings' AND day = '2025-07-03'")().rejected)
      end)

      it("are expected of a meter all of whose rows fit no table", function()
        local list = {}
        for day = 1, 9 do
          list[day] = { meter_no = "1", device_id = "D1", invalid = { freeze_time = "07/0" .. day } }
        end
        run { tou_readings = list }
        local sum = certify "tou_readings"
        assert.same({ 10, 0, 9, 1, false }, { sum.expected, sum.received, sum.rejected, sum.unknown, sum.complete })
      end)

      it("are not complete where nothing is expected", function()
        run { readings = rows(1, 10, 12 * HOUR) }
        for hour = 1, 3 do
          now = NOW + hour * HOUR
          local report = run { meters = {}, readings = rows(1, 10, 12 * HOUR) }
          assert.equal(hour < 2 and "incomplete" or "complete", report.state)
        end
        local later = { from = NOW + DAY, to = NOW + 3 * DAY, utc_offset = OFFSET, now = NOW + 5 * DAY }
        assert.is_false(coverage.certify(db, later).complete)
        local sum = certify "readings"
        assert.same({ 10, 10, true }, { sum.expected, sum.received, sum.complete })
        assert.is_nil(certify "tou_readings")
      end)

      it("count a number for each of its projects", function()
        local list, meters = {}, {}
        for _, project in ipairs { "east", "west" } do
          meters[#meters + 1] = { meter_no = "1", device_id = "D" .. project, project_code = project }
          for day = 1, project == "east" and 10 or 6 do
            list[#list + 1] = { meter_no = "1", device_id = "D" .. project, project_code = project, usage = "1",
              read_time = FROM + (day - 1) * DAY + HOUR * 12 }
          end
        end
        run({ meters = meters, consumption = list }, { listings = { "meters", "consumption" } })
        local sum = certify "consumption"
        assert.same({ 20, 16, 4 }, { sum.expected, sum.received, sum.missing })
      end)

      it("and all else go on when a text was cut inside a character", function()
        local cut = ("王小明"):sub(1, 7)
        local odd = { meter_no = "2\229", device_id = "D\228\184", user_name = cut,
          extra = { [cut] = cut } }
        for _ = 1, 2 do
          local report = run { meters = { METER, odd }, latest_readings = { odd },
            readings = { { meter_no = "2\229", device_id = "D\228\184", read_time = NOW - DAY, reading = "1",
              address = cut }, { meter_no = cut, invalid = { read_time = cut } } } }
          assert.same({ "complete", 1 }, { report.state, report.rejected })
          now = now + DAY
        end
        assert.equal([[王小\xE6]], db:select("meters", "WHERE user_name IS NOT NULL")().user_name)
        local row = db:select("readings")()
        assert.same({ [[2\xE5]], [[D\xE4\xB8]], [[王小\xE6]] }, { row.meter_no, row.device_id, row.address })
        assert.equal(1, db:row("SELECT count(*) AS count FROM rejected").count)
      end)
    end)
  end
end)
