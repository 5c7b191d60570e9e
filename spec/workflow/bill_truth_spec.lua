-- Bills of registers of which the truth is known: amounts are exact; a bill and its adjustment are the bill that full
-- knowledge would have given; what tenants and those who share have used is what the meter has.
-- IMR_SEEDS=2000 tries as many registers on either database, from IMR_SEED on.
local bill = require "imr.workflow.bill"
local DAY = require("imr.base.calendar").DAY
local databases = require "support.databases"
local decimal = require "imr.decimal"
local random = require "support.random"
local registers = require "support.registers"
local time = require("imr.time").parse

local FIRST, SEEDS = tonumber(os.getenv "IMR_SEED" or 1), tonumber(os.getenv "IMR_SEEDS" or 30)
local BATCH = 30 -- registers in a database at a time
local NOW = registers.FIRST + registers.DAYS * DAY + 3600
local FROM, CHANGE, TO = time "2025-05-01", time "2025-05-16", time "2025-06-01"

-- Prices in ten thousandths, and when they begin.
local PRICES = { tiers = { 4883, 5383, 7883 }, limits = { 60, 140 }, flat = 6147, before = 5200, after = 6400 }

local TARIFF = [[return { meters = "meters.csv", tariffs = {
  tiers = { tiers = { { upto = "60", price = "0.4883" }, { upto = "140", price = "0.5383" }, { price = "0.7883" } } },
  flat = { price = "0.6147" },
  changed = { versions = { { price = "0.52" }, { from = "2025-05-16", price = "0.64" } } },
} }]]
local NAMES = { "tiers", "flat", "changed" }

local function tariff_of(self) return NAMES[self.number % 3 + 1] end
local function multiplier_of(self) return self.number % 5 == 0 and 40 or 1 end
local function is_shared(self) return self.number % 3 == 1 and self.number % 4 == 0 end

