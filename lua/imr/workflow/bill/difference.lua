-- What has to be added to the lines of a meter that are on record, so that they are those that would be made now. Pure.

local copy = require "imr.base.copy"
local decimal = require "imr.decimal"

local difference = {}

---What a line is known by: it is of a tenancy, or of one who pays.
---@param line imr.BillLine
---@return string
function difference.key(line)
  return table.concat({ line.project_code or "", line.kind or "", line.user_code or line.user_name or "",
    tostring(line.since or "") }, "\0")
end

---The sums of what is on record of a meter, by line, and in their order.
---@param lines imr.BillLine[] a bill's and its adjustments'
---@return table<string|integer, { line: imr.BillLine, billed: boolean?, usage: imr.Decimal, amount: imr.Decimal }>
function difference.state(lines)
  local state = {}
  for _, line in ipairs(lines) do
    local key = difference.key(line)
    local known = state[key]
    if not known then
      known = { usage = decimal.zero, amount = decimal.zero }
      state[key], state[#state + 1] = known, known
    end
    known.line = line
    if line.amount then
      known.billed = true
      known.amount, known.usage = known.amount + decimal.of(line.amount), known.usage + decimal.of(line.usage)
    end
  end
  return state
end

local function is_same(known, line)
  local last = known.line
  if line.status == "held" then return last.status == "held" and last.reasons == line.reasons end
  return last.status == "billed" and known.amount == decimal.of(line.amount)
    and known.usage == decimal.of(line.usage)
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
    local known = state[difference.key(line)]
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
