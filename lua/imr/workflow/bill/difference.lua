-- What has to be added to the lines of a meter that are on record, so that they are those that would be made now. Pure.

local copy = require "imr.base.copy"
local decimal = require "imr.decimal"
local same = require "imr.workflow.bill.same"

local difference = {}

---The sums of what is on record of a meter, a tenancy each, in their order.
---@param lines imr.BillLine[] a bill's and its adjustments'
---@param passed? fun(line: imr.BillLine) takes each whose charges a later one says anew
---@return { line: imr.BillLine, tenancy: string, payer: string, billed: imr.BillLine?, usage: imr.Decimal,
--- amount: imr.Decimal }[]
function difference.state(lines, passed)
  local state = {}
  for _, line in ipairs(lines) do
    local known = same.find(state, line)
    if not known then
      known = { usage = decimal.zero, amount = decimal.zero, tenancy = same.tenancy(line), payer = same.payer(line) }
      state[#state + 1] = known
    end
    known.line = line
    if line.amount then
      if passed and known.billed then passed(known.billed) end
      known.billed = line
      known.amount, known.usage = known.amount + decimal.of(line.amount), known.usage + decimal.of(line.usage)
    end
  end
  return state
end

-- What was used in the year before is what the next bill goes on from, whether or not a price depends on it.
local function is_same(known, line)
  local last = known.line
  if line.status == "held" then return last.status == "held" and last.reasons == line.reasons end
  return last.status == "billed" and known.amount == decimal.of(line.amount)
    and known.usage == decimal.of(line.usage) and last.year_used == line.year_used
end

-- A line that is held now takes nothing back: a doubt is no knowledge.
local function changed(known, line)
  if line.status == "held" then return line end
  return copy(line, { usage = tostring(decimal.of(line.usage) - known.usage),
    amount = tostring(decimal.of(line.amount) - known.amount) })
end

local KEPT = { "meter_no", "project_code", "kind", "tariff", "user_code", "user_name", "building", "address",
  "house_number", "from", "to", "since", "multiplier", "share" }

-- Nobody would be billed for it now.
local function gone(known)
  local line = { readings = {}, status = "billed", reasons = "gone", usage = tostring(-known.usage),
    amount = tostring(-known.amount) }
  for _, name in ipairs(KEPT) do line[name] = known.line[name] end
  return line
end

---@param recorded imr.BillLine[] of a meter, a bill's and its adjustments'
---@param now imr.BillLine[] those that would be made now
---@return imr.BillLine[] that are to be added
function difference.of(recorded, now)
  local state, list = difference.state(recorded), {}
  for _, line in ipairs(now) do
    local known = same.find(state, line)
    if not known then
      list[#list + 1] = line
    else
      known.there = true
      if not is_same(known, line) then list[#list + 1] = changed(known, line) end
    end
  end
  for _, known in ipairs(state) do
    local something = known.billed and not (known.amount:is_zero() and known.usage:is_zero())
    if something and not known.there then list[#list + 1] = gone(known) end
  end
  return list
end

return difference
