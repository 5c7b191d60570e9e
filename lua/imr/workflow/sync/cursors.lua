--- How far each meter is read in each listing, and since when it has to be read again.
---
--- A meter's span was read to its end, and ends no later than its newest row. So a meter that was offline for weeks
--- is read from where its rows end when it is back; and the next run begins before the span's end by the look-back,
--- which finds what came late or was corrected.

local cursors = {}

local DAY = require("imr.base.calendar").DAY
cursors.LEAST, cursors.MOST = 3 * DAY, 30 * DAY

---The cursor of the whole project in a listing.
---@param db imr.Database
---@param name string of the listing
---@return { synced_from: integer?, synced_to: integer?, lateness: integer?, reread_at: integer?,
--- deep_reread_at: integer? }
function cursors.project(db, name)
  return db:select("cursors", "WHERE listing = ? AND meter_no = ''", name)() or {}
end

---How far back a listing is read again: twice the lateness that was seen, so that it can grow.
---@param lateness integer|nil seconds
---@return integer seconds
function cursors.look_back(lateness)
  local days = math.ceil(2 * (lateness or 0) / DAY) * DAY
  return math.max(cursors.LEAST, math.min(cursors.MOST, days))
end

local NOTE = "INSERT INTO cursors (listing, meter_no, lateness) VALUES (?, '', ?) ON CONFLICT (listing, meter_no) "
  .. "DO UPDATE SET lateness = excluded.lateness "
  .. "WHERE cursors.lateness IS NULL OR cursors.lateness < excluded.lateness"

---@param lateness integer seconds that a row came late
function cursors.note_lateness(db, name, lateness)
  if lateness > 0 then db:execute(NOTE, name, lateness) end
end

-- ---------------------------------------------------------------- spans

local REACH = "CASE WHEN last_row < ? THEN last_row ELSE ? END"
local EXTEND = "UPDATE cursors SET "
  .. "synced_from = CASE WHEN synced_from < ? THEN synced_from ELSE ? END, "
  .. ("synced_to = CASE WHEN synced_to > %s THEN synced_to ELSE %s END WHERE listing = ? "):format(REACH, REACH)
local ADD = "INSERT INTO cursors (listing, meter_no) VALUES (?, ?) ON CONFLICT (listing, meter_no) DO NOTHING"
local ADD_ALL = "INSERT INTO cursors (listing, meter_no) SELECT DISTINCT CAST(? AS TEXT), meter_no FROM meters "
  .. "WHERE removed_at IS NULL ON CONFLICT (listing, meter_no) DO NOTHING"

local function extend(db, name, from, to, condition, ...)
  db:execute(EXTEND .. condition, from, from, to, to, to, to, name, ...)
end

---A period has been read to its end for some meters, all that was wanted for them.
---@param numbers string[]
function cursors.extend(db, name, from, to, numbers)
  for _, number in ipairs(numbers) do
    db:execute(ADD, name, number)
    extend(db, name, from, to, "AND meter_no = ?", number)
  end
end

---A period has been read to its end for the whole project. Meters whose span does not touch it keep theirs.
function cursors.extend_all(db, name, from, to)
  extend(db, name, from, to, "AND synced_to >= ? AND synced_from <= ?", from - 1, to + 1)
end

---A period that begins the history has been read to its end: so do the spans of meters that have none.
function cursors.begin_all(db, name, from, to)
  db:execute(ADD, name, "")
  db:execute(ADD_ALL, name)
  extend(db, name, from, to, "AND synced_to IS NULL")
end

-- ---------------------------------------------------------------- what is to be read again

-- A meter that is offline, and has been since before the last run, has nothing new.
local METERS = "SELECT m.meter_no AS meter_no, min(%s) AS since FROM meters m "
  .. "LEFT JOIN cursors c ON c.listing = ? AND c.meter_no = m.meter_no "
  .. "WHERE m.removed_at IS NULL AND (m.online IS NULL OR m.online = TRUE OR m.last_online IS NULL "
  .. "OR c.synced_to IS NULL OR m.last_online > %d) GROUP BY m.meter_no HAVING min(%s) < ? ORDER BY 2, 1"

---Since when each meter has to be read again, oldest first.
---@param listing imr.sync.Listing
---@param scope { start: integer, look_back: integer, covered: integer } begin of the history; until when all was read
---@param before? integer only meters for which that is earlier
---@return fun(): { meter_no: string, since: integer }|nil
function cursors.meters(db, listing, scope, before)
  -- Where rows are expected and none ever came, they may come with all of the longest look-back.
  local back = listing.expected == "all"
    and ("CASE WHEN c.last_row IS NULL THEN %d ELSE %d END"):format(cursors.MOST, scope.look_back)
    or ("%d"):format(scope.look_back)
  local since = ("CASE WHEN c.synced_to IS NULL OR c.synced_to - (%s) < %d THEN %d ELSE c.synced_to - (%s) + 1 END")
    :format(back, scope.start, scope.start, back)
  return db:rows(METERS:format(db:exact("time", since), scope.covered - scope.look_back, since), listing.name,
    before or scope.covered + 1)
end

return cursors
