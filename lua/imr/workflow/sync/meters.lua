--- What is now into the database: the meter list with its install history, and the newest readings.

local tables = require "imr.database.tables"
local unpack = require "imr.base.unpack"
local values = require "imr.workflow.sync.values"

local Writer = {}
Writer.__index = Writer

local meters = {}

local function upsert(entry)
  local names, marks, keys, sets = {}, {}, {}, {}
  for index, column in ipairs(entry.columns) do
    names[index], marks[index] = column.name, "?"
    if column.key then
      keys[#keys + 1] = column.name
    else
      sets[#sets + 1] = ("%s = excluded.%s"):format(column.name, column.name)
    end
  end
  return ("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT (%s) DO UPDATE SET %s"):format(entry.name,
    table.concat(names, ", "), table.concat(marks, ", "), table.concat(keys, ", "), table.concat(sets, ", "))
end

local INSTALLED = "SELECT %s AS first_seen FROM meters WHERE meter_no = ? "
  .. "AND project_code = ? AND device_id = ? AND removed_at IS NULL"
local ABSENT = "SELECT count(*) AS count FROM meters WHERE removed_at IS NULL AND last_seen < ?"
local REMOVE = "UPDATE meters SET removed_at = ? WHERE removed_at IS NULL AND last_seen < ?"

---@param db imr.Database
---@param listing imr.sync.Listing meters or latest_readings
---@param settings { utc_offset: integer, clock: (fun(): integer), rejected: table }
function meters.new(db, listing, settings)
  local entry = tables[listing.table]
  local self = setmetatable({ db = db, entry = entry, clock = settings.clock, rejected = settings.rejected,
    tenancies = settings.tenancies, list = {},
    upsert = upsert(entry), installed = INSTALLED:format(db:exact("time", "first_seen")) }, Writer)
  self.fill, self.count = values.filler(listing.table, settings.utc_offset)
  self.at, self.defaults = values.places(listing.table)
  self:begin()
  return self
end

---The listing begins. Whatever is listed from now on was seen at this moment.
function Writer:begin()
  local newest = self.db:row(("SELECT %s AS seen FROM meters"):format(self.db:exact("time", "max(last_seen)")))
  -- Later than any listing before, so that what this one lacks can be told by its time alone.
  self.seen, self.shown = math.max(self.clock(), (newest.seen or 0) + 1), 0
  self.first_seen = self.first_seen or self.seen
end

-- What a row is known by has to fit its column: a text with a NUL does not.
local function problem_of(row, number)
  if number == nil then return "it has no meter number that could be used" end
  if row.device_id and row.device_id:find("\0", 1, true) then return "its device id holds a NUL" end
end

-- Its identity and times, as they go into the table.
local function complete(self, now, counts)
  local list, at = self.list, self.at
  for _, index in ipairs(self.defaults) do
    if list[index] == nil then list[index] = "" end
  end
  if at.stored_at then list[at.stored_at] = now end
  if not at.first_seen then return end
  local installed = self.db:row(self.installed, list[at.meter_no], list[at.project_code], list[at.device_id])
  list[at.first_seen], list[at.last_seen] = installed and installed.first_seen or self.seen, self.seen
  if not installed then counts.new_rows = counts.new_rows + 1 end
end

local function put(self, row, now, counts)
  self.fill(row, self.list)
  local problem = problem_of(row, self.list[self.at.meter_no])
  if problem then
    counts.rejected = counts.rejected + 1
    return self.rejected:keep(self.entry.name, row, problem, now)
  end
  complete(self, now, counts)
  self.shown = self.shown + 1
  self.db:execute(self.upsert, unpack(self.list, 1, self.count))
end

---Stores a page, within a transaction.
---@param rows table[]
---@return { rows: integer, new_rows: integer, restated: integer, rejected: integer }
function Writer:write(rows)
  local now = self.clock()
  local counts = { rows = #rows, new_rows = 0, restated = 0, rejected = 0 }
  for _, row in ipairs(rows) do put(self, row, now, counts) end
  return counts
end

---The listing has ended: it has shown its meters' tenants. Within a transaction.
---@return table counts
function Writer:settle()
  if self.at.first_seen and self.tenancies then self.tenancies:listed(self.seen, self.first_seen) end
  return {}
end

---Meters that were listed before and not since a moment.
---@class imr.sync.AbsentMeters
local Absent = {}
Absent.__index = Absent

---Is there any?
function Absent:any()
  return self.lacking > 0
end

---How many are there?
---@return integer
function Absent:count()
  return self.lacking
end

---Those that another reading did not show either.
function Absent:also_in(other)
  return self.writer:absent(nil, math.min(self.since, other.since))
end

---The meters that the listing has not shown.
---@param since? integer of those that were not listed since then
---@return imr.sync.AbsentMeters
function Writer:absent(_, since)
  since = since or self.seen
  local count = self.entry.name == "meters" and self.db:row(ABSENT, since).count or 0
  return setmetatable({ writer = self, since = since, lacking = count }, Absent)
end

---What was listed before and is not any more has been removed. Within a transaction.
---@param absent imr.sync.AbsentMeters
---@return table counts
function Writer:withdraw(absent)
  if not absent:any() then return {} end
  self.db:execute(REMOVE, absent.since, absent.since)
  if self.tenancies then self.tenancies:removed(absent.since) end
  return {}
end

return meters
