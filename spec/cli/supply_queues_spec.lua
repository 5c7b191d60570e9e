-- `imr supply` where more than one process is at work, or one has died; and what it calls off.
local fleet = require "support.fleet"
local shell = require "support.shell"
local timing = require "support.timing"

local rows, states = fleet.rows, fleet.states

describe("imr supply", function()
  local here

  local function start(options) here = fleet.start(options) end

  after_each(function() here:stop() end)

  local function ledger() return shell.lines("find " .. here.user.home .. " -name supply.db")[1] end

  it("sends each command once when its lock is unlinked and another process goes on with the queue", function()
    start { latency = 0.4 }
    local devices = here:connected(6)
    local first = here.user:start("supply disconnect --yes --interval 0 --reason unpaid " .. table.concat(devices, " "))
    timing.eventually(function() return here:sent() > 0 end, "one is sent")
    os.remove(ledger() .. ".lock")
    local second = here:supply "resume --yes --interval 0"
    local result = first.wait()
    timing.eventually(function() return here:supply("status").err == "" end, "nothing is armed")
    for _, device in ipairs(devices) do assert.equal(1, here:sent(device), result.err .. second.err) end
    for _, row in ipairs(rows(here:supply "history")) do
      assert.same({ "accepted", "yes" }, { row.state, row.executed })
    end
    assert.equal(6, #rows(result))
  end)

  it("ends with 5 while another process is sending what it was to send", function()
    start { latency = 2 }
    local devices = here:connected(2)
    local first = here.user:start("supply disconnect --yes --interval 0 --reason unpaid " .. table.concat(devices, " "))
    timing.eventually(function() return here:sent() > 0 end, "one is sent")
    os.remove(ledger() .. ".lock")
    local guard = here.user:write("guard", ("#!/bin/sh\nuntil %s | grep -q sending; do sleep 0.05; done\n"):format(
      here.user:command("supply history --device " .. devices[2])), "700")
    local second = here:supply("resume --yes --interval 0 --guard " .. guard)
    assert.same({ 5, { "sending" } }, { second.status, states(second) })
    assert.equal(0, first.wait().status)
    assert.equal(2, here:sent())
  end)

  it("says what it has sent when the ledger is gone", function()
    start()
    local devices, path = here:connected(3), here.user.home .. "/gone.db"
    local guard = here.user:write("guard", ('#!/bin/sh\n[ "$1" = %s ] || rm %s\n'):format(devices[1], path), "700")
    local result = here:supply(("disconnect --yes --interval 0 --reason x --ledger %s --guard %s %s"):format(path,
      guard, table.concat(devices, " ")))
    assert.same({ 1, 1 }, { result.status, here:sent() })
    assert.matches("its file was removed while it was open; sent before that: disconnect " .. devices[1], result.err, 1,
      true)
    assert.matches("[ledger executed=yes]", result.err, 1, true)
  end)

  it("ends with 6 and says so when a process before was killed in a command", function()
    start { latency = 1 }
    local devices = here:connected(2)
    local first = here.user:start("supply disconnect --yes --interval 0 --reason unpaid " .. table.concat(devices, " "))
    timing.eventually(function()
      return ledger() and (here:supply("status").out):find "sending"
    end, "one is being sent")
    first.kill "KILL"
    first.wait()
    local result = here:supply "resume --yes --interval 0"
    assert.equal(6, result.status)
    assert.matches(("intent 1, disconnect %s, is unknown: the process that was sending it ended"):format(devices[1]),
      result.err, 1, true)
    assert.same({ "unknown", "accepted" }, states(here:supply "history"))
    assert.equal(1, here:sent(devices[2]))
    assert.is_true(here:sent(devices[1]) <= 1)
  end)

  it("reconnect supersedes what is planned also where the meter is connected already", function()
    start()
    local device = here:connected(1)[1]
    here:supply("disconnect --yes --interval 0 --reason unpaid --guard /no/such/guard " .. device)
    local result = here:supply("reconnect --yes --interval 0 --reason paid " .. device)
    assert.same({ 0, "imr: not sent to " .. device .. ": it is connected already" }, { result.status,
      result.err:match "^[^\n]+" })
    assert.same({ "superseded", "left_out" }, states(here:supply "history"))
    here:supply "resume --yes --interval 0"
    assert.equal(0, here:sent())
  end)

  it("cancel calls off an intent, a device or all", function()
    start()
    local devices = here:connected(4)
    here:supply("disconnect --yes --interval 0 --reason unpaid --guard /no/such/guard " .. table.concat(devices, " "))
    local result = here:supply "cancel --intent 1 --reason 'has paid'"
    assert.same({ 0, { "cancelled" } }, { result.status, states(result) })
    assert.matches("^cancelled by .+: has paid$", rows(result)[1].detail)
    assert.equal(0, here:supply("cancel --device " .. devices[2] .. " --reason x").status)
    assert.equal(5, here:supply("cancel --intent 1 --reason x").status)
    assert.equal(5, here:supply("cancel --intent 99 --reason x").status)
    assert.equal(0, here:supply("cancel --device " .. devices[2] .. " --reason x").status)
    assert.equal(5, here:supply("cancel --device TYPO --reason x").status)
    for _, arguments in ipairs { "cancel", "cancel --all", "cancel --reason x", "cancel --all --intent 1 --reason x",
      "cancel --intent 4294967297 --reason x" } do
      assert.equal(2, here:supply(arguments).status, arguments)
    end
    assert.same({ "cancelled", "cancelled" }, states(here:supply "cancel --all --reason x"))
    here:supply "resume --yes --interval 0"
    assert.same({ 0, { { state = "cancelled", count = 4 } } }, { here:sent(), rows(here:supply "status") })
    local transitions = states(here:supply "history --intent 1")
    assert.equal("cancelled", transitions[#transitions])
  end)

  it("cancel reaches a process that is at work", function()
    start()
    local devices = here:connected(2)
    local first = here.user:start("supply disconnect --yes --interval 1 --reason unpaid " .. table.concat(devices, " "))
    timing.eventually(function() return here:sent() > 0 end, "one is sent")
    assert.equal(0, here:supply("cancel --device " .. devices[2] .. " --reason x").status)
    assert.same({ "accepted", "cancelled" }, states(first.wait()))
    assert.equal(0, here:sent(devices[2]))
  end)

  it("keeps on record who the system says it was, and whom sudo names as a note", function()
    start()
    local devices = here:connected(3)
    local name = shell.lines("id -un")[1]
    local root = shell.lines("id -u")[1] == "0"
    local cases = { { "daemon", root and name .. " (sudo: daemon)" or name }, { "mallory", name },
      { "x\27[2J\nroot", name } }
    for index, case in ipairs(cases) do
      here:supply("disconnect --yes --interval 0 --reason x " .. devices[index],
        { SUDO_USER = case[1], USER = "mallory", LOGNAME = "mallory" })
      assert.equal(case[2], rows(here:supply "history")[index].who)
    end
  end)
end)
