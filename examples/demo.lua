-- A walk through imr against a simulated platform, over real HTTP on this machine: `make demo`.
--
-- It starts the simulator, runs all six listings side by side at the platform's pace, shows what came, cuts a meter's
-- supply and waits until the platform shows it.

local imr = require "imr"
local text = require "imr.cli.output.width"

local METERS, DAYS = 150, 6
local PAGE_SIZE = 200 -- small, so that there are pages to see; 1000 is the default and the most
local INTERVAL = 2    -- seconds between two requests to one endpoint: the platform's rule, and imr's default
local DAY = 86400

local function say(format, ...)
  print(select("#", ...) > 0 and format:format(...) or format)
end

-- ---------------------------------------------------------------- the platform

-- The interpreter that runs this file runs the simulator too.
local function interpreter()
  local index = -1
  while arg[index - 1] do index = index - 1 end
  return arg[index]
end

-- It ends by itself too, should this program be killed.
local function start_simulator()
  local command = ("echo $$; exec %s '%sbin/imr' simulate --port 0 --latency 0.15 --jitter 0.1 --exit-after 300 " ..
    "--interval %d --meters %d --days %d"):format(interpreter(), arg[0]:match("^(.*)examples/") or "../", INTERVAL,
    METERS, DAYS)
  local pipe = assert(io.popen(command))
  local pid, ready = pipe:read("*l"), pipe:read("*l")
  local url = assert(ready and ready:match("http://%S+"), "the simulator did not start")
  return { url = url, stop = function() os.execute("kill " .. pid); pipe:close() end }
end

-- ---------------------------------------------------------------- showing

local function decimal(value)
  return value and tostring(value) or "-"
end

local function moment(seconds)
  return seconds and imr.time.format(seconds) or "-"
end

-- Of each listing: the columns, how many from the second on are numbers, and a row's cells.
local shown = {
  meters = { { "meter_no", "type_name", "kind", "address", "supply", "online" }, 0, function(row)
    return { row.meter_no, row.type_name or tostring(row.meter_type), row.kind or "-", row.address or "-",
      row.supply or "-", row.online and "yes" or "no" }
  end },
  latest_readings = { { "meter_no", "reading", "read_time", "supply" }, 1, function(row)
    return { row.meter_no, decimal(row.reading), moment(row.read_time), row.supply or "-" }
  end },
  readings = { { "meter_no", "reading", "read_time", "address" }, 1, function(row)
    return { row.meter_no, decimal(row.reading), moment(row.read_time), row.address or "-" }
  end },
  consumption = { { "meter_no", "reading", "usage", "amount", "read_time" }, 3, function(row)
    return { row.meter_no, decimal(row.reading), decimal(row.usage), decimal(row.amount), moment(row.read_time) }
  end },
  tou_readings = { { "meter_no", "total", "sharp", "peak", "flat", "valley", "volt A", "freeze_time" }, 6, function(row)
    return { row.meter_no, decimal(row.energy_total), decimal(row.energy_sharp), decimal(row.energy_peak),
      decimal(row.energy_flat), decimal(row.energy_valley), decimal(row.voltage_a), moment(row.freeze_time) }
  end },
  camera_readings = { { "meter_no", "reading", "read_time", "image_status", "image_ok" }, 1, function(row)
    return { row.meter_no, decimal(row.reading), moment(row.read_time), row.image_status or "-",
      tostring(row.image_ok) }
  end },
}

local order = { "meters", "latest_readings", "readings", "consumption", "tou_readings", "camera_readings" }

