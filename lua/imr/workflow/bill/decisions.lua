-- What somebody decided about lines that cannot be measured: a CSV, which goes on record with who and why.

local copy = require "imr.base.copy"
local csv = require "imr.base.csv"
local decimal = require "imr.decimal"
local headings = require "imr.language.headings"
local read_amount = require "imr.workflow.bill.amount"

local decisions = {}

local PARTS = { "sharp", "peak", "flat", "valley" }
local COLUMNS = { "meter_no", "user_code", "usage", "closing", "sharp", "peak", "flat", "valley", "year_used", "who",
  "why" }
local ALSO = { ["决定人"] = "who", ["决定依据"] = "why", ["理由"] = "why" } -- as a bill shows them, and as people say

---@class imr.BillDecision
---@field user_code? string of the tenant, where the meter has several; the name of one without
---@field usage? imr.Decimal what is billed, times the multiplier already
---@field closing? imr.Decimal what the register showed at the end
---@field parts? table<string, imr.Decimal>
---@field year_used? imr.Decimal what was used in the year before
---@field decides boolean usage or closing is said
---@field used? boolean there is a line that it is about
---@field recorded? boolean it is of an earlier bill; what has been measured since counts more
---@field needless? boolean it says what is billed of a line that is measured
---@field who string
---@field why string
---@field of? imr.BillDecision the newer one of which it is, with what an older one said beside it

local function number(row, name)
  if not row[name] then return nil end
  local value = read_amount(row[name])
  if value then return value end
  return nil, ("%s must be a number, 0 or more, not '%s'"):format(name, row[name])
end

local function check(row, found)
  if not row.meter_no then return "there is no meter number" end
  if not row.who or not row.why then return "say who decided, and why" end
  if found.usage and found.closing then return "say usage or closing, not both" end
  if found.parts and not found.usage then return "sharp, peak, flat and valley go with usage" end
  if not (found.usage or found.closing or found.year_used) then return "say usage, closing or year_used" end
  if not found.parts then return nil end
  local sum = decimal.zero
  for _, quantity in pairs(found.parts) do sum = sum + quantity end
  if sum ~= found.usage then return ("sharp, peak, flat and valley come to %s, not to %s"):format(tostring(sum),
    tostring(found.usage)) end
end

local function decision_of(row)
  local found = { user_code = row.user_code, who = row.who, why = row.why }
  for _, name in ipairs { "usage", "closing", "year_used" } do
    local value, problem = number(row, name)
    if problem then return nil, problem end
    found[name] = value
  end
  for _, name in ipairs(PARTS) do
    local value, problem = number(row, name)
    if problem then return nil, problem end
    if value then
      found.parts = found.parts or {}
      found.parts[name] = value
    end
  end
  found.decides = found.usage ~= nil or found.closing ~= nil
  return found, check(row, found)
end

---Reads and checks the file's text.
---@param text string
---@param file string its name, for messages
---@return table<string, imr.BillDecision[]>|nil by meter number
---@return string|nil problem
function decisions.read(text, file)
  local rows, problem = csv.parse(text, COLUMNS, { "meter_no", "who", "why" }, headings.also(COLUMNS, ALSO))
  if not rows then return nil, ("%s: %s"):format(file, problem) end
  local found, seen = {}, {}
  for _, row in ipairs(rows) do
    local decision, wrong = decision_of(row)
    local key = ("%s\0%s"):format(row.meter_no or "", row.user_code or "")
    if seen[key] then wrong = wrong or ("meter %s was decided in line %d already"):format(row.meter_no, seen[key]) end
    if wrong then return nil, ("%s, line %d: %s"):format(file, row.line, wrong) end
    seen[key], found[row.meter_no] = row.line, found[row.meter_no] or {}
    local list = found[row.meter_no]
    table.insert(list, decision.user_code and 1 or #list + 1, decision) -- one that names a tenant comes first
  end
  return found
end

-- What an earlier one said, and a newer one does not.
local function completed(newer, older)
  local more = { of = newer.of or newer, year_used = newer.year_used or older.year_used }
  if not newer.decides and older.decides then
    for _, name in ipairs { "usage", "closing", "parts", "decides", "who", "why" } do more[name] = older[name] end
  end
  return copy(newer, more)
end

-- The newest that fits a tenant, by code or, without one, by name.
local function newest(list, who)
  local found
  for _, decision in ipairs(list) do
    local fits = not decision.user_code or decision.user_code == who
    if fits and not found then
      found, decision.used = decision, true
    elseif fits and decision.recorded then
      found = completed(found, decision)
    end
  end
  return found
end

---Gives each tenancy of a meter the decision about it. One decision is about one of them: of several that it would
---bill, none is its own.
---@param all table<string, imr.BillDecision[]>
---@param meter_no string
---@param tenancies { who: string?, held: boolean, decision: imr.BillDecision?, several: boolean? }[]
function decisions.assign(all, meter_no, tenancies)
  local about = {}
  for _, tenancy in ipairs(all[meter_no] and tenancies or {}) do
    local decision = newest(all[meter_no], tenancy.who)
    local own = decision and (decision.of or decision)
    tenancy.decision = decision
    if decision and (tenancy.held or not decision.decides) then
      if about[own] then about[own].several, tenancy.several = true, true end
      about[own] = tenancy
    elseif own then
      own.needless = own.decides
    end
  end
end

local function meters_of(all, is_meant)
  local list = {}
  for meter_no, about in pairs(all) do
    for _, decision in ipairs(about) do
      local whose = decision.user_code and (" of %s"):format(decision.user_code) or ""
      if is_meant(decision) then list[#list + 1] = meter_no .. whose end
    end
  end
  table.sort(list)
  return list
end

---The decisions about which there was no line, as texts.
---@param all table<string, imr.BillDecision[]>
---@return string[]
function decisions.unused(all)
  return meters_of(all, function(decision) return not decision.used and not decision.recorded end)
end

---Those about lines that are measured, as texts: nobody has to decide what is known.
---@param all table<string, imr.BillDecision[]>
---@return string[]
function decisions.needless(all)
  return meters_of(all, function(decision) return decision.needless and not decision.recorded end)
end

local function is_replaced(line)
  for _, reading in ipairs(line.readings) do
    if reading.device_id ~= line.readings[1].device_id then return true end
  end
end

local function from_closing(decision, line, entry)
  if is_replaced(line) then return nil, "decided_swap" end
  local opening = line.opening and decimal.parse(line.opening)
  if not opening then return nil, "no_opening" end
  if decision.closing < opening then return nil, "decided_falls" end
  line.closing, line.closing_time = tostring(decision.closing), nil
  return (decision.closing - opening) * entry.multiplier
end

---The one segment that was decided, or what stands in the way.
---@param decision imr.BillDecision
---@param line imr.BillLine
---@param segments imr.BillSegment[]
---@param entry imr.BillMeter
---@return imr.BillSegment[] segments
---@return string|nil problem
function decisions.apply(decision, line, segments, entry)
  if not decision.decides then return segments, "undecided" end
  if #segments > 1 then return segments, "decided_parts" end
  local quantity, problem = decision.usage, nil
  if decision.closing then quantity, problem = from_closing(decision, line, entry) end
  if problem then return segments, problem end
  return { { from = line.from, to = line.to, quantity = quantity, parts = decision.parts } }
end

return decisions
