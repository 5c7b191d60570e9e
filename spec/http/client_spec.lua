-- The client through libcurl against a simulated platform in a process of its own.
local imr = require "imr"
local scripted = require "support.scripted"
local shell = require "support.shell"
local simulator = require "support.simulator"

local METERS, DAYS, TODAY = 40, 5, "2026-01-15"
local PERIOD = { from = "2026-01-10", to = "2026-01-14" }

local function period(more)
  local params = { from = PERIOD.from, to = PERIOD.to }
  for name, value in pairs(more or {}) do params[name] = value end
  return params
end

describe("the client over HTTP", function()
  local platform, client

  local function start(options, client_options)
    local given = { meters = METERS, days = DAYS, today = TODAY, interval = 0, command_delay = 0.2 }
    for name, value in pairs(options or {}) do given[name] = value end
    platform = simulator.start(given)
    client = scripted.client(platform.url, client_options)
  end

  after_each(function()
    if client then client:close() end
    if platform then platform:stop() end
    client, platform = nil, nil
  end)

  -- All rows, which are as many as the platform says that it sent.
  local function all_rows(name, params)
    local cursor = client[name](client, params)
    local rows = assert(cursor:collect())
    assert.is_true(cursor.report.complete, name)
    local sent = 0
    for _, entry in ipairs(platform:entries(name)) do sent = sent + (entry.rows or 0) end
    assert.equal(sent, #rows)
    assert.is_true(#rows > 0, name)
    return rows, cursor.report
  end

  local function each_has(rows, types)
    for _, row in ipairs(rows) do
      for field, wanted in pairs(types) do assert.equal(wanted, type(row[field]), field) end
      assert.is_nil(row.invalid)
      assert.is_nil(row.extra)
    end
  end

  it("lists the meters", function()
    start()
    local rows = all_rows("meters", { page_size = 15 })
    assert.equal(METERS, #rows)
    each_has(rows, { meter_no = "string", device_id = "string", meter_type = "number", kind = "string",
      address = "string", supply = "string", online = "boolean" })
    assert.equal(3, #platform:entries("meters"))
  end)

  it("lists the latest readings", function()
    start()
    local rows = all_rows("latest_readings", { page_size = 15 })
    each_has(rows, { meter_no = "string", device_id = "string", reading = "number", read_time = "number",
      supply = "string" })
  end)

  it("lists readings of a period", function()
    start()
    local rows = all_rows("readings", period { page_size = 60 })
    each_has(rows, { meter_no = "string", device_id = "string", reading = "number", read_time = "number" })
    local from, to = imr.time.parse("2026-01-10"), imr.time.parse("2026-01-15")
    for _, row in ipairs(rows) do assert.is_true(row.read_time >= from and row.read_time < to) end
  end)

  it("lists readings of some meters", function()
    start()
    local meters = all_rows("meters")
    local wanted = { meters[3].meter_no, meters[7].meter_no }
    local seen = {}
    for row in client:readings(period { meters = wanted }) do seen[row.meter_no] = true end
    assert.same({ [wanted[1]] = true, [wanted[2]] = true }, seen)
  end)

  it("lists the consumption of a period", function()
    start()
    local rows = all_rows("consumption", period { granularity = "daily", page_size = 60 })
    each_has(rows, { meter_no = "string", device_id = "string", reading = "number", usage = "number",
      amount = "number", read_time = "number", project_code = "string" })
  end)

  it("lists time-of-use readings", function()
    start()
    local rows = all_rows("tou_readings", period())
    each_has(rows, { meter_no = "string", energy_total = "number", energy_sharp = "number", energy_peak = "number",
      energy_flat = "number", energy_valley = "number", voltage_a = "number", current_a = "number",
      active_power = "number", reactive_power = "number", freeze_time = "number", reported_at = "number" })
  end)

  it("lists camera readings", function()
    start { unparsed = 0.2 }
    local rows = all_rows("camera_readings", period())
    each_has(rows, { meter_no = "string", read_time = "number", image_status = "string", image_ok = "boolean",
      image_url = "string" })
  end)

  it("finds one meter and its latest reading", function()
    start()
    local meters = all_rows("meters")
    local meter = assert(client:meter(meters[30].meter_no, { page_size = 7 }))
    assert.same(meters[30], meter)
    local reading = assert(client:latest_reading(meter.meter_no))
    assert.equal(meter.device_id, reading.device_id)
    local missing, err = client:meter("000000000000")
    assert.is_nil(missing)
    assert.equal("not_found", err.kind)
  end)

  local function connected_meter()
    for row in client:meters() do
      if row.online and row.supply == "connected" then return row end
    end
  end

  it("cuts and restores supply, and has both confirmed", function()
    start()
    local meter = connected_meter()
    local options = { confirm = true, meter = meter.meter_no, deadline = 60 }
    assert.equal("confirmed", assert(client:disconnect(meter.device_id, options)).state)
    assert.equal("disconnected", assert(client:meter(meter.meter_no)).supply)
    assert.equal("confirmed", assert(client:reconnect(meter.device_id, options)).state)
    assert.equal("connected", assert(client:meter(meter.meter_no)).supply)
    assert.equal(2, #platform:entries("instruct"))
  end)

  it("takes a command that is only accepted, each over a connection of its own", function()
    start()
    local meter = connected_meter()
    assert.equal("accepted", assert(client:request_reading(meter.device_id)).state)
    assert.equal("accepted", assert(client:disconnect(meter.device_id)).state)
    for _, entry in ipairs(platform:entries("instruct")) do
      assert.is_true(entry.executed)
      assert.equal(1, entry.request)
    end
  end)

  it("reads over one kept connection", function()
    start()
    for _ = 1, 5 do assert(client:meters({ page_size = 10 }):collect()) end
    local connections = {}
    for _, entry in ipairs(platform:entries()) do connections[entry.connection] = true end
    local used = 0
    for _ in pairs(connections) do used = used + 1 end
    assert.equal(1, used)
  end)

  it("gives decimals with the platform's own digits", function()
    start({ values = "string" }, { decimals = "string" })
    local exact = all_rows("readings", period())
    each_has(exact, { reading = "string" })
    for _, row in ipairs(exact) do assert.matches("^%d+%.?%d*$", row.reading) end
    local rounded = assert(client:readings(period { decimals = "number" }):collect())
    for index, row in ipairs(rounded) do assert.equal(tonumber(exact[index].reading), row.reading) end
  end)

  it("speaks to a platform that takes only forms, after one probe by the login", function()
    start { encoding = "form" }
    assert.equal(METERS, #assert(client:meters({ page_size = 15 }):collect()))
    assert.equal("accepted", assert(client:request_reading(connected_meter().device_id)).state)
    local codes, encodings = {}, {}
    for _, entry in ipairs(platform:entries()) do
      if entry.endpoint == "login" then table.insert(codes, entry.code) else encodings[entry.encoding] = true end
    end
    assert.same({ 1008, 200 }, codes)
    assert.same({ form = true }, encodings)
  end)

  it("keeps a path in front of the endpoints", function()
    start { prefix = "/api/v1" }
    local rows = assert(scripted.client(platform.url .. "/api/v1"):meters():collect())
    assert.equal(METERS, #rows)
    local _, err = client:meters():collect()
    assert.equal("http", err.kind)
    assert.equal(404, err.http_status)
  end)

  it("does not let a client in with the wrong password", function()
    start(nil, { password = "wrong", retries = 4 })
    local rows, err = client:meters():collect()
    assert.is_nil(rows)
    assert.equal("auth", err.kind)
    assert.equal(1005, err.code)
    assert.equal(1, #platform:entries("login"))
  end)
end)

describe("the client and a packed answer", function()
  it("unpacks it", function()
    local path = os.tmpname()
    local plain = [['{"code":200,"msg":"","data":[{"deviceId":"1","tableNo":"007"}]}']]
    shell.must(("printf %%s %s | gzip >%s"):format(plain, path))
    local server = scripted.start(([[c:send(answer(io.open(%q, "rb"):read("*a"), "Content-Encoding: gzip\r\n"))]])
      :format(path))
    finally(function()
      server:stop()
      os.remove(path)
    end)
    local client = server:client_of()
    assert.equal("007", assert(client:meters():next()).meter_no)
    client:close()
  end)
end)