local function show_sample(name, rows)
  local header, numbers, cells_of = (table.unpack or unpack)(shown[name])
  local cells, right_aligned = {}, {}
  for index = 1, math.min(3, #rows) do cells[index] = cells_of(rows[index]) end
  for column = 2, 1 + numbers do right_aligned[column] = true end
  say("\n%s (%d rows; the first %d)", name, #rows, #cells)
  for _, line in ipairs(text.table(header, cells, right_aligned)) do say("  %s", line) end
end

local function show_reports(listings)
  local cells = {}
  for index, name in ipairs(order) do
    local report = listings[index].report
    cells[index] = { name, tostring(report.rows), tostring(report.pages), tostring(report.claimed_total or "none"),
      report.complete and "complete" or "NOT complete" }
  end
  say("\nHow complete each listing is")
  local header = { "listing", "rows", "pages", "total claimed", "result" }
  for _, line in ipairs(text.table(header, cells, { false, true, true, true })) do say("  %s", line) end
end

-- ---------------------------------------------------------------- watching

-- Says which pages come, as they come; a listing's next page starts a line. Adds up what the answers took.
local function new_watch()
  local watch = { began = os.time(), answering = 0 }
  local on_this_line = {}

  function watch.end_line()
    if next(on_this_line) then io.write("\n") end
    on_this_line = {}
  end

  function watch.on_event(event)
    if event.message then say("  WARNING: %s", event.message) end
    if event.type ~= "request" or event.endpoint == "login" then return end
    watch.answering = watch.answering + event.elapsed
    if not event.rows then return end
    if on_this_line[event.endpoint] then watch.end_line() end
    io.write(next(on_this_line) and ", " or ("  after %d s: "):format(os.time() - watch.began), event.endpoint, " ",
      tostring(event.rows))
    io.flush()
    on_this_line[event.endpoint] = true
  end

  return watch
end

-- ---------------------------------------------------------------- the walk

local function list_all(client)
  local to = os.time()
  local from = to - DAYS * DAY
  local cursors = {
    client:meters(), client:latest_readings(), client:readings { from = from, to = to },
    client:consumption { granularity = "daily", from = from, to = to },
    client:tou_readings { from = from, to = to }, client:camera_readings { from = from, to = to },
  }
  local jobs = {}
  for index, cursor in ipairs(cursors) do
    jobs[index] = function() return { rows = assert(cursor:collect()), report = cursor.report } end
  end
  return imr.all(jobs)
end

local function connected_meter(rows)
  for _, row in ipairs(rows) do
    if row.online and row.supply == "connected" and row.kind == "electricity" then return row end
  end
end

local function cut_supply(client, meter)
  say("\nCutting the supply of %s (%s, %s)", meter.meter_no, meter.type_name or meter.kind, meter.address or "-")
  say("  the platform only accepts a command; imr then reads the meter until it shows the change ...")
  local began = os.time()
  local outcome = assert(client:disconnect(meter.device_id, { confirm = true, meter = meter.meter_no, deadline = 20 }))
  say("  %s after about %d s: the platform shows the meter %s", outcome.state, os.time() - began,
    outcome.reading and outcome.reading.supply or "-")
end

local function show_cost(listings, seconds, answering, refused)
  local requests, longest = 0, 0
  for _, listing in ipairs(listings) do
    requests = requests + listing.report.requests
    longest = math.max(longest, listing.report.requests)
  end
  say("\nWhat pacing cost the six listings")
  say("  %d requests took about %d s in all. The longest listing needs %d, so the pace alone takes %d x %d s = %d s.",
    requests, seconds, longest, longest - 1, INTERVAL, (longest - 1) * INTERVAL)
  say("  One after the other, with a sleep of %d s before each: %d x %d s, and %.1f s for the answers = %.0f s.",
    INTERVAL, requests, INTERVAL, answering, requests * INTERVAL + answering)
  say("  Answers of 1011 (too fast) in the whole demo: %d", refused)
end

local function walk(platform)
  local watch = new_watch()
  local client = assert(imr.new {
    base_url = platform.url, username = "demo", password = "demo-secret", page_size = PAGE_SIZE,
    on_event = function(event) if watch then watch.on_event(event) end end,
  })
  say("Reading all six listings side by side, %d rows a page, each listing at one request in %d s.",
    PAGE_SIZE, INTERVAL)
  say("The rows of each page, as it comes:")
  local listings = list_all(client)
  local seconds, answering = os.time() - watch.began, watch.answering
  watch.end_line()
  watch = nil
  show_reports(listings)
  for index, name in ipairs(order) do show_sample(name, listings[index].rows) end
  cut_supply(client, assert(connected_meter(listings[1].rows), "no connected meter"))
  show_cost(listings, seconds, answering, client:stats().codes[1011] or 0)
  client:close()
end

local platform = start_simulator()
say("A simulated platform with %d meters and %d days of history is at %s", METERS, DAYS, platform.url)
local fine, problem = pcall(imr.run, walk, platform)
platform.stop()
if not fine then
  io.stderr:write(tostring(problem), "\n")
  os.exit(1)
end
say("\nDone. Next: README.md, and `make test`.")
