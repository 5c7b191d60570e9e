-- The usage of one meter in June 2025: what its rows make of it, and how sure that is.
local usage = require "imr.workflow.metering.usage"
local time = require("imr.time").parse

local DAY = 86400
local FROM, TO = time "2025-06-01", time "2025-07-01"
local PERIOD = { from = FROM, to = TO, utc_offset = 28800, window = 7200, now = time "2025-07-20" }

-- A value a day from the first on; a value may be a table that says more of its row.
local function rows_of(list, clock, common)
  local rows, number = {}, 0
  local first = time((common and common.first or "2025-05-25") .. " " .. (clock or "21:15:00"))
  for _, value in ipairs(list) do
    local row = type(value) == "table" and value or { reading = value }
    local moment = first + number * DAY
    row.read_time, row.freeze_time = moment, moment
    row.stored_at, row.device_id = moment + 3600, row.device_id or common and common.device or "D1"
    number = number + 1
    if not row.lost then rows[#rows + 1] = row end
  end
  return rows
end

-- "340.0 +5.2 x 38", with changes by day: { [7] = "0.00" }.
local function course(from, step, count, changes)
  local list = {}
  for index = 0, count - 1 do list[index + 1] = ("%.2f"):format(from + step * index) end
  for index, value in pairs(changes or {}) do list[index] = value end
  return list
end

local function meter(rows, more)
  local given = { meter_no = "000200000031", rows = rows, tenancies = {},
    history = { { device_id = "D1", first_seen = FROM - 90 * DAY, kind = "electricity", user_name = "A" } } }
  for name, value in pairs(more or {}) do given[name] = value end
  return given
end

local function rows_in(given, period, add_older)
  return usage.of(given, usage.devices(given, period or PERIOD, add_older), period or PERIOD)
end

local function shown(given)
  local list = {}
  for index, row in ipairs(rows_in(given)) do
    list[index] = ("%s %s %s %s"):format(row.device_id or "-", row.usage or "-", row.status, row.reasons or "-")
  end
  return list
end

local lost = { lost = true }

-- Corrections of the last reading of the period.
local function restated(count)
  local list = {}
  for index = 1, count do
    list[index] = { table_name = "readings", field = "reading", row_time = time "2025-06-30 21:15" }
  end
  return list
end

-- What it is about, rows by source, what comes of it, more of the meter.
local cases = {
  { "ordinary readings", { readings = rows_of(course(340, 5.2, 42)) }, { "D1 156.00 measured -" } },
  { "a zero while offline", { readings = rows_of(course(340, 5.2, 42, { [21] = "0.00" })) },
    { "D1 156.00 measured suspect" } },
  { "a zero at the end of the period", { readings = rows_of(course(340, 5.2, 42, { [37] = "0.00" })) },
    { "D1 150.80 doubtful suspect" } },
  { "a sentinel before the period", { readings = rows_of(course(340, 5.2, 42, { [7] = "429496729.5" })) },
    { "D1 161.20 doubtful suspect" } },
  { "a register that ran over", { readings = (function()
    local list = course(99880.5, 5, 24)
    for index, value in ipairs(course(0.5, 5, 18)) do list[24 + index] = value end
    return rows_of(list)
  end)() }, { "D1 150.00 measured rollover" } },
  { "a reset", { readings = (function()
    local list = course(4880.5, 5, 24)
    for index, value in ipairs(course(7.5, 5, 18)) do list[24 + index] = value end
    return rows_of(list)
  end)() }, { "D1 145.00 doubtful decreasing" } },
  { "a listing with another scale from a day on", { readings = (function()
    local list = course(480.5, 5, 24)
    for index, value in ipairs(course(24100, 200, 18)) do list[24 + index] = value end
    return rows_of(list)
  end)() }, { "D1 2485.00 doubtful scale" } },
  { "a replaced device", { readings = rows_of(course(340, 5.2, 20)),
    consumption = rows_of(course(3, 5.2, 20), nil, { first = "2025-06-14", device = "D2" }) },
    { "D1 67.60 doubtful meter_swap", "D2 83.20 doubtful meter_swap" } },
  { "two devices at once", { readings = rows_of(course(340, 5.2, 42)),
    consumption = rows_of(course(9000, 1.1, 42), nil, { device = "D2" }) },
    { "D1 156.00 measured two_devices", "D2 33.00 measured two_devices" } },
  { "two listings at different levels", { readings = rows_of(course(340, 5.2, 42)),
    consumption = rows_of(course(340 * 40, 5.2 * 40, 42)) }, { "D1 156.00 doubtful scale" } },
  { "a listing that rounds", { readings = rows_of(course(340.04, 5.23, 42)),
    consumption = rows_of((function()
      local list = course(340.04, 5.23, 42)
      for index, text in ipairs(list) do list[index] = ("%.1f"):format(tonumber(text)) end
      return list
    end)()) }, { "D1 156.90 measured -" } },
  { "an outage inside", { consumption = (function()
    local list = course(340, 5.2, 42)
    for index = 15, 24 do list[index] = lost end
    return rows_of(list)
  end)() }, { "D1 156.00 measured -" } },
  { "a missing last reading", { readings = rows_of(course(340, 5.2, 42, { [37] = lost })) },
    { "D1 150.80 incomplete gap" } },
  { "silence since the middle", { readings = rows_of(course(340, 5.2, 25)) }, { "D1 93.60 incomplete gap" } },
  { "silence since before", { readings = rows_of(course(340, 5.2, 5)) }, { "D1 0.00 incomplete gap" } },
  { "two readings far apart", { readings = rows_of({ "0412.7", "0790.1" }, nil, { first = "2025-03-02" }) },
    { "D1 0.0 incomplete gap" } },
  { "a first row with a usage of its own", { consumption = rows_of({ { reading = "41.50", usage = "1.20" }, "45.00",
    "49.00", "53.50" }, nil, { first = "2025-06-27" }) }, { "D1 13.20 incomplete gap" } },
  { "freezes shortly after midnight", { tou_readings = (function()
    local list = course(340, 5.2, 42)
    for index, text in ipairs(list) do list[index] = { energy_total = text } end
    return rows_of(list, "00:41:12")
  end)() }, { "D1 156.00 measured -" } },
  { "a closing freeze that is missing", { readings = rows_of(course(340, 5.2, 42, { [38] = lost }), "00:41:12") },
    { "D1 150.80 incomplete gap" } },
  { "two values of the last moment", { readings = (function()
    local list = rows_of(course(340, 5.2, 42))
    table.insert(list, 38, { read_time = list[37].read_time, reading = "528.00", device_id = "D1" })
    return list
  end)() }, { "D1 156.00 doubtful duplicate" } },
  { "a reading from the future", { readings = rows_of(course(340, 5.2, 42, { [37] = { reading = "999.00" } })) },
    { "D1 150.80 doubtful suspect" } },
  { "two listings that differ at one moment", { readings = rows_of(course(340, 5.2, 42)),
    consumption = rows_of(course(340, 5.2, 42, { [37] = "529.20" })) }, { "D1 156.00 doubtful duplicate" } },
  { "two listings that differ as the period begins", { readings = rows_of(course(340, 5.2, 42)),
    consumption = rows_of(course(340, 5.2, 42, { [7] = "369.20" })) }, { "D1 156.00 doubtful duplicate" } },
  { "a listing of another scale that ends inside", { readings = rows_of(course(340, 5.2, 26)),
    consumption = rows_of(course(340 * 60, 5.2 * 60, 42)) }, { "D1 9360.00 doubtful scale" } },
  { "a listing of another scale for some days inside", { readings = rows_of(course(386.8, 5.2, 6), nil,
    { first = "2025-06-03" }), consumption = rows_of(course(340 * 60, 5.2 * 60, 42)) },
    { "D1 9360.00 doubtful scale" } },
  { "an outage of days in which hardly anything was used", { readings = (function()
    local list = course(340, 5.2, 20)
    for index, value in ipairs(course(438.9, 5.2, 18)) do list[25 + index] = value end
    for index = 21, 25 do list[index] = lost end
    return rows_of(list)
  end)() }, { "D1 124.90 measured -" } },
  { "a value that was corrected once", { readings = rows_of(course(340, 5.2, 42)) },
    { "D1 156.00 measured restated" }, { restatements = restated(1) } },
  { "a value that was corrected and corrected again", { readings = rows_of(course(340, 5.2, 42)) },
    { "D1 156.00 doubtful restated" }, { restatements = restated(2) } },
  { "rows that come days late, run after run", { readings = (function()
    local list = rows_of(course(340, 5.2, 42))
    for index, row in ipairs(list) do row.stored_at = row.read_time + 4 * DAY + index end
    return list
  end)() }, { "D1 156.00 doubtful clock" }, { delays = { readings = 3600 } } },
  { "a clock that jumped ahead", { readings = (function()
    local list = rows_of(course(340, 5.2, 30))
    for index, row in ipairs(list) do
      if index > 20 then row.read_time = row.read_time + 9 * DAY end
      row.stored_at = nil
    end
    return list
  end)() }, { "D1 109.20 doubtful clock" } },
  { "rows that are ahead of the clock when they are stored", { readings = (function()
    local list = rows_of(course(340, 5.2, 42))
    for index = 20, 24 do list[index].stored_at = list[index].read_time - DAY end
    return list
  end)() }, { "D1 156.00 doubtful future,clock" } },
  { "a device that has not reported yet", { readings = rows_of(course(340, 5.2, 20)) },
    { "D1 67.60 incomplete gap", "D2 - incomplete gap" }, { history = {
      { device_id = "D1", first_seen = FROM - 90 * DAY, removed_at = FROM + 13 * DAY, kind = "electricity" },
      { device_id = "D2", first_seen = FROM + 13 * DAY, kind = "electricity" } } } },
  { "rows that begin after the period, of a meter that was listed", { readings = rows_of(course(340, 5.2, 9), nil,
    { first = "2025-07-04" }) }, { "D1 - incomplete gap" } },
  { "no row of a meter that the first list of all shows, after the period", {}, { "D1 - incomplete gap" }, {
    history = { { device_id = "D1", first_seen = TO + 5 * DAY } }, begun = function() return TO + 5 * DAY end } },
  { "no row of a meter that was listed anew", {}, { "D1 - incomplete gap" }, { history = {
    { device_id = "D1", first_seen = FROM - DAY, removed_at = FROM + DAY },
    { device_id = "D1", first_seen = FROM + 3 * DAY } } } },
  { "no row of a meter that came after the period", {}, {}, { history = { { device_id = "D1",
    first_seen = TO + 5 * DAY } }, begun = function() return FROM - 90 * DAY end } },
  { "no register at all", { consumption = rows_of({ { usage = "4.0" }, { usage = "3.5" }, { usage = "-9" },
    { usage = "2" } }, nil, { first = "2025-06-03" }) }, { "D1 9.5 doubtful negative,unreadable" } },
  { "no row at all", {}, { "D1 - incomplete gap" } },
}

describe("the usage of a meter with", function()
  for _, case in ipairs(cases) do
    it(case[1], function() assert.same(case[3], shown(meter(case[2], case[4]))) end)
  end
end)

describe("the usage of a meter", function()
  it("names its readings as the platform wrote them", function()
    local row = rows_in(meter { readings = rows_of(course(340, 5.2, 42)) })[1]
    assert.same({ "371.20", time "2025-05-31 21:15", "527.20", time "2025-06-30 21:15", "readings" },
      { row.opening, row.opening_time, row.closing, row.closing_time, row.source })
  end)

  it("adds up over consecutive periods", function()
    local rows = rows_of(course(340, 5.2, 42, { [9] = "0.00", [24] = lost }))
    local sum, cuts = 0, { time "2025-06-04 12:00", time "2025-06-17", time "2025-06-18 03:00" }
    local period = { from = FROM, to = TO, utc_offset = 28800, window = 7200, cuts = cuts }
    for _, row in ipairs(rows_in(meter { readings = rows }, period)) do
      sum = sum + tonumber(row.usage)
    end
    assert.equal("156.00", ("%.2f"):format(sum))
  end)

  it("asks for older rows only where nothing stands at the beginning", function()
    local asked = 0
    local function older(given)
      asked = asked + 1
      given.rows.readings = rows_of({ "0412.7", lost, lost, "0790.1" }, nil, { first = "2025-06-12" })
      table.insert(given.rows.readings, 1, { read_time = time "2025-03-04 09:30", reading = "0100.2",
        device_id = "D1" })
    end
    rows_in(meter { readings = rows_of(course(340, 5.2, 42)) }, PERIOD, older)
    assert.equal(0, asked)
    local given = meter { readings = rows_of({ "0412.7", lost, lost, "0790.1" }, nil, { first = "2025-06-12" }) }
    local row = rows_in(given, PERIOD, older)[1]
    assert.same({ 1, "689.9", "incomplete", time "2025-03-04 09:30" },
      { asked, row.usage, row.status, row.opening_time })
  end)

  it("is split where the tenant changed, at the nearest reading", function()
    local tenancies = {
      { user_code = "u1", user_name = "A", since = time "2025-01-01", ["until"] = time "2025-06-10 08:00" },
      { user_code = "u2", user_name = "B", since = time "2025-06-12 18:00" },
    }
    local list = {}
    for index, row in ipairs(rows_in(meter({ readings = rows_of(course(340, 5.2, 42)) }, { tenancies = tenancies }),
      PERIOD)) do
      list[index] = ("%s %s %s"):format(row.user_name or "-", row.usage, row.status)
    end
    assert.same({ "A 46.80 measured", "- 15.60 measured", "B 93.60 measured" }, list)
  end)

  it("tells one number in two projects apart", function()
    local east = rows_of(course(340, 5.2, 42), nil, { device = "D1" })
    local west = rows_of(course(100, 1.1, 42), nil, { device = "D1" })
    local both = {}
    for index, row in ipairs(east) do
      row.project_code, west[index].project_code = "east", "west"
      both[#both + 1], both[#both + 2] = row, west[index]
    end
    local history = {}
    for index, code in ipairs { "east", "west" } do
      history[index] = { device_id = "D1", first_seen = FROM, kind = "electricity", project_code = code,
        user_name = code:sub(1, 1):upper() }
    end
    local list = {}
    for index, row in ipairs(rows_in(meter({ consumption = both, readings = rows_of(course(3, 1, 42)) },
      { history = history }), PERIOD)) do
      list[index] = ("%s %s %s %s"):format(row.project_code, row.user_name, row.usage, row.status)
    end
    table.sort(list)
    assert.same({ "east E 156.00 measured", "west W 33.00 measured" }, list)
  end)

  describe("with tariffs", function()
    local function tou(change)
      local list = {}
      for index = 0, 41 do
        local row = { energy_total = ("%.2f"):format(100 + 5 * index + 0.01),
          energy_sharp = ("%.2f"):format(10 + index), energy_valley = ("%.2f"):format(90 + 4 * index) }
        change(row, index + 1)
        list[#list + 1] = row
      end
      local row = rows_in(meter({ tou_readings = rows_of(list, "00:00:00", { first = "2025-05-26" }),
        readings = rows_of(course(100, 5, 42)) }), PERIOD)[1]
      return ("%s %s %s %s %s %s"):format(row.usage, row.sharp or "-", row.peak or "-", row.valley or "-", row.status,
        row.reasons or "-")
    end

    for _, case in ipairs {
      { "gives the parts that there are", function() end, "150.00 30.00 - 120.00 measured -" },
      { "names a part that is misread inside", function(row, index)
        if index == 20 then row.energy_sharp = "1.10" end
      end, "150.00 30.00 - 120.00 measured suspect" },
      { "leaves out a part that fell", function(row, index)
        if index > 20 then row.energy_valley = ("%.2f"):format(4 * index) end
      end, "150.00 30.00 - - doubtful decreasing" },
      { "leaves out a part that is missing at the end", function(row, index)
        if index == 37 then row.energy_sharp = nil end
      end, "150.00 - - 120.00 doubtful missing_part" },
      { "doubts parts that are not the total", function(row, index)
        if index > 12 then row.energy_sharp = ("%.2f"):format(19 + index) end
      end, "150.00 40.00 - 120.00 doubtful tou_sum" },
    } do
      it(case[1], function() assert.equal(case[3], tou(case[2])) end)
    end
  end)
end)
