-- Registers of which the truth is known: what usage calls measured is exactly it, and consecutive periods add up.
-- IMR_SEEDS=2000 tries as many registers on either database, from IMR_SEED on.
local DAY = require("imr.base.calendar").DAY
local databases = require "support.databases"
local decimal = require "imr.decimal"
local metering = require "imr.workflow.metering"
local random = require "support.random"
local registers = require "support.registers"

local FIRST, SEEDS = tonumber(os.getenv "IMR_SEED" or 1), tonumber(os.getenv "IMR_SEEDS" or 50)
local BATCH = 40 -- registers in a database at a time
local NOW = registers.FIRST + registers.DAYS * DAY + 3600

-- Midnights, mostly; sometimes any moment.
local function boundaries(seed)
  local chance, list = random(seed * 31 + 7), { registers.FIRST + 20 * DAY }
  local last = registers.FIRST + (registers.DAYS - 20) * DAY
  while true do
    local moment = list[#list] + chance(40) * DAY
    if chance(4) == 1 then moment = moment + chance(DAY) end
    if moment >= last then break end
    list[#list + 1] = moment
  end
  return list
end

local function describe_row(self, row)
  return ("seed %d: %s %s..%s usage %s %s %s (%s %s..%s)"):format(self.number, row.device_id, row.opening, row.closing,
    tostring(row.usage), row.status, row.reasons or "", self.kind, os.date("!%m-%d %H:%M", row.opening_time),
    os.date("!%m-%d %H:%M", row.closing_time))
end

-- A measured row is the truth between its two readings, which nothing has reset meanwhile.
local function must_be_true(self, row)
  local from, resets = registers.truth(self, row.device_id, row.opening_time)
  local to, more = registers.truth(self, row.device_id, row.closing_time)
  assert.truthy(from and to, describe_row(self, row))
  assert.equal(resets, more, "reset: " .. describe_row(self, row))
  local truth = decimal.of(("%.0f"):format(to - from)) * decimal.power(-self.places)
  assert.equal(tostring(truth + decimal.zero), row.usage, describe_row(self, row))
end

local function sum_of(sums, row)
  local sum = sums[row.meter_no] or decimal.zero
  sums[row.meter_no] = row.usage and sum + decimal.of(row.usage) or sum
end

local function judge(known, rows, sums, counts)
  for _, row in ipairs(rows) do
    local self = known[row.meter_no]
    if row.status == "measured" then must_be_true(self, row) end
    if row.usage then assert.is_false(decimal.of(row.usage).negative, describe_row(self, row)) end
    counts[row.status] = (counts[row.status] or 0) + 1
    sum_of(sums, row)
  end
end

local function try(db, first, last, counts)
  local known = {}
  db:transaction(function()
    for seed = first, last do
      local self = registers.new(seed)
      known[self.meter_no] = self
      registers.store(self, db)
    end
  end)
  local moments, parts, whole = boundaries(first), {}, {}
  for index = 2, #moments do
    judge(known, assert(metering.usage(db, { from = moments[index - 1], to = moments[index] - 1, now = NOW })).rows,
      parts, counts)
  end
  judge(known, assert(metering.usage(db, { from = moments[1], to = moments[#moments] - 1, now = NOW })).rows, whole,
    counts)
  for meter_no, sum in pairs(whole) do
    assert.equal(tostring(sum), tostring(parts[meter_no]), "consecutive periods of seed " .. known[meter_no].number)
  end
end

describe("registers of which the truth is known", function()
  for name, place in pairs(databases.places(setup, teardown)) do
    it("are measured exactly, or said not to be, on " .. name, function()
      local counts = {}
      databases.in_batches(place, { first = FIRST, count = SEEDS, batch = BATCH }, function(db, first, last)
        try(db, first, last, counts)
      end)
      -- Most is measured: to doubt everything would be no answer.
      assert.is_true(counts.measured > 0.6 * (counts.measured + counts.doubtful + counts.incomplete),
        ("measured %d, doubtful %d, incomplete %d"):format(counts.measured, counts.doubtful, counts.incomplete))
    end)
  end
end)
