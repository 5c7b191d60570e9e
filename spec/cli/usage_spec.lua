-- imr usage, as somebody runs it, on SQLite and on PostgreSQL.
local cli = require "support.cli"
local databases = require "support.databases"
local filled = require "support.filled"

local PERIOD = "--from 2025-06-11 --to 2025-06-30"

for name, place in pairs(databases.places(setup, teardown)) do
  describe("imr usage on " .. name, function()
    local user

    setup(function()
      user = cli.user()
      user.environment.IMR_DB = place()
      local db = filled.open(user.environment.IMR_DB)
      db:execute([[INSERT INTO tenancies (meter_no, project_code, since, user_code, user_name) VALUES
        (?, '', ?, 'u1', '张三'), (?, '', ?, 'u2', '李四')]], filled.number(6), filled.time(-30), filled.number(6),
        filled.time(20) + 3600)
      db:close()
    end)

    teardown(function()
      os.remove(user.environment.IMR_DB)
      user:remove()
    end)

    local function run(arguments) return user:run("usage " .. arguments) end

    it("prints a row a meter, device and tenancy, and the sums by kind and status", function()
      local result = run(PERIOD)
      local list = {}
      for index, row in ipairs(cli.rows(result)) do
        list[index] = ("%d %s %s %s"):format(tonumber(row.meter_no:sub(-2)), row.usage or "-", row.status,
          row.reasons or "-")
      end
      assert.same({ "1 100.00 measured -", "2 100.00 measured suspect", "3 20.00 doubtful meter_swap",
        "3 75.00 doubtful meter_swap", "4 100.00 measured -", "5 10.00 measured -", "6 50.00 measured tenant",
        "6 45.00 doubtful spike,tenant", "7 100.00 measured -", "8 0.50 doubtful scale,tou_sum", "9 - incomplete gap",
        "10 4.00 measured -" }, list)
      assert.equal(5, result.status)
      assert.matches("10 meters: electricity 460.00 measured (6), electricity 140.50 doubtful (4), "
        .. "electricity 0 incomplete (1), water 4.00 measured (1)\n", result.err, 1, true)
    end)

    it("says of each row what it is made of", function()
      local result = run(PERIOD .. " --meter " .. filled.number(1))
      assert.same({ 0, { meter_no = filled.number(1), device_id = "D1", kind = "electricity", user_name = "用户1",
        address = "3栋2单元1", opening = "50.00", opening_time = "2025-06-10T23:50:00+08:00", closing = "150.00",
        closing_time = "2025-06-30T23:50:00+08:00", usage = "100.00", status = "measured" } },
        { result.status, cli.rows(result)[1] })
    end)

    it("takes columns and a format", function()
      assert.equal("meter_no,usage,source\r\n000100000006,50.00,readings\r\n000100000006,45.00,readings\r\n",
        run(PERIOD .. " --format csv --fields meter_no,usage,source --meter " .. filled.number(6)).out)
    end)

    it("splits the days of a meter, which add up", function()
      local days = cli.rows(run("--from 2025-06-17 --to 2025-06-20 --by day --meter " .. filled.number(2)))
      local list = {}
      for index, row in ipairs(days) do list[index] = ("%s %s %s"):format(row.day, row.usage, row.status) end
      assert.same({ "2025-06-17 5.00 measured", "2025-06-18 5.00 measured", "2025-06-19 5.00 measured",
        "2025-06-20 0.00 doubtful" }, list)
    end)

    it("sums by tenant, building and project", function()
      local tenants = {}
      for _, row in ipairs(cli.rows(run(PERIOD .. " --by tenant --meter " .. filled.number(6)))) do
        tenants[row.user_name] = row.measured .. " " .. row.doubtful .. " " .. row.status
      end
      assert.same({ ["张三"] = "50.00 0 measured", ["李四"] = "0 45.00 doubtful" }, tenants)
      local buildings = cli.rows(run(PERIOD .. " --by building"))
      local one = buildings[1]
      assert.same({ "3栋", "electricity", 8, "500.50", "360.00", "140.50", "doubtful" },
        { one.building, one.kind, one.meters, one.usage, one.measured, one.doubtful, one.status })
      assert.equal(2, #cli.rows(run(PERIOD .. " --by project")))
    end)

    it("ends with 5 for a meter that is not there", function()
      local result = run(PERIOD .. " --meter 000999 --meter " .. filled.number(1))
      assert.same({ 5, "" }, { result.status, result.out })
      assert.matches("knows no meter 000999", result.err, 1, true)
    end)

    it("is of no time before 1970, as all that is of a database", function()
      for _, command in ipairs { "usage --from 1970-01 --to 1970-01", "check --from 1970-01 --to 1970-01",
        "cutoff '1970-01-01 07:00'", "export --from 1970-01 --to 1970-01", "report --from 1970-01 --to 1970-01" } do
        local result = user:run(command)
        assert.same({ 2, "imr: no meter was read before 1970\n" }, { result.status, result.err }, command)
      end
    end)

    it("wants a period", function()
      local result = run ""
      assert.equal(2, result.status)
      assert.matches("say from when", result.err, 1, true)
    end)
  end)
end
