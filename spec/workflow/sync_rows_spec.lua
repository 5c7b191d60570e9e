-- What becomes of unusual rows: corrected ones, doubled ones, ones without a key, and meters that change device.
local database = require "imr.database"
local process = require "support.process"
local shell = require "support.shell"
local sync = require "imr.workflow.sync"
local sync_client = require "support.sync_client"

local NOW = 1752028200 -- 2025-07-09 10:30 on the platform's clock
local DAY = 86400

describe("the rows of a sync", function()
  local directory, db, now

  before_each(function()
    directory, now = shell.scratch(), NOW
    db = assert(database.open(directory .. "/imr.db"))
  end)

  after_each(function()
    db:close()
    shell.must("rm -rf " .. directory)
  end)

  local function run(answers, options)
    local given = { client = sync_client.new(answers), db = db, clock = function() return now end,
      first_days = 20 }
    for name, value in pairs(options or {}) do given[name] = value end
    return assert(sync.run(given)), given.client
  end

  local function all(name)
    local rows = {}
    for row in db:select(name, "ORDER BY 1, 2, 3") do rows[#rows + 1] = row end
    return rows
  end

  local function reading(value, more)
    local row = { meter_no = "000100000001", device_id = "D1", reading = value, read_time = NOW - DAY }
    for name, field in pairs(more or {}) do row[name] = field end
    return row
  end

  it("keep the platform's digits", function()
    run { readings = { reading "000123456789012345678.10" } }
    local row = all("readings")[1]
    assert.equal("000123456789012345678.10", row.reading)
    assert.equal("2025-07-08 10:30:00", row.read_time_local)
    assert.equal(NOW, row.stored_at)
  end)

  it("keep both values and both times when one is corrected", function()
    run { readings = { reading "12.50" } }
    now = NOW + 3600
    local report = run { readings = { reading "13.75" } }
    assert.equal(1, report.restated)
    local found = all "restatements"
    assert.equal(1, #found)
    local one = found[1]
    assert.same({ "readings", "000100000001", NOW - DAY, "reading", "12.50", "13.75", NOW, NOW + 3600 }, {
      one.table_name, one.meter_no, one.row_time, one.field, one.old_value, one.new_value, one.old_seen, one.new_seen })
    assert.equal("13.75", all("readings")[1].reading)
    assert.equal(NOW + 3600, all("readings")[1].changed_at)
  end)

  it("keep the time of the value before when it is corrected again", function()
    for index, value in ipairs { "1", "2", "3" } do
      now = NOW + index
      run { readings = { reading(value) } }
    end
    local found = all "restatements"
    assert.same({ { "1", "2", NOW + 1, NOW + 2 }, { "2", "3", NOW + 2, NOW + 3 } }, {
      { found[1].old_value, found[1].new_value, found[1].old_seen, found[1].new_seen },
      { found[2].old_value, found[2].new_value, found[2].old_seen, found[2].new_seen } })
  end)

  it("are no correction when only the number is written otherwise", function()
    run { readings = { reading "1.5" } }
    assert.equal(0, run({ readings = { reading "1.50" } }).restated)
    assert.equal(0, #all "restatements")
  end)

  it("follow the tenant's address without a word", function()
    run { readings = { reading("1.5", { address = "1-1" }) } }
    assert.equal(0, run({ readings = { reading("1.5", { address = "1-2" }) } }).restated)
    assert.equal("1-2", all("readings")[1].address)
  end)

  it("are told apart when one listing gives two values for one moment", function()
    local answers = { readings = { reading "1.5", reading "1.5", reading "1.7", reading "1.7" } }
    for _ = 1, 2 do
      assert.equal(0, run(answers).restated)
      local found = all "readings"
      assert.same({ { 0, "1.5" }, { 1, "1.7" }, n = 2 }, { { found[1].copy, found[1].reading },
        { found[2].copy, found[2].reading }, n = #found })
    end
  end)

  it("are told apart over the end of a page too", function()
    run { readings = { pages = { { reading "1.5" }, { reading "1.7" } } } }
    assert.equal(2, #all "readings")
  end)

  it("are kept as they came, once, when their key is missing", function()
    local answers = { readings = { reading("1.5", { meter_no = false }), { meter_no = "7", reading = "2",
      invalid = { read_time = "yesterday" } }, reading("3", { meter_no = "a\0b" }) } }
    answers.readings[1].meter_no = nil
    for _ = 1, 2 do assert.equal(3, run(answers).rejected) end
    local found, reasons = all "rejected", {}
    for index, row in ipairs(found) do reasons[index] = row.reason end
    assert.same({ "it has no meter number", "it has no read_time", "its meter number holds a NUL" }, reasons)
    assert.matches('"yesterday"', found[2].raw)
    assert.equal(0, #all "readings")
  end)

  -- Another process gives the keys of a table another order.
  it("are kept once when another process gets them again", function()
    local row = { reading = "1.5", device_id = "d", address = "a", imei = "1", user_code = "2", device_name = "n" }
    local code = [[
      local database, sync = require "imr.database", require "imr.workflow.sync"
      local db = assert(database.open(%q))
      local client = require("support.sync_client").new { readings = { %s } }
      assert(sync.run { client = client, db = db, listings = { "readings" }, clock = function() return %d end })
      db:close()]]
    for _, order in ipairs { { "reading", "device_id", "address", "imei", "user_code", "device_name" },
      { "device_name", "user_code", "imei", "address", "device_id", "reading" } } do
      for _ = 1, 3 do
        local fields = {}
        for index, name in ipairs(order) do fields[index] = ("%s = %q"):format(name, row[name]) end
        local ok, output = process.lua(code:format(directory .. "/imr.db", "{" .. table.concat(fields, ",") .. "}",
          NOW))
        assert.is_true(ok, output)
      end
    end
    assert.equal(1, #all "rejected")
  end)

  it("of a device whose id holds a NUL are kept aside, and the rest goes on", function()
    local odd = { meter_no = "1", device_id = "a\0b" }
    local report = run { meters = { odd, { meter_no = "2", device_id = "D2" } }, latest_readings = { odd },
      readings = { reading("2", { device_id = "a\0b" }) } }
    assert.same({ "complete", 2 }, { report.state, report.rejected })
    local found = all "rejected"
    assert.same({ "its device id holds a NUL", "its device id holds a NUL" }, { found[1].reason, found[2].reason })
    assert.same({ 1, "2", 1 }, { #all "meters", all("meters")[1].meter_no, #all "readings" })
    assert.matches('"a\\u0000b"', all("readings")[1].invalid, 1, true)
  end)

  it("keep what can't be stored in its column, as JSON", function()
    run { readings = { reading("1e999999", { address = "a\0b", extra = { new_key = 7 } }) } }
    local row = all("readings")[1]
    assert.is_nil(row.reading)
    assert.is_nil(row.address)
    assert.same({ reading = "1e999999", address = "a\0b" }, require("cjson").decode(row.invalid))
    assert.equal('{"new_key":7}', row.extra)
  end)

  it("keep unknown fields with all their digits, in one order of keys", function()
    local extra = { z = 3, n = 0.12345678901234568, serial = 898600123456789, list = { 1, "b" } }
    run { readings = { reading("1.5", { extra = extra }) } }
    assert.equal('{"list":[1,"b"],"n":0.12345678901234568,"serial":898600123456789,"z":3}', all("readings")[1].extra)
  end)

  it("follow unknown fields and values that do not parse, which are no corrections", function()
    local rows = { { extra = { firmware = "1" } }, { extra = { firmware = "2" } }, { invalid = { reported = "x" } },
      {} }
    for index, more in ipairs(rows) do
      now = NOW + index
      assert.equal(0, run({ readings = { reading("1.5", more) } }).restated)
      local row = all("readings")[1]
      assert.same({ more.extra and '{"firmware":"' .. index .. '"}', more.invalid and '{"reported":"x"}' },
        { row.extra, row.invalid })
      assert.same({ NOW + 1 }, { row.stored_at, row.changed_at })
    end
    assert.equal(0, #all "restatements")
  end)

  it("of a clock that runs ahead say nothing of how far the meter is read", function()
    local meters = { { meter_no = "000100000001", device_id = "D1", online = true } }
    run { meters = meters,
      readings = { reading("1", { read_time = NOW - 8 * DAY }), reading("2", { read_time = NOW + 9999 * DAY }) } }
    assert.equal(2, #all "readings")
    now = NOW + DAY
    local _, client = run { meters = meters }
    assert.is_true(client.asked.readings[1].from <= NOW - 11 * DAY + 1)
  end)

  it("of a meter that changes device begin a new row of its history", function()
    local function meter(device) return { meter_no = "000100000001", device_id = device, online = true } end
    run { meters = { meter "D1" } }
    now = NOW + DAY
    run { meters = { meter "D2" } }
    now = NOW + 2 * DAY
    run { meters = { meter "D2" } }
    local found = all "meters"
    assert.same({ { "D1", NOW, NOW + DAY }, { "D2", NOW + DAY, false }, n = 2 }, {
      { found[1].device_id, found[1].first_seen, found[1].removed_at },
      { found[2].device_id, found[2].first_seen, found[2].removed_at or false }, n = #found })
    assert.equal(NOW + 2 * DAY, found[2].last_seen)
  end)

  it("of a device that comes back begin another one", function()
    for _, device in ipairs { "D1", "D2", "D1" } do
      run { meters = { { meter_no = "1", device_id = device } } }
      now = now + DAY
    end
    assert.equal(3, #all "meters")
  end)

  it("remove no meter when the list is not known to be complete", function()
    run { meters = { { meter_no = "1", device_id = "D1" }, { meter_no = "2", device_id = "D2" } } }
    now = now + DAY
    local report = run { meters = { pages = { { { meter_no = "1", device_id = "D1" } } }, complete = false } }
    assert.equal("incomplete", report.state)
    for _, row in ipairs(all "meters") do assert.is_nil(row.removed_at) end
  end)

  it("are the newest of each meter in latest_readings", function()
    run { latest_readings = { reading "1.5" } }
    run { latest_readings = { reading("1.7", { read_time = NOW }) } }
    local found = all "latest_readings"
    assert.same({ 1, "1.7", NOW }, { #found, found[1].reading, found[1].read_time })
  end)
end)
