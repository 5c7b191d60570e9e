--- How registers become usage: closing minus opening over readings that are accepted, with how sure that is.
---
---   local metering = require "imr.workflow.metering"
---   local bill = assert(metering.usage(db, { from = from, to = to }))
---   for _, row in ipairs(bill.rows) do print(row.meter_no, row.usage, row.status, row.reasons) end
---
--- A row is `measured`, `doubtful` or `incomplete`; `reasons` are names of the rules of imr.workflow.quality. Nothing
--- is edited, and a reading that is suspect is never counted.

local copy = require "imr.base.copy"
local DAY = require("imr.base.calendar").DAY
local day = require "imr.workflow.metering.day"
local decimal = require "imr.decimal"
local errors = require "imr.errors"
local expect_database = require "imr.database.expected"
local groups = require "imr.workflow.metering.groups"
local rows = require "imr.workflow.metering.rows"
local settings = require "imr.workflow.quality.settings"
local usage = require "imr.workflow.metering.usage"
local where = require "imr.workflow.metering.where"

local metering = {}

---Seconds before and after a period that are read too: its readings are judged by what stands around them.
---@type { before: integer, after: integer }
metering.context = { before = 31 * DAY, after = 14 * DAY }

---What is asked for.
---@class imr.MeteringOptions
---@field from integer Unix seconds
---@field to integer the last second
---@field meters? string[] default: all that the database knows
---@field where? imr.Where only rows of this tenant or place
---@field by? "meter"|"day"|"tenant"|"building"|"project" default "meter"
---@field utc_offset? integer seconds; default 28800
---@field freeze_window? integer seconds after midnight in which a reading closes the day before; default 7200
---@field now? integer default os.time()
---@field on_rows? fun(rows: table[]) of each meter instead of keeping them; not with tenant, building and project

---What came of it: sums are exact texts, by kind and status.
---@class imr.MeteringResult
---@field rows table[] imr.MeteringUsage (by day also with `day`), or imr.MeteringGroup
---@field sums table<string, table<string, { usage: string, rows: integer }>>
---@field meters integer
---@field measured boolean whether everything is
---@field unknown string[] meters that were asked for and that the database does not know

local OPTIONS = { by = "string", freeze_window = "number", on_rows = "function" }
local BY = { meter = true, day = true, tenant = true, building = true, project = true }

local function problem_of(options)
  if type(options) ~= "table" or not options.from or not options.to then
    return "metering.usage takes a table with from and to, in Unix seconds"
  end
  local problem = settings.problem(options, OPTIONS)
  if problem then return problem end
  if options.to < options.from then return "the period ends before it begins" end
  if options.by and not BY[options.by] then return "option 'by' must be meter, day, tenant, building or project" end
end

local function period_of(options)
  local period = { from = options.from, to = options.to + 1, utc_offset = options.utc_offset,
    window = options.freeze_window or day.WINDOW, now = options.now }
  if options.by == "day" then period.cuts = day.midnights(period.from, period.to, period.utc_offset) end
  return period
end

-- ---------------------------------------------------------------- sums

local function add_sum(sums, row)
  local kind = row.kind or "other"
  sums[kind] = sums[kind] or {}
  local sum = sums[kind][row.status] or { usage = decimal.zero, rows = 0 }
  sums[kind][row.status] = sum
  sum.rows = sum.rows + 1
  if row.usage then sum.usage = sum.usage + decimal.of(row.usage) end
end

local function as_texts(sums)
  for _, by_status in pairs(sums) do
    for _, sum in pairs(by_status) do sum.usage = tostring(sum.usage) end
  end
  return sums
end

-- ---------------------------------------------------------------- all meters

local function taker_of(options, result)
  local group = options.by and options.by ~= "meter" and options.by ~= "day" and groups.new(options.by)
  local function take(list)
    list = where.kept(options.where, list)
    result.found = result.found or #list > 0
    for _, row in ipairs(list) do
      add_sum(result.sums, row)
      result.measured = result.measured and row.status == "measured"
      if options.by == "day" then row.day = day.of(row.to, options.utc_offset) end
      if group then group:add(row) elseif not options.on_rows then result.rows[#result.rows + 1] = row end
    end
    if options.on_rows and not group then options.on_rows(list) end
  end
  return take, group
end

local function usage_of_all(db, options)
  options = where.narrow(db, options)
  local result = { rows = {}, sums = {}, meters = 0, measured = true, unknown = {} }
  local period, take, group = period_of(options), taker_of(options, result)
  local window = { from = period.from - metering.context.before, to = period.to + metering.context.after,
    meters = options.meters, brief = true }
  local function add_older(given) rows.add_older(db, given, window) end
  local seen = {}
  for given in rows.meters(db, window) do
    seen[given.meter_no], result.meters = true, result.meters + 1
    take(usage.of(given, usage.devices(given, period, add_older), period))
  end
  for _, number in ipairs(options.meters or {}) do
    if not seen[number] then result.unknown[#result.unknown + 1], result.measured = number, false end
  end
  if options.where and not result.found then where.fail(options.where, "no meter of the period fits: %s") end
  if group then result.rows = group:rows() end
  as_texts(result.sums)
  return result
end

---The usage of a period: a row a meter, device and tenancy; or a day of them; or sums.
---@param db imr.Database
---@param options imr.MeteringOptions
---@return imr.MeteringResult|nil
---@return imr.Error|nil err
function metering.usage(db, options)
  local problem = problem_of(options)
  if problem then error(problem, 2) end
  expect_database(db, "metering.usage", 2)
  local utc_offset = require("imr.client.options").defaults.utc_offset
  local fine, result = pcall(usage_of_all, db, copy({ utc_offset = utc_offset, now = os.time() }, options))
  if fine then return result end
  if errors.is(result) then return nil, result end
  error(result, 0)
end

return metering
