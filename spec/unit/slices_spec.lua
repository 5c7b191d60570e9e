-- Decoding in slices gives what decoding at once gives, wherever the cuts fall.
local codec = require "imr.client.codec"
local schema = require "imr.schema"
local random_of = require "support.random"

local CHINA = 8 * 3600

local function at_once(endpoint, body, decimals)
  return codec.decode(endpoint, body, decimals, CHINA)
end

local function sliced(endpoint, body, decimals, size, between)
  local decoder, slices = codec.decoder(endpoint, body, decimals, CHINA), 1
  local answer, problem = decoder:read(size())
  while answer == false do
    if between then between() end
    slices = slices + 1
    answer, problem = decoder:read(size())
  end
  return answer, problem, slices
end

local function fixed(size) return function() return size end end

local random = random_of(11)

local rows = {
  '{"deviceId":"1","tableNo":"0042","reading":"346.90","readTime":"2023-04-22 10:31:53","tableAddress":"7\\u680b"}',
  '{"deviceId":"1","tableNo":"0042","reading":"347.10","readTime":"2023-04-22 10:31:53","x":{"y":[1,true,null]}}',
  '{"deviceId":"2","tableNo":"0042","reading":"?","readTime":""}', "{}", ' { "reading" : 1e2 , "imei" : "\255" } ',
  '{"reading":"5","reading":"6","tableNo":"7"}', '{"tableNo":"7","reading":"6","kind":"a]}[{"}',
}

