-- A bill of 5,000 meters from SQLite: seconds (those of the processor), and the peak of the process; and of twice as
-- many, whose peak must not be higher.
--
--   month    a reading a day, 95 days of them around June 2025, flat prices and tiers of a month
--   year     the same and the days since January 1, tiers of a year
--   carried  the same, where the months before are billed
--   unsaid   the same, where their lines are held
--   adjust   an adjustment of the month, in which a reading in a hundred has changed

local interpreter = rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match("%d%.%d")
local script = arg[0]

local METERS, MOST_SECONDS, MOST_GROWTH = tonumber(arg[2]) or 5000, 5, 1.3
local DAY, JUNE = 86400, 1748707200 -- 2025-06-01 00:00:00 +08:00
local JANUARY = JUNE - 151 * DAY

local TARIFFS = {
  month = [[return { defaults = { electricity = "home" }, tariffs = { home = {
    tiers = { { upto = "100", price = "0.4883" }, { upto = "140", price = "0.5383" }, { price = "0.7883" } },
    fees = { { name = "meter", amount = "3.00" } } } } }]],
  year = [[return { defaults = { electricity = "home" }, tariffs = { home = { accumulate = "year", tiers = {
    { upto = "800", price = "0.4883" }, { price = "0.7883" } } } } }]],
}

-- ---------------------------------------------------------------- the database

local function fill(path, meters, days_before)
  local db = assert(require("imr.database").open(path))
  db:transaction(function()
    for number = 1, meters do
      local meter_no, device = ("%012d"):format(number), "D" .. number
      db:execute([[INSERT INTO meters (meter_no, project_code, device_id, first_seen, last_seen, kind, address,
        user_code, user_name) VALUES (?, 'P', ?, ?, ?, 'electricity', '3栋', ?, 'A')]], meter_no, device,
        JUNE - 400 * DAY, JUNE + 60 * DAY, "u" .. number)
      for day = -days_before, 49 do
        local value = 100000 + number + 500 * (day + days_before)
        db:execute([[INSERT INTO readings (meter_no, read_time, copy, device_id, reading, stored_at)
          VALUES (?, ?, 0, ?, ?, ?)]], meter_no, JUNE + day * DAY + DAY - 600, device, ("%d.%02d"):format(
          math.floor(value / 100), value % 100), JUNE + day * DAY + DAY)
      end
    end
  end)
  db:close()
end

-- ---------------------------------------------------------------- the run, a process of its own

local function peak()
  for line in io.lines "/proc/self/status" do
    local kilobytes = line:match "^VmHWM:%s+(%d+)"
    if kilobytes then return kilobytes / 1024 end
  end
end

local bill = require "imr.workflow.bill"

local function tariff_of(name) return assert(bill.check(TARIFFS[name] or TARIFFS.year, name)) end

local function june(name)
  return { from = JUNE, to = JUNE + 30 * DAY - 1, now = JUNE + 60 * DAY, tariff = tariff_of(name) }
end

local function computed(db, name)
  local options, lines = june(name), 0
  function options.on_lines(list) lines = lines + #list end
  local result = assert(bill.compute(db, options))
  assert(result.billed and lines > 0 and result.sums.total.lines == lines)
end

-- What is done before, and what is measured.
local before = {
  carried = function(db) assert(bill.make(db, { from = JANUARY, to = JUNE - 1, tariff = tariff_of "year" })) end,
  unsaid = function(db)
    assert(bill.make(db, { from = JANUARY, to = JUNE - 1, tariff = tariff_of "year" }))
    db:execute "UPDATE bill_lines SET status = 'held', amount = NULL"
  end,
  adjust = function(db)
    assert(bill.make(db, june "month"))
    db:execute("UPDATE readings SET reading = reading + 0.25 WHERE read_time > ? AND meter_no LIKE '%00'",
      JUNE + 29 * DAY)
  end,
}
local measure = { adjust = function(db) assert(assert(bill.adjust(db, 1, { now = JUNE + 60 * DAY })).id) end }

local function run(path, name)
  local core = require "imr.core"
  local db = assert(require("imr.database").open(path))
  if before[name] then before[name](db) end
  local begin, processor = core.now(), os.clock();
  (measure[name] or computed)(db, name)
  print(("%.2f %.0f %.2f"):format(core.now() - begin, peak(), os.clock() - processor))
  db:close()
end

local function measured(path, name)
  local pipe = assert(io.popen(("%s %s run %s %s"):format(interpreter, script, path, name)))
  local seconds, megabytes, processor = pipe:read("*n", "*n", "*n")
  pipe:close()
  return assert(seconds, "the run failed"), megabytes, processor
end

if arg[1] == "run" then return run(arg[2], arg[3]) end

for _, case in ipairs { { "month", 45 }, { "year", 196 }, { "carried", 196 },
  { "unsaid", 196 }, { "adjust", 45 } } do
  local name, peaks = case[1], {}
  for index, meters in ipairs { METERS, 2 * METERS } do
    local path = os.tmpname()
    fill(path, meters, case[2])
    local seconds, megabytes, processor = measured(path, name)
    os.remove(path)
    peaks[index] = megabytes
    print(("%-7s %6d meters %7.2f s (%.2f) %5.0f MB%s"):format(name, meters, seconds, processor, megabytes,
      index == 1 and seconds > MOST_SECONDS and "  more than 5 s" or ""))
    if name ~= "month" then break end
  end
  if peaks[2] then print(("%-6s twice as many meters take %.2f times the memory%s"):format(name, peaks[2] / peaks[1],
    peaks[2] > MOST_GROWTH * peaks[1] and ": too much" or "")) end
end
