-- Registers of which the truth is known: what goes through each is made up first, and then what a platform shows of it,
-- with zeros while offline, jitter, misread digits, sentinels, gaps, roll-overs, resets, swaps, late, corrected and
-- withdrawn rows.
local DAY = require("imr.base.calendar").DAY
local random = require "support.random"
local time = require "imr.time"

local registers = {}

registers.FIRST, registers.DAYS = time.parse "2025-03-01", 130

local function clock(seconds) return time.format(seconds) end

-- A register as the digits that a device shows: everything is counted in units of its last place.
local function shown(self, units)
  local size = 10 ^ (self.width + self.places)
  local text = ("%%0%d.0f"):format(self.padded and self.width + self.places or self.places + 1):format(units % size)
  if self.places == 0 then return text end
  return text:sub(1, -self.places - 1) .. "." .. text:sub(-self.places)
end

local function device(self, number, units)
  self.devices[#self.devices + 1] = { id = ("D%d.%d"):format(self.number, number), units = units }
  return self.devices[#self.devices]
end

-- Usage of a step, in units: ordinary, sometimes none, sometimes a busy day.
local function used(self, chance)
  local kind = chance(20)
  if kind == 1 then return 0 end
  if kind == 2 then return self.usual * 3 end
  return math.floor(self.usual * (50 + chance(100)) / 100)
end

local function new(seed)
  local chance = random(seed * 7919 + 13)
  local self = { number = seed, places = chance(4) - 1, width = 4 + chance(2), padded = chance(3) == 1, devices = {},
    readings = {}, kind = chance(4) == 1 and "water" or "electricity", chance = chance,
    meter_no = ("0007%08d"):format(seed) }
  self.per_day = chance(5) == 1 and 4 or 1
  self.second = chance(3) == 1 and chance(7200) - 1 or chance(math.floor(DAY / self.per_day)) - 1
  local usual = self.kind == "water" and 0.5 or 6 -- a day
  self.usual = math.max(1, math.floor(usual * 10 ^ self.places * (50 + chance(150)) / 100 / self.per_day))
  local size = 10 ^ (self.width + self.places)
  local start = chance(3) == 1 and size - self.usual * chance(registers.DAYS) * self.per_day
    or math.floor(size / 10) + self.usual * chance(1000)
  device(self, 1, start)
  return self
end

-- What happens at a reading, beside that it comes: nearly always nothing.
local function trouble(self, at, step, last)
  local chance = self.chance
  if chance(60) > 2 then return nil end
  local kinds = { "zero", "jitter", "high", "low", "sentinel", "lost", "gap", "swap", "reset", "late", "corrected",
    "withdrawn" }
  local kind = kinds[chance(#kinds)]
  -- At the very ends of what is known nobody can tell.
  if step < 12 or last - step < 12 then return nil end
  local size = 10 ^ (self.width + self.places)
  if kind == "reset" and (at.units - 0.05 * size) % size > 0.85 * size then return nil end -- as a roll-over looks
  return kind
end

local function add(self, at, moment, text, more)
  local row = { time = moment, text = text, device = at.id, stored = moment + 3600, true_units = at.units,
    resets = at.resets or 0 }
  for name, value in pairs(more or {}) do row[name] = value end
  self.readings[#self.readings + 1] = row
end

local SENTINELS = { "4294967.295", "42949672.95", "429496729.5", "4294967295" }

local faults = {
  zero = function(self, at, moment) add(self, at, moment, shown(self, 0)) end,
  sentinel = function(self, at, moment) add(self, at, moment, SENTINELS[self.chance(#SENTINELS)]) end,
  -- Below the last reading: where more has been used meanwhile, nobody could see it.
  jitter = function(self, at, moment)
    add(self, at, moment, shown(self, at.units))
    add(self, at, moment + 600, shown(self, at.units - 1))
  end,
  high = function(self, at, moment)
    local digit = 10 ^ math.ceil(math.log(self.usual * self.per_day * 20) / math.log(10) - 1e-9)
    add(self, at, moment, shown(self, at.units + digit * self.chance(3)))
  end,
  low = function(self, at, moment)
    local digit = 10 ^ math.ceil(math.log(self.usual * self.per_day * 20) / math.log(10) - 1e-9)
    add(self, at, moment, shown(self, math.max(1, at.units - digit * self.chance(3))))
  end,
  lost = function() end,
  late = function(self, at, moment) add(self, at, moment, shown(self, at.units), { stored = moment + 14 * DAY }) end,
  corrected = function(self, at, moment)
    add(self, at, moment, shown(self, at.units), { old = shown(self, at.units + self.usual) })
  end,
  withdrawn = function(self, at, moment)
    add(self, at, moment, shown(self, at.units))
    add(self, at, moment + 300, shown(self, at.units + 50 * self.usual), { withdrawn = moment + 2 * DAY })
  end,
}

-- What is truly known of a device's register ends where it is reset: from then on it is another.
local function reset(self, at)
  local size = 10 ^ (self.width + self.places)
  at.units = math.ceil(at.units / size) * size + self.usual * self.chance(5)
  at.resets = (at.resets or 0) + 1
end

local function step_on(self, at, step, last)
  at.units = at.units + used(self, self.chance)
  local kind = self.skip == nil and trouble(self, at, step, last)
  if kind == "gap" then self.skip = self.chance(8) end
  if kind == "swap" then
    at = device(self, #self.devices + 1, self.usual * self.chance(20) + 10 ^ self.places * 1000)
  end
  if kind == "reset" then reset(self, at) end
  return at, kind
end

---A register and everything that its platform shows of it.
---@param seed integer
function registers.new(seed)
  local self = new(seed)
  local at, last = self.devices[1], registers.DAYS * self.per_day
  for step = 1, last do
    local kind
    local moment = registers.FIRST + (step - 1) * math.floor(DAY / self.per_day) + self.second
    at, kind = step_on(self, at, step, last)
    if self.skip then
      self.skip = self.skip > 1 and self.skip - 1 or nil
    elseif faults[kind] then
      faults[kind](self, at, moment)
    else
      add(self, at, moment, shown(self, at.units))
    end
  end
  return self
end

---The units that had gone through a device at a moment of a reading of it, and how often it had been reset.
---@param self table
---@param id string
---@param moment integer
---@return number|nil units
---@return integer|nil resets
function registers.truth(self, id, moment)
  for _, row in ipairs(self.readings) do
    if row.device == id and row.time == moment and not row.withdrawn then return row.true_units, row.resets end
  end
end

-- ---------------------------------------------------------------- into a database

local METER = [[INSERT INTO meters (meter_no, project_code, device_id, first_seen, last_seen, removed_at, kind)
  VALUES (?, '', ?, ?, ?, ?, ?)]]
local READING = [[INSERT INTO readings (meter_no, read_time, read_time_local, copy, device_id, reading, stored_at,
  changed_at, withdrawn_at) VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?)]]
local RESTATED = [[INSERT INTO restatements (table_name, meter_no, row_time, copy, device_id, field, old_value,
  new_value, old_seen, new_seen) VALUES ('readings', ?, ?, 0, ?, 'reading', ?, ?, ?, ?)]]

local function store_devices(self, db)
  for index, one in ipairs(self.devices) do
    local first, after
    for _, row in ipairs(self.readings) do
      if row.device == one.id then first = first or row.time end
      if self.devices[index + 1] and row.device == self.devices[index + 1].id then after = after or row.time end
    end
    if first then
      db:execute(METER, self.meter_no, one.id, first, registers.FIRST + registers.DAYS * DAY, after, self.kind)
    end
  end
end

-- A row as it was known at a moment: its text, since when it is withdrawn, when it changed. Nothing: not yet.
local function known(row, at)
  if not at then return row.text, row.withdrawn, row.old and row.time + 5 * DAY or nil end
  if row.stored > at then return nil end
  local changed = row.old and row.time + 5 * DAY <= at
  local withdrawn = row.withdrawn and row.withdrawn <= at and row.withdrawn or nil
  return row.old and not changed and row.old or row.text, withdrawn,
    changed and row.time + 5 * DAY or nil
end

---Stores it as a sync would have.
---@param db imr.Database
---@param at? integer as it was known at this moment; default: all of it
function registers.store(self, db, at)
  store_devices(self, db)
  for _, row in ipairs(self.readings) do
    local text, withdrawn, changed = known(row, at)
    if text then
      db:execute(READING, self.meter_no, row.time, clock(row.time), row.device, text, row.stored, changed, withdrawn)
    end
    if text and changed then
      db:execute(RESTATED, self.meter_no, row.time, row.device, row.old, row.text, row.stored, changed)
    end
  end
end

return registers
