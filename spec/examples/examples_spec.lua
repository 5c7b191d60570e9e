-- The examples, each against the simulated platform: what they print, what they leave, and their status.
local cli = require "support.cli"
local decimal = require "imr.decimal"
local documents = require "support.documents"
local files = require "support.files"
local postgres = require "support.postgres"
local process = require "support.process"
local shell = require "support.shell"
local simulator = require "support.simulator"
local workbook = require "support.workbook"

local directory

setup(function() directory = shell.scratch() end)
teardown(function() shell.must("rm -rf " .. shell.quote(directory)) end)

-- Runs one on the virtual clock; `before` may set the platform up. The status is the example's own.
local function run(name, arguments, options)
  options = options or {}
  local list = {}
  for index, argument in ipairs(arguments) do list[index] = ("%q"):format(argument) end
  local code = ([[
    local exit, status = os.exit, nil
    os.exit = function(code) status = code; error("exit", 0) end
    %s
    arg = { [0] = "examples/%s.lua", %s }
    local fine, problem = pcall(dofile, arg[0])
    if not fine and not status then error(problem, 0) end
    io.write("status=", tostring(status), "\n")
  ]]):format(options.before or "", name, table.concat(list, ", "))
  local ok, output = documents.run_code(code, options.environment)
  assert(ok, output)
  local text, status = output:match "^(.*)status=(%S+)\n$"
  return tonumber(status), text
end

describe("daily_export", function()
  it("writes each meter's rows of a day, exact, and says so", function()
    local status, output = run("daily_export", { directory, "2025-07-05" })
    assert.equal(0, status, output)
    local text = files.read(directory .. "/readings-2025-07-05.csv")
    local rows = select(2, text:gsub("\n", "\n")) - 1
    assert.equal(("%s/readings-2025-07-05.csv: %d rows\n"):format(directory, rows), output)
    assert.is_true(rows >= 10)
    assert.matches("^meter_no,device_id,reading,read_time,address,user_code\n%d+,%d+,%d+%.?%d*,2025%-07%-05 ", text)
  end)

  it("takes yesterday by itself", function()
    assert.equal(0, (run("daily_export", { directory })))
    assert.is_truthy(files.read(directory .. "/readings-2025-07-08.csv"))
  end)

  it("leaves no file and status 1 when the platform refuses", function()
    local status, output = run("daily_export", { directory, "2025-07-04" },
      { before = 'world.platform:set_password("another")' })
    assert.equal(1, status)
    assert.matches("wrong password", output, 1, true)
    assert.is_nil(files.read(directory .. "/readings-2025-07-04.csv"))
  end)

  it("runs as a program of its own, over HTTP", function()
    local platform = simulator.start { meters = 5, days = 3, today = "2025-07-09" }
    finally(function() platform:stop() end)
    local ok, output = process.lua(("arg = { [0] = 'daily_export.lua', %q, '2025-07-08' }; dofile %q"):format(directory,
      "examples/daily_export.lua"), { env = { HOME = directory, IMR_BASE_URL = platform.url, IMR_USERNAME = "demo",
      IMR_PASSWORD = "demo-secret" } })
    assert.is_true(ok, output)
    assert.matches("^meter_no,.*\n%d+,", files.read(directory .. "/readings-2025-07-08.csv"))
  end)
end)

describe("offline_alarm", function()
  it("is quiet when all are online", function()
    local status, output = run("offline_alarm", {})
    assert.same({ 0, "OK: 0 of 12 meters offline for 24 hours or longer\n" }, { status, output })
  end)

  it("names a meter that is offline, once that is long enough ago", function()
    local offline = "world.platform:handle({ method = 'POST', path = '/', headers = {}, body = '' }, 0) "
      .. "world.platform:set_online(world.platform:meter(2).device, false) world:sleep(%d * 3600)"
    local status, output = run("offline_alarm", { "5" }, { before = offline:format(6) })
    assert.equal(2, status, output)
    assert.matches("^%d+  %d+ h  ", output)
    assert.matches("CRITICAL: 1 of 12 meters", output, 1, true)
    assert.equal(0, (run("offline_alarm", { "500" }, { before = offline:format(6) })))
  end)

  it("does not say that all is well when it does not know", function()
    local status, output = run("offline_alarm", {}, { before = 'world.platform:set_password("another")' })
    assert.equal(3, status)
    assert.matches("^UNKNOWN: ", output)
    status, output = run("offline_alarm", { "24h" })
    assert.equal(3, status)
    assert.matches("^UNKNOWN: .*usage", output)
    assert.equal(3, (run("offline_alarm", {}, { before = 'imr.new = function() error("no account") end' })))
  end)
end)

