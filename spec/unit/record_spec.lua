local core = require "imr.core"
local schema = require "imr.schema"
local decoding = require "support.decoding"

local decode, answer, record = decoding.decode, decoding.answer, decoding.record

local fields = {}
for _, endpoint in ipairs(schema.describe()) do
  for _, field in ipairs(endpoint.fields) do table.insert(fields, { endpoint.name, field }) end
end

-- By type: JSON text, the value it must give, and the same with decimals = "string" where that differs.
local good = {
  str = {
    { '"0042"', "0042" }, { "42", "42" }, { "12.50", "12.50" }, { "-1E3", "-1E3" }, { '" "', " " }, { '"水表"', "水表" },
    { [["\u6c34\"\/\n"]], '水"/\n' }, { [["a\u0000b"]], "a\0b" }, { '"0"', "0" }, { '"null"', "null" },
  },
  int = {
    { "2", 2 }, { '"2"', 2 }, { "2.0", 2 }, { '"2.0"', 2 }, { '"002"', 2 }, { "20e-1", 2 }, { '"+2"', 2 },
      { [["\u0032"]], 2 },
    { "0", 0 }, { "-0", 0 }, { "-7", -7 }, { "9007199254740992", 9007199254740992 }, { "1e3", 1000 },
    { "-9007199254740992", -9007199254740992 }, { "0e99999", 0 }, { "2." .. ("0"):rep(400), 2 },
  },
  dec = {
    { '"346.90"', 346.9, "346.90" }, { "346.90", 346.9, "346.90" }, { "0", 0, "0" }, { '"0.00"', 0, "0.00" },
      { "-1.5", -1.5, "-1.5" },
    { '"+0012.50e1"', 125, "+0012.50e1" }, { "1E2", 100, "1E2" }, { [["3\u002e5"]], 3.5, "3.5" }, { '"-0"', 0, "-0" },
    { "123456789012345.67", 123456789012345.67, "123456789012345.67" },
    { '"0.1000000000000000055511151231257827021181583404541015626"', 0.10000000000000002 - 2 ^ -56,
      "0.1000000000000000055511151231257827021181583404541015626" },
    { ("9"):rep(400) .. "e-399", 10, ("9"):rep(400) .. "e-399" },
    { '"1e-400"', 0, "1e-400" },
  },
  time = {
    { '"2023-04-22 10:31:53"', 1682130713 }, { '"2023-04-22T10:31:53"', 1682130713 }, { '"1969-12-31 23:59:59"',
      -28801 },
    { '"2024-02-29 00:00:00"', 1709136000 }, { [["2023-04-22\u002010:31:53"]], 1682130713 },
  },
}
local bad = {
  str = { "true", "false", "[1]", '{"a":"b"}', "[]", "{}" },
  int = { '"x"', "2.5", '"2.5"', "9007199254740993", "1e30", "true", "[2]", "{}", '"2 "', '"0x2"', '"1e"', "1e-1",
    "2." .. ("0"):rep(400) .. "1", '"nan"' },
  dec = { '"12,5"', '"0x10"', '"nan"', '"inf"', '".5"', '"5."', '"-"', '"1e"', '"1.2.3"', '" 1"', '"1 "', '"12 kWh"',
    '"--1"', '".12345678"', '"1234567."', '"123456789."', '"123,456.78"', '"1234-567.5"', '"12.345.678"',
    '"1234567.x"', '"123,4567"', "true", "[1]", '{"v":1}' },
  time = { "1682130713", '"1682130713"', '"0000-00-00 00:00:00"', '"2023-02-29 00:00:00"', '"2023-04-22"',
    '"2023-04-22 10:31"',
    '"2023-04-22 10:31:60"', '"2023/04/22 10:31:53"', '"2023-04-22 10:31:53.0"', "false", "[]" },
  enum = { '"开"', '"在线 "', '"connected"', "1", "true", "[]" },
}

-- The raw text that `invalid` must have: of a string what it says, of others the JSON.
local function raw_of(text) return text:match('^"(.*)"$') or text end

