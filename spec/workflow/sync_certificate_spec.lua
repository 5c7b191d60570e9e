-- Is a period complete, and why not?
local coverage = require "imr.workflow.sync.coverage"
local database = require "imr.database"
local shell = require "support.shell"
local sync = require "imr.workflow.sync"
local sync_client = require "support.sync_client"

local DAY, OFFSET = 86400, 8 * 3600
local FROM = 1751299200 + 0 -- 2025-07-01 00:00 on the platform's clock
local NOW = FROM + 10 * DAY + 12 * 3600

describe("a certificate", function()
  local directory, db

  before_each(function()
    directory = shell.scratch()
    db = assert(database.open(directory .. "/imr.db"))
  end)

  after_each(function()
    db:close()
    shell.must("rm -rf " .. directory)
  end)

  -- A row at noon of each of these days of July.
  local function rows(number, days)
    local list = {}
    for _, day in ipairs(days) do
      list[#list + 1] = { meter_no = number, reading = "1", read_time = FROM + (day - 1) * DAY + 12 * 3600 }
    end
    return list
  end

  local function days(first, last)
    local list = {}
    for day = first, last do list[#list + 1] = day end
    return list
  end

  local function joined(...)
    local all = {}
    for _, list in ipairs { ... } do
      for _, row in ipairs(list) do all[#all + 1] = row end
    end
    return all
  end

  local function run(answers, options)
    local given = { client = sync_client.new(answers), db = db, listings = { "meters", "readings" },
      clock = function() return NOW end, first_days = 10 }
    for name, value in pairs(options or {}) do given[name] = value end
    return assert(sync.run(given))
  end

  local function certify(from, to, now)
    return coverage.certify(db, { from = from, to = to, utc_offset = OFFSET, now = now or NOW })
  end

  local function meter(number, more)
    local record = { meter_no = number, device_id = "D" .. number, online = true }
    for name, value in pairs(more or {}) do record[name] = value end
    return record
  end

  it("is complete when each meter has a row each day", function()
    local report = run { meters = { meter "1", meter "2" },
      readings = joined(rows("1", days(1, 10)), rows("2", days(1, 10))) }
    local found = report.certificate
    assert.is_true(found.complete)
    assert.equal(20, found.listings[1].expected)
    assert.equal(20, found.listings[1].received)
    assert.same({}, found.missing)
  end)

  it("counts two rows of a day once, and days by the platform's clock", function()
    local late = { meter_no = "1", reading = "1", read_time = FROM + DAY - 1 }
    run { meters = { meter "1" }, readings = joined(rows("1", days(1, 3)), { late }) }
    assert.equal(3, certify(FROM, FROM + 3 * DAY - 1).listings[1].received)
  end)

  it("names the cause of what is missing", function()
    run {
      meters = { meter("1", { online = false, last_online = FROM + 4 * DAY + 100 }), meter "2" },
      readings = joined(rows("1", days(1, 4)), rows("2", { 1, 2, 3, 5, 6, 7, 8, 9 })),
    }
    local found = certify(FROM, FROM + 11 * DAY - 1)
    assert.is_false(found.complete)
    assert.same({
      { listing = "readings", meter_no = "1", from = "2025-07-05", to = "2025-07-10", days = 6, cause = "offline" },
      { listing = "readings", meter_no = "1", from = "2025-07-11", to = "2025-07-11", days = 1, cause = "not_frozen" },
      { listing = "readings", meter_no = "2", from = "2025-07-04", to = "2025-07-04", days = 1, cause = "unknown" },
      { listing = "readings", meter_no = "2", from = "2025-07-10", to = "2025-07-10", days = 1, cause = "unknown" },
      { listing = "readings", meter_no = "2", from = "2025-07-11", to = "2025-07-11", days = 1, cause = "not_frozen" },
    }, found.missing)
    local sum = found.listings[1]
    assert.same({ 22, 12, 10, 6, 2, 2, 0 },
      { sum.expected, sum.received, sum.missing, sum.offline, sum.not_frozen, sum.unknown, sum.truncated })
  end)

  it("holds a listing that was cut short against the days that it was of", function()
    local report = run { meters = { meter "1" }, readings = { pages = { rows("1", days(1, 6)) }, complete = false,
      drifted = true, total = 10 } }
    assert.equal("incomplete", report.state)
    local sum = report.certificate.listings[1]
    assert.same({ 4, 4 }, { sum.missing, sum.truncated })
    assert.is_true(sum.drifted > 0)
    assert.is_false(report.certificate.complete)
  end)

  it("holds days that were never asked for against the period", function()
    run { meters = { meter "1" }, readings = rows("1", days(1, 10)) }
    local sum = certify(FROM - 3 * DAY, FROM + 10 * DAY - 1).listings[1]
    assert.same({ 13, 10, 3, 3 }, { sum.expected, sum.received, sum.missing, sum.truncated })
  end)

  it("expects nothing before a meter's first row", function()
    run { meters = { meter "1", meter "2" }, readings = joined(rows("1", days(1, 10)), rows("2", days(7, 10))) }
    local found = certify(FROM, FROM + 10 * DAY - 1)
    assert.is_true(found.complete)
    assert.same({ 14, 6 }, { found.listings[1].expected, found.listings[1].before_first })
  end)

  it("expects nothing of a meter after it was removed", function()
    run { meters = { meter "1", meter "2" }, readings = joined(rows("1", days(1, 10)), rows("2", days(1, 10))) }
    run({ meters = { meter "1" }, readings = rows("1", days(1, 14)) },
      { clock = function() return NOW + 4 * DAY end })
    local found = certify(FROM, FROM + 14 * DAY - 1, NOW + 4 * DAY)
    local causes = {}
    for _, missing in ipairs(found.missing) do causes[#causes + 1] = missing.meter_no .. missing.from end
    assert.same({ "22025-07-11" }, causes)
  end)

  it("expects time-of-use rows of meters that have had some", function()
    local tou = {}
    for day = 0, 9 do tou[#tou + 1] = { meter_no = "1", energy_total = "1", freeze_time = FROM + day * DAY } end
    table.remove(tou, 4)
    run({ meters = { meter "1", meter "2" }, tou_readings = tou }, { listings = { "meters", "tou_readings" } })
    local sum = certify(FROM, FROM + 10 * DAY - 1).listings[1]
    -- A freeze of 00:00:00 closes the day before: that of the 11th is not there either.
    assert.same({ "tou_readings", 10, 8, 2 }, { sum.listing, sum.expected, sum.received, sum.unknown })
  end)

  local REFUSED = { pages = { {} }, fails = 1,
    error = { kind = "forbidden", message = "no right", retryable = false, executed = "no" } }

  local function sums_of(certificate)
    local sums = {}
    for _, sum in ipairs(certificate.listings) do sums[sum.listing] = sum end
    return sums
  end

  it("is none of a listing that was refused before its first page", function()
    local report = run({ meters = { meter "1" }, readings = rows("1", days(1, 10)), consumption = REFUSED,
      tou_readings = REFUSED }, { listings = { "meters", "readings", "consumption", "tou_readings" } })
    assert.same({ "failed", false }, { report.state, report.certificate.complete })
    local found = certify(FROM + DAY, FROM + 3 * DAY - 1)
    local sums = sums_of(found)
    assert.is_false(found.complete)
    assert.same({ true, 2, 0 }, { sums.readings.complete, sums.readings.received, sums.readings.unread })
    assert.same({ false, 2, 2, 0 },
      { sums.consumption.complete, sums.consumption.missing, sums.consumption.truncated, sums.consumption.unread })
    -- Nobody knows who has time-of-use rows.
    assert.same({ false, 0, 2 }, { sums.tou_readings.complete, sums.tou_readings.missing, sums.tou_readings.unread })
    assert.same({ "consumption", "1", "truncated", 2, "tou_readings", "", "truncated", 2 },
      { found.missing[1].listing, found.missing[1].meter_no, found.missing[1].cause, found.missing[1].days,
        found.missing[2].listing, found.missing[2].meter_no, found.missing[2].cause, found.missing[2].days })
  end)

  it("is none of a listing that was never read either while the day is young", function()
    run({ meters = { meter "1" }, readings = rows("1", days(1, 10)), tou_readings = REFUSED },
      { listings = { "meters", "readings", "tou_readings" } })
    local found = certify(FROM + 9 * DAY, FROM + 10 * DAY - 1, FROM + 10 * DAY + 600)
    local sums = sums_of(found)
    assert.same({ false, true, false, 1 },
      { found.complete, sums.readings.complete, sums.tou_readings.complete, sums.tou_readings.unread })
    assert.same({ { listing = "tou_readings", meter_no = "", from = "2025-07-10", to = "2025-07-10", days = 1,
      cause = "not_frozen" } }, found.missing)
  end)

  it("is none of a listing that broke in its middle, or in whose middle the run was killed", function()
    local broken = { pages = { rows("1", days(1, 4)), {} }, fails = 2, error = REFUSED.error }
    run { meters = { meter "1" }, readings = broken }
    assert.same({ 1, 1 }, { certify(FROM + 5 * DAY, FROM + 6 * DAY - 1).listings[1].truncated,
      certify(FROM, FROM + DAY - 1).listings[1].received })
    local record = db:select("listings", "WHERE listing = 'readings'")()
    assert.same({ false, false }, { record.complete, record.finished_at or false })
  end)

  it("is none where the meters were never listed", function()
    local report = run { meters = REFUSED, readings = rows("1", days(1, 10)) }
    assert.same({ "failed", false, 10 },
      { report.state, report.certificate.complete, report.certificate.listings[1].unread })
  end)

  it("is of the listings that were chosen", function()
    run({ meters = { meter "1" }, readings = rows("1", days(1, 10)), consumption = REFUSED },
      { listings = { "meters", "readings", "consumption" } })
    local report = run { meters = { meter "1" }, readings = rows("1", days(1, 10)) }
    assert.same({ true, 1 }, { report.certificate.complete, #report.certificate.listings })
    assert.is_nil(run({ meters = { meter "1" } }, { listings = { "meters" }, from = FROM, to = NOW }).certificate)
  end)

  it("is none of a database that nothing was read into", function()
    assert.is_false(certify(FROM, FROM + DAY - 1).complete)
  end)

  it("is kept day by day", function()
    run { meters = { meter "1", meter "2" }, readings = joined(rows("1", days(1, 10)), rows("2", { 1, 2 })) }
    local row = db:select("coverage", "WHERE listing = 'readings' AND day = '2025-07-03'")()
    assert.same({ 2, 1, 1 }, { row.expected, row.received, row.unknown })
  end)
end)
