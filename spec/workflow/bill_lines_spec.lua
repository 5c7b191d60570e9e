-- A worked example of each kind of tariff, computed by hand beside it: one meter, June 2025.
local bill = require "imr.workflow.bill"
local DAY = require("imr.base.calendar").DAY
local decimal = require "imr.decimal"
local lines = require "imr.workflow.bill.lines"
local months = require "imr.workflow.bill.months"
local time = require("imr.time").parse
local usage = require "imr.workflow.metering.usage"

local FROM, TO = time "2025-06-01", time "2025-07-01"
local NUMBER = "000200000031"

-- A reading a day at 23:50, since a day: what is used a day, in hundredths; changes by day of the list.
local function readings(first, count, step, start, change)
  local rows, value = {}, start or 10000
  for index = 0, count - 1 do
    local moment = time(first) + index * DAY + DAY - 600
    if index > 0 then value = value + step end
    local row = { read_time = moment, freeze_time = moment, stored_at = moment + 60, device_id = "D1",
      reading = ("%d.%02d"):format(math.floor(value / 100), value % 100) }
    rows[index + 1] = change and change(row, index) or row
  end
  return rows
end

local function ordinary(step, change) return readings("2025-05-20", 60, step, nil, change) end

local function meter(rows, more)
  local given = { meter_no = NUMBER, rows = rows, tenancies = {}, restatements = {},
    history = { { device_id = "D1", first_seen = FROM - 200 * DAY, kind = "electricity", user_name = "A",
      address = "3栋2单元101" } } }
  for name, value in pairs(more or {}) do given[name] = value end
  return given
end

-- The lines of a meter under a tariff.
local function billed(given, tariff, csv, decided, from, to)
  from, to = from or FROM, to or TO
  local loaded = assert(bill.check("return " .. tariff, "tariff.lua", csv, "meters.csv"))
  local context = { set = loaded.set, meters = loaded.meters, utc_offset = 28800,
    decisions = decided and assert(bill.decisions(decided, "decisions.csv")).meters or {} }
  local cuts, by_year = lines.cuts(given, context, from, to)
  local period = { from = from, to = to, utc_offset = 28800, window = 7200, now = time "2025-08-20", cuts = cuts }
  local year = { from = months.year_start(from, 28800), to = from, utc_offset = 28800, window = 7200 }
  local devices = usage.devices(given, period)
  return lines.of(usage.of(given, devices, period), context, by_year and { rows = function()
    return usage.of(given, devices, year)
  end } or nil)
end

local function shown(list)
  local texts = {}
  for index, line in ipairs(list) do
    local parts = { ("%s %s"):format(line.usage or "-", line.amount or "held: " .. line.reasons) }
    for _, one in ipairs(line.charges or {}) do
      parts[#parts + 1] = ("%s %sx%s=%s"):format(one.name or one.tier or one.item, one.quantity or "-",
        one.price or "-", one.amount)
    end
    texts[index] = table.concat(parts, "; ")
  end
  return texts
end

local function one(home) return ("{ defaults = { electricity = 'home' }, tariffs = { home = %s } }"):format(home) end

local YEAR = one [[{ accumulate = "year", tiers = { { upto = "220", price = "3.45" }, { upto = "300", price = "4.83" },
  { price = "5.83" } } }]]
-- 2025-01-01 to 2025-05-31 has 151 days; at 1.30 a day 196.30.
local function since_january(step) return { readings = readings("2024-12-20", 200, step) } end

local function tou_rows(row, index)
  row.reading = nil
  for name, part in pairs { total = 10, sharp = 1, peak = 3, flat = 4, valley = 2 } do
    row["energy_" .. name] = ("%d.00"):format(100 + part * index)
  end
  return row
end

local CHANGE = one [[{ versions = {
  { from = "2024-01-01", price = "0.50", fees = { { name = "meter", amount = "3.00" } } },
  { from = "2025-06-16", price = "0.60", fees = { { name = "meter", amount = "6.00" } } } } }]]

local TENANTS = { tenancies = {
  { user_code = "u1", user_name = "A", since = FROM - 100 * DAY, ["until"] = time "2025-06-16" },
  { user_code = "u2", user_name = "B", since = time "2025-06-16" } } }

local replaced = {
  readings = readings("2025-05-20", 28, 500), -- the last one is that of June 16: 235.00
  consumption = readings("2025-06-17", 30, 500, 300, function(row) row.device_id = "D2" return row end),
}
for _, row in ipairs(replaced.consumption) do row.granularity = "daily" end

