-- Times at which something is missing, or nothing can be.

local DAY = require("imr.base.calendar").DAY
local sources = require "imr.workflow.quality.sources"

local rules = {}

local function span_text(seconds)
  if seconds >= 2 * DAY then return ("%.1f days"):format(seconds / DAY) end
  return ("%.1f hours"):format(seconds / 3600)
end

local function flag_gap(series, from, time, to, usual, flag)
  flag { source = series.source.name, field = series.field, time = time, value = to and to.text,
    since = from.time, reference = from.text,
    detail = ("no reading for %s, usual are %s"):format(span_text(time - from.time), span_text(usual)) }
end

-- A gap that is still open ends, for now, with the period.
function rules.gap(view, tuning, flag)
  local series = view.main
  if not series then return end
  local usual = series.interval or DAY
  local longest = usual * tuning.factor
  for _, step in ipairs(series.steps) do
    if step.seconds > longest then flag_gap(series, step.from, step.to.time, step.to, usual, flag) end
  end
  local last, ending = series.points[#series.points], math.min(view.to, view.now, view.removed_at or math.huge)
  if ending - last.time > longest then flag_gap(series, last, ending, nil, usual, flag) end
end

-- A row that was ahead of the clock when it was stored was so for good, even after its time has come.
function rules.future(view, tuning, flag)
  for _, source in ipairs(sources) do
    for _, row in ipairs(view.rows[source.name] or {}) do
      local time, seen = row[source.time], math.min(view.now, row.stored_at or view.now)
      if time > seen + tuning.minutes * 60 then
        flag { source = source.name, field = source.time, time = time, value = row[source.registers[1]], since = seen,
          detail = ("%s ahead of the clock"):format(span_text(time - seen)) }
      end
    end
  end
end

return rules
