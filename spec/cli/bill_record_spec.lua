-- A bill is a record: made once, shown again, adjusted, void; on SQLite and on PostgreSQL.
local cli = require "support.cli"
local database = require "imr.database"
local databases = require "support.databases"
local filled = require "support.filled"
local process = require "support.process"

local PERIOD = "2025-06-11 2025-06-30"
local TARIFF = 'return { defaults = { electricity = "home" }, tariffs = { home = { price = "0.52" } } }'

-- Makes a bill, and is killed at one of its statements.
local DIES = [[
  local bill, database = require "imr.workflow.bill", require "imr.database"
  local db = assert(database.open(%q))
  local methods, left = getmetatable(db), %d
  local execute = methods.execute
  function methods.execute(...)
    left = left - 1
    if left == 0 then
      os.execute "kill -KILL $PPID"
      while true do end
    end
    return execute(...)
  end
  assert(bill.make(db, { tariff = assert(bill.check(%q, "tariff")), from = %d, to = %d }))
]]

for name, place in pairs(databases.places(setup, teardown)) do
  describe("a bill on record in " .. name, function()
    local user, tariff

    local function change(statements)
      local db = assert(database.open(user.environment.IMR_DB))
      db:transaction(function() statements(db) end)
      db:close()
    end

    setup(function()
      user = cli.user()
      user.environment.IMR_DB = place()
      local db = filled.open(user.environment.IMR_DB)
      db:execute "CREATE TABLE kept AS SELECT * FROM readings"
      db:close()
      tariff = user:write("tariff.lua", TARIFF)
    end)

    teardown(function() user:remove() end)

    before_each(function()
      change(function(db)
        for _, table in ipairs { "readings", "tenancies", "bill_lines", "bills" } do
          db:execute("DELETE FROM " .. table)
        end
        db:execute "INSERT INTO readings SELECT * FROM kept"
        db:execute(db.dialect == "sqlite" and "DELETE FROM sqlite_sequence WHERE name = 'bills'"
          or "ALTER SEQUENCE bills_id_seq RESTART")
      end)
    end)

    local function run(arguments) return user:run("bill " .. arguments) end

    local function shown(result)
      local list = {}
      for index, row in ipairs(cli.rows(result)) do
        list[index] = ("%d: %d %s %s"):format(row.bill, tonumber(row.meter_no:sub(-2)), row.amount or "held",
          row.reasons or "-")
      end
      return list
    end

    local FIRST = { "1: 1 52.00 -", "1: 2 52.00 suspect", "1: 3 held meter_swap", "1: 4 52.00 -", "1: 5 5.20 -",
      "1: 6 held spike", "1: 7 52.00 -", "1: 8 held scale,tou_sum", "1: 9 held gap", "1: 10 held no_tariff" }

    it("is one of all meters, whichever lines are shown", function()
      local made = run(PERIOD .. " --tariff " .. tariff .. " --tenant 用户4")
      assert.same({ 5, { "1: 4 52.00 -" } }, { made.status, shown(made) })
      assert.matches("bill 1 is made, of all meters, whichever are shown", made.err, 1, true)
      assert.same(FIRST, shown(run(PERIOD)))
      assert.same({ "1: 10 held no_tariff" }, shown(run(PERIOD .. " --kind water")))
      assert.same({ "1: 4 52.00 -" }, shown(run(PERIOD .. " --offline-for 3d --building 3栋")))
      local page = user.home .. "/sheets.html"
      assert.matches(": 1 sheets?\n", run(PERIOD .. " --tenant 用户4 --statements " .. page).err)
      assert.matches("no line fits: tenant '李四'", run(PERIOD .. " --tenant 李四").err, 1, true)
    end)

    it("is made once and shown again, whatever happens to the readings", function()
      local made = run(PERIOD .. " --tariff " .. tariff)
      assert.same({ 5, FIRST }, { made.status, shown(made) })
      assert.matches("bill 1 of .*: 10 lines, 213.20 in all; 5 held\n", made.err)
      change(function(db) db:execute "UPDATE readings SET reading = '1.00'" end)
      for _, again in ipairs { run(PERIOD), run(PERIOD .. " --tariff " .. tariff) } do
        assert.same({ 5, made.out }, { again.status, again.out })
      end
    end)

    it("keeps the readings, the tariff and the program's version", function()
      run(PERIOD .. " --tariff " .. tariff)
      local row = cli.rows(run(PERIOD .. " --fields readings,charges --meter " .. filled.number(1)))[1]
      assert.same({ { source = "readings", device_id = "D1", from = 1749571200, to = 1751299200, opening = "50.00",
        opening_time = 1749570600, closing = "150.00", closing_time = 1751298600, usage = "100.00" } }, row.readings)
      assert.same({ { item = "price", quantity = "100.00", price = "0.52", amount = "52.0000" } }, row.charges)
      local db = assert(database.open(user.environment.IMR_DB))
      local bill = db:select("bills")()
      db:close()
      assert.same({ TARIFF, tariff, require "imr.version", "213.20", 10, 5 },
        { bill.tariff, bill.tariff_name, bill.program, bill.amount, bill.lines, bill.held })
    end)

    it("is refused beside another one that has a day of it, and with another tariff", function()
      run(PERIOD .. " --tariff " .. tariff)
      local other = run("2025-06-30 2025-07-02 --tariff " .. tariff)
      assert.same({ 2, "" }, { other.status, other.out })
      assert.matches("days of this period are billed already, by bill 1 of 2025-06-11 to 2025-06-30", other.err, 1,
        true)
      other = run(PERIOD .. " --tariff " .. user:write("new.lua", TARIFF .. " -- new"))
      assert.matches("bill 1 of this period was made with another tariff", other.err, 1, true)
    end)

    it("is adjusted by what has changed since, once", function()
      run(PERIOD .. " --tariff " .. tariff)
      assert.matches("nothing has changed since", run(PERIOD .. " --adjust").err, 1, true)
      change(function(db)
        db:execute("UPDATE readings SET reading = '152.00' WHERE meter_no = ? AND read_time = ?", filled.number(4),
          filled.time(30)) -- restated: 102 x 0.52 = 53.04
        db:execute("UPDATE readings SET withdrawn_at = 1 WHERE meter_no = ? AND read_time > ?", filled.number(7),
          filled.time(25))
        for day = 1, filled.DAYS do -- late rows
          db:execute([[INSERT INTO readings (meter_no, read_time, copy, device_id, reading, stored_at)
            VALUES (?, ?, 0, 'D9', ?, ?)]], filled.number(9), filled.time(day), ("%d.00"):format(3 * day),
            filled.time(day) + 60)
        end
      end)
      local adjusted = run(PERIOD .. " --adjust")
      local all = { "2: 4 1.04 -", "2: 7 held gap", "2: 9 31.20 -" }
      for index = #FIRST, 1, -1 do table.insert(all, 1, FIRST[index]) end
      assert.same({ 5, all }, { adjusted.status, shown(adjusted) })
      assert.matches("adjustment 2: 3 lines, 32.24\n.*and 1 adjustment: 13 lines, 245.44 in all; 5 held", adjusted.err)
      assert.matches("nothing has changed since", run(PERIOD .. " --adjust").err, 1, true)
      change(function(db) db:execute "UPDATE readings SET withdrawn_at = NULL" end)
      assert.same("3: 7 0.00 -", shown(run(PERIOD .. " --adjust"))[14])
    end)

    it("is adjusted where tenants become known: what one was billed for goes to others", function()
      run(PERIOD .. " --tariff " .. tariff)
      change(function(db)
        for index, since in ipairs { filled.time(-30), filled.time(20) + 3600 } do
          db:execute([[INSERT INTO tenancies (meter_no, project_code, since, user_code, user_name, until)
            VALUES (?, '', ?, ?, 'U', ?)]], filled.number(1), since, "u" .. index,
            index == 1 and filled.time(20) + 3600 or nil)
        end
      end)
      local result = run(PERIOD .. " --adjust --format csv --fields bill,user_code,usage,amount,reasons --meter "
        .. filled.number(1))
      assert.equal("bill,user_code,usage,amount,reasons\r\n1,,100.00,52.00,\r\n2,u1,50.00,26.00,tenant\r\n"
        .. "2,u2,50.00,26.00,tenant\r\n2,,-100.00,-52.00,gone\r\n", result.out)
      assert.matches("adjustment 2: 3 lines, 0.00\n", result.err, 1, true)
    end)

    it("leaves nothing behind where its process is killed", function()
      for left = 1, 9, 2 do
        local ok = process.lua(DIES:format(user.environment.IMR_DB, left, TARIFF, filled.FROM, filled.TO))
        assert.is_false(ok, left)
        assert.matches("there is no bill of this period", run("2025-06-01 2025-07-10").err, 1, true)
      end
      assert.matches("bill %d+ of .*: 10 lines", run(PERIOD .. " --tariff " .. tariff).err)
    end)

    it("has the charges of a line once, as they are known now", function()
      run(PERIOD .. " --tariff " .. tariff)
      local function charges()
        return run(PERIOD .. " --by charge --format csv --fields bill,quantity,charge --meter " .. filled.number(4)).out
      end
      assert.equal("bill,quantity,charge\r\n1,100.00,52.0000\r\n", charges())
      change(function(db)
        db:execute("UPDATE readings SET reading = '149.00' WHERE meter_no = ? AND read_time = ?", filled.number(4),
          filled.time(30))
      end)
      assert.matches("adjustment 2: 1 line, -0.52\n", run(PERIOD .. " --adjust").err, 1, true)
      assert.equal("bill,quantity,charge\r\n2,99.00,51.4800\r\n", charges())
    end)

    it("takes decisions, on record with who and why", function()
      run(PERIOD .. " --tariff " .. tariff)
      local decided = user:write("decided.csv", ("meter_no,usage,who,why\n%s,99.5,李,看过表\n"):format(filled.number(3)))
      local result = run(PERIOD .. " --adjust --decisions " .. decided)
      local row = cli.rows(result)[11]
      assert.same({ 2, "51.74", "李", "看过表", "meter_swap" }, { row.bill, row.amount, row.decided_by, row.decision,
        row.reasons })
      assert.matches("nothing has changed since", run(PERIOD .. " --adjust").err, 1, true) -- the decision stays
    end)

    it("takes no decision about a line that is measured, and stays as it is", function()
      run(PERIOD .. " --tariff " .. tariff)
      local before = run(PERIOD).out
      local decided = user:write("needless.csv", ("meter_no,usage,who,why\n%s,5,李,x\n"):format(filled.number(5)))
      local result = run(PERIOD .. " --adjust --decisions " .. decided)
      assert.equal(2, result.status)
      assert.matches("these are measured: " .. filled.number(5), result.err, 1, true)
      assert.equal(before, run(PERIOD).out)
    end)

    it("is void for a reason, and stays on record", function()
      run(PERIOD .. " --tariff " .. tariff)
      local unsaid = run(PERIOD .. " --void ' '")
      assert.same({ 2, "imr: --void REASON: say why the bill is void\n" }, { unsaid.status, unsaid.err })
      local void = run(PERIOD .. " --void 'wrong prices'")
      assert.same({ 0, "imr: bill 1 is void\n" }, { void.status, void.err })
      assert.matches("there is no bill of this period", run(PERIOD).err, 1, true)
      assert.equal("2: 1 104.00 -", shown(run(PERIOD .. " --tariff " .. user:write("new.lua",
        (TARIFF:gsub("0.52", "1.04")))))[1])
      local list = cli.rows(run "--list")
      assert.same({ 1, "wrong prices", 2, nil }, { list[1].id, list[1].void_reason, list[2].id, list[2].void_reason })
      assert.is_truthy(list[1].voided_at)
    end)

    it("is not made while somebody is at work on the database", function()
      local db = assert(database.open(user.environment.IMR_DB))
      assert.is_true(db:lock())
      local refused = run(PERIOD .. " --tariff " .. tariff)
      assert.same({ 4, "" }, { refused.status, refused.out })
      assert.matches("a sync or another bill is at work", refused.err, 1, true)
      db:close()
      assert.equal(5, run(PERIOD .. " --tariff " .. tariff).status)
    end)

    it("is made whole or not at all", function()
      change(function(db) db:execute "CREATE UNIQUE INDEX odd ON bill_lines (bill_id, status)" end)
      assert.equal(1, run(PERIOD .. " --tariff " .. tariff).status)
      local db = assert(database.open(user.environment.IMR_DB))
      assert.is_nil(db:select("bills")())
      db:execute "DROP INDEX odd"
      db:close()
    end)

    it("is of a period that is over", function()
      local early = run("today today --tariff " .. tariff)
      assert.same({ 2, "" }, { early.status, early.out })
      assert.matches("the period is not over yet", early.err, 1, true)
      assert.equal(5, run("today today --draft --tariff " .. tariff).status)
    end)

    it("says of a decision that there is no line for it", function()
      local decided = user:write("other.csv", "meter_no,user_code,usage,who,why\n000999,,5,Li,x\n"
        .. filled.number(1) .. ",u7,5,Li,x\n")
      local result = run(PERIOD .. " --tariff " .. tariff .. " --decisions " .. decided)
      assert.equal(5, result.status)
      assert.matches("2 meters are named, or decided about, of which there is no line: 000100000001 of u7, 000999",
        result.err, 1, true)
    end)

    it("refuses flags that do not go together", function()
      assert.matches("--draft and --adjust do not go together", run(PERIOD .. " --draft --adjust").err, 1, true)
      assert.matches("--adjust computes with the bill's own tariff", run(PERIOD .. " --adjust --tariff " .. tariff).err,
        1, true)
      assert.matches("there is no bill of this period", run(PERIOD .. " --adjust").err, 1, true)
      assert.matches("there is no bill of this period", run(PERIOD .. " --void x").err, 1, true)
    end)
  end)
end
