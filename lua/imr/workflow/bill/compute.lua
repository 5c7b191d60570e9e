-- The lines of all meters, one meter after the other: however many there are, one of them is in memory.

local copy = require "imr.base.copy"
local day = require "imr.workflow.metering.day"
local decisions = require "imr.workflow.bill.decisions"
local errors = require "imr.errors"
local lines = require "imr.workflow.bill.lines"
local meters = require "imr.workflow.bill.meters"
local metering = require "imr.workflow.metering"
local months = require "imr.workflow.bill.months"
local rows = require "imr.workflow.metering.rows"
local sums = require "imr.workflow.bill.sums"
local usage = require "imr.workflow.metering.usage"
local where = require "imr.workflow.metering.where"
local year = require "imr.workflow.bill.year"

local compute = {}

local function has_years(set)
  for _, one in pairs(set.tariffs) do
    if lines.accumulates_by_year(one) then return true end
  end
  return false
end

local function window_of(period, from, meter_numbers)
  return { from = from - metering.context.before, to = period.to + metering.context.after, meters = meter_numbers,
    brief = true }
end

-- The usage of the year before the period, of rows that begin before the year.
local function before(given, devices, period, context)
  return usage.of(given, devices, copy(period, { from = context.year_start, to = period.from }))
end

-- The same where the meter's rows of the year have not been read.
local function earlier(db, now, period, context)
  local given = context.years.rows(now.meter_no, now.delays)
  if not given then return {} end
  local year_to_date = copy(period, { from = context.year_start, to = period.from })
  return before(given, usage.devices(given, year_to_date, function()
    rows.add_older(db, given, context.year_window)
  end), period, context)
end

-- What was used in the year; it is asked for once a line at most.
local function year_of(given, context, read)
  local known
  return {
    carried = context.years and context.years.carried(given.meter_no),
    rows = function()
      known = known or read()
      return known
    end,
  }
end

-- The lines of one meter.
local function meter_lines(db, given, context, period, add_older)
  local cuts, by_year = lines.cuts(given, context, period.from, period.to)
  local in_year = by_year and period.from > context.year_start
  local here = in_year and not context.years -- all rows of the year have been read
  local devices = usage.devices(given, here and copy(period, { from = context.year_start }) or period, add_older)
  local used = usage.of(given, devices, copy(period, { cuts = cuts }))
  return lines.of(used, context, in_year and year_of(given, context, function()
    if here then return before(given, devices, period, context) end
    return earlier(db, given, period, context)
  end) or nil)
end

-- What the tables name, and no line is about.
local function unknown_meters(context, seen)
  local list = decisions.unused(context.decisions)
  for number in pairs(context.meters) do
    if not seen[number] then list[#list + 1] = number end
  end
  table.sort(list)
  return list
end

local function refuse_needless(context)
  local list = decisions.needless(context.decisions)
  if #list == 0 then return end
  error(errors.new { kind = "usage", executed = "no", retryable = false,
    message = "decisions are for lines that are held, and these are measured: " .. table.concat(list, ", ") }, 0)
end

local function context_of(db, options, period)
  local context = { set = options.tariff.set, meters = options.tariff.meters,
    decisions = options.decisions and options.decisions.meters or {}, utc_offset = options.utc_offset }
  if has_years(context.set) then
    context.year_start = months.year_start(options.from, options.utc_offset)
    context.year_window = window_of(period, context.year_start, options.meters)
    local bill = year.bill_before(db, options.from, context.year_start)
    context.years = bill and year.of_bill(db, bill, context.year_start, context.year_window)
  end
  return context
end

-- A tenant's lines are of meters where it lived, and of those that it pays for.
local function narrow(db, options)
  local asked = options.where
  local paid = asked and asked.tenant and meters.paid_by(options.tariff.meters, asked.tenant) or {}
  if not paid[1] then return where.narrow(db, options) end
  local rest = { building = asked.building, kind = asked.kind, offline_for = asked.offline_for }
  local wanted, list = {}, where.meters(db, asked, options)
  for _, number in ipairs(options.meters or paid) do wanted[number] = true end
  for _, number in ipairs(list) do wanted[number] = nil end
  for _, number in ipairs(where.meters(db, rest, copy(options, { meters = paid }))) do
    if wanted[number] then list[#list + 1] = number end
  end
  table.sort(list)
  return copy(options, { meters = list })
end

---@param db imr.Database
---@param options imr.BillOptions with utc_offset and now
---@param take fun(lines: imr.BillLine[], meter_no: string)
---@return imr.BillResult without lines
function compute.run(db, options, take)
  options = narrow(db, options)
  local period = { from = options.from, to = options.to + 1, utc_offset = options.utc_offset,
    window = options.freeze_window or day.WINDOW, now = options.now }
  local context, all, seen = context_of(db, options, period), sums.new(options.by_tenant), {}
  local first = not context.years and context.year_start or period.from
  local window = window_of(period, first, options.meters)
  local function add_older(given) rows.add_older(db, given, window) end
  for given in rows.meters(db, window) do
    seen[given.meter_no] = true
    local list = where.kept(options.where, meter_lines(db, given, context, period, add_older))
    for _, line in ipairs(list) do all:add(line) end
    take(list, given.meter_no)
  end
  if options.where and all.total.lines == 0 then where.fail(options.where, "no line fits: %s") end
  refuse_needless(context)
  local unknown = options.meters and {} or unknown_meters(context, seen)
  return { sums = all:texts(), unknown = unknown, billed = all.total.held == 0 and #unknown == 0 }
end

return compute
