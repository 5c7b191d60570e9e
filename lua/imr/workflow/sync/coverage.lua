--- Is a period complete? Expected against received meter-days, and why the missing ones are missing.
---
---   local certificate = coverage.certify(db, { from =, to =, utc_offset =, now = })
---
--- Nothing is asked of the platform: what counts is what the database has, and which listings were read to their end.

local DAY = require("imr.base.calendar").DAY
local listings = require "imr.workflow.sync.listings"
local received = require "imr.workflow.sync.received"
local unpack = require "imr.base.unpack"

local coverage = {}

local GRACE = 6 * 3600 -- seconds after a day's end in which its rows may still be under way

---Days of a meter that are missing, and why.
---@class imr.sync.Missing
---@field listing string
---@field meter_no string empty where a listing was not read and no meter is known to be in it
---@field from string first day, YYYY-MM-DD
---@field to string last day
---@field days integer
---@field cause "offline"|"not_frozen"|"rejected"|"truncated"|"unknown"

---Meter-days of one listing.
---@class imr.sync.Coverage
---@field listing string
---@field expected integer meter-days
---@field received integer
---@field missing integer
---@field offline integer the meter is offline since that day or before
---@field not_frozen integer the day is too young
---@field rejected integer a row came that fits no table
---@field truncated integer no listing of the day that is known to be complete
---@field unknown integer
---@field unread integer days that were not read to their end, and of which it is not known whose rows are expected
---@field before_first integer days before a meter's first row ever; none is expected
---@field drifted integer listings in which rows moved while they were read
---@field complete boolean

---Whether a period is complete.
---@class imr.sync.Certificate
---@field from integer
---@field to integer
---@field complete boolean
---@field listings imr.sync.Coverage[]
---@field missing imr.sync.Missing[]

local CAUSES = { "offline", "not_frozen", "rejected", "truncated", "unknown" }

-- ---------------------------------------------------------------- what is missing

local function day_of(seconds, scope)
  return math.floor((seconds + scope.offset) / DAY)
end

local function is_covered(spans, meter, day)
  local kind, own = meter.at_midnight and "at_midnight" or "plain", spans.meters[meter.meter_no]
  return spans.project[kind][day] or own and own[kind][day] or false
end

-- A row that fits no table, of this day, or of one that nobody knows: of those each stands for one day.
local function is_rejected(rejected, meter, date)
  local number = meter.meter_no
  if rejected.days[number] and rejected.days[number][date] then return true end
  local any = rejected.any[number] or 0
  if any > 0 then rejected.any[number] = any - 1 end
  return any > 0
end

local function is_offline(meter, day, scope)
  return meter.online == false and (not meter.last_online or day >= day_of(meter.last_online, scope))
end

local function is_young(day, scope)
  return (day + 1) * DAY - scope.offset + GRACE > scope.now
end

local function cause_of(meter, day, covered, scope, rejected)
  if is_young(day, scope) then return "not_frozen" end
  if not covered then return "truncated" end
  if is_rejected(rejected, meter, scope.dates[day]) then return "rejected" end
  return is_offline(meter, day, scope) and "offline" or "unknown"
end

-- A meter's first row is the first thing that is known of it; who has none is awaited since it is listed, or since
-- ever when it was there from the first run on.
local function begins(meter, scope)
  if meter.first_row then return day_of(meter.first_row, scope) end
  return meter.first_seen > scope.first_run and day_of(meter.first_seen, scope) or scope.first
end

local function date(day)
  return (require("imr").time.format(day * DAY, 0):sub(1, 10))
end

