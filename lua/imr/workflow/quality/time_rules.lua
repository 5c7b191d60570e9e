-- Times at which something is missing, or nothing can be.

local clock = require "imr.workflow.metering.clock"
local DAY = require("imr.base.calendar").DAY
local sources = require "imr.workflow.quality.sources"
local view_of = require "imr.workflow.quality.view"

local rules = {}

local function span_text(seconds)
  if seconds >= 2 * DAY then return ("%.1f days"):format(seconds / DAY) end
  return ("%.1f hours"):format(seconds / 3600)
end

local function flag_gap(view, from, time, to, usual, flag)
  flag { source = view.main.name, field = view.main.registers[1], time = time, value = to and to.text,
    since = from.time, reference = from.text,
    detail = ("no reading for %s, usual are %s"):format(span_text(time - from.time), span_text(usual)) }
end

-- A gap that is still open ends, for now, with the period.
function rules.gap(view, tuning, flag)
  for _, course in ipairs(view.courses) do
    local usual, points = course.interval or DAY, course.points
    local longest = usual * tuning.factor
    for index = 2, #points do
      local from, to = points[index - 1], points[index]
      if to.time - from.time > longest then flag_gap(view, from, to.time, to, usual, flag) end
    end
    local last, ending = points[#points], math.min(view.to, view.now, course.removed_at or math.huge)
    if ending - last.time > longest then flag_gap(view, last, ending, nil, usual, flag) end
  end
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

-- ---------------------------------------------------------------- the device's clock

local function rows_in(view, source, device)
  local strays, own = view.strays[source.name] or {}, device and device.rows[source.name] or {}
  if #strays == 0 then return own end
  local list = {}
  for _, row in ipairs(strays) do
    if not device or (row.device_id or "") == (device.id or "") then list[#list + 1] = row end
  end
  for _, row in ipairs(own) do list[#list + 1] = row end
  return list
end

local WORDS = {
  unset = function(found) return ("%d rows of years ago: the device's clock begins anew"):format(found.count) end,
  ahead = function(found) return ("the device's clock is ahead by %s"):format(span_text(found.seconds)) end,
  slow = function(found) return ("the device's clock is slow by %s"):format(span_text(found.seconds)) end,
}

local function flag_jumps(series, flag)
  for _, jump in ipairs(clock.jumps(series)) do
    flag { source = series.source.name, field = series.source.time, time = jump.to.time, value = jump.to.text,
      since = jump.from.time, reference = jump.from.text,
      detail = ("the device's clock jumped ahead by %s, or next to nothing was used in that time"):format(
        span_text(jump.seconds)) }
  end
end

-- What is known of a clock is known since its rows came, whatever the rows say.
function rules.clock(view, tuning, flag)
  for _, source in ipairs(sources) do
    for _, device in ipairs(#view.devices > 0 and view.devices or { false }) do
      local found = clock.judge(rows_in(view, source, device), source.time, view.from, view.to,
        { delay = view.delays[source.name], ahead = tuning.minutes * 60, slow = tuning.days * DAY })
      for _, kind in ipairs { "unset", "ahead", "slow" } do
        local one = found[kind]
        if one then
          flag { source = source.name, field = source.time, time = math.min(one.seen, view.to),
            since = one.row[source.time], reference = one.row[source.registers[1]], detail = WORDS[kind](one) }
        end
      end
    end
  end
  for _, series in ipairs(view_of.main_series(view)) do flag_jumps(series, flag) end
end

return rules
