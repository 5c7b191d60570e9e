-- What a report shows, out of the database: sums are exact, nothing here is text for people yet.

local DAY = require("imr.base.calendar").DAY
local decimal = require "imr.decimal"
local load = require "imr.workflow.quality.load"
local quality = require "imr.workflow.quality"
local usage = require "imr.workflow.report.usage"

local collect = {}

-- ---------------------------------------------------------------- days

local function days_of(options)
  local days, place = {}, {}
  local last = usage.day(options.to + 1, options.utc_offset)
  local noon = options.from - (options.from + options.utc_offset) % DAY + DAY / 2
  repeat
    local day = usage.day(noon, options.utc_offset)
    days[#days + 1], place[day] = day, #days + 1
    noon = noon + DAY
  until day >= last
  return days, place
end

-- ---------------------------------------------------------------- meters

local STATE = { "device_id", "first_seen", "removed_at", "kind", "address", "user_name", "online", "last_online" }

local function state_of(db, meter_no)
  local rows = load.all(db, load.query(db, "meters", STATE) .. " WHERE meter_no = ? ORDER BY meters.first_seen",
    meter_no)
  return rows[#rows] or {}
end

local function zeros(count)
  local list = {}
  for index = 1, count do list[index] = decimal.zero end
  return list
end

local function add_usage(data, meter, judged, options)
  for _, one in ipairs(usage.of(judged, options.utc_offset)) do
    local place = data.place[usage.day(one.time, options.utc_offset)]
    if place then
      local kind = data.usage[meter.kind]
      kind = kind or { by_day = zeros(#data.days), total = decimal.zero }
      data.usage[meter.kind] = kind
      kind.by_day[place] = kind.by_day[place] + one.used
      kind.total = kind.total + one.used
      meter.used = (meter.used or decimal.zero) + one.used
    end
  end
end

local function add_flags(data, flags, limit)
  for _, flag in ipairs(flags) do
    data.flags.total = data.flags.total + 1
    data.flags.by_rule[flag.rule] = (data.flags.by_rule[flag.rule] or 0) + 1
    if #data.flags.rows < limit then data.flags.rows[#data.flags.rows + 1] = flag end
  end
end

local function add_meter(data, db, meter_no, options, chosen)
  local state = state_of(db, meter_no)
  -- What is read in the second after the period is the usage of its last day.
  local given = quality.load(db, meter_no, { from = options.from, to = options.to + 1, now = options.now })
  given.to = options.to
  local meter = { meter_no = meter_no, name = state.user_name, address = state.address, kind = state.kind or "other",
    last_online = state.last_online }
  local judged = quality.view(given, chosen)
  add_usage(data, meter, judged, options)
  add_flags(data, quality.judge(judged, chosen), options.most_flags)
  if state.removed_at then return end
  data.meters.total = data.meters.total + 1
  data.meters[meter.kind] = (data.meters[meter.kind] or 0) + 1
  if state.online == false then data.offline[#data.offline + 1] = meter end
  if meter.used and not meter.used:is_zero() then data.users[#data.users + 1] = meter end
end

-- ---------------------------------------------------------------- who used most, who is silent

local function by_usage(a, b)
  if a.used ~= b.used then return a.used > b.used end
  return a.meter_no < b.meter_no
end

local function top_of(data, most)
  table.sort(data.users, by_usage)
  local top = {}
  for _, meter in ipairs(data.users) do
    top[meter.kind] = top[meter.kind] or {}
    if #top[meter.kind] < most then table.insert(top[meter.kind], meter) end
  end
  return top
end

-- The longest silence first.
local function by_silence(a, b)
  local one, other = a.last_online or 0, b.last_online or 0
  if one ~= other then return one < other end
  return a.meter_no < b.meter_no
end

-- ---------------------------------------------------------------- coverage and supply

local COVERAGE = { "listing", "day", "expected", "received", "offline", "not_frozen", "truncated", "unknown" }

local function coverage_of(db, days)
  local listings, by_name = {}, {}
  for row in db:rows(load.query(db, "coverage", COVERAGE) .. " WHERE day >= ? AND day <= ? ORDER BY listing, day",
    days[1], days[#days]) do
    if not by_name[row.listing] then
      by_name[row.listing] = { listing = row.listing, days = {}, expected = 0, received = 0 }
      listings[#listings + 1] = by_name[row.listing]
    end
    local listing = by_name[row.listing]
    listing.days[row.day] = row
    listing.expected, listing.received = listing.expected + row.expected, listing.received + row.received
  end
  return listings
end

local function commands_of(path, options)
  local supply, err = require("imr.workflow.supply").open { ledger = path }
  if not supply then error(err, 0) end
  local intents
  intents, err = supply.history {}
  supply.close()
  if not intents then error(err, 0) end
  local found = {}
  for _, intent in ipairs(intents) do
    local time = require("imr.time").parse(intent.created:sub(1, 19), 0)
    if time >= options.from and time <= options.to then
      intent.time = time
      found[#found + 1] = intent
    end
  end
  return found
end

---@class imr.ReportData
---@field days string[]
---@field meters table<string, integer> total and by kind
---@field usage table<string, { by_day: imr.Decimal[], total: imr.Decimal }> by kind
---@field top table<string, table[]> by kind
---@field offline table[]
---@field coverage table[]
---@field flags { total: integer, by_rule: table<string, integer>, rows: imr.QualityFlag[] }
---@field supply table[]|nil intents of the period; nil where no ledger was named

---@param db imr.Database
---@param options table all filled in
---@param chosen imr.QualitySettings
---@return imr.ReportData
function collect.run(db, options, chosen)
  local data = { usage = {}, users = {}, offline = {}, meters = { total = 0 },
    flags = { total = 0, by_rule = {}, rows = {} } }
  data.days, data.place = days_of(options)
  for _, meter_no in ipairs(options.meters or quality.meters(db)) do
    if options.on_meter then options.on_meter(meter_no) end
    add_meter(data, db, meter_no, options, chosen)
  end
  data.top = top_of(data, options.top)
  table.sort(data.offline, by_silence)
  data.coverage = coverage_of(db, data.days)
  data.supply = options.ledger and commands_of(options.ledger, options) or nil
  return data
end

return collect
