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
local STANDING = "SELECT sum(CASE WHEN last_seen < ? THEN 1 ELSE 0 END) AS before, "
  .. "sum(CASE WHEN last_seen >= ? THEN 1 ELSE 0 END) AS listed FROM meters WHERE removed_at IS NULL"
local REMOVE = "UPDATE meters SET removed_at = ? WHERE removed_at IS NULL AND last_seen < ?"

---@param db imr.Database
---@param listing imr.sync.Listing meters or latest_readings
---@param settings { utc_offset: integer, clock: (fun(): integer), rejected: table }
function meters.new(db, listing, settings)
  local entry = tables[listing.table]
  local self = setmetatable({ db = db, entry = entry, clock = settings.clock, rejected = settings.rejected, list = {},
    upsert = upsert(entry), installed = INSTALLED:format(db:exact("time", "first_seen")) }, Writer)
  self.fill, self.count = values.filler(listing.table, settings.utc_offset)
  self:begin()
  return self
end

---The listing begins. Whatever is listed from now on was seen at this moment.
function Writer:begin()
  local newest = self.db:row(("SELECT %s AS seen FROM meters"):format(self.db:exact("time", "max(last_seen)")))
  -- Later than any listing before, so that what this one lacks can be told by its time alone.
  self.seen = math.max(self.clock(), (newest.seen or 0) + 1)
end

-- What a row is known by has to fit its column: a text with a NUL does not.
local function problem_of(row)
  if not row.meter_no or row.meter_no:find("\0", 1, true) then return "it has no meter number that could be used" end
  if row.device_id and row.device_id:find("\0", 1, true) then return "its device id holds a NUL" end
end

local function put(self, row, now, counts)
  local problem = problem_of(row)
  if problem then
    counts.rejected = counts.rejected + 1
    return self.rejected:keep(self.entry.name, row, problem, now)
  end
  row.project_code, row.device_id, row.stored_at = row.project_code or "", row.device_id or "", now
  if self.entry.name == "meters" then
    local installed = self.db:row(self.installed, row.meter_no, row.project_code, row.device_id)
    row.first_seen, row.last_seen = installed and installed.first_seen or self.seen, self.seen
    if not installed then counts.new_rows = counts.new_rows + 1 end
  end
  self.fill(row, self.list)
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

-- An absence is not a fact: a list without any meter says that something is wrong with the list.
local function are_all_gone(self)
  local found = self.db:row(STANDING, self.seen, self.seen)
  return (found.before or 0) > 0 and (found.listed or 0) == 0
end

---The listing has ended and is known to be complete: what was listed before and is not now has been removed.
---@return string|nil doubt why it is not believed
function Writer:finish()
  if self.entry.name ~= "meters" then return nil end
  if are_all_gone(self) then return "no meter is listed any more: all are kept, and the list is read again" end
  self.db:execute(REMOVE, self.seen, self.seen)
end

return meters
