-- Live listings beside the meter list: --with meters, and what it costs.
local cli = require "support.cli"
local scripted = require "support.scripted"
local simulator = require "support.simulator"

describe("--with meters", function()
  local platform, user, meters

  local function rows(arguments, status)
    local result = user:run(arguments .. " --interval 0")
    assert.equal(status or 0, result.status, result.err)
    return cli.rows(result), result
  end

  local function requests(work)
    local before = #platform:entries "meters"
    work()
    return #platform:entries "meters" - before
  end

  setup(function()
    platform = simulator.start { meters = 60, days = 10, interval = 0, offline = 0.2 }
    user = cli.user(platform.url)
    meters = {}
    for _, meter in ipairs(rows "meters") do meters[meter.meter_no] = meter end
  end)

  teardown(function()
    platform:stop()
    user:remove()
  end)

  it("adds what the meter list says, read once, to rows that keep what they say", function()
    for command, more in pairs { latest = "", readings = " --from -2d --to yesterday", camera = " --from -2d",
      consumption = " --from -2d --to yesterday", tou = " --from -2d --to yesterday" } do
      local alone = rows(command .. more)
      local found
      assert.equal(1, requests(function() found = rows(command .. more .. " --with meters") end))
      assert.equal(#alone, #found)
      assert.is_true(#found > 0)
      for index, row in ipairs(found) do
        local meter = meters[row.meter_no]
        for _, name in ipairs { "user_name", "user_code", "address", "house_number", "kind", "last_online" } do
          assert.equal(alone[index][name] or meter[name], row[name], command .. " " .. name)
        end
        for name, value in pairs(alone[index]) do assert.same(value, row[name]) end
      end
    end
  end)

  it("goes with columns, filters, numbers and a limit, and reads the list once all the same", function()
    local one = next(meters)
    local wanted = ("latest --with meters --fields meter_no,user_name,online --meter %s"):format(one)
    local list
    assert.equal(1, requests(function() list = rows(wanted) end))
    assert.same({ { meter_no = one, user_name = meters[one].user_name, online = meters[one].online } }, list)
    assert.equal(1, requests(function() list = rows "latest --with meters --kind water --limit 3" end))
    assert.equal(3, #list)
    for _, row in ipairs(list) do assert.equal("water", row.kind) end
    assert.equal(2, user:run("latest --fields user_name").status)
    assert.equal(2, user:run("meters --with meters").status)
    local header = user:run("latest --interval 0 --with meters --limit 1 --format csv").out:match "^[^\r]+"
    assert.equal("device_id,meter_no,reading,read_time,supply,project_code,device_name,address,meter_type,kind,"
      .. "type_name,last_online,online,user_code,user_name,house_number", header)
    assert.matches("user_name", user:run("latest --interval 0 --with meters --limit 1 --format table").out)
  end)

  it("narrows live listings by tenant and building", function()
    local one = meters[next(meters)]
    for _, row in ipairs(rows(("latest --with meters --tenant '%s'"):format(one.user_name))) do
      assert.equal(one.user_name, row.user_name)
    end
    local building = one.address:match "^[%z\1-\127\194-\244][\128-\191]*"
    for _, meter in ipairs(rows(("meters --building '%s'"):format(building))) do
      assert.equal(building, meter.address:sub(1, #building))
    end
    assert.same({}, (rows("meters --offline-for 9000w")))
  end)

  it("leaves a meter that is not listed, or twice, without", function()
    local answers = scripted.start [[
      local meter = '{"project_code":"P%s","deviceId":"D%s","tableNo":"%s","user_name":"%s"}'
      local row = '{"deviceId":"D%s","tableNo":"%s","reading":"1.00","readTime":"2025-06-01 00:00:00"}'
      if r.path:find("meterList", 1, true) then
        return c:send(ok("[" .. meter:format(1, 1, "01", "one") .. "," .. meter:format(1, 2, "02", "two") .. ","
          .. meter:format(2, 3, "02", "three") .. "]"))
      end
      c:send(ok("[" .. row:format(1, "01") .. "," .. row:format(2, "02") .. "," .. row:format(9, "02") .. ","
        .. row:format(4, "04") .. "]"))
    ]]
    local result = user:run("latest --with meters --interval 0 --format csv --fields meter_no,device_id,user_name",
      { IMR_BASE_URL = answers.url, IMR_STORE = "memory" })
    answers:stop()
    assert.equal("meter_no,device_id,user_name\r\n01,D1,one\r\n02,D2,two\r\n02,D9,\r\n04,D4,\r\n", result.out)
  end)

  it("is planned with its cost", function()
    local result = user:run "plan readings --with meters --meters 2500 --days 2 --format csv"
    assert.equal(0, result.status, result.err)
    local lines = {}
    for line in result.out:gmatch "[^\r\n]+" do lines[#lines + 1] = line end
    assert.matches("^meters,project,,3,2500,", lines[2])
    assert.matches("^readings,project,,6,5000,", lines[3])
    assert.matches("^all,one after the other,,9,7500,", lines[#lines])
    for _, arguments in ipairs { "plan --with meters", "plan meters --with meters", "plan sync --with meters" } do
      assert.equal(2, user:run(arguments .. " --meters 5 --days 2").status, arguments)
    end
  end)
end)
