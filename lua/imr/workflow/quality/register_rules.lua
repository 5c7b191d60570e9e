-- A register that does not simply go up.

local reasons = require("imr.workflow.metering.reasons").of_suspect
local steps = require "imr.workflow.quality.steps"
local value = require "imr.workflow.metering.value"

local rules = {}

local function flag_point(flag, series, point, reference, detail)
  flag { source = series.source.name, field = series.field, time = point.time, value = point.text,
    since = reference and reference.time, reference = reference and reference.text, detail = detail }
end

local function each_break(view, kind, flag, detail)
  for _, series in ipairs(view.series) do
    for _, step in ipairs(series.steps) do
      if step.kind == kind then flag_point(flag, series, step.to, step.from, detail(step)) end
    end
  end
end

local EXACT = 1e9 -- below it doubles hold every register exactly enough to compare

local function is_below(point, before)
  if math.max(point.number, before.number) < EXACT then return point.number < before.number end
  return value.of(point) < value.of(before)
end

local function ends_of_accepted(points)
  local first, last
  for index, point in ipairs(points) do
    if point.accepted then first, last = first or index, index end
  end
  return first or math.huge, last or 0
end

-- Is why the later of two readings is lower said by another rule? Where nobody can tell which of the two is wrong, that
-- it fell is all there is to say.
local function is_explained(series, at, index, first, last)
  local from, to, step = series.points[at], series.points[index], series.breaks[index]
  if from.accepted and to.accepted then return step ~= nil and step.kind ~= "reset" end
  if reasons[to.suspect] == "decreasing" or first > index then return false end
  if first > at and from.suspect == "spike" then return false end
  return from.accepted or to.accepted or first < at and last > index
end

local WRONG_TIME = { future = true, clock = true }

local function flag_falls(series, flag)
  local points, at = series.points, nil
  local first, last = ends_of_accepted(points)
  for index, point in ipairs(points) do
    if point.number and not WRONG_TIME[point.suspect] then
      local before = points[at]
      if before and is_below(point, before) and not is_explained(series, at, index, first, last) then
        flag_point(flag, series, point, before, ("fell by %s"):format(tostring(value.of(before) - value.of(point))))
      end
      at = index
    end
  end
end

-- A register that began anew may do so with readings that are suspect themselves.
function rules.decreasing(view, _, flag)
  for _, series in ipairs(view.series) do flag_falls(series, flag) end
  each_break(view, "reset", flag, function(step)
    return ("fell by %s"):format(tostring(value.of(step.from) - value.of(step.to)))
  end)
end

function rules.rollover(view, _, flag)
  each_break(view, "rollover", flag, function(step)
    return ("ran over, %s used; or another meter under this number"):format(tostring(steps.used(step)))
  end)
end

function rules.scale(view, _, flag)
  each_break(view, "scale", flag, function(step)
    local high, low = math.max(step.to.number, step.from.number), math.min(step.to.number, step.from.number)
    return ("%s of the reading before: another scale, or another device"):format(step.to == high and
      ("%.4g times"):format(high / low) or ("1/%.4g"):format(high / low))
  end)
end

local WHY = {
  zero = "zero, while the register had shown something", misread = "its neighbours say otherwise",
  jitter = "a unit or so of the last place below its neighbours", negative = "below zero",
  sentinel = "a value by which a device says that it has none",
}

function rules.suspect(view, _, flag)
  for _, series in ipairs(view.series) do
    local last
    for _, point in ipairs(series.points) do
      if point.accepted then
        last = point
      elseif reasons[point.suspect] == "suspect" and not point.contradicted then
        local why = point.number < 0 and "negative" or point.suspect
        flag_point(flag, series, point, last, WHY[why])
      end
    end
  end
end

return rules
