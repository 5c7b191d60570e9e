-- `imr export` of a table beside what one would write in Python, and `imr check` beside reading the same rows.
--
--   bench/metering_export.lua [METERS DAYS ROUNDS]     5000 365 3
--
-- Rounds alternate; a figure is the median of the processor's seconds, a ratio that of the ratios within each round.

package.path = package.path .. ";./?.lua"

local database = require "imr.database"
local side = require "bench.side"

local METERS, DAYS = tonumber(arg[1] or 5000), tonumber(arg[2] or 365)
local ROUNDS = tonumber(arg[3] or 3)
local DAY = 86400
local FIRST = require("imr.time").parse "2025-01-01 21:15:00"

local directory = side.shell("mktemp -d"):match("%S+")
local where = directory .. "/bench.db"

-- A reading a day of each meter, with the texts that a platform sends with it.
local FILL = [[INSERT INTO readings (meter_no, read_time, read_time_local, device_id, copy, reading, imei, user_code,
  address, device_name, day, stored_at)
  WITH RECURSIVE m(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM m WHERE n < %d),
    d(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM d WHERE n < %d)
  SELECT printf('%%012d', m.n), %d + d.n * 86400 - m.n %% 600, '2025-01-01 21:15:00', printf('%%012d', m.n), 0,
    printf('%%d.%%02d', m.n + d.n * 5 + (m.n + d.n) %% 3, (m.n * 7 + d.n * 13) %% 100), '', printf('2021%%06d', m.n),
    '3栋2单元' || m.n, '电表' || m.n, '2025-01-01', %d + d.n * 86400 + 3600 FROM m, d]]

local function fill()
  local db = assert(database.open(where))
  db:transaction(function()
    db:execute(FILL:format(METERS, DAYS, FIRST, FIRST))
  end)
  db:close()
end

local PYTHON = [[import csv, sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute('SELECT meter_no, read_time, device_id, copy, reading, imei, user_code, '
  'address, device_name, day, stored_at, changed_at, withdrawn_at, extra, invalid FROM readings '
  'ORDER BY meter_no, read_time, device_id, copy')
out = csv.writer(sys.stdout)
out.writerow([column[0] for column in rows.description])
out.writerows(rows)
]]

local READ = [[local rows = require "imr.workflow.metering.rows"
local db = assert(require("imr.database").open(arg[1]))
for _ in rows.meters(db, { from = tonumber(arg[2]), to = tonumber(arg[3]) }) do end
]]

local function write(name, text)
  local file = assert(io.open(directory .. "/" .. name, "w"))
  file:write(text)
  file:close()
  return directory .. "/" .. name
end

local function cpu(command)
  return ([[bash -c 'TIMEFORMAT=%%U; time %s >%s/out 2>/dev/null' 2>&1]]):format(command, directory)
end

local function run()
  fill()
  local python, read = write("export.py", PYTHON), write("read.lua", READ)
  local to = FIRST + (DAYS - 30) * DAY
  local time = require("imr.time").format
  local month = ("--from %s --to %s"):format(time(to - 30 * DAY):sub(1, 10), time(to):sub(1, 10))
  local groups = {
    { title = ("export of %d readings as CSV"):format(METERS * DAYS), unit = "s of the processor", rounds = ROUNDS,
      ways = {
        { name = "Python's csv", command = cpu(("%s %s %s"):format(side.python(), python, where)), reference = true,
          needs = "python3" },
        { name = "imr export", command = cpu(("bin/imr export --db %s --table readings --format csv"):format(where)) },
      } },
    { title = "check of a month", unit = "s of the processor", rounds = ROUNDS, ways = {
      { name = "the same rows, only read", command = cpu(("scripts/run.sh lua5.4 %s %s %d %d"):format(read, where,
        to - 90 * DAY, to)), reference = true },
      { name = "imr check", command = cpu(("bin/imr check --db %s %s --format csv"):format(where, month)) },
    } },
  }
  for _, group in ipairs(groups) do side.show(group, side.measure(group)) end
end

local fine, problem = xpcall(run, debug.traceback)
side.shell("rm -rf " .. directory)
if not fine then error(problem, 0) end
