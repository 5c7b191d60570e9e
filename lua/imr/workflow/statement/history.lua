-- What was used in the months before a bill: what was billed, else what is measured. It is for a drawing, so numbers
-- will do.

local load = require "imr.workflow.quality.load"
local metering = require "imr.workflow.metering"
local months = require "imr.workflow.bill.months"
local row_maker = require "imr.database.row_maker"
local rows = require "imr.workflow.metering.rows"
local sheets = require "imr.workflow.statement.sheets"
local usage = require "imr.workflow.metering.usage"

local history = {}

local MONTHS = 12

-- What a bill of a month is known by.
local LINE = { "bill_id", "meter_no", "project_code", "kind", "user_code", "user_name", "address", "house_number",
  "usage" }

local function months_before(moment, utc_offset)
  local list, month = {}, months.of(moment, utc_offset)
  for index = MONTHS, 1, -1 do
    month = months.of(month.from - 1, utc_offset)
    list[index] = { from = month.from, to = month.to }
  end
  return list
end

local function key_of(row) return ("%s\0%s\0%s"):format(sheets.key(row), row.meter_no, row.kind or "") end

local function add(known, row, month, used)
  local key = key_of(row)
  known[key] = known[key] or {}
  local before = known[key][month.from]
  known[key][month.from] = before ~= false and used and (before or 0) + used
end

-- ---------------------------------------------------------------- what was billed

-- The bills and adjustments of whole months, as month by number.
local function bills_of(db, list)
  local by_time, found, numbers = {}, {}, {}
  for _, month in ipairs(list) do by_time[month.from] = month end
  for bill in db:select("bills", "WHERE voided_at IS NULL AND period_from >= ? AND period_to < ?", list[1].from,
    list[#list].to) do
    local month = by_time[bill.period_from]
    if month and bill.period_to == month.to - 1 then
      month.billed, found[bill.id], numbers[#numbers + 1] = true, month, ("%d"):format(bill.id)
    end
  end
  return found, table.concat(numbers, ", ")
end

local function add_billed(db, list, known)
  local month_of, numbers = bills_of(db, list)
  if numbers == "" then return end
  local make = row_maker("bill_lines", LINE)
  for values in db:lists(load.query(db, "bill_lines", LINE)
    .. (" WHERE amount IS NOT NULL AND bill_id IN (%s)"):format(numbers)) do
    local line = make(values)
    add(known, line, month_of[line.bill_id], tonumber(line.usage))
  end
end

-- ---------------------------------------------------------------- what is measured

local function period_of(list, context)
  local first, last, cuts = nil, nil, {}
  for _, month in ipairs(list) do
    if not month.billed then first, last = first or month, month end
  end
  for _, month in ipairs(first and list or {}) do
    if month.from > first.from and month.from < last.to then cuts[#cuts + 1] = month.from end
  end
  return first and { from = first.from, to = last.to, cuts = cuts, utc_offset = context.utc_offset,
    window = context.window, now = context.now }
end

local function add_measured(db, list, known, context)
  local period, by_time = period_of(list, context), {}
  if not period then return end
  for _, month in ipairs(list) do by_time[month.from] = month end
  for given in rows.meters(db, { from = period.from - metering.context.before, brief = true, meters = context.meters,
    to = period.to + metering.context.after }) do
    for _, row in ipairs(usage.of(given, usage.devices(given, period), period)) do
      local month = by_time[months.of(row.from, context.utc_offset).from]
      if not month.billed then
        add(known, row, month, row.status == "measured" and tonumber(row.usage) or false)
      end
    end
  end
end

-- ---------------------------------------------------------------- of a line

---What is known of the months before; a line's tenant only, and what a device showed times the line's multiplier.
---@param db imr.Database
---@param context { from: integer, utc_offset: integer, window: integer, now: integer, meters: string[]? }
---@return fun(line: imr.BillLine): { from: integer, usage: number|nil }[] the oldest month first
function history.of(db, context)
  local list, billed, measured = months_before(context.from, context.utc_offset), {}, {}
  add_billed(db, list, billed)
  add_measured(db, list, measured, context)
  return function(line)
    local made, key = {}, key_of(line)
    local own, read = billed[key] or {}, not line.share and measured[key] or {}
    for index, month in ipairs(list) do
      local used = read[month.from]
      made[index] = { from = month.from, usage = own[month.from] or used and used * tonumber(line.multiplier) or nil }
    end
    return made
  end
end

return history
