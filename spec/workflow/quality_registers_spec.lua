-- Rules of a register that does not simply go up, or goes up too much.
local rule_cases = require "support.rule_cases"

local cases, rows, readings, swap = rule_cases.cases, rule_cases.rows, rule_cases.readings, rule_cases.swap

cases("decreasing", {
  { "flags a fall, with both readings", readings { "10.0", "7.9", "8.5" }, { "2 7.9 10.0" } },
  { "flags one at the end, and one in the middle that stays", readings { "90.0", "92.0", "94.0", "95.0", "97.0", "99.0",
    "2.0", "3.0", "5.0", "7.0", "8.0", "9.0", "4.0" }, { "7 2.0 99.0", "13 4.0 9.0" } },
  { "leaves one that comes back to what is suspect", readings { "10.0", "9.9", "10.5", "10.9", "0", "11.2" }, {} },
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
  { "flags before and after another device", { rows = { readings = rows { "500", "480", "30", "12" } },
    history = swap(2.5) }, { "2 480 500", "4 12 30" } },
  { "looks at each register of a time-of-use row", { rows = { tou_readings = rows({
    { energy_total = "100", energy_peak = "60" }, { energy_total = "101", energy_peak = "39" } }, "freeze_time") } },
    { "2 39 60" } },
  { "flags a register that begins anew with a zero", { rows = { tou_readings = rows({
    { energy_total = "80", energy_valley = "50" }, { energy_total = "85", energy_valley = "52" },
    { energy_total = "90", energy_valley = "55" }, { energy_total = "95", energy_valley = "58" },
    { energy_total = "100", energy_valley = "0" }, { energy_total = "105", energy_valley = "3" },
    { energy_total = "110", energy_valley = "5" }, { energy_total = "115", energy_valley = "7" },
    { energy_total = "120", energy_valley = "10" } }, "freeze_time") } }, { "6 3 58" } },
  { "says the same fall in two listings once", { rows = { readings = rows { "99", "80" },
    consumption = rows { "99.0", "80" }, camera_readings = rows({ "99", "80" }, nil, { image_ok = true }) } },
    { "2 80 99", "2 80 99.0" } },
  { "does not look at rows without a number", readings { "10", "abc", "11" }, {} },
})

cases("rollover", {
  { "flags a register that ran over", readings { "9999.5", "2.5" }, { "2 2.5 9999.5" } },
  { "knows the width by the zeros in front", readings { "099998", "000001" }, {} },
  { "finds it in six digits", readings { "999999.98", "000000.01" }, { "2 000000.01 999999.98" } },
  { "leaves a fall in the middle alone", readings { "5000", "4000" }, {} },
  { "leaves a fall from the end to the middle alone", readings { "9999", "4000" }, {} },
  { "leaves short registers alone", readings { "99", "1" }, {} },
  { "takes short ones when told so", readings { "99", "1" }, { "2 1 99" }, { digits = 2 } },
  { "takes a smaller share when told so", readings { "9500", "1" }, {}, { near = "0.01" } },
  { "leaves another device alone", { rows = { readings = rows { "9999", "1" } }, history = swap(1.5) }, {} },
  { "leaves a fall below zero alone", readings { "9999", "-1" }, {} },
})

cases("suspect", {
  { "flags a zero of a device that is offline", readings { "310.5", "312.5", "0", "313.9", "315.0" }, { "3 0 312.5" } },
  { "flags a misread digit", readings { "140.25", "140.50", "190.75", "141.00", "141.25" }, { "3 190.75 140.50" } },
  { "flags jitter of the last place", readings { "77.10", "77.13", "77.11", "77.15", "77.20" }, { "3 77.11 77.13" } },
  { "flags a sentinel", readings { "9.10", "9.20", "42949672.95", "9.40" }, { "3 42949672.95 9.20" } },
  { "flags a register below zero", { rows = { tou_readings = rows({ { energy_total = "100", energy_peak = "60" },
    { energy_total = "101", energy_peak = "-0.02" }, { energy_total = "103", energy_peak = "61" } }, "freeze_time") } },
    { "2 -0.02 60" } },
  { "leaves what a register does alone", readings { "5.00", "5.40", "5.40", "7.10" }, {} },
  { "leaves a new device's beginning alone", readings { "0", "0", "1.5", "3.0" }, {} },
  { "leaves a double's noise alone", readings { "20.4", "20.400000000000002", "20.4",
    "20.499999999999996", "20.6" }, {} },
})

