--- What the database knows of a period: which meters have which days of a listing, which days were read to their end,
--- and of which rows came that fit no table.
---
--- A scope is { from, to: Unix seconds; first, last: days since 1970 on the platform's clock; offset: its zone; dates:
--- those days as texts, numbers: the other way round }. A meter is a number in a project, where a listing tells that.

local DAY = require("imr.base.calendar").DAY
local WINDOW = require("imr.workflow.metering.day").WINDOW
local decode = require("imr.base.json").decode
local tables = require "imr.database.tables"

local received = {}

-- Most meters have a row each day: the database counts those, and only the others are looked at day by day.
local RECEIVED = "CREATE TEMPORARY TABLE IF NOT EXISTS imr_received (meter_no TEXT, project_code TEXT, days BIGINT, "
  .. "PRIMARY KEY (meter_no, project_code))"
local COUNT = "INSERT INTO imr_received SELECT meter_no, %s, count(DISTINCT day) FROM %s WHERE %s GROUP BY 1, 2"
local WHOLE = "SELECT count(*) AS count FROM imr_received r WHERE days = ? AND EXISTS (SELECT 1 FROM meters m "
  .. "WHERE %s AND (m.removed_at IS NULL OR m.removed_at > ?))"

local function has_project(listing)
  for _, column in ipairs(tables[listing.table].columns) do
    if column.name == "project_code" then return true end
  end
  return false
end

local function project_in_sql(listing, of)
  return has_project(listing) and of .. "project_code" or "''"
end

-- A row that names no project is of whichever the meter stands in.
local function is_of_meter(listing)
  if not has_project(listing) then return "m.meter_no = r.meter_no" end
  return "m.meter_no = r.meter_no AND r.project_code IN (m.project_code, '')"
end

local function rows_within(listing, scope)
  local granularity = listing.granularity and (" AND granularity = '%s'"):format(listing.granularity) or ""
  return ("%s >= %d AND %s <= %d AND day >= '%s' AND day <= '%s' AND withdrawn_at IS NULL%s"):format(listing.moment,
    scope.from, listing.moment, scope.to + WINDOW + 1, scope.dates[scope.first], scope.dates[scope.last], granularity)
end

---Counts the days of each meter, for the functions below.
---@return integer meters that have a row on each day
function received.count(db, listing, scope)
  db:execute(RECEIVED)
  db:execute "DELETE FROM imr_received"
  db:execute(COUNT:format(project_in_sql(listing, ""), listing.table, rows_within(listing, scope)))
  return db:row(WHOLE:format(is_of_meter(listing)), scope.last - scope.first + 1, scope.from).count
end

local METERS = "SELECT m.meter_no AS meter_no, %s AS project_code, %s AS first_seen, %s AS removed_at, "
  .. "m.online AS online, %s AS last_online, %s AS first_row, c.at_midnight AS at_midnight FROM meters m "
  .. "LEFT JOIN cursors c ON c.listing = ? AND c.meter_no = m.meter_no "
  .. "WHERE (m.removed_at IS NULL OR m.removed_at > ?)%s "
  .. "AND NOT EXISTS (SELECT 1 FROM imr_received r WHERE %s AND days = ?)"

-- Meters which had a row, be it one that fits no table.
local SEEN = " AND (c.last_row IS NOT NULL OR m.meter_no IN (SELECT meter_no FROM rejected WHERE table_name = '%s' "
  .. "AND meter_no IS NOT NULL))"

---What a meter is known by in a listing.
---@param row { meter_no: string, project_code: string? }
---@return string
function received.key(row)
  return row.meter_no .. "\0" .. (row.project_code or "")
end

