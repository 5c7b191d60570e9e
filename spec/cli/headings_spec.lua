-- --headings: what columns are called, and the words of ours in their cells.
local cli = require "support.cli"
local filled = require "support.filled"
local simulator = require "support.simulator"
local workbook = require "support.workbook"

local CHINESE = { LANG = "zh_CN.UTF-8" }
local PERIOD = "--from 2025-06-11 --to 2025-06-30 "

local function lines(result)
  local list = {}
  for line in result.out:gmatch "[^\r\n]+" do list[#list + 1] = line end
  return list
end

describe("--headings", function()
  local platform, user

  setup(function()
    platform = simulator.start { meters = 5, days = 4, interval = 0, today = "2025-07-01" }
    user = cli.user(platform.url, { IMR_STORE = "memory" })
    user.environment.IMR_DB = user.home .. "/imr.db"
    filled.open(user.environment.IMR_DB):close()
  end)

  teardown(function()
    platform:stop()
    user:remove()
  end)

  local function first_line(arguments, environment)
    local result = user:run(arguments, environment)
    return lines(result)[1] or result.err
  end

  local LIVE = "readings --interval 0 --from 2025-06-28 --to 2025-06-28 --fields meter_no,read_time,reading "
  local CAMERA = "camera --interval 0 --from 2025-06-28 --to 2025-06-28 --format csv --headings wire"

  it("of a listing are ours, the platform's or Chinese", function()
    assert.equal("meter_no,read_time,reading", first_line(LIVE .. "--format csv"))
    assert.equal("meter_no,read_time,reading", first_line(LIVE .. "--headings name --format csv"))
    assert.equal("tableNo,readTime,reading", first_line(LIVE .. "--headings wire --format csv"))
    assert.equal("表号,读数时间,读数", first_line(LIVE .. "--headings zh --format csv"))
    assert.equal("project_code,tableNo,imageReadTime,imageStatus,image_ok,imageUrl,basicReading", first_line(CAMERA))
  end)

  it("of commands on the database are the same", function()
    for arguments, heads in pairs {
      ["usage --fields meter_no,usage,status,reasons "] = { "tableNo,dosage,status,reasons", "表号,用量,状态,原因" },
      ["check --fields rule,meter_no,time "] = { "rule,tableNo,time", "规则,表号,时间" },
      ["export --fields meter_no,read_time,stored_at "] = { "tableNo,readTime,stored_at", "表号,读数时间,入库时间" },
      ["export --table camera_readings --fields meter_no,read_time "] = { "tableNo,imageReadTime", "表号,读数时间" },
    } do
      arguments = arguments .. PERIOD .. "--format csv "
      assert.equal(arguments:match "--fields (%S+)", first_line(arguments))
      assert.equal(heads[1], first_line(arguments .. "--headings wire"))
      assert.equal(heads[2], first_line(arguments .. "--headings zh"))
    end
  end)

  it("stand over each column where an export reads several as one", function()
    local names, chinese = first_line "export --format csv", first_line "export --format csv --headings zh"
    assert.matches("^meter_no,read_time,device_id,copy,reading,imei", names)
    assert.matches("^表号,读数时间,设备编号,副本,读数,模组 IMEI", chinese)
    assert.equal(select(2, names:gsub(",", "")), select(2, chinese:gsub(",", "")))
  end)

  it("in Chinese go with Chinese words in the cells, and stand over them", function()
    local result = user:run("usage --fields meter_no,kind,status,reasons,usage --headings zh --format csv " .. PERIOD)
    local list = lines(result)
    assert.equal("表号,类别,状态,原因,用量", list[1])
    assert.equal(filled.number(2) .. ",电,实测,可疑读数,100.00", list[3])
    assert.equal(filled.number(10) .. ",水,实测,,4.00", list[#list])
    result = user:run("meters --interval 0 --fields meter_no,kind,online --headings zh --format table --limit 1")
    assert.matches("^表号%s+类别  在线\n%d+  电    是\n$", result.out)
  end)

  it("of a table are Chinese where the language is; CSV and JSON are the same everywhere", function()
    for _, format in ipairs { "csv", "jsonl", "json" } do
      local arguments = "usage --format " .. format .. " " .. PERIOD
      assert.equal(user:run(arguments).out, user:run(arguments, CHINESE).out)
    end
    local arguments = "usage --format table " .. PERIOD
    assert.matches("^表号%s+用量%s+状态", first_line(arguments, CHINESE))
    assert.equal(user:run(arguments).out, user:run(arguments .. " --headings name", CHINESE).out)
  end)

  it("are not for JSON", function()
    local result = user:run("usage --headings zh --format jsonl " .. PERIOD)
    assert.equal(2, result.status)
    assert.matches("--headings goes with table, csv and xlsx, not with jsonl", result.err, 1, true)
  end)

  it("of a #workbook are Chinese where the language is", function()
    user:run("usage --fields meter_no,status,opening_time --output " .. user.home .. "/a.xlsx " .. PERIOD, CHINESE)
    local rows = workbook.read(user.home .. "/a.xlsx")[1].rows
    assert.same({ "表号", "状态", "起码时间" }, { rows[1][1][2], rows[1][2][2], rows[1][3][2] })
    assert.equal("实测", rows[3][2][2])
  end)
end)
