-- imr bill, as somebody runs it, on SQLite and on PostgreSQL.
local cjson = require "cjson"
local cli = require "support.cli"
local databases = require "support.databases"
local decimal = require "imr.decimal"
local filled = require "support.filled"
local workbook = require "support.workbook"

local PERIOD = "2025-06-11 2025-06-30"

local TARIFF = [[return {
  defaults = { electricity = "home", water = "water" },
  meters = "meters.csv",
  tariffs = {
    home = { kind = "electricity", versions = { { from = "2024-01-01", price = "0.52" },
      { from = "2025-06-21", price = "0.6147", fees = { { name = "meter", amount = "3.00" } } } } },
    shop = { price = "1.2035" },
    water = { kind = "water", price = "3.45", surcharges = { { name = "污水处理费", price = "0.95" } } },
  },
}]]

for name, place in pairs(databases.places(setup, teardown)) do
  describe("imr bill on " .. name, function()
    local user, tariff

    setup(function()
      user = cli.user()
      user.environment.IMR_DB = place()
      local db = filled.open(user.environment.IMR_DB)
      db:execute([[INSERT INTO tenancies (meter_no, project_code, since, user_code, user_name, house_number) VALUES
        (?, '', ?, 'u1', '张三', '101'), (?, '', ?, 'u2', '李四', '102')]], filled.number(1), filled.time(-30),
        filled.number(1), filled.time(20) + 3600)
      db:execute("UPDATE tenancies SET until = ? WHERE user_code = 'u1'", filled.time(20) + 3600)
      db:close()
      tariff = user:write("bills/tariff.lua", TARIFF)
      user:write("bills/meters.csv", ("meter_no,tariff,multiplier\n%s,shop,40\n"):format(filled.number(5)))
    end)

    teardown(function() user:remove() end)

    local function draft(arguments) return user:run("bill --draft " .. arguments) end
    local function run(arguments) return user:run("bill " .. arguments) end

    it("prints a line a meter and tenancy, and holds what is not measured", function()
      local result, list = draft(PERIOD .. " --tariff " .. tariff), {}
      for index, row in ipairs(cli.rows(result)) do
        list[index] = ("%d %s %s %s %s"):format(tonumber(row.meter_no:sub(-2)), row.user_name, row.usage or "-",
          row.amount or "held", row.reasons or "-")
      end
      -- 50 x 0.52 + 50 x 0.6147, and 10 days of June of 3.00 a month; the tenant changed on the 21st. Meter 2 was
      -- misread as the prices changed.
      assert.same({ "1 张三 50.00 26.00 tenant", "1 李四 50.00 31.74 tenant", "2 用户2 100.00 held suspect",
        "3 用户3 95.00 held meter_swap", "4 用户4 100.00 57.74 -", "5 用户5 400.00 481.40 -",
        "6 用户6 95.00 held spike", "7 " .. filled.HOSTILE .. " 100.00 57.74 -", "8 用户8 0.50 held scale,tou_sum",
        "9 用户9 - held gap", "10 用户10 4.00 17.60 -" }, list)
      assert.equal(5, result.status)
      assert.matches("11 lines: 6 billed, 672.22 in all; 5 held\n", result.err, 1, true)
    end)

    it("finds in a draft what a tenant pays for elsewhere", function()
      local paying = user:write("paying.lua", (TARIFF:gsub("meters.csv", "paying.csv")))
      user:write("paying.csv", ("meter_no,user_code,user_name\n%s,u2,李四\n%s,c1,公司\n000999,u2,\n"):format(
        filled.number(4), filled.number(10)))
      local function meters_of(arguments)
        local list = {}
        for index, row in ipairs(cli.rows(draft(PERIOD .. " --tariff " .. paying .. arguments))) do
          list[index] = tonumber(row.meter_no:sub(-2)) .. " " .. row.amount
        end
        return list
      end
      assert.same({ "1 31.74", "4 57.74" }, meters_of " --tenant u2")
      assert.same({ "10 17.60" }, meters_of " --tenant 公司")
      assert.same({ "4 57.74" }, meters_of(" --tenant 李四 --meter " .. filled.number(4)))
      assert.same({}, meters_of(" --tenant 公司 --meter " .. filled.number(1)))
    end)

    it("is narrowed to a tenant, a building or a kind, and summed by tenant", function()
      local of = PERIOD .. " --tariff " .. tariff .. " --format csv "
      for _, who in ipairs { "u2", "李四" } do
        assert.equal("user_name,house_number,address,device_id,amount\r\n李四,102,3栋2单元1,D1,31.74\r\n",
          draft(of .. "--fields user_name,house_number,address,device_id,amount --tenant " .. who).out)
      end
      assert.equal("building,lines,held,usage,amount\r\n3栋,1,0,4.00,17.60\r\n",
        draft(of .. "--by building --kind water --building 3栋").out)
      local mixed = cli.rows(draft(PERIOD .. " --tariff " .. tariff .. " --by building --building 3栋"))[1]
      assert.is_nil(mixed.usage) -- kWh and cubic metres
      assert.equal("4.00", mixed.water_usage)
      assert.truthy(tonumber(mixed.electricity_usage) > 0)
      assert.matches("^building +lines +held +electricity_usage +water_usage +amount\n3栋 ",
        draft(PERIOD .. " --tariff " .. tariff .. " --by building --building 3栋 --format table").out)
      assert.equal("user_code,user_name,amount\r\nu1,张三,26.00\r\nu2,李四,31.74\r\n",
        draft(of .. "--by tenant --fields user_code,user_name,amount --meter " .. filled.number(1)).out)
      assert.matches("\nu2,D1,3栋2单元1,30.735000\r\n",
        draft(of .. "--by charge --tenant u2 --fields user_code,device_id,address,charge").out, 1, true)
      local result = draft(of .. "--tenant 赵六")
      assert.same({ 5, "" }, { result.status, result.out })
    end)

    it("says of each line what it is made of", function()
      local result = draft(PERIOD .. " --tariff " .. tariff .. " --meter " .. filled.number(5))
      assert.same({ 0, { meter_no = filled.number(5), user_name = "用户5", building = "3栋", kind = "electricity",
        tariff = "shop", opening = "50.00", opening_time = "2025-06-10T23:50:00+08:00", closing = "60.00",
        closing_time = "2025-06-30T23:50:00+08:00", multiplier = "40", usage = "400.00", amount = "481.40",
        status = "billed", charges = { { item = "price", quantity = "400.00", price = "1.2035",
          amount = "481.400000" } } } }, { result.status, cli.rows(result)[1] })
    end)

    it("says in words why a line is held, in English and Chinese", function()
      local row = cli.rows(draft(PERIOD .. " --tariff " .. tariff .. " --meter " .. filled.number(3)))[1]
      assert.same({ "held", "meter_swap", "The meter number stands for another device.", "表号换了设备（换表）" },
        { row.status, row.reasons, row.why, row.why_zh })
    end)

    it("bills what was decided, and keeps who and why", function()
      local decided = user:write("bills/decided.csv", ("meter_no,usage,who,why\n%s,95.5,李,两只表都看过\n"):format(
        filled.number(3)))
      local result = draft(("%s --tariff %s --decisions %s --meter %s"):format(PERIOD, tariff, decided,
        filled.number(3)))
      local row = cli.rows(result)[1]
      assert.same({ 5, "held", "meter_swap,decided_parts" }, { result.status, row.status, row.reasons })
      result = draft(("2025-06-11 2025-06-20 --tariff %s --decisions %s --meter %s"):format(tariff, decided,
        filled.number(3)))
      row = cli.rows(result)[1]
      assert.same({ 0, "billed", "95.5", "49.66", "李", "两只表都看过" }, { result.status, row.status, row.usage,
        row.amount, row.decided_by, row.decision })
    end)

    it("refuses a decision about what is measured", function()
      local decided = user:write("bills/needless.csv", ("meter_no,usage,who,why\n%s,5,李,x\n"):format(filled.number(5)))
      local result = draft(("%s --tariff %s --decisions %s"):format(PERIOD, tariff, decided))
      assert.equal(2, result.status)
      assert.matches("decisions are for lines that are held, and these are measured: " .. filled.number(5), result.err,
        1, true)
    end)

    it("sums by tariff, building and kind to the fen", function()
      for _, by in ipairs { "tariff", "building", "kind" } do
        local sum = decimal.zero
        for _, row in ipairs(cli.rows(draft(("%s --tariff %s --by %s"):format(PERIOD, tariff, by)))) do
          sum = sum + decimal.of(row.amount)
        end
        assert.equal("672.22", tostring(sum))
      end
      local rows = cli.rows(draft(PERIOD .. " --by tariff --tariff " .. tariff))
      assert.same({ tariff = "home", lines = 9, held = 5, usage = "300.00", amount = "173.22" }, rows[1])
    end)

    it("shows each charge", function()
      local result = draft(PERIOD .. " --by charge --format csv --fields user_name,item,name,quantity,price,charge "
        .. "--tariff " .. tariff .. " --meter " .. filled.number(10))
      assert.equal("user_name,item,name,quantity,price,charge\r\n用户10,price,,4.00,3.45,13.8000\r\n"
        .. "用户10,surcharge,污水处理费,4.00,0.95,3.8000\r\n", result.out)
    end)

    it("writes a #workbook with money as numbers", function()
      local path = user.home .. "/june.xlsx"
      draft(("%s --fields meter_no,amount,opening_time --tariff %s --output %s"):format(PERIOD, tariff, path))
      local row = workbook.read(path)[1].rows[7] -- meter 5
      assert.same({ { "s", filled.number(5), "General" }, { "n", 481.4, "#,##0.00" },
        { "d", "2025-06-10 23:50:00", "yyyy-mm-dd hh:mm:ss" } }, row)
    end)

    it("ends a #workbook with the sum, below what the filter is of", function()
      local path = user.home .. "/sums.xlsx"
      -- Of the last row: the texts, formulas and what those come to; and how many rows the filter leaves out.
      local function last_of(arguments)
        draft(("%s --tariff %s --output %s %s"):format(PERIOD, tariff, path, arguments))
        local sheet = workbook.read(path)[1]
        local values, last = workbook.computed(path)[1], #sheet.rows
        local cells = {}
        for index, cell in ipairs(sheet.rows[last]) do
          cells[index] = cell[1] == "f" and ("%s %.14g %s"):format(cell[2], values[last][index], cell[3]) or cell[2]
        end
        return cells, last - tonumber(sheet.filter:match "%d+$")
      end
      local cells, below = last_of "--fields meter_no,usage,amount"
      assert.same({ "Total", cjson.null, "=SUM(C2:C12) 672.22 #,##0.00", 1 }, { cells[1], cells[2], cells[3], below })
      assert.same({ "=SUM(A2:A12) 672.22 #,##0.00", cjson.null }, (last_of "--fields amount,meter_no"))
      assert.same({ "合计", "=SUM(B2:B3) 11 0", "=SUM(C2:C3) 5 0", cjson.null, "=SUM(E2:E3) 672.22 #,##0.00" },
        (last_of "--by building --language zh"))
      assert.equal(filled.number(10), last_of "--fields meter_no"[1]) -- nothing to add up
    end)

    it("refuses a wrong tariff by file, key and what is meant", function()
      local wrong = user:write("bills/wrong.lua", 'return { tariffs = { home = { pirce = "1" } } }')
      local result = run("--check-tariff " .. wrong)
      assert.equal(2, result.status)
      assert.matches(wrong .. ": tariffs.home: unknown option 'pirce', did you mean 'price'?", result.err, 1, true)
      result = draft(PERIOD .. " --tariff " .. wrong)
      assert.same({ 2, "" }, { result.status, result.out })
      local lost = user:write("bills/lost.lua", 'return { meters = "no.csv", tariffs = { home = { price = "1" } } }')
      assert.matches("no.csv: No such file", run("--check-tariff " .. lost).err, 1, true)
      result = run("--check-tariff " .. tariff)
      assert.same({ 0, "" }, { result.status, result.out })
      assert.matches("is fine: 3 tariffs, 1 meter named", result.err, 1, true)
    end)

    it("ends with 5 for a meter that only the table of meters knows", function()
      user:write("other/meters.csv", "meter_no,tariff\n000999,shop\n")
      local result = draft(PERIOD .. " --by kind --tariff " .. user:write("other/tariff.lua", TARIFF))
      assert.equal(5, result.status)
      assert.matches("1 meter is named, or decided about, of which there is no line: 000999", result.err, 1, true)
    end)

    it("wants a period and a tariff", function()
      assert.matches("say which period", run "".err, 1, true)
      assert.matches("the period '2025-13' is no month", run("2025-13 --tariff " .. tariff).err, 1, true)
      assert.matches("ends before it begins", run("2025-06-05 2025-06-01 --tariff " .. tariff).err, 1, true)
      assert.matches("there is no bill of this period; --tariff FILE makes one", run("2025-06").err, 1, true)
      assert.matches("--draft needs --tariff", draft("2025-06").err, 1, true)
    end)
  end)
end
