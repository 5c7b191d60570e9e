--- The database as a report: one HTML page in Chinese and English that loads nothing and runs nothing.
---
---   local report = require "imr.workflow.report"
---   local page = assert(report.html(db, { from = from, to = to, ledger = "supply.db" }))
---
--- Sums are exact; everything that came from the platform is escaped.

local collect = require "imr.workflow.report.collect"
local copy = require "imr.base.copy"
local DAY = require("imr.base.calendar").DAY
local errors = require "imr.errors"
local defaults = require("imr.client.options").defaults
local expect_database = require "imr.database.expected"
local page = require "imr.workflow.report.page"
local rules = require "imr.workflow.quality.rules"
local settings = require "imr.workflow.quality.settings"

local report = {}

local MOST_DAYS = 400

---What a report is of.
---@class imr.ReportOptions: imr.QualityOptions
---@field from integer Unix seconds
---@field to integer of the last second
---@field meters? string[] whose consumption and flags are shown, default all; coverage and commands are of all anyway
---@field where? imr.Where the same for a tenant or place
---@field utc_offset? integer seconds; default 28800
---@field title? string
---@field language? "zh"|"en" that is shown first; default "en"
---@field ledger? string of supply commands
---@field top? integer consumers of each kind; default 15
---@field most_flags? integer that are listed one by one; default 200
---@field on_meter? fun(meter_no: string) called before each meter

local DEFAULTS = { utc_offset = defaults.utc_offset, language = "en", top = 15, most_flags = 200 }

local OPTIONS = { title = "string", language = "string", ledger = "any", top = "number", most_flags = "number",
  on_meter = "function" }

local function problem_of(options)
  if type(options) ~= "table" then return "report.html takes a table with from and to, in Unix seconds" end
  local problem = settings.problem(options, OPTIONS)
  if problem then return problem end
  local ledger, language = options.ledger, options.language
  if ledger and type(ledger) ~= "string" then return "option 'ledger' must be the path of a ledger" end
  if language and language ~= "en" and language ~= "zh" then return "option 'language' must be \"en\" or \"zh\"" end
end

local function checked(options)
  local problem = problem_of(options)
  if problem then error(problem, 3) end
  local filled = copy({ now = os.time() }, DEFAULTS, options)
  if type(filled.from) ~= "number" or type(filled.to) ~= "number" or filled.to < filled.from then
    error("report.html takes a table with from and to, in Unix seconds", 3)
  end
  if filled.to - filled.from > MOST_DAYS * DAY then
    error(("a report is of %d days at the most"):format(MOST_DAYS), 3)
  end
  return filled
end

---The page of a period.
---@param db imr.Database
---@param options imr.ReportOptions
---@return string|nil page HTML
---@return imr.Error|nil err
function report.html(db, options)
  local filled = checked(options)
  local chosen = settings.new(filled, 2)
  expect_database(db, "report.html", 2)
  local fine, result = pcall(collect.run, db, filled, chosen)
  if fine then return page.build(result, filled, rules) end
  if errors.is(result) then return nil, result end
  error(result, 0)
end

return report