local function many(count)
  local list = {}
  for index = 1, count do list[index] = rows[random(#rows)] end
  return "[" .. table.concat(list, ",") .. "]"
end

local function bodies(data)
  return {
    '{"code":200,"msg":"ok","data":' .. data .. ',"totalCount":7}',
    '{"data":' .. data .. ',"totalCount":"7","code":"200"}',
    '{"data": ' .. data .. ',"code":1006,"msg":"no"}',
    '{"x":[[]],"code":200,"data":' .. data .. ',"data":[]}',
    '{"data":' .. data .. "}",
  }
end

local function assert_same_as_at_once(endpoint, body, decimals, size)
  local answer, problem = at_once(endpoint, body, decimals)
  local other, other_problem = sliced(endpoint, body, decimals, size)
  assert.same({ answer, problem }, { other, other_problem })
end

describe("decoder", function()
  it("gives the same answer for every size of a slice", function()
    for index, body in ipairs(bodies(many(12))) do
      for size = 1, #body + 1, index < 3 and 7 or 31 do
        assert_same_as_at_once("readings", body, index % 2 == 0 and "string" or "number", fixed(size))
      end
    end
  end)

  it("gives the same answer for slices of all sizes, mixed, for every endpoint", function()
    local function any() return random(400) end
    for _, endpoint in ipairs(schema.describe()) do
      for _, data in ipairs { many(40), '{"reading":1}', '"text"', "null", "5", "[]", "[{},5]", '"\255"' } do
        for _, body in ipairs(bodies(data)) do assert_same_as_at_once(endpoint.name, body, "string", any) end
      end
    end
  end)

  it("gives the same problem for every truncation", function()
    for _, body in ipairs { bodies(many(6))[1], bodies(many(6))[2] } do
      for length = 0, #body - 1 do
        assert_same_as_at_once("readings", body:sub(1, length), "number", fixed(random(80)))
      end
    end
  end)

  it("gives the same answer or problem for changed bytes", function()
    local text = bodies(many(8))
    for _ = 1, 800 do
      local body = text[random(2)]
      local at = random(#body)
      body = body:sub(1, at - 1) .. string.char(random(256) - 1) .. body:sub(at + 1)
      assert_same_as_at_once("readings", body, "number", fixed(random(200)))
    end
  end)

  -- Values that take more than one slice, and a row that does.
  local function big()
    local members = { '"tableNo":"1"' }
    for index = 2, 300 do
      members[index] = ('"k%d":%d'):format(index % 120, index)
      if index % 7 == 0 then members[index] = ('"reading":"%d"'):format(index % 5) end
      if index % 31 == 0 then members[index] = '"readTime":"1970-01-01 08:00:00"' end
    end
    local text = ("a"):rep(4090) .. "\\u6c34\\n水表\\ud83d\\ude00" .. ("水"):rep(1500) .. "]}"
    return {
      '"' .. text .. '"', '["' .. text .. '",{"a":[1,-2.5e3,true,null,"' .. text .. '"],"b":{}},[[[]]]]',
      '"' .. ("\255"):rep(5000) .. '"', '[{"\255":1},"' .. text .. '"]', "[" .. ("[],"):rep(2000) .. '{"x":{"x":1}}]',
      "{" .. table.concat(members, ",") .. "}",
    }
  end

  local function big_bodies(value)
    local row = ('{"tableNo":"1","x":%s,"tableAddress":%s,"reading":%s,"x":%s,"imei":"2"}'):gsub("%%s",
      (value:gsub("%%", "%%%%")))
    return {
      ('{"code":200,"data":[{"imei":"1"},%s,{"imei":"3"}]}'):format(row), ('{"code":200,"data":%s}'):format(row),
      ('{"data": %s ,"x":%s,"msg":%s,"totalCount":%s,"code":"200"}'):format(row, value, value, value),
      ('{"code":1009,"data":%s}'):format(value), ('{"x":1,"code":%s}'):format(value),
      ('{"code":200,"data":%s}'):format(value), ('{"code":200,"data":[%s]}'):format(value),
    }
  end

  it("gives the same answer for slices that end inside of values and rows", function()
    local function any() return random(3000) end
    for _, value in ipairs(big()) do
      for index, body in ipairs(big_bodies(value)) do
        for _, size in ipairs { any, fixed(97), fixed(1000), fixed(5000) } do
          assert_same_as_at_once(index % 2 == 0 and "meters" or "readings", body, "string", size)
        end
        for _ = 1, 10 do
          assert_same_as_at_once("readings", body:sub(1, random(#body)), "number", any)
        end
      end
    end
  end)

  it("cuts neither a value nor a row: a slice ends where one does", function()
    for _, value in ipairs(big()) do
      local answer, _, slices = sliced("readings", ('{"code":200,"data":[{"imei":"1"},{"imei":%s},{"x":%s}]}'):format(
        '"2"', value), "string", fixed(1))
      assert.equal(3, #answer.rows)
      assert.equal(5, slices) -- one for each row, for what is before them, and for what is behind
    end
  end)

  it("keeps what it has over full collections, between big rows", function()
    for _, value in ipairs(big()) do
      for _, body in ipairs(big_bodies(value)) do
        local answer, problem = sliced("readings", body, "string", fixed(4000), collectgarbage)
        assert.same({ at_once("readings", body, "string") }, { answer, problem })
      end
    end
  end)

  it("pauses where it should: usual rows are not cut, and no slice holds more than one beyond its size", function()
    local body = '{"code":200,"data":[' .. ("{},"):rep(99) .. "{}]}"
    local answer, _, slices = sliced("readings", body, "number", fixed(30))
    assert.equal(100, #answer.rows)
    assert.equal(math.ceil(#body / 30), slices)
    local _, _, late = sliced("readings", '{"data":[' .. ("{},"):rep(99) .. '{}],"code":200}', "number", fixed(30))
    assert.equal(11, late) -- skipped in the first one, then decoded
    local _, _, whole = sliced("readings", body, "number", fixed(#body))
    assert.equal(1, whole)
  end)

  it("keeps what it needs over full collections, and nothing else", function()
    local body = bodies(many(300))[1]
    assert.same(at_once("readings", body, "string"), (sliced("readings", body, "string", fixed(500), collectgarbage)))
    local function used()
      collectgarbage()
      collectgarbage()
      return collectgarbage "count"
    end
    local before = used()
    for _ = 1, 200 do codec.decoder("readings", body, "number", CHINA):read(3000) end
    assert.is_true(used() < before + 50)
  end)

  it("of two at a time, neither minds the other", function()
    local one, two = bodies(many(30))[1], bodies(many(30))[2]
    local decoder = codec.decoder("meters", one, "number", CHINA)
    local answer
    local other = sliced("readings", two, "string", fixed(100), function() answer = answer or decoder:read(150) end)
    while not answer do answer = decoder:read(150) end
    assert.same(at_once("meters", one, "number"), answer)
    assert.same(at_once("readings", two, "string"), other)
  end)

  it("works in whichever coroutine it is called", function()
    local body = bodies(many(30))[1]
    local decoder = codec.decoder("readings", body, "number", CHINA)
    local answer = false
    while not answer do answer = coroutine.wrap(decoder.read)(decoder, 100) end
    assert.same(at_once("readings", body, "number"), answer)
  end)

  it("raises after its end, and for sizes that are none", function()
    local decoder = codec.decoder("readings", "{}", "number", CHINA)
    for _, size in ipairs { 0, -1, 0 / 0, 1e300 } do
      assert.has_error(function() decoder:read(size) end)
    end
    assert.has_error(function() decoder:read() end)
    assert.is_nil((decoder:read(5)))
    assert.error_matches(function() decoder:read(5) end, "come to its end")
    assert.has_error(function() decoder.read({}, 5) end)
    assert.has_error(function() codec.decoder("reading", "{}", "number", CHINA) end)
  end)
end)
