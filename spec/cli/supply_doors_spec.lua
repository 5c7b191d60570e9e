-- `imr supply`: what comes in by files, flags and records, the real program.
local cli = require "support.cli"
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
  local database = require("imr.workflow.supply_database").open(user.home .. "/" .. LEDGER)
  database:run(sql, ...)
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
    assert.same({ "600" }, require("support.shell").lines(("stat -c %%a '%s'"):format(decoy)))
    assert.equal(2, executions())
  end)
end)
