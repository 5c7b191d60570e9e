-- Rules of rows and their numbers, and the rules as a whole: what they flag, and what they leave alone.
local files = require "support.files"
local quality = require "imr.workflow.quality"
local settings = require "imr.workflow.quality.settings"
local rule_cases = require "support.rule_cases"

local DAY, START = 86400, rule_cases.START
local cases, rows, readings = rule_cases.cases, rule_cases.rows, rule_cases.readings
local swap, judge, shown = rule_cases.swap, rule_cases.judge, rule_cases.shown

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

cases("duplicate", {
  { "flags two values for one moment", readings { "1", { reading = "2", day = 1 } }, { "1 2 1" } },
  { "takes other digits of the same number as the same", readings { "1", { reading = "01.00", day = 1 } }, {} },
  { "flags a value beside none", readings { "1", { day = 1 } }, { "1 - 1" } },
  { "flags another usage", { rows = { consumption = rows { { reading = "1", usage = "1" },
    { reading = "1", usage = "2", day = 1 } } } }, { "1 2 1" } },
  { "flags a listing that says something else than another", { rows = { readings = rows { "1.0", "2.0" },
    consumption = rows { "1.0", "2.5" } } }, { "2 2.5 2.0" } },
  { "leaves a listing that rounds alone", { rows = { readings = rows { "40.46", "41.25", "42.58" },
    consumption = rows { "40.5", "41.3", "42.6" } } }, {} },
  { "leaves a double's noise alone", { rows = { readings = rows { "40.40", "41.20" },
    consumption = rows { "40.400000000000006", "41.199999999999996" } } }, {} },
  { "leaves two devices of one moment alone", readings { { reading = "1", device_id = "A" }, { reading = "900", day = 1,
    device_id = "B" } }, {} },
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
  { "flags one that does not cover the days without rows", consumption { { reading = "1" },
    { reading = "2", usage = "1" }, { reading = "3", usage = "1" }, { reading = "4", usage = "1" },
    { reading = "9", usage = "1", day = 9 } }, { "9 1 5" } },
  { "and one that is more than they can have had", consumption { { reading = "1" }, { reading = "2", usage = "1" },
    { reading = "3", usage = "1" }, { reading = "4", usage = "1" }, { reading = "9", usage = "6", day = 9 } },
    { "9 6 5" } },
  { "leaves a listing alone that rounds each number by itself", consumption { { reading = "10.0" },
    { reading = "12.6", usage = "2.5" }, { reading = "15.1", usage = "2.6" }, { reading = "17.7", usage = "2.6" },
    { reading = "20.2", usage = "2.6" }, { reading = "22.8", usage = "2.5" } }, {} },
  { "leaves a double's noise alone", consumption { { reading = "346.9" }, { reading = "347.0",
    usage = "0.10000000000002274" }, { reading = "347.1", usage = "0.1" } }, {} },
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
  { "takes the resolution that most rows have", tou { registers("10.00", "1.00", "2.00", "3.00", "4.50"),
    registers("10.000000000000002", "1.00", "2.00", "3.00", "4.00"),
    registers("10.1", "1.02", "2.04", "3.01", "4.00") },
    { "1 10.00 10.50" } },
  { "leaves a meter with two tariffs alone", tou { registers("5", nil, "2", nil, "3") }, {} },
  { "says nothing without a part or a total", tou { registers("5"), registers(nil, "1") }, {} },
})

cases("negative", {
  { "flags a usage below zero, with a register and without", consumption { { reading = "9", usage = "-1.5" },
    { usage = "-0.01" }, { usage = "-0.00" }, { usage = "3" } }, { "1 -1.5 -", "2 -0.01 -" } },
})

cases("missing_part", {
  { "flags a part that vanishes, once for each stretch", tou { registers("10", "1", "2", "3", "4"),
    registers("11", "1", "2", nil, "5"), registers("12", "1", "2", nil, "6"), registers("13", "1", "2", "4", "6"),
    registers("14", "1", "2", nil, "7") }, { "2 - 3", "5 - 4" } },
  { "leaves a meter alone that never had it", tou { registers("5", nil, "2", nil, "3"),
    registers("6", nil, "2", nil, "4") }, {} },
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
  { "flags usage, amount and each part that came as something else", { rows = {
    consumption = rows { { reading = "1", usage = "2", amount = "3" }, { reading = "2", invalid = { usage = "4,0",
      amount = "2元" } } },
    tou_readings = rows({ { energy_total = "5", energy_peak = "5", invalid = '{"energy_valley":"--"}' } },
      "freeze_time") } }, { "1 - -", "2 - -", "2 - -" } },
  { "leaves an absent part, usage or amount alone", { rows = { consumption = rows { { reading = "1" } },
    tou_readings = rows({ { energy_total = "5", energy_peak = "5" } }, "freeze_time") } }, {} },
  { "leaves a meter alone whose usage is all there is", consumption { { usage = "1.5" }, { usage = "1.7" } }, {} },
  { "leaves images to their own rule", { rows = { camera_readings = rows { {} } } }, {} },
})

describe("the rules", function()
  it("all have an explanation in both languages, and a case here", function()
    local text = ""
    for _, name in ipairs { "rules", "registers", "devices" } do
      text = text .. files.read("spec/workflow/quality_" .. name .. "_spec.lua")
    end
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
