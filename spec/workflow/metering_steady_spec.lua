-- Steady meters take a shorter way: it must say what the long one says, of whatever the rows are.
local cutoff = require "imr.workflow.cutoff"
local DAY = require("imr.base.calendar").DAY
local databases = require "support.databases"
local metering = require "imr.workflow.metering"
local quality = require "imr.workflow.quality"
local random = require "support.random"
local registers = require "support.registers"
local steady = require "imr.workflow.metering.steady"

local FIRST, SEEDS = tonumber(os.getenv "IMR_SEED" or 1), tonumber(os.getenv "IMR_SEEDS" or 20)
local LAST = registers.FIRST + registers.DAYS * DAY
local READING = [[INSERT INTO readings (meter_no, read_time, copy, device_id, reading, stored_at, invalid)
  VALUES (?, ?, ?, ?, ?, ?, ?)]]

-- What may be odd about one reading: nothing mostly, so that steady meters and nearly steady ones come together.
local oddities = {
  function(row) row.text = nil end,
  function(row) row.text = row.text .. "." end,
  function(row) row.text = "0.00" end,
  function(row) row.text = "42949672.95" end,
  function(row) row.stored = row.time - 1000 end,
  function(row) row.stored = row.time + 5 * DAY end,
  function(row) row.device = "another" end,
  function(row) row.invalid = '{"reading":"x"}' end,
  function(row) row.twice = true end,
  function(row) row.lost = true end,
  function(row) row.stored = nil end,
}

local STARTS = { 5, 213.5, 980, 2140, 4294.5, 21474, 42949, 99998, 999990, 2147480, 99999990, 999999990 }

-- A meter of its own kind: how often it is read, how much is usual, how long nothing is used now and then.
local function meter_of(seed)
  local chance = random(seed * 104729 + 5)
  local self = { meter_no = ("STEADY%06d"):format(seed), chance = chance,
    kind = chance(4) == 1 and "water" or "electricity",
    step = ({ DAY, DAY, DAY, DAY / 4, DAY / 24, 2 * DAY })[chance(6)], jitter = ({ 1, 1, 600, 7200 })[chance(4)],
    usual = ({ 0.02, 1, 6, 6, 6, 44, 51, 300 })[chance(8)], places = chance(4) - 1,
    second = ({ 0, 3600, 27000, 76500, 86399 })[chance(5)], rest = chance(3) == 1 and chance(9) or 0,
    late = ({ 3600, 3600, 40000, 2 * DAY })[chance(4)], odd = ({ 0, 0, 0, 1, 3 })[chance(5)],
    ends = LAST - (chance(6) == 1 and chance(20) * DAY or 0) }
  self.jitter = math.min(self.jitter, self.step / 2) -- else two rows are of one moment
  self.register = STARTS[chance(#STARTS)]
  return self
end

local function rows_of(self)
  local rows, chance, still = {}, self.chance, 0
  for time = registers.FIRST + self.second, self.ends, self.step do
    if still <= 0 and self.rest > 0 and chance(math.ceil(20 * DAY / self.step)) == 1 then
      still = self.rest * DAY / self.step
    end
    still = still - 1
    if still < 0 then self.register = self.register + self.usual * self.step / DAY * chance(100) / 100 end
    time = time + chance(self.jitter) - 1
    rows[#rows + 1] = { time = time, text = ("%." .. self.places .. "f"):format(self.register), device = self.meter_no,
      stored = time + chance(self.late) }
  end
  for _ = 1, self.odd do oddities[chance(#oddities)](rows[chance(#rows)]) end
  return rows
end

local function add_tenants(db, self)
  for index = 1, self.chance(8) == 1 and 2 or self.chance(2) - 1 do
    db:execute([[INSERT INTO tenancies (meter_no, project_code, since, user_code, last_shown, until)
      VALUES (?, '', ?, ?, ?, ?)]], self.meter_no, registers.FIRST + index * 40 * DAY, "U" .. index, LAST,
      self.chance(6) == 1 and registers.FIRST + (index + 1) * 40 * DAY or nil)
  end
end

local function store(db, seed)
  local self = meter_of(seed)
  db:execute([[INSERT INTO meters (meter_no, project_code, device_id, first_seen, last_seen, removed_at, kind)
    VALUES (?, '', ?, ?, ?, ?, ?)]], self.meter_no, self.meter_no, registers.FIRST + 3600 * self.chance(200), LAST,
    self.chance(12) == 1 and self.ends or nil, self.kind)
  add_tenants(db, self)
  for _, row in ipairs(rows_of(self)) do
    for copy = 0, row.lost and -1 or row.twice and 1 or 0 do
      db:execute(READING, self.meter_no, row.time, copy, row.device, row.text, row.stored, row.invalid)
    end
  end
end

local function fill(db, first, last)
  db:transaction(function()
    for seed = first, last do
      store(db, seed)
      registers.store(registers.new(seed), db)
    end
  end)
end

local TUNING = { {}, { zeros = { days = 0 }, gap = { factor = 0.5 } },
  { zeros = { days = 2 }, gap = { factor = 1.01 } },
  { spike = { electricity = 3, water = 1, electricity_most = 2 }, clock = { days = 0.2 } },
  { future = { minutes = 0 }, clock = { minutes = 0 } } }

-- Everything that the workflows say of a period.
local function all_of(db, from, to, now, tuning)
  local week = math.min(to, from + 6 * DAY)
  local said = { usage = assert(metering.usage(db, { from = from, to = to, now = now })),
    by_day = assert(metering.usage(db, { from = from, to = week, now = now, by = "day" })),
    cutoff = assert(cutoff.at(db, { cutoff = to + 1, now = now, tuning = tuning })), flags = {} }
  assert(quality.check(db, { from = from, to = to, now = now, tuning = tuning, on_flags = function(flags, meter_no)
    said.flags[meter_no] = flags
  end }))
  return said
end

describe("a steady meter", function()
  local of, hits, asked = steady.of, 0, 0
  after_each(function() steady.of = of end)

  local function counting(...)
    local found = of(...)
    hits, asked = hits + (found and 1 or 0), asked + 1
    return found
  end

  it("is the same the short way and the long way", function()
    databases.in_batches(os.tmpname, { first = FIRST, count = SEEDS, batch = 20 }, function(db, first, last)
      local chance = random(first)
      fill(db, first, last)
      for turn, tuning in ipairs(TUNING) do
        local from = registers.FIRST + chance(95) * DAY + (chance(3) == 1 and chance(DAY) or 0)
        local to, now = from + chance(34) * DAY - 1, LAST + chance(3) * DAY
        if turn == 2 then now = to + chance(2 * DAY) end
        steady.of = counting
        local short = all_of(db, from, to, now, tuning)
        steady.of = function() return nil end
        assert.same(all_of(db, from, to, now, tuning), short, ("seeds %d to %d, turn %d"):format(first, last, turn))
      end
    end)
    assert.is_true(hits > 0.2 * asked, ("%d of %d are steady"):format(hits, asked))
  end)
end)
