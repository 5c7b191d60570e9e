-- The locations of examples/openresty, by real requests.
local cjson = require "cjson"
local example = require "support.example"
local files = require "support.files"
local once = require "support.once"
local process = require "support.process"
local shell = require "support.shell"
local simulator = require "support.simulator"
local site = require "support.site"
local socket = require "socket"
local timing = require "support.timing"

if not once("the example") then return end

local HERE = shell.quote(shell.lines("pwd")[1])
local BUILD = os.getenv "IMR_BUILD" and shell.quote(os.getenv "IMR_BUILD") or HERE .. "/build"

local BEARER = "Authorization: Bearer " .. example.token .. "\r\n"

describe("the example #nginx", function()
  local platform, server

  local function start(options, settings, locations)
    local given = { meters = 12, days = 6, points = 2, offline = 0, interval = 0 }
    for name, value in pairs(options or {}) do given[name] = value end
    platform = simulator.start(given)
    server = example.start(platform.url, settings, locations)
  end

  after_each(function()
    if server then server:stop() end
    if platform then platform:stop() end
    server, platform = nil, nil
  end)

  local function meters()
    local status, body = server:get("/meters")
    assert.equal(200, status, body)
    return cjson.decode(body).meters
  end

  local function state_of(head) return head:match("X%-Cache: (%a+)") end

  it("lists the meters", function()
    start()
    local status, body, head = server:get("/meters")
    assert.equal(200, status)
    assert.equal("miss", state_of(head))
    local answer = cjson.decode(body)
    assert.is_true(answer.complete)
    assert.equal(12, #answer.meters)
    assert.truthy(answer.meters[1].meter_no:find("^%d+$"))
    assert.equal("hit", state_of(select(3, server:get("/meters"))))
    assert.equal(1, #platform:entries("meters"))
    assert.same({}, server:problems())
  end)

  -- As root's home is to the user that nginx' workers run as. Who is not root has workers with rights of its own.
  it("works in a checkout that the workers cannot read", function()
    if not files.is_root then return pending "takes root" end
    local closed = shell.scratch()
    finally(function() shell.must("rm -r " .. closed) end)
    shell.must(("cd %s && mkdir build && cp -r %s/lua %s/examples . && cp -r %s/lua5.1 build && chmod 700 ."):format(
      closed, HERE, HERE, BUILD))
    platform = simulator.start { meters = 12, days = 6, points = 2, offline = 0, interval = 0.15 }
    server = example.start(platform.url, {}, nil, closed)
    assert.equal(200, (server:get("/")))
    local rows = meters()
    assert.equal(200, (server:get("/meters/" .. rows[1].meter_no .. "/latest")))
    local _, listing = server:get("/readings?meter=" .. rows[1].meter_no .. "&from=2026-01-01&to=2026-01-02")
    assert.truthy(listing:find('"report"', 1, true), listing)
    local order = { body = '{"command":"disconnect","reason":"r","confirm":true}',
      headers = "Content-Type: application/json\r\n" }
    local status, answer = server:get("/supply/" .. rows[1].device_id, order)
    assert.equal(200, status, answer)
    assert.equal(200, (server:get("/metrics")))
    assert.equal(404, (server:get("/meters/0/latest")))
    assert.same({}, server:problems())
  end)

  it("writes an empty list as a list", function()
    start { meters = 0 }
    assert.truthy((select(2, server:get("/meters"))):find('"meters":[]', 1, true))
  end)

  describe("lets in", function()
    local protected = { "/meters", "/meters/1/latest", "/readings?meter=1&from=2026-01-01&to=2026-01-02", "/metrics",
      "/supply/1" }

    it("nobody without the token, but to the page", function()
      start()
      for _, path in ipairs(protected) do
        for _, header in ipairs { "", "Authorization: Bearer wrong\r\n", "Authorization: Basic YTpi\r\n",
          "Authorization: " .. example.token .. "\r\n", "Authorization: Bearer " .. example.token .. "x\r\n" } do
          local status, body, head = server:request(path, { headers = header })
          assert.equal(401, status, path)
          assert.truthy(head:find("WWW-Authenticate: Bearer", 1, true))
          assert.equal("access", cjson.decode(body).error.kind)
        end
      end
      assert.equal(200, (server:request("/")))
      assert.equal(0, #platform:entries())
      assert.equal(404, (server:get("/other")))
      assert.same({}, server:problems())
    end)

    it("only who has the token for switching, where there is one", function()
      start({}, { IMR_SUPPLY_TOKEN = "another-token-for-supply" })
      local headers = BEARER .. "Content-Type: application/json\r\n"
      local order = { body = '{"command":"disconnect","reason":"r"}', headers = headers }
      assert.equal(401, (server:request("/supply/1", order)))
      assert.equal(200, (server:get("/meters")))
    end)

    it("nobody at all where no token is set", function()
      platform = simulator.start {}
      for _, token in ipairs { "", "short" } do
        local fine, output = example.try(platform.url, { IMR_ACCESS_TOKEN = token })
        assert.is_false(fine)
        assert.truthy(output:find("IMR_ACCESS_TOKEN must be set", 1, true), output)
      end
    end)
  end)

  describe("gives a meter's latest reading", function()
    it("from the cache, and from behind it while a newer one is fetched, by one worker at a time", function()
      start({ latency = 2 }, { IMR_FRESH = 3 })
      local path = ("/meters/%s/latest"):format(meters()[1].meter_no)
      local seconds, status, body, head = timing.of(function() return server:get(path) end)
      assert.equal(200, status, body)
      assert.equal("miss", state_of(head))
      assert.is_true(seconds >= 2)
      assert.equal("string", type(cjson.decode(body).reading))
      assert.equal("hit", state_of(select(3, server:get(path))))
      socket.sleep(3.1)
      local states = {}
      timing.within(0, 0.35, function() -- before the newer one is there
        for index = 1, 20 do states[index] = state_of(select(3, server:get(path))) end
      end, 2)
      for _, state in ipairs(states) do assert.equal("stale", state) end
      site.eventually(function() return state_of(select(3, server:get(path))) == "hit" end, "a newer one")
      assert.equal(2, #platform:entries("latest_readings"))
      assert.same({}, server:problems())
    end)

    it("to 200 at once out of a cold cache, with one login and one request", function()
      start { latency = 0.1 }
      local no = meters()[1].meter_no
      shell.must("sleep 0.1")
      local answers = server:many(200, ("/meters/%s/latest"):format(no), { headers = BEARER })
      for _, answer in ipairs(answers) do
        assert.equal(200, answer.status, answer.body)
        assert.equal(no, cjson.decode(answer.body).meter_no)
      end
      assert.equal(1, #platform:entries("login"))
      assert.equal(1, #platform:entries("latest_readings"))
      assert.same({}, server:problems())
    end)

    it("or says when to come again, if that takes longer than max_wait", function()
      start({ interval = 0 }, { IMR_INTERVAL = 1.9, IMR_MAX_WAIT = 0.2 })
      socket.sleep(1.95) -- a dict that was just made knows nothing of what was before
      local list = meters()
      assert.equal(200, (server:get(("/meters/%s/latest"):format(list[1].meter_no))))
      local seconds, status, body, head = timing.of(function()
        return server:get(("/meters/%s/latest"):format(list[2].meter_no))
      end)
      assert.equal(503, status)
      assert.equal("throttled", cjson.decode(body).error.kind)
      local after = tonumber(head:match("Retry%-After: (%d+)"))
      assert.is_true(after >= timing.room(2, 1) and after <= 2)
      assert.is_true(seconds < timing.room(0.5))
      socket.sleep(after)
      assert.equal(200, (server:get(("/meters/%s/latest"):format(list[2].meter_no))))
    end)

    it("of a meter that is there", function()
      start()
      local status, body = server:get("/meters/999/latest")
      assert.equal(404, status)
      assert.equal("not_found", cjson.decode(body).error.kind)
      assert.equal(404, (server:get("/meters/%2e%2e/latest")))
    end)
  end)

  describe("streams readings", function()
    local function path_of(no) return ("/readings?meter=%s&from=2000-01-01&to=2099-12-31"):format(no) end

    it("page by page, with the platform's own digits", function()
      start({ days = 12, page_cap = 4, totals = "right", values = "string" }, { IMR_INTERVAL = 1 })
      local client = server:begin(path_of(meters()[1].meter_no), { headers = BEARER })
      local first, lines = nil, {}
      while true do
        local line = client:receive("*l")
        if not line then break end
        if line:sub(1, 1) == "{" then
          first = first or socket.gettime()
          lines[#lines + 1] = cjson.decode(line)
        end
      end
      client:close()
      local report = table.remove(lines).report
      assert.equal(12, #lines)
      assert.same({ rows = 12, pages = report.pages, complete = true }, report)
      local pages = platform:entries("readings")
      assert.is_true(first < pages[#pages].time, "the pages came together")
      for _, row in ipairs(lines) do assert.truthy(row.reading:find("^%d+%.%d+$")) end
      assert.same({}, server:problems())
    end)

    it("and says when they end too early", function()
      start({ days = 20, page_cap = 4 }, { IMR_INTERVAL = 1.2, IMR_DEADLINE = 3 })
      local status, body = server:get(path_of(meters()[1].meter_no))
      assert.equal(200, status)
      local lines = {}
      for line in body:gmatch("[^\n]+") do lines[#lines + 1] = cjson.decode(line) end
      assert.is_true(#lines > 4)
      assert.equal("timeout", lines[#lines].error.kind)
      for index = 1, #lines - 1 do assert.truthy(lines[index].reading) end
    end)

    it("with a status, when there is not even a first page", function()
      start { forbidden = { "readings" } }
      local status, body = server:get(path_of("1"))
      assert.equal(502, status)
      assert.equal("forbidden", cjson.decode(body).error.kind)
    end)

    it("not without its parameters", function()
      start()
      for _, query in ipairs { "", "?meter=1", "?meter=1&from=2026-01-01", "?meter=1&from=yesterday&to=2026-01-01",
        "?meter=1&meter=2&from=2026-01-01&to=2026-01-02" } do
        local status, body = server:get("/readings" .. query)
        assert.equal(400, status, query)
        assert.is_nil(body:find("handlers/", 1, true))
      end
      assert.equal(0, #platform:entries())
    end)
  end)

  describe("switches supply", function()
    local JSON = "Content-Type: application/json\r\n"

    local function order(device, body, headers)
      return server:get("/supply/" .. device, { body = body, headers = headers or JSON })
    end

    it("once, with a reason that it logs", function()
      start({ command_delay = 0.1 })
      local device = meters()[1].device_id
      local status, body = order(device, '{"command":"disconnect","reason":"rent\\nunpaid","confirm":true}')
      assert.equal(200, status, body)
      local answer = cjson.decode(body)
      assert.equal("confirmed", answer.state)
      assert.equal("disconnected", answer.reading.supply)
      assert.equal(1, #platform:entries("instruct"))
      local log = server.nginx.error_log()
      assert.truthy(log:find("supply: disconnect " .. device .. ": confirmed (rent unpaid)", 1, true))
      assert.equal(200, (order(device, '{"command":"reconnect","reason":"paid"}')))
    end)

    it("not without a reason, a known command and a JSON body", function()
      start()
      for _, body in ipairs { "", "x", "{}", '{"command":"disconnect"}', '{"command":"explode","reason":"r"}',
        '{"command":"disconnect","reason":" "}', '["disconnect"]',
        ('{"command":"disconnect","reason":"%s"}'):format(("x"):rep(401)) } do
        assert.equal(400, (order("1", body)), body)
      end
      assert.equal(400, (order("1", '{"command":"disconnect","reason":"r"}', "Content-Type: text/plain\r\n")))
      local status, _, head = server:get("/supply/1")
      assert.equal(405, status)
      assert.truthy(head:find("Allow: POST", 1, true))
      assert.equal(0, #platform:entries())
    end)

    it("and says when it does not know what became of it", function()
      start { faults = { drop_after = { rate = 1, endpoints = { "instruct" } } } }
      local status, body = order("1", '{"command":"disconnect","reason":"r"}')
      assert.equal(502, status)
      local err = cjson.decode(body).error
      assert.same({ "unknown_outcome", "maybe" }, { err.kind, err.executed })
      assert.equal(1, #platform:entries("instruct"))
    end)
  end)

  it("counts over all workers", function()
    start({ interval = 0 }, { IMR_INTERVAL = 0.06, IMR_FRESH = 0.01 })
    local list = meters()
    for _, meter in ipairs(list) do server:get(("/meters/%s/latest"):format(meter.meter_no)) end
    local status, text = server:get("/metrics")
    assert.equal(200, status)
    local function value(name) return tonumber(text:match("\n" .. name:gsub("[{}]", "%%%0") .. " ([%d.e-]+)\n")) end
    for _, endpoint in ipairs { "login", "meters", "latest_readings" } do
      local series = ('imr_requests_total{account="demo",endpoint="%s"}'):format(endpoint)
      assert.equal(#platform:entries(endpoint), value(series), series)
    end
    assert.equal(#platform:entries(), value('imr_answers_total{account="demo",code="200"}'))
    assert.equal(12, value('imr_rows_total{account="demo",endpoint="meters"}'))
    assert.equal(12, value('imr_rows_total{account="demo",endpoint="latest_readings"}'))
    assert.equal(1, value('imr_logins_total{account="demo"}'))
    assert.equal(#platform:entries("meters"),
      value('imr_request_duration_seconds_count{account="demo",endpoint="meters"}'))
    local age = tonumber(text:match 'imr_token_age_seconds{account="demo",worker="%d"} (%S+)')
    assert.is_true(age > 0 and age < timing.room(30, 300))
    assert.is_nil(text:find("demo-secret", 1, true))
    for line in text:gmatch("[^\n]+") do
      assert.truthy(line:find("^# %u+ imr_") or line:find('^imr_[%a_]+{%a+="[^"]*"[^}]*} [%d.e+-]+$'), line)
    end
  end)

  it("runs by its script, and ends with it", function()
    local free = socket.bind("127.0.0.1", 8080)
    if not free then return print("skipped: make nginx-demo: somebody listens on port 8080") end
    free:close()
    local child = process.start("scripts/nginx_demo.sh lua5.4", "^    (%x+)$")
    finally(function() child:stop() end)
    local http, ltn12 = require "socket.http", require "ltn12"
    local parts = {}
    local _, status = http.request { url = "http://127.0.0.1:8080/meters", sink = ltn12.sink.table(parts),
      headers = { Authorization = "Bearer " .. child.match } }
    assert.equal(200, status)
    assert.equal(40, #cjson.decode(table.concat(parts)).meters)
    child:stop()
    assert.is_nil((http.request("http://127.0.0.1:8080/")))
  end)
end)
