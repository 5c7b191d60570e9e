-- What a tenant used in the year before a period: what the bill before it says, else what is measured since January 1.

local copy = require "imr.base.copy"
local decimal = require "imr.decimal"
local difference = require "imr.workflow.bill.difference"
local is_before = require "imr.base.is_before"
local record = require "imr.workflow.bill.record"
local rows = require "imr.workflow.metering.rows"
local same = require "imr.workflow.bill.same"

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

-- The tenancy of the bill before that went on to its end, and of which a line is the rest.
local function tenancy_before(state, line, bill)
  local payer, tenancy = same.payer(line), same.tenancy(line)
  for _, known in ipairs(state) do
    local goes_on = known.payer == payer and known.line.to > bill.period_to and (line.since or 0) <= bill.period_to
    if known.tenancy == tenancy or goes_on then return known end
  end
end

-- What the bill before says of a line of a meter.
local function said(state, bill, year_start)
  return function(line)
    local known = tenancy_before(state, line, bill)
    if known then return up_to(known, bill, year_start) end
    return line.since and line.since > bill.period_to and decimal.zero or nil -- a new tenant
  end
end

-- The meters of which the bill before does not say it all, and those that it does not name.
local function unsaid(db, chain, bill, year_start)
  local list, named = {}, {}
  local function look(lines)
    named[lines[1].meter_no] = true
    for _, known in ipairs(difference.state(lines)) do
      if not up_to(known, bill, year_start) then
        list[#list + 1] = lines[1].meter_no
        return
      end
    end
  end
  record.by_meter(db, chain)(nil, look)
  for row in db:rows "SELECT DISTINCT meter_no FROM meters" do
    if not named[row.meter_no] then list[#list + 1] = row.meter_no end
  end
  return list
end

-- The rows of the year of these meters, in their order; of another one they are asked for by itself.
local function rows_since(db, window, list)
  local wanted, next_meter, head = {}, nil, nil
  for _, meter_no in ipairs(list) do wanted[meter_no] = true end
  return function(meter_no, delays)
    if not wanted[meter_no] then
      return rows.meters(db, copy(window, { meters = { meter_no }, delays = delays }))()
    end
    if not next_meter then
      next_meter = rows.meters(db, copy(window, { meters = list, delays = delays }))
      head = next_meter()
    end
    while head and is_before(head.meter_no, meter_no) do head = next_meter() end
    return head and head.meter_no == meter_no and head or nil
  end
end

---What the lines of a meter ask.
---@class imr.BillYear
---@field carried? fun(line: imr.BillLine): imr.Decimal|nil of the bill before
---@field rows fun(): imr.MeteringUsage[] of the year before the period

---What was used in the year before a period, meter after meter, where a bill stands before it.
---@param db imr.Database
---@param bill imr.Bill
---@param year_start integer
---@param window { from: integer, to: integer } of the rows, from before the year on
---@return { carried: fun(meter_no: string): (fun(line: imr.BillLine): imr.Decimal|nil),
--- rows: fun(meter_no: string, delays: table): imr.MeteringRows|nil }
function year.of_bill(db, bill, year_start, window)
  local chain = record.chain(db, bill.id)
  local recorded = record.by_meter(db, chain)
  return {
    carried = function(meter_no) return said(difference.state(recorded(meter_no)), bill, year_start) end,
    rows = rows_since(db, window, window.meters and {} or unsaid(db, chain, bill, year_start)),
  }
end

return year
