-- Who lived there, where, and which device it was: in --fields, and as filters, of every command on the database.
local cli = require "support.cli"
local databases = require "support.databases"
local filled = require "support.filled"

local PERIOD = " --from 2025-06-11 --to 2025-06-30 "
local SIX, THREE, FOUR = filled.number(6), filled.number(3), filled.number(4)
local FIELDS = "user_code,user_name,address,house_number,device_id"
local DAY = 86400

-- 张三 lived at meter 6 until the 20th, 李四 from then on; the device of meter 3 was replaced on the 15th. Meter 11
-- stands elsewhere, was last heard of five days ago, and nobody knows of which kind it is.
local function fill(where)
  local db = filled.open(where)
  local moved = filled.time(20) + 3600
  db:execute([[INSERT INTO tenancies (meter_no, project_code, since, user_code, user_name, house_number, until) VALUES
    (?, '', ?, 'u1', '张三', '6-1', ?), (?, '', ?, 'u2', '李四', '6-2', NULL)]], SIX, filled.time(-30), moved, SIX,
    moved)
  db:execute([[INSERT INTO tenancies (meter_no, project_code, since, user_code, user_name, until) VALUES
    (?, '', ?, '', '无码甲', ?), (?, '', ?, '', '无码乙', NULL)]], filled.number(1), filled.time(0),
    filled.time(11) + 3600, filled.number(1), filled.time(11) + 3600)
  db:execute([[INSERT INTO readings (meter_no, read_time, copy, device_id, reading, user_code, stored_at)
    VALUES (?, ?, 1, 'D6', '95.50', 'u2', ?)]], SIX, filled.time(19), filled.time(20))
  db:execute([[INSERT INTO tenancies (meter_no, project_code, since, user_code) VALUES ('000300000013', '', ?, 'u9')]],
    filled.time(1))
  db:execute([[INSERT INTO readings (meter_no, read_time, copy, device_id, reading, stored_at)
    VALUES ('000300000013', ?, 0, 'D13', '1.00', ?)]], filled.time(1), filled.time(2))
  local now = os.time()
  db:execute([[INSERT INTO meters (meter_no, device_id, first_seen, last_seen, address, user_code, user_name, online,
    last_online) VALUES ('000200000011', 'D11', ?, ?, '33栋1', 'u3', '王五', ?, ?)]], filled.START, now, false,
    now - 5 * DAY)
  db:execute("UPDATE meters SET online = ?, last_online = ? WHERE meter_no = ?", false, now - 2 * DAY, FOUR)
  db:close()
end

