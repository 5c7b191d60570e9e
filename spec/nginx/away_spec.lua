-- The example while its platform is away: what it knows it gives at once, the rest is a 503 that says when to come
-- again; and the platform is hardly asked. IMR_AWAY=60 makes it a minute.
local cjson = require "cjson"
local example = require "support.example"
local once = require "support.once"
local port = require "support.port"
local simulator = require "support.simulator"
local socket = require "socket"
local timing = require "support.timing"

if not once("the example without its platform") then return end

local AWAY, PER_SECOND = tonumber(os.getenv "IMR_AWAY" or 8), 50

describe("the example #nginx", function()
  local platform, server

  local function start_platform(number)
    platform = simulator.start { meters = 4, days = 3, points = 2, offline = 0, interval = 0, port = number }
  end

  after_each(function()
    if server then server:stop() end
    if platform then platform:stop() end
  end)

  -- Requests at a steady pace until `done(status, seconds)`; the time that each took, and the statuses that came.
  local function load(paths, done)
    local began, times, statuses, count = socket.gettime(), {}, {}, 0
    repeat
      count = count + 1
      socket.sleep(math.max(0, began + count / PER_SECOND - socket.gettime()))
      local path, sent = paths[count % #paths + 1], socket.gettime()
      local status, _, head = server:get(path)
      times[count], statuses[status] = socket.gettime() - sent, (statuses[status] or 0) + 1
      assert.is_true(status == 200 or status == 503 and head:find("Retry%-After: %d") ~= nil, head)
    until done(status, socket.gettime() - began)
    table.sort(times)
    return times, statuses
  end

  local function failures()
    local _, text = server:get("/metrics")
    local count = 0
    for _, kind in ipairs { "network", "timeout" } do
      count = count + tonumber(text:match('imr_answers_total{account="demo",code="' .. kind .. '"} (%d+)') or 0)
    end
    return count
  end

  it("answers at once while its platform takes no connection, and finds it when it is back", function()
    local number = port.free()
    start_platform(number)
    server = example.start(platform.url, { IMR_INTERVAL = 0.2, IMR_MAX_WAIT = 1, IMR_FRESH = 0.5, IMR_STALE = 600 })
    local status, body = server:get("/meters")
    assert.equal(200, status)
    platform:stop()
    local known, unknown = "/meters", ("/meters/%s/latest"):format(cjson.decode(body).meters[1].meter_no)
    local times, statuses = load({ known, unknown }, function(_, seconds) return seconds >= AWAY end)
    assert.is_true(times[math.ceil(#times * 0.99)] < timing.room(0.05, 0.5), times[math.ceil(#times * 0.99)])
    assert.is_true(statuses[200] > 0 and statuses[503] > 0)
    assert.is_true(failures() >= 2 and failures() <= 6, failures())
    start_platform(number)
    load({ unknown }, function(answer, seconds)
      assert.is_true(seconds < timing.room(8, 40)) -- at most its last pause
      return answer == 200
    end)
  end)
end)