local function tariff(list)
  local lines = { "meter_no,tariff,multiplier,share,user_code" }
  for _, self in ipairs(list) do
    local line = ("%s,%s,%d"):format(self.meter_no, tariff_of(self), multiplier_of(self))
    if is_shared(self) then
      for index, share in ipairs { "1/3", "1/7", "11/21" } do
        lines[#lines + 1] = ("%s,%s,p%d"):format(line, share, index)
      end
    else
      lines[#lines + 1] = line .. ",,"
    end
  end
  return assert(bill.check(TARIFF, "tariff.lua", table.concat(lines, "\n"), "meters.csv"))
end

-- ---------------------------------------------------------------- the truth, in whole numbers

-- The units of a part of a line, or nothing where its readings are none of the register's.
local function units_of(self, part)
  local from, resets = registers.truth(self, part.device_id, part.opening_time)
  local to, more = registers.truth(self, part.device_id, part.closing_time)
  assert.truthy(from and to)
  assert.equal(resets, more)
  return (to - from) * multiplier_of(self)
end

local function price_at(self, moment)
  if tariff_of(self) == "flat" then return PRICES.flat end
  return moment < CHANGE and PRICES.before or PRICES.after
end

local function of_tiers(units, scale)
  local sum, before = 0, 0
  for index, price in ipairs(PRICES.tiers) do
    local limit = PRICES.limits[index] and PRICES.limits[index] * scale or math.huge
    local taken = math.max(0, math.min(units, limit) - before)
    sum, before = sum + taken * price, limit
  end
  return sum
end

-- Fen, half up.
local function amount_of(self, line)
  local scale, sum, units = 10 ^ self.places, 0, 0
  for _, part in ipairs(line.readings) do
    local own = units_of(self, part)
    units, sum = units + own, sum + own * price_at(self, part.from)
  end
  if tariff_of(self) == "tiers" then sum = of_tiers(units, scale) end
  local fen = math.floor((2 * sum + 100 * scale) / (200 * scale))
  return ("%d.%02d"):format(math.floor(fen / 100), fen % 100)
end

-- ---------------------------------------------------------------- tenants

local TENANCY = "INSERT INTO tenancies (meter_no, project_code, since, user_code, user_name, until) VALUES "
  .. "(?, '', ?, ?, ?, ?)"

-- Some move in the month, at midnight or at any time; those whose tariff has tiers of the month do not.
local function add_tenants(db, self)
  if tariff_of(self) == "tiers" then return end
  local chance, since = random(self.number * 17 + 3), FROM - 30 * DAY
  for index = 1, chance(3) do
    local after = FROM + chance(30) * DAY + (chance(2) == 1 and chance(DAY) or 0)
    local last = index == 3 or after <= since
    db:execute(TENANCY, self.meter_no, since, "u" .. index, "U", not last and after or nil)
    if last then return end
    since = after
  end
end

-- ---------------------------------------------------------------- what must hold

local function lines_of(db, given)
  local result = assert(bill.compute(db, { from = FROM, to = TO - 1, tariff = given, now = NOW }))
  local sum = decimal.zero
  for _, line in ipairs(result.lines) do
    if line.amount then sum = sum + decimal.of(line.amount) end
  end
  assert.equal(tostring(sum), tostring(decimal.of(result.sums.total.amount)))
  return result.lines
end

local function check_amounts(known, lines, counts)
  for _, line in ipairs(lines) do
    local self = known[line.meter_no]
    counts[line.status] = (counts[line.status] or 0) + 1
    if line.status == "billed" and not line.share then
      assert.equal(amount_of(self, line), line.amount, "seed " .. self.number)
    end
  end
end

local function key_of(line)
  return ("%s %s %s"):format(line.meter_no, line.user_code or "", tostring(line.since or ""))
end

local function by_meter(lines)
  local sums, held = {}, {}
  for _, line in ipairs(lines) do
    held[line.meter_no] = held[line.meter_no] or line.status == "held"
    sums[line.meter_no] = (sums[line.meter_no] or decimal.zero) + decimal.of(line.usage or "0")
  end
  return sums, held
end

-- Without tenants, shares and changes of prices it is the same.
local function check_sums(db, list, lines)
  local plain = assert(bill.check([[return { defaults = { electricity = "a", water = "a" },
    tariffs = { a = { price = "1" } } }]], "plain"))
  db:execute "DELETE FROM tenancies"
  local whole, unsure = by_meter(lines_of(db, plain))
  local parts, held = by_meter(lines)
  for _, self in ipairs(list) do
    if not unsure[self.meter_no] and not held[self.meter_no] then
      local times = whole[self.meter_no] * decimal.of(("%d"):format(multiplier_of(self)))
      assert.is_true(times == parts[self.meter_no], "seed " .. self.number)
    end
  end
end

-- What a bill and its adjustments come to, by line.
local function state_of(db, id)
  local state = {}
  for line in bill.lines(db, id) do
    local key = key_of(line)
    state[key] = state[key] or { amount = decimal.zero, usage = decimal.zero }
    local known = state[key]
    known.status = line.status
    if line.amount then
      known.amount, known.usage = known.amount + decimal.of(line.amount), known.usage + decimal.of(line.usage)
    end
  end
  return state
end

local function check_adjusted(db, id, lines)
  local state = state_of(db, id)
  for _, line in ipairs(lines) do
    local known = assert(state[key_of(line)], key_of(line))
    assert.equal(line.status, known.status)
    if line.status == "billed" then
      assert.is_true(known.amount == decimal.of(line.amount) and known.usage == decimal.of(line.usage), key_of(line))
    end
    known.there = true
  end
  for key, known in pairs(state) do
    assert.is_true(known.there or known.amount:is_zero(), key)
  end
end

local function fill(db, list, at)
  db:transaction(function()
    for _, table in ipairs { "readings", "restatements", "meters", "tenancies" } do
      db:execute("DELETE FROM " .. table)
    end
    for _, self in ipairs(list) do
      registers.store(self, db, at)
      add_tenants(db, self)
    end
  end)
end

-- Some meters' last reading of the month showed the day before again, until it was corrected; some came late.
local function unsettle(db, list)
  for _, self in ipairs(list) do
    local last, before
    for _, row in ipairs(self.readings) do
      if row.time < TO and not row.withdrawn then last, before = row, last end
    end
    if self.number % 4 == 1 and last.device == before.device then
      db:execute("UPDATE readings SET reading = ? WHERE meter_no = ? AND read_time = ?", before.text, self.meter_no,
        last.time)
    elseif self.number % 4 == 2 then
      db:execute("DELETE FROM readings WHERE meter_no = ? AND read_time = ?", self.meter_no, last.time)
    end
  end
end

local function try(db, first, last, counts)
  local list, known = {}, {}
  for seed = first, last do
    local self = registers.new(seed)
    list[#list + 1], known[self.meter_no] = self, self
  end
  local given = tariff(list)
  fill(db, list, TO + DAY) -- what is late, corrected or withdrawn later is not known yet
  unsettle(db, list)
  local made = assert(bill.make(db, { from = FROM, to = TO - 1, tariff = given, now = NOW }))
  fill(db, list)
  local lines = lines_of(db, given)
  check_amounts(known, lines, counts)
  local adjusted = assert(bill.adjust(db, made.id, { now = NOW }))
  counts.adjusted = (counts.adjusted or 0) + adjusted.sums.total.lines
  check_adjusted(db, made.id, lines)
  assert.is_nil(assert(bill.adjust(db, made.id, { now = NOW })).id)
  check_sums(db, list, lines)
end

describe("bills of registers of which the truth is known", function()
  for name, place in pairs(databases.places(setup, teardown)) do
    it("are exact, and are made so by adjustments, on " .. name, function()
      local counts = {}
      databases.in_batches(place, { first = FIRST, count = SEEDS, batch = BATCH }, function(db, first, last)
        try(db, first, last, counts)
      end)
      assert.is_true(counts.billed > 2 * counts.held, ("billed %d, held %d"):format(counts.billed, counts.held))
      assert.is_true(counts.adjusted > 0.2 * SEEDS, counts.adjusted)
    end)
  end
end)
