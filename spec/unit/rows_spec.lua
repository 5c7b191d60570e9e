local decoding = require "support.decoding"
local random_of = require "support.random"

local decode, answer = decoding.decode, decoding.answer

describe("decode: rows that differ in shape", function()
  local rows = {
    '{"deviceId":"1","tableNo":"1","reading":"1.0"}',
    '{"deviceId":"1","tableNo":"1","reading":"1.0"}',
    '{ "tableNo" : "1" , "deviceId" : "1" , "reading" : 1.0 }',
    '{"deviceId":"2","tableNo":"1"}',
    '{"reading":"2.0","x":1,"deviceId":"1"}',
    "{}",
    '{"deviceId":1,"tableNo":"","reading":null}',
    '{\n  "deviceId": "12",\n  "tableNo": "2"\n}',
    '{"deviceId":"1","tableNo":"1","reading":"1.0","imei":"9"}',
  }
  local expected = {
    { device_id = "1", meter_no = "1", reading = "1.0" }, { device_id = "1", meter_no = "1", reading = "1.0" },
    { device_id = "1", meter_no = "1", reading = "1.0" }, { device_id = "2", meter_no = "1" },
    { device_id = "1", reading = "2.0", extra = { x = "1" } }, {}, { device_id = "1" }, { device_id = "12",
      meter_no = "2" },
    { device_id = "1", meter_no = "1", reading = "1.0", imei = "9" },
  }

  it("are read alike in every order", function()
    for shift = 0, #rows - 1 do
      local texts, wanted = {}, {}
      for i = 1, #rows do
        texts[i] = rows[(i * 4 + shift) % #rows + 1]
        wanted[i] = expected[(i * 4 + shift) % #rows + 1]
      end
      assert.same(wanted, decode("readings", answer("[" .. table.concat(texts, ",") .. "]"), "string").rows)
    end
  end)

  it("may have their keys in any order, some of them missing, bad or twice", function()
    local random = random_of(7)
    -- Our name, the text of the members, what they give.
    local function members(row)
      local list = {
        { "reading", ('"reading":"%d.5"'):format(row), row + 0.5 },
        { "read_time", ('"readTime":"1970-01-01 08:%02d:%02d"'):format(math.floor(row / 60), row % 60), row },
      }
      for ours, wire in pairs { device_id = "deviceId", meter_no = "tableNo", imei = "imei", user_code = "user_code",
        address = "tableAddress", device_name = "deviceName" } do
        local value = wire .. math.floor(row / random(3))
        table.insert(list, { ours, ('"%s":"%s"'):format(wire, value), value })
      end
      return list
    end
    local texts, wanted = {}, {}
    for row = 1, 500 do
      local parts, expect = {}, {}
      for _, member in ipairs(members(row)) do
        local name, text, value, fate = member[1], member[2], member[3], random(8)
        if fate == 1 then
          text, value = text:gsub(":.*", ":null"), nil
        elseif fate == 2 and name == "read_time" then
          text, value = '"readTime":"bad"', nil
          expect.invalid = { read_time = "bad" }
        elseif fate == 2 and name == "reading" then
          text = '"reading":"bad",' .. text
          expect.extra = { reading = "bad" }
        end
        expect[name] = value
        table.insert(parts, random(#parts + 1), text)
      end
      texts[row], wanted[row] = "{" .. table.concat(parts, ",") .. "}", expect
    end
    assert.same(wanted, decode("readings", answer("[" .. table.concat(texts, ",") .. "]")).rows)
  end)

  -- Few words, so that much comes again: rows that are the same for a while, then differ in a member or two.
  it("are read as each of them alone", function()
    local random = random_of(11)
    local keys = { "deviceId", "tableNo", "imei", "user_code", "tableAddress", "x", "reading", "readTime" }
    local values = { '""', '"a"', '"b"', '"a long text that is the same"', '"a long text that is not so"', "null",
      '"12345.67"', '"2025-01-01 00:00:00"', '"\\u0061"', "12", '"1234567.89"', '"12345678.9"' }
    local function member() return ('"%s":%s'):format(keys[random(#keys)], values[random(#values)]) end
    local members, texts, wanted = {}, {}, {}
    for row = 1, 6000 do
      if random(5) == 1 then members[random(#keys + 2)] = member() end
      if random(60) == 1 then members = {} end
      local parts = {}
      for place = 1, #keys + 2 do parts[#parts + 1] = members[place] end
      texts[row] = "{" .. table.concat(parts, ",") .. "}"
    end
    local read = decode("readings", answer("[" .. table.concat(texts, ",") .. "]"), "string").rows
    for row, text in ipairs(texts) do
      wanted[row] = wanted[row - 1] and text == texts[row - 1] and wanted[row - 1]
        or decode("readings", answer("[" .. text .. "]"), "string").rows[1]
      assert.same(wanted[row], read[row], text)
    end
  end)

  -- The members behind `reading` are compared in one go, from the second one on, or from the first one where it is
  -- empty. Each of the rows at the end looks like the ones at the beginning.
  local function same_as_alone(between)
    local first = '{"reading":"1","deviceId":"d","tableNo":"t","imei":"i"}'
    local texts = { first, first, first, first }
    for _, text in ipairs(between) do texts[#texts + 1] = text end
    texts[#texts + 1] = first
    for row, record in ipairs(decode("readings", answer("[" .. table.concat(texts, ",") .. "]")).rows) do
      assert.same(decode("readings", answer("[" .. texts[row] .. "]")).rows[1], record, texts[row])
    end
  end

  it("may have another key where many members came again", function()
    local other = '{"reading":"","deviceId":"d","tableNo":"t","user_code":"u"}'
    same_as_alone { other }
    same_as_alone { other, other, other }
  end)

  it("may have another value there", function()
    local other = '{"reading":"","deviceId":"d","tableNo":"t","imei":"j"}'
    same_as_alone { other }
    same_as_alone { other, other, other }
  end)

  it("may have the value earlier, beside another one", function()
    same_as_alone { '{"imei":"i","deviceId":"d","tableNo":"t","imei":"i"}' }
    same_as_alone { '{"imei":"j","deviceId":"d","tableNo":"t","imei":"i"}' }
  end)

  it("may have a field twice, once of them empty", function()
    local row = '{"netStatis":"在线","netStatus":""}'
    local last = '{"netStatis":"在线","netStatus":"","netStatis":"不在线"}'
    local rows_text = answer("[" .. (row .. ","):rep(5) .. last .. "]")
    assert.same(decode("meters", answer("[" .. last .. "]")).rows[1], decode("meters", rows_text).rows[6])
  end)

  it("with few fields are small tables", function()
    local function size(row)
      local body = answer("[" .. row .. ("," .. row):rep(9999) .. "]")
      collectgarbage()
      collectgarbage()
      local before = collectgarbage("count")
      local result = decode("tou_readings", body)
      collectgarbage()
      collectgarbage()
      assert.equal(10000, #result.rows)
      return (collectgarbage("count") - before) * 1024 / 10000
    end
    assert.is_true(size "{}" < 120)
    assert.is_true(size '{"voltA":1}' < 200)
  end)

  it("may have hundreds of keys", function()
    local members, extra = {}, {}
    for i = 1, 300 do
      members[i] = ('"k%d":%d'):format(i, i)
      extra["k" .. i] = i
    end
    table.insert(members, 250, '"reading":"5"')
    local row = "{" .. table.concat(members, ",") .. "}"
    local result = decode("readings", answer("[" .. row .. "," .. row .. "]"))
    assert.same({ reading = 5, extra = extra }, result.rows[1])
    assert.same({ reading = 5, extra = extra }, result.rows[2])
  end)

  it("may be many", function()
    local list = {}
    for i = 1, 3000 do list[i] = ('{"tableNo":"%07d","reading":%d.5}'):format(i % 7, i) end
    local result = decode("readings", answer("[" .. table.concat(list, ",") .. "]"))
    assert.equal(3000, #result.rows)
    assert.equal(8 * 3000, #result.ids)
    for i, row in ipairs(result.rows) do
      if row.meter_no ~= ("%07d"):format(i % 7) or row.reading ~= i + 0.5 then error(i) end
    end
  end)
end)
