-- Consumption that a meter does not usually have.

local DAY = require("imr.base.calendar").DAY
local statistics = require "imr.workflow.quality.statistics"

local rules = {}

local function is_zero(step)
  return step.used ~= nil and step.used:is_zero()
end

local function flag_run(view, first, last, tuning, flag)
  if not first or last.to.time - first.from.time < tuning.days * DAY then return end
  flag { source = view.main.source.name, field = view.main.field, time = last.to.time, value = last.to.text,
    since = first.from.time, reference = first.from.text,
    detail = ("nothing used in %d days"):format(math.floor((last.to.time - first.from.time) / DAY)) }
end

-- A run is one flag, however long it is: at its end.
function rules.zeros(view, tuning, flag)
  if not view.main then return end
  local first, last
  for _, step in ipairs(view.main.steps) do
    if is_zero(step) then
      first, last = first or step, step
    else
      flag_run(view, first, last, tuning, flag)
      first, last = nil, nil
    end
  end
  flag_run(view, first, last, tuning, flag)
end

local function per_day(step)
  return step.used:number() * DAY / step.seconds
end

-- The differences are exact, so a long register loses none of its small steps to the doubles of the statistics.
function rules.spike(view, tuning, flag)
  local rates, counted = {}, {}
  for _, step in ipairs(view.main and view.main.steps or {}) do
    if step.used then
      rates[#rates + 1] = per_day(step)
      counted[#counted + 1] = step
    end
  end
  if #rates < tuning.least then return end
  local median, spread = statistics.usual(rates)
  local limit = math.max(median + tuning.factor * spread, median * tuning.times)
  for _, step in ipairs(counted) do
    if limit > 0 and per_day(step) > limit then
      flag { source = view.main.source.name, field = view.main.field, time = step.to.time, value = step.to.text,
        since = step.from.time, reference = step.from.text,
        detail = ("%s used, %.4g a day; usual are %.4g"):format(tostring(step.used), per_day(step), median) }
    end
  end
end

return rules
