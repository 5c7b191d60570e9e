--- What is wrong with the data, as flags: nothing is ever edited.
---
---   local quality = require "imr.workflow.quality"
---   local summary = assert(quality.check(db, { from = from, to = to, without = { "zeros" },
---     tuning = { spike = { factor = 10 } }, on_flags = function(flags, meter_no) ... end }))
---   print(summary.meters, summary.flags, summary.by_rule.decreasing)
---
--- A flag has rule, meter_no, time, source (a listing), field, value and reference (exact texts), since (the time of
--- the reference) and detail. The rules are data, in imr.workflow.quality.rules.

local DAY = require("imr.base.calendar").DAY
local errors = require "imr.errors"
local expect_database = require "imr.database.expected"
local numbers = require "imr.database.numbers"
local rows = require "imr.workflow.metering.rows"
local settings = require "imr.workflow.quality.settings"
local view = require "imr.workflow.quality.view"
local where = require "imr.workflow.metering.where"

local quality = {}

---The rules, in the order in which they are asked.
---@type imr.QualityRule[]
quality.rules = require "imr.workflow.quality.rules"

---Seconds before a period that are read too: what is usual, and the reading before the first.
---@type integer
quality.context = 60 * DAY

---One thing that is wrong, or looks so.
---@class imr.QualityFlag
---@field rule string
---@field meter_no string
---@field time integer Unix seconds
---@field source string
---@field field string
---@field value string|nil
---@field since integer|nil
---@field reference string|nil
---@field detail string
---@field user_code? string who lived there at that time; of quality.check, as what follows
---@field user_name? string
---@field address? string
---@field house_number? string
---@field device_id? string

---What is judged, and by which rules.
---@class imr.QualityOptions
---@field from? integer Unix seconds; flags of this period only
---@field to? integer
---@field meters? string[] default: all that the database knows
---@field where? imr.Where only what is of this tenant or place
---@field rules? string[] only these
---@field without? string[] not these
---@field tuning? table<string, table> by rule: see imr.workflow.quality.rules
---@field now? integer default os.time()
---@field on_flags? fun(flags: imr.QualityFlag[], meter_no: string) of each meter, in the order of
--- time; also where there are none

-- The same register comes in several listings: what is wrong with it is said once.
local function key_of(flag)
  if not flag.value then return nil end
  return ("%s %d %s %s"):format(flag.rule, flag.time, flag.value, flag.reference or "")
end

local function in_order(a, b)
  if a.time ~= b.time then return a.time < b.time end
  return a.place < b.place
end

---What the rules look at, of the rows of one meter. Pure: asks no database.
---@param given table see imr.workflow.quality.view
---@param chosen imr.QualitySettings
---@return imr.QualityView
function quality.view(given, chosen)
  return view.new(given, chosen.tuning)
end

---The flags of one meter. Pure.
---@param looked_at imr.QualityView
---@param chosen imr.QualitySettings
---@return imr.QualityFlag[]
function quality.judge(looked_at, chosen)
  local list, seen = {}, {}
  for _, rule in ipairs(looked_at.calm and {} or chosen.rules) do
    rule.check(looked_at, chosen.tuning[rule.name], function(flag)
      flag.rule, flag.meter_no, flag.place = rule.name, looked_at.meter_no, #list
      local key = key_of(flag)
      if flag.time < looked_at.from or flag.time > looked_at.to or key and seen[key] then return end
      if key then seen[key] = true end
      list[#list + 1] = flag
    end)
  end
  table.sort(list, in_order)
  for _, flag in ipairs(list) do flag.place = nil end
  return list
end

local function window_of(period, meters)
  return { from = period.from and period.from - quality.context, to = period.to, meters = meters, strays = true }
end

local function in_period(given, period)
  given.now, given.from, given.to = period.now, period.from or -math.huge, period.to or math.huge
  return given
end

---Reads what `view` takes of one meter. Raises what the database raises.
---@param db imr.Database
---@param meter_no string
---@param period { from: integer?, to: integer?, now: integer }
---@return table given
function quality.load(db, meter_no, period)
  expect_database(db, "quality.load", 2)
  if type(meter_no) ~= "string" or type(period) ~= "table" then
    error("quality.load takes a meter's number and a table with from, to and now", 2)
  end
  local given = rows.meters(db, window_of(period, { meter_no }))()
  return in_period(given or { meter_no = meter_no, rows = {} }, period)
end

---The numbers of all meters that the database knows anything of.
---@param db imr.Database
---@return string[]
function quality.meters(db)
  expect_database(db, "quality.meters", 2)
  return numbers.all(db)
end

local function check_all(db, options, chosen)
  options = where.narrow(db, options)
  local period = { from = options.from, to = options.to, now = options.now or os.time() }
  local summary = { meters = 0, flags = 0, by_rule = {}, from = period.from, to = period.to }
  local window = window_of(period, options.meters)
  local alike = numbers.alike(numbers.all(db))
  for given in rows.meters(db, window) do
    local meter_no = given.meter_no
    given.alike = alike[meter_no]
    local flags = where.placed(options.where, quality.judge(quality.view(in_period(given, period), chosen), chosen),
      given)
    summary.meters, summary.flags = summary.meters + 1, summary.flags + #flags
    for _, flag in ipairs(flags) do summary.by_rule[flag.rule] = (summary.by_rule[flag.rule] or 0) + 1 end
    if options.on_flags then options.on_flags(flags, meter_no) end
  end
  return summary
end

---Judges all meters of a database.
---@param db imr.Database
---@param options? imr.QualityOptions
---@return { meters: integer, flags: integer, by_rule: table<string, integer> }|nil summary
---@return imr.Error|nil err
function quality.check(db, options)
  options = options or {}
  local problem = settings.problem(options)
  if problem then error(problem, 2) end
  local chosen = settings.new(options, 2)
  expect_database(db, "quality.check", 2)
  local fine, result = pcall(check_all, db, options, chosen)
  if fine then return result end
  if errors.is(result) then return nil, result end
  error(result, 0)
end

return quality
