-- Numbers of one row that do not agree.
--
-- A number is known to its last place. A meter's resolution is that of its finest row, since a number may come without
-- its last zeros; where two kinds of numbers meet, the coarser one counts. They differ when they are `units` of that
-- place apart: with 1, numbers of the same resolution have to be equal.

local decimal = require "imr.decimal"

local rules = {}

-- The finest places of a column.
local function places_of(rows, field)
  local most
  for _, row in ipairs(rows) do
    local value = decimal.parse(row[field])
    if value then most = math.max(most or 0, value.places) end
  end
  return most
end

local function tolerance(rows, fields, units)
  local coarsest
  for _, field in ipairs(fields) do
    local places = places_of(rows, field)
    if places then coarsest = math.min(coarsest or places, places) end
  end
  return decimal.power(-(coarsest or 0)) * units
end

-- ---------------------------------------------------------------- usage and readings

-- With rows missing in between, the usage may be that of the last part only.
local function disagrees(step, usage, series, allowed)
  local off = usage - step.used
  if series.interval and step.seconds > 1.5 * series.interval then return off >= allowed end
  return off:abs() >= allowed
end

local function flag_usage(series, step, usage, flag)
  flag { source = series.source.name, field = "usage", time = step.to.time, value = step.to.row.usage,
    since = step.from.time, reference = tostring(step.used),
    detail = ("usage is off by %s from %s to %s"):format(tostring(usage - step.used), step.from.text, step.to.text) }
end

function rules.usage(view, tuning, flag)
  for _, series in ipairs(view.series) do
    if series.source.granularity then
      local allowed = tolerance(view.rows[series.source.name], { "usage", "reading" }, tuning.units)
      for _, step in ipairs(series.steps) do
        local usage = step.used and decimal.parse(step.to.row.usage)
        if usage and disagrees(step, usage, series, allowed) then flag_usage(series, step, usage, flag) end
      end
    end
  end
end

-- ---------------------------------------------------------------- time of use

local PARTS = { "energy_sharp", "energy_peak", "energy_flat", "energy_valley" }
local FIELDS = { "energy_total", "energy_sharp", "energy_peak", "energy_flat", "energy_valley" }

-- Meters do not all have four tariffs: an absent part is nothing, but a row without any has no sum.
local function sum_of(row)
  local sum
  for _, field in ipairs(PARTS) do
    local value = decimal.parse(row[field])
    if value then sum = sum and sum + value or value end
  end
  return sum
end

function rules.tou_sum(view, tuning, flag)
  local rows = view.rows.tou_readings or {}
  local allowed = tolerance(rows, FIELDS, tuning.units)
  for _, row in ipairs(rows) do
    local total, sum = decimal.parse(row.energy_total), sum_of(row)
    if total and sum and (sum - total):abs() >= allowed then
      flag { source = "tou_readings", field = "energy_total", time = row.freeze_time, value = row.energy_total,
        reference = tostring(sum),
        detail = ("sharp + peak + flat + valley are off by %s"):format(tostring(sum - total)) }
    end
  end
end

return rules
