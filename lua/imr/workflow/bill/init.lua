--- Bills: what was used in a period, times the prices of a tariff file, to the fen.
---
---   local bill = require "imr.workflow.bill"
---   local tariff = assert(bill.load "tariff.lua")
---   local made = assert(bill.make(db, { from = from, to = to, tariff = tariff }))
---   for line in bill.lines(db, made.id) do print(line.meter_no, line.user_name, line.amount or line.why) end
---
--- Only what is `measured` is billed (imr.workflow.metering); every other line is held, and says why. A bill is a
--- record: it never changes; what is learned later is an adjustment of it. All numbers are exact texts.

local check_kinds = require "imr.base.options"
local client_options = require "imr.client.options"
local compute = require "imr.workflow.bill.compute"
local copy = require "imr.base.copy"
local decisions = require "imr.workflow.bill.decisions"
local difference = require "imr.workflow.bill.difference"
local errors = require "imr.errors"
local expect_database = require "imr.database.expected"
local meters = require "imr.workflow.bill.meters"
local record = require "imr.workflow.bill.record"
local run = require "imr.workflow.bill.run"
local settings = require "imr.workflow.quality.settings"
local tariff = require "imr.workflow.bill.tariff"

local bill = {}

---What is asked for.
---@class imr.BillOptions
---@field from integer Unix seconds
---@field to integer the last second
---@field tariff imr.LoadedTariff of bill.load
---@field decisions? imr.BillDecisions of bill.decisions
---@field meters? string[] default: all that the database knows; not with bill.make
---@field by_tenant? boolean also sums by tenant, as many as there are tenants
---@field where? imr.Where only lines of this tenant or place; not with bill.make
---@field utc_offset? integer seconds; default 28800
---@field freeze_window? integer as in imr.MeteringOptions
---@field now? integer default os.time()
---@field on_lines? fun(lines: imr.BillLine[]) of each meter instead of keeping them

---A tariff file, and the CSV beside it.
---@class imr.LoadedTariff
---@field set imr.TariffSet
---@field meters table<string, imr.BillMeter[]>
---@field name string
---@field meters_text? string

---Decisions about lines that are held.
---@class imr.BillDecisions
---@field meters table<string, imr.BillDecision[]>
---@field text string

---What came of it.
---@class imr.BillResult
---@field id? integer of the bill on record; absent where nothing was to be adjusted
---@field lines? imr.BillLine[] of bill.compute
---@field sums imr.BillSums of bill.adjust: of the differences
---@field billed boolean whether all lines are
---@field unknown string[] meters that the CSV names and the database does not know, and decisions without a line

-- What bill.check and bill.decisions have given: nothing else is known to be right.
local checked = setmetatable({}, { __mode = "k" })

local function mark(given)
  checked[given] = true
  return given
end

-- `level` is that of the method's caller, as in all that follow.
local function expect_text(value, what, level)
  if type(value) ~= "string" then error(("%s must be a text, not a %s"):format(what, type(value)), level + 1) end
end

local function expect_number_of_bill(id, name, level)
  if type(id) == "number" and id % 1 == 0 and id > 0 and id < 2 ^ 53 then return end
  error(("%s takes the number of a bill, not %s"):format(name, type(id) == "number" and id or "a " .. type(id)),
    level + 1)
end

local function expect_options(options, known, level)
  local problem = check_kinds(options, known) or settings.problem { now = options.now }
  if not problem and options.decisions and not checked[options.decisions] then
    problem = "option 'decisions' must be those of bill.decisions"
  end
  if problem then error(problem, level + 1) end
end

-- ---------------------------------------------------------------- files

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
  expect_text(content, "a tariff", 2)
  expect_text(name, "a tariff's name", 2)
  expect_text(meters_text or "", "a table of meters", 2)
  expect_text(meters_name or "", "the name of a table of meters", 2)
  local wrong = utc_offset ~= nil and client_options.problem("utc_offset", utc_offset)
  if wrong then error(wrong, 2) end
  local set, problem = tariff.read(content, name, utc_offset)
  if not set then return nil, problem end
  local found = {}
  if meters_text then
    found, problem = meters.read(meters_text, meters_name or "meters", set)
    if not found then return nil, problem end
  end
  return mark { set = set, meters = found, name = name, meters_text = meters_text }
end

---Reads a tariff file and the CSV that it names.
---@param path string
---@param options? { utc_offset: integer?, read: (fun(path: string): string|nil, string|nil)? }
---@return imr.LoadedTariff|nil
---@return string|nil problem
function bill.load(path, options)
  expect_text(path, "the path of a tariff", 2)
  options = options or {}
  local wrong = check_kinds(options, { utc_offset = "number", read = "function" })
    or options.utc_offset and client_options.problem("utc_offset", options.utc_offset)
  if wrong then error(wrong, 2) end
  local function read(name)
    local text, problem = (options.read or read_file)(name)
    if type(text) == "string" then return text end
    return nil, problem or ("%s can't be read"):format(name)
  end
  local content, problem = read(path)
  if not content then return nil, problem end
  local loaded
  loaded, problem = bill.check(content, path, nil, nil, options.utc_offset)
  if not loaded or not loaded.set.meters then return loaded, problem end
  local name = beside(path, loaded.set.meters)
  local text
  text, problem = read(name)
  if not text then return nil, ("%s: meters: %s"):format(path, problem) end
  return bill.check(content, path, text, name, options.utc_offset)
end

