-- Rows are records of the endpoint that was asked, or the answer is to another request.
local codec = require "imr.client.codec"
local schema = require "imr.schema"
local world = require "support.world"
local cjson = require "cjson"

local function misfit(endpoint, data)
  return assert(codec.decode(endpoint, ('{"code":200,"data":%s}'):format(data), "number", 28800)).misfit
end

-- A row with every key of an endpoint: each with a value, or each null.
local function row_of(endpoint, value)
  local parts = {}
  for _, field in ipairs(endpoint.fields) do parts[#parts + 1] = ('"%s":%s'):format(field.wire[1], value) end
  return "{" .. table.concat(parts, ",") .. "}"
end

local listings = {}
for _, endpoint in ipairs(schema.describe()) do
  if endpoint.listing then listings[#listings + 1] = endpoint end
end

describe("rows", function()
  for _, asked in ipairs(listings) do
    for _, answered in ipairs(listings) do
      it(("of %s for %s"):format(answered.name, asked.name), function()
        for _, value in ipairs { '"1"', "null" } do
          local row = row_of(answered, value)
          for _, form in ipairs { "[%s]", "[%s,%s,%s]", "%s" } do
            assert.equal(asked ~= answered, misfit(asked.name, (form:gsub("%%s", function() return row end))))
          end
        end
      end)
    end

    it(("of nobody for %s"):format(asked.name), function()
      for _, data in ipairs { "[{}]", "[{},{}]", '[{"x":1}]', '{"x":1}', '[{"admin_user_name":"x"}]' } do
        assert.is_true(misfit(asked.name, data), data)
      end
      for _, data in ipairs { "[]", "{}", "null", '""' } do assert.is_false(misfit(asked.name, data), data) end
    end)

    it(("with extra keys, and with one that is no record, for %s"):format(asked.name), function()
      local row = row_of(asked, '"1"')
      local extra = row:sub(1, -2) .. ',"onlineAt":"x","dosage":1,"imageUrl":"x","voltA":1,"imei":"2","new":{}}'
      assert.is_false(misfit(asked.name, "[" .. extra .. "]"))
      assert.is_false(misfit(asked.name, "[{}," .. row .. ',{"x":1}]'))
    end)
  end

  local few = {
    { "meters", '[{"deviceId":"1","tableNo":"001"}]', false }, { "meters", '[{"deviceId":"1"}]', false },
    { "readings", '[{"deviceId":"1","tableNo":"001"}]', true }, { "readings", '[{"reading":1}]', false },
    { "readings", '[{"deviceId":"1","readTime":null}]', false },
    { "latest_readings", '{"deviceId":"1","tableNo":"001"}', false },
    { "latest_readings", '{"deviceId":"1","tableNo":"001","tableAddress":"x"}', true },
    { "latest_readings", '[{"deviceId":"1","tableNo":"001","gate":"x"}]', true },
    { "consumption", '[{"tableNo":"1","amout":1}]', false }, { "tou_readings", '[{"tableNo":"1"}]', true },
    { "camera_readings", '[{"imageUrl":"x"}]', false },
  }
  for _, case in ipairs(few) do
    it(("with few keys for %s: %s"):format(case[1], case[2]), function()
      assert.equal(case[3], misfit(case[1], case[2]))
    end)
  end

  it("of a failed call are not looked at", function()
    assert.is_nil(assert(codec.decode("meters", '{"code":1001,"data":[{}]}', "number", 0)).misfit)
  end)
end)

describe("a client that is given another endpoint's rows", function()
  local METERS = cjson.encode { { deviceId = "1", tableNo = "001", tableAddress = "x", gate = "合闸", user_name = "y" } }

  local function answered(path, body, call)
    return world.run({ on_request = function(request)
      if request.path:find(path, 1, true) then return { body = body } end
    end }, function(new)
      local result, err = call(new:client { retries = 2, prefetch = 0 }, new)
      return { result = result, err = err, requests = #world.entries(new, "readings") }
    end)
  end

  it("does not take them for a listing, and asks again", function()
    local found = answered("readMeterList", ('{"code":200,"data":%s,"totalCount":1}'):format(METERS), function(client)
      local cursor = client:readings { from = "2025-07-06", to = "2025-07-08" }
      local rows, err = cursor:collect()
      assert.is_false(cursor.report.complete)
      return rows, err
    end)
    assert.is_nil(found.result)
    assert.same({ "protocol", true, "maybe", 3 },
      { found.err.kind, found.err.retryable, found.err.executed, found.requests })
    assert.matches("the answer is to another request", found.err.message, 1, true)
  end)

  it("takes a command's success whatever its data: there is nothing to look at", function()
    for _, data in ipairs { '""', "null", "[]", "{}", '"操作成功"', "17", METERS } do
      local found = answered("meterInstruct", ('{"code":200,"data":%s}'):format(data), function(client, new)
        return client:disconnect(new.platform:meter(1).device)
      end)
      assert.equal("accepted", found.result and found.result.state, data)
    end
  end)
end)
