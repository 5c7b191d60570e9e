-- A register's readings: which are accepted, what went through it, and which day a row closes.
local day = require "imr.workflow.metering.day"
local register = require "imr.workflow.metering.register"

local DAY, START = 86400, 1751298600 -- 2025-06-30 23:50:00 +08:00

-- "100.0 105.0 0 110.0": readings a day apart; "100.0@0.5" comes half a day later than it would.
local function points_of(text)
  local points = {}
  for word in text:gmatch("%S+") do
    local digits, later = word:match("^([^@]+)@?(.*)$")
    points[#points + 1] = { time = START + (#points + (tonumber(later) or 0)) * DAY, text = digits }
  end
  return points
end

local function course(from, step, count, places)
  local list = {}
  for index = 0, count - 1 do list[#list + 1] = ("%." .. (places or 2) .. "f"):format(from + step * index) end
  return table.concat(list, " ")
end

-- As "9 zero, 10 misread": what is not accepted.
local function suspects(one)
  local list = {}
  for index, point in ipairs(one.points) do
    if not point.accepted then list[#list + 1] = index .. " " .. point.suspect end
  end
  return table.concat(list, ", ")
end

local function breaks(one)
  local list = {}
  for index in ipairs(one.points) do
    if one.breaks[index] then list[#list + 1] = index .. " " .. one.breaks[index].kind end
  end
  return table.concat(list, ", ")
end

local function used(one)
  local first, last
  for index, point in ipairs(one.points) do
    if point.accepted then first, last = first or index, index end
  end
  return tostring((one:between(first, last)))
end

-- What it is about, readings, suspects, breaks, used from the first accepted to the last.
local cases = {
  { "a register that goes up", course(7210, 4.3, 12), "", "", "47.30" },
  { "a register that stands", "41.20 41.20 41.20 41.20 41.20", "", "", "0.00" },
  { "zero while offline", course(7210, 4.3, 6) .. " 0.00 " .. course(7240.1, 4.3, 6), "7 zero", "", "51.60" },
  { "zeros for days", course(7210, 4.3, 6) .. " 0 0 0 0 0 0 0 " .. course(7270.2, 4.3, 6),
    "7 zero, 8 zero, 9 zero, 10 zero, 11 zero, 12 zero, 13 zero", "", "81.70" },
  { "zero at the beginning", "0.00 0.00 " .. course(7210, 4.3, 8), "1 zero, 2 zero", "", "30.10" },
  { "zero at the end", course(7210, 4.3, 8) .. " 0.00", "9 zero", "", "30.10" },
  { "a new register", "0.00 0.00 " .. course(2.1, 4.3, 8), "", "", "32.20" },
  { "nothing but zeros", "0.00 0.00 0.00 0.00", "", "", "0.00" },
  { "jitter below", "80.10 80.08 81.40 81.39 82.90 84.30 84.28 85.60", "2 jitter, 4 jitter, 7 jitter", "", "5.50" },
  { "jitter at the end", course(80, 1.4, 7) .. " 88.38", "8 jitter", "", "8.40" },
  { "jitter in whole units", "411 411 412 411 412 413 413 414", "4 jitter", "", "3" },
  { "a jump of a unit up and down while nothing moves", "50.00 50.00 50.02 50.00 50.00 50.00 50.00",
    "3 jitter", "", "0.00" },
  { "a misread high digit", course(33.1, 0.2, 8) .. " 43.70 " .. course(34.9, 0.2, 8), "9 misread", "", "3.20" },
  { "a misread digit that a day's usage could be", course(33.1, 0.2, 8) .. " 35.70 " .. course(34.9, 0.2, 8),
    "9 misread", "", "3.20" },
  { "a misread low digit", course(58.1, 0.2, 8) .. " 50.70 " .. course(59.9, 0.2, 8), "9 misread", "", "3.20" },
  { "a misread at the beginning", "143.10 " .. course(34.9, 0.2, 9), "1 spike", "", "1.60" },
  { "a misread at the end", course(34.9, 0.2, 9) .. " 93.40", "10 spike", "", "1.60" },
  { "a fall at the end", course(34.9, 0.2, 9) .. " 31.40", "10 falls", "", "1.60" },
  { "two that could each be wrong", "10.0 11.0 12.0 14.5 13.5 15.0 16.0 17.0", "4 misread, 5 misread", "", "7.0" },
  { "a sentinel", course(7210, 4.3, 6) .. " 4294967.295 " .. course(7240.1, 4.3, 6), "7 sentinel", "", "51.60" },
  { "a rounded sentinel at the end", course(7210, 4.3, 6) .. " 42949672.9", "7 sentinel", "", "21.50" },
  { "a sentinel of 31 bits first", "214748364.7 " .. course(7210, 4.3, 6), "1 sentinel", "", "21.50" },
  { "nines first", "99999999.9 " .. course(7210, 4.3, 6), "1 sentinel", "", "21.50" },
  { "below zero", course(7210, 4.3, 6) .. " -1.00 " .. course(7240.1, 4.3, 6), "7 misread", "", "51.60" },
  { "a roll-over by width", course(99970.2, 6.1, 5, 1) .. " " .. course(0.7, 6.1, 5, 1), "",
    "6 rollover", "54.9" },
  { "a roll-over of leading zeros' width", "000099.1 000099.8 " .. course(100.4, 0.7, 6, 1), "", "", "4.8" },
  { "a roll-over of 24 bits", course(16777.1, 0.02, 5, 3) .. " " .. course(0.004, 0.02, 5, 3), "",
    "6 rollover", "0.200" },
  { "a roll-over of 23 bits of tenths", course(838840.2, 6.1, 4, 1) .. " " .. course(3.4, 6.1, 5, 1), "",
    "5 rollover", "48.4" },
  { "a camera's five digits", "99997.2 99998.1 99999.4 00000.3 00001.1 00001.9 00002.8", "", "4 rollover", "5.6" },
  { "a roll-over while offline", course(99970.2, 6.1, 5, 1) .. " 0.0 " .. course(6.8, 6.1, 5, 1), "6 zero",
    "7 rollover", "61.0" },
  { "a reset", course(7512.3, 4.5, 8) .. " " .. course(11, 4.5, 8), "", "9 reset", "63.00" },
  { "a higher register under the same id", course(5400, 5.1, 10) .. " " .. course(5820, 5.1, 10), "", "11 jump",
    "91.80" },
  { "another scale", course(811.2, 3.2, 10) .. " " .. course(33728, 128, 10), "", "11 scale", "1180.80" },
  { "another scale for days", course(811.2, 3.2, 9) .. " 33600.0 33728.0 33856.0 " .. course(849.6, 3.2, 9),
    "10 misread, 11 misread, 12 misread", "",
    "64.00" },
  { "more after an outage", course(20, 4, 8) .. " " .. "124.00@18 128.00@18 132.00@18", "", "", "112.00" },
  { "another scale after an outage", course(811.2, 9.2, 12) .. " 9980.0@11 10072.0@11 10164.0@11 10256.0@11 10348.0@11 "
    .. "10440.0@11 10532.0@11 10624.0@11", "", "13 jump", "745.20" },
  { "a double's noise", "346.9 347.0 347.1 347.20000000000005 347.20000000000005 347.20 347.3", "", "", "0.4" },
  { "no double's digits", "123456789012345678.1 123456789012345678.2 123456789012345678.3", "", "", "0.2" },
  { "an empty flat that is let", "5.0 5.0 5.0 5.0 5.0 5.0 5.0 5.0 5.0 14.2 25.0 36.1 44.0", "", "", "39.0" },
  { "another register under the id of one that stood", "612.4 612.4 612.4 612.4 612.4 612.4 612.4 612.4 612.4 612.4 "
    .. "1490.2 1490.2 1490.3 1490.3", "", "11 jump", "0.1" },
  { "another register a little above what one that stood may use in a day", "612.4 612.4 612.4 612.4 612.4 612.4 612.4 "
    .. "612.4 612.4 612.4 612.4 612.4 612.4 612.4 612.4 675.2 675.2 675.2 675.2", "", "16 jump", "0.0" },
  { "a misread and then another register where nothing moved", "612.4 612.4 612.4 612.4 612.4 612.4 612.4 612.4 612.4 "
    .. "91024.4 91024.4 612.4 612.4 612.4 27950.1 27950.1 27950.1 27950.1 "
    .. "27950.1 27950.1 27950.1 27950.1 27950.1", "10 misread, 11 misread", "15 jump", "0.0" },
  { "wrong readings for days where little is used", "7700.0 7700.0 7700.4 7700.4 7700.4 7700.8 "
    .. "7700.8 7700.8 7701.2 7701.2 "
    .. "655.4 655.4 655.4 655.4 7701.2 7701.2 7701.2 7701.2 77012.4 77012.4 7701.2 7701.6 7701.6 7701.6",
    "11 misread, 12 misread, 13 misread, 14 misread, 19 misread, 20 misread", "", "1.6" },
  { "another register a little above what a day can be", course(500, 5, 12) .. " " .. course(665, 5, 12), "",
    "13 jump", "110.00" },
  { "nothing that can be read", "- 12 kWh", "1 unreadable, 3 unreadable", "", "0" },
}

describe("a register", function()
  for _, case in ipairs(cases) do
    it("knows " .. case[1], function()
      local one = register.new(points_of(case[2]), { kind = "electricity" })
      assert.same({ case[3], case[4], case[5] }, { suspects(one), breaks(one), used(one) })
    end)
  end

  it("takes water to go up less than electricity", function()
    local readings = course(211, 0.3, 9) .. " " .. course(231.7, 0.3, 9)
    assert.equal("", breaks(register.new(points_of(readings), { kind = "electricity" })))
    assert.equal("10 jump", breaks(register.new(points_of(readings), { kind = "water" })))
  end)

  it("keeps all of a meter that is read each quarter of an hour", function()
    local points, value = {}, 500
    for index = 1, 300 do
      value = value + (index % 96 > 70 and 0.9 or 0.02)
      points[index] = { time = START + index * 900, text = ("%.2f"):format(value) }
    end
    local one = register.new(points, { kind = "electricity" })
    assert.same({ "", "", 900 }, { suspects(one), breaks(one), one.interval })
  end)

  it("sees a moment that has not come", function()
    local points = points_of(course(40, 1, 5))
    points[3].stored_at = points[3].time - 3600
    assert.equal("3 future", suspects(register.new(points, {})))
    assert.equal("4 future, 5 future", suspects(register.new(points_of(course(40, 1, 5)), { now = START + 2 * DAY })))
  end)

  it("sees a clock at its beginning", function()
    local points = points_of(course(40, 1, 5))
    table.insert(points, 1, { time = 946684800 + 3 * DAY, text = "43.50" })
    assert.equal("1 clock", suspects(register.new(points, {})))
  end)

  it("has the places of most rows, and the usual interval", function()
    local one = register.new(points_of "1.5 1.50 1.5000001 1.61 1.70 1.84", {})
    assert.same({ 2, DAY }, { one.resolution, one.interval })
  end)

  it("is at its usual distance at night, where it is read by day only", function()
    local points = {}
    for index = 0, 99 do
      points[#points + 1] = { time = START + math.floor(index / 10) * DAY + index % 10 * 3600, text = tostring(index) }
    end
    assert.equal(15 * 3600, register.new(points, {}).interval)
  end)
end)

describe("the day that a row closes", function()
  local OFFSET = 28800
  local function at(text) return require("imr.time").parse(text) end

  for _, case in ipairs {
    { "2025-07-01 00:00:00", false, "2025-06-30" }, { "2025-07-01 00:00:00", true, "2025-06-30" },
    { "2025-07-01 00:57:05", true, "2025-06-30" }, { "2025-07-01 00:57:05", false, "2025-07-01" },
    { "2025-07-01 02:00:00", true, "2025-06-30" }, { "2025-07-01 02:00:01", true, "2025-07-01" },
    { "2025-07-01 23:59:59", true, "2025-07-01" },
  } do
    it(("of %s is %s%s"):format(case[1], case[3], case[2] and ", read at midnight" or ""), function()
      assert.equal(case[3], day.of(at(case[1]), OFFSET, nil, case[2]))
    end)
  end

  local function midnight(...)
    local times = {}
    for index, text in ipairs { ... } do times[index] = at("2025-07-" .. text) end
    return day.reads_at_midnight(times, OFFSET)
  end

  it("is decided by when a meter is usually read", function()
    assert.is_true(midnight("01 00:57:05", "02 00:57:05", "03 01:12:00"))
    assert.is_true(midnight("01 00:57:05"))
    assert.is_true(midnight("01 00:00:00", "02 00:00:00", "03 00:00:00", "04 00:00:00", "04 10:00:00"))
    assert.is_false(midnight("01 10:30:00", "02 10:30:00", "03 00:10:00"))
    assert.is_false(midnight("01 00:00:00", "01 01:00:00", "01 02:00:00", "01 03:00:00", "01 04:00:00"))
    assert.is_false(midnight())
  end)
end)
