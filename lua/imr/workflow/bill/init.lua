--- Bills: what was used in a period, times the prices of a tariff file, to the fen.
---
---   local bill = require "imr.workflow.bill"
---   local tariff = assert(bill.load "tariff.lua")
---   local june = assert(bill.compute(db, { from = from, to = to, tariff = tariff }))
---   for _, line in ipairs(june.lines) do print(line.meter_no, line.user_name, line.amount or line.why) end
---
--- Only what is `measured` is billed (imr.workflow.metering); every other line is held, and says why. All numbers are
--- exact texts.

local copy = require "imr.base.copy"
local day = require "imr.workflow.metering.day"
local decisions = require "imr.workflow.bill.decisions"
local errors = require "imr.errors"
local expect_database = require "imr.database.expected"
local lines = require "imr.workflow.bill.lines"
local metering = require "imr.workflow.metering"
local meters = require "imr.workflow.bill.meters"
local months = require "imr.workflow.bill.months"
local rows = require "imr.workflow.metering.rows"
local settings = require "imr.workflow.quality.settings"
local sums = require "imr.workflow.bill.sums"
local tariff = require "imr.workflow.bill.tariff"
local usage = require "imr.workflow.metering.usage"

local bill = {}

---What is asked for.
---@class imr.BillOptions
---@field from integer Unix seconds
---@field to integer the last second
---@field tariff imr.LoadedTariff of bill.load
---@field decisions? table<string, imr.BillDecision[]> of bill.decisions
---@field meters? string[] default: all that the database knows
---@field utc_offset? integer seconds; default 28800
---@field freeze_window? integer as in imr.MeteringOptions
---@field now? integer default os.time()
---@field on_lines? fun(lines: imr.BillLine[]) of each meter instead of keeping them

---A tariff file, and the CSV beside it.
---@class imr.LoadedTariff
---@field set imr.TariffSet
---@field meters table<string, imr.BillMeter[]>
---@field meters_text? string

---What came of it.
---@class imr.BillResult
---@field lines imr.BillLine[]
---@field sums imr.BillSums
---@field billed boolean whether all lines are
---@field unknown string[] meters that the CSV or the decisions name and the database does not know

local function read_file(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message end
  local text = file:read "*a"
  file:close()
  return text, not text and path .. " can't be read" or nil
end

local function beside(path, name)
  if name:sub(1, 1) == "/" then return name end
  return (path:match "^(.*/)" or "") .. name
end

---Checks a tariff's text, and that of its CSV.
---@param content string
---@param name string of the file, for messages
---@param meters_text? string
---@param meters_name? string
---@param utc_offset? integer of the dates in it; default 28800
---@return imr.LoadedTariff|nil
---@return string|nil problem
function bill.check(content, name, meters_text, meters_name, utc_offset)
  local set, problem = tariff.read(content, name, utc_offset)
  if not set then return nil, problem end
  local found = {}
  if meters_text then
    found, problem = meters.read(meters_text, meters_name or "meters", set)
    if not found then return nil, problem end
  end
  return { set = set, meters = found, meters_text = meters_text }
end

---Reads a tariff file and the CSV that it names.
---@param path string
---@param options? { utc_offset: integer?, read: (fun(path: string): string|nil, string|nil)? }
---@return imr.LoadedTariff|nil
---@return string|nil problem
function bill.load(path, options)
  options = options or {}
  local read = options.read or read_file
  local content, problem = read(path)
  if not content then return nil, problem end
  local set
  set, problem = tariff.read(content, path, options.utc_offset)
  if not set then return nil, problem end
  if not set.meters then return { set = set, meters = {} } end
  local name = beside(path, set.meters)
  local text
  text, problem = read(name)
  if not text then return nil, ("%s: meters: %s"):format(path, problem) end
  return bill.check(content, path, text, name, options.utc_offset)
end

---Reads and checks decisions.
---@param text string CSV
---@param name string of the file, for messages
---@return table<string, imr.BillDecision[]>|nil
---@return string|nil problem
function bill.decisions(text, name) return decisions.read(text, name) end

-- ---------------------------------------------------------------- computing

local OPTIONS = { tariff = "table", decisions = "table", on_lines = "function", freeze_window = "number" }

local function problem_of(options, name)
  if type(options) ~= "table" or not options.from or not options.to or not options.tariff then
    return name .. " takes a table with from and to, in Unix seconds, and a tariff of bill.load"
  end
  if options.to < options.from then return "the period ends before it begins" end
  return settings.problem(options, OPTIONS)
end

local function has_years(set)
  for _, one in pairs(set.tariffs) do
    for _, version in ipairs(one.versions) do
      if version.tiers and version.accumulate == "year" then return true end
    end
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

local function unknown_meters(context, seen, only)
  local list, named = {}, {}
  for _, numbers in ipairs { context.meters, context.decisions } do
    for number in pairs(numbers) do
      if not seen[number] and not named[number] and not only then list[#list + 1], named[number] = number, true end
    end
  end
  table.sort(list)
  return list
end

local function context_of(options)
  return { set = options.tariff.set, meters = options.tariff.meters, decisions = options.decisions or {},
    utc_offset = options.utc_offset, year_start = months.year_start(options.from, options.utc_offset) }
end

local function compute(db, options)
  local context, result = context_of(options), { lines = {}, sums = sums.new(), unknown = {} }
  local period = { from = options.from, to = options.to + 1, utc_offset = options.utc_offset,
    window = options.freeze_window or day.WINDOW, now = options.now }
  local first = has_years(context.set) and context.year_start or period.from
  local window = { from = first - metering.context.before, to = period.to + metering.context.after,
    meters = options.meters }
  local function add_older(given) rows.add_older(db, given, window) end
  local seen = {}
  for given in rows.meters(db, window) do
    seen[given.meter_no] = true
    local list = meter_lines(given, context, period, add_older)
    for _, line in ipairs(list) do result.sums:add(line) end
    if options.on_lines then options.on_lines(list) else
      for _, line in ipairs(list) do result.lines[#result.lines + 1] = line end
    end
  end
  result.unknown = unknown_meters(context, seen, options.meters)
  result.sums = result.sums:texts()
  result.billed = result.sums.total.held == 0 and #result.unknown == 0
  return result
end

---The bill of a period: a line a meter and tenancy. Nothing is stored.
---@param db imr.Database
---@param options imr.BillOptions
---@return imr.BillResult|nil
---@return imr.Error|nil err
function bill.compute(db, options)
  local problem = problem_of(options, "bill.compute")
  if problem then error(problem, 2) end
  expect_database(db, "bill.compute", 2)
  local utc_offset = require("imr.client.options").defaults.utc_offset
  local fine, result = pcall(compute, db, copy({ utc_offset = utc_offset, now = os.time() }, options))
  if fine then return result end
  if errors.is(result) then return nil, result end
  error(result, 0)
end

return bill
