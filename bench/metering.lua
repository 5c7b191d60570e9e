-- What stands on a database of many meters: the cutoff, the usage of a month, the check, the report and the export,
-- beside one SQL statement for the same cutoff and Python's csv for the same export.
--
--   bench/metering.lua [METERS DAYS]   5000 365; IMR_BENCH_DB=postgres://… takes that empty database instead of SQLite
--
-- Each command runs as a process of its own: its seconds of processor time, for others may run beside it, and the peak
-- of its memory. A PostgreSQL server's own time is not in it.

local DAY = 86400
local database = require "imr.database"

local METERS, DAYS = tonumber(arg[1] or 5000), tonumber(arg[2] or 365)
local FIRST = require("imr.time").parse "2025-01-01 21:15:00"
local GOAL_CUTOFF, GOAL_USAGE, GOAL_MEMORY = 4, 3, 40 -- times the statement; seconds; MB

local function shell(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("*a")
  pipe:close()
  return text
end

local directory = shell("mktemp -d"):match("%S+")
local where = os.getenv "IMR_BENCH_DB" or directory .. "/bench.db"

-- ---------------------------------------------------------------- rows

local SERIES = {
  sqlite = "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < %d) SELECT n FROM s)",
  postgres = "generate_series(1, %d)",
}

local function series(db, name, count)
  return SERIES[db.dialect]:format(count) .. " AS " .. name .. (db.dialect == "postgres" and "(n)" or "")
end

local NUMBER = { sqlite = "printf('%012d', m.n)", postgres = "lpad(m.n::text, 12, '0')" }
local READING = { sqlite = "printf('%d.%02d', m.n + d.n * 5 + (m.n + d.n) % 3, (m.n * 7 + d.n * 13) % 100)",
  postgres = "round((m.n + d.n * 5 + (m.n + d.n) % 3) + ((m.n * 7 + d.n * 13) % 100) / 100.0, 2)" }

-- A reading a day of each meter, by SQL: what is measured is reading them.
local function fill(db)
  local number = NUMBER[db.dialect]
  db:transaction(function()
    db:execute(([[INSERT INTO meters (meter_no, project_code, device_id, first_seen, last_seen, kind, address,
      user_name) SELECT %s, '', %s, %d, %d, 'electricity', 'A', 'T' FROM %s]]):format(number, number, FIRST,
      FIRST + DAYS * DAY, series(db, "m", METERS)))
    local time = ("%d + d.n * %d"):format(FIRST - DAY, DAY)
    db:execute(([[INSERT INTO readings (meter_no, read_time, copy, device_id, reading, stored_at)
      SELECT %s, %s, 0, %s, %s, %s + 3600 FROM %s, %s]]):format(number, time, number, READING[db.dialect], time,
      series(db, "m", METERS), series(db, "d", DAYS)))
  end)
  db:execute "ANALYZE"
end

-- ---------------------------------------------------------------- a process, its time and its memory

-- Until it has ended: the last that the kernel says of its memory and of its time, in ticks.
local WATCH = [[
%s >%s/out 2>%s/err & pid=$!
while [ -r /proc/$pid/status ] && ! grep -q "^State:.Z" /proc/$pid/status 2>/dev/null; do
  now=$(sed -n "s/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p" /proc/$pid/status 2>/dev/null); memory=${now:-$memory}
  now=$(cut -d" " -f14,15 /proc/$pid/stat 2>/dev/null); ticks=${now:-$ticks}
  sleep 0.02
done
wait $pid; echo "$? $memory $ticks $(getconf CLK_TCK)"
]]

local function measure(command)
  local text = shell(WATCH:format(command, directory, directory))
  local code, memory, user, kernel, tick = text:match("(%d+) (%d+) (%d+) (%d+) (%d+)")
  if code ~= "0" and code ~= "5" then
    error(("%s ended with %s: %s"):format(command, tostring(code), shell("cat " .. directory .. "/err")))
  end
  return (user + kernel) / tick, memory / 1024
end

local function imr(arguments)
  return measure(("exec env IMR_DB='%s' bin/imr %s"):format(where, arguments))
end

local function best_of(rounds, work)
  local seconds, memory
  for _ = 1, rounds do
    local now, used = work()
    if not seconds or now < seconds then seconds, memory = now, used end
  end
  return seconds, memory
end

-- The newest reading of each meter at a moment, as one writes it by hand.
local function statement(db, moment)
  local started = os.clock()
  local count = 0
  for _ in db:lists([[SELECT r.meter_no, r.reading FROM readings r JOIN (SELECT meter_no, max(read_time) AS read_time
    FROM readings WHERE read_time <= ? AND read_time > ? GROUP BY meter_no) l ON l.meter_no = r.meter_no
    AND l.read_time = r.read_time WHERE r.copy = 0 ORDER BY r.meter_no]], moment, moment - 60 * DAY) do
    count = count + 1
  end
  assert(count == METERS)
  return os.clock() - started
end

local PYTHON = [[exec python3 -c "import csv, sqlite3, sys
csv.writer(sys.stdout).writerows(sqlite3.connect('%s').execute(
'SELECT meter_no, read_time, device_id, reading, imei, user_code, address, device_name, stored_at FROM readings'))"]]

-- ---------------------------------------------------------------- what is measured

local function line(name, seconds, memory, more)
  print(("%-28s %6.2f s %6.0f MB   %s"):format(name, seconds, memory or 0, more or ""))
end

local function run()
  local db = assert(database.open(where))
  fill(db)
  local moment = FIRST + (DAYS - 60) * DAY + 9900 -- a midnight
  local by_hand = best_of(3, function() return statement(db, moment) end)
  line("one SQL statement", by_hand)
  db:close()
  local text = require("imr.time").format(moment):sub(1, 10)
  local from = require("imr.time").format(moment - 31 * DAY):sub(1, 10)
  local month = ("--from %s --to %s"):format(from, require("imr.time").format(moment - DAY):sub(1, 10))
  local seconds, memory = best_of(3, function() return imr("cutoff " .. text .. "T00:00 --format csv") end)
  line("imr cutoff", seconds, memory, ("%.1f times the statement, goal %d"):format(seconds / by_hand, GOAL_CUTOFF))
  seconds, memory = best_of(2, function() return imr("usage --format csv " .. month) end)
  line("imr usage, a month", seconds, memory, ("goals %d s, %d MB"):format(GOAL_USAGE, GOAL_MEMORY))
  seconds, memory = imr("check --format csv " .. month)
  line("imr check, a month", seconds, memory)
  seconds, memory = imr("report " .. month)
  line("imr report, a month", seconds, memory)
  if os.getenv "IMR_BENCH_DB" then return end
  seconds, memory = imr("export --table readings --format csv")
  line("imr export, all", seconds, memory)
  seconds, memory = measure(PYTHON:format(where))
  line("Python's csv, all", seconds, memory)
end

local fine, problem = xpcall(run, debug.traceback)
shell("rm -rf " .. directory)
if not fine then error(problem, 0) end
