-- A register that does not go up.

local rules = {}

local function report_steps(kind, detail)
  return function(view, _, flag)
    for _, series in ipairs(view.series) do
      for _, step in ipairs(series.steps) do
        if step.kind == kind then
          flag { source = series.source.name, field = series.field, time = step.to.time, value = step.to.text,
            since = step.from.time, reference = step.from.text, detail = detail(step) }
        end
      end
    end
  end
end

rules.decreasing = report_steps("decreasing", function(step)
  return ("fell by %s"):format(tostring(step.from.value - step.to.value))
end)

rules.rollover = report_steps("rollover", function(step)
  return ("ran over, %s used; or another meter under this number"):format(tostring(step.used))
end)

-- The last reading before a moment and the first from then on.
local function around(points, time)
  local before
  for _, point in ipairs(points) do
    if point.time >= time then return before, point end
    before = point
  end
  return before, nil
end

local function flag_swap(flag, series, time, old, new, before, after)
  flag { source = series and series.source.name or "meters", field = "device_id", time = time,
    value = after and after.text, since = before and before.time, reference = before and before.text,
    detail = ("device %s replaced by %s"):format(old or "?", new or "?") }
end

local function flag_installs(view, known, flag)
  for _, swap in ipairs(view.swaps) do
    if not known[swap.to] then
      local before, after = around(view.main and view.main.points or {}, swap.time)
      flag_swap(flag, nil, swap.time, swap.from, swap.to, before, after)
    end
  end
end

-- The rows tell when a device changed; the install history tells the rest, at the time of the sync that saw it.
function rules.meter_swap(view, _, flag)
  local known = {}
  for _, step in ipairs(view.main and view.main.steps or {}) do
    if step.kind == "swap" and step.to.device and step.from.device then
      known[step.to.device] = true
      flag_swap(flag, view.main, step.to.time, step.from.device, step.to.device, step.from, step.to)
    end
  end
  flag_installs(view, known, flag)
end

return rules