local function good_values(field)
  if field.type ~= "enum" then return good[field.type] end
  local values = {}
  for word, value in pairs(field.words) do table.insert(values, { '"' .. word .. '"', value }) end
  return values
end

describe("decode: fields", function()
  for _, entry in ipairs(fields) do
    local endpoint, field = entry[1], entry[2]
    for _, wire in ipairs(field.wire) do
      it(("%s.%s from %s"):format(endpoint, field.name, wire), function()
        for _, case in ipairs(good_values(field)) do
          local row = record(endpoint, ('"%s":%s'):format(wire, case[1]))
          assert.equal(case[2], row[field.name])
          assert.is_nil(row.invalid)
          assert.is_nil(row.extra)
          row = record(endpoint, ('"%s" : %s'):format(wire, case[1]), "string")
          assert.equal(case[3] or case[2], row[field.name])
        end
      end)

      it(("%s.%s from a bad %s"):format(endpoint, field.name, wire), function()
        for _, text in ipairs(bad[field.type]) do
          for _, decimals in ipairs { "number", "string" } do
            assert.same({ invalid = { [field.name] = raw_of(text) } }, record(endpoint, ('"%s":%s'):format(wire,
              text), decimals))
          end
        end
      end)

      it(("%s.%s from an empty %s"):format(endpoint, field.name, wire), function()
        for _, text in ipairs { "null", '""' } do
          assert.same({}, record(endpoint, ('"%s":%s'):format(wire, text)))
          -- an empty value never hides one that says something, before it or behind it
          local value = good_values(field)[1]
          local before = record(endpoint, ('"%s":%s,"%s":%s'):format(wire, text, wire, value[1]))
          local behind = record(endpoint, ('"%s":%s,"%s":%s'):format(wire, value[1], wire, text))
          assert.equal(value[2], before[field.name])
          assert.same(before, behind)
          assert.is_nil(before.extra)
        end
      end)
    end

    it(("%s.%s that is not UTF-8"):format(endpoint, field.name), function()
      for _, bytes in ipairs { "\255", "a\192\175b", "\\ud83d", "x\\n\237\160\128" } do
        local row = record(endpoint, ('"%s":"%s"'):format(field.wire[1], bytes))
        assert.same({ invalid = { [field.name] = bytes } }, row)
      end
    end)
  end

  it("an infinite number is invalid, but its digits are not", function()
    for _, text in ipairs { "1e400", '"-1e400"' } do
      assert.same({ invalid = { reading = raw_of(text) } }, record("readings", '"reading":' .. text))
      assert.same({ reading = raw_of(text) }, record("readings", '"reading":' .. text, "string"))
    end
  end)

  it("decimals are floats, integers integers", function()
    if not math.type then return end
    assert.equal("float", math.type(record("readings", '"reading":"71"').reading))
    assert.equal("float", math.type(record("readings", '"reading":71').reading))
    assert.equal("integer", math.type(record("meters", '"tableType":"2"').meter_type))
    assert.equal("integer", math.type(record("readings", '"readTime":"2023-04-22 10:31:53"').read_time))
  end)

  it("every rounding is right, with and without the short way", function()
    local seed = 7
    for _ = 1, 20000 do
      seed = (seed * 16807) % 2147483647
      local digits, point = tostring(seed):sub(1, seed % 10 + 1), seed % 5
      local text = digits .. (point > 0 and "." .. ("%0" .. point * 4 .. "d"):format(seed % 10 ^ point) or "")
      local row = record("readings", ('"reading":"%s"'):format(text))
      if row.reading ~= tonumber(text) then error(text) end
    end
  end)

  it("takes keys with escapes", function()
    assert.same({ reading = 1 }, record("readings", [["\u0072eading":1]]))
    assert.same({ extra = { ["reading\n"] = 1 } }, record("readings", [["reading\n":1]]))
  end)
end)

