local calls = require "support.calls"
local cjson = require "cjson"
local timing = require "support.timing"

local function hundredths(value)
  local number = tonumber(value) * 100
  local whole = math.floor(number + 0.5)
  assert.is_true(math.abs(number - whole) < 1e-4, tostring(value) .. " has more than two decimals")
  return whole
end

local function collect(caller, name, parameters, size)
  local rows, page = {}, 0
  repeat
    page = page + 1
    parameters.pageNo, parameters.pageSize = page, size
    local data = caller:call(name, parameters).data
    for _, row in ipairs(data) do
      rows[#rows + 1] = row
    end
  until #data == 0
  return rows
end

describe("the simulated platform's", function()
  describe("listings", function()
    it("show the vendor's keys in its types", function()
      local expected = {
        meters = "deviceId deviceName gate house_number netStatis onlineAt project_code tableAddress tableNo tableType "
          .. "user_code user_name",
        latest = "deviceId gate readTime reading tableNo",
        readings = "deviceId deviceName imei readTime reading tableAddress tableNo user_code",
        consumption = "amout deviceId dosage project_code readTime reading tableNo type",
        tou = "activePowerA activePowerB activePowerC createTime deviceId electricA electricB electricC freezeTime "
          .. "positiveActivePower positiveActivePower1 positiveActivePower2 positiveActivePower3 positiveActivePower4 "
          .. "project_code reactivePowerA reactivePowerB reactivePowerC tableNo totalActivePower totalReactivePower "
          .. "voltA voltB voltC",
        camera = "basicReading imageReadTime imageStatus imageUrl project_code tableNo",
      }
      local numbers = { positiveActivePower = true, basicReading = true, type = true }
      local caller = calls.new { unparsed = 0 }
      for name, keys in pairs(expected) do
        local found = {}
        for key, value in pairs(caller:call(name).data[1]) do
          found[#found + 1] = key
          assert.are.equal(numbers[key:gsub("%d$", "")] and "number" or "string", type(value), key)
        end
        table.sort(found)
        assert.are.equal(keys, table.concat(found, " "))
      end
    end)

    it("page without losing or doubling a row", function()
      local caller = calls.new { meters = 23, days = 7 }
      local sizes = { meters = 23, latest = 23, readings = 23 * 4 }
      for name, count in pairs(sizes) do
        for _, size in ipairs { 5, count, count + 1 } do
          local dates = { BeginDate = "2025-11-20 18:00:00", EndDate = "2025-11-24" }
          local seen, rows = {}, collect(caller, name, dates, size)
          for _, row in ipairs(rows) do
            seen[row.tableNo .. (row.readTime or "")] = true
          end
          local distinct = 0
          for _ in pairs(seen) do
            distinct = distinct + 1
          end
          assert.are.equal(distinct, #rows)
          assert.is_true(#rows <= count and #rows > count * 0.8, name)
        end
      end
    end)

    it("start with page 1 of 1000 where one of the two numbers is left out", function()
      local caller = calls.new { meters = 1200 }
      assert.are.equal(1000, #caller:call("meters", { pageNo = "", pageSize = 10 }).data)
      assert.are.equal(200, #caller:call("meters", { pageNo = 2 }).data)
    end)

    it("serve no more than the cap, and count pages by it", function()
      local caller = calls.new { meters = 25, page_cap = 10 }
      assert.are.equal(10, #caller:call("meters").data)
      assert.are.equal(5, #caller:call("meters", { pageNo = 3 }).data)
      assert.are.equal(25, #collect(caller, "meters", {}, 1000))
    end)

    it("take bounds as inclusive", function()
      local caller = calls.new { meters = 5, offline = 0 }
      local number = caller.platform:meter(2).number
      local rows = caller:call("readings", { tableNo = number }).data
      assert.are.equal(5, #rows)
      local bounds = { tableNo = number, BeginDate = rows[2].readTime, EndDate = rows[4].readTime }
      local within = caller:call("readings", bounds)
      assert.are.same({ rows[2], rows[3], rows[4] }, within.data)
      assert.are.equal(3, within.totalCount)
      assert.are.equal(0, #caller:call("readings", { BeginDate = "2025-11-24", EndDate = "2025-11-23" }).data)
    end)

    it("filter by meter: several where the document says so, else one", function()
      local caller = calls.new { offline = 0 }
      local a, b = caller.platform:meter(3), caller.platform:meter(8)
      local list = b.number .. "," .. a.number .. ",00000000000"
      assert.are.equal(10, #caller:call("readings", { tableNo = list }).data)
      assert.are.equal(0, #caller:call("consumption", { tableNo = list }).data)
      assert.are.equal(5, #caller:call("consumption", { tableNo = a.number }).data)
      assert.are.equal(5, #caller:call("tou", { tableNo = list }).data)
      assert.are.equal(0, #caller:call("camera", { tableNo = a.number }).data)
      assert.are.equal(a.number, caller:call("latest", { tableNo = a.number }).data.tableNo)
      assert.are.equal(0, #caller:call("latest", { tableNo = list }).data)
      assert.are.equal(500, #caller:call("latest", { tableNo = "" }).data)
    end)

    it("page deep into 30 million rows at the cost of one page", function()
      local caller = calls.new { meters = 20000, days = 400 }
      local dates = { BeginDate = "2020-01-01", EndDate = "2030-01-01", type = "1" }
      local total = caller:call("consumption", dates).totalCount
      assert.is_true(total > 30e6 and total <= 32e6)
      dates.pageNo = math.ceil(total / 1000)
      local start = os.clock()
      assert.are.equal((total - 1) % 1000 + 1, #caller:call("consumption", dates).data)
      dates.pageNo = dates.pageNo + 1
      assert.are.equal(0, #caller:call("consumption", dates).data)
      assert.is_true(os.clock() - start < timing.room(0.3, 5))
    end)

    it("move when meters join or leave in front", function()
      local caller = calls.new { meters = 10 }
      local function numbers(page)
        local found = {}
        for i, row in ipairs(caller:call("meters", { pageNo = page, pageSize = 5 }).data) do
          found[i] = row.tableNo
        end
        return found
      end
      local first, second = numbers(1), numbers(2)
      caller.platform:insert_meters(2)
      assert.are.same({ first[4], first[5], second[1], second[2], second[3] }, numbers(2))
      caller.platform:remove_meters(4)
      assert.are.same({ first[3], first[4], first[5], second[1], second[2] }, numbers(1))
    end)
  end)

  describe("data", function()
    it("is a function of seed and time", function()
      local function text(options)
        local caller = calls.new(options)
        return caller:send("login", "").body .. cjson.encode(caller:call("readings").totalCount)
          .. caller:send("tou", cjson.encode(caller:full("tou"))).body
      end
      assert.are.equal(text { seed = 7 }, text { seed = 7 })
      assert.are_not.equal(text { seed = 7 }, text { seed = 8 })
    end)

    it("has consumption that is exactly the difference of readings", function()
      local caller = calls.new { offline = 0 }
      for place = 1, 12 do
        local number = caller.platform:meter(place).number
        local readings = caller:call("readings", { tableNo = number }).data
        local daily = caller:call("consumption", { tableNo = number, type = "2" }).data
        local points = caller:call("consumption", { tableNo = number, type = "1" }).data
        assert.are.equal(20, #points)
        for i = 2, 5 do
          local difference = hundredths(readings[i].reading) - hundredths(readings[i - 1].reading)
          assert.are.equal(difference, hundredths(daily[i].dosage))
          assert.are.equal(readings[i].readTime, daily[i].readTime)
          assert.is_true(difference >= 0)
        end
        for i = 2, 20 do
          local difference = hundredths(points[i].reading) - hundredths(points[i - 1].reading)
          assert.are.equal(difference, hundredths(points[i].dosage))
          assert.is_true(points[i].readTime > points[i - 1].readTime)
        end
      end
    end)

    it("has time-of-use registers that add up and never fall", function()
      local caller = calls.new()
      local previous = {}
      local rows = caller:call("tou").data
      assert.is_true(#rows > 100)
      for _, row in ipairs(rows) do
        local sum = 0
        for part = 1, 4 do
          sum = sum + hundredths(row["positiveActivePower" .. part])
        end
        assert.are.equal(hundredths(row.positiveActivePower), sum)
        local before = previous[row.tableNo]
        assert.is_true(not before or sum >= before)
        previous[row.tableNo] = sum
        local active = hundredths(row.activePowerA) + hundredths(row.activePowerB) + hundredths(row.activePowerC)
        assert.are.equal(hundredths(row.totalActivePower), active)
      end
    end)

    it("mixes types with and without names, leading zeros, Chinese, offline meters and empty rooms", function()
      local caller = calls.new()
      local types, zeros, offline, vacant, other_id = {}, 0, 0, 0, 0
      for _, row in ipairs(caller:call("meters").data) do
        types[row.tableType] = true
        zeros = zeros + (row.tableNo:match("^0") and 1 or 0)
        offline = offline + (row.netStatis == "不在线" and 1 or 0)
        vacant = vacant + (row.user_name == "" and 1 or 0)
        other_id = other_id + (row.deviceId ~= row.tableNo and 1 or 0)
        assert.is_truthy(row.tableAddress:match("栋"))
      end
      assert.is_true(types["1"] and types["7"] and types["25"] == nil and types["48"] and types["45"])
      assert.is_true(zeros > 50 and offline > 5 and vacant > 5 and other_id > 50)
    end)

    it("has camera rows that nobody could read", function()
      local caller = calls.new { unparsed = 0.2 }
      local unread, rows = 0, caller:call("camera").data
      for _, row in ipairs(rows) do
        assert.are.equal(row.imageStatus == "解析正常", row.basicReading ~= "")
        unread = unread + (row.basicReading == "" and 1 or 0)
      end
      assert.is_true(unread > #rows * 0.1 and unread < #rows * 0.3)
    end)

    it("ends the day before today, which may be fixed, and keeps its beginning", function()
      local whole = { BeginDate = "2000-01-01", EndDate = "2100-01-01" }
      local caller = calls.new { meters = 1, offline = 0, days = 10, token_life = 1e6 }
      local rows = caller:call("readings", whole).data
      assert.are.equal("2025-11-15", rows[1].readTime:sub(1, 10))
      assert.are.equal("2025-11-24", rows[#rows].readTime:sub(1, 10))
      caller.now = caller.now + 3 * 86400
      assert.are.equal(13, #caller:call("readings", whole).data)
      caller = calls.new { meters = 1, offline = 0, days = 2, today = "2024-03-01" }
      rows = caller:call("readings", whole).data
      assert.are.same({ "2024-02-28", "2024-02-29" }, { rows[1].readTime:sub(1, 10), rows[2].readTime:sub(1, 10) })
    end)

    it("runs on any clock", function()
      local caller = calls.new { epoch = 1764000000, meters = 1, offline = 0 }
      caller.now = 0
      assert.are.equal("2025-11-24", caller:call("latest").data[1].readTime:sub(1, 10))
    end)
  end)
end)