describe("overdue_disconnect", function()
  local overdue, paid
  local connect = 'for place = 1, 3 do world.platform:set_gate(world.platform:meter(place).device, "connected") end '
  -- The devices are the same in each run: the fleet's seed is.
  local devices
  setup(function()
    local platform = require("imr.testing").new({ meters = 12, days = 40, offline = 0, today = "2025-07-09" }).platform
    devices = { platform:meter(1).device, platform:meter(2).device, platform:meter(3).device }
    overdue, paid = directory .. "/overdue", directory .. "/paid"
    files.write(overdue, table.concat(devices, "\n") .. "\n")
    files.write(paid, devices[2] .. "\n")
  end)

  -- The world's clock begins at night in the platform's zone, in the quiet hours: the day comes first.
  local day = connect .. "world:sleep(8 * 3600) "
  local count = ' local real = os.exit; os.exit = function(code) local sent = 0 for _, entry in '
    .. 'ipairs(world.platform.log) do if entry.executed and entry.endpoint == "instruct" then sent = sent + 1 end end '
    .. 'io.write("sent=", sent, "\\n") real(code) end '

  it("only shows the plan without --yes", function()
    local status, output = run("overdue_disconnect", { overdue, paid }, { before = day .. count })
    assert.equal(0, status, output)
    assert.matches("3 to send, 0 left out", output, 1, true)
    assert.matches("sent=0\n", output, 1, true)
  end)

  it("cuts those who have not paid, and nobody else", function()
    local status, output = run("overdue_disconnect", { overdue, paid, "--yes" }, { before = day .. count })
    assert.matches("sent=2\n", output, 1, true)
    assert.matches("confirmed\t2\n", output, 1, true)
    assert.equal(0, status, output)
  end)

  it("sends nothing when the file of payments cannot be read", function()
    local nowhere = directory .. "/nowhere"
    local _, output = run("overdue_disconnect", { overdue, nowhere, "--yes" }, { before = day .. count })
    assert.matches("sent=0\n", output, 1, true)
  end)

  it("says with its status that a command was refused", function()
    local before = "world = testing.new { meters = 12, days = 40, offline = 0, today = '2025-07-09', "
      .. "on_request = function(r) return r.path:find('meterInstruct') and { code = 1008 } end } " .. day .. count
    local one = directory .. "/one"
    files.write(one, devices[1] .. "\n")
    local status, output = run("overdue_disconnect", { one, paid, "--yes" }, { before = before })
    assert.matches("refused\t1\n", output, 1, true)
    assert.equal(6, status, output)
  end)

  it("sends nothing in the quiet hours", function()
    local status, output = run("overdue_disconnect", { overdue, paid, "--yes" }, { before = connect .. count })
    assert.matches("sent=0\n", output, 1, true)
    assert.equal(6, status, output)
  end)
end)

describe("tou_bill", function()
  it("bills exactly what the registers moved", function()
    local status, output = run("tou_bill", { "2025-06" }, { before = "world = testing.new { meters = 60, days = 45, "
      .. 'offline = 0, today = "2025-07-09" }' })
    assert.is_true(status == 0 or status == 5, output)
    local bills = 0
    for sharp, peak, flat, valley, yuan in output:gmatch "kWh (%S+) (%S+) (%S+) (%S+)  yuan (%d+%.%d%d)\n" do
      local exact = decimal.of(sharp) * decimal.of "1.2035" + decimal.of(peak) * decimal.of "0.9628"
        + decimal.of(flat) * decimal.of "0.6147" + decimal.of(valley) * decimal.of "0.3072"
      assert.is_true((exact - decimal.of(yuan)):abs() <= decimal.of "0.005", output)
      bills = bills + 1
    end
    assert.is_true(bills > 0, output)
  end)

  it("asks for a month", function()
    local status, output = run("tou_bill", {})
    assert.same({ 1, "usage: tou_bill.lua YYYY-MM\n" }, { status, output })
  end)
end)