local SHARED = NUMBER .. ",1/3,u1\n" .. NUMBER .. ",1/3,u2\n" .. NUMBER .. ",1/3,u3\n"

-- What it is about, the meter, the tariff, what comes of it; CSV, decisions. 30 days of June at 5.00 are 150.00.
local cases = {
  { "a flat price", meter { readings = ordinary(500) }, one '{ price = "0.6147" }',
    { "150.00 92.21; price 150.00x0.6147=92.205000" } }, -- 92.205 half up
  { "half even, if that is wanted", meter { readings = ordinary(500) },
    '{ rounding = "half_even", defaults = { electricity = "home" }, tariffs = { home = { price = "0.6147" } } }',
    { "150.00 92.20; price 150.00x0.6147=92.205000" } },
  -- 92.205 and 0.015 are 92.22; rounded one by one 92.21 and 0.02
  { "a sum that is rounded", meter { readings = ordinary(500) },
    one '{ price = "0.6147", surcharges = { { name = "tax", price = "0.0001" } } }',
    { "150.00 92.22; price 150.00x0.6147=92.205000; tax 150.00x0.0001=0.015000" } },
  { "charges that are rounded each", meter { readings = ordinary(500) },
    '{ round_each = "charge", defaults = { electricity = "home" }, tariffs = { home = { price = "0.6147", '
      .. 'surcharges = { { name = "tax", price = "0.0001" } } } } }',
    { "150.00 92.23; price 150.00x0.6147=92.21; tax 150.00x0.0001=0.02" } },
  { "tiers of a month", meter { readings = ordinary(500) }, -- 100 x 0.50 + 40 x 0.60 + 10 x 0.80 = 82.00
    one '{ tiers = { { upto = "100", price = "0.50" }, { upto = "140", price = "0.60" }, { price = "0.80" } } }',
    { "150.00 82.00; 1 100x0.50=50.00; 2 40x0.60=24.00; 3 10.00x0.80=8.0000" } },
  -- the limits are of a household: two of them have 200 at 0.50
  { "tiers of two households", meter { readings = ordinary(500) },
    one '{ tiers = { { upto = "70", price = "0.50" }, { price = "0.60" } } }',
    { "150.00 76.00; 1 140x0.50=70.00; 2 10.00x0.60=6.0000" }, "meter_no,households\n" .. NUMBER .. ",2\n" },
  -- 196.30 before, 39.00 in June: 23.70 x 3.45 = 81.765, 15.30 x 4.83 = 73.899; 155.664
  { "tiers of a year that cross a limit in the month", meter(since_january(130)), YEAR,
    { "39.00 155.66; 1 23.70x3.45=81.7650; 2 15.30x4.83=73.8990" } },
  -- at 2.00 a day 302.00 before: everything is above 300
  { "tiers of a year, above all limits", meter(since_january(200)), YEAR, { "60.00 349.80; 3 60.00x5.83=349.8000" } },
  { "tiers of a year, of which the beginning is not known", meter { readings = ordinary(130) }, YEAR,
    { "39.00 held: year_to_date" } },
  { "the same, decided", meter { readings = ordinary(130) }, YEAR,
    { "39.00 155.66; 1 23.70x3.45=81.7650; 2 15.30x4.83=73.8990" }, nil,
    "meter_no,year_used,who,why\n" .. NUMBER .. ",196.30,Li,old system\n" },
  -- 30 days: 30 x 1.2035 + 90 x 0.9628 + 120 x 0.6147 + 60 x 0.3072 = 36.105 + 86.652 + 73.764 + 18.432 = 214.953
  { "time of use", meter { tou_readings = ordinary(0, tou_rows) },
    one '{ tou = { sharp = "1.2035", peak = "0.9628", flat = "0.6147", valley = "0.3072" } }',
    { "300.00 214.95; sharp 30.00x1.2035=36.105000; peak 90.00x0.9628=86.652000; flat 120.00x0.6147=73.764000; "
      .. "valley 60.00x0.3072=18.432000" } },
  { "time of use without such registers", meter { readings = ordinary(500) },
    one '{ tou = { peak = "1", flat = "1" } }', { "150.00 held: no_parts" } },
  { "time of use without a price for what was used", meter { tou_readings = ordinary(0, tou_rows) },
    one '{ tou = { peak = "1", flat = "1", valley = "1" } }', { "300.00 held: no_price" } },
  -- 150 x 3.45 + 150 x 0.95 = 517.50 + 142.50, and 5.00
  { "surcharges and a fee", meter { readings = ordinary(500) }, one [[{ price = "3.45",
    surcharges = { { name = "污水处理费", price = "0.95" } }, fees = { { name = "meter", amount = "5.00" } } }]],
    { "150.00 665.00; price 150.00x3.45=517.5000; 污水处理费 150.00x0.95=142.5000; meter -x5.00=5.00" } },
  { "a minimum", meter { readings = ordinary(0) }, one '{ price = "0.50", minimum = "10.00" }',
    { "0.00 10.00; price 0.00x0.50=0.0000; minimum -x-=10.0000" } },
  -- 15 days each: 75 x 0.50 + 75 x 0.60 = 82.50; half of 3.00 and half of 6.00
  { "a change of prices on the 16th", meter { readings = ordinary(500) }, CHANGE,
    { "150.00 87.00; price 75.00x0.50=37.5000; meter -x3.00=1.50; price 75.00x0.60=45.0000; meter -x6.00=3.00" } },
  { "a change of prices where nothing was read", meter { readings = (function()
    local list = ordinary(500)
    for _ = 1, 10 do table.remove(list, 24) end -- June 12 to 21
    return list
  end)() }, CHANGE, { "150.00 held: gap" } },
  -- 196.30 and 19.50 before the 16th: 4.20 x 3.45 + 15.30 x 4.83 = 14.49 + 73.899; and 19.50 x 1
  { "tiers of a year that begin on the 16th", meter(since_january(130)), one [[{ versions = { { price = "1" },
    { from = "2025-06-16", accumulate = "year", tiers = { { upto = "220", price = "3.45" },
      { price = "4.83" } } } } }]],
    { "39.00 107.89; price 19.50x1=19.50; 1 4.20x3.45=14.4900; 2 15.30x4.83=73.8990" } },
  -- 75 before the 16th: 25 below the limit, 50 above it
  { "tiers of a month that begin on the 16th", meter { readings = ordinary(500) }, one [[{ versions = { { price = "1" },
    { from = "2025-06-16", tiers = { { upto = "100", price = "2" }, { price = "3" } } } } }]],
    { "150.00 275.00; price 75.00x1=75.00; 1 25.00x2=50.00; 2 50.00x3=150.00" } },
  -- the limits of the month count all of it, those of the year what was used since January 1: 196.30 and 19.50
  { "tiers of a month, and of a year from the 16th on", meter(since_january(130)), one [[{ versions = {
    { tiers = { { upto = "10", price = "1" }, { price = "2" } } },
    { from = "2025-06-16", accumulate = "year", tiers = { { upto = "220", price = "3" }, { price = "4" } } } } }]],
    { "39.00 102.80; 1 10x1=10; 2 9.50x2=19.00; 1 4.20x3=12.60; 2 15.30x4=61.20" } },
  { "prices that begin later", meter { readings = ordinary(500) }, one '{ from = "2025-06-10", price = "1" }',
    { "150.00 held: no_price" } },
  -- the tenant changes on the 16th: 15 days each, a limit of 50 each, half of the fee each
  { "another tenant on the 16th", meter({ readings = ordinary(500) }, TENANTS), one [[{ fees = { { name = "meter",
    amount = "5.01" } }, tiers = { { upto = "100", price = "0.50" }, { price = "0.60" } } }]],
    { "75.00 42.51; 1 50.000000x0.50=25.00000000; 2 25.000000x0.60=15.00000000; meter -x5.01=2.51",
      "75.00 42.50; 1 50.000000x0.50=25.00000000; 2 25.000000x0.60=15.00000000; meter -x5.01=2.50" } },
  -- 150 x 40 = 6000 x 0.6147
  { "a multiplier of 40", meter { readings = ordinary(500) }, one '{ price = "0.6147" }',
    { "6000.00 3688.20; price 6000.00x0.6147=3688.200000" }, "meter_no,multiplier\n" .. NUMBER .. ",40\n" },
  { "a register that ran over", meter { readings = ordinary(500, function(row, index)
    local value = (9989050 + 500 * index) % 10000000
    row.reading = ("%05d.%02d"):format(math.floor(value / 100), value % 100)
    return row
  end) }, one '{ price = "0.50" }', { "150.00 75.00; price 150.00x0.50=75.0000" } },
  { "a meter that was replaced", meter(replaced), one '{ price = "0.50" }', { "145.00 held: meter_swap" } },
  -- the clerk has read both: 152.00
  { "a meter that was replaced, decided", meter(replaced), one '{ price = "0.50" }',
    { "152 76.00; price 152x0.50=76.00" }, nil, "meter_no,usage,who,why\n" .. NUMBER .. ",152,Li,both read\n" },
  -- from 155.00 to 300: 145
  { "a closing reading that was decided", meter { readings = ordinary(500, function(row, index)
    return index > 30 and { read_time = row.read_time, device_id = "D1" } or row
  end) }, one '{ price = "0.50" }', { "145.00 72.50; price 145.00x0.50=72.5000" }, nil,
    "meter_no,closing,who,why\n" .. NUMBER .. ",300,Li,looked\n" },
  { "a meter that was replaced, and a closing reading", meter(replaced), one '{ price = "0.50" }',
    { "145.00 held: meter_swap,decided_swap" }, nil, "meter_no,closing,who,why\n" .. NUMBER .. ",300,Li,looked\n" },
  -- 50.0000 each; of 150.01 50.0033, 50.0033 and what is left
  { "a meter of three", meter { readings = ordinary(500) }, one '{ price = "0.50" }',
    { "50.0000 25.00; price 50.0000x0.50=25.000000", "50.0000 25.00; price 50.0000x0.50=25.000000",
      "50.0000 25.00; price 50.0000x0.50=25.000000" }, "meter_no,share,user_code\n" .. SHARED },
  { "two devices at once", meter { readings = ordinary(500), consumption = ordinary(100, function(row)
    row.device_id, row.granularity = "D2", "daily"
    return row
  end) }, one '{ price = "0.50" }', { "180.00 held: two_devices" } },
  -- an empty flat from the 16th on: nobody's line, at the same price
  { "a tenant who leaves", meter({ readings = ordinary(500) }, { tenancies = { { user_code = "u1", user_name = "A",
    since = FROM - 100 * DAY, ["until"] = time "2025-06-16" } } }), one '{ price = "0.50" }',
    { "75.00 37.50; price 75.00x0.50=37.5000", "75.00 37.50; price 75.00x0.50=37.5000" } },
  -- 15 days each, times 40: 600, 1800, 2400 and 1200; 600 + 1620 + 1440 + 360 and 660 + 1800 + 1680 + 480
  { "time of use, a multiplier and a change of prices on the 16th", meter { tou_readings = ordinary(0, tou_rows) },
    one [[{ versions = { { tou = { sharp = "1.00", peak = "0.90", flat = "0.60", valley = "0.30" } },
      { from = "2025-06-16", tou = { sharp = "1.10", peak = "1.00", flat = "0.70", valley = "0.40" } } } }]],
    { "12000.00 8640.00; sharp 600.00x1.00=600.0000; peak 1800.00x0.90=1620.0000; flat 2400.00x0.60=1440.0000; "
      .. "valley 1200.00x0.30=360.0000; sharp 600.00x1.10=660.0000; peak 1800.00x1.00=1800.0000; "
      .. "flat 2400.00x0.70=1680.0000; valley 1200.00x0.40=480.0000" },
    "meter_no,multiplier\n" .. NUMBER .. ",40\n" },
  -- 392.60 before and 78.00 in June: half of each is what crosses the limit above
  { "tiers of a year, shared by two", meter(since_january(260)), YEAR,
    { "39.0000 155.66; 1 23.7000x3.45=81.765000; 2 15.3000x4.83=73.899000",
      "39.0000 155.66; 1 23.7000x3.45=81.765000; 2 15.3000x4.83=73.899000" },
    ("meter_no,share,user_code\n%s,1/2,u1\n%s,1/2,u2\n"):format(NUMBER, NUMBER) },
  -- the first, who may be there since before the first listing, has used 392.60 this year; the second begins anew
  { "tiers of a year, and another tenant on the 16th", meter(since_january(260), TENANTS), YEAR,
    { "39.00 227.37; 3 39.00x5.83=227.3700", "39.00 134.55; 1 39.00x3.45=134.5500" } },
  { "no tariff", meter { readings = ordinary(500) }, "{ tariffs = { home = { price = '1' } } }",
    { "150.00 held: no_tariff" } },
  { "a tariff for water", meter { readings = ordinary(500) }, "{ tariffs = { w = { kind = 'water', price = '1' } } }",
    { "150.00 held: other_kind" }, "meter_no,tariff\n" .. NUMBER .. ",w\n" },
}

