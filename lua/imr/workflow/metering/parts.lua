-- Sharp, peak, flat and valley of a span of time-of-use registers. Pure.

local decimal = require "imr.decimal"
local devices = require "imr.workflow.metering.devices"
local reasons = require "imr.workflow.metering.reasons"
local span = require "imr.workflow.metering.span"

local parts = {}

local NAMES = { energy_sharp = "sharp", energy_peak = "peak", energy_flat = "flat", energy_valley = "valley" }
local UNITS = decimal.of "8" -- of the last place, that four rounded parts may be off at two ends

---The registers of the parts.
---@param device imr.MeteringDevice
---@param source imr.QualitySource
---@param settings table
---@return table<string, imr.MeteringSeries> by part
function parts.of(device, source, settings)
  local list = {}
  for _, field in ipairs(source.registers) do
    if NAMES[field] then list[NAMES[field]] = devices.series(device, source, field, settings) end
  end
  return list
end

local function problem_of(point)
  if point.text == nil then return "missing_part" end
  return reasons.of_suspect[point.suspect]
end

-- A part's usage between the very rows that the total is of, or what is wrong with it.
local function used_of(series, found)
  local from, to = series.points[found.opening_index], series.points[found.closing_index]
  for _, point in ipairs { from, to } do
    if not point.accepted then return nil, problem_of(point) end
  end
  local used, breaks = series:between(found.opening_index, found.closing_index)
  for _, at in ipairs(breaks) do
    if at.kind ~= "rollover" then return nil, reasons.of_break[at.kind] end
  end
  return used
end

local function name_inside(found, series)
  for index = found.opening_index, found.closing_index do
    local point = series.points[index]
    if not point.accepted then found.reasons:add(problem_of(point)) end
  end
end

---Fills a row with the parts of a span; those that cannot be told are left out, and the span is doubtful then.
---@param row table
---@param found imr.MeteringSpan
---@param list table<string, imr.MeteringSeries>
function parts.fill(row, found, list)
  local sum, lacking
  for _, name in ipairs { "sharp", "peak", "flat", "valley" } do
    if list[name] then
      local used, problem = used_of(list[name], found)
      row[name] = used and tostring(used)
      if problem then span.doubt(found, problem) end
      lacking = lacking or problem
      name_inside(found, list[name])
      sum = used and (sum or decimal.zero) + used or sum
    end
  end
  local off = sum and not lacking and found.used and (sum - found.used):abs()
  if off and off > decimal.power(-found.series.resolution) * UNITS then span.doubt(found, "tou_sum") end
end

return parts
