-- What a tenant used in the year before a period: what the bill before it says, else what is measured since January 1.

local copy = require "imr.base.copy"
local decimal = require "imr.decimal"
local difference = require "imr.workflow.bill.difference"
local record = require "imr.workflow.bill.record"

local year = {}

---The bill that ends where a period begins, in its year.
---@param db imr.Database
---@param from integer
---@param year_start integer
---@return imr.Bill|nil
function year.bill_before(db, from, year_start)
  local found = from > year_start and record.bills(db, { from = from - 1, to = from - 1 })[1]
  if found and found.period_to == from - 1 and found.period_from >= year_start then return found end
end

-- Of a line that was billed, with all that was added to it since.
local function up_to(known, bill, year_start)
  local last = known.line
  if last.status ~= "billed" then return nil end
  if bill.period_from == year_start then return known.usage end
  return last.year_used and decimal.of(last.year_used) + known.usage
end

local function carried(db, bill, year_start)
  local state
  return function(line)
    state = state or difference.state(record.meter_lines(db, bill.id, line.meter_no))
    local known = state[difference.key(line)]
    if known then return up_to(known, bill, year_start) end
    return line.since and line.since > bill.period_to and decimal.zero or nil -- a new tenant
  end
end

---What the lines of a meter ask.
---@class imr.BillYear
---@field carried? fun(line: imr.BillLine): imr.Decimal|nil of the bill before
---@field rows fun(): imr.MeteringUsage[] of the year before the period

---@param db imr.Database
---@param period { from: integer, to: integer }
---@param context { year_start: integer, bill_before: imr.Bill? }
---@param rows fun(period: table): imr.MeteringUsage[] of the meter
---@return imr.BillYear
function year.of(db, period, context, rows)
  local bill, known = context.bill_before, nil
  return {
    carried = bill and carried(db, bill, context.year_start),
    rows = function()
      known = known or rows(copy(period, { from = context.year_start, to = period.from }))
      return known
    end,
  }
end

return year
