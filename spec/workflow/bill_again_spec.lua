-- Bills and what is learned later: an adjustment is of the same tenancy, however it is known by then.
local bill = require "imr.workflow.bill"
local DAY = require("imr.base.calendar").DAY
local databases = require "support.databases"
local sums = require "imr.workflow.bill.sums"
local time = require("imr.time").parse

local NOW = time "2025-08-01"
local FLAT = 'return { defaults = { electricity = "home" }, tariffs = { home = { price = "1.00" } } }'
local YEAR = [[return { defaults = { electricity = "home" }, tariffs = { home = { accumulate = "year",
  tiers = { { upto = "100", price = "1" }, { price = "2" } } } } }]]

-- A reading a day at 23:50, 1.00 more each.
local function fill(db, first, again)
  if again then
    db:execute "DELETE FROM readings"
  else
    db:execute([[INSERT INTO meters (meter_no, project_code, device_id, first_seen, last_seen, kind)
      VALUES ('1', '', 'D1', ?, ?, 'electricity')]], time "2024-12-01", NOW)
  end
  for moment = time(first) - 600, time "2025-07-20", DAY do
    db:execute([[INSERT INTO readings (meter_no, read_time, copy, device_id, reading, stored_at)
      VALUES ('1', ?, 0, 'D1', ?, ?)]], moment,
      ("%d.00"):format(101 + math.floor((moment - time(first)) / DAY)), moment + 60)
  end
end

local function tenancy(db, code, since, over)
  db:execute([[INSERT INTO tenancies (meter_no, project_code, since, user_code, last_shown, until)
    VALUES ('1', '', ?, ?, ?, ?)]], time(since), code, NOW, over and time(over))
end

local function decided(row)
  return assert(bill.decisions("meter_no,usage,year_used,who,why\n" .. row .. "\n", "decided.csv"))
end

local function make(db, month, tariff, decision)
  return assert(bill.make(db, { from = time(("2025-%02d-01"):format(month)), now = NOW,
    to = time(("2025-%02d-01"):format(month + 1)) - 1, tariff = assert(bill.check(tariff, "tariff")),
    decisions = decision and decided(decision) })).id
end

local function shown(db, id)
  local list = {}
  for line in bill.lines(db, id) do
    list[#list + 1] = ("%d: %s %s %s"):format(line.bill_id, line.user_code or "-", line.usage or "-",
      line.amount or "held: " .. line.reasons)
  end
  return list
end

for name, place in pairs(databases.places(setup, teardown)) do
  describe("an adjustment on " .. name, function()
    local db
    local own = databases.fresh(before_each, after_each, place)
    before_each(function() db = own.db end)

    it("knows a tenant who, as older rows show, was there before", function()
      fill(db, "2025-05-20")
      tenancy(db, "u1", "2025-05-25")
      local id = make(db, 6, FLAT)
      db:execute("UPDATE tenancies SET since = ?", time "2025-05-20")
      assert.is_nil(assert(bill.adjust(db, id, { now = NOW })).id)
      db:execute("DELETE FROM readings WHERE read_time BETWEEN ? AND ?", time "2025-06-25", time "2025-07-05")
      assert(bill.adjust(db, id, { now = NOW })) -- a doubt takes nothing back
      assert.same({ "1: u1 30.00 30.00", "2: u1 24.00 held: gap" }, shown(db, id))
    end)

    it("moves the days between two tenants", function()
      fill(db, "2025-05-20")
      tenancy(db, "u1", "2025-05-20", "2025-06-16")
      tenancy(db, "u2", "2025-06-16")
      local id = make(db, 6, FLAT)
      db:execute("UPDATE tenancies SET until = ? WHERE user_code = 'u1'", time "2025-06-11")
      db:execute("UPDATE tenancies SET since = ? WHERE user_code = 'u2'", time "2025-06-11")
      assert(bill.adjust(db, id, { now = NOW }))
      assert.same({ "1: u1 15.00 15.00", "1: u2 15.00 15.00", "2: u1 -5.00 -5.00", "2: u2 5.00 5.00" }, shown(db, id))
      assert.is_nil(assert(bill.adjust(db, id, { now = NOW })).id)
    end)

    it("takes along what was used in the year before, also where no price depends on it yet", function()
      fill(db, "2024-12-20")
      local january, february = make(db, 1, YEAR), make(db, 2, YEAR)
      for value = 100, 112 do -- those up to January 1, 10.00 less each
        db:execute("UPDATE readings SET reading = ? WHERE reading = ?", ("%d.00"):format(value - 10),
          ("%d.00"):format(value))
      end
      assert(bill.adjust(db, january, { now = NOW }))
      assert.same({ "1: - 31.00 31.00", "3: - 10.00 10.00" }, shown(db, january))
      assert(bill.adjust(db, february, { now = NOW }))
      assert.same({ "2: - 28.00 28.00", "4: - 0.00 0.00" }, shown(db, february))
      -- 41 + 28 = 69 before: 31 of March's 31 are below 100
      assert.same({ "5: - 31.00 31.00" }, shown(db, make(db, 3, YEAR)))
      assert.same({ "6: - 30.00 60.00" }, shown(db, make(db, 4, YEAR)))
    end)

    it("keeps what was decided before and is not decided anew", function()
      fill(db, "2025-05-20")
      db:execute("DELETE FROM readings WHERE read_time BETWEEN ? AND ?", time "2025-06-25", time "2025-07-05")
      local id = make(db, 6, YEAR, "1,30,90,Li,old system")
      assert(bill.adjust(db, id, { now = NOW, decisions = decided "1,31,,Li,looked" }))
      assert(bill.adjust(db, id, { now = NOW, decisions = decided "1,,100,Wu,added up" }))
      -- 10 x 1 + 20 x 2; 10 x 1 + 21 x 2; 31 x 2
      assert.same({ "1: - 30 50.00", "2: - 1 2.00", "3: - 0 10.00" }, shown(db, id))
      fill(db, "2025-05-20", true) -- what is measured now counts, and what was decided about the year
      assert(bill.adjust(db, id, { now = NOW, decisions = decided "1,,101,Wu,added up again" }))
      assert.equal("4: - -1.00 -2.00", shown(db, id)[4])
    end)
  end)
end

describe("the table of meters", function()
  it("names nobody twice for one meter", function()
    local fine, problem = bill.check(FLAT, "tariff", "meter_no,share,user_code\n1,1/2,A\n1,1/2,A\n", "meters.csv")
    assert.same({ nil, "meters.csv, line 3: meter 1 names A twice; what is one's is one share" }, { fine, problem })
  end)
end)

describe("the sums of a bill", function()
  it("tell two tenants of one name by where they live", function()
    local all, list = sums.new(true), {}
    for _, place in ipairs { "1栋101", "2栋101", "1栋101" } do
      all:add { user_name = "张三", address = place, usage = "1", amount = "1.00", status = "billed" }
    end
    for index, sum in ipairs(all:texts().tenant) do list[index] = sum.address .. " " .. sum.amount end
    assert.same({ "1栋101 2.00", "2栋101 1.00" }, list)
  end)
end)
