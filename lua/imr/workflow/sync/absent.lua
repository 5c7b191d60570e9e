--- Stored rows that a complete listing of their period did not show. An absence is not a fact: it is confirmed by a
--- second reading, and judged when the run has ended (see imr.workflow.sync.reader).

local copy = require "imr.base.copy"
local seen = require "imr.workflow.sync.seen"
local unpack = require "imr.base.unpack"

local Absent = {}
Absent.__index = Absent

local absent = {}

-- Rows of a meter that is not listed any more say nothing: the platform may not list those of meters it has not.
local REMOVED = "SELECT meter_no FROM meters%s GROUP BY meter_no HAVING count(*) = count(removed_at)"
local FIND = "SELECT %s FROM %s WHERE %s > ? AND %s < ? AND withdrawn_at IS NULL%s AND meter_no NOT IN ("
  .. REMOVED:format "" .. ")"
local IS_REMOVED = REMOVED:format " WHERE meter_no = ?"

local function key_of(row, moment)
  return seen.identity(row.meter_no, row.project_code, row.device_id) .. "\0" .. moment .. "\0" .. row.copy
end

-- What stands at the very ends of a period is not asked of it: servers differ in what belongs to it.
local function query(db, listing, period)
  local more, given = "", { period.from, period.to }
  if listing.granularity then more, given[3] = " AND granularity = ?", listing.granularity end
  local meters = period.meters or period.meter and { period.meter }
  if meters then
    local condition, value = db:among("meter_no", meters)
    more, given[#given + 1] = more .. " AND " .. condition, value
  end
  return FIND:format(db:columns(listing.table), listing.table, listing.moment, listing.moment, more), given
end

---@class imr.sync.Absent
---@field rows table[]

---@param db imr.Database
---@param listing imr.sync.Listing
---@param period { from: integer, to: integer, meters: string[]?, meter: string? }
---@param shown table of imr.workflow.sync.seen
---@return imr.sync.Absent
function absent.find(db, listing, period, shown)
  local self = setmetatable({ rows = {}, moment = listing.moment }, Absent)
  local sql, given = query(db, listing, period)
  for row in db:rows(sql, unpack(given)) do
    local moment = row[listing.moment]
    if not shown:has(seen.identity(row.meter_no, row.project_code, row.device_id), moment) then
      self.rows[#self.rows + 1] = copy({ meter_no = row.meter_no, project_code = row.project_code,
        device_id = row.device_id, granularity = row.granularity, copy = row.copy }, { [listing.moment] = moment })
    end
  end
  return self
end

---Is the meter of a row still listed, or was it never?
---@param db imr.Database
---@param row table
---@return boolean
function absent.is_of_listed_meter(db, row)
  return db:row(IS_REMOVED, row.meter_no) == nil
end

---Is there any?
---@return boolean
function Absent:any()
  return #self.rows > 0
end

---How many are there?
---@return integer
function Absent:count()
  return #self.rows
end

---How many are older than a moment, and when the oldest is of.
---@param moment number
---@return integer count
---@return number oldest
function Absent:before(moment)
  local count, oldest = 0, math.huge
  for _, row in ipairs(self.rows) do
    if row[self.moment] < moment then count, oldest = count + 1, math.min(oldest, row[self.moment]) end
  end
  return count, oldest
end

---What another reading did not show either.
---@param other imr.sync.Absent
---@return imr.sync.Absent
function Absent:also_in(other)
  local there, both = {}, setmetatable({ rows = {}, moment = self.moment }, Absent)
  for _, row in ipairs(other.rows) do there[key_of(row, row[self.moment])] = true end
  for _, row in ipairs(self.rows) do
    if there[key_of(row, row[self.moment])] then both.rows[#both.rows + 1] = row end
  end
  return both
end

return absent
