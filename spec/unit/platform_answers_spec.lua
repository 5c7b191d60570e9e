local Platform = require "imr.simulator.platform"
local calls = require "support.calls"
local cjson = require "cjson"

describe("the simulated platform's", function()
  describe("answers", function()
    local function raw(options, name, parameters)
      local caller = calls.new(options)
      caller:login()
      caller.now = caller.now + 2
      return caller:send(name, cjson.encode(caller:full(name, parameters))).body
    end

    it("claim totals as they are told to", function()
      local claims = {
        right = 20, wrong_low = 10, wrong_high = 71, string = "20", shift = 21, [7] = 7, [0] = 0,
      }
      for how, claim in pairs(claims) do
        local answer = cjson.decode(raw({ meters = 20, totals = how }, "meters", { pageNo = 2, pageSize = 5 }))
        assert.are.equal(claim, answer.totalCount)
      end
      assert.is_nil(cjson.decode(raw({ totals = "absent" }, "meters")).totalCount)
    end)

    it("are empty in every form", function()
      local forms = { list = "[]", null = "null", string = '""', object = "{}" }
      for form, json in pairs(forms) do
        local body = raw({ empty = form }, "readings", { tableNo = "nobody" })
        assert.are.equal('{"code":200,"data":' .. json .. ',"msg":"操作成功","totalCount":0}', body)
      end
      assert.is_nil(raw({ empty = "absent" }, "readings", { tableNo = "nobody" }):find("data", 1, true))
    end)

    it("show one meter as an object or as a list", function()
      local number = Platform.new():meter(1).number
      assert.is_truthy(raw({}, "latest", { tableNo = number }):find('"data":{"deviceId"', 1, true))
      assert.is_truthy(raw({ single = "list" }, "latest", { tableNo = number }):find('"data":[{"deviceId"', 1, true))
    end)

    it("spell keys in three ways", function()
      local spellings = {
        sample = { "tableType", "netStatis", "amout" }, correct = { "tableType", "netStatus", "amount" },
        misspelt = { "typeType", "netStatis", "amout" },
      }
      for spelling, keys in pairs(spellings) do
        local meters, usage = raw({ spelling = spelling }, "meters"), raw({ spelling = spelling }, "consumption")
        assert.is_truthy(meters:find(keys[1], 1, true))
        assert.is_truthy(meters:find(keys[2], 1, true))
        assert.is_truthy(usage:find(keys[3], 1, true))
      end
    end)

    it("carry values as strings, numbers or both, and always the same digits", function()
      local function values(how)
        local found, kinds = {}, {}
        for _, row in ipairs(cjson.decode(raw({ values = how, meters = 50 }, "tou")).data) do
          found[#found + 1] = tonumber(row.positiveActivePower)
          kinds[type(row.positiveActivePower)], kinds[type(row.voltA)] = true, true
        end
        return found, kinds
      end
      local as_sample, both = values "vendor"
      assert.are.same({ string = true, number = true }, both)
      for how, kinds in pairs { string = { string = true }, number = { number = true }, mixed = both } do
        local found, found_kinds = values(how)
        assert.are.same(as_sample, found)
        assert.are.same(kinds, found_kinds)
      end
    end)

    it("may have a byte order mark, codes as strings and keys that nobody knows", function()
      assert.are.equal("\239\187\191{", raw({ bom = true }, "meters"):sub(1, 4))
      assert.are.equal("200", cjson.decode(raw({ codes = "string" }, "meters")).code)
      assert.are.equal(-87, cjson.decode(raw({ extra_keys = true }, "readings")).data[1].signal)
    end)

    it("take their time", function()
      local caller = calls.new { latency = 0.5, jitter = 0.2 }
      local low, high = math.huge, 0
      for _ = 1, 50 do
        local delay = caller:send("login", "").delay
        low, high = math.min(low, delay), math.max(high, delay)
      end
      assert.is_true(low >= 0.5 and low < 0.55 and high > 0.65 and high < 0.7)
    end)

    it("may be written by a test", function()
      local caller = calls.new {
        on_request = function(request, now)
          if request.path == "/meter/meterList" then
            return { code = 200, data = { { tableNo = "1" } }, total = 9, delay = now > 0 and 3 or 0 }
          end
        end,
      }
      assert.are.same({ code = 200, msg = "", data = { { tableNo = "1" } }, totalCount = 9 }, caller:call("meters"))
      assert.are.equal(200, caller:call("latest").code)
      assert.are.equal(3, caller:send("meters", "{}").delay)
    end)
  end)

  describe("faults", function()
    local function answer_with(fault, name)
      local caller = calls.new { faults = { [fault] = { rate = 1, endpoints = { "meters", "instruct" } } } }
      caller:login()
      local order = { deviceId = caller.platform:meter(1).device, type = "1" }
      return caller:send(name or "meters", cjson.encode(caller:full(name or "meters", order))), caller
    end

    it("come each in its own way", function()
      assert.are.equal(502, answer_with("502").status)
      local html = answer_with("html")
      assert.are.same({ 200, "text/html" }, { html.status, html.headers["Content-Type"] })
      assert.are.equal("<html>", html.body:sub(1, 6))
      assert.are.equal(1001, cjson.decode(answer_with("1001").body).code)
      assert.are.equal(1011, cjson.decode(answer_with("1011").body).code)
      for _, fault in ipairs { "drop_before", "drop_after", "truncate", "stall" } do
        assert.are.equal(fault, answer_with(fault).fault)
      end
    end)

    it("hide that a command was executed, or keep it from being", function()
      local executed = {
        drop_before = false, ["1001"] = false, ["1011"] = false,
        drop_after = true, ["502"] = true, html = true, truncate = true, stall = true,
      }
      for fault, expected in pairs(executed) do
        local answer = answer_with(fault, "instruct")
        assert.are.equal(expected, answer.entry.executed, fault)
        assert.are.equal(fault, answer.entry.fault)
      end
    end)

    it("keep to their endpoints", function()
      local answer, caller = answer_with("502")
      assert.are.equal(502, answer.status)
      assert.are.equal(200, caller:call("latest").code)
    end)

    it("hit at about their rate, the same requests for the same seed", function()
      local function pattern(seed)
        local caller, hits = calls.new { seed = seed, faults = { html = 0.2 } }, {}
        for i = 1, 500 do
          hits[i] = caller:send("login", "").headers["Content-Type"] == "text/html" and "x" or "."
        end
        return table.concat(hits)
      end
      local first = pattern(1)
      local _, count = first:gsub("x", "")
      assert.is_true(count > 70 and count < 130, tostring(count))
      assert.are.equal(first, pattern(1))
      assert.are_not.equal(first, pattern(2))
    end)

    it("refuse in bursts", function()
      local caller = calls.new { meters = 1, faults = { ["1011"] = 0.05 }, burst = 4, interval = 0 }
      local run, runs = 0, {}
      for _ = 1, 400 do
        if caller:call("meters").code == 1011 then
          run = run + 1
        elseif run > 0 then
          runs[#runs + 1], run = run, 0
        end
      end
      assert.is_true(#runs > 3)
      for _, length in ipairs(runs) do
        assert.are.equal(0, length % 4)
      end
    end)
  end)
end)
