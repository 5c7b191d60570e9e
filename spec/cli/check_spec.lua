-- imr check, imr cutoff and imr report, as somebody runs them.
local cli = require "support.cli"
local filled = require "support.filled"

local user
local rows = cli.rows

local function run(arguments, more)
  return user:run(arguments, more)
end

setup(function()
  user = cli.user()
  user.environment.IMR_DB = user.home .. "/imr.db"
  filled.open(user.environment.IMR_DB):close()
  filled.ledger(user.home .. "/ledger.db")
end)

teardown(function() user:remove() end)

local PERIOD = "--from 2025-06-01 --to 2025-07-10"

describe("imr check", function()
  it("prints the flags, and sums them up on stderr", function()
    local result = run("check " .. PERIOD)
    local found = rows(result)
    assert.same({ 0, 12 }, { result.status, #found })
    assert.same({ rule = "usage", meter_no = filled.number(1), time = "2025-06-07T23:50:00+08:00",
      source = "consumption", field = "usage", value = "4.99", since = "2025-06-06T23:50:00+08:00",
      reference = "5.00", detail = "usage is off by -0.01 from 30.00 to 35.00" }, found[1])
    assert.matches("10 meters, 12 flags: suspect 1, scale 1, meter_swap 1, gap 3,", result.err, 1, true)
  end)

  it("takes rules, meters, fields and a format", function()
    local result = run(("check %s --rules gap,zeros --meter %s --fields rule,value --format csv"):format(PERIOD,
      filled.number(5)))
    assert.equal("rule,value\r\nzeros,60.00\r\n", result.out)
    assert.equal(11, #rows(run("check --without zeros " .. PERIOD)))
  end)

  it("is tuned by a flag and by the configuration", function()
    assert.equal(0, #rows(run("check --rules spike --set spike.times=100000 " .. PERIOD)))
    local path = user:write(".config/imr/config.lua", "return { quality = { without = { 'gap' }, "
      .. "spike = { times = 100000 } } }")
    local found = rows(run("check " .. PERIOD))
    local one = rows(run("check --set spike.times=3 " .. PERIOD))
    os.remove(path)
    assert.same({ 8, 9 }, { #found, #one })
  end)

  it("lists its rules", function()
    local result = run "check --list --format csv"
    assert.equal(0, result.status)
    assert.matches("spike,factor,8,standard deviations", result.out, 1, true)
    local names = {}
    for name in result.out:gmatch("\n(%l[%w_]*),") do names[name] = true end
    for _, rule in ipairs(require("imr.workflow.quality").rules) do assert.is_true(names[rule.name], rule.name) end
  end)

  it("ends with 1 on a flag when told so", function()
    assert.equal(1, run("check --fail " .. PERIOD).status)
    assert.equal(0, run("check --fail --rules future " .. PERIOD).status)
  end)

  it("takes the options of a connection as every command does, and shows them not", function()
    local given = " --interval 0.5 --timeout 9 --base-url http://127.0.0.1:1"
    for _, command in ipairs { "check " .. PERIOD, "usage " .. PERIOD, "cutoff 2025-06-30T24:00",
      "export --table meters", "report --output " .. user.home .. "/report.html " .. PERIOD } do
      assert.truthy(({ [0] = true, [5] = true })[run(command .. given).status], command)
    end
    assert.is_nil(run("check --help").out:find("--interval", 1, true))
  end)

  it("ends wrong use with 2, and names what is meant", function()
    for arguments, message in pairs {
      ["check --rules spikes"] = "did you mean 'spike'", ["check --without nothing"] = "no such rule",
      ["check --set spike"] = "spike.factor=10", ["check --set spike.faktor=2"] = "did you mean 'factor'",
      ["check --set spike.factor=much"] = "factor must be a number", ["check --to 2025-06-01"] = "say from when",
      ["check --fields rul"] = "there is no field 'rul'",
    } do
      local result = run(arguments)
      assert.equal(2, result.status, arguments)
      assert.matches(message, result.err, 1, true)
      assert.is_nil(result.err:find("traceback"))
    end
  end)
end)

describe("imr cutoff", function()
  it("prints a row a meter, and ends with 5 when one has none", function()
    local result = run "cutoff 2025-06-30T24:00"
    local found = rows(result)
    assert.same({ 5, 10 }, { result.status, #found })
    assert.same({ meter_no = filled.number(1), resolved = true, reading = "150.00", age_hours = "0.2", flags = "",
      read_time = "2025-06-30T23:50:00+08:00", source = "readings", device_id = "D1", kind = "electricity" }, found[1])
    assert.matches("9 of 10 meters have a reading at 2025-06-30T24:00", result.err, 1, true)
  end)

  it("prints only the meters that have none", function()
    local found = rows(run "cutoff 2025-06-30T24:00 --unresolved")
    assert.same({ 1, filled.number(9), false }, { #found, found[1].meter_no, found[1].resolved })
  end)

  it("takes the platform's clock, listings and an age", function()
    local one = "--meter " .. filled.number(8)
    assert.equal("tou_readings", rows(run("cutoff 2025-06-30T24:00 " .. one))[1].source)
    assert.equal("readings", rows(run("cutoff 2025-06-30T24:00 --source readings " .. one))[1].source)
    assert.equal("2025-06-29T21:50:00+06:00",
      rows(run("cutoff 2025-06-29T24:00 --utc-offset +06:00 --source readings " .. one))[1].read_time)
    local result = run("cutoff 2025-06-30T12:00 --max-age 0.4 --source readings " .. one)
    assert.same({ 5, false }, { result.status, rows(result)[1].resolved })
  end)

  it("ends with 0 when every meter has one", function()
    assert.equal(0, run("cutoff 2025-06-30T24:00 --meter " .. filled.number(1)).status)
  end)

  it("wants a moment that has been", function()
    for _, text in ipairs { "2025-06-30", "yesterday", "2999-01-01T00:00", "2025-06-30T25:00" } do
      assert.equal(2, run("cutoff " .. text).status, text)
    end
  end)
end)

describe("imr report", function()
  it("writes a page, with the ledger's commands", function()
    local path = user.home .. "/report.html"
    local result = run(("report %s --out %s --title 'A & B' --ledger %s/ledger.db"):format(PERIOD, path, user.home))
    assert.same({ 0, "" }, { result.status, result.out })
    local page = user:read "report.html"
    assert.matches("^<!doctype html>\n<html lang=\"en\">", page)
    for _, text in ipairs { "<title>A &amp; B</title>", "1,165.50", "Supply commands", "</html>" } do
      assert.truthy(page:find(text, 1, true), text)
    end
  end)

  it("takes the flag that all other commands have", function()
    assert.equal(0, run(("report %s --output %s/same.html"):format(PERIOD, user.home)).status)
    assert.matches("^<!doctype html>", user:read "same.html")
  end)

  it("is no document of another kind", function()
    local result = run(("report %s --out %s/june.pdf"):format(PERIOD, user.home))
    assert.equal(2, result.status)
    assert.matches("june.pdf: it is a page, FILE.html", result.err, 1, true)
  end)

  it("speaks the user's language first", function()
    local result = run("report " .. PERIOD, { LANG = "zh_CN.UTF-8" })
    assert.truthy(result.out:find('<html lang="zh-CN">', 1, true))
    assert.truthy(result.out:find('<input aria-label="中文" checked id="in-zh"', 1, true))
  end)

  it("ends wrong use with 2, and makes nothing", function()
    for _, arguments in ipairs { "--from 2020-01-01", "--ledger /no/such/ledger", "--language fr", "--rules x",
      "--out /no/such/directory/x" } do
      local result = run("report " .. arguments)
      assert.is_true(result.status == 2 or arguments:find("--out", 1, true) and result.status == 1, arguments)
      assert.equal("", result.out)
    end
  end)
end)
