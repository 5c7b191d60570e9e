-- What a report shows, out of the database: sums are exact, nothing here is text for people yet.

local copy = require "imr.base.copy"
local DAY = require("imr.base.calendar").DAY
local day = require "imr.workflow.metering.day"
local decimal = require "imr.decimal"
local load = require "imr.workflow.quality.load"
local metering = require "imr.workflow.metering"
local money = require "imr.workflow.report.money"
local quality = require "imr.workflow.quality"
local rows = require "imr.workflow.metering.rows"
local time = require "imr.time"
local usage = require "imr.workflow.metering.usage"
local where = require "imr.workflow.metering.where"

local collect = {}

-- ---------------------------------------------------------------- days

-- The end of what is counted: a day that is not over lacks nothing yet.
local function end_of(options)
  local today = options.now - (options.now + options.utc_offset) % DAY
  return options.from < today and math.min(options.to + 1, today) or options.to + 1
end

local function days_of(options, ending)
  local days, place = {}, {}
  local ends = day.midnights(options.from, ending, options.utc_offset)
  ends[#ends + 1] = ending
  for index, moment in ipairs(ends) do
    days[index] = day.of(moment - 1, options.utc_offset)
    place[days[index]] = index
  end
  return days, place
end

-- ---------------------------------------------------------------- meters

local function zeros(count)
  local list = {}
  for index = 1, count do list[index] = decimal.zero end
  return list
end

local function kind_of(data, name)
  local kind = data.usage[name]
  if not kind then
    kind = { by_day = zeros(#data.days), total = decimal.zero, measured = decimal.zero, doubtful = decimal.zero,
      incomplete = decimal.zero }
    data.usage[name] = kind
  end
  return kind
end

-- The days of a period add up to it; how sure the sum is, is said of the period as a whole.
local function add_usage(data, meter, given, devices, period)
  local by_id = {}
  for _, device in ipairs(devices) do by_id[device.id or ""] = device end
  for _, row in ipairs(where.kept(period.where, usage.of(given, devices, period))) do
    data.money:add_usage(row, by_id[row.device_id or ""], period)
    if row.usage then
      local kind, used = kind_of(data, meter.kind), decimal.of(row.usage)
      kind.total, kind[row.status] = kind.total + used, kind[row.status] + used
      meter.used, meter.user = (meter.used or decimal.zero) + used, row.user_name or meter.user
    end
  end
  if not meter.used then return end
  local by_day = kind_of(data, meter.kind).by_day
  usage.each(given, devices, data.by_day, function(used, to, row_of)
    if period.where and not where.fits(period.where, row_of()) then return end
    local place = data.place[day.of(to - 1, period.utc_offset)]
    by_day[place] = by_day[place] + used
  end)
end

local function add_flags(data, flags, limit)
  for _, flag in ipairs(flags) do
    data.flags.total = data.flags.total + 1
    data.flags.by_rule[flag.rule] = (data.flags.by_rule[flag.rule] or 0) + 1
    if #data.flags.rows < limit then data.flags.rows[#data.flags.rows + 1] = flag end
  end
end

-- What is read in the second after the period is the usage of its last day.
local function judge(given, options, chosen)
  local known = rows.known(given, options.to + 1)
  known.now, known.from, known.to = options.now, options.from, options.to
  return where.placed(options.where, quality.judge(quality.view(known, chosen), chosen), given)
end

local function add_meter(data, given, devices, options, chosen)
  local state = given.history[#given.history] or {}
  local meter = { meter_no = given.meter_no, name = state.user_name, address = state.address,
    kind = state.kind or "other", last_online = state.last_online }
  add_usage(data, meter, given, devices, options.period)
  add_flags(data, judge(given, options, chosen), options.most_flags)
  if meter.used and not meter.used:is_zero() then data.users[#data.users + 1] = meter end
  if state.removed_at then return end
  data.meters.total = data.meters.total + 1
  data.meters[meter.kind] = (data.meters[meter.kind] or 0) + 1
  if state.online == false and where.fits(options.where, state) then data.offline[#data.offline + 1] = meter end
end

local function add_meters(data, db, options, chosen)
  local context = metering.context
  local window = { from = options.from - math.max(context.before, quality.context),
    to = options.to + 1 + context.after, meters = options.meters }
  options.period = { from = options.from, to = data.ending, utc_offset = options.utc_offset, window = day.WINDOW,
    now = options.now, where = options.where }
  data.by_day = copy(options.period, { cuts = day.midnights(options.period.from, options.period.to,
    options.utc_offset) })
  for given in rows.meters(db, window) do
    if options.on_meter then options.on_meter(given.meter_no) end
    local devices = usage.devices(given, options.period, function() rows.add_older(db, given, window) end)
    add_meter(data, given, devices, options, chosen)
  end
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

local COVERAGE = { "listing", "day", "expected", "received", "offline", "not_frozen", "rejected", "truncated",
  "unknown", "checked_at" }

-- A day that was not over when it was counted lacks nothing yet.
local function is_over(row, utc_offset)
  return not row.checked_at or row.checked_at >= assert(time.parse(row.day, utc_offset)) + DAY
end

local function coverage_of(db, days, utc_offset)
  local listings, by_name = {}, {}
  local function add(row)
    if not by_name[row.listing] then
      by_name[row.listing] = { listing = row.listing, days = {}, expected = 0, received = 0 }
      listings[#listings + 1] = by_name[row.listing]
    end
    local listing = by_name[row.listing]
    listing.days[row.day] = row
    listing.expected, listing.received = listing.expected + row.expected, listing.received + row.received
  end
  for row in db:rows(load.query(db, "coverage", COVERAGE) .. " WHERE day >= ? AND day <= ? ORDER BY listing, day",
    days[1], days[#days]) do
    if is_over(row, utc_offset) then add(row) end
  end
  return listings
end

local function commands_of(path, options)
  local supply, err = require("imr.workflow.supply").open { ledger = path, existing = true }
  if not supply then error(err, 0) end
  local intents
  intents, err = supply.history {}
  supply.close()
  if not intents then error(err, 0) end
  local found = {}
  for _, intent in ipairs(intents) do
    intent.time = time.parse(intent.created:sub(1, 19), 0)
    if intent.time >= options.from and intent.time <= options.to then
      found[#found + 1] = intent
    end
  end
  return found
end

---@class imr.ReportData
---@field days string[] that are over
---@field ending integer of the last of them, Unix seconds
---@field meters table<string, integer> total and by kind
---@field usage table<string, table> by kind: by_day, total, measured, doubtful, incomplete
---@field money imr.ReportMoney
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
  options = where.narrow(db, options)
  local data = { money = money.new(), usage = {}, users = {}, offline = {}, meters = { total = 0 },
    flags = { total = 0, by_rule = {}, rows = {} } }
  data.ending = end_of(options)
  data.days, data.place = days_of(options, data.ending)
  add_meters(data, db, options, chosen)
  data.money:add_bills(db, options)
  data.money:finish()
  data.top = top_of(data, options.top)
  table.sort(data.offline, by_silence)
  data.coverage = coverage_of(db, data.days, options.utc_offset)
  data.supply = options.ledger and commands_of(options.ledger, options) or nil
  return data
end

return collect