-- Two tenants, of whom neither is measured; by name alone as well.
local UNREAD = { readings = ordinary(500, function(row, index)
  local read = index < 15 or index > 34 and index < 39 or index > 45
  return read and row or { read_time = row.read_time, device_id = "D1" }
end) }
local NAMED = { tenancies = { { user_name = "A", since = FROM - 100 * DAY, ["until"] = time "2025-06-16" },
  { user_name = "B", since = time "2025-06-16" } } }
local DECIDED = "meter_no,user_code,usage,who,why\n" .. NUMBER

for _, case in ipairs {
  { "of one meter is about one tenant", TENANTS, nil, DECIDED .. ",,60,Li,x\n",
    { "120.00 held: unreadable,tenant,decided_several", "15.00 held: unreadable,tenant,decided_several" } },
  { "is that which names the tenant", TENANTS, nil, ("%s,,60,Li,x\n%s,u2,70,Li,x\n"):format(DECIDED, NUMBER),
    { "60 60.00; price 60x1=60", "70 70.00; price 70x1=70" } },
  { "names a tenant without a code", NAMED, nil, DECIDED .. ",B,70,Li,x\n",
    { "120.00 held: unreadable,tenant", "70 70.00; price 70x1=70" } },
  { "is about all who share", {}, "meter_no,share,user_code\n" .. SHARED, DECIDED .. ",,60,Li,x\n",
    { "20.00 20.00; price 20.00x1=20.00", "20.00 20.00; price 20.00x1=20.00",
      "20.00 20.00; price 20.00x1=20.00" } },
  { "is about none of those who share", {}, "meter_no,share,user_code\n" .. SHARED, DECIDED .. ",u3,60,Li,x\n",
    { "45.0000 held: unreadable", "45.0000 held: unreadable", "45.0000 held: unreadable" } },
} do
  cases[#cases + 1] = { "unread days; a decision " .. case[1], meter(UNREAD, case[2]), one '{ price = "1" }',
    case[5], case[3], case[4] }