---The meters that lack a day, by key. A number that changed device is one meter: its newest row tells its state.
---@return table<string, table>
function received.meters_of(db, listing, scope)
  local seen_only = listing.expected == "seen" and SEEN:format(listing.table) or ""
  local sql = METERS:format(project_in_sql(listing, "m."), db:exact("time", "m.first_seen"),
    db:exact("time", "m.removed_at"), db:exact("time", "m.last_online"), db:exact("time", "c.first_row"), seen_only,
    is_of_meter(listing))
  local found = {}
  for row in db:rows(sql, listing.name, scope.from, scope.last - scope.first + 1) do
    local key = received.key(row)
    local known = found[key]
    if known and known.first_seen > row.first_seen then row, known = known, row end
    if known then row.first_seen = known.first_seen end
    found[key] = row
  end
  return found
end

local FINISHED = "SELECT %s AS period_from, %s AS period_to, meters, drifted, complete FROM listings "
  .. "WHERE listing = ? AND period_to >= ? AND period_from <= ?"

-- The days of a listing's period, and no others: a database of many years has very many of both.
local function mark(days, scope, first, last)
  for day = math.max(first, scope.first), math.min(last, scope.last) do days[day] = true end
end

-- Whole days; or those whose row comes in the window after their end.
local function mark_both(spans, scope, row)
  local from, to = row.period_from + scope.offset, row.period_to + scope.offset
  mark(spans.plain, scope, math.ceil(from / DAY), math.floor((to + 1) / DAY) - 1)
  mark(spans.at_midnight, scope, math.ceil(from / DAY) - 1, math.floor((to - WINDOW) / DAY) - 1)
end

local function new_spans()
  return { plain = {}, at_midnight = {} }
end

---The days that were read to their end: of the project, and of single meters; each of those that are read at any time
---(`plain`), and of those that are read around midnight, whose row of a day comes after its end (`at_midnight`).
function received.spans_of(db, listing, scope)
  local spans = { project = new_spans(), meters = {}, drifted = 0 }
  for row in db:rows(FINISHED:format(db:exact("time", "period_from"), db:exact("time", "period_to")), listing.name,
    scope.from, scope.to + DAY) do
    if row.drifted then spans.drifted = spans.drifted + 1 end
    if row.complete and not row.meters then
      mark_both(spans.project, scope, row)
    elseif row.complete then
      for _, number in ipairs(decode(row.meters)) do
        spans.meters[number] = spans.meters[number] or new_spans()
        mark_both(spans.meters[number], scope, row)
      end
    end
  end
  return spans
end

local DAYS = "SELECT DISTINCT meter_no, %s AS project_code, day FROM %s WHERE %s "
  .. "AND EXISTS (SELECT 1 FROM imr_received r WHERE r.meter_no = %s.meter_no AND days < ?) ORDER BY 1, 2"

---The days of meters that have some but not all, one meter after the other: those of all at once may be millions.
---@return fun(): string|nil, table<integer, true>|nil key and days
function received.by_meter(db, listing, scope)
  local rows = db:rows(DAYS:format(project_in_sql(listing, ""), listing.table, rows_within(listing, scope),
    listing.table), scope.last - scope.first + 1)
  local row = rows()
  return function()
    if not row then return nil end
    local key, days = received.key(row), {}
    while row and received.key(row) == key do
      days[scope.numbers[row.day]] = true
      row = rows()
    end
    return key, days
  end
end

local REJECTED = "SELECT meter_no, day FROM rejected WHERE table_name = ? AND meter_no IS NOT NULL"

---Of which days of which meters a row came that fits no table: `days` by meter and date; `any`: how many of a meter of
---which nobody knows the day.
---@return { days: table<string, table<string, true>>, any: table<string, integer> }
function received.rejected(db, listing)
  local found = { days = {}, any = {} }
  for row in db:rows(REJECTED, listing.table) do
    if row.day then
      found.days[row.meter_no] = found.days[row.meter_no] or {}
      found.days[row.meter_no][row.day] = true
    else
      found.any[row.meter_no] = (found.any[row.meter_no] or 0) + 1
    end
  end
  return found
end

return received
