-- Rules that need more of the database than the rows of the period, in SQLite and in PostgreSQL.
local cutoff = require "imr.workflow.cutoff"
local databases = require "support.databases"
local quality = require "imr.workflow.quality"

local DAY, START = 86400, 1772294400 -- 2026-03-01 00:00:00 +08:00
local FROM, TO, NOW = START, START + 31 * DAY - 1, START + 33 * DAY

local function insert(db, name, row)
  local names, marks, values = {}, {}, {}
  for column, value in pairs(row) do
    names[#names + 1], marks[#marks + 1], values[#values + 1] = column, "?", value
  end
  db:execute(("INSERT INTO %s (%s) VALUES (%s)"):format(name, table.concat(names, ", "), table.concat(marks, ", ")),
    (table.unpack or unpack)(values)) -- luacheck: ignore
end

local function reading(db, meter, day, value, more)
  local time = START + math.floor(day * DAY)
  local row = { meter_no = meter, device_id = "D" .. meter, read_time = time + 40000, copy = 0,
    reading = ("%.1f"):format(value), stored_at = time + 47200 }
  for name, other in pairs(more or {}) do row[name] = other end
  insert(db, "readings", row)
end

local function each_day(db, meter, more)
  for day = -20, 32 do
    if not (more and more(day)) then reading(db, meter, day, 400 + 6 * day) end
  end
end

for name, place in pairs(databases.places(setup, teardown)) do
  describe("in " .. name .. ", imr check", function()
    local own, db = databases.fresh(before_each, after_each, place), nil

    before_each(function()
      db = own.db
      for _, meter in ipairs { "501", "502", "503" } do each_day(db, meter) end
    end)

    -- As "meter rule day value".
    local function flags(options)
      local found = {}
      local given = { from = FROM, to = TO, now = NOW, on_flags = function(list)
        for _, flag in ipairs(list) do
          found[#found + 1] = ("%s %s %.3g %s"):format(flag.meter_no, flag.rule, (flag.time - START) / DAY,
            flag.value or "-")
        end
      end }
      for key, value in pairs(options or {}) do given[key] = value end
      assert(quality.check(db, given))
      return found
    end

    it("says nothing of meters with which all is well", function() assert.same({}, flags()) end)

    it("flags a row that was withdrawn, by no other rule", function()
      reading(db, "502", 9.2, 99999, { withdrawn_at = START + 11 * DAY })
      assert.same({ "502 withdrawn 9.66 99999.0" }, flags())
    end)

    it("flags a clock that is ahead by rows that are of a time after the period", function()
      for day = 28, 30 do
        reading(db, "504", day, 60 + day, { read_time = START + (day + 40) * DAY })
      end
      each_day(db, "504", function(day) return day >= 28 end)
      local found = {}
      for _, flag in ipairs(flags { rules = { "clock" } }) do found[#found + 1] = flag end
      assert.same({ "504 clock 30.5 -" }, found)
    end)

    it("flags a clock that began anew by rows of the year 2000", function()
      for day = 12, 14 do
        reading(db, "503", day + 0.1, 470 + day, { read_time = 951840000 + day * DAY })
      end
      assert.same({ "503 clock 14.6 -" }, flags())
    end)

    it("flags a clock that is slow, not the one of a fleet that is late", function()
      for day = -20, 32 do
        reading(db, "505", day, 400 + 6 * day, { stored_at = START + (day + 5) * DAY + 47200 })
      end
      assert.same({ "505 clock 31 -" }, flags { rules = { "clock" } })
      db:execute("UPDATE readings SET stored_at = stored_at + ? WHERE meter_no <> '505'", 5 * DAY)
      assert.same({}, flags { rules = { "clock" } })
    end)

    it("says at a cutoff that the reading is of a clock that is slow, or that jumped ahead", function()
      for day = -20, 32 do
        reading(db, "505", day, 400 + 6 * day, { stored_at = START + (day + 5) * DAY + 47200 })
        if day < 9 then reading(db, "506", day, 400 + 6 * day) end
        if day > 15 then reading(db, "506", day, 400 + 6 * (day - 7)) end
      end
      local bill = assert(cutoff.at(db, { cutoff = START + 17 * DAY, now = NOW }))
      local found = {}
      for _, row in ipairs(bill.rows) do found[row.meter_no] = row.flags end
      assert.same({ ["501"] = "", ["502"] = "", ["503"] = "", ["505"] = "clock", ["506"] = "gap,clock" }, found)
    end)

    it("flags numbers that look alike, also where only one of them is asked for", function()
      each_day(db, "00502")
      each_day(db, "５０３")
      assert.same({ "00502 similar_number 31 -", "502 similar_number 31 -", "503 similar_number 31 -",
        "５０３ similar_number 31 -" }, flags())
      assert.same({ "502 similar_number 31 -" }, flags { meters = { "502" } })
    end)

    it("flags another tenant in his period", function()
      for index, tenant in ipairs { { -90, "u1" }, { 17, "u2" }, { 45, "u3" } } do
        insert(db, "tenancies", { meter_no = "501", project_code = "", since = START + tenant[1] * DAY,
          user_code = tenant[2], user_name = "Tenant " .. index })
      end
      assert.same({ "501 tenant 17 -" }, flags())
    end)

    it("flags two devices that are read turn by turn, once, and bills each by itself", function()
      for day = -20, 32 do reading(db, "501", day + 0.25, 9000 + 2 * day, { device_id = "other" }) end
      assert.same({ "501 two_devices 30.7 -" }, flags())
    end)

    it("flags an amount and a part that came as something else", function()
      insert(db, "consumption", { meter_no = "506", device_id = "D506", granularity = "daily", copy = 0,
        read_time = START + 4 * DAY, reading = "5.0", usage = "1.0", invalid = '{"amount":"1,20"}',
        stored_at = START + 4 * DAY + 60 })
      insert(db, "tou_readings", { meter_no = "506", device_id = "D506", copy = 0, freeze_time = START + 5 * DAY,
        energy_total = "6.0", energy_peak = "6.0", invalid = '{"energy_flat":"-"}', stored_at = START + 5 * DAY + 60 })
      assert.same({ "506 unreadable 4 -", "506 unreadable 5 -" }, flags { rules = { "unreadable" } })
    end)

    it("counts the meters that it has judged", function()
      assert.equal(3, quality.check(db, { from = FROM, to = TO, now = NOW }).meters)
      assert.equal(0, quality.check(db, { from = FROM, to = TO, now = NOW, meters = { "nobody" } }).meters)
    end)
  end)
end
