-- `imr supply`: devices by what people know, and the files that spreadsheets write.
local cli = require "support.cli"
local fleet = require "support.fleet"
local shell = require "support.shell"

local rows = fleet.rows

describe("imr supply --by", function()
  local here, meters, path

  before_each(function()
    here = fleet.start { meters = 20 }
    local all, houses = rows(here.user:run "meters --interval 0"), {}
    meters = {}
    for _, meter in ipairs(all) do houses[meter.house_number] = (houses[meter.house_number] or 0) + 1 end
    for _, meter in ipairs(all) do
      if meter.supply == "connected" and houses[meter.house_number] == 1 then meters[#meters + 1] = meter end
    end
    path = here.user.home .. "/list"
  end)

  after_each(function() here:stop() end)

  local function plan(arguments)
    return here:supply("disconnect --dry-run --interval 0 --reason x " .. arguments)
  end

  local function of_file(text, more)
    here.user:write("list", text)
    return plan(("--from %s %s"):format(path, more or ""))
  end

  local function is_first(result)
    assert.equal(0, result.status, result.err)
    local found = rows(result)
    assert.same({ 1, meters[1].device_id, meters[1].user_name, meters[1].address }, { #found, found[1].device,
      found[1].user_name, found[1].address })
  end

  it("takes a meter's number, a tenant's code or a house number", function()
    is_first(plan("--by meter_no " .. meters[1].meter_no))
    is_first(plan("--by device " .. meters[1].device_id))
    is_first(plan("--by user_code " .. meters[1].user_code))
    is_first(plan("--by house_number " .. meters[1].house_number))
    local result = here:supply("disconnect --yes --interval 0 --reason x --by meter_no " .. meters[1].meter_no)
    assert.same({ 0, meters[1].device_id, 1 }, { result.status, rows(result)[1].device, here:sent() })
    assert.same({ meters[1].user_code, meters[1].house_number }, { rows(here:supply "history")[1].user_code,
      rows(here:supply "history")[1].house_number })
  end)

  it("refuses what no meter has, and plans nothing of the others", function()
    local result = here:supply(("disconnect --yes --interval 0 --reason x --by meter_no %s 999 998"):format(
      meters[1].meter_no))
    assert.equal(2, result.status)
    assert.matches("no meter has the meter number 999; no meter has the meter number 998; nothing is planned or sent",
      result.err, 1, true)
    assert.same({ 0, {} }, { here:sent(), rows(here:supply "history") })
  end)

  it("says in Chinese what it refuses", function()
    for arguments, said in pairs { ["--by meter_no 999"] = "没有任何表的表号是 999；不作任何计划，什么都不发送",
      ["--by house_number x1 x2 x3"] = "没有任何表的门牌号是 x1；没有任何表的门牌号是 x2；没有任何表的门牌号是 x3；不作任何计划",
      ["--max 0 " .. meters[1].device_id] = "计划要发送 1 条指令，超过允许的 0 条：没有列入计划" } do
      assert.matches(said, plan("--language zh " .. arguments).err, 1, true)
    end
    local language = require "imr.language"
    language.spoken = "zh"
    local one = language.again "house number 102 is that of several tenants: B, C; user code A has 2 devices: d1, d2"
    language.spoken = "en"
    assert.equal("门牌号 102 属于多个用户：B, C；用户编码 A 有 2 个设备：d1, d2", one)
  end)

  it("reads headings in both languages, and the platform's", function()
    for header, by in pairs { ["表号"] = "meter_no", ["Meter-No"] = "meter_no", tableNo = "meter_no",
      ["用户编码"] = "user_code", ["user code"] = "user_code", ["门牌号"] = "house_number",
      house_number = "house_number", ["设备编号"] = "device", deviceId = "device" } do
      local field = by == "device" and "device_id" or by
      is_first(of_file(("name,%s\r\nx,%s\r\n"):format(header, meters[1][field]), "--by " .. by))
    end
    local result = of_file(("设备编号,指令\n%s,read\n"):format(meters[1].device_id))
    assert.equal("request_reading", rows(result)[1].command)
    for word, command in pairs { ["断开供应"] = "disconnect", ["跳闸"] = "disconnect", ["抄表"] = "request_reading",
      ["恢复供应"] = "reconnect", ["合闸"] = "reconnect" } do
      result = of_file(("设备编号,指令\n%s,%s\n"):format(meters[1].device_id, word))
      assert.equal(command, rows(result)[1].command)
    end
    result = of_file("user_code\n1\n", "--by meter_no")
    assert.equal(2, result.status)
    assert.matches("names no column meter_no", result.err, 1, true)
  end)

  it("says in Chinese what was done, what was left out and why", function()
    local here_zh = "disconnect --language zh --interval 0 --reason x "
    local result = here:supply(here_zh .. "--yes --guard 'exit 1; #' " .. meters[1].device_id)
    assert.matches(": 已跳过 (guard 不放行)", result.err, 1, true)
    assert.matches("imr: 1 条已跳过", result.err, 1, true)
    result = here:supply(here_zh .. "--by user_code 4242")
    assert.matches("没有任何表的用户编码是 4242；不作任何计划", result.err, 1, true)
  end)

  it("reads what --excel has written, in GB18030 too", function()
    local fields = "--fields meter_no,user_name,device_id --format csv --interval 0 --meter " .. meters[1].meter_no
    local csv = here.user:run("meters --excel " .. fields).out
    assert.matches('="', csv, 1, true)
    is_first(of_file(csv, "--by meter_no"))
    is_first(of_file(csv))
    is_first(of_file((csv:gsub("^\239\187\191", "")), "--by meter_no"))
    here.user:write("utf8", csv)
    is_first(of_file(shell.must(("iconv -f UTF-8 -t GB18030 %s/utf8"):format(here.user.home)), "--by meter_no"))
    local chinese = here.user:run("meters --excel --headings zh " .. fields).out
    assert.matches("表号", chinese, 1, true)
    is_first(of_file(chinese, "--by meter_no"))
  end)

  it("names the line that it cannot read, and plans nothing", function()
    local good = meters[1].meter_no
    for text, problem in pairs {
      [good .. "\n1.00E+11\n"] = "line 2: record 2 has '1.00E+11', which is what a spreadsheet makes of a long number",
      ["meter_no,name\n" .. good .. ",a\n\n#x\n# N/A,b\n,c\n"] = "line 6: record 3 names no device",
      ["meter_no,name\n" .. good .. ',"a\nb"\n#REF!x,\n#REF!,\n'] = "line 5: record 3 has '#REF!', which is an error",
      ["meter_no,command\n" .. good .. ",cut\n"] = "line 2: record 2 has the command 'cut', which there is not",
      ["meter_no,command,指令\n" .. good .. ",read,\n"] = "the header names the command more than once",
      ["2025年6月名单,,\n序号,表号,姓名\n1," .. good .. ",a\n"] = "line 2: record 2 is a header: remove what is above it",
      [good .. '\n"' .. good] = "line 2: record 2 has a quote that is not closed",
    } do
      local result = of_file(text, "--by meter_no")
      assert.equal(2, result.status, text)
      assert.matches(problem, result.err, 1, true)
      assert.equal("", result.out)
    end
  end)

  it("takes no line for a comment that a spreadsheet could not fill in", function()
    for _, problem in ipairs { "#N/A", "#DIV/0!", "#NAME?" } do
      here.user:write("list", ("device_id,meter_no\n%s,%s\n"):format(problem, meters[1].meter_no))
      local result = plan(("--protected @%s %s"):format(path, meters[1].device_id))
      assert.same({ 2, "" }, { result.status, result.out })
      assert.matches(("line 2: record 2 has '%s', which is an error"):format(problem), result.err, 1, true)
    end
  end)

  it("reads the workbook that --format xlsx has written #workbook", function()
    local file = here.user.home .. "/meters.xlsx"
    local list = "meters --interval 0 --format xlsx --fields user_name,meter_no,device_id --meter "
      .. meters[1].meter_no
    for _, more in ipairs { "", " --headings zh" } do
      assert.equal(0, here.user:run(list .. more .. " --output " .. file).status)
      is_first(plan("--by meter_no --from " .. file))
      is_first(plan("--from " .. file))
      local found = cli.rows(here.user:run("meters --interval 0 --meter @" .. file))
      assert.same({ 1, meters[1].meter_no }, { #found, found[1].meter_no })
    end
  end)

  it("says what cannot be read of a workbook", function()
    for text, problem in pairs { ["PK\3\4\20\0\0\0"] = "the workbook cannot be read (the archive has no end)",
      ["\208\207\17\224\161\177"] = "an .xls workbook is not read" } do
      for _, flag in ipairs { "--from ", "--protected @" } do
        here.user:write("list", text)
        local result = plan(flag .. path .. " " .. meters[1].device_id)
        assert.equal(2, result.status)
        assert.matches(problem, result.err, 1, true)
        assert.matches("save it as UTF-8 (in Excel: CSV UTF-8)", result.err, 1, true)
      end
    end
  end)

  it("--meter @FILE has the same reader", function()
    local function count(text)
      here.user:write("list", text)
      return #cli.rows(here.user:run("meters --interval 0 --meter @" .. path))
    end
    local one, two = meters[1].meter_no, meters[2].meter_no
    assert.equal(2, count(('\239\187\191用户,表号\r\n"a, b",="%s"\r\n甲,"=""%s"""\r\n'):format(one, two)))
    assert.equal(2, count(("%s %s # a note\n"):format(one, two)))
    assert.equal(2, count(("# a note\n%s,%s\n%s # no, not %s\n"):format(one, two, one, meters[3].meter_no)))
    assert.equal(2, here.user:run("meters --interval 0 --meter @" .. here.user:write("list", "name,meter_no\nx\n"))
      .status)
    local result = here.user:run("meters --interval 0 --meter @" .. here.user:write("list", one .. "\n2E+11\n"))
    assert.equal(2, result.status)
    assert.matches("line 2: '2E+11' is what a spreadsheet makes of a long number", result.err, 1, true)
  end)
end)

describe("imr.workflow.supply: a plan by tenant", function()
  local lookup = require "imr.workflow.supply.lookup"

  -- Two meters of tenant A, a number with two devices, a house number in two buildings.
  local facts = { by_device = {
    d1 = { { device_id = "d1", meter_no = "1", user_code = "A", house_number = "101" } },
    d2 = { { device_id = "d2", meter_no = "2", user_code = "A", house_number = "101" } },
    d3 = { { device_id = "d3", meter_no = "3", user_code = "B", house_number = "102" } },
    d4 = { { device_id = "d4", meter_no = "3", user_code = "C", house_number = "102" } },
  } }

  local function devices(by, keys, all)
    local wishes, names = {}, {}
    for index, key in ipairs(keys) do wishes[index] = { device = key, command = "disconnect" } end
    local fine, found = pcall(lookup.devices, wishes, by, facts, all)
    if not fine then return found.message end
    for index, wish in ipairs(found) do names[index] = wish.device end
    return names
  end

  it("refuses two meters of one tenant, unless all are meant", function()
    assert.equal("user code A has 2 devices: d1, d2 (all_of_tenant, --all-of-tenant: all of them); nothing is planned "
      .. "or sent", devices("user_code", { "A", "B" }))
    assert.same({ "d1", "d2", "d3" }, devices("user_code", { "A", "B" }, true))
    assert.same({ "d1", "d2" }, devices("house_number", { "101" }, true))
  end)

  it("refuses a number with two devices and a house of two tenants in any case", function()
    for _, all in ipairs { false, true } do
      assert.equal("meter number 3 has 2 devices: d3, d4; nothing is planned or sent",
        devices("meter_no", { "3" }, all))
      assert.equal("house number 102 is that of several tenants: B, C; nothing is planned or sent",
        devices("house_number", { "102" }, all))
    end
  end)

  it("refuses flats that nobody lives in as one tenant's, and a device of two tenants", function()
    facts.by_device.d5 = { { device_id = "d5", meter_no = "5", house_number = "103" } }
    facts.by_device.d6 = { { device_id = "d6", meter_no = "6", house_number = "103", user_code = "" } }
    facts.by_device.d7 = { { device_id = "d7", meter_no = "7", user_code = "D", house_number = "104" },
      { device_id = "d7", meter_no = "8", user_code = "E", house_number = "105" } }
    assert.equal("house number 103 has 2 devices: d5, d6; nothing is planned or sent",
      devices("house_number", { "103" }, true))
    for _, all in ipairs { false, true } do
      assert.equal("user code D is that of several tenants: D, E; nothing is planned or sent",
        devices("user_code", { "D" }, all))
      assert.equal("house number 104 is that of several tenants: D, E; nothing is planned or sent",
        devices("house_number", { "104" }, all))
      assert.same({ "d7" }, devices("meter_no", { "8" }, all)) -- and the plan warns of its two numbers
    end
  end)

  it("takes a device once, and not for two commands", function()
    assert.same({ "d1" }, devices("meter_no", { "1", "1" }))
    local _, err = pcall(lookup.devices, { { device = "A", command = "disconnect" },
      { device = "A", command = "reconnect" } }, "user_code", facts, true)
    assert.matches("device d1: disconnect and reconnect in one plan", err.message, 1, true)
  end)
end)