local function add_missing(result, listing, meter, day, cause)
  local latest = result.missing[#result.missing]
  if latest and latest.meter_no == meter.meter_no and latest.listing == listing.name and latest.cause == cause
    and latest.last == day - 1 then
    latest.last, latest.to, latest.days = day, date(day), latest.days + 1
  else
    result.missing[#result.missing + 1] = { listing = listing.name, meter_no = meter.meter_no, from = date(day),
      to = date(day), days = 1, cause = cause, last = day }
  end
end

local function counts()
  local made = { expected = 0, received = 0, missing = 0 }
  for _, cause in ipairs(CAUSES) do made[cause] = 0 end
  return made
end

local function count(sum, of_day, name)
  sum[name], of_day[name] = sum[name] + 1, of_day[name] + 1
end

local function check_meter(result, job, meter, has)
  local scope, sum = result.scope, job.sum
  local first, last = begins(meter, scope), scope.last
  if meter.removed_at then last = math.min(last, day_of(meter.removed_at, scope) - 1) end
  for day = scope.first, last do
    local of_day, covered = job.days[day], is_covered(job.spans, meter, day)
    if has[day] then
      count(sum, of_day, "expected")
      count(sum, of_day, "received")
    elseif day < first and covered then
      sum.before_first = sum.before_first + 1
    else
      local cause = cause_of(meter, day, covered, scope, job.rejected)
      count(sum, of_day, "expected")
      count(sum, of_day, "missing")
      count(sum, of_day, cause)
      add_missing(result, job.listing, meter, day, cause)
    end
  end
end

-- Days of which no row is expected, because none was ever read or nobody knows a meter: that is no completeness.
local function check_unread(result, job)
  local scope, sum = result.scope, job.sum
  for day = scope.first, scope.last do
    local read = scope.knows_meters and job.spans.project.plain[day]
      and (job.listing.expected == "seen" or sum.expected + sum.before_first > 0)
    if job.days[day].expected == 0 and not read then
      sum.unread = sum.unread + 1
      add_missing(result, job.listing, { meter_no = "" }, day, is_young(day, scope) and "not_frozen" or "truncated")
    end
  end
end

local function check_listing(result, db, listing)
  local scope = result.scope
  local job = { listing = listing, sum = counts(), days = {}, spans = received.spans_of(db, listing, scope),
    rejected = received.rejected(db, listing) }
  job.sum.before_first, job.sum.unread = 0, 0
  local whole = received.count(db, listing, scope)
  for day = scope.first, scope.last do
    job.days[day] = counts()
    job.days[day].expected, job.days[day].received = whole, whole
  end
  local days = whole * (scope.last - scope.first + 1)
  job.sum.expected, job.sum.received = days, days
  local left = received.meters_of(db, listing, scope)
  for key, has in received.by_meter(db, listing, scope) do
    if left[key] then check_meter(result, job, left[key], has) end
    left[key] = nil
  end
  for _, meter in pairs(left) do check_meter(result, job, meter, {}) end
  check_unread(result, job)
  -- Where no meter has such rows nothing is expected, and nothing is to be certified.
  if job.sum.expected + job.sum.before_first + job.sum.unread == 0 then return job end
  job.sum.listing, job.sum.drifted = listing.name, job.spans.drifted
  job.sum.complete = job.sum.missing == 0 and job.sum.unread == 0
  result.listings[#result.listings + 1] = job.sum
  result.complete = result.complete and job.sum.complete
  return job
end

-- ---------------------------------------------------------------- in and out

local function upsert()
  local names, sets = { "expected", "received" }, {}
  for _, name in ipairs(CAUSES) do names[#names + 1] = name end
  names[#names + 1] = "checked_at"
  for index, name in ipairs(names) do sets[index] = ("%s = excluded.%s"):format(name, name) end
  return ("INSERT INTO coverage (listing, day, %s) VALUES (?, ?%s) ON CONFLICT (listing, day) DO UPDATE SET %s"):format(
    table.concat(names, ", "), (", ?"):rep(#names), table.concat(sets, ", "))
end

local STORE = upsert()

local function store(db, listing, days, now)
  for day, of_day in pairs(days) do
    local given = { listing.name, date(day), of_day.expected, of_day.received }
    for _, cause in ipairs(CAUSES) do given[#given + 1] = of_day[cause] end
    given[#given + 1] = now
    db:execute(STORE, unpack(given))
  end
end

local function by_meter(a, b)
  if a.listing ~= b.listing then return a.listing < b.listing end
  if a.meter_no ~= b.meter_no then return a.meter_no < b.meter_no end
  return a.from < b.from
end

-- The listings to check: those that were begun at least once, be it in vain.
local function begun(db, only)
  local list = {}
  for _, listing in ipairs(only or listings) do
    local known = listing.expected and db:row("SELECT min(id) AS id FROM listings WHERE listing = ?", listing.name).id
    if known then list[#list + 1] = listing end
  end
  return list
end

local function scope_of(db, options)
  local scope = { offset = options.utc_offset, now = options.now }
  scope.first, scope.last = day_of(options.from, scope), day_of(options.to, scope)
  scope.from, scope.to = scope.first * DAY - scope.offset, (scope.last + 1) * DAY - scope.offset - 1
  scope.dates, scope.numbers = {}, {}
  for day = scope.first, scope.last do
    scope.dates[day] = date(day)
    scope.numbers[date(day)] = day
  end
  local first_run = db:row(("SELECT %s AS seen FROM meters"):format(db:exact("time", "min(first_seen)"))).seen
  scope.first_run = first_run or 0
  scope.knows_meters = first_run ~= nil
    or db:row("SELECT min(id) AS id FROM listings WHERE listing = 'meters' AND complete = TRUE").id ~= nil
  return scope
end

---The days of a period, each as a whole, and what the database knows of them. What it finds is also kept in the table
---coverage.
---@param db imr.Database
---@param options { from: integer, to: integer, utc_offset: integer, now: integer, listings: imr.sync.Listing[]? }
--- listings: only these; every one that a sync has begun when absent
---@return imr.sync.Certificate
function coverage.certify(db, options)
  local scope = scope_of(db, options)
  local result = { from = options.from, to = options.to, complete = true, listings = {}, missing = {}, scope = scope }
  db:transaction(function()
    for _, listing in ipairs(begun(db, options.listings)) do
      store(db, listing, check_listing(result, db, listing).days, scope.now)
    end
  end)
  result.complete = result.complete and #result.listings > 0
  result.scope = nil
  table.sort(result.missing, by_meter)
  for _, missing in ipairs(result.missing) do missing.last = nil end
  return result
end

return coverage
