-- `imr supply` while meters are awaited, and beside another process: on a terminal and in a pipe.
local core = require "imr.core"
local fleet = require "support.fleet"
local pty = require "support.pty"
local timing = require "support.timing"

local rows, states = fleet.rows, fleet.states

describe("imr supply --confirm with a meter that is offline", function()
  local here, online, offline

  before_each(function()
    here = fleet.start { meters = 30, offline = 0.4 }
    online, offline = {}, {}
    for _, meter in ipairs(rows(here.user:run "meters --interval 0")) do
      local list = meter.online and online or offline
      if meter.supply == "connected" then list[#list + 1] = meter.device_id end
    end
  end)

  after_each(function() here:stop() end)

  local function arguments(more, ...)
    return ("supply disconnect --interval 0 --reason x %s %s"):format(more, table.concat({ ... }, " "))
  end

  it("says so in the plan, and can skip it or send to it last", function()
    local result = here.user:run(arguments("--dry-run", offline[1], online[1]))
    assert.matches("1 offline, which obey when they are back, if at all: " .. offline[1], result.err, 1, true)
    assert.same({ offline[1], false }, { rows(result)[1].device, rows(result)[1].online })
    result = here.user:run(arguments("--dry-run --offline last", offline[1], online[1]))
    assert.equal(offline[1], rows(result)[2].device)
    result = here.user:run(arguments("--yes --offline skip", offline[1], online[1]))
    assert.same({ 5, { "accepted" }, 0 }, { result.status, states(result), here:sent(offline[1]) })
    assert.matches(("not sent to %s: it is offline"):format(offline[1]), result.err, 1, true)
  end)

  it("shows on a terminal who is awaited, while others send", function()
    local window = pty.open(here.user:command(arguments("--yes --confirm", offline[1], online[1])), 140)
    window:expect "all is sent; up to "
    window:expect "1 to be confirmed within 1 min 5"
    local result = here:supply("disconnect --yes --interval 0 --reason x " .. online[2])
    assert.same({ 0, { "accepted" } }, { result.status, states(result) })
    window:type "\3"
    assert.equal(130, window:wait())
    assert.same({ "accepted", "confirmed", "accepted" }, states(here:supply "history"))
  end)

  it("says in a pipe why it does not end yet", function()
    local run = here.user:start(arguments("--yes --confirm", offline[1], offline[2], online[1]))
    timing.eventually(function() return here:sent() == 3 end, "all are sent")
    timing.eventually(function() return here:supply("history").out:find('"confirmed"', 1, true) end, "one is confirmed")
    run.kill "TERM"
    local result = run.wait()
    assert.matches("all is sent; up to 2 min 00 s for the confirmation of [23] meters: ", result.err)
    assert.matches(offline[2], result.err, 1, true)
  end)
end)

describe("imr supply reconnect beside a queue that cuts", function()
  it("leaves within two slots, and the queue goes on", function()
    local here = fleet.start()
    local shared = { IMR_STORE = here.user.home .. "/store/" }
    local devices = here:connected(8)
    local restored = table.remove(devices)
    local run = here.user:start("supply disconnect --yes --interval 2 --reason x " .. table.concat(devices, " "),
      shared)
    local ends = core.now() + 60
    while here:sent() < 2 and core.now() < ends do core.sleep(0.02) end
    local result = here:supply("reconnect --yes --force --interval 2 --reason paid " .. restored, shared)
    assert.same({ 0, { "accepted" } }, { result.status, states(result) }, result.err)
    local cut = run.wait()
    assert.matches("disconnect %S+ waits: another process restores supply", cut.err)
    assert.same({ 0, 8 }, { cut.status, here:sent() })
    local intents, own, ahead = rows(here:supply "export"), nil, 0
    for _, intent in ipairs(intents) do own = intent.device == restored and intent or own end
    for _, intent in ipairs(intents) do
      if intent.sent > own.created and intent.sent < own.sent then ahead = ahead + 1 end
    end
    assert.is_true(ahead <= 2, ahead .. " went ahead of it")
    here:stop()
  end)
end)
