-- Each rule on rows of one meter: what it flags, and what it leaves alone.
local quality = require "imr.workflow.quality"
local settings = require "imr.workflow.quality.settings"

local DAY, START = 86400, 1748707200 -- 2025-06-01 00:00:00 +08:00

-- Rows a day apart; a value may also be a table of columns, `day` of which moves it.
local function rows(values, time, common)
  local list = {}
  for index, value in ipairs(values) do
    local row = type(value) == "table" and value or { reading = value }
    row[time or "read_time"] = START + (row.day or index) * DAY + (row.second or 0)
    for name, more in pairs(common or {}) do row[name] = row[name] == nil and more or row[name] end
    list[index] = row
  end
  return list
end

local function judge(rule, given, tuning)
  local chosen = settings.new({ rules = { rule }, tuning = { [rule] = tuning } }, 1)
  given.meter_no = "000100000001"
  given.now = given.now or START + 40 * DAY
  given.from, given.to = given.from or START, given.to or given.now
  return quality.judge(quality.view(given, chosen), chosen)
end

local function readings(values) return { rows = { readings = rows(values) } } end

-- As "day value reference" a flag.
local function shown(flags)
  local list = {}
  for index, flag in ipairs(flags) do
    list[index] = ("%g %s %s"):format((flag.time - START) / DAY, flag.value or "-", flag.reference or "-")
  end
  return list
end

