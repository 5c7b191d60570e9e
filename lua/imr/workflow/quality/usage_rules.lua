-- Consumption that a meter does not usually have.

local DAY = require("imr.base.calendar").DAY
local decimal = require "imr.decimal"
local limits = require "imr.workflow.metering.limits"
local statistics = require "imr.workflow.quality.statistics"
local steps = require "imr.workflow.quality.steps"
local view_of = require "imr.workflow.quality.view"

local rules = {}

local function flag_run(series, first, last, tuning, flag)
  if not first or last.to.time - first.from.time < tuning.days * DAY then return end
  flag { source = series.source.name, field = series.field, time = last.to.time, value = last.to.text,
    since = first.from.time, reference = first.from.text,
    detail = ("nothing used in %d days"):format(math.floor((last.to.time - first.from.time) / DAY)) }
end

local function is_zero(step)
  if step.kind ~= "normal" then return false end
  return step.rise == 0 and (step.to.number < 1e9 or steps.used(step):is_zero())
end

-- A run is one flag, however long it is: at its end.
function rules.zeros(view, tuning, flag)
  for _, series in ipairs(view_of.main_series(view)) do
    local first, last
    for _, step in ipairs(series.steps) do
      if is_zero(step) then
        first, last = first or step, step
      else
        flag_run(series, first, last, tuning, flag)
        first, last = nil, nil
      end
    end
    flag_run(series, first, last, tuning, flag)
  end
end

-- ---------------------------------------------------------------- spikes

local FEW, LEAST_MEDIAN = 10, 3 -- times the median of few steps, which of fewer says nothing
local OFTEN = 1.5 -- times the third largest rate: what happened three times is ordinary

local function third_largest(rates)
  local one, two, three = 0, 0, 0
  for _, rate in ipairs(rates) do
    if rate > one then
      one, two, three = rate, one, two
    elseif rate > two then
      two, three = rate, two
    elseif rate > three then
      three = rate
    end
  end
  return three
end

-- The differences are exact, so a long register loses none of its small steps to the doubles of the statistics.
local function rise_of(step)
  return step.to.number < 1e9 and step.rise or steps.used(step):number()
end

---A way to measure how much is usual: amounts with the seconds that each took.
---@class imr.SpikeScale
---@field limit number a day
---@field median number a day
---@field floor number a day, and at least in a step; what a connection can carry while nothing is usual

local function scale_of(rates, tuning, kind)
  local known = limits.by_kind[kind] and kind or "electricity"
  local scale = { limit = 0, median = 0, floor = tuning[known] }
  if #rates == 0 then return scale end
  local median, spread = statistics.usual(rates)
  scale.median = median
  if #rates < tuning.least then
    scale.floor = math.max(tuning[known .. "_most"], #rates >= LEAST_MEDIAN and FEW * median or 0)
  else
    scale.limit = math.max(median + tuning.factor * spread, median * tuning.times, OFTEN * third_largest(rates))
  end
  return scale
end

local function is_spike(scale, amount, days, unit)
  return amount > math.max(scale.limit * days, scale.floor * math.max(1, days), 2 * unit)
end

local function flag_step(series, step, median, flag)
  local days = view_of.stretched(series, step.seconds) / DAY
  flag { source = series.source.name, field = series.field, time = step.to.time, value = step.to.text,
    since = step.from.time, reference = step.from.text,
    detail = ("%s used, %.4g a day; usual are %.4g"):format(tostring(steps.used(step)), rise_of(step) / days, median) }
end

local function spikes_of(view, series, tuning, flag)
  local rates, counted = {}, {}
  for _, step in ipairs(series.steps) do
    if step.rise then
      local days = view_of.stretched(series, step.seconds) / DAY
      counted[#counted + 1] = { step = step, amount = rise_of(step), days = days }
      rates[#rates + 1] = counted[#counted].amount / days
    end
  end
  local scale, unit = scale_of(rates, tuning, view.kind), 10 ^ -series.resolution
  for _, one in ipairs(counted) do
    if is_spike(scale, one.amount, one.days, unit) then
      flag_step(series, one.step, scale.median, flag)
    end
  end
end

-- The last readings may be far above all others, and nothing that came later says whether they are right: the first of
-- them is flagged.
local function unconfirmed(series, flag)
  local last, before
  for _, point in ipairs(series.points) do
    local first = before ~= "spike"
    before = point.suspect
    if point.accepted then
      last = point
    elseif point.suspect == "spike" and first and last then
      flag { source = series.source.name, field = series.field, time = point.time, value = point.text,
        since = last.time, reference = last.text,
        detail = "far above the readings around it, and nothing confirms it" }
    end
  end
end

-- Without registers there is only what the platform says was used.
local function spikes_of_usage(view, name, tuning, flag)
  local amounts, rates, before = {}, {}, nil
  for _, row in ipairs(view.rows[name] or {}) do
    local used = decimal.parse(row.usage)
    if used and not used.negative then
      local days = math.max(before and row.read_time - before or DAY, DAY) / DAY
      amounts[#amounts + 1] = { row = row, amount = used:number(), days = days }
      rates[#rates + 1], before = amounts[#amounts].amount / days, row.read_time
    end
  end
  local scale = scale_of(rates, tuning, view.kind)
  for _, one in ipairs(amounts) do
    if is_spike(scale, one.amount, one.days, 0) then
      flag { source = name, field = "usage", time = one.row.read_time, value = one.row.usage,
        detail = ("%.4g a day; usual are %.4g"):format(one.amount / one.days, scale.median) }
    end
  end
end

function rules.spike(view, tuning, flag)
  for _, series in ipairs(view_of.main_series(view)) do spikes_of(view, series, tuning, flag) end
  for _, series in ipairs(view.series) do unconfirmed(series, flag) end
  if #view.series == 0 then
    spikes_of_usage(view, "consumption", tuning, flag)
    spikes_of_usage(view, "consumption_realtime", tuning, flag)
  end
end

return rules
