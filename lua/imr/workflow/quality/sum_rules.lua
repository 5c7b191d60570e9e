-- Numbers of one row that do not agree.
--
-- A number is known to its last place: that which most rows of its column have. Where two kinds of numbers meet, the
-- coarser one counts. They differ when they are `units` of that place apart: with 1, numbers of the same resolution
-- have to be equal.

local decimal = require "imr.decimal"
local steps = require "imr.workflow.quality.steps"
local value = require "imr.workflow.metering.value"

local rules = {}

-- The places that most values have; the finer ones where as many have either.
local function most_usual(counts)
  local best
  for places, count in pairs(counts) do
    if not best or count > counts[best] or count == counts[best] and places > best then best = places end
  end
  return best
end

local function places_of(rows, fields)
  local counts = {}
  for _, row in ipairs(rows) do
    for _, field in ipairs(fields) do
      local places = row[field] and value.places(row[field])
      if places then counts[places] = (counts[places] or 0) + 1 end
    end
  end
  return most_usual(counts)
end

-- ---------------------------------------------------------------- usage and readings

local function off_of(step)
  local usage = step.rise and step.to.row.usage and value.of { text = step.to.row.usage }
  return usage and usage - steps.used(step) or nil
end

-- Steps whose usage is off, with by how much. Those of rows of other values of the same moment say nothing.
local function steps_off(series, allowed)
  local list, limit = {}, allowed:number() * 0.5
  for _, step in ipairs(series.steps) do
    local usage = step.rise and tonumber(step.to.row.usage)
    -- Doubles see what is far enough; only what is not is worked out exactly.
    if usage and (math.abs(usage - step.rise) > limit or step.to.number > 1e9) then
      local off = off_of(step)
      if off and off:abs() >= allowed then list[#list + 1] = { step = step, off = off } end
    end
  end
  return list
end

local LEAST_ROUNDED = 3

-- A listing that rounds each number by itself is often a unit off, now up and now down.
local function rounds(list, unit)
  local up, down = 0, 0
  for _, entry in ipairs(list) do
    if entry.off:abs() <= unit then
      if entry.off.negative then down = down + 1 else up = up + 1 end
    end
  end
  return up + down >= LEAST_ROUNDED and math.min(up, down) >= 1
end

-- With rows missing in between, the usage may be that of the last part only: then a sum of usages lacks the rest.
local function detail_of(series, entry)
  local step = entry.step
  if entry.off.negative and series.interval and step.seconds > 1.5 * series.interval then
    return ("usage does not cover the time without rows: %s is missing from %s to %s"):format(tostring(-entry.off),
      step.from.text, step.to.text)
  end
  return ("usage is off by %s from %s to %s"):format(tostring(entry.off), step.from.text, step.to.text)
end

local function flag_usage(series, entry, flag)
  local step = entry.step
  flag { source = series.source.name, field = "usage", time = step.to.time, value = step.to.row.usage,
    since = step.from.time, reference = tostring(steps.used(step)),
    detail = detail_of(series, entry) }
end

local function check_usage(series, tuning, flag)
  local places = math.min(places_of(series.device.rows[series.source.name], { "usage" }) or 0, series.resolution)
  local unit = decimal.power(-places)
  local list = steps_off(series, unit * tuning.units)
  local rounded = rounds(list, unit)
  for _, entry in ipairs(list) do
    if not (rounded and entry.off:abs() <= unit) then flag_usage(series, entry, flag) end
  end
end

function rules.usage(view, tuning, flag)
  for _, series in ipairs(view.series) do
    if series.source.granularity then check_usage(series, tuning, flag) end
  end
end

-- ---------------------------------------------------------------- time of use

local PARTS = { "energy_sharp", "energy_peak", "energy_flat", "energy_valley" }
local FIELDS = { "energy_total", "energy_sharp", "energy_peak", "energy_flat", "energy_valley" }

-- Meters do not all have four tariffs: an absent part is nothing, but a row without any has no sum.
local function sum_of(row)
  local sum
  for _, field in ipairs(PARTS) do
    local part = row[field] and value.of { text = row[field] }
    if part then sum = sum and sum + part or part end
  end
  return sum
end

local function check_sum(row, allowed, flag)
  local total, sum = row.energy_total and value.of { text = row.energy_total }, sum_of(row)
  if total and sum and (sum - total):abs() >= allowed then
    flag { source = "tou_readings", field = "energy_total", time = row.freeze_time, value = row.energy_total,
      reference = tostring(sum),
      detail = ("sharp + peak + flat + valley are off by %s"):format(tostring(sum - total)) }
  end
end

-- Doubles see that the parts of an ordinary row add up.
local function adds_up(row, allowed)
  local total, sum = tonumber(row.energy_total), 0
  for _, field in ipairs(PARTS) do sum = sum + (tonumber(row[field]) or 0) end
  return total ~= nil and math.abs(total) < 1e9 and math.abs(total - sum) < allowed
end

function rules.tou_sum(view, tuning, flag)
  local rows = view.rows.tou_readings or {}
  if #rows == 0 then return end
  local allowed = decimal.power(-(places_of(rows, FIELDS) or 0)) * tuning.units
  local surely = allowed:number() * 0.5
  for _, row in ipairs(rows) do
    if not adds_up(row, surely) then check_sum(row, allowed, flag) end
  end
end

return rules
