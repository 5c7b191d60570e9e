-- `imr supply` on a terminal: the plan, then a question; and what is said of what can be undone.
local cjson = require "cjson"
local core = require "imr.core"
local fleet = require "support.fleet"
local pty = require "support.pty"

local rows, states = fleet.rows, fleet.states

describe("imr supply", function()
  local here, devices

  before_each(function()
    here = fleet.start()
    devices = here:connected(4)
  end)

  after_each(function() here:stop() end)

  local function window_of(arguments)
    return pty.open(here.user:command("supply " .. arguments), 200)
  end

  local function seen(window) return table.concat(window:screen(), "\n") end

  local function arm(count)
    here:supply("disconnect --yes --interval 0 --reason unpaid --guard /no/such/guard "
      .. table.concat(devices, " ", 1, count))
  end

  it("shows the plan with tenant and address, and asks for the number of commands", function()
    local window = window_of(("disconnect --interval 0 --reason unpaid %s %s"):format(devices[1], devices[2]))
    window:expect "user_name"
    window:expect "address"
    window:expect "send 2 commands? type 2: "
    assert.equal(0, here:sent())
    window:type "2\n"
    assert.equal(0, window:wait())
    assert.equal(2, here:sent())
  end)

  it("sends nothing for any other answer, and puts nothing on record", function()
    for _, answer in ipairs { "y\n", "yes\n", "1\n", "\n", "22\n", "\4" } do
      local window = window_of(("disconnect --interval 0 --reason unpaid %s %s"):format(devices[1], devices[2]))
      window:expect "type 2: "
      window:type(answer)
      assert.equal(2, window:wait(), answer)
      assert.matches("nothing was sent", seen(window), 1, true)
    end
    local window = window_of("reconnect --force --interval 0 --reason paid " .. devices[1])
    window:expect "send 1 command? type 1: "
    window:type "\3"
    assert.equal(130, window:wait())
    assert.same({ 0, {} }, { here:sent(), rows(here:supply "history") })
  end)

  it("asks before resume sends, and does not ask where nothing is to be sent", function()
    arm(2)
    local window = window_of "resume --interval 0 --guard true"
    window:expect "send 2 commands? type 2: "
    window:type "2\n"
    assert.equal(0, window:wait())
    assert.equal(2, here:sent())
    window = window_of "resume --interval 0"
    assert.equal(0, window:wait())
    assert.is_nil(seen(window):find("type", 1, true))
  end)

  it("asks also where a plan only takes back what is armed", function()
    arm(1)
    local window = window_of("reconnect --interval 0 --reason paid " .. devices[1])
    window:expect(("intent 1, disconnect %s, planned by "):format(devices[1]))
    window:expect "send 0 commands? type 0: "
    window:type "0\n"
    assert.equal(0, window:wait())
    assert.matches(("intent 1, disconnect %s, planned by %%S+, is superseded by intent 2 of %%S+: paid"):format(
      devices[1]), seen(window))
    local history = rows(here:supply "history")
    assert.same({ "superseded", "left_out" }, { history[1].state, history[2].state })
    assert.matches("^by intent 2 of .+: paid$", history[1].detail)
  end)

  it("status says what is armed, since when and until when; cancel says what will not be sent", function()
    arm(2)
    local result = here:supply "status"
    local TIME = "%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d%+08:00"
    local armed = ("armed: intent 1, disconnect %s"):format(devices[1])
    assert.matches(armed .. ".-, since " .. TIME .. ", until " .. TIME .. " %(plan 1 of .+: unpaid%)", result.err)
    assert.matches("`imr supply cancel --plan 1 --reason TEXT` takes them back", result.err, 1, true)
    local row = rows(result)[1]
    assert.same({ "planned", 2 }, { row.state, row.count })
    assert.matches("^%d+%-%d+%-%d+T.*Z$", row["until"])
    assert.matches("^" .. TIME .. "$", row.until_local)
    result = here:supply("cancel --device " .. devices[1] .. " --reason paid")
    assert.matches(("intent 1, disconnect %s, is cancelled and will not be sent"):format(devices[1]), result.err, 1,
      true)
    local window = window_of "status"
    assert.equal(0, window:wait())
    assert.matches("planned +1 +" .. TIME .. " +" .. TIME, seen(window))
  end)

  it("says in the run that had it that somebody else has called it off or has another wish", function()
    local run = here.user:start("supply disconnect --yes --interval 1 --reason unpaid "
      .. table.concat(devices, " ", 1, 4))
    local ends = core.now() + 60
    while here:sent() == 0 and core.now() < ends do core.sleep(0.02) end
    here:supply("cancel --device " .. devices[4] .. " --reason mistake")
    here:supply("reconnect --yes --interval 0 --reason paid " .. devices[3])
    local result = run.wait()
    assert.matches(("disconnect %s: cancelled (cancelled by "):format(devices[4]), result.err, 1, true)
    assert.matches(("disconnect %s: superseded (by intent 5 of "):format(devices[3]), result.err, 1, true)
    assert.same({ "accepted", "accepted", "superseded", "cancelled" }, states(result))
  end)

  it("Ctrl-C says how to go on and how to take it back", function()
    local window = window_of("disconnect --yes --reason unpaid --guard 'echo asked; true' "
      .. table.concat(devices, " "))
    window:expect "asked"
    window:expect "asked"
    window:type "\3"
    assert.equal(130, window:wait())
    local text = seen(window)
    assert.matches("%d on record as planned: `imr supply resume %-%-yes` sends them, until %d+%-%d+%-%d+ ", text)
    assert.matches("`imr supply cancel --plan 1 --reason TEXT` takes them back", text, 1, true)
    assert.matches("%d ha[sv]e? left: `imr supply reconnect` restores supply", text)
  end)

  it("shows times on the platform's clock with its zone, and both in JSON", function()
    here:supply("disconnect --yes --interval 0 --reason unpaid --utc-offset +05:30 " .. devices[1])
    local row = rows(here:supply "history --utc-offset +05:30")[1]
    local utc, shown = row.sent, row.sent_local
    assert.matches("%+05:30$", shown)
    assert.equal(core.parse_time(utc:sub(1, 19), 0), core.parse_time(shown:sub(1, 19), 19800))
    local csv = here:supply("history --format csv --utc-offset +05:30").out
    assert.matches(shown, csv, 1, true)
    assert.is_nil(csv:find("Z,", 1, true))
    assert.equal(utc, cjson.decode((here:supply "history --format json").out)[1].sent)
    assert.matches("^%d+%-%d+%-%d+ .+%+08:00$", rows(here:supply "history --intent 1")[1].at_local)
  end)
end)
