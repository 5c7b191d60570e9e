-- `imr supply`, the real program against a simulated platform.
local fleet = require "support.fleet"
local pty = require "support.pty"
local shell = require "support.shell"

local here, platform, user
local rows, states = fleet.rows, fleet.states

local function start(options)
  here = fleet.start(options)
  platform, user = here.platform, here.user
end

local function connected(count) return here:connected(count) end

local function supply(arguments, more) return here:supply(arguments, more) end

local function sent(device) return here:sent(device) end

describe("imr supply", function()
  before_each(function() start() end)
  after_each(function()
    platform:stop()
    user:remove()
  end)

  it("disconnects, confirms and keeps it on record", function()
    local devices = connected(2)
    local result = supply("disconnect --interval 0 --yes --confirm --reason unpaid " .. table.concat(devices, " "))
    assert.same({ 0, { "confirmed", "confirmed" } }, { result.status, states(result) })
    local history = rows(supply "history")
    assert.same({ devices[1], "disconnect", "confirmed", "yes", "unpaid" }, { history[1].device, history[1].command,
      history[1].state, history[1].executed, history[1].reason })
    assert.same({ { state = "confirmed", count = 2 } }, rows(supply "status"))
    assert.same({ "planned", "sending", "accepted", "confirmed" }, states(supply "history --intent 1"))
  end)

  it("reconnects and reads", function()
    local device = connected(1)[1]
    supply("disconnect --interval 0 --yes --reason unpaid " .. device)
    assert.equal(0, supply("reconnect --interval 0 --yes --reason paid " .. device).status)
    assert.equal(0, supply("read --interval 0 --yes " .. device).status)
    assert.equal(3, sent(device))
  end)

  it("takes devices from a CSV file and from a pipe", function()
    local devices = connected(4)
    local text = ('\239\187\191name,device_id\r\n"a, ""b""",%s\r\n,="%s"\r\n'):format(devices[1], devices[2])
    local path = user:write("devices.csv", text)
    assert.equal(2, #rows(supply("disconnect --interval 0 --yes --reason x --from " .. path)))
    local command = ("printf '%%s\\n%%s\\n' %s %s | "):format(devices[3], devices[4])
    local arguments = "supply disconnect --interval 0 --yes --reason x --from - 2>&1"
    local pipe = assert(io.popen(command .. user:command(arguments)))
    local output = pipe:read("*a")
    pipe:close()
    for _, device in ipairs(devices) do assert.equal(1, sent(device), output) end
  end)

  it("with --dry-run shows the plan and sends nothing", function()
    local device = connected(1)[1]
    local result = supply("disconnect --interval 0 --dry-run --reason unpaid nobody " .. device)
    local plan = rows(result)
    assert.same({ 5, device, true, "nobody", false }, { result.status, plan[1].device, plan[1].send, plan[2].device,
      plan[2].send })
    assert.matches("nothing was sent", result.err, 1, true)
    assert.equal(0, #platform:entries("instruct"))
  end)

  it("on a terminal that cannot be asked only shows the plan, unless --yes", function()
    local device = connected(1)[1]
    local window = pty.open(user:command("supply disconnect --interval 0 --reason unpaid " .. device) .. " </dev/null")
    assert.equal(0, window:wait())
    assert.matches("nothing was sent (--yes sends)", table.concat(window:screen(), "\n"), 1, true)
    assert.equal(0, sent(device))
    window = pty.open(user:command("supply disconnect --interval 0 --yes --reason unpaid " .. device))
    assert.equal(0, window:wait())
    assert.equal(1, sent(device))
  end)

  it("where a terminal only types it, nobody has seen the plan", function()
    local window = pty.open(user:command("supply disconnect --interval 0 --reason x " .. connected(1)[1])
      .. (" >%s/out 2>%s/err"):format(user.home, user.home))
    assert.equal(2, window:wait())
    assert.matches("without a terminal say --yes", user:read "err", 1, true)
  end)

  it("without a terminal sends nothing without --yes, and ends with 2", function()
    local device = connected(1)[1]
    for _, action in ipairs { "disconnect --reason unpaid", "reconnect --force --reason paid", "read" } do
      local result = supply(("%s --interval 0 %s"):format(action, device))
      assert.same({ 2, device, true }, { result.status, rows(result)[1].device, rows(result)[1].send })
      assert.matches("nothing was sent: without a terminal say --yes", result.err, 1, true)
    end
    assert.same({ 0, {} }, { sent(device), rows(supply "history") })
    supply("disconnect --interval 0 --yes --reason unpaid --guard /no/such/guard " .. device)
    for _, more in ipairs { "", " --guard true" } do assert.equal(2, supply("resume --interval 0" .. more).status) end
    assert.equal(0, supply("resume --interval 0 --dry-run").status)
    assert.equal(0, sent(device))
    assert.equal(0, supply("resume --interval 0 --yes --guard true").status)
    assert.equal(1, sent(device))
  end)

  it("stops a command whose guard turns false between plan and slot", function()
    local devices = connected(3)
    local paid = user:write("paid", "")
    -- While the first is asked about, the tenant of the second pays.
    local guard = user:write("guard", ([[#!/bin/sh
      if grep -qx "$1" %s; then exit 1; fi
      echo %s >>%s
      echo "asked about $1, $IMR_DEVICE, $IMR_COMMAND"]]):format(paid, devices[2], paid), "700")
    local result = supply(("disconnect --interval 0 --yes --reason unpaid --guard %s %s"):format(guard,
      table.concat(devices, " ")))
    assert.same({ 0, { "accepted", "skipped", "accepted" } }, { result.status, states(result) })
    assert.same({ 1, 0, 1 }, { sent(devices[1]), sent(devices[2]), sent(devices[3]) })
    assert.matches(("asked about %s, %s, disconnect"):format(devices[1], devices[1]), result.err, 1, true)
  end)

  it("sends nothing while the guard cannot be run", function()
    local devices = connected(2)
    local result = supply("disconnect --interval 0 --yes --reason unpaid --guard /no/such/guard "
      .. table.concat(devices, " "))
    assert.same({ 1, { "planned", "planned" } }, { result.status, states(result) })
    assert.equal(0, #platform:entries("instruct"))
  end)

  it("never sends to protected devices: flag, file or environment", function()
    local devices = connected(4)
    local path = user:write("protected", devices[2] .. "\n# a note\n")
    local other = user:write("more", devices[3] .. "\n")
    local arguments = "disconnect --interval 0 --yes --reason unpaid --protected %s --protected @%s %s"
    local result = supply(arguments:format(devices[1], path, table.concat(devices, " ")), { IMR_PROTECTED = other })
    assert.same({ 0, { "accepted" } }, { result.status, states(result) })
    assert.same({ 0, 0, 0, 1 }, { sent(devices[1]), sent(devices[2]), sent(devices[3]), sent(devices[4]) })
    assert.matches("the device is protected", result.err, 1, true)
  end)

  it("reads a file of devices as it is meant, or refuses it", function()
    local devices = connected(3)
    local function plan(text, more)
      local path = user:write("devices.csv", text)
      return supply(("disconnect --interval 0 --dry-run --reason x --from %s %s"):format(path, more or ""))
    end
    local result = rows(plan(('# overdue, "May\ndevice_id,command\n%s,read\n\n#"\n%s,\n'):format(devices[1],
      devices[2])))
    assert.same({ devices[1], "request_reading", devices[2], "disconnect" }, { result[1].device, result[1].command,
      result[2].device, result[2].command })
    for text, problem in pairs {
      ['"600"01\n'] = "record 1 goes on behind a closing quote", ['1\n"2'] = "record 2 has a quote that is not closed",
      ["device_id\n1\n,x\n"] = "record 3 names no device",
    } do
      local refused = plan(text)
      assert.equal(2, refused.status)
      assert.matches(problem, refused.err, 1, true)
    end
    local protected = user:write("protected", ('name,meter_no\n# hospital,"main\nx,%s\n'):format("nothing"))
    local flags = "--allow-unmatched --protected @%s --protected %s"
    result = plan(devices[1] .. "\n", flags:format(protected, devices[2]))
    assert.matches("protected, but no meter there is: nothing", result.err, 1, true)
    user:write("protected", ('device\n# hospital,"main\n%s\n"%s"'):format(devices[1], devices[2]))
    result = rows(plan(table.concat(devices, "\n"), "--protected @" .. protected))
    assert.same({ devices[3], true, false, false }, { result[1].device, result[1].send, result[2].send,
      result[3].send })
  end)

  it("plans nothing beyond --max", function()
    local result = supply("disconnect --interval 0 --yes --reason unpaid --max 1 " .. table.concat(connected(2), " "))
    assert.same({ 1, "" }, { result.status, result.out })
    assert.matches("more than the 1 allowed", result.err, 1, true)
    assert.equal(0, #platform:entries("instruct"))
  end)

  it("ends wrong use with 2", function()
    for _, arguments in ipairs { "disconnect 1", "disconnect --reason x", "disconnect --reason x --dry-run --yes 1",
      "disconnect --reason x --from /no/such/file", "cut 1", "disconnect --reason x --quiet-hours soon 1",
      "disconnect --reason x --max many 1", "disconnect --reason x --stop-after 0.5 1", "history --last 1.5" } do
      assert.equal(2, supply(arguments).status, arguments)
    end
  end)

  it("ends a wrong password with 3, a platform that is away with 4", function()
    assert.equal(3, supply("disconnect --reason x 1", { IMR_PASSWORD = "wrong" }).status)
    local away = { IMR_BASE_URL = "http://127.0.0.1:9" }
    assert.equal(4, supply("disconnect --retries 0 --reason x 1", away).status)
  end)

  it("ends devices that the platform does not list with 5", function()
    assert.equal(5, supply("disconnect --interval 0 --yes --reason x nobody").status)
  end)

  it("says what becomes of a run beside another one: its plan stands, and supersedes the other's", function()
    local device = connected(1)[1]
    local script = user:write("guard", ([[#!/bin/sh
      %s "$1" 2>%s
      echo $? >%s]]):format(user:command("supply disconnect --interval 0 --yes --reason later"), user.home .. "/err",
      user.home .. "/status"), "700")
    local result = supply(("disconnect --interval 0 --yes --reason first --guard %s %s"):format(script, device))
    assert.same({ 5, { "superseded" } }, { result.status, states(result) })
    assert.equal("4\n", user:read "status")
    assert.matches("1 on record as planned: `imr supply resume --yes` sends them", user:read "err", 1, true)
    assert.equal(0, sent(device))
    local resumed = supply "resume --interval 0 --yes"
    assert.same({ 0, { "accepted" }, 1 }, { resumed.status, states(resumed), sent(device) })
  end)

  it("sees to its output before a command leaves", function()
    local device = connected(1)[1]
    local arguments = "disconnect --interval 0 --yes --reason x %s " .. device
    assert.equal(2, supply(arguments:format "--fields device,nothing").status)
    assert.equal(1, supply(arguments:format "--output /no/such/directory/file").status)
    assert.same({ 0, {} }, { sent(device), rows(supply "history") })
    assert.equal(0, supply(arguments:format "--fields state,device").status)
    assert.same({ { device = device, state = "accepted" } }, rows(supply "history --fields state,device"))
  end)

  it("makes no ledger where it only reads", function()
    for _, action in ipairs { "status", "history", "resume --interval 0 --yes", "resolve --interval 0" } do
      local result = supply(action .. " --ledger " .. user.home .. "/mistyped.db")
      assert.same({ 2, "" }, { result.status, result.out })
      assert.matches("there is no supply ledger", result.err, 1, true)
    end
    assert.is_nil(user:read "mistyped.db")
  end)

  it("takes an empty IMR_LEDGER for none", function()
    assert.equal(0, supply("history", { IMR_LEDGER = "" }).status)
  end)

  it("keeps the ledger where --ledger or IMR_LEDGER says", function()
    local device = connected(1)[1]
    supply(("disconnect --interval 0 --yes --reason x --ledger %s/a.db %s"):format(user.home, device))
    assert.equal(1, #rows(supply("history", { IMR_LEDGER = user.home .. "/a.db" })))
    assert.equal(0, #rows(supply "history"))
  end)

  it("on Ctrl-C finishes the current command and leaves a plan that resume goes on with", function()
    local devices = connected(4)
    local window = pty.open(user:command("supply disconnect --yes --reason unpaid --guard 'echo asked; true' "
      .. table.concat(devices, " ")))
    window:expect "asked"
    window:expect "asked"
    window:type "\3"
    assert.equal(130, window:wait())
    local done = sent(devices[1]) + sent(devices[2]) + sent(devices[3]) + sent(devices[4])
    assert.is_true(done >= 1 and done <= 2)
    local left = rows(supply("resume --interval 0 --yes --guard true"))
    assert.equal(4 - done, #left)
    for _, device in ipairs(devices) do assert.equal(1, sent(device)) end
  end)

  it("shows the time left on a terminal", function()
    local devices = connected(3)
    local window = pty.open(user:command("supply disconnect --interval 1 --yes --reason unpaid "
      .. table.concat(devices, " ")))
    window:wait()
    assert.matches("1 of 3, 3 s left", window.text, 1, true)
  end)
end)

describe("imr supply on a line that breaks", function()
  before_each(function() start { faults = { drop_after = { rate = 1, endpoints = { "instruct" } } } } end)
  after_each(function()
    platform:stop()
    user:remove()
  end)

  it("ends with 6 also where its output goes nowhere", function()
    local devices = connected(2)
    local text = "supply disconnect --interval 0 --yes --reason unpaid "
    local pipe = shell.must("bash -c " .. shell.quote(user:command(text .. devices[1] .. " --format jsonl")
      .. " 2>&1 >/dev/full; echo status=$?"))
    assert.matches("status=6", pipe, 1, true)
    assert.matches("`imr supply resolve` reads back", pipe, 1, true)
    assert.matches("can't be written", pipe, 1, true)
    pipe = shell.must("bash -c " .. shell.quote(user:command(text .. devices[2] .. " --format jsonl")
      .. " | true; echo status=${PIPESTATUS[0]}"))
    assert.matches("status=6", pipe, 1, true)
  end)

  it("ends with 6 when an outcome is unknown, and resolve finds it", function()
    local device = connected(1)[1]
    local result = supply("disconnect --interval 0 --yes --reason unpaid " .. device)
    assert.same({ 6, { "unknown" } }, { result.status, states(result) })
    assert.equal(6, supply("disconnect --interval 0 --yes --reason unpaid " .. device).status)
    local resolved = supply "resolve --interval 0"
    assert.same({ 0, { "confirmed" } }, { resolved.status, states(resolved) })
    assert.matches("no command is of unknown outcome", supply("resolve --interval 0").err, 1, true)
    assert.equal(1, sent(device))
  end)
end)
