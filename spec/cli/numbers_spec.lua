-- A meter that was asked for and is not in the database, and numbers that look like another.
local cli = require "support.cli"
local databases = require "support.databases"
local filled = require "support.filled"
local numbers = require "imr.database.numbers"

describe("a number without what people and spreadsheets change", function()
  for text, plain in pairs {
    ["000700000012"] = "700000012", ["700000012 "] = "700000012", ["\t0007 00000012"] = "700000012",
    ["00070000001２"] = "700000012", ["　000700000012"] = "700000012", ["0007\194\16000000012"] = "700000012",
    ["9F3A"] = "9f3a", ["９ｆ３Ａ"] = "9f3a", ["000"] = "", ["ａ-1"] = "a-1", ["电表1"] = "电表1",
    ["\239\191\189"] = "\239\191\189",
  } do
    it(("is %s of %s"):format(plain, text), function() assert.equal(plain, numbers.plain(text)) end)
  end

  it("shows which ones look alike", function()
    local others = numbers.alike { "0071", "71", "７１", "72", "ab", "AB" }
    assert.same({ "71", "７１" }, others["0071"])
    assert.same({ "AB" }, others.ab)
    assert.is_nil(others["72"])
  end)
end)

for name, place in pairs(databases.places(setup, teardown)) do
  describe("the numbers of a database in " .. name, function()
    it("are those of all its tables, each once", function()
      local where = place()
      local db = filled.open(where)
      db:execute("INSERT INTO camera_readings (meter_no, read_time, copy, reading) VALUES ('Z9', 5, 0, '1')")
      local list = numbers.all(db)
      assert.same({ 11, filled.number(1), "Z9" }, { #list, list[1], list[11] })
      local missing = numbers.missing(db, { filled.number(3), "z9", "100000003", "7" })
      assert.same({ { number = "z9", alike = { "Z9" } }, { number = "100000003", alike = { filled.number(3) } },
        { number = "7", alike = {} } }, missing)
      db:close()
      databases.remove(where)
    end)
  end)
end

describe("a meter that is not in the database", function()
  local user
  setup(function()
    user = cli.user()
    user.environment.IMR_DB = user.home .. "/imr.db"
    filled.open(user.environment.IMR_DB):close()
  end)
  teardown(function() user:remove() end)

  for _, command in ipairs { "check --from 2025-06-01 --to 2025-06-30", "cutoff 2025-06-30T24:00", "export",
    "export --table meters --format csv", "report --from 2025-06-01 --to 2025-06-30" } do
    it("ends imr " .. command .. " with 5, and is named", function()
      local result = user:run(command .. " --meter 100000004 --meter " .. filled.number(5))
      assert.same({ 5, "" }, { result.status, result.out })
      local message = "the database knows no meter 100000004 (it knows '%s')"
      assert.matches(message:format(filled.number(4)), result.err, 1, true)
      assert.is_nil(result.err:find(filled.number(5), 1, true))
      assert.is_nil(result.err:find("1 meters", 1, true))
    end)
  end

  it("is one of many in a list", function()
    local list = {}
    for index = 1, 14 do list[index] = "x" .. index end
    user:write("list.txt", table.concat(list, "\n"))
    local result = user:run("check --meter @" .. user.home .. "/list.txt")
    assert.equal(5, result.status)
    assert.matches("no meter x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, and 4 more", result.err, 1, true)
  end)

  it("leaves those that are there alone, in a report too", function()
    local result = user:run("report --from 2025-06-01 --to 2025-06-30 --meter " .. filled.number(4))
    assert.equal(0, result.status)
    assert.truthy(result.out:find(filled.number(4), 1, true))
    assert.is_nil(result.out:find(filled.number(6), 1, true))
  end)
end)