describe("monthly_bill", function()
  it("bills a month once, says what is held, and writes the sheets", function()
    local page, database = directory .. "/sheets.html", directory .. "/bills.db"
    local options = { environment = { IMR_DB = database }, before = "world = testing.new { meters = 12, days = 75, "
      .. 'offline = 0, today = "2025-07-09" }' }
    local arguments = { "2025-06", "examples/bill/tariff.lua", page }
    local status, output = run("monthly_bill", arguments, options)
    assert.is_true(status == 0 or status == 5, output)
    local lines, amount, held, sheets = output:match "bill 1: (%d+) lines, ([%d.]+) yuan, (%d+) held; .*: (%d+) sheets"
    assert.equal(tonumber(held), select(2, output:gsub("not billed: ", "")), output)
    local text, sum = files.read(page), decimal.zero
    assert.equal(tonumber(sheets), select(2, text:gsub('<article class="sheet">', "")))
    for due in text:gmatch "<strong>¥ ([%d.,]+)</strong>" do sum = sum + decimal.of((due:gsub(",", ""))) end
    assert.same({ amount, true }, { tostring(sum), tonumber(lines) >= 12 })
    local again
    status, again = run("monthly_bill", arguments, options)
    assert.same({ held == "0" and 0 or 5, output }, { status, again })
  end)

  it("asks for a month", function()
    assert.equal(1, (run("monthly_bill", {})))
  end)
end)

describe("monthly_bill.sh", function()
  local ROOT = shell.lines("pwd")[1]

  it("goes from the platform to a bill on record, a #workbook and the lines that are held", function()
    local platform = simulator.start { meters = 12, days = 45, interval = 0, today = "2025-07-09" }
    local user = cli.user(platform.url, { IMR_STORE = "memory" })
    finally(function()
      platform:stop()
      user:remove()
    end)
    user:write(".config/imr/config.lua", "return { interval = 0 }")
    user.environment.IMR = ("%s %s/bin/imr"):format(cli.interpreter, ROOT)
    local words = { ("cd %s && env -i PATH=%s"):format(shell.quote(user.home), shell.quote(os.getenv "PATH")) }
    for name, value in pairs(user.environment) do words[#words + 1] = name .. "=" .. shell.quote(value) end
    words[#words + 1] = ROOT .. "/examples/bill/monthly_bill.sh 2025-06 2>&1; echo code=$?"
    local _, output = shell.run(table.concat(words, " "))
    assert.matches("code=[05]\n", output)
    local lines, held = output:match "bill 1 of .*: (%d+) lines, [%d.]+ in all; (%d+) held\n"
    assert.is_true(tonumber(held) <= 0.25 * tonumber(lines), output)
    local first, money = "", decimal.zero
    for line in files.read(user.home .. "/lines.csv"):gmatch "[^\r\n]+" do
      local amount = line:match ",(%d+%.%d%d),billed,"
      if amount then money = money + decimal.of(amount) end
      first = first == "" and line or first
    end
    assert.equal("meter_no,user_name,usage,amount,status,why", first)
    assert.matches(("lines, %s in all"):format(tostring(money)), output, 1, true)
    local sum = 0
    for _, row in ipairs(workbook.read(user.home .. "/bill.xlsx")[1].rows) do
      for _, cell in ipairs(row) do
        if cell[3] == "#,##0.00" and cell[1] == "n" then sum = sum + (tonumber(tostring(cell[2])) or 0) end
      end
    end
    assert.equal(tostring(money), ("%.2f"):format(sum))
  end)
end)

describe("sync_postgres", function()
  it("fills a PostgreSQL database and finds nothing new in the second run", function()
    local server = postgres.start()
    finally(function() server:stop() end)
    local url, name = server:url()
    local environment = { environment = { IMR_DB = url } }
    local status, output = run("sync_postgres", { "5" }, environment)
    assert.is_true(status == 0 or status == 5, output)
    local stored = tonumber(server:sql("SELECT count(*) FROM readings", name))
    assert.is_true(stored >= 5 * 8, output)
    status, output = run("sync_postgres", { "5d" }, environment)
    assert.equal(1, status, output)
    assert.matches("usage: ", output, 1, true)
    local _, again = run("sync_postgres", { "5" }, environment)
    assert.matches(" 0 restated, 0 rejected", again, 1, true)
    assert.equal(stored, tonumber(server:sql("SELECT count(*) FROM readings", name)))
  end)
end)

describe("every example", function()
  it("is in the list, and runs here", function()
    local list, spec = files.read "examples/README.md", files.read "spec/examples/examples_spec.lua"
    for _, path in ipairs(shell.lines "ls -d examples/*.lua examples/*/") do
      local name = path:match "^examples/(.-)/?$"
      assert.matches("[" .. name, list, 1, true)
      local elsewhere = name == "demo.lua" or not name:find "%.lua$"
      assert.is_true(elsewhere or spec:find('run("' .. name:gsub("%.lua$", ""), 1, true) ~= nil, name)
    end
  end)
end)
