-- Workbooks for spreadsheets, as another program reads them.
local cjson = require "cjson"
local cli = require "support.cli"
local process = require "support.process"
local shell = require "support.shell"
local simulator = require "support.simulator"
local workbook = require "support.workbook"

describe("--output of a #workbook", function()
  local platform, user

  setup(function()
    platform = simulator.start { meters = 30, days = 4, interval = 0, today = "2025-07-01" }
    user = cli.user(platform.url, { IMR_STORE = "memory" })
  end)

  teardown(function()
    platform:stop()
    user:remove()
  end)

  local function written(arguments)
    local result = user:run(arguments .. " --interval 0 --output " .. user.home .. "/rows.xlsx")
    assert.same({ 0, "" }, { result.status, result.out }, result.err)
    return workbook.read(user.home .. "/rows.xlsx")
  end

  it("has the rows that JSON has: numbers as texts, registers and times as what they are", function()
    local arguments = "readings --from 2025-06-28 --to 2025-06-29 --fields meter_no,reading,read_time,address"
    local sheets = written(arguments)
    local expected = {}
    for line in user:run(arguments .. " --interval 0 --format jsonl").out:gmatch "[^\n]+" do
      expected[#expected + 1] = cjson.decode(line)
    end
    local sheet = sheets[1]
    assert.same({ 1, "A2", true, #expected + 1 }, { #sheets, sheet.frozen, sheet.bold, #sheet.rows })
    assert.equal(("A1:D%d"):format(#sheet.rows), sheet.filter)
    assert.is_true(#expected > 30)
    for index, row in ipairs(expected) do
      local cells = sheet.rows[index + 1]
      assert.same({ "s", row.meter_no }, { cells[1][1], cells[1][2] })
      assert.same({ "n", tonumber(row.reading) }, { cells[2][1], cells[2][2] })
      assert.same({ "d", (row.read_time:gsub("T", " "):gsub("%+08:00", "")) }, { cells[3][1], cells[3][2] })
      assert.equal(row.address, cells[4][2])
    end
  end)

  it("has the rows of a table of the database, whatever the order of the fields", function()
    local db = user.home .. "/rows.db"
    user:run("sync --interval 0 --listing readings --from 2025-06-28 --to 2025-06-30 --db " .. db)
    local arguments = "export --table readings --fields reading,read_time,meter_no --db " .. db
    user:run(arguments .. " --output " .. user.home .. "/rows.xlsx")
    local sheet, count = workbook.read(user.home .. "/rows.xlsx")[1], 1
    for line in user:run(arguments .. " --format jsonl").out:gmatch "[^\n]+" do
      local row, cells = cjson.decode(line), sheet.rows[count + 1]
      count = count + 1
      assert.same({ tonumber(row.reading), row.meter_no }, { cells[1][2], cells[3][2] })
      assert.equal(row.read_time:sub(1, 10), cells[2][2]:sub(1, 10))
    end
    assert.same({ true, count }, { count > 30, #sheet.rows })
  end)

  it("is refused on a terminal's place, under another name, and for flags of CSV", function()
    for arguments, message in pairs {
      ["--format xlsx --output a.csv"] = "a.csv is no name for xlsx",
      ["--format csv --output a.xlsx"] = "a.xlsx is no name for csv",
      ["--excel --output a.xlsx"] = "a.xlsx is no name for csv",
      ["--format xlsx --excel"] = "--excel and --raw-csv go with --format csv",
      ["--output a.txt"] = ".txt names no format; .csv, .jsonl, .json and .xlsx do",
    } do
      local result = user:run("meters --interval 0 " .. arguments)
      assert.equal(2, result.status)
      assert.matches(message, result.err, 1, true)
    end
  end)

  it("takes its format from the name: csv, json, jsonl in any case", function()
    local beginnings = { ["a.CSV"] = "^meter_no\r\n", ["a.json"] = "^%[\n", ["a.jsonl"] = "^{", ["a"] = "^{" }
    for name, pattern in pairs(beginnings) do
      assert.equal(0, user:run(("meters --interval 0 --fields meter_no --output %s/%s"):format(user.home, name)).status)
      assert.matches(pattern, user:read(name))
    end
  end)

  it("leaves nothing behind when the listing fails", function()
    local temporary = user.home .. "/tmp"
    shell.must("mkdir " .. temporary)
    local result = user:run("meters --retries 0 --output " .. user.home .. "/none.xlsx",
      { IMR_BASE_URL = "http://127.0.0.1:1", TMPDIR = temporary })
    assert.equal(4, result.status)
    assert.is_nil(user:read "none.xlsx")
    assert.same({}, user:list "tmp")
  end)
end)

describe("a #workbook", function()
  local function written(columns, rows)
    local path = os.tmpname()
    local write, finish, count = require("imr.cli.output.xlsx").xlsx(columns, { utc_offset = 8 * 3600 })
    assert.equal("", write(rows))
    local file = assert(io.open(path, "wb"))
    file:write(finish())
    file:close()
    local sheets = workbook.read(path)
    os.remove(path)
    return sheets, count
  end

  local cases = {
    { "dec", "0313.600", { "n", 313.6 } }, { "dec", "12345678901234567.25", { "s", "12345678901234567.25" } },
    { "dec", "-0.05", { "n", -0.05 } }, { "money", "1234.50", { "n", 1234.5, "#,##0.00" } },
    { "int", 7, { "n", 7 } }, { "time", 1751302625, { "d", "2025-07-01 00:57:05" } },
    { "day", "2025-06-30", { "d", "2025-06-30 00:00:00" } }, { "day", "unknown", { "s", "unknown" } },
    { "str", "000100000001", { "s", "000100000001" } }, { "str", "=1+1", { "s", "=1+1" } },
    { "str", "3栋 <a> & \"b\"\n_x0041_", { "s", "3栋 <a> & \"b\"\n_x0041_" } },
    { "flag", true, { "s", "true" } }, { "json", { a = 1 }, { "s", '{"a":1}' } },
  }
  it("writes each value as what it is", function()
    local columns, row = {}, {}
    for index, case in ipairs(cases) do
      columns[index] = { name = "value" .. index, type = case[1] }
      row["value" .. index] = case[2]
    end
    local cells = written(columns, { row })[1].rows[2]
    for index, case in ipairs(cases) do
      -- openpyxl takes a text that begins with = for a formula; the file says that it is none.
      local cell, kind = cells[index], cells[index][1] == "f" and "s" or cells[index][1]
      assert.same({ case[3][1], case[3][2], case[3][3] or cell[3] }, { kind, cell[2], cell[3] })
    end
  end)

  it("cuts a text that no cell can hold, and counts it", function()
    local sheets, count = written({ { name = "value", type = "str" } }, { { value = ("字"):rep(40000) } })
    assert.equal(1, count.cut)
    assert.equal(("字"):rep(10922), sheets[1].rows[2][1][2])
  end)

  -- Some seconds: under one of the interpreters.
  if process.interpreter ~= "lua5.4" then return end
  it("of 100,000 rows takes less than 100 MB", function()
    local script = os.tmpname()
    local file = assert(io.open(script, "w"))
    file:write [[
      package.path, package.cpath = arg[1], arg[2]
      local columns = { { name = "meter_no", type = "str" }, { name = "reading", type = "dec" } }
      for index = 1, 8 do columns[#columns + 1] = { name = "amount" .. index, type = "money", sum = true } end
      local write, finish = require("imr.cli.output.xlsx").xlsx(columns, { utc_offset = 28800 })
      for page = 1, 100 do
        local rows = {}
        for index = 1, 1000 do
          local number = page * 1000 + index
          rows[index] = { meter_no = ("%012d"):format(number), reading = number .. ".25", amount1 = number .. ".10" }
          for more = 2, 8 do rows[index]["amount" .. more] = "12.34" end
        end
        write(rows)
      end
      assert(#finish() > 1e6)
      print(io.open("/proc/self/status"):read("*a"):match "VmHWM:%s*(%d+)")
    ]]
    file:close()
    local peak = shell.lines(("%s %s %s %s"):format(process.interpreter, script, shell.quote(package.path),
      shell.quote(package.cpath)))[1]
    os.remove(script)
    assert.is_true(tonumber(peak) < 100 * 1024, peak .. " KB")
  end)
end)
