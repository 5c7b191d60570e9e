-- Answers that are hostile as JSON, over HTTP: a clear error or an exact row, in little memory; the next call works.
local hostile = require "support.hostile"

local function data(text)
  return ([['{"code":200,"msg":"ok","data":' .. %s .. '}']]):format(text)
end

local function row(fields)
  return data(([==[[=[[{"tableNo":"001",%s}]]=]]==]):format(fields))
end

-- name, the body as a Lua expression of the server's, pattern of the error
local refused = {
  { "lists 10,000 deep", data '("["):rep(10000) .. ("]"):rep(10000)', "not a record" },
  { "objects 10,000 deep", data [['[{"deviceId":' .. ('{"a":'):rep(10000) .. "1" .. ("}"):rep(10000) .. "}]"]],
    "nested too deeply" },
  { "10,000 deep below a key that nobody knows",
    data [['[{"deviceId":"1","new":' .. ("["):rep(10000) .. ("]"):rep(10000) .. "}]"]], "nested too deeply" },
  { "10,000 lists around the answer", '("["):rep(10000)', "not an object" },
  { "a string larger than max_body", data [['[{"deviceId":"' .. ("x"):rep(1100000) .. '"}]']],
    "is larger than max_body" },
  { "a string that never ends", [['{"code":200,"data":[{"deviceId":"' .. ("x"):rep(900000)]], "invalid JSON" },
  { "a raw NUL byte in a string", data [['[{"deviceId":"1\0"}]']], "control character in a string" },
  { "a NUL byte behind the answer", data '"[]"' .. [[ .. "\0"]], "something follows the end" },
  { "NUL bytes only", [[("\0"):rep(1000)]], "invalid JSON" },
  { "two codes", [['{"code":1001,"code":200,"data":[]}']], "two codes" },
  { "two lists of rows", [['{"code":200,"data":[{"deviceId":"1"}],"data":[]}']], "data twice" },
  { "a code of 400 digits", [['{"code":' .. ("2"):rep(400) .. ',"data":[]}']], "code is not a number" },
  { "a code that is an object", [['{"code":{"code":200},"data":[]}']], "code" },
  { "a number that is none", data [['[{"reading":NaN}]']], "invalid JSON" },
}

-- name, fields of a row, what the row has to hold
local kept = {
  { "an escaped NUL", [["deviceId":"1\u0000x"]], { device_id = "1\0x" } },
  { "a lone surrogate", [["deviceId":"a\ud800b"]], { invalid = { device_id = "a\\ud800b" } } },
  { "bytes that are no UTF-8", '"deviceId":"\255\254"', { invalid = { device_id = "\255\254" } } },
  { "a key twice", [["deviceId":"1","deviceId":"2"]], { device_id = "2", extra = { deviceId = "1" } } },
  { "an integer of 400 digits", [["tableType":]] .. ("9"):rep(400), { invalid = { meter_type = ("9"):rep(400) } } },
  { "a key that Lua knows", [["__index":"x","__gc":"y"]], { extra = { __index = "x", __gc = "y" } } },
}

describe("a platform that answers with", function()
  local platform

  after_each(function()
    if platform then platform:stop() end
    platform = nil
  end)

  local function start(body)
    platform = hostile.start(("c:send(answer(%s))"):format(body))
  end

  for _, case in ipairs(refused) do
    it(case[1] .. " fails clearly, and the next call works", function()
      start(case[2])
      local read, err = platform:read()
      assert.is_nil(read)
      assert.same({ "protocol", "maybe" }, { err.kind, err.executed })
      assert.is_truthy(err.message:find(case[3]), err.message)
      assert.is_true(#err.message < 500)
      local outcome, command_err = platform:command()
      assert.is_nil(outcome)
      assert.same({ "unknown_outcome", "maybe", false },
        { command_err.kind, command_err.executed, command_err.retryable })
      platform:assert_recovered()
    end)
  end

  for _, case in ipairs(kept) do
    it(case[1] .. " loses nothing of the row", function()
      start(row(case[2]))
      local read = assert(platform:read())
      assert.equal("001", read.meter_no)
      for field, value in pairs(case[3]) do assert.same(value, read[field]) end
      assert.equal("accepted", assert(platform:command()).state)
      platform:assert_recovered()
    end)
  end

  it("rows that are null fails clearly; a command's answer has no rows to look at", function()
    start(data [['[' .. ("null,"):rep(100000) .. "{}]"]])
    local read, err = platform:read()
    assert.is_nil(read)
    assert.is_truthy(err.message:find("null, not a record", 1, true), err.message)
    assert.equal("accepted", assert(platform:command()).state)
    platform:assert_recovered()
  end)

  it("a decimal of 400 digits gives them all", function()
    local digits = ("123456789"):rep(45) .. ".5"
    for _, spelling in ipairs { digits, '"' .. digits .. '"' } do
      platform = hostile.start(("c:send(answer(%s))"):format(data(([==['[{"tableNo":"001","reading":%s}]']==])
        :format(spelling))), { decimals = "string" })
      local read = assert(platform.client:latest_readings({ page_size = 5 }):next())
      assert.equal(digits, read.reading)
      platform:stop()
      platform = nil
    end
  end)

  -- Small bytes, many tables: what max_body lets in may cost some thirty times as much.
  it("a hundred thousand empty rows costs no more than they must", function()
    start(data [['[' .. ("{},"):rep(100000) .. "{}]"]])
    local read, err = platform:read()
    assert.same({ nil, "protocol" }, { read, err.kind }) -- they are no meters
    assert.equal("accepted", assert(platform:command()).state)
    platform:assert_recovered()
  end)
end)