end

describe("the bill of a meter with", function()
  for _, case in ipairs(cases) do
    it(case[1], function() assert.same(case[4], shown(billed(case[2], case[3], case[5], case[6]))) end)
  end
end)

describe("the lines of a meter", function()
  it("name tenant, place, readings and reasons", function()
    local line = billed(meter { readings = ordinary(500) }, one '{ price = "0.50" }')[1]
    assert.same({ NUMBER, "A", "3栋", "3栋2单元101", "home", "155.00", "305.00", "1", "billed" },
      { line.meter_no, line.user_name, line.building, line.address, line.tariff, line.opening, line.closing,
        line.multiplier, line.status })
    line = billed(meter(replaced), one '{ price = "0.50" }')[1]
    assert.same({ "held", "155.00", "68.00", "The meter number stands for another device.", "表号换了设备（换表）" },
      { line.status, line.opening, line.closing, line.why, line.why_zh })
  end)

  it("say who decided, and why", function()
    local line = billed(meter(replaced), one '{ price = "0.50" }', nil,
      "meter_no,usage,who,why\n" .. NUMBER .. ",152,Li,both read\n")[1]
    assert.same({ "Li", "both read", "billed", "meter_swap" },
      { line.decided_by, line.decision, line.status, line.reasons })
  end)

  it("share a usage so that its parts add up", function()
    local sum, list = decimal.zero, billed(meter { readings = ordinary(7) }, one '{ price = "1" }',
      "meter_no,share,user_code\n" .. SHARED)
    for _, line in ipairs(list) do sum = sum + decimal.of(line.usage) end
    assert.same({ "0.7000", "0.7000", "0.7000", "2.1000" },
      { list[1].usage, list[2].usage, list[3].usage, tostring(sum) })
    list = billed(meter { readings = ordinary(10) }, one '{ price = "1" }',
      ("meter_no,share,user_code\n%s,1/7,a\n%s,3/7,b\n%s,3/7,c\n"):format(NUMBER, NUMBER, NUMBER))
    assert.same({ "0.4286", "1.2857", "1.2857" }, { list[1].usage, list[2].usage, list[3].usage })
  end)

  it("split what prices change of to the last digit", function()
    local list = billed(meter { readings = ordinary(333) }, one [[{ versions = { { price = "1" },
      { from = "2025-06-10 12:00", price = "2" }, { from = "2025-06-20", price = "3" } } }]])
    -- closings of June 10 12:00: that of June 9, 23:50; then that of June 19
    assert.same({ "99.90 206.46; price 29.97x1=29.97; price 33.30x2=66.60; price 36.63x3=109.89" }, shown(list))
  end)

  it("of several months have the limits of each", function()
    local list = billed(meter { readings = readings("2025-04-10", 110, 500) },
      one '{ tiers = { { upto = "100", price = "1" }, { price = "2" } } }', nil, nil, time "2025-05-01", TO)
    assert.same({ "305.00 410.00; 1 200x1=200; 2 105.00x2=210.00" }, shown(list))
  end)
end)
