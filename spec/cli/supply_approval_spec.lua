-- `imr supply --approve-by`: what one user has planned another one sends.
local fleet = require "support.fleet"
local pty = require "support.pty"
local shell = require "support.shell"

local rows, states = fleet.rows, fleet.states

describe("imr supply", function()
  local here, devices, name

  before_each(function()
    here = fleet.start()
    devices = here:connected(3)
    name = shell.lines("id -un")[1]
  end)

  after_each(function() here:stop() end)

  -- As if somebody else had made the plans: two users cannot share a ledger that is its owner's alone.
  local function made_by_another()
    local path = here.user.home .. "/.local/state/imr/supply.db"
    local database = require("imr.workflow.supply.database").open(path)
    database:execute "UPDATE plans SET uid = 4242, who = 'wang'"
    database:close()
  end

  local function plan(more)
    return here:supply(("disconnect --interval 0 --reason unpaid %s %s %s"):format(more, devices[1], devices[2]))
  end

  it("puts on record what another has to approve, and sends nothing", function()
    local result = plan "--yes --approve-by li"
    assert.same({ 0, { "planned", "planned" }, 0 }, { result.status, states(result), here:sent() })
    assert.matches("nothing is sent: plan 1 waits for the approval of li: `imr supply approve 1`", result.err, 1, true)
    local status = here:supply("status").err
    assert.matches("plan 1 waits for the approval of li", status, 1, true)
    assert.matches("`imr supply cancel --plan 1 --reason TEXT` takes them back", status, 1, true)
    assert.is_nil(status:find("supply resume", 1, true)) -- it sends none of them
    assert.equal(5, here:supply("resume --yes --interval 0").status)
    assert.equal("plan 1 waits for the approval of li", rows(here:supply "resume --dry-run --interval 0")[1].why)
    assert.same({ 0, { "planned", "planned" } }, { here:sent(), states(here:supply "history") })
  end)

  it("nobody approves what they have planned themselves, or is for somebody else", function()
    plan "--yes --approve-by '*'"
    local result = here:supply "approve 1 --yes --interval 0"
    assert.equal(3, result.status)
    assert.matches("plan 1 was made by the user who is at work here", result.err, 1, true)
    made_by_another()
    assert.equal(0, here:supply("approve 1 --yes --interval 0").status)
    assert.equal(2, here:sent())
    result = here:supply "approve 1 --yes --interval 0"
    assert.same({ 3, 2 }, { result.status, here:sent() })
    assert.matches("plan 1 has been approved by " .. name, result.err, 1, true)
    here:supply("disconnect --interval 0 --reason unpaid --yes --approve-by nobody-else " .. devices[3])
    made_by_another()
    result = here:supply "approve 2 --yes --interval 0"
    assert.equal(3, result.status)
    assert.matches("plan 2 is for nobody-else to approve, not for " .. name, result.err, 1, true)
    assert.equal(3, here:supply("approve 99 --yes --interval 0").status)
    assert.equal(2, here:sent())
  end)

  it("asks before it approves, shows the guard, and keeps who and when on record", function()
    plan("--yes --approve-by " .. name .. " --guard 'echo owes; true'")
    made_by_another()
    assert.equal(2, here:supply("approve 1 --interval 0").status)
    local window = pty.open(here.user:command "supply approve 1 --interval 0", 200)
    window:expect "asks the guard of its plan first: echo owes; true"
    window:expect "send 2 commands? type 2: "
    window:type "no\n"
    assert.equal(2, window:wait())
    assert.equal(0, here:sent())
    window = pty.open(here.user:command "supply approve 1 --interval 0", 200)
    window:expect "type 2: "
    window:type "2\n"
    assert.equal(0, window:wait())
    assert.equal(2, here:sent())
    local transitions = rows(here:supply "history --intent 1")
    assert.same({ "planned", "planned", "sending", "accepted" }, states(here:supply "history --intent 1"))
    assert.equal("approved by " .. name, transitions[2].detail)
    assert.equal(name, rows(here:supply "history --fields approved_by")[1].approved_by)
  end)

  it("can be asked of every plan by the configuration, but not of readings", function()
    here.user:write(".config/imr/config.lua", "return { supply = { approval = 2 } }")
    assert.same({ 0, 0 }, { plan("--yes").status, here:sent() })
    assert.matches("waits for the approval of another user", here:supply("status").err, 1, true)
    here:supply("reconnect --force --yes --interval 0 --reason x " .. devices[3])
    assert.equal(0, here:sent())
    assert.equal(0, here:supply("read --yes --interval 0 " .. devices[3]).status)
    assert.equal(1, here:sent())
    here.user:write(".config/imr/config.lua", "return { supply = { approval = 3 } }")
    assert.equal(2, plan("--yes").status)
  end)

  it("asks on a terminal before it puts a plan on record", function()
    local window = pty.open(here.user:command(("supply disconnect --interval 0 --reason x --approve-by li %s"):format(
      devices[1])), 200)
    window:expect "put 1 command on record, for li to approve? type 1: "
    window:type "1\n"
    assert.equal(0, window:wait())
    assert.same({ 0, { "planned" } }, { here:sent(), states(here:supply "history") })
    assert.equal(0, here:supply("cancel --plan 1 --reason x").status)
    made_by_another()
    local result = here:supply "approve 1 --yes --interval 0"
    assert.same({ 3, 0 }, { result.status, here:sent() })
  end)
end)
