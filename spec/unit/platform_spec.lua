local Platform = require "imr.simulator.platform"
local calls = require "support.calls"
local cjson = require "cjson"

local function hundredths(value)
  local number = tonumber(value) * 100
  local whole = math.floor(number + 0.5)
  assert.is_true(math.abs(number - whole) < 1e-4, tostring(value) .. " has more than two decimals")
  return whole
end

local function first_where(platform, field, value)
  for place = 1, platform.fleet:count() do
    local meter = platform:meter(place)
    if meter[field] == value then
      return meter
    end
  end
end

describe("the simulated platform", function()
  describe("login", function()
    it("hands out the Base64 of account, password and time", function()
      local caller = calls.new { account = "王", password = "p\"w" }
      local token = caller:login("王", "p\"w").data
      assert.are.same({ admin_user_name = "王", api_password = "p\"w", time = caller.now },
        cjson.decode((require("mime").unb64(token))))
    end)

    it("knows wrong accounts, wrong passwords and missing parameters", function()
      local caller = calls.new()
      assert.are.equal(1002, caller:login("nobody").code)
      assert.are.equal(1005, caller:login("demo", "wrong").code)
      assert.are.equal(1008, caller:bare("login", { admin_user_name = "demo" }).code)
      assert.are.equal(1008, caller:bare("login", { admin_user_name = "demo", api_password = "" }).code)
    end)

    it("is never too fast", function()
      local caller = calls.new()
      for _ = 1, 5 do
        assert.are.equal(200, caller:login().code)
      end
    end)

    it("makes a token of its own each time", function()
      local caller = calls.new()
      assert.are_not.equal(caller:login().data, caller:login().data)
    end)

    it("leaves earlier tokens alone unless sessions are single", function()
      for single, code in pairs { [false] = 200, [true] = 1006 } do
        local caller = calls.new { single_session = single }
        local first = caller:login().data
        caller:login()
        assert.are.equal(code, caller:call("meters", { token = first }).code)
      end
    end)
  end)

  describe("tokens", function()
    it("expire after their life", function()
      local caller = calls.new { token_life = 100, interval = 0 }
      caller:login()
      caller.now = caller.now + 97
      assert.are.equal(200, caller:call("meters").code)
      caller.now = caller.now - 1
      assert.are.equal(1007, caller:call("meters").code)
    end)

    it("can be unknown, another account's, expired or revoked by the test", function()
      local caller = calls.new { accounts = { other = "x" } }
      assert.are.equal(1006, caller:call("meters", { token = "bogus" }).code)
      assert.are.equal(1009, caller:call("meters", { admin_user_name = "other" }).code)
      caller.platform:expire_tokens()
      assert.are.equal(1007, caller:call("meters").code)
      caller.platform:revoke_tokens()
      assert.are.equal(1006, caller:call("meters").code)
    end)

    it("outlive a change of the password", function()
      local caller = calls.new()
      caller:login()
      caller.platform:set_password("new")
      assert.are.equal(200, caller:call("meters").code)
      assert.are.equal(1005, caller:login().code)
      assert.are.equal(200, caller:login("demo", "new").code)
    end)
  end)

  describe("requests", function()
    it("may come as JSON or as a form", function()
      local caller = calls.new { meters = 3 }
      local form = "admin_user_name=demo&api_password=demo%2Dsecret"
      local answer = cjson.decode(caller:send("login", form, "application/x-www-form-urlencoded; charset=utf-8").body)
      assert.are.equal(200, answer.code)
      caller.token = answer.data
      assert.are.equal(3, #caller:call("meters").data)
      assert.are.same({ "form", "json" }, { caller.platform.log[1].encoding, caller.platform.log[2].encoding })
    end)

    it("lack every parameter in an encoding that is not understood", function()
      local json = '{"admin_user_name":"demo","api_password":"demo-secret"}'
      local form = "admin_user_name=demo&api_password=demo-secret"
      local function code(encoding, body, content_type)
        return cjson.decode(calls.new({ encoding = encoding }):send("login", body, content_type).body).code
      end
      assert.are.equal(1008, code("form", json, "application/json"))
      assert.are.equal(200, code("json", json, "application/json"))
      assert.are.equal(1008, code("json", form, "application/x-www-form-urlencoded"))
      assert.are.equal(1008, code("both", json, "text/plain"))
      assert.are.equal(1008, code("both", "{", "application/json"))
    end)

    it("need their parameters", function()
      local required = {
        meters = { "token", "admin_user_name" },
        readings = { "token", "admin_user_name", "BeginDate", "EndDate", "pageNo", "pageSize" },
        consumption = { "type", "BeginDate", "EndDate", "pageNo", "pageSize" },
        tou = { "BeginDate", "EndDate", "pageNo", "pageSize" },
        camera = { "BeginDate", "EndDate", "pageNo", "pageSize" },
        instruct = { "deviceId", "type" },
      }
      local caller = calls.new()
      for name, parameters in pairs(required) do
        for _, parameter in ipairs(parameters) do
          assert.are.equal(1008, caller:call(name, { [parameter] = "" }).code, name .. " without " .. parameter)
        end
      end
    end)

    it("fail where a value makes no sense", function()
      local caller = calls.new()
      assert.are.equal(1001, caller:call("meters", { pageNo = 0 }).code)
      assert.are.equal(1001, caller:call("meters", { pageSize = "many" }).code)
      assert.are.equal(1001, caller:call("readings", { BeginDate = "2025-02-30 00:00:00" }).code)
    end)

    it("may be forbidden by endpoint", function()
      local caller = calls.new { forbidden = { "tou_readings" } }
      assert.are.equal(1009, caller:call("tou").code)
      assert.are.equal(200, caller:call("camera").code)
    end)

    it("are served below a prefix, by POST, at known paths only", function()
      local caller = calls.new { prefix = "/api" }
      local body = '{"admin_user_name":"demo","api_password":"demo-secret"}'
      local function status(method, path)
        local headers = { ["content-type"] = "application/json" }
        local request = { method = method, path = path, headers = headers, body = body }
        return caller.platform:handle(request, caller.now).status
      end
      assert.are.equal(200, status("POST", "/api/user/login"))
      assert.are.equal(404, status("POST", "/user/login"))
      assert.are.equal(404, status("POST", "/api/user/logout"))
      assert.are.equal(405, status("GET", "/api/user/login"))
    end)
  end)

  describe("pace", function()
    local function codes(caller, name, moments)
      local found, start = {}, caller.now
      for i, moment in ipairs(moments) do
        caller.now = start + moment
        found[i] = caller:bare(name, caller:full(name)).code
      end
      return found
    end

    it("is judged on arrival, and an early arrival does not move the slot", function()
      local caller = calls.new()
      caller:login()
      assert.are.same({ 200, 1011, 1011, 200, 1011, 200 }, codes(caller, "meters", { 0, 0.5, 1.999, 2, 3.9, 4 }))
    end)

    it("is kept for every endpoint apart", function()
      local caller = calls.new { interval = 10 }
      caller:login()
      for _, name in ipairs { "meters", "latest", "readings", "consumption", "tou", "camera" } do
        assert.are.same({ 200, 1011, 200 }, codes(caller, name, { 0, 9, 10 }))
      end
    end)

    it("counts a refused request too", function()
      local caller = calls.new()
      caller.token = "bogus"
      assert.are.same({ 1006, 1011 }, codes(caller, "meters", { 0, 1 }))
    end)
  end)

  describe("commands", function()
    local function gate_of(caller, meter)
      return caller:call("latest", { tableNo = meter.number }).data.gate
    end

    it("are accepted at once and take effect later", function()
      local caller = calls.new { offline = 0, command_delay = 5 }
      local meter = caller.platform:meter(1)
      caller.platform:set_gate(meter.device, "connected")
      local answer = caller:call("instruct", { deviceId = meter.device, type = "1" })
      assert.are.same({ 200, nil }, { answer.code, answer.data })
      assert.are.equal("合闸", gate_of(caller, meter))
      caller.now = caller.now + 1
      assert.are.equal("跳闸", gate_of(caller, meter))
      caller:call("instruct", { deviceId = meter.device, type = 2 })
      assert.are.equal("connected", caller.platform:gate(meter.device, caller.now + 5))
    end)

    it("have no effect on meters that are offline", function()
      local caller = calls.new { command_delay = 0 }
      local meter = caller.platform:meter(1)
      caller.platform:set_gate(meter.device, "connected")
      caller.platform:set_online(meter.device, false)
      assert.are.equal(200, caller:call("instruct", { deviceId = meter.device, type = "1" }).code)
      assert.are.equal("connected", caller.platform:gate(meter.device, caller.now + 100))
      caller.platform:set_online(meter.device, true)
      caller:call("instruct", { deviceId = meter.device, type = "1" })
      assert.are.equal("disconnected", caller.platform:gate(meter.device))
    end)

    it("make a new latest reading", function()
      local caller = calls.new { offline = 0, command_delay = 1 }
      local meter = first_where(caller.platform, "kind", "water")
      local before = caller:call("latest", { tableNo = meter.number }).data
      caller.now = caller.now + 3600
      caller:call("instruct", { deviceId = meter.device, type = "3" })
      local after = caller:call("latest", { tableNo = meter.number }).data
      assert.is_true(after.readTime > before.readTime)
      assert.is_true(hundredths(after.reading) >= hundredths(before.reading))
      local rows = caller:call("readings", { tableNo = meter.number, EndDate = "2025-11-26" }).data
      assert.are.equal(after.readTime, rows[#rows].readTime)
      assert.are.equal(after.reading, rows[#rows].reading)
      assert.are.equal(6, #rows)
    end)

    it("are refused for unknown meters and unknown commands", function()
      local caller = calls.new()
      assert.are.equal(1001, caller:call("instruct", { deviceId = "205000379999", type = "1" }).code)
      assert.are.equal(1001, caller:call("instruct", { deviceId = caller.platform:meter(1).device, type = "4" }).code)
    end)

    it("are duplicates while the same one is pending", function()
      for wanted, code in pairs { [true] = 1010, [false] = 200 } do
        local caller = calls.new { duplicate_orders = wanted, command_delay = 5 }
        local order = { deviceId = caller.platform:meter(1).device, type = "1" }
        assert.are.equal(200, caller:call("instruct", order).code)
        assert.are.equal(code, caller:call("instruct", order).code)
        assert.are.equal(200, caller:call("instruct", { deviceId = order.deviceId, type = "2" }).code)
        caller.now = caller.now + 5
        assert.are.equal(200, caller:call("instruct", order).code)
      end
    end)

    it("are in the log with what came of them", function()
      local caller = calls.new()
      local device = caller.platform:meter(1).device
      caller:call("instruct", { deviceId = device, type = "1" })
      caller:call("instruct", { deviceId = "1", type = "2" })
      local log = caller.platform.log
      assert.are.same({ device, 1, true, 200 }, { log[2].device, log[2].command, log[2].executed, log[2].code })
      assert.are.same({ "1", 2, false, 1001 }, { log[3].device, log[3].command, log[3].executed, log[3].code })
    end)
  end)

  it("keeps no secret in its log", function()
    local caller = calls.new()
    caller:call("meters")
    caller:bare("login", { admin_user_name = "demo", api_password = "wrong-secret" })
    local text = cjson.encode(caller.platform.log)
    for _, secret in ipairs { "demo-secret", "wrong-secret", caller.token } do
      assert.is_nil(text:find(secret, 1, true))
    end
  end)

  it("raises where it is misused", function()
    local function message(options)
      local ok, problem = pcall(function() Platform.new(options) end)
      assert.is_false(ok)
      return problem
    end
    assert.is_truthy(message { meter = 1 }:match("platform_spec%.lua:%d+: unknown simulator option 'meter'"))
    for name, case in pairs {
      meters = { -1, "a whole number, 0 or more, not -1" }, offline = { 2, "a number from 0 to 1, not 2" },
      totals = { "perhaps", "a whole number or one of right, wrong_low" }, bom = { "yes", "true or false" },
      encoding = { "xml", "one of both, json, form" }, forbidden = { { "nothing" }, "a list of login" },
      today = { "2025-13-01", "a date, YYYY-MM-DD, not 2025-13-01" },
      faults = { { fire = 1 }, "there is no fault 'fire'; there are drop_before" },
      on_request = { 1, "a function" }, prefix = { 3, "a text, not 3" },
    } do
      local text = message { [name] = case[1] }
      assert.is_truthy(text:find("simulator option '" .. name .. "': ", 1, true), text)
      assert.is_truthy(text:find(case[2], 1, true), text)
    end
    for problem, fault in pairs {
      ["rate of 502 must be a number from 0 to 1, not 2"] = { ["502"] = 2 },
      ["1001: its endpoints are a list of login, meters"] = { ["1001"] = { rate = 1, endpoints = { "nothing" } } },
    } do
      assert.is_truthy(message({ faults = fault }):find(problem, 1, true))
    end
    assert.has_error(function() Platform.new():set_gate("nobody", "connected") end)
  end)
end)
