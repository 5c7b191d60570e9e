--- The column `day`: which calendar day of the platform a row closes, by the rule of imr.workflow.metering.day. Which
--- meters are read once a day around midnight follows from the rows of the last weeks; it is kept in cursors.

local DAY = require("imr.base.calendar").DAY
local day = require "imr.workflow.metering.day"
local unpack = require "imr.base.unpack"

local Days = {}
Days.__index = Days

local days = {}

local RECENT = 62 * DAY -- seconds of rows that tell how a meter is read

local KNOWN = "SELECT meter_no, at_midnight FROM cursors WHERE listing = ? AND at_midnight IS NOT NULL"

---@param db imr.Database
---@param listing imr.sync.Listing
---@param utc_offset integer
function days.new(db, listing, utc_offset)
  local self = setmetatable({ db = db, listing = listing, offset = utc_offset, at_midnight = {} }, Days)
  for row in db:rows(KNOWN, listing.name) do self.at_midnight[row.meter_no] = row.at_midnight end
  return self
end

---The day of a row. Of a meter of which nothing is known yet, the first row is as good as any.
---@param meter_no string
---@param moment integer
---@param text string the same on the platform's clock
---@return string
function Days:of(meter_no, moment, text)
  if (moment + self.offset) % DAY > day.WINDOW then return text:sub(1, 10) end
  local at_midnight = self.at_midnight[meter_no]
  if at_midnight == nil then at_midnight = true end
  return day.of(moment, self.offset, nil, at_midnight)
end

-- ---------------------------------------------------------------- how meters are read

local function and_granularity(listing)
  return listing.granularity and (" AND granularity = '%s'"):format(listing.granularity) or ""
end

-- The same as day.reads_at_midnight, over all meters at once.
local COUNT = "SELECT r.meter_no AS meter_no, count(*) AS count, "
  .. "sum(CASE WHEN (%s + %d) %% %d <= %d THEN 1 ELSE 0 END) AS inside, "
  .. "count(DISTINCT (%s + %d) / %d) AS days FROM %s r WHERE withdrawn_at IS NULL%s AND %s GROUP BY 1"
local UNKNOWN = "meter_no NOT IN (SELECT meter_no FROM cursors WHERE listing = ? AND at_midnight IS NOT NULL)"

-- The meters that are not at_midnight as it is kept, by what their rows say.
local function misjudged(self, condition, value)
  local listing, moment, found = self.listing, self.listing.moment, { [true] = {}, [false] = {} }
  for row in self.db:rows(COUNT:format(moment, self.offset, DAY, day.WINDOW, moment, self.offset, DAY, listing.table,
    and_granularity(listing), condition), value) do
    local at_midnight = day.is_at_midnight(row.count, row.inside, row.count - row.days)
    if self.at_midnight[row.meter_no] ~= at_midnight then table.insert(found[at_midnight], row.meter_no) end
  end
  return found
end

local TEXT = {
  sqlite = "strftime('%%Y-%%m-%%d', %s + %d - %s, 'unixepoch')",
  postgres = "to_char(to_timestamp(%s + %d - %s) AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
}
local SHIFT = "CASE WHEN (%s + %d) %% %d <= %d THEN (%s + %d) %% %d + 1 ELSE 0 END"

-- The day of a row in SQL, as `day.of` tells it.
local function in_sql(self, at_midnight)
  local moment, offset = self.listing.moment, self.offset
  local shift = SHIFT:format(moment, offset, DAY, at_midnight and day.WINDOW or 0, moment, offset, DAY)
  return TEXT[self.db.dialect]:format(moment, offset, shift)
end

local NOTE = "INSERT INTO cursors (listing, meter_no, at_midnight) VALUES (?, ?, ?) ON CONFLICT (listing, meter_no) "
  .. "DO UPDATE SET at_midnight = excluded.at_midnight"

-- What is older than the rows that tell it keeps its day where the meter was read otherwise then.
local function change(self, numbers, at_midnight, since)
  if #numbers == 0 then return end
  local text = in_sql(self, at_midnight)
  local condition, value = self.db:among("meter_no", numbers)
  local parts, given = { condition, ("day <> %s"):format(text) }, { value }
  if since then parts[3], given[2] = self.listing.moment .. " > ?", since end
  self.db:execute(("UPDATE %s SET day = %s WHERE %s%s"):format(self.listing.table, text, table.concat(parts, " AND "),
    and_granularity(self.listing)), unpack(given))
  for _, number in ipairs(numbers) do
    self.at_midnight[number] = at_midnight
    self.db:execute(NOTE, self.listing.name, number, at_midnight)
  end
end

---Looks at how meters are read of which it is not known, and sets their days right.
---@param again? integer now, to look again at all others too, by their last rows
function Days:update(again)
  self.db:transaction(function()
    local found = misjudged(self, UNKNOWN, self.listing.name)
    for _, at_midnight in ipairs { true, false } do change(self, found[at_midnight], at_midnight) end
    if not again then return end
    found = misjudged(self, self.listing.moment .. " > ?", again - RECENT)
    for _, at_midnight in ipairs { true, false } do change(self, found[at_midnight], at_midnight, again - RECENT) end
  end)
end

return days