describe("decode: what follows from a field", function()
  it("kind and type_name of every meter type", function()
    for number, type in pairs(schema.meter_types()) do
      for endpoint, wire in pairs { meters = "tableType", consumption = "type" } do
        local row = record(endpoint, ('"%s":"%d"'):format(wire, number))
        assert.same({ meter_type = number, kind = type.kind, type_name = type.name }, row)
      end
    end
  end)

  it("no kind for others", function()
    for _, number in ipairs { 0, 25, 29, 33, 34, 50, -1, 9007199254740992 } do
      assert.same({ meter_type = number }, record("meters", ('"tableType":%.0f'):format(number)))
    end
    assert.same({ invalid = { meter_type = "x" } }, record("meters", '"tableType":"x"'))
  end)

  it("is that of the row, not of the row before", function()
    local rows = decode("meters", answer '[{"tableType":2},{"tableType":2},{},{"tableType":1},{"tableType":99}]').rows
    assert.same({ "water", "water", false, "electricity", false },
      { rows[1].kind, rows[2].kind, rows[3].kind or false, rows[4].kind, rows[5].kind or false })
  end)

  it("image_ok", function()
    assert.same({ image_status = "解析正常", image_ok = true }, record("camera_readings", '"imageStatus":"解析正常"'))
    assert.same({ image_status = "解析失败", image_ok = false }, record("camera_readings", '"imageStatus":"解析失败"'))
    assert.same({ image_status = "1", image_ok = false }, record("camera_readings", '"imageStatus":1'))
    assert.same({}, record("camera_readings", '"imageStatus":""'))
    assert.same({ invalid = { image_status = "true" } }, record("camera_readings", '"imageStatus":true'))
  end)
end)

describe("decode: what no field takes", function()
  local cases = {
    { "text", '"x":"y"', { extra = { x = "y" } } },
    { "a number", '"x":1.50', { extra = { x = 1.5 } } },
    { "a boolean", '"x":false', { extra = { x = false } } },
    { "a structure", '"x":{"a":[1,null,"水"]}', { extra = { x = { a = { 1, core.null, "水" } } } } },
    { "empty structures", '"x":[],"y":{}', { extra = { x = {}, y = {} } } },
    { "nothing", '"x":null,"y":""', {} },
    { "a Chinese key", '"表号":"1"', { extra = { ["表号"] = "1" } } },
    { "an escaped key", [["\u8868":1]], { extra = { ["表"] = 1 } } },
    { "one of our names", '"read_time":1', { extra = { read_time = 1 } } },
    { "another case", '"Reading":1', { extra = { Reading = 1 } } },
    { "part of a key", '"readin":1,"readingx":2', { extra = { readin = 1, readingx = 2 } } },
    { "an empty key", '"":1', { extra = { [""] = 1 } } },
    { "bad bytes", '"x":"a\255b"', { invalid = { x = "a\255b" } } },
    { "bad bytes deep inside", '"x":["a\255b"]', { invalid = { x = '["a\255b"]' } } },
    { "bad bytes in a key inside", '"x":{"\255":1}', { invalid = { x = '{"\255":1}' } } },
    { "a bad key", '"\255":"y"', { invalid = { ["\255"] = "y" } } },
    { "a bad key with a number", '"\255":[1, 2]', { invalid = { ["\255"] = "[1, 2]" } } },
    { "half a surrogate pair", [["x":"\ud83d"]], { invalid = { x = [[\ud83d]] } } },
    { "an infinite number", '"x":1e999', { invalid = { x = "1e999" } } },
    { "the same twice", '"x":1,"x":1', { extra = { x = 1 } } },
    { "a key twice", '"x":1,"x":2', { extra = { x = 1, ["x (2)"] = 2 } } },
    { "a key three times", '"x":1,"x":2,"x":3', { extra = { x = 1, ["x (2)"] = 2, ["x (3)"] = 3 } } },
    { "a key twice, whose second name is there", '"a (2)":3,"a":1,"a":2',
      { extra = { a = 1, ["a (2)"] = 3, ["a (3)"] = 2 } } },
    { "a key twice, and then its second name", '"a":1,"a":2,"a (2)":3',
      { extra = { a = 1, ["a (2)"] = 2, ["a (2) (3)"] = 3 } } },
    { "a key twice inside", '"x":[{"a":1,"a":2,"a":1,"b":3,"a (3)":4}]',
      { extra = { x = { { a = 1, ["a (2)"] = 2, b = 3, ["a (3)"] = 4 } } } } },
    { "a key twice inside, whose second name is there", '"x":{"a (2)":[],"a":{},"a":{"a":null,"a":"b"}}',
      { extra = { x = { ["a (2)"] = {}, a = {}, ["a (3)"] = { a = core.null, ["a (2)"] = "b" } } } } },
  }
  for _, case in ipairs(cases) do
    it(case[1], function() assert.same(case[3], record("readings", case[2])) end)
  end

  it("keeps a number's own digits where decimals are text", function()
    local text = '[{"a":1812345678901234567,"b":123456789.123456,"c":[-0,{"d":1E5}],"e":1e999}]'
    assert.same({ extra = {
      a = "1812345678901234567", b = "123456789.123456", c = { "-0", { d = "1E5" } }, e = "1e999",
    } }, decode("readings", answer(text), "string").rows[1])
  end)

  it("keeps an integer that no Lua number holds as text", function()
    local row = record("readings", '"a":[9007199254740992,-9007199254740993,9223372036854775807,' ..
      '-9223372036854775808],"b":9223372036854775808,"c":-9223372036854775809,"d":1812345678901234567,"e":123456789.25')
    local function held(text) return math.type and math.tointeger(text) or text end
    assert.same({ extra = {
      a = { 9007199254740992, held "-9007199254740993", held "9223372036854775807", held "-9223372036854775808" },
      b = "9223372036854775808", c = "-9223372036854775809", d = held "1812345678901234567", e = 123456789.25,
    } }, row)
  end)

  it("leaves a time beyond the year 9999 as text", function()
    local text = "9999-12-31 24:00:00"
    assert.same({ invalid = { read_time = text } }, record("readings", ('"readTime":"%s"'):format(text)))
  end)

  it("belongs to its row", function()
    local rows = decode("readings", answer '[{"x":1},{"reading":2},{"x":3},{"reading":"?"},{}]').rows
    assert.same({ { extra = { x = 1 } }, { reading = 2 }, { extra = { x = 3 } }, { invalid = { reading = "?" } },
      {} }, rows)
  end)
end)