-- Each case: rule, what it is about, rows, flags as "day value reference", tuning.
local function cases(rule, list)
  describe("the rule " .. rule, function()
    for _, case in ipairs(list) do
      it(case[1], function()
        local flags = judge(rule, case[2], case[4])
        assert.same(case[3], shown(flags))
        for _, flag in ipairs(flags) do
          assert.same({ rule, "000100000001" }, { flag.rule, flag.meter_no })
          assert.truthy(flag.source and flag.field and #flag.detail > 0)
        end
      end)
    end
  end)
end

local function swap(day)
  return { { device_id = "A", first_seen = START }, { device_id = "B", first_seen = START + day * DAY } }
end

cases("decreasing", {
  { "flags a fall, with both readings", readings { "10.0", "9.9", "10.5" }, { "2 9.9 10.0" } },
  { "sees a fall that a double would not", readings { "123456789012345678.2", "123456789012345678.1" },
    { "2 123456789012345678.1 123456789012345678.2" } },
  { "takes the same number in other digits as the same", readings { "10.50", "010.5", "10.500" }, {} },
  { "leaves rises alone", readings { "1", "2", "2", "1e1" }, {} },
  { "leaves a roll-over to its own rule", readings { "99998.5", "1.2" }, {} },
  { "leaves another device alone", { rows = { readings = rows { { reading = "500", device_id = "A" },
    { reading = "3", device_id = "B" } } } }, {} },
  { "leaves another device of the install history alone", { rows = { readings = rows { "500", "3" } },
    history = swap(1.5) }, {} },
  { "goes by the rows' device where the history came late", { rows = { readings = rows {
    { reading = "500", device_id = "B" }, { reading = "3", device_id = "B" } } }, history = swap(1.5) },
    { "2 3 500" } },
  { "leaves one alone that was first seen with its first reading", { rows = { readings = rows { "500", "3" } },
    history = swap(2) }, {} },
  { "flags a fall of one that was first seen with the reading before", { rows = { readings = rows { "500", "3" } },
    history = swap(1) }, { "2 3 500" } },
  { "leaves a further copy of a row to the duplicates", readings { "5", { reading = "4", day = 1 }, "6" }, {} },
  { "flags before and after another device", { rows = { readings = rows { "500", "499", "3", "2" } },
    history = swap(2.5) }, { "2 499 500", "4 2 3" } },
  { "looks at each register of a time-of-use row", { rows = { tou_readings = rows({
    { energy_total = "100", energy_peak = "60" }, { energy_total = "101", energy_peak = "59" } }, "freeze_time") } },
    { "2 59 60" } },
  { "says the same fall in two listings once", { rows = { readings = rows { "9", "8" },
    consumption = rows { "9.0", "8" }, camera_readings = rows { "9", "8" } } }, { "2 8 9", "2 8 9.0" } },
  { "does not look at rows without a number", readings { "10", "abc", "11" }, {} },
})

cases("rollover", {
  { "flags a register that ran over", readings { "9999.5", "2.5" }, { "2 2.5 9999.5" } },
  { "knows the width by the zeros in front", readings { "099998", "000001" }, {} },
  { "finds it in six digits", readings { "999999.99", "000000.01" }, { "2 000000.01 999999.99" } },
  { "leaves a fall in the middle alone", readings { "5000", "4000" }, {} },
  { "leaves a fall from the end to the middle alone", readings { "9999", "4000" }, {} },
  { "leaves short registers alone", readings { "99", "1" }, {} },
  { "takes short ones when told so", readings { "99", "1" }, { "2 1 99" }, { digits = 2 } },
  { "takes a smaller share when told so", readings { "9500", "1" }, {}, { near = "0.01" } },
  { "leaves another device alone", { rows = { readings = rows { "9999", "1" } }, history = swap(1.5) }, {} },
  { "leaves a fall below zero alone", readings { "9999", "-1" }, {} },
})

cases("meter_swap", {
  { "flags a device that changes in the rows", { rows = { readings = rows { { reading = "500", device_id = "A" },
    { reading = "3", device_id = "B" }, { reading = "4", device_id = "B" } } } }, { "2 3 500" } },
  { "says it once when the history has it too", { rows = { readings = rows { { reading = "500", device_id = "A" },
    { reading = "3", device_id = "B" } } }, history = swap(3) }, { "2 3 500" } },
  { "flags a device of the history at the time it was seen", { rows = { camera_readings = rows { "500", "3" } },
    history = swap(1.5) }, { "1.5 3 500" } },
  { "takes a reading of that very moment as the new device's", { rows = { camera_readings = rows { "500", "3" } },
    history = swap(2) }, { "2 3 500" } },
  { "flags a swap after the last reading", { rows = { readings = rows { "500" } }, history = swap(7) }, { "7 - 500" } },
  { "flags a swap of a meter without readings", { rows = {}, history = swap(7) }, { "7 - -" } },
  { "leaves a device that was listed anew alone", { rows = { readings = rows { "1", "2" } }, history = {
    { device_id = "A", first_seen = START }, { device_id = "A", first_seen = START + DAY } } }, {} },
  { "leaves one device alone", readings { "1", "2" }, {} },
})

local function every(count, step)
  local list = {}
  for index = 1, count do list[index] = ("%d.00"):format(index * (step or 1)) end
  return list
end

local function with_gap()
  local list = every(10)
  for index = 6, 10 do list[index] = { reading = list[index], day = index + 1 } end
  return readings(list)
end

local function ending(given, day)
  given.to = START + day * DAY
  return given
end

cases("gap", {
  { "flags one lost day", ending(with_gap(), 11), { "7 6.00 5.00" } },
  { "takes it when told so", ending(with_gap(), 11), {}, { factor = 2.5 } },
  { "leaves a jitter of hours alone", ending(readings { "1", "2", "3", { reading = "4", day = 4.4 }, "5", "6",
    { reading = "7", day = 7.3 }, "8" }, 8), {} },
  { "flags one that is still open", ending(readings(every(5)), 9), { "9 - 5.00" } },
  { "does not wait for tomorrow", { rows = { readings = rows(every(5)) }, now = START + 5.5 * DAY,
    to = START + 30 * DAY }, {} },
  { "knows what is usual for a meter that reports every hour", ending({ rows = { readings = (function()
    local list = {}
    for hour = 1, 24 do list[hour] = { reading = tostring(hour), day = 0, second = hour * 3600 } end
    for hour = 20, 24 do list[hour].second = (hour + 5) * 3600 end
    return rows(list)
  end)() } }, 29 / 24), { ("%g 20 19"):format(25 / 24) } },
  { "ends with the meter", { rows = { readings = rows(every(5)) }, history = { { device_id = "A", first_seen = START,
    removed_at = START + 6 * DAY } } }, {} },
  { "takes a day where nothing is usual yet", ending(readings { "1" }, 8), { "8 - 1" } },
  { "leaves a meter without readings to the coverage", { rows = {} }, {} },
})

cases("zeros", {
  { "flags a week of nothing, once, at its end", readings { "1", "2", "2", "2.0", "2", "2", "2", "2", "2", "3" },
    { "9 2 2" } },
  { "leaves six days alone", readings { "1", "2", "2", "2", "2", "2", "2", "2", "3" }, {} },
  { "takes fewer when told so", readings { "2", "2", "2", "3" }, { "3 2 2" }, { days = 2 } },
  { "flags a run that goes on", readings { "2", "2", "2", "2", "2", "2", "2", "2" }, { "8 2 2" } },
  { "flags two runs", readings { "2", "2", "2", "3", "3", "3" }, { "3 2 2", "6 3 3" }, { days = 2 } },
  { "sees the smallest use", readings { "2", "2.0000001", "2.0000002", "2.0000003", "2.0000004" }, {}, { days = 1 } },
})

local function spiky(values)
  local list, total = {}, 1000000000000000
  for index, used in ipairs(values) do
    total = total + used
    list[index] = ("%d.5"):format(total)
  end
  return readings(list)
end

cases("spike", {
  { "flags far more than usual", spiky { 0, 5, 6, 5, 4, 5, 6, 5, 200, 5, 4 },
    { "9 1000000000000236.5 1000000000000036.5" } },
  { "leaves what is usual for an uneven meter alone", spiky { 0, 5, 60, 5, 40, 90, 6, 55, 140, 5, 40 }, {} },
  { "says nothing while nothing is usual", spiky { 0, 5, 6, 500, 5 }, {} },
  { "needs less when told so", spiky { 0, 5, 6, 5, 500 }, { "5 1000000000000516.5 1000000000000016.5" },
    { least = 4 } },
  { "does not take days without a reading for a spike", readings { "0", "5", "10", "15", "20", "25", "30", "35", "40",
    "45", { reading = "145", day = 30 } }, {} },
  { "leaves a steady meter's small steps alone", spiky { 0, 5, 5, 5, 5, 5, 5, 5, 5, 12, 5 }, {} },
  { "takes those when told so", spiky { 0, 5, 5, 5, 5, 5, 5, 5, 5, 12, 5 },
    { "10 1000000000000052.5 1000000000000040.5" }, { times = 2 } },
  { "leaves a meter that never uses anything alone", spiky { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, {} },
  { "does not take a new device for a spike", { rows = { readings = rows { "1", "2", "3", "4", "5", "6", "7", "8", "9",
    "10", "9000", "9001" } }, history = swap(10.5) }, {} },
})

cases("duplicate", {
  { "flags two values for one moment", readings { "1", { reading = "2", day = 1 } }, { "1 2 1" } },
  { "takes other digits of the same number as the same", readings { "1", { reading = "01.00", day = 1 } }, {} },
  { "flags a value beside none", readings { "1", { day = 1 } }, { "1 - 1" } },
  { "flags another usage", { rows = { consumption = rows { { reading = "1", usage = "1" },
    { reading = "1", usage = "2", day = 1 } } } }, { "1 2 1" } },
  { "flags a listing that says something else than another", { rows = { readings = rows { "1", "2" },
    consumption = rows { "1.0", "2.5" } } }, { "2 2.5 2" } },
  { "leaves other moments alone", { rows = { readings = rows { "1" }, consumption = rows { { reading = "2",
    second = 1 } } } }, {} },
})

cases("restated", {
  { "flags a value that was changed", { rows = {}, restatements = { { table_name = "readings", row_time = START + DAY,
    field = "reading", old_value = "1.0", new_value = "2.0", old_seen = START } } }, { "1 2.0 1.0" } },
  { "keeps texts out of the values", { rows = {}, restatements = { { table_name = "camera_readings",
    row_time = START + DAY, field = "image_status", old_value = "=1+1", new_value = "ok", old_seen = START } } },
    { "1 - -" } },
  { "leaves other periods alone", { rows = {}, restatements = { { table_name = "readings", row_time = START - 1,
    field = "reading", old_value = "1", new_value = "2", old_seen = START } } }, {} },
})

cases("future", {
  { "flags a time that has not come", { rows = { readings = rows { "1", { reading = "2", day = 9 } } },
    now = START + 8 * DAY, to = START + 30 * DAY }, { "9 2 -" } },
  { "flags one that had not come when it was stored", { rows = { readings = rows { { reading = "1", day = 9,
    stored_at = START + 8 * DAY } } }, now = START + 20 * DAY }, { "9 1 -" } },
  { "allows for a clock that is wrong by minutes", { rows = { readings = rows { "1" } }, now = START + DAY - 500,
    to = START + 30 * DAY }, {} },
  { "allows for less when told so", { rows = { readings = rows { "1" } }, now = START + DAY - 500,
    to = START + 30 * DAY }, { "1 1 -" }, { minutes = 5 } },
  { "leaves the past alone", readings { "1", "2" }, {} },
})

local function consumption(list, source)
  return { rows = { [source or "consumption"] = rows(list) } }
end

cases("usage", {
  { "flags a usage that is not the difference", consumption { { reading = "1.00" },
    { reading = "3.50", usage = "2.40" } }, { "2 2.40 2.50" } },
  { "wants the same to the last place", consumption { { reading = "123456789012345678.01" },
    { reading = "123456789012345678.02", usage = "0.02" } }, { "2 0.02 0.01" } },
  { "leaves the difference alone, whatever its digits", consumption { { reading = "1.00" },
    { reading = "3.50", usage = "2.5" }, { reading = "3.60", usage = "0.10" } }, {} },
  { "allows for a usage with fewer places", consumption { { reading = "1.00" }, { reading = "3.51", usage = "2.6" },
    { reading = "4.00", usage = "1.6" } }, { "3 1.6 0.49" } },
  { "allows for more when told so", consumption { { reading = "1" }, { reading = "4", usage = "2" } }, {},
    { units = 2 } },
  { "counts through a roll-over", consumption { { reading = "9999.0" }, { reading = "1.0", usage = "2.0" },
    { reading = "2.0", usage = "1.5" } }, { "3 1.5 1.0" } },
  { "cannot tell across a change of devices", { rows = { consumption = rows { { reading = "500" },
    { reading = "3", usage = "4" } } }, history = swap(1.5) }, {} },
  { "cannot tell below the difference where rows are missing", consumption { { reading = "1" },
    { reading = "2", usage = "1" }, { reading = "3", usage = "1" }, { reading = "4", usage = "1" },
    { reading = "9", usage = "1", day = 9 } }, {} },
  { "can tell above it", consumption { { reading = "1" }, { reading = "2", usage = "1" },
    { reading = "3", usage = "1" }, { reading = "4", usage = "1" }, { reading = "9", usage = "6", day = 9 } },
    { "9 6 5" } },
  { "looks at real-time rows by themselves", consumption({ { reading = "1" }, { reading = "2", usage = "3" } },
    "consumption_realtime"), { "2 3 1" } },
  { "leaves rows without a usage alone", consumption { { reading = "1" }, { reading = "2" } }, {} },
})

local function tou(list)
  return { rows = { tou_readings = rows(list, "freeze_time") } }
end

local function registers(total, sharp, peak, flat, valley)
  return { energy_total = total, energy_sharp = sharp, energy_peak = peak, energy_flat = flat, energy_valley = valley }
end

cases("tou_sum", {
  { "flags parts that do not add up", tou { registers("10.00", "1.00", "2.00", "3.00", "4.10") }, { "1 10.00 10.10" } },
  { "allows for what four roundings may lose", tou { registers("10.03", "1.00", "2.00", "3.00", "4.00"),
    registers("9.97", "1.00", "2.00", "3.00", "4.00") }, {} },
  { "and not for more", tou { registers("10.04", "1.00", "2.00", "3.00", "4.00") }, { "1 10.04 10.00" } },
  { "wants it exactly when told so", tou { registers("10.01", "1.00", "2.00", "3.00", "4.00") }, { "1 10.01 10.00" },
    { units = 1 } },
  { "takes the resolution of the finest row", tou { registers("10", "1", "2", "3", "5"),
    registers("10.00", "1.00", "2.00", "3.00", "4.00") }, { "1 10 11" } },
  { "leaves a meter with two tariffs alone", tou { registers("5", nil, "2", nil, "3") }, {} },
  { "says nothing without a part or a total", tou { registers("5"), registers(nil, "1") }, {} },
})

cases("image", {
  { "flags an image that was not parsed", { rows = { camera_readings = rows { { image_ok = false,
    image_status = "解析异常" }, { image_ok = true, reading = "1" } } } }, { "1 - -" } },
  { "flags a reading that is missing, or no status", { rows = { camera_readings = rows { { image_ok = true },
    { reading = "7" } } } }, { "1 - -", "2 7 -" } },
})

cases("unreadable", {
  { "flags a row without a number", readings { "1", {}, "3" }, { "2 - -" } },
  { "flags a number beyond all meters", readings { "1e999999" }, { "1 - -" } },
  { "leaves images to their own rule", { rows = { camera_readings = rows { {} } } }, {} },
})

describe("the rules", function()
  it("all have an explanation in both languages, and a case here", function()
    local file = assert(io.open("spec/workflow/quality_rules_spec.lua"))
    local text = file:read("*a")
    file:close()
    for _, rule in ipairs(quality.rules) do
      assert.truthy(#rule.help > 10 and rule.help_zh:find("[\228-\233]"), rule.name)
      assert.truthy(text:find('cases("' .. rule.name .. '"', 1, true), rule.name)
    end
  end)

  it("come in the order of time, and only of the period", function()
    local given = readings { "10", "9", "8", "7" }
    given.from, given.to = START + 2 * DAY, START + 3 * DAY
    assert.same({ "2 9 10", "3 8 9" }, shown(judge("decreasing", given)))
  end)

  it("name what does not exist", function()
    local function problem(options)
      local fine, message = pcall(function() settings.new(options, 1) end)
      assert.is_false(fine)
      assert.matches("quality_rules_spec.lua:%d+: ", message)
      return message
    end
    assert.matches("did you mean 'spike'", problem { rules = { "spikes" } }, 1, true)
    assert.matches("did you mean 'zeros'", problem { without = { "zeroes" } }, 1, true)
    assert.matches("did you mean 'gap'", problem { tuning = { gapp = {} } }, 1, true)
    assert.matches("did you mean 'factor'", problem { tuning = { gap = { faktor = 1 } } }, 1, true)
    assert.matches("factor must be a number, 0 or more, not 'much'", problem { tuning = { gap = { factor = "much" } } },
      1, true)
    assert.matches("not '-1'", problem { tuning = { gap = { factor = -1 } } }, 1, true)
  end)
end)
