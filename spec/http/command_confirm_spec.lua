-- Confirmation over the wire, with the platform's own Date.
local scripted = require "support.scripted"

-- The command is accepted at 02:40:00 UTC = 10:40:00 on the platform; the reading before it is of 10:00:00.
local SCRIPT = [[
local function reading(time, gate)
  c:send(ok(('{"deviceId":"60001","tableNo":"0001","reading":"1","readTime":"2025-07-09 %%s","gate":"%%s"}')
    :format(time, gate)))
end
if r.path:find("meterInstruct", 1, true) then
  sent = true
  %s
elseif sent then
  reading("%s", "%s")
else
  reading("10:00:00", "合闸")
end
]]

local ACCEPTED = [[c:send(answer('{"code":200,"msg":"ok","data":""}', "Date: Wed, 09 Jul 2025 02:40:00 GMT\r\n"))]]
local CUT = "c:reset()"

describe("over the wire a command", function()
  local server, client

  after_each(function()
    client:close()
    server:stop()
  end)

  local function disconnect(said, time, gate, deadline)
    server = scripted.start(SCRIPT:format(said, time, gate))
    client = server:client_of()
    return client:disconnect("60001", { confirm = true, meter = "0001", deadline = deadline or 30 })
  end

  local function sent()
    local count = 0
    for _, request in ipairs(server:requests()) do
      if request.path:find("meterInstruct", 1, true) then count = count + 1 end
    end
    return count
  end

  it("is confirmed by the change, and knows when it was accepted", function()
    local outcome = assert(disconnect(ACCEPTED, "10:00:00", "跳闸"))
    assert.same({ "confirmed", "yes", 1752028800 }, { outcome.state, outcome.executed, outcome.platform_time })
  end)

  it("is contradicted by the first look when that is after the acceptance", function()
    local outcome = assert(disconnect(ACCEPTED, "10:40:01", "合闸", 1.5))
    assert.same({ "contradicted", "connected" }, { outcome.state, outcome.reading.supply })
  end)

  it("is not contradicted by a reading that was on its way", function()
    assert.equal("unconfirmed", assert(disconnect(ACCEPTED, "10:39:59", "合闸", 1.5)).state)
  end)

  it("without an answer is confirmed by the meter", function()
    local outcome = assert(disconnect(CUT, "10:00:00", "跳闸"))
    assert.same({ "confirmed", "maybe", 1 }, { outcome.state, outcome.executed, sent() })
  end)

  it("without an answer, and without the meter's word, stays unknown", function()
    local outcome, err = disconnect(CUT, "10:00:00", "合闸", 1.5)
    assert.same({ nil, "unknown_outcome", "maybe", "connected", 1 },
      { outcome, err.kind, err.executed, err.reading.supply, sent() })
  end)
end)
