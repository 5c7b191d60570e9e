-- The lines of all meters, one meter after the other: however many there are, one of them is in memory.

local copy = require "imr.base.copy"
local day = require "imr.workflow.metering.day"
local lines = require "imr.workflow.bill.lines"
local metering = require "imr.workflow.metering"
local months = require "imr.workflow.bill.months"
local rows = require "imr.workflow.metering.rows"
local sums = require "imr.workflow.bill.sums"
local usage = require "imr.workflow.metering.usage"

local compute = {}

local function has_years(set)
  for _, one in pairs(set.tariffs) do
    if lines.accumulates_by_year(one) then return true end
  end
  return false
end

-- The lines of one meter.
local function meter_lines(given, context, period, add_older)
  local cuts, by_year = lines.cuts(given, context, period.from, period.to)
  local year = by_year and period.from > context.year_start
    and copy(period, { from = context.year_start, to = period.from }) or nil
  local devices = usage.devices(given, year or period, add_older)
  local used = usage.of(given, devices, copy(period, { cuts = cuts }))
  return lines.of(used, context, year and usage.of(given, devices, year))
end

local function unknown_meters(context, seen)
  local list, named = {}, {}
  for _, numbers in ipairs { context.meters, context.decisions } do
    for number in pairs(numbers) do
      if not seen[number] and not named[number] then list[#list + 1], named[number] = number, true end
    end
  end
  table.sort(list)
  return list
end

local function context_of(options)
  return { set = options.tariff.set, meters = options.tariff.meters,
    decisions = options.decisions and options.decisions.meters or {}, utc_offset = options.utc_offset,
    year_start = months.year_start(options.from, options.utc_offset) }
end

---@param db imr.Database
---@param options imr.BillOptions with utc_offset and now
---@param take fun(lines: imr.BillLine[], meter_no: string)
---@return imr.BillResult without lines
function compute.run(db, options, take)
  local context, all, seen = context_of(options), sums.new(), {}
  local period = { from = options.from, to = options.to + 1, utc_offset = options.utc_offset,
    window = options.freeze_window or day.WINDOW, now = options.now }
  local first = has_years(context.set) and context.year_start or period.from
  local window = { from = first - metering.context.before, to = period.to + metering.context.after,
    meters = options.meters }
  local function add_older(given) rows.add_older(db, given, window) end
  for given in rows.meters(db, window) do
    seen[given.meter_no] = true
    local list = meter_lines(given, context, period, add_older)
    for _, line in ipairs(list) do all:add(line) end
    take(list, given.meter_no)
  end
  local unknown = options.meters and {} or unknown_meters(context, seen)
  return { sums = all:texts(), unknown = unknown, billed = all.total.held == 0 and #unknown == 0 }
end

return compute
