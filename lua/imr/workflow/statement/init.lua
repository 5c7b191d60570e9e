--- Statements of a bill: a sheet a tenant, as one HTML page that loads nothing and runs nothing.
---
---   local statement = require "imr.workflow.statement"
---   local file = assert(io.open("june.html", "w"))
---   statement.html(db, made.id, { language = "zh", write = function(text) file:write(text) end })
---
--- A sheet has readings, quantities and prices, what was used in the months before, and why something is not billed.

local bill = require "imr.workflow.bill"
local check_kinds = require "imr.base.options"
local copy = require "imr.base.copy"
local day = require "imr.workflow.metering.day"
local errors = require "imr.errors"
local expect_database = require "imr.database.expected"
local history = require "imr.workflow.statement.history"
local page = require "imr.workflow.statement.page"
local record = require "imr.workflow.bill.record"
local settings = require "imr.workflow.quality.settings"
local sheets = require "imr.workflow.statement.sheets"
local where = require "imr.workflow.metering.where"
local words = require "imr.workflow.statement.words"

local statement = {}

---How the sheets are to be.
---@class imr.StatementOptions
---@field language? "en"|"zh" default "en"
---@field paper? "A5"|"A4" default "A5"
---@field title? string of each sheet
---@field meters? string[] only their lines
---@field where? imr.Where only lines of this tenant or place
---@field write? fun(text: string) takes the page in parts; then none is returned
---@field now? integer default os.time()

---A bill that is not on record.
---@class imr.StatementDraft
---@field lines imr.BillLine[] of bill.compute
---@field from integer
---@field to integer the last second
---@field utc_offset? integer default 28800

local OPTIONS = { language = "string", paper = "string", title = "string", meters = "table", where = "table",
  write = "function", now = "number" }
local CHOICES = { language = { en = true, zh = true }, paper = { A4 = true, A5 = true } }

local function problem_of(options, what)
  local problem = check_kinds(options, OPTIONS) or settings.problem { meters = options.meters, where = options.where,
    now = options.now }
  if problem then return problem end
  local language, paper = options.language, options.paper
  if language and not CHOICES.language[language] then return [[option 'language' must be "en" or "zh"]] end
  if paper and not CHOICES.paper[paper] then return [[option 'paper' must be "A4" or "A5"]] end
  local is_draft = type(what) == "table" and type(what.lines) == "table" and not settings.problem { from = what.from,
    to = what.to, utc_offset = what.utc_offset } and what.from and what.to
  local is_number = type(what) == "number" and what % 1 == 0 and math.abs(what) < 2 ^ 53
  if not is_draft and not is_number then
    return "statement.html takes the number of a bill, or a table with lines, from and to"
  end
end

-- The bill's facts and its lines, in the order of the sheets.
local function on_record(db, id, options)
  local chain = bill.chain(db, id)
  local first = chain[1]
  if not first or first.adjusts then
    error(errors.new { kind = "usage", message = ("there is no bill %s"):format(tostring(id)), executed = "no",
      retryable = false }, 0)
  end
  local made = {}
  for _, one in ipairs(chain) do made[one.id] = one.made_at end
  return { bill = first.id, made_at = chain[#chain].made_at, made = made, from = first.period_from,
    to = first.period_to, utc_offset = first.utc_offset, window = first.freeze_window },
    where.each(options.where, record.lines_in_order(db, id, sheets.order(), options.meters))
end

local function of_draft(draft, options)
  local offset = draft.utc_offset or require("imr.client.options").defaults.utc_offset
  return { made_at = options.now, made = {}, from = draft.from, to = draft.to, utc_offset = offset,
    window = day.WINDOW }, sheets.sorted(where.kept(options.where, draft.lines))
end

local function build(db, what, options)
  options = where.narrow_silent(db, options)
  local facts, lines
  if type(what) == "table" then
    facts, lines = of_draft(what, options)
  else
    facts, lines = on_record(db, what, options)
  end
  facts.language, facts.paper, facts.say = options.language, options.paper, words.of(options.language)
  facts.title = options.title or facts.say "title"
  facts.history = history.of(db, { from = facts.from, utc_offset = facts.utc_offset, window = facts.window,
    now = options.now, meters = options.meters })
  local count = 0
  options.write(page.head(facts))
  for sheet in sheets.of(lines) do
    count = count + 1
    options.write(page.sheet(sheet, facts))
  end
  if options.where and count == 0 then where.fail(options.where, "no line fits: %s") end
  options.write(page.foot)
  return count
end

---The statements of a bill and its adjustments, or of a draft: one page, a sheet a tenant.
---@param db imr.Database
---@param what integer|imr.StatementDraft number of the bill
---@param options? imr.StatementOptions
---@return string|integer|nil page HTML; the number of sheets where `write` took it
---@return imr.Error|nil err
function statement.html(db, what, options)
  local problem = problem_of(options == nil and {} or options, what)
  if problem then error(problem, 2) end
  expect_database(db, "statement.html", 2)
  local parts = {}
  local filled = copy({ language = "en", paper = "A5", now = os.time(), write = function(text)
    parts[#parts + 1] = text
  end }, options)
  local fine, result = pcall(build, db, what, filled)
  if fine then return filled.write == (options or {}).write and result or table.concat(parts) end
  if errors.is(result) then return nil, result end
  error(result, 0)
end

return statement
