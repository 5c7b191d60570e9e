-- What is usual for a meter, in a way that a few wild values do not change. Thresholds are made of this, never amounts:
-- so doubles will do.

local statistics = {}

local NORMAL = 1.4826 -- the median deviation of normally distributed values, times this, is their standard deviation

---@param values number[] is sorted
---@return number
function statistics.median(values)
  table.sort(values)
  local middle = #values / 2
  if middle % 1 ~= 0 then return values[middle + 0.5] end
  return (values[middle] + values[middle + 1]) / 2
end

---Median and spread (as a standard deviation) of some values.
---@param values number[] at least one; is sorted
---@return number median
---@return number spread
function statistics.usual(values)
  local median = statistics.median(values)
  local deviations = {}
  for index, value in ipairs(values) do deviations[index] = math.abs(value - median) end
  return median, NORMAL * statistics.median(deviations)
end

return statistics