for name, new_place in pairs(databases.places(setup, teardown)) do
  describe("tenant and place on " .. name, function()
    local user

    setup(function()
      user = cli.user()
      user.environment.IMR_DB = new_place()
      fill(user.environment.IMR_DB)
    end)

    teardown(function()
      databases.remove(user.environment.IMR_DB)
      user:remove()
    end)

    local function csv(arguments)
      local result = user:run(arguments .. " --format csv")
      local list = {}
      for line in result.out:gmatch "[^\r\n]+" do list[#list + 1] = line end
      table.remove(list, 1)
      return list
    end

    local function numbers(arguments)
      local list = csv(arguments .. " --fields meter_no")
      local seen, kept = {}, {}
      for _, number in ipairs(list) do
        if not seen[number] then kept[#kept + 1], seen[number] = tonumber(number:sub(-2)), true end
      end
      return kept
    end

    describe("--fields", function()
      it("says of a usage who lived there, and which device it was", function()
        assert.same({ "u1,张三,3栋2单元6,6-1,D6,50.00", "u2,李四,3栋2单元6,6-2,D6,45.00" },
          csv("usage" .. PERIOD .. "--meter " .. SIX .. " --fields " .. FIELDS .. ",usage"))
        assert.same({ "2025-06-20,张三,6-1", "2025-06-21,张三,6-1", "2025-06-21,李四,6-2" },
          (csv("usage --from 2025-06-20 --to 2025-06-21 --by day --fields day,user_name,house_number --meter " .. SIX)))
        assert.same({ "D3", "D3b" }, csv("usage" .. PERIOD .. "--meter " .. THREE .. " --fields device_id"))
      end)

      it("says it of a reading at a cutoff", function()
        for day, expected in pairs { ["19"] = "u1,张三,3栋2单元6,6-1,D6", ["25"] = "u2,李四,3栋2单元6,6-2,D6" } do
          assert.same({ expected }, csv(("cutoff 2025-06-%sT24:00 --meter %s --fields %s"):format(day, SIX, FIELDS)))
        end
        assert.same({ "u3,王五,33栋1,,D11" }, csv("cutoff 2025-06-19T24:00 --meter 000200000011 --fields " .. FIELDS))
      end)

      it("says it of a flag", function()
        assert.same({ "duplicate,u1,张三,3栋2单元6,6-1,D6", "tenant,u2,李四,3栋2单元6,6-2,D6",
          "spike,u2,李四,3栋2单元6,6-2,D6" },
          csv("check" .. PERIOD .. "--rules tenant,spike,duplicate --meter " .. SIX .. " --fields rule," .. FIELDS))
        assert.is_nil(csv("check" .. PERIOD)[1]:find("张三", 1, true))
      end)

      it("says it of a row of any table, whatever tenant the platform writes beside it", function()
        assert.same({ "95.00,u1,张三,3栋2单元6,6-1,D6", "95.50,u1,张三,3栋2单元6,6-1,D6",
          "100.00,u1,张三,3栋2单元6,6-1,D6", "105.00,u2,李四,3栋2单元6,6-2,D6" },
          csv("export --from 2025-06-19 --to 2025-06-21 --meter " .. SIX .. " --fields reading," .. FIELDS))
        assert.same({ "D3", "D3b" },
          csv("export --from 2025-06-14 --to 2025-06-15 --meter " .. THREE .. " --fields device_id"))
        assert.equal("用户10,3栋2单元10,D10", csv("export --table camera_readings --fields user_name,address,device_id")[1])
        assert.same({ "张三,3栋2单元6,D6", "李四,3栋2单元6,D6" },
          csv("export --table tenancies --fields user_name,address,device_id --meter " .. SIX))
        assert.equal(2, user:run("export --table coverage --fields user_name").status)
      end)

      it("asks back where a name is nearly right", function()
        for _, command in ipairs { "usage" .. PERIOD, "check", "export", "cutoff 2025-06-19T24:00" } do
          local result = user:run(command .. " --fields user_nmae")
          assert.same({ 2, "" }, { result.status, result.out })
          assert.matches("there is no field 'user_nmae', did you mean 'user_name'?", result.err, 1, true)
        end
      end)
    end)

    it("leaves an export without --fields as the platform sent it", function()
      for _, format in ipairs { "csv", "jsonl" } do
        local text = user:run("export --from 2025-06-19 --to 2025-06-19 --format " .. format).out
        local line = text:match "[^\n]+95%.50[^\n]+"
        assert.matches("u2", line)
        for _, other in ipairs { "u1", "张三", "3栋" } do assert.is_nil(line:find(other, 1, true)) end
      end
    end)

    describe("filters", function()
      it("take the rows of a tenant, by code or name, of the time that it lived there", function()
        for _, who in ipairs { "u1", "张三" } do
          assert.same({ "50.00" }, csv("usage" .. PERIOD .. "--fields usage --tenant " .. who))
          assert.same({ "95.00", "95.50", "100.00" }, csv("export --from 2025-06-19 --fields reading --tenant " .. who))
          assert.same({ "duplicate" }, csv("check --rules tenant,spike,duplicate --fields rule --tenant " .. who))
          assert.same({ 6 }, numbers("cutoff 2025-06-19T24:00 --tenant " .. who))
        end
        local sums = csv("usage" .. PERIOD .. "--by building --fields building,usage --tenant 李四")
        assert.same({ "3栋,45.00" }, sums)
        assert.matches("1 meter: electricity 45.00 doubtful (1)\n",
          user:run("usage" .. PERIOD .. "--tenant 李四").err, 1, true)
      end)

      it("know tenants without a code by name", function()
        assert.same({ "无码甲,5.00", "无码乙,95.00" }, csv("usage" .. PERIOD
          .. "--by tenant --fields user_name,usage --meter " .. filled.number(1)))
        assert.same({ ",无码甲" }, csv("usage" .. PERIOD .. "--fields user_code,user_name --tenant 无码甲"))
      end)

      it("take meters by the beginning of the address, by kind, and by silence, also together", function()
        assert.same({ 11 }, numbers("usage" .. PERIOD .. "--building 33栋"))
        assert.same({ 10 }, numbers("usage" .. PERIOD .. "--kind water"))
        assert.same({ 10 }, numbers("export --table camera_readings --kind water"))
        assert.same({ 11, 13 }, numbers("usage" .. PERIOD .. "--kind other"))
        assert.same({ 4, 11 }, numbers("usage" .. PERIOD .. "--offline-for 36h"))
        assert.same({ 11 }, numbers("usage" .. PERIOD .. "--offline-for 3d"))
        assert.same({ 4 }, numbers("export --offline-for 1d --building 3栋"))
        assert.same({ 6 }, numbers("check --building 3栋 --tenant 李四 --meter " .. SIX))
        assert.same({ 11 }, numbers "export --table meters --tenant 王五")
        assert.same({ 13 }, numbers "export --tenant u9") -- known by its rows alone
      end)

      it("narrow the report", function()
        local whole, part = user:run("report" .. PERIOD), user:run("report" .. PERIOD .. "--building 33栋")
        assert.same({ 0, 0 }, { whole.status, part.status }, part.err)
        assert.matches("3栋2单元1", whole.out, 1, true)
        assert.is_nil(part.out:find("3栋2单元", 1, true))
        local before = user:run("report" .. PERIOD .. "--tenant u1").out
        assert.matches("<td[^>]*><b.-</b><span class=\"value\">张三</span>", before)
        assert.matches("Only .-tenant</span><span [^>]*>用户</span> u1</p>", before)
        assert.is_nil(whole.out:find("仅限", 1, true))
        for _, other in ipairs { "李四", "用户6" } do assert.is_nil(before:find(other, 1, true), other) end
      end)

      it("end with 5 where nothing fits, and say so", function()
        for _, command in ipairs { "usage" .. PERIOD, "check", "export", "cutoff 2025-06-19T24:00", "report",
          "export --table meters" } do
          for filter, said in pairs { ["--tenant 赵六"] = "fits: tenant '赵六'",
            ["--tenant 李四 --kind water"] = "fits: tenant '李四', kind 'water'" } do
            local result = user:run(("%s %s"):format(command, filter))
            assert.same({ 5, "" }, { result.status, result.out }, command)
            assert.matches(said, result.err, 1, true)
          end
        end
        assert.equal(5, user:run("usage --from 2025-06-22 --to 2025-06-25 --tenant 张三").status)
        assert.equal(5, user:run("cutoff 2025-06-30T24:00 --tenant 张三").status)
      end)

      it("refuse what they do not understand", function()
        for _, arguments in ipairs { "usage" .. PERIOD .. "--offline-for 3", "check --offline-for soon",
          "export --kind gas", "export --tenant ''", "export --table coverage --tenant 张三" } do
          assert.equal(2, user:run(arguments).status, arguments)
        end
      end)
    end)
  end)
end
