-- Ways to do one thing, measured in rounds that alternate, so that a busy machine slows all alike: a time is the median
-- of its rounds, a ratio the median of the ratios to the first way within each round.

local rounds = {}

local function median(list)
  table.sort(list)
  return list[math.floor(#list / 2) + 1]
end

local function mean(way, turns)
  collectgarbage()
  local sum = 0
  for _ = 1, turns do sum = sum + way() end
  return sum / turns
end

---@param fn fun()
---@return fun(): number way the processor's seconds that one turn takes
function rounds.timed(fn)
  return function()
    local began = os.clock()
    fn()
    return os.clock() - began
  end
end

---@param ways (fun(): number)[] each does its turn and says how many seconds of it count
---@param count integer rounds
---@param seconds number about so long is each way's part of a round
---@return number[] times
---@return number[] ratios
function rounds.measure(ways, count, seconds)
  local turns, samples, times, ratios = {}, {}, {}, {}
  for index, way in ipairs(ways) do
    turns[index], samples[index] = math.max(1, math.floor(seconds / mean(way, 3))), {}
  end
  for round = 1, count do
    for index, way in ipairs(ways) do samples[index][round] = mean(way, turns[index]) end
  end
  for index in ipairs(ways) do
    local relative = {}
    for round = 1, count do relative[round] = samples[index][round] / samples[1][round] end
    ratios[index] = median(relative)
  end
  for index in ipairs(ways) do times[index] = median(samples[index]) end
  return times, ratios
end

return rounds