local function two(first, second) return { rows = { readings = rows(first), consumption = rows(second) } } end

cases("scale", {
  { "flags a register that goes on sixty times as high", readings { "61.0", "62.0", "63.0", "64.0", "65.0", "3960.0",
    "4020.0", "4080.0", "4140.0", "4200.0" }, { "6 3960.0 65.0" } },
  { "flags a listing that is another's thirty times", two({ "40.00", "41.00", "42.50", "44.00" }, { "1200.0", "1230.0",
    "1275.0", "1320.0" }), { "4 1320.0 41.00" } },
  { "flags one that is so much further on", two({ "40.00", "41.00", "42.50", "44.00" }, { "940.0", "941.0", "942.5",
    "944.0" }), { "4 944.0 41.00" } },
  { "leaves one that is read at another time alone", two({ "40.00", "41.00", "42.50", "44.00" }, {
    { reading = "41.90", second = 43200 }, { reading = "43.30", second = 43200 }, { reading = "45.10", second = 43200 },
  }), {} },
  { "leaves one that is rounded alone", two({ "40.46", "41.23", "42.58", "44.05" }, { "40", "41", "43", "44" }), {} },
  { "leaves one reading that is wrong to the duplicates", two({ "40.0", "41.0", "42.5", "44.0", "45.5" },
    { "40.0", "41.0", "400.0", "44.0", "45.5" }), {} },
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
    { "10 1000000000000052.5 1000000000000040.5" }, { times = 2, electricity = 10 } },
  { "leaves a meter that never uses anything alone", spiky { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, {} },
  { "flags one where nothing is used", spiky { 0, 0, 0, 0, 0, 0, 0, 0, 0, 700, 0, 0 },
    { "10 1000000000000700.5 1000000000000000.5" } },
  { "flags one of a water meter that shows whole cubic metres", { kind = "water", rows = { readings = rows {
    "410", "410",
    "410", "411", "411", "411", "411", "412", "412", "412", "440", "440", "440", "441" } } }, { "11 440 412" } },
  { "leaves what somebody uses who moves in alone", spiky { 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 11, 9, 14, 12 }, {} },
  { "takes less for one when told so", spiky { 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0 },
    { "10 1000000000000008.5 1000000000000000.5" }, { electricity = 5 } },
  { "leaves what happens often alone", spiky { 0, 0, 60, 0, 0, 55, 0, 0, 70, 0, 0, 65, 0, 0 }, {} },
  { "leaves two readings that are seconds apart alone", readings { "10.0", "15.0", "21.0", "26.0", "31.5", "36.0",
    "41.0", "46.5", "52.0", { reading = "52.1", day = 9, second = 9 }, "57.0" }, {} },
  { "flags more than a connection can carry, however little is known", readings { "7.0", "8.0", "10.0", "12.0",
    "99000.0", "99003.0", "99005.0", "99008.0" }, { "5 99000.0 12.0" }, { least = 50 } },
  { "leaves a works alone that uses more than a flat's connection carries", readings { "10000.0", "12000.0", "14200.0",
    "16100.0", "18200.0", "20300.0", "22200.0", "24400.0", "26300.0", "28600.0", "30500.0" }, {} },
  { "flags a usage of a meter without registers", { rows = { consumption = rows { { usage = "3.1" }, { usage = "2.2" },
    { usage = "90000" } } } }, { "3 90000 -" } },
  { "does not take a new device for a spike", { rows = { readings = rows { "1", "2", "3", "4", "5", "6", "7", "8", "9",
    "10", "9000", "9001" } }, history = swap(10.5) }, {} },
})
