-- One register of one meter over time, and the steps between its readings.
--
-- A step that goes up (or stays) is "normal". One that goes down is a "swap" when the meter was changed in between, a
-- "rollover" when the register was about to run over, and else "decreasing".

local decimal = require "imr.decimal"

local steps = {}

---@class imr.QualityPoint
---@field time integer
---@field text string the platform's digits
---@field value imr.Decimal
---@field device string|nil
---@field row table

---@class imr.QualityStep
---@field from imr.QualityPoint
---@field to imr.QualityPoint
---@field seconds integer
---@field kind "normal"|"swap"|"rollover"|"decreasing"
---@field used imr.Decimal|nil what went through the meter; nil where that cannot be told

---The readings of a register that can be counted with, one for a moment.
---@param rows table[] in the order of time
---@param time string field
---@param field string
---@return imr.QualityPoint[]
function steps.points(rows, time, field)
  local points = {}
  for _, row in ipairs(rows) do
    local value = decimal.parse(row[field])
    local last = points[#points]
    if value and row[time] and not (last and last.time == row[time]) then
      points[#points + 1] = { time = row[time], text = row[field], value = value, device = row.device_id, row = row }
    end
  end
  return points
end

-- As wide as it is written: with zeros in front that is its true width, and else the least that it can be.
local function register_width(text)
  return #text:match("^%+?(%d*)")
end

-- What went through a register that ran over, or nil when it was not about to.
local function over(from, to, tuning)
  local width = register_width(from.text)
  if width < tuning.digits or from.value.negative or to.value.negative then return nil end
  local capacity = decimal.power(width)
  local near = capacity * tuning.near
  if from.value < capacity - near or to.value > near then return nil end
  return to.value + capacity - from.value
end

-- The rows' own devices know better than the install history, which only knows when a sync first saw a device.
local function swapped(from, to, swaps)
  if from.device and to.device then return from.device ~= to.device end
  for _, swap in ipairs(swaps) do
    if from.time < swap.time and swap.time <= to.time then return true end
  end
  return false
end

local function classify(from, to, swaps, tuning)
  if swapped(from, to, swaps) then return "swap" end
  if from.value <= to.value then return "normal", to.value - from.value end
  local used = over(from, to, tuning)
  return used and "rollover" or "decreasing", used
end

---@param points imr.QualityPoint[]
---@param swaps { time: integer }[]
---@param tuning { digits: integer, near: imr.Decimal } of the rule rollover
---@return imr.QualityStep[]
function steps.between(points, swaps, tuning)
  local list = {}
  for index = 2, #points do
    local from, to = points[index - 1], points[index]
    local kind, used = classify(from, to, swaps, tuning)
    list[index - 1] = { from = from, to = to, seconds = to.time - from.time, kind = kind, used = used }
  end
  return list
end

---How long it usually takes from one reading to the next: the median, which a few lost readings do not stretch.
---@param list imr.QualityStep[]
---@return integer|nil seconds nil while there are too few to tell
function steps.interval(list)
  if #list < 3 then return nil end
  local all = {}
  for index, step in ipairs(list) do all[index] = step.seconds end
  table.sort(all)
  return all[math.ceil(#all / 2)]
end

return steps
