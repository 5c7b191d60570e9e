local schema = require "imr.schema"

-- What the platform documents, written a second time: name, path, record, parameters and fields.
-- A parameter is "name>wire", with "!" where it is required; a field "name:type<wire", with the other spelling
-- behind a "|".
local documented = {
  { "login", "/user/login", nil, "username!>admin_user_name password!>api_password", "" },
  { "meters", "/meter/meterList", "Meter", "page>pageNo page_size!>pageSize",
    "project_code:str<project_code device_id:str<deviceId device_name:str<deviceName meter_no:str<tableNo " ..
    "address:str<tableAddress meter_type:int<tableType|typeType last_online:time<onlineAt " ..
    "online:enum<netStatis|netStatus supply:enum<gate user_code:str<user_code user_name:str<user_name " ..
    "house_number:str<house_number" },
  { "latest_readings", "/meter/readMeter", "LatestReading", "meter>tableNo page>pageNo page_size!>pageSize",
    "device_id:str<deviceId meter_no:str<tableNo reading:dec<reading read_time:time<readTime supply:enum<gate" },
  { "readings", "/meter/readMeterList", "Reading",
    "meters>tableNo from!>BeginDate to!>EndDate page>pageNo page_size!>pageSize",
    "device_id:str<deviceId meter_no:str<tableNo reading:dec<reading read_time:time<readTime imei:str<imei " ..
    "user_code:str<user_code address:str<tableAddress device_name:str<deviceName" },
  { "consumption", "/meter/readMeterDataList", "Consumption",
    "granularity!>type meter>tableNo from!>BeginDate to!>EndDate page>pageNo page_size!>pageSize",
    "project_code:str<project_code device_id:str<deviceId meter_no:str<tableNo reading:dec<reading " ..
    "read_time:time<readTime usage:dec<dosage amount:dec<amount|amout meter_type:int<type" },
  { "instruct", "/meter/meterInstruct", nil, "device_id!>deviceId command!>type", "" },
  { "tou_readings", "/meter/peaksValleysRead", "TouReading",
    "meters>tableNo from!>BeginDate to!>EndDate page>pageNo page_size!>pageSize",
    "project_code:str<project_code device_id:str<deviceId meter_no:str<tableNo reported_at:time<createTime " ..
    "freeze_time:time<freezeTime energy_total:dec<positiveActivePower energy_sharp:dec<positiveActivePower1 " ..
    "energy_peak:dec<positiveActivePower2 energy_flat:dec<positiveActivePower3 " ..
    "energy_valley:dec<positiveActivePower4 voltage_a:dec<voltA " ..
    "voltage_b:dec<voltB voltage_c:dec<voltC current_a:dec<electricA current_b:dec<electricB " ..
    "current_c:dec<electricC active_power:dec<totalActivePower active_power_a:dec<activePowerA " ..
    "active_power_b:dec<activePowerB active_power_c:dec<activePowerC reactive_power:dec<totalReactivePower " ..
    "reactive_power_a:dec<reactivePowerA reactive_power_b:dec<reactivePowerB reactive_power_c:dec<reactivePowerC" },
  { "camera_readings", "/meter/cameraRead", "CameraReading",
    "meters>tableNo from!>BeginDate to!>EndDate page>pageNo page_size!>pageSize",
    "project_code:str<project_code meter_no:str<tableNo read_time:time<imageReadTime image_status:str<imageStatus " ..
    "image_url:str<imageUrl reading:dec<basicReading" },
}

local function params_of(endpoint)
  local list = {}
  for i, param in ipairs(endpoint.params) do
    list[i] = param.name .. (param.required and "!" or "") .. ">" .. param.wire
  end
  return table.concat(list, " ")
end

local function fields_of(endpoint)
  local list = {}
  for i, field in ipairs(endpoint.fields) do
    list[i] = field.name .. ":" .. field.type .. "<" .. table.concat(field.wire, "|")
  end
  return table.concat(list, " ")
end

describe("imr.schema", function()
  local described = schema.describe()

  it("has eight endpoints", function() assert.equal(#documented, #described) end)

  for i, expected in ipairs(documented) do
    it("describes " .. expected[1], function()
      local endpoint = described[i]
      assert.equal(expected[1], endpoint.name)
      assert.equal(expected[2], endpoint.path)
      assert.equal(expected[3], endpoint.record)
      assert.equal(expected[4], params_of(endpoint))
      assert.equal(expected[5], fields_of(endpoint))
      assert.equal(expected[3] ~= nil, endpoint.listing)
      assert.equal(expected[1] == "instruct", endpoint.command)
    end)
  end

  it("has no name twice in a record", function()
    for _, endpoint in ipairs(described) do
      local seen = { extra = true, invalid = true, kind = true, type_name = true, image_ok = true }
      for _, field in ipairs(endpoint.fields) do
        assert.is_nil(seen[field.name], endpoint.name .. "." .. field.name)
        seen[field.name] = true
      end
      assert.is_true(#endpoint.fields <= 40)
    end
  end)

  it("gives a new table each time", function()
    schema.describe()[1].name = "changed"
    assert.equal("login", schema.describe()[1].name)
  end)
end)

describe("the meter types", function()
  local types = schema.meter_types()
  local electricity = { 1, 3, 5, 7, 9, 11, 13, 15, 16, 18, 21, 26, 30, 42, 43, 46, 48 }
  local water = { 2, 4, 6, 8, 10, 12, 14, 17, 19, 20, 22, 23, 24, 27, 28, 31, 32, 35, 36, 37, 38, 39, 40, 41, 44, 45,
    47, 49 }

  it("knows the kind of every documented type, and no other", function()
    local count = 0
    for _, number in ipairs(electricity) do assert.equal("electricity", types[number].kind) end
    for _, number in ipairs(water) do assert.equal("water", types[number].kind) end
    for _ in pairs(types) do count = count + 1 end
    assert.equal(#electricity + #water, count)
  end)

  it("are new tables each time", function()
    schema.meter_types()[1].kind = "changed"
    assert.equal("electricity", schema.meter_types()[1].kind)
  end)

  it("names those that the platform names", function()
    local named = { [26] = true, [27] = true, [28] = true, [30] = true, [31] = true }
    for number = 1, 24 do named[number] = true end
    local names = {}
    for number, type in pairs(types) do
      assert.equal(named[number] or false, type.name ~= nil)
      assert.equal(named[number] or false, type.name_zh ~= nil)
      if type.name then
        assert.is_nil(names[type.name], type.name)
        names[type.name] = true
      end
    end
    assert.equal("NB-IoT terminal water meter", types[31].name)
    assert.equal("NB终端水表", types[31].name_zh)
    assert.equal("4G electricity meter", types[5].name)
  end)

  it("names the kind in the Chinese name too", function()
    for _, type in pairs(types) do
      if type.name_zh then
        assert.is_truthy(type.name_zh:find(type.kind == "water" and "水表" or "电表", 1, true))
        assert.is_truthy(type.name:find(type.kind .. " meter", 1, true))
      end
    end
  end)
end)
