-- What somebody decided about lines that cannot be measured: a CSV, which goes on record with who and why.

local csv = require "imr.base.csv"
local decimal = require "imr.decimal"

local decisions = {}

local PARTS = { "sharp", "peak", "flat", "valley" }
local COLUMNS = { "meter_no", "user_code", "usage", "closing", "sharp", "peak", "flat", "valley", "year_used", "who",
  "why" }

---@class imr.BillDecision
---@field user_code? string of the tenant, where the meter has several
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

local function number(row, name)
  if not row[name] then return nil end
  local value = decimal.parse(row[name])
  if value and not value.negative then return value end
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
  local rows, problem = csv.parse(text, COLUMNS, { "meter_no", "who", "why" })
  if not rows then return nil, ("%s: %s"):format(file, problem) end
  local found, seen = {}, {}
  for _, row in ipairs(rows) do
    local decision, wrong = decision_of(row)
    local key = ("%s\0%s"):format(row.meter_no or "", row.user_code or "")
    if seen[key] then wrong = wrong or ("meter %s was decided in line %d already"):format(row.meter_no, seen[key]) end
    if wrong then return nil, ("%s, line %d: %s"):format(file, row.line, wrong) end
    seen[key], found[row.meter_no] = row.line, found[row.meter_no] or {}
    table.insert(found[row.meter_no], decision)
  end
  return found
end

---The decision about a line.
---@param all table<string, imr.BillDecision[]>
---@param line imr.BillLine
---@return imr.BillDecision|nil
function decisions.of(all, line)
  for _, decision in ipairs(all[line.meter_no] or {}) do
    if not decision.user_code or decision.user_code == line.user_code then
      decision.used = true
      return decision
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

local function from_closing(decision, line, entry)
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
