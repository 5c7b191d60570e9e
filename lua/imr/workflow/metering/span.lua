-- What went through one register in a span of time, and how sure that is. Pure.

local ends = require "imr.workflow.metering.ends"
local reasons = require "imr.workflow.metering.reasons"

local span = {}

---@class imr.MeteringSpan
---@field status "measured"|"doubtful"|"incomplete"
---@field reasons imr.MeteringReasons
---@field opening imr.MeteringPoint|nil
---@field closing imr.MeteringPoint|nil
---@field opening_index integer|nil
---@field closing_index integer|nil
---@field used imr.Decimal|nil
---@field distance number of both ends together, seconds

-- Suspect readings inside are named and change nothing.
local function name_inside(found, series, from, to)
  if series.plain then return end
  for _, point in ipairs(series.points) do
    if point.time > to then break end
    if point.time >= from and not point.accepted then found.reasons:add(reasons.of_suspect[point.suspect]) end
  end
end

-- Without a reading before it, the first one inside opens the span.
local function opening_of(series, from, period, window, closing)
  local opening = ends.at(series, from, period, window)
  if opening then return opening end
  local index = ends.first_after(series, from)
  if not index or index > closing.index then return nil end
  local time = series.points[index].time
  return { index = index, time = time, distance = time - from, doubts = {}, far = true, missing = true }
end

local function add_used(found, series)
  local used, breaks = series:between(found.opening_index, found.closing_index)
  found.used = used
  for _, at in ipairs(breaks) do
    found.reasons:add(reasons.of_break[at.kind])
    found.broken = found.broken or at.kind ~= "rollover"
  end
  if used.negative then -- what should not be possible is no usage
    found.used, found.broken = nil, true
    found.reasons:add "decreasing"
  end
end

local function judge(found, opening, closing)
  local doubtful = found.broken
  for _, one in ipairs { opening, closing } do
    doubtful = doubtful or #one.doubts > 0
    found.reasons:add_all(one.doubts)
    found.gap = found.gap or one.far and #one.doubts == 0
  end
  found.status = doubtful and "doubtful" or (opening.far or closing.far) and "incomplete" or "measured"
end

---@param series imr.MeteringSeries
---@param from { time: integer, window: integer? }
---@param to { time: integer, window: integer? }
---@param period { utc_offset: integer, window: integer }
---@return imr.MeteringSpan|nil nil where no reading was accepted up to the end
function span.of(series, from, to, period)
  local closing = ends.at(series, to.time, period, to.window)
  local opening = closing and opening_of(series, from.time, period, from.window, closing)
  if not opening or opening.index > closing.index then return nil end
  local found = { reasons = reasons.new(), opening_index = opening.index, closing_index = closing.index,
    opening = series.points[opening.index], closing = series.points[closing.index], series = series,
    begins_inside = opening.missing, distance = opening.distance + closing.distance }
  add_used(found, series)
  judge(found, opening, closing)
  name_inside(found, series, from.time, to.time)
  return found
end

---The names of rules, joined by commas: what else explains an end that is far away is said instead of a gap.
---@param found imr.MeteringSpan
---@return string|nil
function span.reasons(found)
  if found.gap and not found.replaced then found.reasons:add "gap" end
  return found.reasons:text()
end

---Adds a doubt.
---@param found imr.MeteringSpan
---@param name string of a rule
function span.doubt(found, name)
  found.status = "doubtful"
  found.reasons:add(name)
end

return span
