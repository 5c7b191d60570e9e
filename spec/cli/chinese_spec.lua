-- The real program in a Chinese locale, and in none: the main commands, as a clerk runs them.
local cli = require "support.cli"
local filled = require "support.filled"
local pty = require "support.pty"
local simulator = require "support.simulator"

local CHINESE = { LANG = "zh_CN.UTF-8" }
local PERIOD = "--from 2025-06-11 --to 2025-06-30"
local TARIFF = [[return { defaults = { electricity = "home", water = "water" },
  tariffs = { home = { price = "0.52" }, water = { price = "3.45" } } }]]

describe("the program in a Chinese locale", function()
  local platform, user, tariff

  setup(function()
    platform = simulator.start { meters = 20, days = 4, interval = 0, today = "2025-07-01" }
    user = cli.user(platform.url, { IMR_DB = "" })
    user.environment.IMR_DB = user.home .. "/imr.db"
    user.environment.IMR_LEDGER = user.home .. "/ledger.db"
    filled.open(user.environment.IMR_DB):close()
    filled.ledger(user.environment.IMR_LEDGER)
    tariff = user:write("tariff.lua", TARIFF)
  end)

  teardown(function()
    platform:stop()
    user:remove()
  end)

  -- What a command says on stderr, in Chinese and in English.
  local function says(arguments, chinese, english)
    local here = user:run(arguments, CHINESE)
    assert.matches(chinese, here.err, 1, true)
    if english then assert.matches(english, user:run(arguments, { LANG = "C" }).err, 1, true) end
    return here
  end

  it("sums up in Chinese", function()
    says("usage " .. PERIOD, "imr: 10 块表计：电 ", "imr: 10 meters: electricity ")
    assert.matches(" 实测 (", user:run("usage " .. PERIOD, CHINESE).err, 1, true)
    says("check --from 2025-06-01 --to 2025-07-10", "imr: 10 块表计，12 个异常标记：可疑读数 1，倍率不符 1，换表 1",
      "imr: 10 meters, 12 flags: suspect 1")
    says("cutoff 2025-06-30T24:00", "块表有读数（共 10 块），时刻 2025-06-30T24:00\n", "of 10 meters have a reading at")
    says("usage --meter " .. filled.number(4) .. " " .. PERIOD, "imr: 1 块表计：电", "imr: 1 meter: electricity")
  end)

  it("bills in Chinese", function()
    local bill = "bill 2025-06-11 2025-06-30 "
    says(bill .. "--draft --tariff " .. tariff, " 行：已计费 ", " lines: ")
    says(bill, "imr: 该时段没有账单；用 --tariff FILE 生成\n", "imr: there is no bill of this period; --tariff FILE makes one")
    says("bill --check-tariff " .. tariff, "没有问题：2 种价格，表计清单中有 0 块表计", "is fine: 2 tariffs, 0 meters named")
    assert.matches("^imr: 账单 1（.* 生成）：10 行，合计 ", user:run(bill .. "--tariff " .. tariff, CHINESE).err)
    local rows = user:run(bill .. "--format table --fields meter_no,status,reasons,why_zh", CHINESE).out
    assert.matches("^表号 +状态 +原因 +暂缓原因\n", rows)
    assert.matches("已计费", rows, 1, true)
    assert.matches("暂缓    读数中断", rows, 1, true)
    says(bill .. "--void wrong", "imr: 账单 1 已作废\n")
  end)

  it("says in Chinese what is wrong with a file of prices", function()
    local function refused(text, chinese)
      local path = user:write("wrong.lua", text)
      local result = says("bill --check-tariff " .. path, chinese)
      assert.equal(2, result.status)
      assert.is_nil(result.err:find "%l%l+ %l%l+", result.err) -- no English sentence
    end
    local home = "tariffs = { home = { price = '1' } } }"
    refused("return { defaults = { electricity = 'hom' }, " .. home, "未知的价格 'hom'，是否想写 'home'？")
    refused("return { rounding = 'off', " .. home, "rounding：未知的词 'off'；可用的有 half_up, half_even, up, down")
    refused("return { tariffs = { home = { price = '1', fees = { { name = 'meter' } } } } }", "amount：没有写\n")
    refused("return { tariffs = { home = { price = '1', fees = { { amount = '1' } } } } }", "name：没有写\n")
    refused("return { tariffs = { home = { price = {} } } }", "而不是 表\n")
    refused("return { tariffs = { home = { price = , } } }", "wrong.lua 第 1 行：")
    refused("return { defaults = {} " .. home, "第 1 行：此处应为 '}'，")
    refused("print(1)", "wrong.lua 第 1 行：不能调用函数 'print'\n")
    local with_meters = "return { meters = 'meters.csv', " .. home
    for rows, chinese in pairs {
      ["meter_nr,share"] = "未知的列 'meter_nr'，是否想写 'meter_no'？",
      ["meter_no,tariff\n1,shop"] = "meters.csv 第 2 行：未知的价格 'shop'；只有 'home'\n",
      ["meter_no\n1\n1"] = "第 3 行：表 1 出现两次；",
      ["meter_no,share,user_name\n1,0.1,a\n1,0.1,a"] = "第 3 行：表 1 两次写了 a：",
      ["meter_no,share,user_name\n1,0.9,a\n1,0.9,b"] = "第 3 行：表 1 的公摊比例合计超过 1\n",
    } do
      user:write("meters.csv", rows .. "\n")
      refused(with_meters, chinese)
    end
  end)

  it("refuses in Chinese what lies ahead, and what is no database", function()
    for arguments, chinese in pairs {
      ["sync --interval 0 --from 2999-01-01 --to 2999-01-02"] = "时段在未来：还没有可读的数据\n",
      ["usage --from 2025-06-11 --db ''"] = "数据库的名称是空的 ",
      ["usage --from 2025-06-11 --db http://here/x"] = "imr: 数据库是文件的路径、sqlite:PATH 或 postgres://",
      ["usage --from 2025-02-30"] = "日历中没有 '2025-02-30'\n",
      ["cutoff 2025-06"] = "截止时刻：时间写作 YYYY-MM-DD HH:MM:SS、",
    } do
      assert.equal(2, says(arguments, chinese).status)
    end
  end)

  it("takes the table of meters and decisions with Chinese headings", function()
    local bill = "bill 2025-06-11 2025-06-30 --draft "
    local with_meters = user:write("with_meters.lua", (TARIFF:gsub("return {", "return { meters = 'm.csv',", 1)))
    user:write("m.csv", "表号,价格,倍率\n" .. filled.number(1) .. ",home,2\n")
    local held
    for _, row in ipairs(cli.rows(user:run(bill .. "--tariff " .. with_meters))) do
      if row.meter_no == filled.number(1) then assert.equal("2", row.multiplier) end
      if row.reasons == "gap" then held = row.meter_no end
    end
    local decisions = user:write("decided.csv", "表号,用量,决定人,决定依据\n" .. held .. ",7,李会计,看过\n")
    local row = cli.rows(user:run(("%s--tariff %s --decisions %s --meter %s"):format(bill, tariff, decisions, held)))[1]
    assert.same({ "7", "李会计", "看过" }, { row.usage, row.decided_by, row.decision })
    user:write("m.csv", "表号,meter_no\n1,1\n")
    assert.matches("there are two columns 'meter_no'", user:run("bill --check-tariff " .. with_meters).err, 1, true)
  end)

  it("shows tables in Chinese, and the rules", function()
    local rules = user:run("check --list --format table", CHINESE).out
    assert.matches("^规则 +可调参数 +数值 +含义\n读数倒走 +读数变小，既非翻转，也未换表\n", rules)
    local flags = user:run("check --from 2025-06-01 --to 2025-07-10 --format table", CHINESE).out
    assert.matches("用量不符 +0001%d+ +2025%-06%-07 23:50:00 +日用量", flags)
    assert.matches("用量相差 -0.01，自 30.00 至 35.00", flags, 1, true)
    assert.matches("设备 %S+ 换为 %S+", flags)
    local plan = user:run("plan readings --meters 500 --days 30 --format table", CHINESE).out
    assert.matches("^列表 +方式 +每次表数 +请求数", plan)
    assert.matches("读数 +整个项目", plan)
  end)

  it("writes the report in Chinese first", function()
    local page = user:run("report --from 2025-06-01 --to 2025-07-10", CHINESE).out
    assert.matches('<html lang="zh-CN">', page, 1, true)
    assert.matches('<span class="zh" lang="zh-CN">设备 D3 换为 D3b</span>', page, 1, true)
    assert.matches('<html lang="en">', user:run("report " .. PERIOD, { LANG = "C" }).out, 1, true)
    assert.matches('<html lang="zh-CN">', user:run("report --language zh --json-errors " .. PERIOD).out, 1, true)
  end)

  it("has all of the report's words in Chinese", function()
    local page, pairs_seen = user:run("report --from 2025-06-01 --to 2025-07-10").out, 0
    local pattern = '<span class="en" lang="en">(.-)</span><span class="zh" lang="zh%-CN">(.-)</span>'
    for english, chinese in page:gmatch(pattern) do
      pairs_seen = pairs_seen + 1
      local is_chinese = chinese:find "[\228-\233][\128-\191][\128-\191]" or not english:find "%l%l%l"
      assert.is_truthy(is_chinese, english .. " is " .. chinese)
    end
    assert.is_true(pairs_seen > 100)
  end)

  it("syncs, logs in and looks around in Chinese", function()
    local sync = "sync --interval 0 --db " .. user.home .. "/new.db --first-days 2 --listing readings"
    says(sync, "imr: 完整：", nil)
    local login = user:run("login --no-save --interval 0", CHINESE)
    assert.matches("已以 demo 登录 http", login.out, 1, true)
    local doctor = user:run("doctor --interval 0", CHINESE).out
    for _, line in ipairs { "正常 版本 ", "正常 账号            demo", "注意 加密            明文 HTTP", "正常 登录 " } do
      assert.matches(line, doctor, 1, true)
    end
    assert.matches("ok   versions        imr ", user:run("doctor --interval 0").out, 1, true)
  end)

  it("asks in Chinese, with echo off for the password", function()
    local window = pty.open(user:command("login --no-save --interval 0", { IMR_USERNAME = false, IMR_PASSWORD = false,
      LANG = CHINESE.LANG }))
    window:expect "账号："
    window:type "demo\n"
    window:expect "demo 的密码："
    assert.is_false(window:echoes())
    window:type "demo-secret\n"
    window:expect "已以 demo 登录"
    assert.equal(0, window:wait())
  end)

  it("refuses in Chinese, and says what to do", function()
    says("usage " .. PERIOD .. " --meter 7", "imr: 数据库中没有表 7\nimr: 用 `imr export --table meters` 查看已知的表\n",
      "imr: the database knows no meter 7\nimr: `imr export --table meters` shows")
    says("usage --from 2025-13", "imr: --from '2025-13' 不是月份\n")
    says("usage --from tomorrow", "imr: --from 'tomorrow': 日期可写作 YYYY-MM-DD")
    says("usage " .. PERIOD .. " --output x.foo", "扩展名 .foo 不对应任何格式")
    says("usage " .. PERIOD .. " --fields nothing", "没有字段 'nothing'；可用的有：meter_no")
    says("export --table runs --meter 7", "runs 不能按表计选取")
    says("supply disconnect D1", "请用 --reason 说明原因", "say why with --reason")
    says("meters --store gopher://x", "没有这种存储")
    says("meters --utc-offset 8", "--utc-offset 必须是如 +08:00 的时区")
    says("help nonsense", "没有关于 'nonsense' 的帮助")
  end)

  it("gives the library's own words, and what they mean", function()
    local result = user:run("meters --interval 0 --retries 0 --base-url http://127.0.0.1:1 --store memory", CHINESE)
    assert.equal(4, result.status)
    assert.matches("%[network executed=no.*%]\nimr: 无法连接，或连接中断\nimr: 用 `imr doctor` 查找原因\n$", result.err)
    result = user:run("meters --interval 0 --store memory --json-errors", { LANG = CHINESE.LANG, IMR_PASSWORD = "x" })
    assert.matches('"code":1005', result.err, 1, true)
    assert.is_nil(result.err:find("\nimr: ", 1, true))
  end)

  it("knows what the library says of files, the database and its filters", function()
    says("usage --db /nowhere/imr.db " .. PERIOD, "imr: 没有数据库 /nowhere/imr.db：名称是否正确？`imr sync` 会新建 [",
      "imr: there is no database /nowhere/imr.db: is the name right?")
    local wrong = user:write("wrong.lua", [[return { tariffs = { home = { pirce = "1" } } }]])
    says("bill --check-tariff " .. wrong, "wrong.lua：tariffs.home：未知的项 'pirce'，是否想写 'price'？")
    wrong = user:write("wrong.lua", [[return { tariffs = { home = { price = 1 } } }]])
    says("bill --check-tariff " .. wrong, "tariffs.home.price：必须是带引号的文本，如 \"1\"：写成数字会成为浮点数")
    says("check --rules nonsense", "没有此规则：未知的项 'nonsense'；可用的有 decreasing")
    says("bill 2025-06-11 2025-06-30 --tariff /nowhere.lua", "没有此文件或目录")
  end)

  it("leaves to scripts what they read: the address of the simulator", function()
    local result = user:run("simulate --meters 5 --exit-after 0.1", CHINESE)
    assert.matches("^listening on http://[%d.:]+\n账号 demo，密码 demo%-secret；5 块表计，30 天历史\n", result.out)
  end)

  it("plans supply in Chinese", function()
    local result = user:run("supply disconnect D1 --reason 欠费 --dry-run --interval 0 --format table", CHINESE)
    assert.matches("^设备 +表号 .*指令 +此前状态 +在线 +发送 +原因说明\n", result.out)
    assert.matches("D1：平台没有此设备\n", result.err, 1, true)
    assert.matches("没有发送任何指令", result.err, 1, true)
  end)
end)
