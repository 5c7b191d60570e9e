--- What the database knows of a period: which meters have which days of a listing, and which days were read to their
--- end.
---
--- A scope is { from, to: Unix seconds; first, last: days since 1970 on the platform's clock; offset: its zone }.

local DAY = require("imr.base.calendar").DAY
local decode = require("imr.base.json").decode

local received = {}

-- Most meters have a row each day: the database counts those, and only the others are looked at day by day.
local RECEIVED = "CREATE TEMPORARY TABLE IF NOT EXISTS imr_received (meter_no TEXT PRIMARY KEY, days BIGINT)"
local COUNT = "INSERT INTO imr_received SELECT meter_no, count(DISTINCT %s) FROM %s WHERE %s GROUP BY meter_no"
local WHOLE = "SELECT count(*) AS count FROM imr_received r WHERE days = ? AND EXISTS (SELECT 1 FROM meters m "
  .. "WHERE m.meter_no = r.meter_no AND (m.removed_at IS NULL OR m.removed_at > ?))"

local function rows_within(listing)
  local granularity = listing.granularity and (" AND granularity = '%s'"):format(listing.granularity) or ""
  return ("%s >= ? AND %s <= ?%s"):format(listing.moment, listing.moment, granularity)
end

local function day_in_sql(listing, scope)
  return ("(%s + %d) / %d"):format(listing.moment, scope.offset, DAY)
end

---Counts the days of each meter, for the functions below.
---@return integer meters that have a row on each day
function received.count(db, listing, scope)
  db:execute(RECEIVED)
  db:execute "DELETE FROM imr_received"
  db:execute(COUNT:format(day_in_sql(listing, scope), listing.table, rows_within(listing)), scope.from, scope.to)
  return db:row(WHOLE, scope.last - scope.first + 1, scope.from).count
end

local METERS = "SELECT m.meter_no AS meter_no, %s AS first_seen, %s AS removed_at, m.online AS online, "
  .. "%s AS last_online, %s AS first_row FROM meters m LEFT JOIN cursors c ON c.listing = ? "
  .. "AND c.meter_no = m.meter_no WHERE (m.removed_at IS NULL OR m.removed_at > ?)%s "
  .. "AND m.meter_no NOT IN (SELECT meter_no FROM imr_received WHERE days = ?)"

---The meters that lack a day, by number. A number that changed device is one meter: its newest row tells its state.
function received.meters_of(db, listing, scope)
  local seen_only = listing.expected == "seen" and " AND c.last_row IS NOT NULL" or ""
  local sql = METERS:format(db:exact("time", "m.first_seen"), db:exact("time", "m.removed_at"),
    db:exact("time", "m.last_online"), db:exact("time", "c.first_row"), seen_only)
  local found = {}
  for row in db:rows(sql, listing.name, scope.from, scope.last - scope.first + 1) do
    local known = found[row.meter_no]
    if known and known.first_seen > row.first_seen then row, known = known, row end
    if known then row.first_seen = known.first_seen end
    found[row.meter_no] = row
  end
  return found
end

local FINISHED = "SELECT %s AS period_from, %s AS period_to, meters, drifted, complete FROM listings "
  .. "WHERE listing = ? AND period_to >= ? AND period_from <= ?"

-- The whole days of a listing's period, and no others: a database of many years has very many of both.
local function mark(days, scope, row)
  local first = math.ceil((row.period_from + scope.offset) / DAY)
  local last = math.floor((row.period_to + 1 + scope.offset) / DAY) - 1
  for day = math.max(first, scope.first), math.min(last, scope.last) do days[day] = true end
end

---The days that were read to their end: of the project, and of single meters.
function received.spans_of(db, listing, scope)
  local spans = { project = {}, meters = {}, drifted = 0 }
  for row in db:rows(FINISHED:format(db:exact("time", "period_from"), db:exact("time", "period_to")), listing.name,
    scope.from, scope.to) do
    if row.drifted then spans.drifted = spans.drifted + 1 end
    if row.complete and not row.meters then
      mark(spans.project, scope, row)
    elseif row.complete then
      for _, number in ipairs(decode(row.meters)) do
        spans.meters[number] = spans.meters[number] or {}
        mark(spans.meters[number], scope, row)
      end
    end
  end
  return spans
end

local DAYS = "SELECT DISTINCT meter_no, %s AS day FROM %s WHERE %s "
  .. "AND meter_no IN (SELECT meter_no FROM imr_received WHERE days < ?) ORDER BY 1"

---The days of meters that have some but not all, one meter after the other: those of all at once may be millions.
function received.by_meter(db, listing, scope)
  local rows = db:rows(DAYS:format(day_in_sql(listing, scope), listing.table, rows_within(listing)), scope.from,
    scope.to, scope.last - scope.first + 1)
  local row = rows()
  return function()
    if not row then return nil end
    local number, days = row.meter_no, {}
    while row and row.meter_no == number do
      days[row.day] = true
      row = rows()
    end
    return number, days
  end
end

return received