---Reads and checks decisions.
---@param text string CSV
---@param name string of the file, for messages
---@return imr.BillDecisions|nil
---@return string|nil problem
function bill.decisions(text, name)
  expect_text(text, "decisions", 2)
  expect_text(name, "their name", 2)
  local found, problem = decisions.read(text, name)
  return found and mark { meters = found, text = text }, problem
end

-- ---------------------------------------------------------------- computing

local OPTIONS = { by_tenant = "boolean", tariff = "table", decisions = "table", on_lines = "function",
  freeze_window = "number" }

local function problem_of(options, name)
  if type(options) ~= "table" or not options.from or not options.to or not options.tariff then
    return name .. " takes a table with from and to, in Unix seconds, and a tariff of bill.load"
  end
  local problem = settings.problem(options, OPTIONS)
  if problem then return problem end
  if options.to < options.from then return "the period ends before it begins" end
  if not checked[options.tariff] then return "option 'tariff' must be one of bill.load or bill.check" end
  if options.decisions and not checked[options.decisions] then
    return "option 'decisions' must be those of bill.decisions"
  end
end

local function results_of(fine, result)
  if fine then return result end
  if errors.is(result) then return nil, result end
  error(result, 0)
end

local function with_defaults(options)
  return copy({ utc_offset = require("imr.client.options").defaults.utc_offset, now = os.time() }, options)
end

local function computed(db, options)
  local kept = {}
  local function keep(list)
    for _, line in ipairs(list) do kept[#kept + 1] = line end
  end
  local result = compute.run(db, options, options.on_lines or keep)
  result.lines = kept
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
  return results_of(pcall(computed, db, with_defaults(options)))
end

-- ---------------------------------------------------------------- on record

---Makes the bill of a period and puts it on record, all of it or nothing. A period is billed once: one that holds and
---has a day of it is in the way.
---@param db imr.Database
---@param options imr.BillOptions
---@return imr.BillResult|nil
---@return imr.Error|nil err kind "busy" while a sync or another bill is at work, "usage" where it is billed already
function bill.make(db, options)
  local problem = problem_of(options, "bill.make")
  if problem then error(problem, 2) end
  if options.meters or options.where then error("a bill on record is one of all meters", 2) end
  expect_database(db, "bill.make", 2)
  return results_of(pcall(run.make, db, with_defaults(options)))
end

---Adds what restatements, withdrawn and late rows, and new decisions have changed since, as lines that are differences.
---@param db imr.Database
---@param id integer of the bill
---@param options? { decisions: imr.BillDecisions?, now: integer? }
---@return imr.BillResult|nil
---@return imr.Error|nil err
function bill.adjust(db, id, options)
  expect_options(options == nil and {} or options, { decisions = "table", now = "number" }, 2)
  expect_database(db, "bill.adjust", 2)
  expect_number_of_bill(id, "bill.adjust", 2)
  return results_of(pcall(run.adjust, db, id, copy({ now = os.time() }, options)))
end

---Declares a bill and its adjustments void; they stay on record, and the period can be billed again.
---@param db imr.Database
---@param id integer of the bill
---@param reason string
---@param now? integer default os.time()
---@return boolean|nil done
---@return imr.Error|nil err
function bill.void(db, id, reason, now)
  expect_database(db, "bill.void", 2)
  expect_number_of_bill(id, "bill.void", 2)
  expect_options({ now = now }, { now = "number" }, 2)
  if type(reason) ~= "string" or reason == "" then error("a bill is void for a reason: say it", 2) end
  return results_of(pcall(run.void, db, id, reason, now or os.time()))
end

---The bills that are on record, oldest first, with their adjustments.
---@param db imr.Database
---@return imr.Bill[]
function bill.list(db)
  expect_database(db, "bill.list", 2)
  return record.bills(db)
end

---The bills that hold and have a part of a period.
---@param db imr.Database
---@param from integer
---@param to integer
---@return imr.Bill[]
function bill.find(db, from, to)
  expect_database(db, "bill.find", 2)
  if not from or not to then error("bill.find takes a period, from and to in Unix seconds", 2) end
  local problem = settings.problem { from = from, to = to }
  if problem then error(problem, 2) end
  return record.bills(db, { from = from, to = to })
end

---A bill and its adjustments, oldest first.
---@param db imr.Database
---@param id integer
---@return imr.Bill[]
function bill.chain(db, id)
  expect_database(db, "bill.chain", 2)
  expect_number_of_bill(id, "bill.chain", 2)
  return record.chain(db, id)
end

---The lines of a bill and its adjustments, as they are on record.
---@param db imr.Database
---@param id integer of the bill
---@return fun(): imr.BillLine|nil
function bill.lines(db, id)
  expect_database(db, "bill.lines", 2)
  expect_number_of_bill(id, "bill.lines", 2)
  return record.lines(db, id)
end

---Which lines' charges an adjustment says anew, all of them as they are known now: to be left out where charges are
---summed.
---@param db imr.Database
---@param id integer of the bill
---@return table<integer, table<integer, true>> by number of the bill and of the line
function bill.superseded(db, id)
  expect_database(db, "bill.superseded", 2)
  expect_number_of_bill(id, "bill.superseded", 2)
  local found, chain = {}, record.chain(db, id)
  if #chain < 2 then return found end
  local function passed(line)
    found[line.bill_id] = found[line.bill_id] or {}
    found[line.bill_id][line.number] = true
  end
  record.by_meter(db, chain)(nil, function(lines) difference.state(lines, passed) end)
  return found
end

return bill
