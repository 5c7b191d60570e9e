-- Quality and the billing cutoff over a whole database, in SQLite and in PostgreSQL.
local cutoff = require "imr.workflow.cutoff"
local databases = require "support.databases"
local filled = require "support.filled"
local quality = require "imr.workflow.quality"

local number, time = filled.number, filled.time

for name, place in pairs(databases.places(setup, teardown)) do
  describe(name, function()
    local db, where

    setup(function()
      where = place()
      db = filled.open(where)
    end)

    teardown(function()
      db:close()
      databases.remove(where)
    end)

    local function check(options)
      local found = {}
      local given = { from = filled.FROM, to = filled.TO, now = filled.NOW, on_flags = function(flags)
        for _, flag in ipairs(flags) do found[#found + 1] = flag end
      end }
      for key, value in pairs(options or {}) do given[key] = value end
      return assert(quality.check(db, given)), found
    end

    it("finds what is wrong with each meter, and nothing else", function()
      local summary, found = check()
      local seen = {}
      for _, flag in ipairs(found) do
        seen[#seen + 1] = ("%d %s %g %s %s"):format(tonumber(flag.meter_no:sub(-2)), flag.rule,
          (flag.time - time(0)) / 86400, flag.value or "-", flag.reference or "-")
      end
      assert.same({
        "1 usage 7 4.99 5.00", "1 restated 9 45.00 44.90",
        "2 suspect 20 1.00 95.00",
        "3 meter_swap 15 5.00 70.00",
        ("4 gap %g - 150.00"):format((filled.TO - time(0)) / 86400),
        "5 zeros 40 60.00 60.00",
        "6 spike 25 1025.00 120.00",
        ("8 tou_sum %g 10.00 10.50"):format(10 + 600 / 86400), "8 gap 34 170.00 160.00",
        ("8 scale %g 10.50 185.00"):format(39 + 600 / 86400),
        "10 image 5 - -", "10 gap 6 1.20 0.80",
      }, seen)
      assert.same({ 10, 12, 3 }, { summary.meters, summary.flags, summary.by_rule.gap })
    end)

    it("keeps to the rules, the meters and the period that are asked for", function()
      assert.same({ gap = 3 }, (check { rules = { "gap" } }).by_rule)
      assert.is_nil((check { without = { "spike" } }).by_rule.spike)
      assert.is_nil((check { tuning = { zeros = { days = 60 } } }).by_rule.zeros)
      assert.same({ usage = 1, restated = 1 }, (check { meters = { number(1) } }).by_rule)
      assert.same({ spike = 1, zeros = 1 }, (check { from = time(25) - 60, to = time(25) + 60 }).by_rule)
    end)

    it("changes nothing", function()
      local before = db:row("SELECT count(*) AS n, min(reading) AS low FROM readings WHERE meter_no = ?", number(2))
      check()
      assert.same(before, db:row("SELECT count(*) AS n, min(reading) AS low FROM readings WHERE meter_no = ?",
        number(2)))
    end)

    local function bill(options)
      local given = { now = filled.NOW, cutoff = filled.START + 30 * 86400 }
      for key, value in pairs(options or {}) do given[key] = value end
      local made, rows = assert(cutoff.at(db, given)), {}
      for _, row in ipairs(made.rows) do
        assert.is_nil(rows[row.meter_no], "one row a meter")
        rows[row.meter_no] = row
      end
      return made, rows
    end

    it("bills each meter with one reading", function()
      local made, rows = bill()
      assert.same({ 10, 9, 1 }, { #made.rows, made.resolved, made.unresolved })
      local row = rows[number(1)]
      assert.same({ "150.00", time(30), 600, "readings", "", "D1", "electricity" }, { row.reading, row.read_time,
        row.age, row.source, row.flags, row.device_id, row.kind })
      assert.same({ "80.00", "D3b" }, { rows[number(3)].reading, rows[number(3)].device_id })
      assert.same({ "60.00", "zeros" }, { rows[number(5)].reading, rows[number(5)].flags })
      assert.same({ "10.50", "tou_readings", 0, "4.50" }, { rows[number(8)].reading, rows[number(8)].source,
        rows[number(8)].age, rows[number(8)].energy_valley })
      assert.same({ "6.00", "camera_readings" }, { rows[number(10)].reading, rows[number(10)].source })
      assert.same({ false, "no reading before it" }, { rows[number(9)].resolved, rows[number(9)].why })
    end)

    it("takes no reading of a device that was replaced before the cutoff", function()
      local limit = time(15) - 1800 -- the swap has been seen, the new device has not reported yet
      local _, rows = bill { cutoff = limit, freeze_window = 0 }
      assert.is_false(rows[number(3)].resolved)
      assert.matches("device D3 was replaced by D3b, of which there is no reading; the last one before was 70.00",
        rows[number(3)].why, 1, true)
      _, rows = bill { cutoff = time(15) }
      assert.same({ "5.00", "D3b", "meter_swap" }, { rows[number(3)].reading, rows[number(3)].device_id,
        rows[number(3)].flags })
      _, rows = bill { cutoff = time(14) }
      assert.same({ "70.00", "D3", "" }, { rows[number(3)].reading, rows[number(3)].device_id, rows[number(3)].flags })
    end)

    it("knows a new device by its rows, where the sync saw it only later", function()
      local function seen_at(seconds)
        db:execute("UPDATE meters SET first_seen = ? WHERE device_id = 'D3b'", seconds)
      end
      seen_at(time(15) + 1800)
      local _, rows = bill { cutoff = time(15) + 3600 }
      seen_at(time(15) - 3600)
      assert.same({ "5.00", "D3b" }, { rows[number(3)].reading, rows[number(3)].device_id })
    end)

    it("names the device of that time, also where there is no reading", function()
      local _, rows = bill { cutoff = time(10), sources = { "consumption" } }
      assert.same({ false, "D3" }, { rows[number(3)].resolved, rows[number(3)].device_id })
    end)

    it("takes no number of an image that could not be parsed", function()
      db:execute([[INSERT INTO camera_readings (meter_no, read_time, copy, reading, image_ok) VALUES (?, ?, 0, '99',
        FALSE)]], number(10), time(20) + 60)
      local _, rows = bill { cutoff = time(20) + 120 }
      db:execute("DELETE FROM camera_readings WHERE read_time = ?", time(20) + 60)
      assert.equal("4.00", rows[number(10)].reading)
    end)

    it("takes a reading shortly after the moment where it is the nearer one", function()
      local _, rows = bill { cutoff = time(15) - 1800 }
      assert.same({ "5.00", "D3b", -1800 }, { rows[number(3)].reading, rows[number(3)].device_id, rows[number(3)].age })
      assert.same({ "75.00", -1800 }, { rows[number(1)].reading, rows[number(1)].age })
      _, rows = bill { cutoff = time(15) - 7201 }
      assert.same({ "70.00", 79199 }, { rows[number(1)].reading, rows[number(1)].age })
    end)

    it("takes no reading that falls and comes back, and says so", function()
      local _, rows = bill { cutoff = time(19) }
      assert.same({ "95.00", "" }, { rows[number(2)].reading, rows[number(2)].flags })
      _, rows = bill { cutoff = time(20) }
      assert.same({ "95.00", 86400 }, { rows[number(2)].reading, rows[number(2)].age })
      assert.matches("suspect", rows[number(2)].flags, 1, true)
    end)

    it("gives devices that are read at the same time a row each", function()
      for day = 1, 40 do
        db:execute([[INSERT INTO readings (meter_no, read_time, copy, device_id, reading, stored_at) VALUES
          (?, ?, 0, 'D7x', ?, ?)]], number(7), time(day) + 60, ("%d.0"):format(900 + day), time(day) + 3600)
      end
      local made = assert(cutoff.at(db, { now = filled.NOW, cutoff = time(30) + 600, meters = { number(7) } }))
      db:execute("DELETE FROM readings WHERE device_id = 'D7x'")
      assert.same({ "D7 150.00", "D7x 930.0" }, { made.rows[1].device_id .. " " .. made.rows[1].reading,
        made.rows[2].device_id .. " " .. made.rows[2].reading })
    end)

    it("leaves old readings and unparsed images out", function()
      local made, rows = bill { cutoff = filled.START + 35 * 86400 }
      local more
      assert.matches("too old: 150.00 at 2025-06-30 23:50", rows[number(4)].why, 1, true)
      assert.equal(2, made.unresolved)
      more, rows = bill { cutoff = filled.START + 35 * 86400, max_age = 9 * 86400 }
      assert.same({ 1, "150.00", "gap" }, { more.unresolved, rows[number(4)].reading, rows[number(4)].flags })
      more, rows = bill { cutoff = time(5) }
      assert.same({ 1, "0.80", 86400 }, { more.unresolved, rows[number(10)].reading, rows[number(10)].age })
    end)

    it("keeps to the listings that are asked for", function()
      local made, rows = bill { sources = { "readings" } }
      assert.same({ "readings", "150.00" }, { rows[number(8)].source, rows[number(8)].reading })
      assert.equal(2, made.unresolved)
      assert.has_error(function() bill { sources = { "reading" } } end)
    end)
  end)
end

describe("without a database", function()
  it("an error comes back as one", function()
    local path = os.tmpname()
    local db = assert(require("imr.database").open(path))
    db:close()
    for _, work in ipairs { quality.check, function(closed) return cutoff.at(closed, { cutoff = 0 }) end } do
      local result, err = work(db)
      assert.is_nil(result)
      assert.equal("database", err.kind)
    end
    os.remove(path)
  end)
end)
