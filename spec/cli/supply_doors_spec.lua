-- `imr supply`: what comes in by files, flags and records, the real program.
local cli = require "support.cli"
local process = require "support.process"
local shell = require "support.shell"
local simulator = require "support.simulator"

local LEDGER = ".local/state/imr/supply.db"
local GBK = "\214\208\206\196" -- 中文 as Chinese Excel saves it

local platform, user, devices

local function supply(arguments, more)
  return user:run("supply " .. arguments, more)
end

local function executions()
  return #platform:entries "instruct"
end

local function disconnect(more, environment)
  return supply(("disconnect --interval 0 --yes --reason x %s %s %s"):format(more, devices[1], devices[2]), environment)
end

local function update_ledger(sql, ...)
  local database = require("imr.workflow.supply.database").open(user.home .. "/" .. LEDGER)
  database:execute(sql, ...)
  database:close()
end

describe("imr supply and what comes in:", function()
  before_each(function()
    platform = simulator.start { meters = 9, days = 1, interval = 0, offline = 0, command_delay = 0 }
    user = cli.user(platform.url, { IMR_STORE = "memory" })
    devices = {}
    for _, row in ipairs(cli.rows(user:run "meters --interval 0")) do
      if row.supply == "connected" then devices[#devices + 1] = row.device_id end
    end
  end)

  after_each(function()
    platform:stop()
    user:remove()
  end)

  local function refuses(result, status, ...)
    assert.equal(status, result.status, result.err)
    for _, text in ipairs { ... } do assert.matches(text, result.err, 1, true) end
    assert.equal(0, executions())
  end

  it("resume sends nothing where a plan's settings cannot be read, and says which plan", function()
    assert.equal(1, disconnect("--guard /no/such/guard").status)
    for _, settings in ipairs { '{"guard":"' .. GBK .. '","quiet_hours":"00:00-24:00"}', "", '{"quiet_hours":"00:00-2',
      '{"quiet_hours":"all night"}', "[]", '{"guard":"true","later":1}' } do
      update_ledger("UPDATE plans SET settings = ?", settings)
      refuses(supply "resume --interval 0 --yes --guard true", 7, "plan 1: ", "cannot be read", "imr supply cancel")
    end
    update_ledger("UPDATE plans SET settings = ?", '{"quiet_hours":"00:00-24:00"}')
    refuses(supply "resume --interval 0 --yes", 5, "quiet hours")
  end)

  it("says that a plan is on record though the queue cannot be taken", function()
    user:write(LEDGER .. ".lock", "", "644")
    refuses(disconnect "", 1, "can be used by others", "the plan is on record: `imr supply status`")
    assert.equal(2, #cli.rows(supply "history"))
  end)

  it("a file in GB18030 is read, and stderr says so", function()
    local path = user:write("protected.csv", ("device,name\n%s,%s\n"):format(devices[1], GBK))
    local result = disconnect("--protected @" .. path)
    assert.equal(0, result.status, result.err)
    assert.matches("protected.csv is not UTF-8 (line 2): read as GB18030", result.err, 1, true)
    assert.equal(1, executions())
    assert.same({ devices[2] }, { platform:entries("instruct")[1].device })
  end)

  it("a file that is neither is refused, with its line", function()
    local path = user:write("list.csv", ("device,name\n%s,M\252\n%s,x\n"):format(devices[1], devices[2]))
    for _, flag in ipairs { "--protected @", "--from " } do
      refuses(disconnect(flag .. path), 2, "list.csv, line 2: it is not UTF-8", "save it as UTF-8")
    end
    path = user:write("list.csv", "\255\254d\0e\0v\0i\0c\0e\0\n\0")
    refuses(disconnect("--protected @" .. path), 2, "UTF-16")
    path = user:write("list.csv", "d\0e\0v\0\n\0")
    refuses(disconnect("--from " .. path), 2, "UTF-16")
    local result = user:run("readings --interval 0 --from 2025-07-01 --meter @" .. path)
    assert.equal(2, result.status)
    assert.matches("--meter @", result.err, 1, true)
  end)

  it("a file whose header names no column device_id is refused", function()
    for _, header in ipairs { "meter_no,name", GBK .. ",name" } do
      local path = user:write("list.csv", ("%s\n%s,x\n"):format(header, devices[1]))
      refuses(disconnect("--from " .. path), 2, "its first line is no device, and names no column device_id")
    end
  end)

  it("flags that are not UTF-8 are refused", function()
    for _, flag in ipairs { "--guard", "--reason", "--protected", "--quiet-hours" } do
      refuses(disconnect(("%s %s"):format(flag, GBK)), 2, "UTF-8")
    end
    refuses(supply("disconnect --yes --interval 0 --reason x " .. GBK), 2, "UTF-8")
  end)

  it("protection that matches no meter, or says nothing, is refused", function()
    local empty = user:write("empty", "")
    local header = user:write("header", "device_id,name\r\n")
    local column = user:write("column", ("name,id\nlift,%s\n"):format(devices[1]))
    local zeros = user:write("zeros", "meter_no\n" .. devices[1]:sub(2) .. "\n")
    local good = "--protected " .. devices[1]
    for _, path in ipairs { empty, header } do
      refuses(disconnect("--protected @" .. path), 2, "names no device")
      refuses(disconnect(good .. " --protected @" .. path), 2, "names no device")
      refuses(disconnect(good, { IMR_PROTECTED = path }), 2, "names no device")
    end
    refuses(disconnect("--protected @" .. column), 2, "no meter there is: lift, name")
    refuses(disconnect("--protected @" .. zeros), 2, "no meter there is: " .. devices[1]:sub(2))
    refuses(disconnect(good .. " --protected nowhere"), 2, "no meter there is: nowhere", "--allow-unmatched")
    refuses(disconnect(good, { IMR_PROTECTED = "" }), 2, "is set to nothing")
    refuses(disconnect("--protected ''"), 2, "is set to nothing")
    refuses(supply(("disconnect --interval 0 --dry-run --reason x --protected nowhere %s"):format(devices[1])), 2)
    assert.same({}, cli.rows(supply "history"))
    local result = disconnect(good .. " --allow-unmatched --protected nowhere --protected @" .. empty)
    assert.equal(0, result.status, result.err)
    assert.matches("protected, but no meter there is: nowhere", result.err, 1, true)
    assert.equal(1, executions())
  end)

  it("a header may spell the names of its columns as people do", function()
    local from = user:write("from", ("Meter,Device ID\n%s,%s\n"):format(devices[1], devices[2]))
    local protected = user:write("list", ("Name,METER-NO\nlift,%s\n"):format(devices[3]))
    local result = supply(("disconnect --interval 0 --yes --reason x --protected @%s --from %s %s"):format(protected,
      from, devices[3]))
    assert.equal(0, result.status, result.err)
    assert.same({ 1, devices[2] }, { executions(), platform:entries("instruct")[1].device })
  end)

  it("protection by id and number at once is by either", function()
    local swapped = user:write("both", ("device_id,meter_no\n%s,%s\n"):format(devices[1], devices[3]))
    local result = supply(("disconnect --interval 0 --yes --reason x --protected @%s %s %s %s"):format(swapped,
      devices[1], devices[2], devices[3]))
    assert.equal(0, result.status, result.err)
    assert.same({ devices[2] }, { platform:entries("instruct")[1].device })
    assert.equal(1, executions())
    local half = user:write("half", ("device_id,meter_no\n%s,\n"):format(devices[4]))
    result = supply(("disconnect --interval 0 --yes --reason x --protected @%s %s"):format(half, devices[4]))
    assert.same({ 0, 1 }, { result.status, executions() })
    local none = user:write("none", ("device_id,meter_no,name\n%s,,\n,,lift\n"):format(devices[4]))
    result = supply(("disconnect --interval 0 --yes --reason x --protected @%s %s"):format(none, devices[4]))
    assert.equal(2, result.status)
    assert.matches("record 3 names no device", result.err, 1, true)
    result = supply("disconnect --interval 0 --yes --reason x --from "
      .. user:write("from", ("device,device_id\n%s,%s\n"):format(devices[4], devices[5])))
    assert.same({ 2, 1 }, { result.status, executions() })
    assert.matches("the header names the device more than once", result.err, 1, true)
  end)

  it("the plan that resume shows says what is protected", function()
    disconnect("--guard /no/such/guard --protected " .. devices[3])
    update_ledger("UPDATE plans SET settings = ?", ('{"protected":["%s"]}'):format(devices[2]))
    local result = supply("resume --interval 0 --dry-run", { IMR_PROTECTED = user:write("list", devices[1] .. "\n") })
    local rows = cli.rows(result)
    assert.same({ false, false, 0 }, { rows[1].send, rows[2].send, result.status })
    assert.matches("protected", rows[1].why, 1, true)
    assert.matches("0 to send in about 0 s, 2 left out", result.err, 1, true)
    rows = cli.rows(supply "resume --interval 0 --dry-run")
    assert.same({ true, false }, { rows[1].send, rows[2].send })
    assert.equal(0, executions())
  end)

  it("protection is judged by resume too", function()
    disconnect("--guard /no/such/guard")
    refuses(supply("resume --interval 0 --yes --guard true", { IMR_PROTECTED = user:write("list", "nowhere\n") }), 2,
      "no meter there is: nowhere")
    local result = supply("resume --interval 0 --yes --guard true --allow-unmatched",
      { IMR_PROTECTED = user:write("list", "nowhere\n" .. devices[1]) })
    assert.equal(0, result.status, result.err)
    assert.equal(1, executions())
  end)

  it("a ledger is a file, and the one that was checked", function()
    local decoy = user:write("file:x.db?mode=rwc", "")
    for _, path in ipairs { ":memory:", "file:x.db", "file:" .. user.home .. "/x.db?mode=rwc", "''" } do
      refuses(disconnect("--ledger " .. path), 2, "SQLite")
      refuses(supply("resume --interval 0 --yes --ledger " .. path), 2)
    end
    refuses(supply("status", { IMR_LEDGER = "file:x.db?mode=rwc" }), 2)
    assert.equal(2, user:run("export --table meters", { IMR_DB = ":memory:" }).status)
    assert.equal(0, disconnect("--ledger " .. decoy).status)
    assert.same({ "600" }, shell.lines(("stat -c %%a '%s'"):format(decoy)))
    assert.equal(2, executions())
  end)
end)

-- A platform that lists its first device under two numbers, with another device between the two rows.
local TWO_NUMBERS = [[
  local Platform, Server = require "imr.simulator.platform", require "imr.simulator.server"
  local platform
  platform = Platform.new { meters = 6, days = 1, interval = 0, offline = 0, command_delay = 0,
    on_request = function(request)
      if not request.path:find("meterList", 1, true) then return nil end
      local one, other = platform:meter(1).device, platform:meter(2).device
      return { code = 200, total = 3, data = { { deviceId = one, tableNo = "000100", gate = "合闸" },
        { deviceId = other, tableNo = "000200", gate = "合闸" }, { deviceId = one, tableNo = "000300", gate = "合闸" } } }
    end }
  local server = assert(Server.new { platform = platform, log = io.open(arg[1], "a") })
  print("listening on " .. server.url)
  io.stdout:flush()
  local ends = os.time() + 300
  while os.time() < ends do server:turn(0.25) end]]

describe("imr supply and a device that is listed under two numbers", function()
  local log, child, one, other

  before_each(function()
    log = os.tmpname()
    local program = os.tmpname()
    local file = assert(io.open(program, "w"))
    file:write(TWO_NUMBERS)
    file:close()
    child = process.start(("env LUA_PATH=%s LUA_CPATH=%s %s %s %s"):format(shell.quote(package.path),
      shell.quote(package.cpath), process.interpreter, program, log), "^listening on (%S+)$")
    os.remove(program)
    platform = setmetatable({ log = log }, simulator)
    user = cli.user(child.match, { IMR_STORE = "memory" })
    local rows = cli.rows(user:run "meters --interval 0")
    one, other = rows[1].device_id, rows[2].device_id
  end)

  after_each(function()
    child:stop()
    os.remove(log)
    user:remove()
  end)

  local function targets()
    local list = {}
    for index, entry in ipairs(platform:entries "instruct") do list[index] = entry.device end
    return list
  end

  it("protects it by either", function()
    for _, number in ipairs { "000100", "000300" } do
      local arguments = "disconnect --interval 0 --yes --force --reason x --protected %s %s %s"
      local result = supply(arguments:format(number, one, other))
      assert.equal(0, result.status, result.err)
      assert.matches("not sent to " .. one .. ": the device is protected", result.err, 1, true)
    end
    assert.same({ other, other }, targets())
  end)

  it("protects what was left over by either", function()
    for _, number in ipairs { "000100", "000300" } do
      supply(("disconnect --interval 0 --yes --force --reason x --guard /no/such/guard %s"):format(one))
      supply("resume --interval 0 --yes --guard true", { IMR_PROTECTED = user:write("list", "meter_no\n" .. number) })
    end
    assert.same({}, targets())
  end)

  it("says so where it is sent something", function()
    local result = supply("disconnect --interval 0 --yes --reason x " .. one)
    assert.equal(0, result.status, result.err)
    assert.matches(("device %s is listed under 2 meter numbers: 000100, 000300"):format(one), result.err, 1, true)
  end)
end)
