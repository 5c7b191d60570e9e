-- The sync: how near it comes to what the pace allows, what storing costs, and how much memory a million rows take.
--
--   pace      six listings of 8 pages, 2 s between two requests to one endpoint, answers after 0.3 s and after 3 s: the
--             sync, and in the same run the script that one would write: page after page, listing after listing
--   rows      a page's way into SQLite against bare LuaDBI upserts of the same values
--   memory    a million readings: the peak of the process
--
-- `bench/sync.lua rows memory` runs only these.

local copy = require "imr.base.copy"
local core = require "imr.core"
local unpack = require "imr.base.unpack"

local interpreter = rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match("%d%.%d")
local script = arg[0]

local PAGES, PAGE_SIZE, INTERVAL, SLOT = 8, 1000, 2, 2.05
local LATENCIES = { 0.3, 3 }
local MOST_OF_FLOOR, LEAST_OF_BARE, MOST_MEMORY = 1.03, 0.6, 60
local MANY, MANY_DAYS = 1000000, 100

local function shell(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("*a")
  pipe:close()
  return text
end

local scratch

-- ---------------------------------------------------------------- the platform, a process of its own

local YESTERDAY = os.date("!%Y-%m-%d", os.time() + 8 * 3600 - 86400)

-- Eight pages of each listing, made beforehand: what is measured is the sync, not how fast a simulator makes rows.
local ROWS = {
  meterList = '"deviceName":"a","tableAddress":"b","tableType":"1","onlineAt":"DAY 10:00:00","netStatis":"在线",'
    .. '"gate":"合闸","user_code":"20210000006","user_name":"c","house_number":"1001"',
  readMeter = '"reading":"12.50","readTime":"DAY 10:00:00","gate":"合闸"',
  readMeterList = '"reading":"12.50","readTime":"DAY 10:00:00","imei":"","user_code":"20210000006",'
    .. '"tableAddress":"b","deviceName":"a"',
  readMeterDataList = '"project_code":"a","reading":"12.50","readTime":"DAY 10:00:00","dosage":"1.50","amount":"0.80",'
    .. '"type":1',
  peaksValleysRead = '"project_code":"a","createTime":"DAY 00:10:00","freezeTime":"DAY 00:00:00",'
    .. '"positiveActivePower":12.5,"positiveActivePower1":1.5,"positiveActivePower2":2.5,"positiveActivePower3":3.5,'
    .. '"positiveActivePower4":5,"voltA":"224.1","electricA":"1.1"',
  cameraRead = '"project_code":"a","imageReadTime":"DAY 02:10:00","imageStatus":"解析正常",'
    .. '"imageUrl":"https://images.example.com/METER.jpg","basicReading":12.5',
}

local function pages_of(row)
  local pages = {}
  row = ('{"deviceId":"METER","tableNo":"METER",%s}'):format(row:gsub("DAY", YESTERDAY))
  for page = 1, PAGES do
    local rows = {}
    for index = 1, page < PAGES and PAGE_SIZE or PAGE_SIZE / 2 do
      rows[index] = row:gsub("METER", ("%012d"):format(page * PAGE_SIZE + index))
    end
    pages[page] = ('{"code":200,"msg":"ok","totalCount":%d,"data":[%s]}'):format((PAGES - 0.5) * PAGE_SIZE,
      table.concat(rows, ","))
  end
  return pages
end

local function prepared()
  local listings = {}
  for name, row in pairs(ROWS) do listings[name] = pages_of(row) end
  return function(request)
    local pages = listings[request.path:match("[^/]+$")]
    return pages and { code = 200, body = pages[tonumber(request.body:match('"pageNo":"?(%d+)'))] }
  end
end

local function serve(meters, days, latency, fill)
  local platform = require("imr.simulator.platform").new { meters = meters, days = days, latency = latency,
    interval = 0, offline = 0, keep_log = false, on_request = fill and prepared() or nil }
  local server = assert(require("imr.simulator.server").new { platform = platform })
  print(server.url)
  io.stdout:flush()
  local ends = core.now() + 1800 -- should nobody come to stop it
  while core.now() < ends do server:turn(1) end
end

local function start(...)
  local pipe = assert(io.popen(("echo $$; exec %s %s platform %s"):format(interpreter, script,
    table.concat({ ... }, " "))))
  local pid = pipe:read("*n")
  pipe:read("*l")
  return { url = assert(pipe:read("*l"), "the platform did not start"), stop = function()
    os.execute("kill " .. ("%d"):format(pid))
    pipe:close()
  end }
end

local function client_of(url, options)
  local imr = require "imr"
  local given = copy({ base_url = url, username = "demo", password = "demo-secret", store = imr.store.memory() },
    options)
  return assert(imr.new(given))
end

-- ---------------------------------------------------------------- pace

-- What one would write: no library of ours, one request after the other, the pause that the platform asks for.
local PLAIN = {
  { "/meter/meterList" }, { "/meter/readMeter" }, { "/meter/readMeterList", true },
  { "/meter/readMeterDataList", true, type = "2" }, { "/meter/peaksValleysRead", true }, { "/meter/cameraRead", true },
}

local function post(url, parameters)
  local http, ltn12 = require "socket.http", require "ltn12"
  local cjson = require "cjson"
  local body, chunks = cjson.encode(parameters), {}
  assert(http.request { url = url, method = "POST", source = ltn12.source.string(body), sink = ltn12.sink.table(chunks),
    headers = { ["Content-Type"] = "application/json", ["Content-Length"] = #body } })
  return cjson.decode(table.concat(chunks))
end

local function plain_page(statement, connection, rows)
  for _, row in ipairs(rows) do
    assert(statement:execute(row.tableNo, row.readTime or row.freezeTime or row.imageReadTime or "",
      tostring(row.reading or row.positiveActivePower or row.basicReading or "")))
  end
  connection:commit()
end

local function plain(url)
  local socket = require "socket"
  local connection = assert(require("DBI").Connect("SQLite3", scratch .. "/plain.db"))
  local rows = 0
  local token = post(url .. "/user/login", { admin_user_name = "demo", api_password = "demo-secret" }).data
  for number, listing in ipairs(PLAIN) do
    local create = "CREATE TABLE t%d (a TEXT, b TEXT, c TEXT, PRIMARY KEY (a, b))"
    assert(connection:prepare(create:format(number))):execute()
    local statement = assert(connection:prepare(("INSERT OR REPLACE INTO t%d VALUES (?, ?, ?)"):format(number)))
    local page = 0
    repeat
      page = page + 1
      local parameters = { token = token, admin_user_name = "demo", pageNo = page, pageSize = PAGE_SIZE,
        type = listing.type }
      if listing[2] then parameters.BeginDate, parameters.EndDate = YESTERDAY, YESTERDAY end
      local answer = post(url .. listing[1], parameters)
      plain_page(statement, connection, answer.data)
      rows = rows + #answer.data
      socket.sleep(INTERVAL)
    until #answer.data < PAGE_SIZE
  end
  connection:close()
  return rows
end

local function timed(fn, ...)
  local began = core.now()
  local result = fn(...)
  return core.now() - began, result
end

local function synced(url, where)
  local client = client_of(url, { interval = INTERVAL })
  local report = assert(require("imr.workflow.sync").run { client = client, db = where, first_days = 1 })
  client:close()
  assert(report.state == "complete", report.state)
  return report
end

local function pace_at(latency)
  local platform = start((PAGES - 0.5) * PAGE_SIZE, 2, latency, "fill")
  local where = ("%s/pace%g.db"):format(scratch, latency)
  local took, report = timed(synced, platform.url, where)
  local plainly, rows = timed(plain, platform.url)
  platform.stop()
  os.remove(scratch .. "/plain.db")
  -- Seven slots of the client, which adds its guard to the two seconds; the login's answer and the last page's.
  local floor = (PAGES - 1) * SLOT + 2 * latency
  print(("latency %.1f s: %d rows in %d pages, %.2f s, %.3f of the floor %.2f s   at most %.2f"):format(latency,
    report.rows, report.pages, took, took / floor, floor, MOST_OF_FLOOR))
  print(("  a plain script: %d rows, %.1f s, %.1f times as long"):format(rows, plainly, plainly / took))
  return took / floor <= MOST_OF_FLOOR and report.pages == 6 * PAGES
end

local function pace()
  local fine = true
  for _, latency in ipairs(LATENCIES) do fine = pace_at(latency) and fine end
  return fine
end

-- ---------------------------------------------------------------- rows

local STORED = 50000

local function readings(first, last)
  local rows = {}
  for index = first, last do
    rows[#rows + 1] = { meter_no = ("%012d"):format(math.floor(index / 100)), device_id = "D12345678",
      reading = ("%d.%02d"):format(index, index % 100), read_time = 1752000000 + index % 100 * 86400,
      imei = "865100000000000", user_code = "20210000006", address = "桂花苑3栋803室", device_name = "水表1001室" }
  end
  return rows
end

-- Rows a second of what stores a page. Pages are made while the clock stands still, one at a time as in a sync.
local function rate_of(make, store)
  local spent = 0
  for first = 1, STORED, PAGE_SIZE do
    local page = make(readings(first, first + PAGE_SIZE - 1))
    local began = core.now()
    store(page)
    spent = spent + core.now() - began
  end
  return STORED / spent
end

local function ours(path)
  local db = assert(require("imr.database").open(path))
  local writer = require("imr.workflow.sync.writer").new(db, require("imr.workflow.sync.listings").readings,
    { utc_offset = 8 * 3600, clock = os.time, run_id = 1,
      rejected = require("imr.workflow.sync.rejected").new(db, 1) })
  local rate = rate_of(function(rows) return rows end, function(rows)
    db:transaction(function() writer:write(rows) end)
  end)
  db:close()
  return rate
end

-- The same values into the same table.
local function values_of(rows)
  local values, format_time = {}, require("imr").time.format
  for index, row in ipairs(rows) do
    values[index] = { row.meter_no, row.read_time, format_time(row.read_time), 0, row.device_id, row.reading, row.imei,
      row.user_code, row.address, row.device_name, 1752000000, format_time(row.read_time):sub(1, 10) }
  end
  return values
end

local function bare(path)
  assert(require("imr.database").open(path)):close()
  local connection = assert(require("DBI").Connect("SQLite3", path))
  connection:autocommit(true)
  for _, pragma in ipairs { "synchronous = NORMAL", "wal_autocheckpoint = 4000" } do
    assert(connection:prepare("PRAGMA " .. pragma)):execute()
  end
  local statement = assert(connection:prepare("INSERT INTO readings (meter_no, read_time, read_time_local, copy, "
    .. "device_id, reading, imei, user_code, address, device_name, stored_at, day) "
    .. "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    .. "ON CONFLICT (meter_no, read_time, device_id, copy) DO UPDATE SET reading = excluded.reading"))
  local begin, commit = assert(connection:prepare("BEGIN")), assert(connection:prepare("COMMIT"))
  local rate = rate_of(values_of, function(values)
    begin:execute()
    for _, list in ipairs(values) do statement:execute(unpack(list, 1, 12)) end
    commit:execute()
  end)
  connection:close()
  return rate
end

local function rows_per_second()
  local best = { 0, 0 }
  for round = 1, 5 do
    for index, way in ipairs { ours, bare } do
      local path = ("%s/rows%d%d.db"):format(scratch, index, round)
      collectgarbage()
      best[index] = math.max(best[index], way(path))
      os.execute("rm -f " .. path .. "*")
    end
  end
  local share = best[1] / best[2]
  print(("stored: %.0f rows/s; bare LuaDBI upserts: %.0f rows/s; %.2f of that   at least %.1f"):format(best[1], best[2],
    share, LEAST_OF_BARE))
  return share >= LEAST_OF_BARE
end

-- ---------------------------------------------------------------- memory

local function peak()
  local file = assert(io.open("/proc/self/status"))
  local kilobytes = tonumber(file:read("*a"):match("VmHWM:%s*(%d+)"))
  file:close()
  return kilobytes / 1024
end

local function sync_many(url, where)
  local client = client_of(url, { interval = 0 })
  local report = assert(require("imr.workflow.sync").run { client = client, db = where, first_days = MANY_DAYS,
    listings = { "meters", "readings" } })
  client:close()
  print(("%s %d %.1f"):format(report.state, report.new_rows, peak()))
end

local function memory()
  local platform = start(MANY / MANY_DAYS, MANY_DAYS, 0)
  local took, text = timed(shell, ("%s %s child %s %s/many.db"):format(interpreter, script, platform.url, scratch))
  platform.stop()
  local state, rows, most = text:match("(%a+) (%d+) ([%d.]+)")
  assert(state, text)
  print(("%d rows (%s) in %.0f s, peak %s MB   at most %d"):format(rows, state, took, most, MOST_MEMORY))
  return state == "complete" and tonumber(rows) >= MANY and tonumber(most) <= MOST_MEMORY
end

-- ---------------------------------------------------------------- which

if arg[1] == "platform" then return serve(tonumber(arg[2]), tonumber(arg[3]), tonumber(arg[4]), arg[5]) end
if arg[1] == "child" then return sync_many(arg[2], arg[3]) end


scratch = shell("mktemp -d"):match("%S+")
local fine, chosen = true, {}
for _, name in ipairs(arg) do chosen[name] = true end
for _, part in ipairs { { "pace", pace }, { "rows", rows_per_second }, { "memory", memory } } do
  if #arg == 0 or chosen[part[1]] then fine = part[2]() and fine end
end
os.execute("rm -rf " .. scratch)
os.exit(fine and 0 or 1)