describe("decode: too much of what no field takes", function()
  local function cut(text, kept) return ("%s... (%d bytes)"):format(text:sub(1, kept or 1000), #text) end
  local function list(count) return "[" .. ("{},"):rep(count - 1) .. "{}]" end

  it("text: the beginning is kept", function()
    local most = 256 * 1024
    local fits, long, some = ("a"):rep(most), ("a"):rep(most + 1), ("a"):rep(1001)
    assert.same({ extra = { x = fits } }, record("readings", ('"x":"%s"'):format(fits)))
    assert.same({ invalid = { x = cut(long) } }, record("readings", ('"x":"%s"'):format(long)))
    assert.same({ invalid = { x = cut("[" .. long .. "]"):gsub("a", "1") } },
      record("readings", ('"x":[%s]'):format((long:gsub("a", "1")))))
    assert.same({ reading = 1, extra = { a = 1, x = fits, b = "c" }, invalid = { y = cut(fits), z = cut(some) } },
      record("readings", ('"a":1,"x":"%s","y":"%s","b":"c","z":"%s","reading":1'):format(fits, fits, some)))
    assert.same({ invalid = { reading = cut(long) } }, record("readings", ('"reading":"%s"'):format(long)))
  end)

  it("no character is cut, and other bytes are", function()
    local chinese, gbk = "ab" .. ("水"):rep(1e5), ("\177"):rep(3e5)
    assert.same({ invalid = { x = cut(chinese, 998) } }, record("readings", ('"x":"%s"'):format(chinese)))
    local held = record("readings", ('"x":"%s"'):format(gbk)).invalid.x
    assert.matches("^\177+%.%.%. %(300000 bytes%)$", held)
    assert.is_true(#held > 1000)
  end)

  it("values inside of others: they stay text", function()
    local all, more = list(999), list(1001)
    local row = record("readings", ('"more":%s,"x":{"y":%s},"z":[1],"a":1,"e":[]'):format(more, all))
    assert.equal(999, #row.extra.x.y)
    row.extra.x = nil
    assert.same({ extra = { a = 1, e = {} }, invalid = { more = more, z = "[1]" } }, row)
  end)

  it("members: they are counted", function()
    local members, extra = {}, {}
    for i = 1, 1000 do
      members[i], extra["k" .. i] = ('"k%d":%d'):format(i, i), i
    end
    local text = table.concat(members, ",")
    assert.same({ extra = extra, reading = 5 }, record("readings", text .. ',"reading":5,"empty":""'))
    assert.same({ extra = extra, reading = 6, invalid = { ["(left out)"] = "3 more fields" } },
      record("readings", text .. ',"reading":5,"reading":6,"x":[],"\255":1'))
  end)

  it("a key: the beginning is kept", function()
    local key = ("k"):rep(5000)
    assert.same({ extra = { [cut(key)] = 1, [cut(key) .. " (2)"] = 2 } },
      record("readings", ('"%s":1,"%s":2'):format(key, key)))
  end)

  it("belongs to its row", function()
    local row = ('{"x":"%s"}'):format(("a"):rep(2e5))
    local rows = decode("readings", answer(("[%s,%s]"):format(row, row))).rows
    assert.same(rows[1], rows[2])
    assert.equal(2e5, #rows[1].extra.x)
  end)
end)

describe("decode: repeated keys", function()
  local cases = {
    { "the same twice", "readings", '"tableNo":"1","tableNo":"1"', { meter_no = "1" } },
    { "the same as number and text", "readings", '"reading":1.50,"reading":"1.5"', { reading = 1.5 } },
    { "others: the last one counts", "readings", '"tableNo":"1","tableNo":"2"', { meter_no = "2",
      extra = { tableNo = "1" } } },
    { "three", "readings", '"tableNo":"1","tableNo":"2","tableNo":"3"',
      { meter_no = "3", extra = { tableNo = "1", ["tableNo (2)"] = "2" } } },
    { "both spellings", "consumption", '"amout":"1.5","amount":"2"', { amount = 2, extra = { amout = "1.5" } } },
    { "both, the other way", "consumption", '"amount":"2","amout":"1.5"', { amount = 1.5,
      extra = { amount = "2" } } },
    { "both spellings, alike", "consumption", '"amount":"2","amout":2.0', { amount = 2 } },
    { "both spellings of the type", "meters", '"typeType":"1","tableType":"2"',
      { meter_type = 2, kind = "water", type_name = "plain water meter", extra = { typeType = "1" } } },
    { "both spellings of the state", "meters", '"netStatis":"在线","netStatus":"不在线"',
      { online = false, extra = { netStatis = "在线" } } },
    { "one of them empty", "consumption", '"amount":"2","amout":""', { amount = 2 } },
    { "good, then bad", "readings", '"reading":"1","reading":"?"', { extra = { reading = "1" },
      invalid = { reading = "?" } } },
    { "bad, then good", "readings", '"reading":"?","reading":"1"', { reading = 1, extra = { reading = "?" } } },
    { "bad, then the same", "readings", '"reading":"?","reading":"?"', { invalid = { reading = "?" } } },
    { "bad, then good, beside a bad key of our name", "readings",
      '"read_time":"\255","readTime":"?","readTime":"1970-01-01 08:00:00"',
      { read_time = 0, extra = { readTime = "?" }, invalid = { read_time = "\255" } } },
    { "bad bytes, then good", "readings", '"imei":"\255","imei":"1"', { imei = "1", invalid = { imei = "\255" } } },
  }
  for _, case in ipairs(cases) do
    it(case[1], function() assert.same(case[4], record(case[2], case[3])) end)
  end

  it("do not disturb the next row", function()
    local row = '{"tableNo":"1","tableNo":"2","reading":"5"}'
    local rows = decode("readings", answer("[" .. row .. "," .. row .. ',{"tableNo":"2"},{"tableNo":"1"}]')).rows
    assert.same(rows[1], rows[2])
    assert.same({ { meter_no = "2" }, { meter_no = "1" } }, { rows[3], rows[4] })
  end)
end)
