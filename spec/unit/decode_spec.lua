local codec = require "imr.client.codec"
local schema = require "imr.schema"
local decoding = require "support.decoding"
local list_of = require("support.identities").list

local decode, answer, record = decoding.decode, decoding.answer, decoding.record

local listings = {}
for _, endpoint in ipairs(schema.describe()) do
  if endpoint.listing then table.insert(listings, endpoint) end
end

describe("decode: the envelope", function()
  local forms = {
    { "a list", '"data":[{},{}]', "list", 2 },
    { "a list of one", '"data":[{"reading":1}]', "list", 1 },
    { "an object", '"data":{"reading":1}', "object", 1 },
    { "an empty list", '"data":[]', "empty", 0 },
    { "an empty list with a blank", '"data":[ ]', "empty", 0 },
    { "an empty object", '"data":{}', "empty", 0 },
    { "null", '"data":null', "empty", 0 },
    { "an empty string", '"data":""', "empty", 0 },
    { "absent", '"x":1', "absent", 0 },
  }
  for _, endpoint in ipairs(listings) do
    for _, case in ipairs(forms) do
      it(("data of %s: %s"):format(endpoint.name, case[1]), function()
        for _, text in ipairs { '{"code":200,%s,"msg":"m"}', '{%s,"msg":"m","code":"200"}' } do
          local result = assert(decode(endpoint.name, text:format(case[2])))
          assert.equal(case[3], result.form)
          assert.equal(case[4], #result.rows)
          assert.equal(case[4] * 8, #result.ids)
          assert.equal("m", result.message)
          assert.equal(200, result.code)
          assert.is_nil(result.token)
        end
      end)
    end
  end

  local wrong = {
    { '{"code":200,"data":5}', "data is a number, not records (byte 20)" },
    { '{"code":200,"data":true}', "data is true, not records (byte 20)" },
    { '{"code":200,"data":"none"}', "data is text, not records (byte 21)" },
    { '{"code":200,"data":[{},[]]}', "data[2] is a list, not a record (byte 24)" },
    { '{"code":200,"data":[null]}', "data[1] is null, not a record (byte 21)" },
    { '{"code":200,"data":["x"]}', "data[1] is text, not a record (byte 22)" },
    { '{"data":[{},{},3],"code":200}', "data[3] is a number, not a record (byte 16)" },
    { '{"code":200,"data":[],"data":[]}', "the answer has data twice (byte 30)" },
    { '{"code":200,"code":1001}', "the answer has two codes (byte 20)" },
    { "[]", "the answer is a list, not an object (byte 1)" },
    { "null", "the answer is null, not an object (byte 1)" },
    { '"x"', "the answer is text, not an object (byte 2)" },
    { "{}", "the answer has no code (byte 3)" },
    { '{"code":null,"data":[]}', "the answer has no code (byte 24)" },
    { '{"code":"","data":[]}', "the answer has no code (byte 22)" },
    { '{"code":"OK"}', "the answer's code is not a number (byte 10)" },
    { '{"code":true}', "the answer's code is not a number (byte 9)" },
    { '{"code":200.5}', "the answer's code is not a number (byte 9)" },
    { '{"code":[200]}', "the answer's code is not a number (byte 9)" },
    { '{"code":1e99}', "the answer's code is not a number (byte 9)" },
    { "", "invalid JSON at byte 1: unexpected end" },
    { "<html>", "invalid JSON at byte 1: unexpected character" },
    { '{"code":200,"data":[{"reading":1,}]}', "invalid JSON at byte 34: expected a key" },
    { '{"code":200,"data":[{"reading":01}]}', "invalid JSON at byte 33: expected ',' or '}'" },
    { '{"code":200}x', "invalid JSON at byte 13: something follows the end" },
    { '{"code":200,"data":[{"x":' .. ("["):rep(61) .. ("]"):rep(61) .. "}]}", nil },
    { '{"code":200,"data":[{"x":' .. ("["):rep(62) .. ("]"):rep(62) .. "}]}",
      "invalid JSON at byte 87: nested too deeply" },
  }
  for _, case in ipairs(wrong) do
    it("of " .. case[1]:sub(1, 40), function()
      local result, problem = decode("readings", case[1])
      assert.equal(case[2], problem)
      assert.equal(case[2] == nil, result ~= nil)
    end)
  end

  it("takes the code as number or text", function()
    for text, code in pairs { ["200"] = 200, ['"200"'] = 200, ["200.0"] = 200, ['"1011"'] = 1011, ["1006"] = 1006,
      ["-1"] = -1, ["0"] = 0 } do
      assert.equal(code, decode("readings", '{"code":' .. text .. "}").code)
    end
    assert.equal("200", tostring(decode("readings", '{"code":"200"}').code))
    assert.equal(200, decode("readings", '{"code":200,"code":"200"}').code)
    assert.equal(200, decode("readings", '{"code":"","code":200}').code)
  end)

  it("takes a usable total, and no other", function()
    local totals = {
      ["52"] = 52, ['"52"'] = 52, ["0"] = 0, ['"0"'] = 0, ["52.0"] = 52, ['""'] = false, ["null"] = false,
        ["-1"] = false,
      ['"many"'] = false, ["5.5"] = false, ["true"] = false, ["[5]"] = false, ["1e99"] = false, ['"\255"'] = false,
    }
    for text, total in pairs(totals) do
      assert.equal(total or nil, decode("readings", '{"code":200,"totalCount":' .. text .. "}").total)
    end
    assert.is_nil(decode("readings", '{"code":200}').total)
  end)

  it("makes the message valid UTF-8", function()
    local messages = {
      ['"操作成功"'] = "操作成功", [ [["\u64cd\u4f5c"]] ] = "操作", ["null"] = "", ['""'] = "", ["5.10"] = "5.10",
        ["true"] = "true",
      ['"a\255b"'] = "a\239\191\189b", [ [["\ud83d!"]] ] = "\239\191\189!", ['["a"]'] = '["a"]',
        ['["\255"]'] = '["\239\191\189"]',
      ['"' .. ("\255"):rep(1000) .. '"'] = ("\239\191\189"):rep(1000),
    }
    for text, message in pairs(messages) do
      assert.equal(message, decode("readings", '{"code":1001,"msg":' .. text .. "}").message)
    end
    assert.equal("", decode("readings", '{"code":1001}').message)
  end)

  it("ignores data when the call failed", function()
    for _, data in ipairs { "5", '"text"', "[1,2]", "[{}]", "true", '{"a":1}', '"\255"', "null" } do
      for _, text in ipairs { '{"code":1006,"data":%s}', '{"data":%s,"code":1006}' } do
        local result = assert(decode("readings", text:format(data)))
        assert.equal(1006, result.code)
        assert.is_nil(result.rows)
        assert.is_nil(result.ids)
      end
    end
    assert.is_nil(decode("login", '{"code":1005,"data":"x"}').token)
    assert.is_nil(decode("readings", '{"code":1006,"data":[1,}'))
  end)

  it("skips what it does not know, and a byte order mark", function()
    local result = decode("readings", '\239\187\191 {"x":[{"code":1}],"code":200,"":{},"data":[{}],"time":"\255"}\n')
    assert.equal(200, result.code)
    assert.equal(1, #result.rows)
  end)

  it("gives the token of a login", function()
    local cases = {
      { '{"code":200,"data":"abc=","msg":"登录成功"}', "abc=", "text" },
      { [[{"data":"a\/b=","code":"200"}]], "a/b=", "text" },
      { '{"code":200,"data":""}', nil, "empty" },
      { '{"code":200,"data":null}', nil, "empty" },
      { '{"code":200,"data":[]}', nil, "empty" },
      { '{"code":200}', nil, "absent" },
    }
    for _, case in ipairs(cases) do
      local result = assert(decode("login", case[1]))
      assert.equal(case[2], result.token)
      assert.equal(case[3], result.form)
      assert.is_nil(result.rows)
    end
    for _, data in ipairs { "5", "true", '["abc"]', '{"token":"abc"}', '"\255"' } do
      local result, problem = decode("login", '{"code":200,"data":' .. data .. "}")
      assert.is_nil(result)
      assert.matches("^data is ", problem)
      assert.is_nil(problem:find("abc", 1, true))
    end
  end)

  it("takes any answer to a command", function()
    local cases = { ["[]"] = "empty", ['"ok"'] = "text", ["{}"] = "empty", ['{"a":1}'] = "object", ["[1]"] = "list",
      ["5"] = "text",
      ["null"] = "empty" }
    for data, form in pairs(cases) do
      local result = assert(decode("instruct", '{"code":200,"data":' .. data .. "}"))
      assert.equal(form, result.form)
      assert.is_nil(result.rows)
      assert.is_nil(result.token)
    end
    assert.equal("absent", decode("instruct", '{"code":200,"msg":"操作成功"}').form)
  end)

  it("raises for an endpoint that does not exist", function()
    assert.has_error(function() decode("reading", "{}") end)
    assert.has_error(function() codec.decode("readings", nil, "number", 0) end)
  end)
end)

-- Numbers of the usual form take a path of their own, with a step for those that fit into eight bytes.
describe("decode: numbers of every length", function()
  local function shapes(digits) -- without a point, and with one at every place
    local list = { digits }
    for place = 1, #digits - 1 do table.insert(list, digits:sub(1, place) .. "." .. digits:sub(place + 1)) end
    return list
  end

  local function each(visit)
    for length = 1, 20 do
      for _, text in ipairs(shapes(("90817263544536271809"):sub(1, length))) do visit(text) end
    end
  end

  it("in quotes, bare, and as the last member of the row", function()
    each(function(text)
      local forms = { '"reading":"%s","imei":"1"', '"reading":%s,"imei":"1"', '"reading":%s', '"reading":"%s"' }
      for _, form in ipairs(forms) do
        assert.equal(tonumber(text) + 0.0, record("readings", form:format(text)).reading, text)
      end
    end)
  end)

  it("leading zeros are fine in quotes, and no JSON without them", function()
    for _, text in ipairs { "007", "00.5", "0007.25", "000000000000001.5" } do
      assert.equal(tonumber(text), record("readings", ('"reading":"%s"'):format(text)).reading)
      assert.is_nil((decode("readings", answer(('[{"reading":%s}]'):format(text)))))
    end
    assert.equal(0.5, record("readings", '"reading":0.5').reading)
    assert.equal(0, record("readings", '"reading":0').reading)
  end)

  it("what only begins like a number is kept as it came", function()
    local texts = { "1.", "1.2.3", "12a", "1234567a", "12345678a", ".5", "1 ", "1,2", "12:30", "1..2", "/", ":" }
    for _, text in ipairs(texts) do
      local row = record("readings", ('"reading":"%s"'):format(text))
      assert.is_nil(row.reading, text)
      assert.equal(text, row.invalid.reading)
    end
    for _, text in ipairs { "1.", "1.2.3", "12a", "1234567a" } do
      assert.is_nil((decode("readings", answer(('[{"reading":%s}]'):format(text)))), text)
    end
  end)

  it("a row with more members than those before it, while a value is kept", function()
    local one = '{"deviceId":"7"}'
    local result = assert(decode("readings", answer(("[%s,%s,%s,{\"x\":1,\"deviceId\":\"7\"}]"):format(one, one, one))))
    assert.same({ device_id = "7", extra = { x = 1 } }, result.rows[4])
  end)

  it("a bare number before a blank, and one at the very end of a body cut short", function()
    assert.equal(12.5, record("readings", '"reading":12.5 ,"imei":"1"').reading)
    assert.equal(12.5, record("readings", '"reading": 12.5\n').reading)
    for cut = 1, 12 do
      local body = '{"code":200,"data":[{"reading":"123456.78"'
      assert.is_nil((decode("readings", body:sub(1, #body - cut))))
    end
  end)
end)

describe("decode: identities", function()
  local function ids(endpoint, data) return list_of(decode(endpoint, answer(data)).ids) end

  it("tell readings apart by all that is in them", function()
    local list = ids("readings",
      '[{"tableNo":"1","reading":1},{"tableNo":"1","reading":1},{"tableNo":"1","reading":2}, {}]')
    assert.equal(list[1], list[2])
    assert.not_equal(list[1], list[3])
    assert.not_equal(list[1], list[4])
    assert.equal(list[1], ids("readings", '{"tableNo":"1","reading":1}')[1])
  end)

  it("tell meters apart by device and meter alone", function()
    local list = ids("meters",
      '[{"deviceId":"1","tableNo":"2","gate":"合闸"},{"tableNo":2,"deviceId":"1"},{"deviceId":"12","tableNo":""},' ..
      '{"deviceId":"2","tableNo":"1"},{"deviceId":"1","tableNo":"22"},{"deviceId":"12","tableNo":"2"}]')
    assert.equal(list[1], list[2])
    for i = 2, 6 do
      for j = i + 1, 6 do assert.not_equal(list[i], list[j]) end
    end
    assert.equal(list[1], ids("latest_readings", '{"deviceId":"1","tableNo":"2","reading":"5"}')[1])
  end)

  it("tell rows apart whose device or meter is no text", function()
    for _, endpoint in ipairs { "meters", "latest_readings" } do
      local list = ids(endpoint, '[{"deviceId":"\2551","tableNo":"\2551"},{"deviceId":"\2552","tableNo":"\2552"},' ..
        '{"deviceId":true,"tableNo":[1]},{"deviceId":true,"tableNo":[2]},{"deviceId":"1","tableNo":[1]},' ..
        '{"deviceId":"1","tableNo":[2]},{"deviceId":"\2551","tableNo":"1"},{"deviceId":"\2552","tableNo":"1"}]')
      for i = 1, 8 do
        for j = i + 1, 8 do assert.not_equal(list[i], list[j]) end
      end
    end
  end)

  it("spread", function()
    local seen, rows, low = {}, {}, 0
    for i = 1, 20000 do rows[i] = ('{"reading":%d}'):format(i) end
    for _, id in ipairs(ids("readings", "[" .. table.concat(rows, ",") .. "]")) do
      assert(#id == 8 and not seen[id])
      seen[id] = true
      if id:byte(8) < 128 then low = low + 1 end
    end
    assert.is_true(low > 9600 and low < 10400)
    for length = 0, 300 do
      local a = ids("readings", ('[{"x":"%s"},{"x":"%s"}]'):format(("a"):rep(length) .. "b", ("a"):rep(length) ..
        "c"))
      assert.not_equal(a[1], a[2])
    end
  end)

  it("tell of every place in a row", function()
    for _, length in ipairs { 1, 20, 55, 56, 57, 58, 120, 121, 250 } do
      local rows = { ('{"x":"%s"}'):format(("0"):rep(length)) }
      for place = 1, length do
        for digit = 1, 9 do
          table.insert(rows, ('{"x":"%s%d%s"}'):format(("0"):rep(place - 1), digit, ("0"):rep(length - place)))
        end
      end
      local known = {}
      for row, id in ipairs(ids("readings", "[" .. table.concat(rows, ",") .. "]")) do
        assert.is_nil(known[id])
        known[id] = row
      end
    end
  end)
end)

describe("decode: damage", function()
  local body = '{"code":200,"msg":"操作成功","totalCount":"2",' ..
    '"data":[{"deviceId":"1","tableNo":"0042","reading":"346.90",' ..
    '"readTime":"2023-04-22 10:31:53","tableAddress":"7\\u680b","x":{"y":[1,true,null]}},' ..
    '{"deviceId":2,"reading":-1.5e3}]}'

  it("every truncation is an error", function()
    assert.is_table(decode("readings", body))
    for length = 0, #body - 1 do
      local result, problem = decode("readings", body:sub(1, length))
      assert.is_nil(result)
      assert.matches("^invalid JSON at byte %d+: ", problem)
    end
  end)

  it("every changed byte gives an answer or a message", function()
    local seed = 3
    for at = 1, #body do
      for _ = 1, 12 do
        seed = (seed * 16807) % 2147483647
        local result, problem = decode("readings", body:sub(1, at - 1) .. string.char(seed % 256) .. body:sub(at + 1))
        assert(type(result) == "table" or type(problem) == "string")
      end
    end
  end)

  it("takes strings of any length", function()
    for _, length in ipairs { 255, 256, 511, 512, 513, 1000000 } do
      local text = ("a"):rep(length)
      assert.equal(text, record("readings", '"imei":"' .. text .. '"').imei)
      assert.equal(text .. "\n", record("readings", '"imei":"' .. text .. '\\n"').imei)
      local some = text:sub(1, 2e5) -- of what is no field there may be too much
      assert.equal(some .. "\255", record("readings", '"imei":"' .. some .. '\255"').invalid.imei)
      local key = text:sub(1, 1000)
      assert.same({ extra = { [key] = 1 } }, record("readings", '"' .. key .. '":1'))
    end
  end)

  it("leaves nothing behind", function()
    local function used()
      collectgarbage()
      collectgarbage()
      return collectgarbage("count")
    end
    for _ = 1, 50 do decode("readings", body) end
    local before = used()
    for _ = 1, 2000 do
      decode("readings", body)
      decode("readings", body:sub(1, 150))
    end
    assert.is_true(used() < before + 20)
  end)
end)
