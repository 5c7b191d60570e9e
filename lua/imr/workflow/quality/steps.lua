-- The steps between the accepted readings of a register.

local value = require "imr.workflow.metering.value"

local steps = {}

---@class imr.QualityStep
---@field series imr.MeteringRegister
---@field from imr.MeteringPoint
---@field to imr.MeteringPoint
---@field from_index integer
---@field to_index integer
---@field seconds integer
---@field kind "normal"|"rollover"|"reset"|"scale"|"jump"
---@field rise number|nil what went through the register, as a double; nil where that cannot be told

local NORMAL = { kind = "normal" }
local COUNTED = { normal = true, rollover = true, jump = true }

---@param series imr.MeteringRegister
---@return imr.QualityStep[]
function steps.of(series)
  local list, last, points, breaks = {}, nil, series.points, series.breaks
  for index = 1, #points do
    local point = points[index]
    if point.accepted then
      local from = last and points[last]
      if from then
        local at = breaks[index] or NORMAL
        local rise = COUNTED[at.kind] and point.number - from.number or nil
        if at.capacity then rise = rise + at.capacity:number() end
        list[#list + 1] = { series = series, from = from, to = point, from_index = last, to_index = index,
          seconds = point.time - from.time, kind = at.kind, rise = rise }
      end
      last = index
    end
  end
  return list
end

---What went through the register, exactly; nil where that cannot be told.
---@param step imr.QualityStep
---@return imr.Decimal|nil
function steps.used(step)
  if not step.rise then return nil end
  if step.kind == "rollover" then return (step.series:between(step.from_index, step.to_index)) end
  return value.of(step.to) - value.of(step.from)
end

return steps
