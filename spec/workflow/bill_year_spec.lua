-- Tiers of a year: what was used since January 1 is what the bill before says, else what is measured.
local bill = require "imr.workflow.bill"
local DAY = require("imr.base.calendar").DAY
local databases = require "support.databases"
local time = require("imr.time").parse

local TARIFF = [[return { defaults = { electricity = "home" }, tariffs = { home = { accumulate = "year",
  tiers = { { upto = "220", price = "3.45" }, { upto = "300", price = "4.83" }, { price = "5.83" } } } } }]]
local NOW = time "2025-08-01"

-- A reading a day at 23:50 from a day on, 1.30 more each; from the day of a swap on another device.
local function fill(db, first, swap, meter_no)
  local count = 0
  meter_no = meter_no or "1"
  local function add_meter(device, since, removed)
    db:execute([[INSERT INTO meters (meter_no, project_code, device_id, first_seen, last_seen, removed_at, kind)
      VALUES (?, '', ?, ?, ?, ?, 'electricity')]], meter_no, device, since, NOW, removed)
  end
  add_meter("D1", time "2024-12-01", swap)
  if swap then add_meter("D2", swap) end
  for moment = time(first) - 600, time "2025-07-20", DAY do
    local value = 10000 + 130 * count - (swap and moment >= swap and 9000 or 0)
    db:execute([[INSERT INTO readings (meter_no, read_time, copy, device_id, reading, stored_at)
      VALUES (?, ?, 0, ?, ?, ?)]], meter_no, moment, swap and moment >= swap and "D2" or "D1",
      ("%d.%02d"):format(math.floor(value / 100), value % 100), moment + 60)
    count = count + 1
  end
end

local function month(number, decided)
  return { from = time(("2025-%02d-01"):format(number)), to = time(("2025-%02d-01"):format(number + 1)) - 1, now = NOW,
    tariff = assert(bill.check(TARIFF, "tariff")),
    decisions = decided and assert(bill.decisions(("meter_no,usage,year_used,who,why\n1,%s,Li,x\n"):format(decided),
      "decisions")) }
end

local function made(db, number, decided)
  local id = assert(bill.make(db, month(number, decided))).id
  local line = bill.lines(db, id)()
  return ("%s %s %s"):format(line.usage, line.year_used or "-", line.amount or "held: " .. line.reasons), id
end

for name, place in pairs(databases.places(setup, teardown)) do
  describe("tiers of a year on " .. name, function()
    local db
    local own = databases.fresh(before_each, after_each, place)
    before_each(function() db = own.db end)

    it("count what is measured, where no bill stands before", function()
      fill(db, "2024-12-20")
      assert.equal("39.00 196.30 155.66", made(db, 6)) -- 23.70 x 3.45 + 15.30 x 4.83 = 155.664
    end)

    it("come to the same where all months are billed", function()
      fill(db, "2024-12-20")
      assert.equal("40.30 0 139.04", made(db, 1)) -- 139.035
      assert.equal("36.40 40.30 125.58", made(db, 2))
      for number = 3, 5 do made(db, number) end
      assert.equal("39.00 196.30 155.66", made(db, 6))
    end)

    it("take a decided month along, and what was added to it since", function()
      fill(db, "2024-12-20", time "2025-03-10")
      made(db, 1)
      made(db, 2)
      local line, march, april
      line, march = made(db, 3)
      assert.matches("held: meter_swap", line, 1, true)
      line, april = made(db, 4)
      assert.equal("39.00 - held: year_to_date", line)
      -- 40.30 + 36.40 + 40.5 before April, 39.00 in it
      assert(bill.adjust(db, march, { decisions = month(3, "40.5,").decisions, now = NOW }))
      assert.equal("134.55", assert(bill.adjust(db, april, { now = NOW })).sums.total.amount)
      assert.equal("40.30 156.20 139.04", (made(db, 5)))
    end)

    -- The statements that read, while work is done; how late rows come is asked of a sample of the meters.
    local function reads(work)
      local methods, counted, kept = getmetatable(db), 0, {}
      for _, method in ipairs { "rows", "lists", "row", "all" } do
        kept[method] = methods[method]
        methods[method] = function(self, sql, ...)
          if not sql:find("AS delay", 1, true) then counted = counted + 1 end
          return kept[method](self, sql, ...)
        end
      end
      local fine, problem = pcall(work)
      for method, before in pairs(kept) do methods[method] = before end
      assert(fine, problem)
      return counted
    end

    it("ask no statement a meter, nor does an adjustment", function()
      local counts = {}
      local function count()
        made(db, 5)
        local june = reads(function() assert(bill.compute(db, month(6))) end)
        db:execute "UPDATE bill_lines SET status = 'held', amount = NULL"
        local held = reads(function()
          for _, line in ipairs(assert(bill.compute(db, month(6))).lines) do assert.equal("196.30", line.year_used) end
        end)
        db:execute "DELETE FROM bill_lines WHERE meter_no > '7'"
        local id = bill.list(db)[#bill.list(db)].id
        local adjusted = reads(function() assert(assert(bill.adjust(db, id, { now = NOW })).id) end)
        counts[#counts + 1] = { june, held, adjusted }
        assert(bill.void(db, id, "once more", NOW))
      end
      fill(db, "2024-12-20")
      count()
      for number = 2, 9 do fill(db, "2024-12-20", nil, tostring(number)) end
      count()
      assert.same(counts[1], counts[2])
    end)

    it("take what was said once along", function()
      fill(db, "2025-04-20")
      assert.equal("40.30 - held: year_to_date", made(db, 5))
      assert(bill.void(db, 1, "once more", NOW))
      assert.equal("40.30 156.0 139.04", (made(db, 5, ",156.0")))
      assert.equal("39.00 196.30 155.66", made(db, 6))
    end)

    it("begin anew with a tenant", function()
      fill(db, "2024-12-20")
      for index, since in ipairs { "2024-12-01", "2025-06-01" } do
        db:execute([[INSERT INTO tenancies (meter_no, project_code, since, user_code, user_name, until)
          VALUES ('1', '', ?, ?, 'U', ?)]], time(since), "u" .. index, index == 1 and time "2025-06-01" or nil)
      end
      made(db, 5)
      assert.equal("39.00 0 134.55", made(db, 6))
    end)
  end)
end
